//! Wrong passwords, counted: docs/protocol-v2.md 5.3.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use super::tokens::{Rate, Tokens};
use crate::limits;

const RATE: Rate = Rate {
    burst: limits::GUESSES,
    refill: limits::GUESS_PAUSE,
};

const FIRST_RATE: Rate = Rate {
    burst: limits::FIRST_GUESSES,
    refill: limits::FIRST_GUESS_PAUSE,
};

/// One bucket for each address, one for all, and one that is kept for the first guess of an
/// address: whoever guesses on and on, from a few addresses, cannot spend what newcomers need.
/// Inbound and outbound alike: dialling is as good a way to guess as listening.
#[derive(Debug)]
pub(crate) struct Guesses {
    all: Tokens,
    firsts: Tokens,
    by_addr: BTreeMap<IpAddr, Guesser>,
}

/// An address that guessed wrong, or is in the middle of a guess.
#[derive(Debug)]
struct Guesser {
    tokens: Tokens,
    last: Duration,
    /// Guesses not answered yet or wrong, and whether the first of them came from the reserve.
    open: u32,
    was_first: bool,
}

impl Default for Guesses {
    fn default() -> Self {
        Self {
            all: Tokens::full(RATE),
            firsts: Tokens::full(FIRST_RATE),
            by_addr: BTreeMap::new(),
        }
    }
}

impl Guesses {
    /// Whether someone at this address may try a password now.
    pub(crate) fn may_try(&self, addr: IpAddr, now: Duration) -> bool {
        match self.by_addr.get(&addr).filter(|one| one.counts(now)) {
            Some(one) => one.tokens.has_one(now) && self.all.has_one(now),
            None => self.is_first(addr, now) || self.all.has_one(now),
        }
    }

    /// Takes a guess before its outcome can be known, so that breaking off does not save it.
    /// False when there is none.
    pub(crate) fn take(&mut self, addr: IpAddr, now: Duration) -> bool {
        if !self.may_try(addr, now) {
            return false;
        }
        self.by_addr.retain(|_, one| one.counts(now));
        let first = self.is_first(addr, now);
        if first {
            self.firsts.take(now);
        } else {
            self.all.take(now);
        }
        let is_full = self.by_addr.len() >= limits::GUESSERS;
        if is_full && !self.by_addr.contains_key(&addr) {
            return true;
        }
        let one = self.by_addr.entry(addr).or_insert_with(|| Guesser {
            tokens: Tokens::full(RATE),
            last: now,
            open: 0,
            was_first: first,
        });
        one.last = now;
        one.open = one.open.saturating_add(1);
        one.tokens.take(now)
    }

    /// It was no guess: the other side knew the password.
    pub(crate) fn give_back(&mut self, addr: IpAddr) {
        let Some(one) = self.by_addr.get_mut(&addr) else {
            return self.all.give_back();
        };
        one.open = one.open.saturating_sub(1);
        if one.open > 0 || !one.was_first {
            one.tokens.give_back();
            self.all.give_back();
        } else {
            self.firsts.give_back();
        }
        if one.open == 0 {
            self.by_addr.remove(&addr);
        }
    }

    /// Whether the next guess of this address is its first, and the reserve has one for it. Where
    /// there is no room to remember more addresses none is a first one.
    fn is_first(&self, addr: IpAddr, now: Duration) -> bool {
        let is_new = self.by_addr.get(&addr).is_none_or(|one| !one.counts(now));
        is_new && self.by_addr.len() < limits::GUESSERS && self.firsts.has_one(now)
    }
}

impl Guesser {
    fn counts(&self, now: Duration) -> bool {
        now.saturating_sub(self.last) < limits::GUESSER_MEMORY || !self.tokens.is_full(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(n: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, n])
    }

    #[test]
    fn ten_guesses_more_than_the_first_of_each_address_and_then_one_a_minute() {
        let mut guesses = Guesses::default();
        let minute = Duration::from_secs(60);
        let firsts = (0..4).filter(|n| guesses.take(addr(*n), minute)).count();
        let more = (0..100)
            .filter(|n| guesses.take(addr(n % 4), minute))
            .count();
        assert_eq!((firsts, more), (4, 10));
        assert!(!guesses.may_try(addr(0), minute * 2 - Duration::from_millis(1)));
        assert!(guesses.may_try(addr(0), minute * 2));
    }

    #[test]
    fn one_address_has_ten_guesses_and_then_one_a_minute() {
        let mut guesses = Guesses::default();
        let minute = Duration::from_secs(60);
        let made = (0..100).filter(|_| guesses.take(addr(1), minute)).count();
        assert_eq!(made, 10);
        let later = (0..100)
            .filter(|_| guesses.take(addr(1), minute * 2))
            .count();
        assert_eq!(later, 1);
    }

    #[test]
    fn a_newcomer_gets_a_try_while_sixteen_addresses_guess_without_end() {
        let mut guesses = Guesses::default();
        let mut made = 0;
        for second in 0..3600 {
            let now = Duration::from_secs(second);
            made += (1..=16).filter(|n| guesses.take(addr(*n), now)).count();
            assert!(guesses.may_try(addr(200), now), "after {second} s");
        }
        // The first of each, ten at once and one a minute.
        assert_eq!(made, 16 + 10 + 59);
    }

    #[test]
    fn however_many_addresses_guess_they_have_a_bounded_number_of_guesses() {
        let mut guesses = Guesses::default();
        let addr = |n: u32| IpAddr::from(n.to_be_bytes());
        let hour = 3600;
        let made = (0..hour * 64)
            .filter(|n| guesses.take(addr(*n), Duration::from_secs(u64::from(n / 64))))
            .count();
        let most = 10 + hour / 60 + limits::FIRST_GUESSES + hour / 10;
        assert!(made <= most as usize, "{made} of {most}");
        assert!(guesses.by_addr.len() <= limits::GUESSERS);
    }

    #[test]
    fn who_knows_the_password_costs_nothing() {
        let mut guesses = Guesses::default();
        let addr = IpAddr::from([10, 0, 0, 1]);
        for _ in 0..100 {
            assert!(guesses.take(addr, Duration::ZERO));
            guesses.give_back(addr);
        }
    }
}
