//! The flags that both programs understand, and the [`Config`] they make.

use std::{
    io::{self, Write},
    net::IpAddr,
    num::NonZeroU64,
    path::{Path, PathBuf},
};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use gossamer_crypto::Password;
use gossamer_node::{
    AcceptMode, ClassicMode, Config, Passphrase, RelayMode,
    api::{ApiError, ErrorCode},
};

use crate::{secret_file, timers};

/// Flags that describe a node.
#[derive(Debug, Clone, clap::Args)]
pub struct NodeFlags {
    /// The name others see
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// TCP port to listen on; discovery uses the UDP port one above [default: 9999]
    #[arg(long, value_name = "PORT", value_parser = port)]
    pub port: Option<u16>,

    /// Name of the network; devices on another one are ignored [default: mesh]
    #[arg(long, value_name = "NAME")]
    pub network: Option<String>,

    /// Read the network's password from this file (a line break at its end is ignored);
    /// without it, GOSSAMER_PASSWORD is used if set
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,

    /// Read the passphrase that locks the stored history from this file (a line break at its end
    /// is ignored); a history that is not locked yet is locked with it
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,

    /// Profile to use: its identity and history [default: `default`, or `port-N` on another port]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// Keep the profile in this directory, with the key of its history beside it unless a
    /// passphrase locks it
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Put received files here [default: mesh_downloads in your Downloads folder]
    #[arg(long, value_name = "DIR")]
    pub downloads: Option<PathBuf>,

    /// Whether devices that speak the classic protocol may take part
    #[arg(
        long,
        value_name = "MODE",
        default_value = "auto",
        value_parser = PossibleValuesParser::new(["auto", "allow", "off"]).map(|mode| classic(&mode)),
    )]
    pub classic: ClassicMode,

    /// What happens to files that are offered
    #[arg(
        long,
        value_name = "MODE",
        default_value = "ask",
        value_parser = PossibleValuesParser::new(["ask", "all"]).map(|mode| accept(&mode)),
    )]
    pub accept: AcceptMode,

    /// For whom this device passes files on that are not for it [default: everyone]
    #[arg(
        long,
        value_name = "WHO",
        value_parser = PossibleValuesParser::new(["everyone", "contacts", "nobody"]).map(|who| relay(&who)),
    )]
    pub relay: Option<RelayMode>,

    /// Pass on this many megabytes a second at most, all such files together [default: no limit]
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u32).range(1..))]
    pub relay_rate: Option<u32>,

    /// Use only this address of this machine (may be given several times) [default: all]
    #[arg(long, value_name = "ADDR")]
    pub bind: Vec<IpAddr>,

    /// Log what the node does, on standard error
    #[arg(long)]
    pub debug: bool,
}

impl NodeFlags {
    /// The configuration these flags and the environment describe. `name` is used when no
    /// `--name` was given.
    ///
    /// # Errors
    /// When the password file cannot be read, or the environment's timers make no sense.
    pub fn to_config(&self, name: impl FnOnce() -> String) -> Result<Config, ApiError> {
        let mut config = Config::new(self.name.clone().unwrap_or_else(name));
        config.port = self.port.unwrap_or(Config::DEFAULT_PORT);
        if let Some(network) = &self.network {
            config.network.clone_from(network);
        }
        config.password = self.password()?;
        config.passphrase = self.passphrase()?;
        // A directory of the user's choice may be carried elsewhere: its key goes with it.
        config.keychain = self.data_dir.is_none();
        config.profile.clone_from(&self.profile);
        config.data_dir.clone_from(&self.data_dir);
        config.downloads.clone_from(&self.downloads);
        config.classic = self.classic;
        config.accept = self.accept;
        config.relay = self.relay.unwrap_or_default();
        config.relay_rate = self.relay_rate.and_then(megabytes);
        config.bind.clone_from(&self.bind);
        if let Ok(text) = std::env::var("GOSSAMER_TIMERS") {
            config.timers = timers::parse(&text).map_err(|problem| {
                ApiError::new(
                    ErrorCode::BadArgument,
                    format!("GOSSAMER_TIMERS: {problem}."),
                )
            })?;
        }
        Ok(config)
    }

    /// The password from its file, else from `GOSSAMER_PASSWORD`; an empty one is none.
    fn password(&self) -> Result<Option<Password>, ApiError> {
        let text = match &self.password_file {
            Some(path) => secret(path, "password")?,
            None => without_line_break(std::env::var("GOSSAMER_PASSWORD").unwrap_or_default()),
        };
        Ok((!text.is_empty()).then(|| Password::new(text)))
    }

    /// The passphrase from its file; an empty one is refused, since nothing would be locked.
    fn passphrase(&self) -> Result<Option<Passphrase>, ApiError> {
        let Some(path) = &self.passphrase_file else {
            return Ok(None);
        };
        let text = secret(path, "passphrase")?;
        if text.is_empty() {
            return Err(ApiError::new(
                ErrorCode::BadArgument,
                format!(
                    "The passphrase file {} is empty. Write the passphrase into it.",
                    path.display()
                ),
            ));
        }
        Ok(Some(Passphrase::new(text)))
    }
}

