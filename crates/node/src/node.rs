//! Starting a node.

use std::sync::Arc;

use gossamer_crypto::{
    CryptoProvider, EnvelopeId, Fernet, Keyring, NetworkId, PasswordKey, PasswordTag, Plain,
};
use gossamer_mesh::{
    Input, Mesh, NodeId,
    gossip::{self, Gossip},
};
use gossamer_net::{BindError, Net};
use gossamer_store::{AdmittedRow, AtRest, MessageRow, SeenRow, Store, StoreError, Unlock};
use gossamer_wire::{
    limits::LIFETIME_MAX,
    v1::NetworkHash,
    v2::{Body, DeviceRecord, Kind},
};
use rand::{SeedableRng, rngs::StdRng};
use tokio::sync::mpsc;
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    Config, NodeHandle, RelayMode,
    actor::Actor,
    api::{ApiError, ErrorCode, ReadyView},
    archive::Archive,
    classic::Classic,
    clock::{Clock, wall_ms},
    contacts::Contacts,
    devices::read_record,
    files::Files,
    gossip::{Author, Content, Gossiping, entry, restore},
    hearing::Hearing,
    legible,
    profile::Profile,
    sink::{self, EventStream},
    status::Status,
    streams::Streams,
    survey,
};

/// A running peer.
#[derive(Debug)]
pub struct Node;

/// Commands and reports not taken yet: senders wait.
const QUEUE: usize = 256;
/// Ids of messages told to the brain at the start, so that none is shown twice.
const KNOWN: u32 = 16_384;
/// Messages kept, and the bytes that the database may take; a flood must not fill the disk for ever.
pub(crate) const KEPT: u32 = 1_000_000;
/// See [`KEPT`].
pub(crate) const KEPT_BYTES: u64 = 4 << 30;
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
        let (archive, turns) = Archive::open(&profile.dir, unlock(&config)).await?;
        let (password, classic_crypto) = secrets(&config).await;
        let tag = password.as_ref().map(PasswordKey::tag);
        let Opened {
            author,
            at_rest,
            start,
            admitted,
            contacts,
            records,
            seen,
            queued,
            known,
        } = open(&archive, &config, &name, tag).await?;
        let bind = config.bind.clone();
        let net = Net::bind(config.port, bind, &author.device, config.relay_rate)
            .await
            .map_err(|error| bind_error(&error))?;
        let device = author.device.id();

        let clock = Clock::start();
        let classic_welcome = config.classic_welcome();
        net.welcome_classic(classic_welcome);
        let me = gossamer_mesh::Config {
            node_id: NodeId(device.classic()),
            device: Some(device),
            name: name.clone(),
            port: config.port,
            network: NetworkHash::of(&config.network),
            classic_welcome,
            announce: config.timers.announce,
            stale: config.timers.stale,
        };
        let custom = config.crypto_provider.clone();
        let content = Content::new(
            custom.as_ref(),
            start.keyring.clone(),
            config.password.is_some(),
        );
        let brain = gossip::Config {
            device,
            network: author.network,
            password,
            port: config.port,
            stale: config.timers.stale,
            leaf: config.relay == RelayMode::Nobody,
            quota: gossip::Quota::default(),
            verifier: Box::new(gossip::Ed25519),
        };
        // Datagrams may come before the watch tells of them.
        let interfaces = gossamer_net::interfaces(&config.bind);
        let brain = Gossip::new(brain, StdRng::from_rng(&mut rand::rng()));
        let ready = ReadyView {
            node_id: device.classic(),
            device_id: device.to_string(),
            name,
            port: config.port,
            addrs: survey::addrs(&interfaces, config.port),
            network: config.network.clone(),
            password: config.password.is_some() || classic_crypto.is_confidential(),
            at_rest: at_rest.to_string(),
            downloads: profile.downloads.display().to_string(),
            profile: profile.name.clone(),
            relay: config.relay,
        };
        let (reports, finished) = mpsc::channel(QUEUE);
        let streams = Streams::new(net.dialer(), author.network, reports.clone());
        let files = Files::open(
            &config,
            &profile,
            me.clone(),
            &archive,
            streams,
            reports.clone(),
        )
        .await?;
        let mesh = Mesh::new(me, StdRng::from_rng(&mut rand::rng()));
        let mut classic = Classic::new(mesh, classic_crypto, classic_welcome);
        let queued = queued.iter().filter_map(|row| classic.publishable(row));
        let classic_start = Input::Start {
            queued: queued.collect(),
            known,
        };
        let mut v2 = Gossiping::new(brain, Arc::new(author), content);
        v2.devices.contacts = contacts;
        for record in records {
            v2.devices.named(record.device, &record.name);
        }
        for row in seen {
            v2.devices.remember(row);
        }
        for row in admitted {
            let uptime = i64::try_from(row.uptime).unwrap_or(i64::MAX);
            v2.admitted.linked(row.device, uptime);
        }

        let (sink, events) = sink::channel();
        let (requests, asked) = mpsc::channel(QUEUE);
        let actor = Actor {
            status: Status::new(ready.addrs.clone()),
            ready,
            v2,
            classic,
            net,
            archive,
            turns,
            sink,
            files,
            clock,
            reports,
            relay: config.relay,
            interfaces,
            hearing: Hearing::default(),
            stale: config.timers.stale,
            stopping: None,
        };
        tokio::spawn(async move {
            let farewell = actor.run(asked, finished, (classic_start, start)).await;
            // Whoever hears of the end may start the same profile at once.
            drop(profile);
            farewell.say().await;
        });
        Ok((NodeHandle::new(requests), events))
    }
}

