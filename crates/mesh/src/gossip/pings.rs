//! What a link was asked, and how long its answers take: docs/protocol-v2.md 5.5.

use std::{collections::VecDeque, time::Duration};

use crate::limits;

/// The PINGs of one link.
#[derive(Debug)]
pub(crate) struct Pings {
    /// When the last one went.
    pub(crate) asked_at: Duration,
    /// Those that were not answered, and when they went. An answer counts however late it is: over
    /// a link that is slow for a while none would come before the next question.
    unanswered: VecDeque<(u64, Duration)>,
}

impl Pings {
    pub(crate) fn new(now: Duration) -> Self {
        Self {
            asked_at: now,
            unanswered: VecDeque::new(),
        }
    }

    /// One goes.
    pub(crate) fn ask(&mut self, token: u64, now: Duration) {
        if self.unanswered.len() >= limits::UNANSWERED {
            self.unanswered.pop_front();
        }
        self.unanswered.push_back((token, now));
        self.asked_at = now;
    }

    /// One is answered. Returns how long that took; `None` for an answer to nothing.
    pub(crate) fn answer(&mut self, token: u64, now: Duration) -> Option<Duration> {
        let at = self.unanswered.iter().position(|(one, _)| *one == token)?;
        // Answers come in order, so those before it were lost.
        let (_, asked_at) = self.unanswered.drain(..=at).next_back()?;
        Some(now.saturating_sub(asked_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_answer_counts_however_late_it_is_and_once() {
        let mut pings = Pings::new(Duration::ZERO);
        for n in 1..=3 {
            pings.ask(n.into(), SECOND * n);
        }
        assert_eq!(pings.answer(2, SECOND * 4), Some(SECOND * 2));
        assert_eq!(pings.answer(2, SECOND * 4), None);
        assert_eq!(pings.answer(1, SECOND * 4), None, "overtaken");
        assert_eq!(pings.answer(3, SECOND * 5), Some(SECOND * 2));
        assert_eq!(pings.answer(4, SECOND * 5), None, "nobody asked");
    }

    #[test]
    fn of_a_link_that_never_answers_little_is_remembered() {
        let mut pings = Pings::new(Duration::ZERO);
        for n in 0..100 {
            pings.ask(n, SECOND);
        }
        assert_eq!(pings.unanswered.len(), limits::UNANSWERED);
    }
}