fn secret(path: &Path, what: &str) -> Result<String, ApiError> {
    let (text, warning) = secret_file::read(path, what).map_err(|error| {
        ApiError::new(
            ErrorCode::FileUnreadable,
            format!(
                "The {what} file {} cannot be read: {error}. Check its name and that you may read \
                 it.",
                path.display()
            ),
        )
    })?;
    if let Some(warning) = warning {
        let _ = writeln!(io::stderr(), "{warning}");
    }
    Ok(without_line_break(text))
}

fn without_line_break(mut text: String) -> String {
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    text
}

/// A name for someone who gave none: user and computer, as far as the system tells them.
#[must_use]
pub fn default_name() -> String {
    let user = whoami::username().unwrap_or_default();
    let host = whoami::hostname().unwrap_or_default();
    match (user.trim(), host.trim()) {
        ("", "") => "someone".to_owned(),
        ("", one) | (one, "") => one.to_owned(),
        (user, host) => format!("{user}-{host}"),
    }
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().ok().filter(|port| (1024..=65534).contains(port)).ok_or_else(|| {
        "choose a number from 1024 to 65534: lower ones need administrator rights, and discovery \
         uses the one above"
            .to_owned()
    })
}

fn classic(mode: &str) -> ClassicMode {
    match mode {
        "allow" => ClassicMode::Allow,
        "off" => ClassicMode::Off,
        _ => ClassicMode::Auto,
    }
}

fn accept(mode: &str) -> AcceptMode {
    match mode {
        "all" => AcceptMode::All,
        _ => AcceptMode::Ask,
    }
}

fn relay(who: &str) -> RelayMode {
    match who {
        "contacts" => RelayMode::Contacts,
        "nobody" => RelayMode::Nobody,
        _ => RelayMode::Everyone,
    }
}

/// In bytes.
fn megabytes(count: u32) -> Option<NonZeroU64> {
    NonZeroU64::new(u64::from(count) * 1_000_000)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        node: NodeFlags,
    }

    fn flags(args: &[&str]) -> Result<NodeFlags, clap::Error> {
        Program::try_parse_from([&["gossamer"], args].concat()).map(|program| program.node)
    }

    fn config(args: &[&str]) -> Config {
        flags(args).unwrap().to_config(|| "ana".to_owned()).unwrap()
    }

    #[test]
    fn without_flags_the_defaults_hold() {
        let config = config(&[]);
        assert_eq!(config.name, "ana");
        assert_eq!(config.port, Config::DEFAULT_PORT);
        assert_eq!(config.network, Config::DEFAULT_NETWORK);
        assert_eq!(config.accept, AcceptMode::Ask);
        assert_eq!(config.classic, ClassicMode::Auto);
        assert!(config.bind.is_empty());
    }

    #[test]
    fn every_flag_arrives() {
        let config = config(&[
            "--name=ben",
            "--port=10001",
            "--network=boat",
            "--profile=second",
            "--data-dir=d",
            "--downloads=in",
            "--classic=off",
            "--accept=all",
            "--relay=nobody",
            "--relay-rate=20",
            "--bind=10.0.0.1",
            "--bind=::1",
        ]);
        assert_eq!(config.name, "ben");
        assert_eq!(config.port, 10001);
        assert_eq!(config.network, "boat");
        assert_eq!(config.profile_name(), "second");
        assert_eq!(config.data_dir, Some("d".into()));
        assert_eq!(config.downloads, Some("in".into()));
        assert_eq!(config.classic, ClassicMode::Off);
        assert_eq!(config.accept, AcceptMode::All);
        assert_eq!(config.relay, RelayMode::Nobody);
        assert_eq!(config.relay_rate, NonZeroU64::new(20_000_000));
        assert_eq!(config.bind.len(), 2);
    }

    #[test]
    fn a_port_that_cannot_work_is_refused_with_the_reason() {
        for port in ["80", "65535", "web", "-1", ""] {
            let error = flags(&[&format!("--port={port}")]).unwrap_err().to_string();
            assert!(error.contains("1024 to 65534"), "{port}: {error}");
        }
    }

    #[test]
    fn the_password_file_loses_only_its_line_break() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b" two words \r\n").unwrap();
        let path = file.path().display().to_string();
        let password = config(&["--password-file", &path]).password.unwrap();
        assert_eq!(password.expose(), " two words ");
    }

    #[test]
    fn an_empty_password_file_means_no_password() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().display().to_string();
        assert_eq!(config(&["--password-file", &path]).password, None);
    }

    #[test]
    fn a_missing_password_file_is_named() {
        let flags = flags(&["--password-file", "no/such/file"]).unwrap();
        let error = flags.to_config(|| "ana".to_owned()).unwrap_err();
        assert_eq!(error.code, ErrorCode::FileUnreadable);
        assert!(error.message.contains("no/such/file"), "{error}");
    }
}
