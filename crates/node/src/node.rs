//! Starting a node.

use std::sync::Arc;

use gossamer_crypto::{CryptoProvider, Fernet, Plain, classic::content_seal};
use gossamer_mesh::{Input, Mesh, NodeId, Published};
use gossamer_net::{BindError, Net};
use gossamer_store::MessageRow;
use gossamer_wire::v1::NetworkHash;
use rand::{SeedableRng, rngs::StdRng};
use tokio::sync::mpsc;
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    ClassicMode, Config, NodeHandle,
    actor::Actor,
    api::{ApiError, ErrorCode, ReadyView},
    archive::Archive,
    clock::{Clock, wall_ms},
    files::Files,
    profile::Profile,
    sink::{self, EventStream},
    survey,
};

/// A running peer.
#[derive(Debug)]
pub struct Node;

/// Commands and reports not taken yet: senders wait.
const QUEUE: usize = 256;
/// Ids of messages told to the brain at the start, so that none is shown twice.
const KNOWN: u32 = 16_384;
/// Messages kept; a flood must not fill the disk for ever.
const KEPT: u32 = 1_000_000;
/// A display name, in what people call characters.
const NAME: usize = 64;

impl Node {
    /// Opens the profile, binds the port, announces the node and returns when it listens; the
    /// first event is then [`Event::Ready`](crate::api::Event::Ready).
    ///
    /// # Errors
    /// Names the port, the profile or the store when one of them cannot be used; nothing is left
    /// behind then.
    pub async fn start(config: Config) -> Result<(NodeHandle, EventStream), ApiError> {
        let name = check_name(&config.name)?;
        check_port(config.port)?;
        let profile = Profile::open(&config)?;
        let net = Net::bind(config.port, config.bind.clone())
            .await
            .map_err(|error| bind_error(&error))?;
        let archive = Archive::open(&profile.dir).await?;
        let crypto = provider(&config).await;

        let stored_name = name.clone();
        let (identity, known, queued) = archive
            .run(move |store| {
                let id = hex(rand::random());
                let identity = store
                    .profile()
                    .get_or_create(&id, &stored_name, wall_ms())?;
                store.messages().prune(KEPT)?;
                let known = store.messages().recent_ids(KNOWN)?;
                Ok((identity, known, store.messages().queued()?))
            })
            .await?;

        let clock = Clock::start();
        let me = gossamer_mesh::Config {
            node_id: NodeId(identity.node_id.clone()),
            name: name.clone(),
            port: config.port,
            network: NetworkHash::of(&config.network),
            classic_welcome: config.classic != ClassicMode::Off,
            announce: config.timers.announce,
            stale: config.timers.stale,
        };
        let ready = ReadyView {
            node_id: identity.node_id,
            name,
            port: config.port,
            addrs: survey::addrs(&gossamer_net::interfaces(&config.bind), config.port),
            network: config.network.clone(),
            password: crypto.is_confidential(),
            at_rest: "key-file".to_owned(),
            downloads: profile.downloads.display().to_string(),
            profile: profile.name.clone(),
        };
        let (reports, finished) = mpsc::channel(QUEUE);
        let files = Files::open(&config, &profile, me.clone(), &archive, reports.clone()).await?;
        let mesh = Mesh::new(me, StdRng::from_rng(&mut rand::rng()));
        let start = Input::Start {
            known,
            queued: publishable(&queued, &*crypto),
        };

        let (sink, events) = sink::channel();
        let (requests, asked) = mpsc::channel(QUEUE);
        let actor = Actor::new(
            ready,
            mesh,
            net,
            archive,
            crypto,
            sink,
            files,
            clock,
            reports,
            !config.bind.is_empty(),
        );
        tokio::spawn(async move {
            let farewell = actor.run(asked, finished, start).await;
            // Whoever hears of the end may start the same profile at once.
            drop(profile);
            farewell.say().await;
        });
        Ok((NodeHandle::new(requests), events))
    }
}

/// Key derivation takes some ten milliseconds of computing: not on the runtime's threads.
async fn provider(config: &Config) -> Arc<dyn CryptoProvider> {
    if let Some(provider) = &config.crypto_provider {
        return Arc::clone(provider);
    }
    let Some(password) = config.password.clone() else {
        return Arc::new(Plain);
    };
    let derived = tokio::task::spawn_blocking(move || Fernet::from_password(&password)).await;
    Arc::new(derived.expect("deriving a key does not panic"))
}

fn publishable(rows: &[MessageRow], crypto: &dyn CryptoProvider) -> Vec<Published> {
    let published = |row: &MessageRow| {
        let content = content_seal(crypto, &row.text).ok()?;
        Some(Published {
            id: row.id.clone(),
            content,
            sent_ms: row.sent_at,
        })
    };
    rows.iter().filter_map(published).collect()
}

fn hex(id: u32) -> String {
    format!("{id:08x}")
}

/// Names are shown in lists and lines: one line, some characters, no invisible tricks.
fn check_name(name: &str) -> Result<String, ApiError> {
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    let name = name.trim().to_owned();
    let length = name.graphemes(true).count();
    if length == 0 || length > NAME || name.len() > gossamer_wire::limits::NAME {
        return Err(ApiError::new(
            ErrorCode::BadArgument,
            format!("A name has 1 to {NAME} characters. Choose one that others recognise."),
        ));
    }
    Ok(name)
}

fn check_port(port: u16) -> Result<(), ApiError> {
    if (1024..=65_534).contains(&port) {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::PortUnusable,
        format!("Port {port} cannot be used. Choose one from 1024 to 65534; 9999 is usual."),
    ))
}

fn bind_error(error: &BindError) -> ApiError {
    match error {
        BindError::PortInUse { port } => ApiError::new(
            ErrorCode::PortInUse,
            format!(
                "Port {port} is used by another program. Close it, or choose another port, such \
                 as {}.",
                port.checked_add(2).unwrap_or(10_001)
            ),
        ),
        BindError::Unusable { port, source } => ApiError::new(
            ErrorCode::PortUnusable,
            format!("Port {port} cannot be listened on: {source}. Choose another port or address."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_that_people_can_read() {
        assert_eq!(check_name("  Ana\n").unwrap(), "Ana");
        assert!(check_name(" \u{7} ").is_err());
        assert!(check_name(&"x".repeat(65)).is_err());
        assert!(check_name(&"é".repeat(64)).is_ok());
    }
}
