//! Connections between brains: ordered like TCP, and as mortal.

use std::time::Duration;

use rand::{RngExt, rngs::StdRng};

use super::world::Who;
use crate::gossip::LinkId;

/// Of one that is not at the edge of the Wi-Fi.
const QUICK: Duration = Duration::from_millis(20);

/// All ends of all connections. A connection has two, each with a name of its own.
#[derive(Debug, Default)]
pub(super) struct Wire {
    /// By the numbers of their names; `None` is gone.
    ends: Vec<Option<End>>,
}

/// One end, from `LinkUp` to `LinkDown`.
#[derive(Debug)]
pub(super) struct End {
    pub(super) who: Who,
    pub(super) peer: LinkId,
    /// Nothing passes any more, whether or not someone has noticed.
    pub(super) is_cut: bool,
    /// ADMIT went both ways, as far as this end can tell.
    pub(super) sent_admit: bool,
    pub(super) got_admit: bool,
    latency: Duration,
    /// What was written last arrives then; nothing overtakes it.
    clear_at: Duration,
}

impl Wire {
    /// Connects two nodes. Nothing arrives at `a`, who dialled, before `up_at`.
    pub(super) fn connect(
        &mut self,
        a: Who,
        b: Who,
        latency: Duration,
        up_at: Duration,
    ) -> (LinkId, LinkId) {
        let named = self.ends.len() as u64;
        let (at_a, at_b) = (LinkId(named), LinkId(named + 1));
        let end = |who, peer| End {
            who,
            peer,
            is_cut: false,
            sent_admit: false,
            got_admit: false,
            latency,
            clear_at: up_at,
        };
        self.ends.push(Some(end(a, at_b)));
        self.ends.push(Some(end(b, at_a)));
        (at_a, at_b)
    }

    pub(super) fn end(&self, link: LinkId) -> Option<&End> {
        self.ends.get(link.0 as usize)?.as_ref()
    }

    pub(super) fn end_mut(&mut self, link: LinkId) -> Option<&mut End> {
        self.ends.get_mut(link.0 as usize)?.as_mut()
    }

    fn all(&self) -> impl Iterator<Item = (LinkId, &End)> {
        let ends = (0_u64..).map(LinkId).zip(&self.ends);
        ends.filter_map(|(link, end)| Some((link, end.as_ref()?)))
    }

    /// When and where what is written now arrives; `None` when it does not.
    pub(super) fn pass(
        &mut self,
        from: LinkId,
        now: Duration,
        rng: &mut StdRng,
    ) -> Option<(LinkId, Duration)> {
        let end = self.end_mut(from).filter(|end| !end.is_cut)?;
        let jitter = end.latency.mul_f64(rng.random_range(1.0..2.0));
        end.clear_at = end.clear_at.max(now + jitter);
        Some((end.peer, end.clear_at))
    }

    pub(super) fn remove(&mut self, link: LinkId) -> Option<End> {
        self.ends.get_mut(link.0 as usize)?.take()
    }

    /// Connections that carry something and answer as quickly as most do.
    pub(super) fn quick(&self) -> Vec<LinkId> {
        let is_quick = |(link, end): &(LinkId, &End)| {
            *link < end.peer
                && !end.is_cut
                && end.got_admit
                && end.latency <= QUICK
                && self.end(end.peer).is_some()
        };
        self.all().filter(is_quick).map(|(link, _)| link).collect()
    }

    /// All that is in flight is lost, and all that comes.
    pub(super) fn cut(&mut self, link: LinkId) {
        let peer = self.end(link).map(|end| end.peer);
        for id in [Some(link), peer].into_iter().flatten() {
            if let Some(end) = self.end_mut(id) {
                end.is_cut = true;
            }
        }
    }

    /// The ends at one node.
    pub(super) fn at(&self, who: Who) -> Vec<LinkId> {
        let ends = self.all().filter(|(_, end)| end.who == who);
        ends.map(|(id, _)| id).collect()
    }

    /// Connections that carry something, each with the nodes at its ends.
    pub(super) fn whole(&self) -> Vec<(LinkId, Who, Who)> {
        let whole = self.all();
        let whole = whole.filter(|(id, end)| *id < end.peer && !end.is_cut);
        let pair = |(id, end): (LinkId, &End)| Some((id, end.who, self.end(end.peer)?.who));
        whole.filter_map(pair).collect()
    }
}
