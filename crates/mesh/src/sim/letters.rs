//! What people write, signed.

use bytes::Bytes;
use gossamer_crypto::{DeviceId, DeviceKey, EnvelopeId, Keyring, NetworkId, PurgeSecret, Signed};
use gossamer_wire::{
    limits::{self, LIFETIME_DM, LIFETIME_EVERYONE, LIFETIME_LINK_STATE},
    v2::{Body, Envelope, Kind, Purge},
};
use rand::{Rng, RngExt, rngs::StdRng};

use super::scenario::Sizes;
use crate::gossip::Entry;

/// Who writes, and where.
#[derive(Debug)]
pub(super) struct Author<'a> {
    pub(super) key: &'a DeviceKey,
    pub(super) device: DeviceId,
    pub(super) network: NetworkId,
}

impl Author<'_> {
    /// A signed envelope.
    pub(super) fn write(&self, kind: Kind, seq: u64, created: u64, payload: Bytes) -> Envelope {
        self.sign(&self.body(kind, seq, created, payload))
    }

    /// A direct message. Here everyone could read it, and no brain does.
    pub(super) fn letter(&self, to: DeviceId, seq: u64, created: u64, payload: Bytes) -> Envelope {
        let secret = secret(&payload).expect("a letter has a secret");
        self.sign(&Body {
            lifetime: LIFETIME_DM,
            audience: Some(*to.as_bytes()),
            ack: Some(secret.ack()),
            ..self.body(Kind::Dm, seq, created, payload)
        })
    }

    /// A message in a room.
    pub(super) fn in_room(
        &self,
        room: [u8; 32],
        seq: u64,
        created: u64,
        payload: Bytes,
    ) -> Envelope {
        self.sign(&Body {
            audience: Some(room),
            ..self.body(Kind::RoomEvent, seq, created, payload)
        })
    }

    /// What has arrived.
    pub(super) fn purge(&self, purge: &Purge, lifetime: u32, seq: u64, created: u64) -> Envelope {
        let payload = purge.encode().expect("a brain names no more");
        self.sign(&Body {
            lifetime,
            ..self.body(Kind::Purge, seq, created, payload)
        })
    }

    fn body(&self, kind: Kind, seq: u64, created: u64, payload: Bytes) -> Body {
        Body {
            kind,
            network: self.network,
            origin: Some(self.device),
            seq,
            created,
            lifetime: if kind == Kind::LinkState {
                LIFETIME_LINK_STATE
            } else {
                LIFETIME_EVERYONE
            },
            audience: None,
            ack: None,
            payload,
        }
    }

    fn sign(&self, body: &Body) -> Envelope {
        let body = body.encode().expect("the payload is short");
        let signature = self.key.sign(Signed::Envelope, &body);
        Envelope {
            body,
            signature,
            signer: None,
        }
    }
}

/// What a store notes of an envelope of the user's own.
pub(super) fn own_entry(envelope: &Envelope, author: DeviceId, uptime: i64) -> Entry {
    let body = envelope.parse().expect("we wrote it");
    Entry {
        birth: uptime,
        own: true,
        ..Entry::of(envelope.id(), envelope, &body, author)
    }
}

/// Something to say. It begins with the id of the key that it would be sealed under.
pub(super) fn text(sizes: Sizes, keyring: &Keyring, rng: &mut StdRng) -> Bytes {
    let size = match (sizes, rng.random_range(0..100)) {
        (Sizes::Mixed, 0..90) => rng.random_range(20..400),
        (Sizes::Mixed, 90..97) => rng.random_range(400..4_000),
        (Sizes::Mixed, _) => rng.random_range(4_200..20_000),
        (Sizes::Extreme, 0..50) => (1 << 10) - HEAD,
        (Sizes::Extreme, _) => limits::ENVELOPE - HEAD,
    };
    let mut text = vec![0; KEY_ID + size];
    rng.fill_bytes(&mut text);
    let id = keyring.lowest().map(|key| key.id()).unwrap_or_default();
    text[..KEY_ID].copy_from_slice(&id);
    text.into()
}

/// What only the recipient of a letter would find in it.
pub(super) fn secret(payload: &[u8]) -> Option<PurgeSecret> {
    payload.first_chunk().copied().map(PurgeSecret::new)
}

/// What is in a letter.
pub(super) fn sealed(rng: &mut StdRng) -> Bytes {
    let mut letter = vec![0; SECRET + rng.random_range(100..2_000)];
    rng.fill_bytes(&mut letter);
    letter.into()
}

/// Whether someone with this keyring could read an envelope.
pub(super) fn can_read(envelope: &Envelope, keyring: &Keyring) -> bool {
    let Ok(body) = envelope.parse() else {
        return false;
    };
    let id = body.payload.get(..KEY_ID);
    keyring.iter().any(|key| Some(&key.id()[..]) == id)
}

/// What is known of a message that exists.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    pub(super) by: usize,
    pub(super) group: usize,
    /// Bytes of its body.
    pub(super) size: usize,
}

/// All messages that exist, by id.
pub(super) type Ledger = std::collections::BTreeMap<EnvelopeId, Written>;

const KEY_ID: usize = 8;
const SECRET: usize = 32;

/// About what a body has besides what is said.
const HEAD: usize = 128;
