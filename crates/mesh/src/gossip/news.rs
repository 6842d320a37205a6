//! What devices say of themselves gathers before it is passed on: docs/protocol-v2.md 6.4.
//!
//! Each device says something, and says it to everyone. Whoever waits a little hears meanwhile from
//! some neighbours that they have it, and passes it on to fewer.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use gossamer_crypto::EnvelopeId;
use gossamer_wire::v2::{Envelope, LinkFrame, LinkStateFrame};
use rand::{Rng, RngExt};

use super::{Gossip, Held, LinkId};
use crate::limits;

/// What is to be passed on.
#[derive(Debug, Default)]
pub(crate) struct News {
    gathered: BTreeMap<EnvelopeId, Item>,
    due: Option<Duration>,
}

#[derive(Debug)]
struct Item {
    envelope: Envelope,
    /// The links of those who have it.
    have: BTreeSet<LinkId>,
}

impl News {
    /// When it is to be passed on.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.due
    }

    /// A neighbour turns out to have this.
    pub(crate) fn is_had(&mut self, id: &EnvelopeId, by: LinkId) {
        if let Some(item) = self.gathered.get_mut(id) {
            item.have.insert(by);
        }
    }
}

impl<R: Rng> Gossip<R> {
    /// Passes something on soon, to all but those who have it.
    pub(super) fn gather(
        &mut self,
        id: EnvelopeId,
        envelope: Envelope,
        have: BTreeSet<LinkId>,
        now: Duration,
    ) {
        self.news.gathered.insert(id, Item { envelope, have });
        if self.news.due.is_none() {
            self.news.due = Some(now + self.gather_for());
        }
    }

    /// How long news gather. By lot where many are known, so that not all neighbours pass on the
    /// same at once.
    fn gather_for(&mut self) -> Duration {
        let known = self.routing.topology.len().max(self.neighbours.len());
        let known = u32::try_from(known).unwrap_or(u32::MAX);
        let longest = limits::NEWS_PACE.saturating_mul(known);
        let longest = longest.min(limits::NEWS_MORE);
        if longest <= limits::NEWS {
            return limits::NEWS;
        }
        self.rng.random_range(limits::NEWS..longest)
    }

    /// Passes on what gathered.
    pub(super) fn spread_news(&mut self, now: Duration) {
        self.news.due = None;
        let uptime = self.uptime_at(now);
        let mut states: BTreeMap<LinkId, Vec<LinkStateFrame>> = BTreeMap::new();
        for (id, Item { envelope, have }) in std::mem::take(&mut self.news.gathered) {
            // It may have been replaced meanwhile.
            let Some(entry) = self.index.get(&id).filter(|one| one.held != Held::IdOnly) else {
                continue;
            };
            // Who heard it from several neighbours need not fear that it was lost.
            let spare = match have.len() {
                0 | 1 => limits::SPARE_NEWS,
                _ => 0,
            };
            if !entry.kind.is_fleeting() {
                let entry = entry.clone();
                self.flood(&envelope, &entry, &have, spare, now);
                continue;
            }
            let age = entry.age(uptime);
            for link in self.who_may_lack(&have, spare) {
                let envelope = envelope.clone();
                let state = LinkStateFrame { envelope, age };
                states.entry(link).or_default().push(state);
            }
        }
        for (link, states) in states {
            self.send_states(link, &states);
        }
    }

    pub(super) fn send_states(&mut self, link: LinkId, states: &[LinkStateFrame]) {
        for states in states.chunks(gossamer_wire::limits::LINK_STATES) {
            self.send(link, &LinkFrame::LinkStates(states.to_vec()));
        }
    }
}
