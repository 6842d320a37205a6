//! What happens next, in virtual time.

use std::{collections::BTreeMap, time::Duration};

/// How finely time is cut: nothing gets from one node to another in less. So what the nodes do
/// within one moment, they do without knowing of each other.
const MOMENT: Duration = Duration::from_millis(5);

/// Events in the order of their time; of the same time, in the order they were noted.
#[derive(Debug)]
pub(super) struct Agenda<E> {
    now: Duration,
    moments: BTreeMap<u128, Vec<(Duration, E)>>,
}

impl<E> Agenda<E> {
    pub(super) fn new() -> Self {
        Self {
            now: Duration::ZERO,
            moments: BTreeMap::new(),
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.now
    }

    /// What is noted from now on is noted at this time.
    pub(super) fn set(&mut self, now: Duration) {
        self.now = now;
    }

    pub(super) fn at(&mut self, at: Duration, event: E) {
        let at = at.max(self.now);
        let moment = at.as_nanos() / MOMENT.as_nanos();
        self.moments.entry(moment).or_default().push((at, event));
    }

    pub(super) fn after(&mut self, pause: Duration, event: E) {
        self.at(self.now + pause, event);
    }

    /// Lets time pass until something happens: all that does in that moment.
    pub(super) fn next(&mut self) -> Option<Vec<(Duration, E)>> {
        let (_, mut events) = self.moments.pop_first()?;
        events.sort_by_key(|(at, _)| *at);
        Some(events)
    }
}
