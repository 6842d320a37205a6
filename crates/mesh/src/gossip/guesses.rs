//! Wrong passwords, counted: docs/protocol-v2.md 5.3.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use super::tokens::{Rate, Tokens};
use crate::limits;

const RATE: Rate = Rate {
    burst: limits::GUESSES,
    refill: limits::GUESS_PAUSE,
};

/// One bucket for all, one for each address. Inbound and outbound alike: dialling is as good a
/// way to guess as listening.
#[derive(Debug)]
pub(crate) struct Guesses {
    all: Tokens,
    by_addr: BTreeMap<IpAddr, Tokens>,
}

impl Default for Guesses {
    fn default() -> Self {
        Self {
            all: Tokens::full(RATE),
            by_addr: BTreeMap::new(),
        }
    }
}

impl Guesses {
    /// Whether someone at this address may try a password now.
    pub(crate) fn may_try(&self, addr: IpAddr, now: Duration) -> bool {
        let addr_has = self
            .by_addr
            .get(&addr)
            .is_none_or(|tokens| tokens.has_one(now));
        addr_has && self.all.has_one(now)
    }

    /// Takes a guess before its outcome can be known, so that breaking off does not save it.
    /// False when there is none.
    pub(crate) fn take(&mut self, addr: IpAddr, now: Duration) -> bool {
        if !self.may_try(addr, now) {
            return false;
        }
        self.all.take(now);
        self.by_addr.retain(|_, tokens| !tokens.is_full(now));
        // The bucket for all bounds how many addresses are ever in here at once.
        self.by_addr
            .entry(addr)
            .or_insert_with(|| Tokens::full(RATE))
            .take(now)
    }

    /// It was no guess: the other side knew the password.
    pub(crate) fn give_back(&mut self, addr: IpAddr) {
        self.all.give_back();
        if let Some(tokens) = self.by_addr.get_mut(&addr) {
            tokens.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_guesses_and_then_one_a_minute_whatever_the_address() {
        let mut guesses = Guesses::default();
        let addr = |n: u32| IpAddr::from([10, 0, 0, n as u8]);
        let minute = Duration::from_secs(60);
        let made = (0..100).filter(|n| guesses.take(addr(*n), minute)).count();
        assert_eq!(made, 10);
        assert!(guesses.may_try(addr(200), minute * 2));
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
