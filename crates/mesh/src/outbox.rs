//! What must still reach someone: own messages, and others' that we pass on.
//!
//! An item is offered to every peer present when it comes in, retried while a peer stays, and
//! held for a while afterwards for peers that arrive late (a relay that restarts hears its two
//! sides seconds apart). An own message is held until at least one device was written to.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bytes::Bytes;

use crate::{NodeId, limits};

/// How often a write to one peer is tried before only its next arrival counts.
const TRIES: u32 = 5;
/// The pause before the first retry; doubled each time.
const RETRY: Duration = Duration::from_secs(1);
/// Others' messages held at once; the oldest give way, having been sent at least once.
const RELAYED: usize = 4_096;

/// A message on its way out.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) bytes: Bytes,
    pub(crate) own: bool,
    /// Who has it without us: its author, and whoever handed it to us.
    pub(crate) not_to: BTreeSet<NodeId>,
}

#[derive(Debug)]
struct Held {
    item: Item,
    reached: BTreeSet<NodeId>,
    waiting: BTreeMap<NodeId, Attempt>,
    until: Duration,
}

#[derive(Debug)]
struct Attempt {
    tries: u32,
    /// When to write again; `None` while a write is under way.
    at: Option<Duration>,
}

/// A write to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) peer: NodeId,
    pub(crate) id: String,
    pub(crate) bytes: Bytes,
}

#[derive(Debug)]
pub(crate) struct Outbox {
    hold: Duration,
    /// In the order in which they came: a device met later reads them in that order.
    held: BTreeMap<u64, Held>,
    by_id: BTreeMap<String, u64>,
    /// Others' messages in it, and their bytes.
    relayed: (usize, usize),
    /// Nothing is due before this; looking at every item takes a while.
    due_at: Option<Duration>,
    next: u64,
}

impl Outbox {
    pub(crate) fn new(hold: Duration) -> Self {
        Self {
            hold,
            held: BTreeMap::new(),
            by_id: BTreeMap::new(),
            relayed: (0, 0),
            due_at: None,
            next: 0,
        }
    }

