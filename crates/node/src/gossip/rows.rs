//! Rows of the store from envelopes, and what the brain and links need back from them.

use gossamer_crypto::{DeviceId, NetworkId};
use gossamer_mesh::gossip::{Entry, Held, Mail};
use gossamer_store::{
    EnvelopeBody, EnvelopeMeta, EnvelopeRow, IndexEntry, MessageRow, MessageState, NewMessage,
};
use gossamer_wire::{
    limits::TTL,
    v2::{Body, Bucket, Envelope, Kind},
};

use super::content::{Said, Speaker};
use crate::{
    clock::wall_ms,
    convert::{self, EVERYONE},
};

/// How the store keeps an envelope, or an id without its body.
pub(crate) fn row(
    entry: &Entry,
    network: NetworkId,
    envelope: Option<(&Envelope, &Body)>,
) -> EnvelopeRow {
    let origin = match envelope {
        Some((_, body)) => body.origin,
        None => Some(entry.author),
    };
    let mail = entry.mail.as_deref();
    let to = mail.map(|mail| mail.audience.as_bytes());
    EnvelopeRow {
        meta: EnvelopeMeta {
            id: entry.id,
            network,
            bucket: entry.bucket.number(),
            audience: to.copied(),
            ack: mail.map(|mail| mail.ack),
            kind: entry.kind.number(),
            origin,
            seq: entry.seq,
            created: entry.created,
            lifetime: entry.lifetime.into(),
            birth: entry.birth,
            size: entry.size,
            own: entry.own,
            hops: entry.hops.into(),
        },
        body: envelope.map(|(envelope, _)| EnvelopeBody {
            body: envelope.body.clone(),
            signature: envelope.signature,
            signer: envelope.signer,
        }),
    }
}

/// An envelope as it came over the wire.
pub(super) fn envelope_of(body: EnvelopeBody) -> Envelope {
    Envelope {
        body: body.body,
        signature: body.signature,
        signer: body.signer,
    }
}

/// What the brain keeps of a stored envelope; `None` for one of a bucket it does not know.
/// `author` stands for who signed it where the store does not say.
pub(crate) fn entry(stored: &IndexEntry, author: DeviceId) -> Option<Entry> {
    let meta = &stored.meta;
    let mail = meta.audience.zip(meta.ack);
    Some(Entry {
        id: meta.id,
        kind: Kind::from(meta.kind),
        bucket: Bucket::from_number(meta.bucket)?,
        author: meta.origin.unwrap_or(author),
        seq: meta.seq,
        created: meta.created,
        birth: meta.birth,
        lifetime: u32::try_from(meta.lifetime).unwrap_or(u32::MAX),
        size: meta.size,
        hops: u8::try_from(meta.hops).unwrap_or(u8::MAX),
        ttl: TTL,
        held: if stored.held {
            Held::Body
        } else {
            Held::IdOnly
        },
        // What was bridged is not ours, whoever wrote that down.
        own: meta.own && meta.kind != Kind::Classic.number(),
        mail: mail.map(|(audience, ack)| {
            let audience = audience.into();
            Box::new(Mail { audience, ack })
        }),
    })
}

/// How the store keeps what someone said to everyone.
pub(super) fn message(said: Said, body: &Body, entry: &Entry) -> NewMessage {
    let (from_id, own) = match said.speaker {
        Speaker::Device(device) => (device.to_string(), entry.own),
        Speaker::Classic { node, .. } => (node, false),
    };
    let row = MessageRow {
        id: entry.id.to_string(),
        conversation: EVERYONE.to_owned(),
        from_id,
        from_name: said.name,
        readable: said.text.is_some(),
        text: said.text.unwrap_or_default(),
        own,
        sent_at: convert::moment(body.created as f64).unwrap_or_default(),
        received_at: wall_ms(),
        hops: Some(entry.hops.saturating_sub(1).into()),
        state: own.then_some(MessageState::Sent),
        reached: 0,
        reason: None,
        place: 0,
        late: false,
    };
    let after = said.after.iter().map(ToString::to_string).collect();
    NewMessage { row, after }
}

#[cfg(test)]
mod tests {
    use gossamer_crypto::{DeviceKey, Signed};

    use super::*;

    #[test]
    fn of_a_letter_the_brain_hears_again_whom_it_is_for_and_what_shows_its_arrival() {
        let key = DeviceKey::from_secret(&[1; 32]);
        let network = NetworkId::of("home");
        for (kind, audience, ack) in [
            (Kind::Dm, Some([2; 32]), Some([3; 32])),
            (Kind::RoomEvent, Some([2; 32]), None),
            (Kind::Everyone, None, None),
        ] {
            let body = Body {
                kind,
                network,
                origin: Some(key.id()),
                seq: 1,
                created: 1,
                lifetime: 1,
                audience,
                ack,
                payload: Vec::new().into(),
            };
            let bytes = body.encode().unwrap();
            let envelope = Envelope {
                signature: key.sign(Signed::Envelope, &bytes),
                body: bytes,
                signer: None,
            };
            let before = Entry::of(envelope.id(), &envelope, &body, key.id());
            let stored = IndexEntry {
                meta: row(&before, network, Some((&envelope, &body))).meta,
                held: true,
            };
            assert_eq!(entry(&stored, key.id()), Some(before));
        }
    }
}
