//! Envelopes as no honest node writes them.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use gossamer_crypto::{DeviceId, DeviceKey, NetworkId, Signature, Signed};
use gossamer_wire::v2::{Body, Envelope, EnvelopeFrame, Kind, LinkFrame};

/// A week, in seconds.
const LIFETIME: u32 = 604_800;

/// In another's name: nobody signed it, and it is so old that nobody looks whether someone did.
pub(crate) fn forged(network: NetworkId, author: DeviceId, number: u64) -> Bytes {
    let body = body(network, Kind::Everyone, author, number, None);
    frame(body, Signature::from([0; 64]), LIFETIME + 1)
}

/// In one's own name, for a room that nobody has heard of.
pub(crate) fn of_a_room(network: NetworkId, author: &DeviceKey, number: u64) -> Bytes {
    let mut room = [0; 32];
    rand::fill(&mut room);
    let body = body(network, Kind::RoomEvent, author.id(), number, Some(room));
    let signature = author.sign(Signed::Envelope, &body);
    frame(body, signature, 0)
}

fn body(
    network: NetworkId,
    kind: Kind,
    author: DeviceId,
    number: u64,
    audience: Option<[u8; 32]>,
) -> Bytes {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = since.unwrap_or_default().as_millis();
    let created = u64::try_from(now).unwrap_or_default();
    let body = Body {
        kind,
        network,
        origin: Some(author),
        seq: created + number,
        created,
        lifetime: LIFETIME,
        audience,
        ack: None,
        payload: Bytes::from_static(b"nothing worth reading"),
    };
    body.encode().expect("a body of these")
}

fn frame(body: Bytes, signature: Signature, age: u32) -> Bytes {
    let envelope = Envelope {
        body,
        signature,
        signer: None,
    };
    let frame = EnvelopeFrame {
        envelope,
        age,
        ttl: 7,
        hops: 1,
    };
    LinkFrame::Envelope(frame).encode()
}