    /// Takes an item and says whom to write it to now.
    pub(crate) fn push<'a>(
        &mut self,
        item: Item,
        present: impl Iterator<Item = &'a NodeId>,
        now: Duration,
    ) -> Vec<Write> {
        if !item.own {
            self.relayed.0 += 1;
            self.relayed.1 += item.bytes.len();
            self.make_room();
        }
        let (key, id) = (self.next, item.id.clone());
        self.next += 1;
        let mut held = Held {
            item,
            reached: BTreeSet::new(),
            waiting: BTreeMap::new(),
            until: now + self.hold,
        };
        let writes = present.filter_map(|peer| held.offer(peer)).collect();
        self.wake_by(held.until);
        self.held.insert(key, held);
        self.by_id.insert(id, key);
        writes
    }

    /// A peer is here: whatever it lacks goes to it, oldest first.
    pub(crate) fn arrived(&mut self, peer: &NodeId) -> Vec<Write> {
        self.held
            .values_mut()
            .filter_map(|held| held.offer(peer))
            .collect()
    }

    /// A peer is gone: nothing waits for it any more.
    pub(crate) fn gone(&mut self, peer: &NodeId) {
        for held in self.held.values_mut() {
            held.waiting.remove(peer);
        }
        self.wake_by(Duration::ZERO);
    }

    /// A write worked. Returns how many devices have the message when it is one of ours.
    pub(crate) fn written(&mut self, peer: &NodeId, id: &str) -> Option<u32> {
        let held = self.held.get_mut(self.by_id.get(id)?)?;
        held.waiting.remove(peer);
        if held.reached.len() < limits::REACHED {
            held.reached.insert(peer.clone());
        }
        let reached = u32::try_from(held.reached.len()).unwrap_or(u32::MAX);
        let reached = held.item.own.then_some(reached);
        self.wake_by(Duration::ZERO);
        reached
    }

    /// A message of ours reached someone on another way: it is like any other from now on.
    pub(crate) fn settle(&mut self, id: &str) {
        let Some(held) = self.by_id.get(id).and_then(|key| self.held.get_mut(key)) else {
            return;
        };
        if std::mem::take(&mut held.item.own) {
            self.relayed.0 += 1;
            self.relayed.1 += held.item.bytes.len();
            self.wake_by(Duration::ZERO);
            self.make_room();
        }
    }

    /// A write did not work: it is tried again later, a few times.
    pub(crate) fn write_failed(&mut self, peer: &NodeId, id: &str, now: Duration) {
        let Some(held) = self.by_id.get(id).and_then(|key| self.held.get_mut(key)) else {
            return;
        };
        let attempt = held.waiting.get_mut(peer);
        if let Some(attempt) = attempt.filter(|attempt| attempt.at.is_none()) {
            let at = now + RETRY * 2u32.saturating_pow(attempt.tries.min(TRIES));
            attempt.at = Some(at);
            attempt.tries += 1;
            self.wake_by(at);
        }
    }

    /// Writes whose pause is over. Forgets what has nothing left to do.
    pub(crate) fn due(&mut self, now: Duration) -> Vec<Write> {
        let mut writes = Vec::new();
        if self.due_at.is_none_or(|at| at > now) {
            return writes;
        }
        for held in self.held.values_mut() {
            // A message that nobody has is tried for as long as the peer stays.
            let give_up = !held.item.own || !held.reached.is_empty();
            held.waiting
                .retain(|_, attempt| !(give_up && attempt.tries > TRIES && attempt.at.is_some()));
            for (peer, attempt) in &mut held.waiting {
                if attempt.at.is_some_and(|at| at <= now) {
                    attempt.at = None;
                    writes.push(held.item.write_to(peer));
                }
            }
        }
        let over = self.held.iter().filter(|(_, held)| !held.is_needed(now));
        for key in over.map(|(key, _)| *key).collect::<Vec<_>>() {
            self.forget(key);
        }
        let retries = self.held.values().flat_map(|held| held.waiting.values());
        let done = self.held.values().filter(|held| held.is_done());
        let times = retries
            .filter_map(|attempt| attempt.at)
            .chain(done.map(|held| held.until));
        self.due_at = times.min();
        writes
    }

    /// When [`due`](Self::due) has something to do next, or earlier.
    pub(crate) fn wake_at(&self) -> Option<Duration> {
        self.due_at
    }

    fn wake_by(&mut self, at: Duration) {
        self.due_at = Some(self.due_at.map_or(at, |due_at| due_at.min(at)));
    }

    /// Own messages that nobody has yet.
    pub(crate) fn queued(&self) -> usize {
        self.held
            .values()
            .filter(|held| held.item.own && held.reached.is_empty())
            .count()
    }

    fn make_room(&mut self) {
        while self.relayed.0 > RELAYED || self.relayed.1 > limits::RELAYED_BYTES {
            let oldest = self.held.iter().find(|(_, held)| !held.item.own);
            let Some(key) = oldest.map(|(key, _)| *key) else {
                break;
            };
            self.forget(key);
        }
    }

    fn forget(&mut self, key: u64) {
        let Some(Held { item, .. }) = self.held.remove(&key) else {
            return;
        };
        self.by_id.remove(&item.id);
        if !item.own {
            self.relayed.0 -= 1;
            self.relayed.1 -= item.bytes.len();
        }
    }
}

impl Item {
    fn write_to(&self, peer: &NodeId) -> Write {
        Write {
            peer: peer.clone(),
            id: self.id.clone(),
            bytes: self.bytes.clone(),
        }
    }
}

impl Held {
    fn offer(&mut self, peer: &NodeId) -> Option<Write> {
        let has_it = self.item.not_to.contains(peer) || self.reached.contains(peer);
        if has_it || self.waiting.contains_key(peer) {
            return None;
        }
        self.waiting
            .insert(peer.clone(), Attempt { tries: 0, at: None });
        Some(self.item.write_to(peer))
    }

    /// Nobody is being written to, and it may be forgotten once its time is over.
    fn is_done(&self) -> bool {
        self.waiting.is_empty() && (!self.item.own || !self.reached.is_empty())
    }

