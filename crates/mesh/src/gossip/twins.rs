//! Another device with our key, since a profile was copied: docs/protocol-v2.md 5.3.
//!
//! A beacon that names us is a hint, good for a dial: anyone can forge it. Only a link whose other
//! end has our key is proof. One of the two then steps back, or both would be here in turn.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    time::Duration,
};

use bytes::Bytes;
use gossamer_wire::v2::{Hello, LinkFrame, Reason};
use rand::Rng;

use super::{Gossip, LinkId, Misbehaviour, Output, link::Phase};
use crate::limits;

/// What is known of other devices with our key.
#[derive(Debug, Default)]
pub(crate) struct Twins {
    /// By lot, the same for as long as this node runs.
    lot: Option<[u8; 8]>,
    /// Dialled lately because of a beacon, and when.
    dialled: BTreeMap<SocketAddr, Duration>,
    /// What we said lately on links with our own key.
    said: VecDeque<Said>,
    /// When the user was told last.
    told_at: Option<Duration>,
    is_second: bool,
}

#[derive(Debug)]
struct Said {
    link: LinkId,
    nonce: [u8; 16],
    hello: Bytes,
}

impl Twins {
    /// Whether another device was here with our key before us: then we are silent until we are
    /// started again.
    pub(crate) fn is_second(&self) -> bool {
        self.is_second
    }

    /// Whether to dial an address because of a beacon.
    fn takes(&mut self, addr: SocketAddr, now: Duration) -> bool {
        let is_recent = |at: &Duration| now.saturating_sub(*at) < limits::TWIN_PAUSE;
        self.dialled.retain(|_, at| is_recent(at));
        if self.dialled.len() >= limits::TWIN_DIALS || self.dialled.contains_key(&addr) {
            return false;
        }
        self.dialled.insert(addr, now);
        true
    }

    /// Whether the user is to be told again.
    fn is_news(&mut self, now: Duration) -> bool {
        let is_old = |at: Duration| now.saturating_sub(at) >= limits::TWIN_PAUSE;
        let is_news = self.told_at.is_none_or(is_old);
        if is_news {
            self.told_at = Some(now);
        }
        is_news
    }
}

impl<R: Rng> Gossip<R> {
    /// A beacon names us and did not come from us.
    pub(super) fn own_beacon(&mut self, addr: SocketAddr, now: Duration) {
        if self.twins.is_second || !self.twins.takes(addr, now) {
            return;
        }
        let device = Some(self.me.device);
        self.outputs.push_back(Output::Dial { addr, device });
    }

    /// The nonce of a HELLO on a link with our own key: for how long we run, and a lot.
    pub(super) fn own_nonce(&mut self, now: Duration) -> [u8; 16] {
        let lot = self.twins.lot.unwrap_or_else(|| self.random());
        self.twins.lot = Some(lot);
        let run = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let nonce = (u128::from(run) << 64) | u128::from(u64::from_be_bytes(lot));
        nonce.to_be_bytes()
    }

    /// Remembers what we say on a link with our own key.
    pub(super) fn note_own_hello(&mut self, link: LinkId, nonce: [u8; 16], hello: &LinkFrame) {
        let LinkFrame::Hello(hello) = hello else {
            return;
        };
        let hello = hello.body().clone();
        self.twins.said.push_back(Said { link, nonce, hello });
        if self.twins.said.len() > limits::TWIN_HELLOS {
            self.twins.said.pop_front();
        }
    }

    /// A frame came on a link whose other end has our key. Nobody is admitted over such a link.
    pub(super) fn own_frame(&mut self, id: LinkId, frame: &LinkFrame, now: Duration) {
        let LinkFrame::Hello(hello) = frame else {
            self.convict(id, Misbehaviour::OutOfTurn);
            return self.close(id, None, now);
        };
        self.put_off_own(now);
        let mut said = self.twins.said.iter();
        let is_us = said.any(|said| said.hello == *hello.body());
        let ours = self.twins.said.iter().find(|said| said.link == id);
        match ours.map(|said| said.nonce) {
            Some(ours) if !is_us => self.met_twin(id, ours, hello, now),
            // We have several addresses, or somebody leads us back to us.
            Some(_) | None => self.close(id, None, now),
        }
    }

    fn met_twin(&mut self, id: LinkId, ours: [u8; 16], hello: &Hello, now: Duration) {
        let Some(mut addr) = self.links.get(&id).map(|link| link.addr) else {
            return;
        };
        addr.set_port(hello.port);
        let last = LinkFrame::Refuse(Reason::Duplicate).encode();
        self.close(id, Some(last), now);
        let second = is_second(ours, hello.nonce);
        if second && !self.twins.is_second {
            self.step_back(now);
        } else if !self.twins.is_news(now) {
            return;
        }
        self.outputs.push_back(Output::Twin { addr, second });
    }

    /// Leaves all links, and makes none any more.
    fn step_back(&mut self, now: Duration) {
        self.twins.is_second = true;
        self.neighbours = super::Neighbours::default();
        let last = LinkFrame::Refuse(Reason::Leaving).encode();
        let open = |(id, link): (&LinkId, &super::Link)| {
            (!matches!(link.phase, Phase::Closing)).then_some(*id)
        };
        let ids: Vec<LinkId> = self.links.iter().filter_map(open).collect();
        ids.into_iter()
            .for_each(|id| self.close(id, Some(last.clone()), now));
    }

    /// Addresses that the user named and where our own key is are not dialled again soon.
    fn put_off_own(&mut self, now: Duration) {
        let me = self.me.device;
        let own = self.links.values().filter(|link| link.device == me);
        let dialled: Vec<SocketAddr> = own
            .filter_map(|link| link.dialled.then_some(link.addr))
            .collect();
        let until = now + limits::REFUSED_PAUSE;
        for addr in dialled {
            self.neighbours
                .refuse(&me, Some(addr), Reason::Duplicate, until);
        }
    }
}

/// Who runs for less long is the second. Where both began about together, the lot decides: it is the
/// same on every link between the two, and a difference of milliseconds is not.
fn is_second(ours: [u8; 16], theirs: [u8; 16]) -> bool {
    let split = |nonce: [u8; 16]| {
        let nonce = u128::from_be_bytes(nonce);
        (nonce >> 64, nonce & u128::from(u64::MAX))
    };
    let ((our_run, our_lot), (their_run, their_lot)) = (split(ours), split(theirs));
    if our_run.abs_diff(their_run) < limits::TWIN_TOGETHER.as_millis() {
        (our_lot, our_run) < (their_lot, their_run)
    } else {
        our_run < their_run
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonce(run: u128, lot: u128) -> [u8; 16] {
        (run << 64 | lot).to_be_bytes()
    }

    #[test]
    fn exactly_one_of_two_is_the_second_and_both_say_the_same() {
        for (ana, ben) in [
            (nonce(60_000, 1), nonce(1_000, 2)),
            (nonce(60_000, 2), nonce(1_000, 1)),
            (nonce(1_000, 2), nonce(1_005, 1)),
            (nonce(1_000, 1), nonce(1_000, 2)),
            (nonce(1_000, 1), nonce(1_001, 1)),
        ] {
            assert_ne!(is_second(ana, ben), is_second(ben, ana), "{ana:?} {ben:?}");
        }
        assert!(is_second(nonce(1_000, 2), nonce(60_000, 1)), "by time");
        assert!(is_second(nonce(1_005, 1), nonce(1_000, 2)), "by lot");
    }
}
