//! What is said to everyone, and what protects it: docs/protocol-v2.md 7.

use std::sync::Arc;

use bytes::Bytes;
use gossamer_crypto::{
    CryptoProvider, DeviceId, EnvelopeId, Keyring, NetworkFernet, Plain, SealError, seal_classic,
};
use gossamer_mesh::bridge::Heard;
use gossamer_wire::v2::{Body, ClassicMessage, Kind, Text};

/// What protects the content of Everyone. Changes when the keyring grows.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    provider: Arc<dyn CryptoProvider>,
    /// Empty in an open network, and in a locked one before anyone said anything.
    keyring: Keyring,
    /// Whether the network has a password.
    locked: bool,
    /// Whether the application brought its own provider.
    custom: bool,
}

/// What someone says to everyone.
pub(crate) struct Said {
    pub(crate) speaker: Speaker,
    /// What they call themselves; their id where only the text would tell.
    pub(crate) name: String,
    /// `None` when it is sealed under a key that is not here, or is no text.
    pub(crate) text: Option<String>,
    /// The messages that it answers to.
    pub(crate) after: Vec<EnvelopeId>,
}

/// Who says something.
pub(crate) enum Speaker {
    /// A device that speaks v2.
    Device(DeviceId),
    /// A node on the classic wire, and the message's id there.
    Classic { node: String, message: String },
}

impl Content {
    pub(crate) fn new(
        custom: Option<&Arc<dyn CryptoProvider>>,
        keyring: Keyring,
        locked: bool,
    ) -> Self {
        let provider = custom.map_or_else(|| provider(&keyring, locked), Arc::clone);
        Self {
            provider,
            keyring,
            locked,
            custom: custom.is_some(),
        }
    }

    /// Other keys from now on.
    pub(crate) fn rekey(&mut self, keyring: Keyring) {
        if !self.custom {
            self.provider = provider(&keyring, self.locked);
        }
        self.keyring = keyring;
    }

    /// Whether a key has to be minted before anything can be sealed.
    pub(crate) fn lacks_key(&self) -> bool {
        self.locked && self.keyring.lowest().is_none()
    }

    /// What an envelope says to everyone; `None` when it is of another kind or makes no sense.
    pub(crate) fn read(&self, body: &Body) -> Option<Said> {
        match body.kind {
            Kind::Everyone => {
                let device = body.origin?;
                let (name, text, after) = match self.open(&body.payload) {
                    Some(text) => (text.name, Some(text.text), text.after),
                    None => (device.classic(), None, Vec::new()),
                };
                Some(Said {
                    speaker: Speaker::Device(device),
                    name,
                    text,
                    after,
                })
            }
            Kind::Classic => {
                let message = ClassicMessage::decode(&body.payload).ok()?;
                let text = self.provider.open(&message.text).ok();
                Some(Said {
                    speaker: Speaker::Classic {
                        node: message.sender_id,
                        message: message.message_id,
                    },
                    name: message.sender_name,
                    text: text.and_then(|text| String::from_utf8(text).ok()),
                    after: Vec::new(),
                })
            }
            Kind::DeviceRecord
            | Kind::Prekey
            | Kind::LinkState
            | Kind::Dm
            | Kind::RoomEvent
            | Kind::RoomConfig
            | Kind::Purge
            | Kind::Revocation
            | Kind::Unknown(_) => None,
        }
    }

    /// `None` when it is sealed under a key that is not here, or is no text.
    fn open(&self, payload: &[u8]) -> Option<Text> {
        let content = self.provider.open(payload).ok()?;
        Text::decode(&content).ok().flatten()
    }

    /// Seals a text for the network.
    pub(super) fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        self.provider.seal(plain)
    }

    /// Every bridge seals a message alike, so that it has one id.
    pub(super) fn seal_classic(&self, heard: &Heard, created: u64, text: &str) -> Option<Bytes> {
        if self.lacks_key() {
            return None;
        }
        let Some(key) = self.keyring.lowest() else {
            return Some(Bytes::copy_from_slice(text.as_bytes()));
        };
        let id = &heard.header.message_id;
        Some(seal_classic(key, created / 1000, id, text.as_bytes()).into())
    }
}

fn provider(keyring: &Keyring, locked: bool) -> Arc<dyn CryptoProvider> {
    if locked {
        Arc::new(NetworkFernet::new(keyring))
    } else {
        Arc::new(Plain)
    }
}
