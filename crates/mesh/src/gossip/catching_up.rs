//! What its author said faster than may come unasked: asked for, in the order in which it came.
//! docs/protocol-v2.md 6.3.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_wire::v2::LinkFrame;
use rand::Rng;

use super::{Gossip, LinkId, link::Link};
use crate::limits;

/// Envelopes that were turned away for the rate of their authors.
#[derive(Debug, Default)]
pub(crate) struct PutOff {
    queues: BTreeMap<DeviceId, Queue>,
    places: BTreeMap<EnvelopeId, Place>,
    /// Places that are taken by what each link brought: at most [`limits::PUT_OFF`].
    taken: BTreeMap<LinkId, usize>,
    turn_at: Option<Duration>,
}

/// What one author said.
#[derive(Debug, Default)]
struct Queue {
    /// In the order in which it came.
    waiting: VecDeque<EnvelopeId>,
    /// Asked for, and when; what came or will not come is taken out from the front.
    asked: VecDeque<(EnvelopeId, Duration)>,
}

#[derive(Debug)]
struct Place {
    /// Whose share it is in.
    brought_by: LinkId,
    /// Who has it.
    links: BTreeSet<LinkId>,
}

impl PutOff {
    /// False when the link has brought too many.
    fn add(&mut self, id: EnvelopeId, author: DeviceId, link: LinkId) -> bool {
        let taken = self.taken.entry(link).or_default();
        if *taken >= limits::PUT_OFF {
            return false;
        }
        *taken += 1;
        let place = Place {
            brought_by: link,
            links: BTreeSet::from([link]),
        };
        self.places.insert(id, place);
        let queue = self.queues.entry(author).or_default();
        queue.waiting.push_back(id);
        true
    }

    /// Whether an envelope waits here, which this link has too.
    fn is_at(&mut self, id: &EnvelopeId, link: LinkId) -> bool {
        let place = self.places.get_mut(id);
        place.map(|place| place.links.insert(link)).is_some()
    }

    /// Its turn has come: who has it.
    fn leave(&mut self, id: &EnvelopeId) -> Option<Place> {
        let place = self.places.remove(id)?;
        if let Some(taken) = self.taken.get_mut(&place.brought_by) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                self.taken.remove(&place.brought_by);
            }
        }
        Some(place)
    }

    /// The next few of each author.
    fn next(&mut self) -> Vec<(DeviceId, EnvelopeId)> {
        let mut next = Vec::new();
        for (author, queue) in &mut self.queues {
            let room = (2 * limits::CATCH_UP).saturating_sub(queue.asked.len());
            let some = queue.waiting.len().min(room).min(limits::CATCH_UP);
            next.extend(queue.waiting.drain(..some).map(|id| (*author, id)));
        }
        next
    }
}

impl<R: Rng> Gossip<R> {
    /// Remembers to ask for an envelope that was turned away; false when there are too many such.
    pub(super) fn put_off(
        &mut self,
        id: EnvelopeId,
        author: DeviceId,
        link: LinkId,
        now: Duration,
    ) -> bool {
        let is_new = self.put_off.add(id, author, link);
        if is_new {
            let soon = now + limits::CATCH_UP_PAUSE;
            self.put_off.turn_at.get_or_insert(soon);
        }
        is_new
    }

    /// Whether an envelope waits to be asked for. Then the link that brought it may be asked.
    pub(super) fn is_put_off(&mut self, id: &EnvelopeId, link: LinkId) -> bool {
        self.put_off.is_at(id, link)
    }

    /// Whether what is announced waits for what its author said before. Who that is, is known only
    /// of what the neighbour says itself.
    pub(super) fn waits_its_turn(&mut self, id: EnvelopeId, link: LinkId, now: Duration) -> bool {
        if self.is_put_off(&id, link) {
            return true;
        }
        let Some(author) = self.links.get(&link).map(|link| link.device) else {
            return false;
        };
        self.is_behind(&author, now) && self.put_off(id, author, link, now)
    }

    /// Whether something is on its way that an author said before: nothing is to overtake it.
    pub(super) fn is_behind(&mut self, author: &DeviceId, now: Duration) -> bool {
        let Some(queue) = self.put_off.queues.get_mut(author) else {
            return false;
        };
        while let Some((id, at)) = queue.asked.front() {
            let is_late = now.saturating_sub(*at) >= limits::CATCH_UP_PATIENCE;
            if !is_late && self.wanted.contains_key(id) {
                break;
            }
            queue.asked.pop_front();
        }
        let is_behind = !(queue.waiting.is_empty() && queue.asked.is_empty());
        if !is_behind {
            self.put_off.queues.remove(author);
        }
        is_behind
    }

    pub(super) fn catching_up_wake_at(&self) -> Option<Duration> {
        self.put_off.turn_at
    }

    /// All that will be asked for.
    pub(super) fn to_be_asked(&self) -> impl Iterator<Item = EnvelopeId> + '_ {
        self.put_off.places.keys().copied()
    }

    /// Asks for the next few of each author when it is time.
    pub(super) fn catch_up_on_time(&mut self, now: Duration) {
        if self.put_off.turn_at.is_none_or(|at| at > now) {
            return;
        }
        let authors: Vec<DeviceId> = self.put_off.queues.keys().copied().collect();
        for author in authors {
            self.is_behind(&author, now);
        }
        let mut asked: BTreeMap<LinkId, Vec<EnvelopeId>> = BTreeMap::new();
        for (author, id) in self.put_off.next() {
            let Some(Place {
                brought_by,
                mut links,
            }) = self.put_off.leave(&id)
            else {
                continue;
            };
            links.retain(|link| self.links.get(link).is_some_and(Link::is_up));
            // What came another way needs nothing; what nobody has any more is compared.
            if self.index.get(&id).is_some() || self.has_declined(&id) {
                continue;
            }
            let Some(link) = self.want_of(id, links, brought_by, now) else {
                continue;
            };
            self.keep_in_turn(&id);
            asked.entry(link).or_default().push(id);
            if let Some(queue) = self.put_off.queues.get_mut(&author) {
                queue.asked.push_back((id, now));
            }
        }
        for (link, ids) in asked {
            self.send_ids(link, &ids, LinkFrame::Want);
        }
        let goes_on = !self.put_off.queues.is_empty();
        self.put_off.turn_at = goes_on.then_some(now + limits::CATCH_UP_PAUSE);
    }
}
