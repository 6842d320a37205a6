//! What happens next, in virtual time.

use std::{collections::BTreeMap, time::Duration};

/// Events in the order of their time; of the same time, in the order they were noted.
#[derive(Debug)]
pub(super) struct Agenda<E> {
    now: Duration,
    noted: u64,
    events: BTreeMap<(Duration, u64), E>,
}

impl<E> Agenda<E> {
    pub(super) fn new() -> Self {
        Self {
            now: Duration::ZERO,
            noted: 0,
            events: BTreeMap::new(),
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.now
    }

    pub(super) fn at(&mut self, at: Duration, event: E) {
        self.noted += 1;
        self.events.insert((at.max(self.now), self.noted), event);
    }

    pub(super) fn after(&mut self, pause: Duration, event: E) {
        self.at(self.now + pause, event);
    }

    /// Lets time pass until the next event.
    pub(super) fn next(&mut self) -> Option<E> {
        let ((at, _), event) = self.events.pop_first()?;
        self.now = at;
        Some(event)
    }
}
