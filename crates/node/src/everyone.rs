//! What is said to everyone, between texts and envelopes: docs/protocol-v2.md 7.

use std::sync::Arc;

use bytes::Bytes;
use gossamer_crypto::{
    CryptoProvider, DeviceKey, EnvelopeId, Keyring, NetworkFernet, NetworkId, Plain, Signed,
    UserKey, seal_classic,
};
use gossamer_mesh::{
    bridge::Heard,
    gossip::{Entry, Held},
};
use gossamer_store::EnvelopeRow;
use gossamer_wire::{
    limits::{AFTER, LIFETIME_EVERYONE, LIFETIME_MAX, TTL},
    v2::{Body, ClassicMessage, DeviceRecord, Envelope, Kind, SignedRecord, Text},
};

use crate::{
    api::{ApiError, ErrorCode},
    gossiping::row,
};

/// Writes envelopes in the name of this device.
#[derive(Debug)]
pub(crate) struct Author {
    pub(crate) device: DeviceKey,
    pub(crate) user: UserKey,
    pub(crate) network: NetworkId,
    pub(crate) name: String,
}

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

    /// Reads a text; `None` when it is sealed under a key that is not here, or is no text.
    pub(crate) fn open(&self, payload: &[u8]) -> Option<Text> {
        let content = self.provider.open(payload).ok()?;
        Text::decode(&content).ok().flatten()
    }

    /// Reads the text of a bridged message.
    pub(crate) fn open_classic(&self, message: &ClassicMessage) -> Option<String> {
        let text = self.provider.open(&message.text).ok()?;
        String::from_utf8(text).ok()
    }

    /// Every bridge seals a message alike, so that it has one id.
    fn seal_classic(&self, heard: &Heard, created: u64, text: &str) -> Option<Bytes> {
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

impl Author {
    /// A text for everyone; `after` are the ids of messages that it answers to.
    pub(crate) fn text(
        &self,
        content: &Content,
        text: &str,
        after: &[String],
        seq: u64,
        created: u64,
    ) -> Result<Envelope, ApiError> {
        let after = after.iter().filter_map(|id| EnvelopeId::from_hex(id));
        let text = Text {
            name: self.name.clone(),
            text: text.to_owned(),
            after: after.take(AFTER).collect(),
        };
        let too_long = |error: gossamer_wire::v2::EncodeError| {
            let message = format!("The message cannot be sent: {error}. Send it in parts.");
            ApiError::new(ErrorCode::BadArgument, message)
        };
        let plain = text.encode().map_err(too_long)?;
        let payload = content.provider.seal(&plain).map_err(|error| {
            ApiError::new(
                ErrorCode::Internal,
                format!("The message was not sent: {error}."),
            )
        })?;
        let body = Body {
            lifetime: LIFETIME_EVERYONE,
            ..self.body(Kind::Everyone, seq, created, payload.into())
        };
        Ok(self.sign(body.encode().map_err(too_long)?, false))
    }

    /// What this device says of itself.
    pub(crate) fn record(&self, seq: u64, created: u64) -> Option<Envelope> {
        let record = DeviceRecord {
            user: self.user.id(),
            device: self.device.id(),
            name: self.name.clone(),
            created,
            seq,
            capabilities: Vec::new(),
        };
        let record = record.encode().ok()?;
        let signature = self.user.sign(Signed::DeviceRecord, &record);
        let signed = SignedRecord { record, signature };
        let body = self.body(Kind::DeviceRecord, seq, created, signed.encode());
        Some(self.sign(body.encode().ok()?, false))
    }

    /// A classic message as every bridge writes it; `None` when it does not fit.
    pub(crate) fn classic(&self, content: &Content, heard: &Heard, text: &str) -> Option<Envelope> {
        let created = ClassicMessage::created(heard.header.timestamp);
        let message = ClassicMessage {
            message_id: heard.header.message_id.clone(),
            sender_id: heard.header.sender_id.clone(),
            sender_name: heard.header.sender_name.clone(),
            text: content.seal_classic(heard, created, text)?,
        };
        let body = Body {
            origin: None,
            lifetime: LIFETIME_EVERYONE,
            ..self.body(Kind::Classic, 0, created, message.encode().ok()?)
        };
        Some(self.sign(body.encode().ok()?, true))
    }

    /// How the store keeps an envelope of ours.
    pub(crate) fn row(&self, envelope: &Envelope, birth: i64) -> Option<EnvelopeRow> {
        let body = envelope.parse().ok()?;
        let entry = Entry {
            id: envelope.id(),
            kind: body.kind,
            bucket: body.bucket(),
            author: self.device.id(),
            seq: body.seq,
            created: body.created,
            birth,
            lifetime: body.lifetime,
            size: u32::try_from(envelope.body.len()).unwrap_or(u32::MAX),
            hops: 0,
            ttl: TTL,
            held: Held::Body,
            own: true,
        };
        Some(row(&entry, self.network, Some((envelope, &body))))
    }

    fn body(&self, kind: Kind, seq: u64, created: u64, payload: Bytes) -> Body {
        Body {
            kind,
            network: self.network,
            origin: Some(self.device.id()),
            seq,
            created,
            lifetime: LIFETIME_MAX,
            audience: None,
            ack: None,
            payload,
        }
    }

    fn sign(&self, body: Bytes, as_bridge: bool) -> Envelope {
        let signature = self.device.sign(Signed::Envelope, &body);
        Envelope {
            body,
            signature,
            signer: as_bridge.then(|| self.device.id()),
        }
    }
}

/// What a device says of itself, if it and its person signed that.
pub(crate) fn read_record(body: &Body) -> Option<DeviceRecord> {
    let signed = SignedRecord::decode(&body.payload).ok()?;
    let record = DeviceRecord::decode(&signed.record).ok()?;
    let genuine = record
        .user
        .verify(Signed::DeviceRecord, &signed.record, &signed.signature)
        .is_ok();
    let consistent = Some(record.device) == body.origin && record.seq == body.seq;
    (genuine && consistent).then_some(record)
}
