//! Own envelopes and which neighbours have them on disk.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gossamer_crypto::{DeviceId, EnvelopeId};

use crate::limits;

/// Envelopes that reached someone are counted on for this many more, so that people see whom
/// their last messages reached.
const COUNTED: usize = 1_024;

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// Nobody has these.
    unsent: BTreeSet<EnvelopeId>,
    /// Who has these.
    sent: BTreeMap<EnvelopeId, BTreeSet<DeviceId>>,
    /// The order in which they were sent.
    order: VecDeque<EnvelopeId>,
}

impl Outbox {
    pub(crate) fn restore(&mut self, unsent: Vec<EnvelopeId>) {
        self.unsent.extend(unsent);
    }

    pub(crate) fn push(&mut self, id: EnvelopeId) {
        self.unsent.insert(id);
    }

    /// Those that nobody has.
    pub(crate) fn unsent(&self) -> impl Iterator<Item = EnvelopeId> + '_ {
        self.unsent.iter().copied()
    }

    /// Somebody has one, whoever it is: it waits no more.
    pub(crate) fn settle(&mut self, id: EnvelopeId) {
        if self.unsent.remove(&id) {
            self.sent.insert(id, BTreeSet::new());
            self.order.push_back(id);
            if self.order.len() > COUNTED
                && let Some(oldest) = self.order.pop_front()
            {
                self.sent.remove(&oldest);
            }
        }
    }

    /// A neighbour has one on disk. Returns how many have it when that is news.
    pub(crate) fn stored(&mut self, id: EnvelopeId, by: DeviceId) -> Option<u32> {
        self.settle(id);
        let by_whom = self.sent.get_mut(&id)?;
        let is_news = by_whom.len() < limits::REACHED && by_whom.insert(by);
        is_news.then(|| u32::try_from(by_whom.len()).unwrap_or(u32::MAX))
    }

    pub(crate) fn forget(&mut self, ids: &[EnvelopeId]) {
        for id in ids {
            self.unsent.remove(id);
            self.sent.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_neighbour_counts_once() {
        let mut outbox = Outbox::default();
        let id = |n| EnvelopeId::new([n; 32]);
        let device = |n| DeviceId::new([n; 32]);
        outbox.push(id(1));
        assert_eq!(outbox.unsent().count(), 1);
        assert_eq!(outbox.stored(id(1), device(1)), Some(1));
        assert_eq!(outbox.stored(id(1), device(1)), None);
        assert_eq!(outbox.stored(id(1), device(2)), Some(2));
        assert_eq!(outbox.stored(id(2), device(2)), None, "not one of ours");
        assert_eq!(outbox.unsent().count(), 0);
    }

    #[test]
    fn however_many_devices_somebody_makes_up_few_are_counted_and_bens_word_still_counts() {
        let mut outbox = Outbox::default();
        let [first, second] = [1, 2].map(|n| EnvelopeId::new([n; 32]));
        outbox.push(first);
        for n in 0..2 * limits::REACHED {
            let mut made_up = [9; 32];
            made_up[..8].copy_from_slice(&n.to_le_bytes());
            outbox.stored(first, DeviceId::new(made_up));
        }
        assert_eq!(outbox.sent[&first].len(), limits::REACHED);
        outbox.push(second);
        assert_eq!(outbox.stored(second, DeviceId::new([1; 32])), Some(1));
    }

    #[test]
    fn what_a_classic_node_has_waits_no_more_and_neighbours_count_still() {
        let mut outbox = Outbox::default();
        let id = EnvelopeId::new([1; 32]);
        outbox.push(id);
        outbox.settle(id);
        outbox.settle(EnvelopeId::new([2; 32]));
        assert_eq!(outbox.unsent().count(), 0);
        assert_eq!(outbox.stored(id, DeviceId::new([1; 32])), Some(1));
    }
}