    fn is_needed(&self, now: Duration) -> bool {
        !self.is_done() || now < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn id(name: &str) -> NodeId {
        NodeId(name.into())
    }

    fn item(text: &str, own: bool) -> Item {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        Item {
            id: text.into(),
            bytes,
            own,
            not_to: BTreeSet::new(),
        }
    }

    fn names(writes: &[Write]) -> Vec<String> {
        writes
            .iter()
            .map(|write| format!("{} to {}", write.id, write.peer))
            .collect()
    }

    #[test]
    fn a_message_written_while_alone_waits_and_leaves_in_order() {
        let mut outbox = Outbox::new(secs(30));
        assert!(
            outbox
                .push(item("one", true), [].iter(), secs(0))
                .is_empty()
        );
        assert!(
            outbox
                .push(item("two", true), [].iter(), secs(1))
                .is_empty()
        );
        assert!(outbox.due(secs(1000)).is_empty());
        assert_eq!(outbox.queued(), 2);
        assert_eq!(
            names(&outbox.arrived(&id("ben"))),
            ["one to ben", "two to ben"]
        );
        assert_eq!(outbox.written(&id("ben"), "one"), Some(1));
        assert_eq!(outbox.queued(), 1);
    }

    #[test]
    fn a_failed_write_is_tried_again_while_ben_stays_and_ben_gone_is_not_waited_for() {
        let mut outbox = Outbox::new(secs(30));
        outbox.push(item("hi", true), [id("ben")].iter(), secs(0));
        outbox.write_failed(&id("ben"), "hi", secs(0));
        assert!(outbox.due(secs(0)).is_empty());
        assert!(outbox.wake_at() <= Some(secs(1)));
        assert_eq!(names(&outbox.due(secs(1))), ["hi to ben"]);
        outbox.gone(&id("ben"));
        outbox.write_failed(&id("ben"), "hi", secs(2));
        assert!(outbox.due(secs(100)).is_empty());
        assert_eq!(names(&outbox.arrived(&id("ben"))), ["hi to ben"]);
    }

    #[test]
    fn a_relayed_message_waits_a_little_for_cleo_and_not_for_ever() {
        let mut outbox = Outbox::new(secs(30));
        let from_ana = Item {
            not_to: [id("ana")].into(),
            ..item("hi", false)
        };
        outbox.push(from_ana, [id("ana")].iter(), secs(0));
        assert!(outbox.due(secs(29)).is_empty());
        assert_eq!(names(&outbox.arrived(&id("cleo"))), ["hi to cleo"]);
        assert_eq!(outbox.written(&id("cleo"), "hi"), None);
        assert!(outbox.arrived(&id("cleo")).is_empty());
        outbox.due(secs(31));
        assert!(outbox.arrived(&id("ben")).is_empty());
        assert!(outbox.held.is_empty() && outbox.by_id.is_empty());
    }

    #[test]
    fn writes_to_a_peer_that_never_answers_end_once_someone_else_has_the_message() {
        let mut outbox = Outbox::new(secs(30));
        outbox.push(item("hi", true), [id("ben"), id("cleo")].iter(), secs(0));
        outbox.written(&id("cleo"), "hi");
        let mut tries = 1;
        for second in 0..200 {
            for write in outbox.due(secs(second)) {
                assert_eq!(write.peer, id("ben"));
                tries += 1;
            }
            outbox.write_failed(&id("ben"), "hi", secs(second));
        }
        assert_eq!(tries, 1 + TRIES);
        assert!(outbox.held.is_empty());
    }

    #[test]
    fn relayed_messages_are_bounded_and_own_ones_are_never_dropped() {
        let mut outbox = Outbox::new(secs(30));
        outbox.push(item("mine", true), [].iter(), secs(0));
        for n in 0..RELAYED + 10 {
            outbox.push(item(&n.to_string(), false), [].iter(), secs(0));
        }
        assert_eq!(outbox.held.len(), RELAYED + 1);
        assert_eq!(outbox.queued(), 1);
    }
}
