//! What a node is started with.

use std::{net::IpAddr, num::NonZeroU64, path::PathBuf, sync::Arc, time::Duration};

use gossamer_crypto::{CryptoProvider, Password};
use gossamer_store::Passphrase;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Everything a node is started with. Start from [`Config::new`] and change what you need.
#[derive(Debug, Clone)]
pub struct Config {
    /// The name others see: 1 to 64 graphemes.
    pub name: String,
    /// The TCP port, 1024 to 65534; discovery uses the UDP port one above.
    pub port: u16,
    /// The network's name; nodes with another one are ignored.
    pub network: String,
    /// The network's password; without one everything in Everyone is readable by anyone near.
    pub password: Option<Password>,
    /// Replaces the provider that `password` would choose.
    pub crypto_provider: Option<Arc<dyn CryptoProvider>>,
    /// Where accepted files land; `mesh_downloads` in the system's Downloads folder when absent.
    pub downloads: Option<PathBuf>,
    /// The profile's name; see [`Config::profile_name`] for the default.
    pub profile: Option<String>,
    /// The profile's directory, instead of one below the system's data directory.
    pub data_dir: Option<PathBuf>,
    /// Wraps the key of the stored history, where there is no keychain or more is wanted.
    pub passphrase: Option<Passphrase>,
    /// Whether the key of the stored history may be kept in the system's keychain.
    pub keychain: bool,
    /// Whether classic nodes may take part.
    pub classic: ClassicMode,
    /// What happens to offered files.
    pub accept: AcceptMode,
    /// For whom this device passes streams on.
    pub relay: RelayMode,
    /// How much of them in a second at most, bytes; no limit when absent.
    pub relay_rate: Option<NonZeroU64>,
    /// Use only these addresses of this machine; all usable ones when empty.
    pub bind: Vec<IpAddr>,
    /// Timers; the defaults are those of docs/protocol-v1.md.
    pub timers: Timers,
}

/// Whether classic nodes may take part in Everyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClassicMode {
    /// Welcome in an open network, where nothing is secret. Off in one with a password: what
    /// classic nodes are sent lets whoever records it try passwords at leisure.
    #[default]
    Auto,
    /// Welcome in any network.
    Allow,
    /// Never spoken to.
    Off,
}

/// What happens to an offered file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AcceptMode {
    /// The user decides.
    #[default]
    Ask,
    /// Every offer is taken while it fits.
    All,
}

/// For whom streams are passed on to devices that have no direct way to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RelayMode {
    /// For every member of the network.
    #[default]
    Everyone,
    /// For contacts: when one asks for it, or is led to. Ways lead through this device all the same;
    /// others are refused and try another.
    Contacts,
    /// For nobody: no way leads through this device.
    Nobody,
}

/// The timers a test may shorten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// Between two announcements.
    pub announce: Duration,
    /// A peer not heard for this long is gone.
    pub stale: Duration,
    /// An incomplete transfer that is silent for this long fails.
    pub transfer_silence: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            announce: Duration::from_secs(5),
            stale: Duration::from_secs(30),
            transfer_silence: Duration::from_secs(600),
        }
    }
}

impl Config {
    /// The default TCP port.
    pub const DEFAULT_PORT: u16 = 9999;
    /// The default network name.
    pub const DEFAULT_NETWORK: &str = "mesh";

    /// Whether classic nodes take part, as the mode and the password have it.
    pub(crate) fn classic_welcome(&self) -> bool {
        match self.classic {
            ClassicMode::Auto => self.password.is_none(),
            ClassicMode::Allow => true,
            ClassicMode::Off => false,
        }
    }

    /// A configuration with the defaults and this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            port: Self::DEFAULT_PORT,
            network: Self::DEFAULT_NETWORK.to_owned(),
            password: None,
            crypto_provider: None,
            downloads: None,
            profile: None,
            data_dir: None,
            passphrase: None,
            keychain: false,
            classic: ClassicMode::default(),
            accept: AcceptMode::default(),
            relay: RelayMode::default(),
            relay_rate: None,
            bind: Vec::new(),
            timers: Timers::default(),
        }
    }
}
