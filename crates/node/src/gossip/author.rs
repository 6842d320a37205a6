//! What this device says, as envelopes: docs/protocol-v2.md 6 and 7.

use bytes::Bytes;
use gossamer_crypto::{DeviceKey, EnvelopeId, NetworkId, Signed, UserKey};
use gossamer_mesh::{bridge::Heard, gossip::Entry};
use gossamer_store::EnvelopeRow;
use gossamer_wire::{
    limits::{AFTER, LIFETIME_EVERYONE, LIFETIME_LINK_STATE, LIFETIME_MAX},
    v2::{
        Body, ClassicMessage, DeviceRecord, EncodeError, Envelope, Kind, LinkState, Purge,
        SignedRecord, Text,
    },
};

use super::{content::Content, rows::row};
use crate::api::{ApiError, ErrorCode};

/// Writes envelopes in the name of this device.
#[derive(Debug)]
pub(crate) struct Author {
    pub(crate) device: DeviceKey,
    pub(crate) user: UserKey,
    pub(crate) network: NetworkId,
    pub(crate) name: String,
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
        let too_long = |error: EncodeError| {
            let message = format!("The message cannot be sent: {error}. Send it in parts.");
            ApiError::new(ErrorCode::BadArgument, message)
        };
        let plain = text.encode().map_err(too_long)?;
        let payload = content.seal(&plain).map_err(|error| {
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

    /// What this device says of its links.
    pub(crate) fn links(&self, links: &LinkState, seq: u64, created: u64) -> Option<Envelope> {
        let body = Body {
            lifetime: LIFETIME_LINK_STATE,
            ..self.body(Kind::LinkState, seq, created, links.encode().ok()?)
        };
        Some(self.sign(body.encode().ok()?, false))
    }

    /// What has arrived and need not be carried any more.
    pub(crate) fn purge(
        &self,
        purge: &Purge,
        lifetime: u32,
        seq: u64,
        created: u64,
    ) -> Option<Envelope> {
        let body = Body {
            lifetime,
            ..self.body(Kind::Purge, seq, created, purge.encode().ok()?)
        };
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
            birth,
            own: true,
            ..Entry::of(envelope.id(), envelope, &body, self.device.id())
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
