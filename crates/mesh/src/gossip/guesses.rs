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

    /// One was wrong.
    pub(crate) fn wrong(&mut self, addr: IpAddr, now: Duration) {
        self.all.take(now);
        self.by_addr.retain(|_, tokens| !tokens.is_full(now));
        // The bucket for all bounds how many addresses are ever in here at once.
        self.by_addr
            .entry(addr)
            .or_insert_with(|| Tokens::full(RATE))
            .take(now);
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
        let made = (0..100)
            .filter(|n| {
                let may = guesses.may_try(addr(*n), minute);
                if may {
                    guesses.wrong(addr(*n), minute);
                }
                may
            })
            .count();
        assert_eq!(made, 10);
        assert!(guesses.may_try(addr(200), minute * 2));
    }
}
