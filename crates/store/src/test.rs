//! What the tests of several tables use.

use bytes::Bytes;
use gossamer_crypto::{DeviceId, EnvelopeId, NetworkId, Signature};
use tempfile::TempDir;

use crate::{
    EnvelopeBody, EnvelopeMeta, EnvelopeRow, MessageRow, MessageState, NewMessage, Store, Unlock,
};

pub(crate) fn open(dir: &TempDir) -> Store {
    Store::open(dir.path(), &Unlock::default()).unwrap()
}

pub(crate) fn home() -> NetworkId {
    NetworkId::of("home")
}

/// A message of ben's; he wrote number 2 after number 1 and had seen nothing.
pub(crate) fn from_ben(number: u64) -> NewMessage {
    NewMessage {
        row: MessageRow {
            id: format!("ben-{number}"),
            conversation: "everyone".to_owned(),
            from_id: "bbbbbbbb".to_owned(),
            from_name: "ben".to_owned(),
            text: format!("number {number}"),
            own: false,
            readable: true,
            sent_at: 1000 + number,
            received_at: 2000 + number,
            hops: None,
            state: None,
            reached: 0,
            reason: None,
            place: 1000 + number,
            late: false,
        },
        after: Vec::new(),
    }
}

pub(crate) fn our_own(number: u64, state: MessageState) -> NewMessage {
    let mut message = from_ben(number);
    message.row.id = format!("own-{number}");
    message.row.own = true;
    message.row.state = Some(state);
    message
}

pub(crate) fn after(mut message: NewMessage, seen: &[&str]) -> NewMessage {
    message.after = seen.iter().map(|&id| id.to_owned()).collect();
    message
}

/// An Everyone envelope of the home network.
pub(crate) fn envelope(number: u64) -> EnvelopeRow {
    let body = Bytes::from(format!("body of envelope {number:08}"));
    EnvelopeRow {
        meta: EnvelopeMeta {
            id: EnvelopeId::of(&body),
            network: home(),
            bucket: 3,
            audience: None,
            ack: None,
            kind: 4,
            origin: Some(DeviceId::new([2; 32])),
            seq: number,
            created: 1000 + number,
            lifetime: 604_800,
            birth: 50,
            size: body.len() as u32,
            own: false,
            hops: 1,
        },
        body: Some(EnvelopeBody {
            body,
            signature: Signature::new([7; 64]),
            signer: None,
        }),
    }
}

/// The same things in another order, the same one for the same seed.
pub(crate) fn shuffled<T: Clone>(things: &[T], seed: u64) -> Vec<T> {
    let mut left = things.to_vec();
    let mut state = seed;
    let mut mixed = Vec::with_capacity(left.len());
    while !left.is_empty() {
        // Knuth's linear congruential generator; its upper bits are the good ones.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let pick = (state >> 33) as usize % left.len();
        mixed.push(left.swap_remove(pick));
    }
    mixed
}