/// What a node finds on its disk.
struct Opened {
    author: Author,
    at_rest: AtRest,
    start: gossip::Start,
    /// Devices that were admitted to the network before, by the same password.
    admitted: Vec<AdmittedRow>,
    contacts: Contacts,
    /// What devices say of themselves.
    records: Vec<DeviceRecord>,
    /// When devices of the network were here last.
    seen: Vec<SeenRow>,
    /// Own messages that nobody has.
    queued: Vec<MessageRow>,
    /// Ids of the last messages on the classic wire.
    known: Vec<String>,
}

async fn open(
    archive: &Archive,
    config: &Config,
    name: &str,
    password: Option<PasswordTag>,
) -> Result<Opened, ApiError> {
    let name = name.to_owned();
    let network = NetworkId::of(&config.network);
    let locked = config.password.is_some();
    archive
        .run(move |store| {
            store.messages().prune(KEPT)?;
            let identity = store.identity().get_or_create(&name, wall_ms())?;
            let author = Author {
                device: identity.device,
                user: identity.user,
                network,
                name,
            };
            let uptime = i64::try_from(store.uptime().load()?).unwrap_or(i64::MAX);
            let records = directory(store, &author, uptime)?;
            let people = store.contacts().all()?;
            let people = people.into_iter().map(|contact| contact.user);
            let contacts = Contacts::new(people, records.iter());
            let mut index = Vec::new();
            let me = author.device.id();
            store.envelopes().index(&network, |stored| {
                index.extend(entry(&stored, me));
            })?;
            let queued = store.messages().queued()?;
            let unsent = queued
                .iter()
                .filter_map(|row| EnvelopeId::from_hex(&row.id));
            let admitted = store.networks().admitted(&network, password)?;
            let restored = restore(store, &index)?;
            let start = gossip::Start {
                index,
                unsent: unsent.collect(),
                uptime,
                keyring: keyring(store, &network, locked)?,
                admitted: admitted.iter().map(|row| row.device).collect(),
                contacts: contacts.chosen(),
                purges: restored.purges,
                carriers: restored.carriers,
            };
            Ok(Opened {
                author,
                at_rest: store.at_rest(),
                start,
                admitted,
                contacts,
                records,
                seen: store.seen().all(&network)?,
                queued,
                known: store.messages().recent_ids(KNOWN)?,
            })
        })
        .await
}

