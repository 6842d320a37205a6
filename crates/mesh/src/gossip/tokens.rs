//! A token bucket: so many at once, so many in time.

use std::time::Duration;

/// How many tokens a bucket has and how quickly they come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Tokens of a full bucket.
    pub(crate) burst: u32,
    /// The time in which one token comes back.
    pub(crate) refill: Duration,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Tokens {
    rate: Rate,
    /// The moment at which the bucket is, or will be, full.
    full_at: Duration,
}

impl Tokens {
    pub(crate) fn full(rate: Rate) -> Self {
        Self {
            rate,
            full_at: Duration::ZERO,
        }
    }

    pub(crate) fn has_one(&self, now: Duration) -> bool {
        let missing = self.full_at.saturating_sub(now);
        missing + self.rate.refill <= self.rate.refill * self.rate.burst
    }

    /// Takes one; false when there is none.
    pub(crate) fn take(&mut self, now: Duration) -> bool {
        let may = self.has_one(now);
        if may {
            self.full_at = self.full_at.max(now) + self.rate.refill;
        }
        may
    }

    /// Gives one back that was taken.
    pub(crate) fn give_back(&mut self) {
        self.full_at = self.full_at.saturating_sub(self.rate.refill);
    }

    pub(crate) fn is_full(&self, now: Duration) -> bool {
        self.full_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_at_once_and_the_rest_as_it_comes_back() {
        let second = Duration::from_secs(1);
        let mut tokens = Tokens::full(Rate {
            burst: 3,
            refill: second,
        });
        assert_eq!((0..9).filter(|_| tokens.take(second)).count(), 3);
        assert!(!tokens.take(second * 2 - Duration::from_millis(1)));
        assert!(tokens.take(second * 2));
        assert!(!tokens.take(second * 2));
        assert!(tokens.is_full(second * 5));
    }
}
