//! Between the classic dialect and v2: docs/protocol-v2.md 7.2.

use std::{collections::VecDeque, time::Duration};

use gossamer_crypto::EnvelopeId;
use gossamer_wire::v1::Header;
use rand::Rng;

use crate::{gossip::Gossip, limits};

/// A classic message that may become an envelope.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Who wrote it, and when.
    pub header: Header,
    /// Its content as it came.
    pub content: String,
}

/// Classic messages that wait until v2 had the time to bring what they are copies of.
#[derive(Debug, Default)]
pub struct Bridge {
    held: VecDeque<(Duration, Heard)>,
}

impl Bridge {
    /// Takes a message that is new on the classic wire. Where nobody speaks v2 it does not wait.
    pub fn hold<R: Rng>(&mut self, heard: Heard, gossip: &Gossip<R>, now: Duration) {
        let wait = if gossip.linked().next().is_some() {
            limits::BRIDGE_WAIT
        } else {
            Duration::ZERO
        };
        self.held.push_back((now + wait, heard));
    }

    /// When the next message has waited long enough.
    #[must_use]
    pub fn wake_at(&self) -> Option<Duration> {
        self.held.front().map(|(due, _)| *due)
    }

    /// Those that have waited long enough, in the order in which they came, each with whether it
    /// is new to v2.
    pub fn due<R: Rng>(&mut self, gossip: &Gossip<R>, now: Duration) -> Vec<(Heard, bool)> {
        let mut due = Vec::new();
        while self.held.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, heard)) = self.held.pop_front() {
                let new = is_new(&heard.header, gossip);
                due.push((heard, new));
            }
        }
        due
    }
}

/// A copy of an envelope that we know, or a claim to be a device that would speak v2, is neither
/// bridged nor shown.
fn is_new<R: Rng>(header: &Header, gossip: &Gossip<R>) -> bool {
    let copy = inward(&header.message_id).is_some_and(|half| gossip.knows_half(half));
    !copy && !gossip.knows_classic(&header.sender_id)
}

/// The id that an envelope has on the classic wire: a UUID of the first half of its own.
#[must_use]
pub fn outward(id: &EnvelopeId) -> String {
    let mut half = [0; 16];
    half.iter_mut()
        .zip(id.as_bytes())
        .for_each(|(to, from)| *to = *from);
    uuid::Uuid::from_bytes(half).to_string()
}

/// The half of an envelope's id that a classic id may be.
fn inward(message_id: &str) -> Option<[u8; 16]> {
    uuid::Uuid::parse_str(message_id)
        .ok()
        .map(uuid::Uuid::into_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_goes_out_and_comes_back() {
        let id = EnvelopeId::of(b"hello");
        let half = inward(&outward(&id)).unwrap();
        assert_eq!(half, id.as_bytes()[..16]);
        assert_eq!(inward("m-1"), None);
    }
}