/// Reads what devices say of themselves, and says it of this one unless that was said already.
fn directory(
    store: &mut Store,
    author: &Author,
    uptime: i64,
) -> Result<Vec<DeviceRecord>, StoreError> {
    let mut ids = Vec::new();
    store.envelopes().index(&author.network, |stored| {
        if stored.held && stored.meta.kind == Kind::DeviceRecord.number() {
            ids.push(stored.meta.id);
        }
    })?;
    let (mut records, mut current) = (Vec::new(), false);
    for id in ids {
        let Some(row) = store.envelopes().get(&id)? else {
            continue;
        };
        let age = uptime.saturating_sub(row.meta.birth);
        let body = row.body.and_then(|body| Body::decode(&body.body).ok());
        let Some(record) = body.as_ref().and_then(read_record) else {
            continue;
        };
        let own = record.device == author.device.id();
        let fresh = age < i64::from(LIFETIME_MAX) / 2;
        current |= own && record.name == author.name && fresh;
        records.push(record);
    }
    if !current {
        let now = wall_ms();
        let seq = store.identity().next_seq(now)?;
        let record = author.record(seq, now);
        let row = record.and_then(|record| author.row(&record, uptime));
        store.record(&[], row.as_slice())?;
    }
    Ok(records)
}

/// The keys of a network.
fn keyring(store: &mut Store, network: &NetworkId, locked: bool) -> Result<Keyring, StoreError> {
    if !locked {
        return Ok(Keyring::default());
    }
    store.networks().keyring(network)
}

fn unlock(config: &Config) -> Unlock {
    let passphrase = config.passphrase.clone();
    if config.keychain {
        Unlock::system(passphrase)
    } else {
        Unlock {
            keychain: None,
            passphrase,
        }
    }
}

/// What the password becomes: the key of admission, and the provider of classic content. Deriving
/// takes some ten milliseconds of computing: not on the runtime's threads.
async fn secrets(config: &Config) -> (Option<PasswordKey>, Arc<dyn CryptoProvider>) {
    let (password, network) = (config.password.clone(), config.network.clone());
    let custom = config.crypto_provider.clone();
    let derive = move || {
        let key = password
            .as_ref()
            .map(|one| PasswordKey::derive(one, &network));
        let classic = custom.unwrap_or_else(|| match &password {
            Some(password) => Arc::new(Fernet::from_password(password)),
            None => Arc::new(Plain),
        });
        (key, classic)
    };
    let derived = tokio::task::spawn_blocking(derive).await;
    derived.expect("deriving a key does not panic")
}

/// Names are shown in lists and lines: one line, some characters, no invisible tricks.
fn check_name(name: &str) -> Result<String, ApiError> {
    let on_one_line = |c: char| {
        if c.is_control() && c.is_whitespace() {
            ' '
        } else {
            c
        }
    };
    let name: String = name.trim().chars().map(on_one_line).collect();
    let length = name.graphemes(true).count();
    if length == 0 || length > NAME || name.len() > gossamer_wire::limits::NAME {
        return Err(ApiError::new(
            ErrorCode::BadArgument,
            format!("A name has 1 to {NAME} characters. Choose one that others recognise."),
        ));
    }
    if !legible::is_plain(&name) {
        return Err(ApiError::new(
            ErrorCode::BadArgument,
            "This name has a character that does not show, or that changes how others are shown. \
             Type it anew, with letters that everyone sees.",
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

    #[test]
    fn ana_takes_no_name_that_shows_nothing_or_looks_like_bens() {
        let tricks = [
            "\u{3164}",
            "\u{2800}",
            "\u{301}",
            "b\u{200b}en",
            "\u{202e}neb",
            "ben\u{e0062}\u{e007f}",
        ];
        for name in tricks {
            let error = check_name(name).unwrap_err();
            assert_eq!(error.code, ErrorCode::BadArgument, "{name:?}");
            assert!(error.message.contains("does not show"), "{name:?}");
        }
        for name in ["👩\u{200d}🚀 Ana", "❤\u{fe0f}", "محمد", "דוד"] {
            assert_eq!(check_name(name).unwrap(), name);
        }
    }
}
