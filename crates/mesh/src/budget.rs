//! How much of the classic dialect is taken from one address, and from all: whoever can connect can
//! speak it, and what is taken costs memory, disk, and the links of others.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use crate::limits::{self, Allowance};

/// What was taken lately, by whom.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    all: Spent,
    by_addr: BTreeMap<IpAddr, Spent>,
}

/// When what was taken will be paid back, by messages and by bytes.
#[derive(Debug, Default, Clone, Copy)]
struct Spent {
    messages: Duration,
    bytes: Duration,
}

impl Spent {
    fn charge(&mut self, size: usize, of: &Allowance, now: Duration) {
        let units = u32::try_from(size.div_ceil(limits::CLASSIC_UNIT)).unwrap_or(u32::MAX);
        self.messages = self.messages.max(now).saturating_add(of.message);
        let cost = of.unit.saturating_mul(units);
        self.bytes = self.bytes.max(now).saturating_add(cost);
    }

    /// How long until no more is spent than may be at once.
    fn debt(&self, of: &Allowance, now: Duration) -> Duration {
        let over = |until: Duration| until.saturating_sub(now.saturating_add(of.burst));
        over(self.messages).max(over(self.bytes))
    }

    fn is_paid(&self, now: Duration) -> bool {
        self.messages.max(self.bytes) <= now
    }
}

impl Budget {
    /// Charges an address for what it sent. False when that must not be taken.
    pub(crate) fn charge(&mut self, addr: IpAddr, size: usize, now: Duration) -> bool {
        // Whoever is within its own allowance still finds something when others have used up what is
        // for all.
        let modest = self.debt(addr, now).is_zero();
        let most = if modest {
            limits::CLASSIC_DEBT
        } else {
            Duration::ZERO
        };
        if self.all.debt(&limits::CLASSIC_ALL, now) > most || !self.charge_again(addr, size, now) {
            return false;
        }
        self.all.charge(size, &limits::CLASSIC_ALL, now);
        true
    }

    /// The same for a copy of what is known: it costs only its own address, for where many relay to
    /// us each brings one.
    pub(crate) fn charge_again(&mut self, addr: IpAddr, size: usize, now: Duration) -> bool {
        if !self.by_addr.contains_key(&addr) && !self.make_room(now) {
            return false;
        }
        let spent = self.by_addr.entry(addr).or_default();
        let may = spent.debt(&limits::CLASSIC_OF_ONE, now) <= limits::CLASSIC_DEBT;
        if may {
            spent.charge(size, &limits::CLASSIC_OF_ONE, now);
        }
        may
    }

    /// How long an address is not to be read from.
    pub(crate) fn pause(&self, addr: IpAddr, now: Duration) -> Duration {
        let all = self.all.debt(&limits::CLASSIC_ALL, now);
        all.max(self.debt(addr, now)).min(limits::CLASSIC_PAUSE)
    }

    fn debt(&self, addr: IpAddr, now: Duration) -> Duration {
        let spent = self.by_addr.get(&addr);
        spent.map_or(Duration::ZERO, |spent| {
            spent.debt(&limits::CLASSIC_OF_ONE, now)
        })
    }

    fn make_room(&mut self, now: Duration) -> bool {
        if self.by_addr.len() >= limits::CLASSIC_ADDRS {
            self.by_addr.retain(|_, spent| !spent.is_paid(now));
        }
        self.by_addr.len() < limits::CLASSIC_ADDRS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);

    fn addr(n: u16) -> IpAddr {
        let [high, low] = n.to_be_bytes();
        IpAddr::from([10, 0, high, low])
    }

    /// What is taken of an address that sends for so long as fast as it is read.
    fn taken(budget: &mut Budget, of: &[IpAddr], size: usize, from: u32, seconds: u32) -> usize {
        let mut bytes = 0;
        for tick in 0..seconds * 100 {
            let now = SECOND * from + SECOND / 100 * tick;
            for addr in of {
                bytes += usize::from(budget.charge(*addr, size, now)) * size;
            }
        }
        bytes
    }

    #[test]
    fn an_address_that_floods_gets_its_burst_and_then_its_share_of_time() {
        let mut budget = Budget::default();
        let burst = taken(&mut budget, &[addr(1)], 58 << 10, 0, 10);
        assert!((1 << 20..3 << 20).contains(&burst), "{burst}");
        let later = taken(&mut budget, &[addr(1)], 58 << 10, 10, 100);
        assert!((5 << 20..8 << 20).contains(&later), "{later}");
    }

    #[test]
    fn many_addresses_together_get_less_than_each_would_alone() {
        let mut budget = Budget::default();
        let crowd: Vec<IpAddr> = (0..64).map(addr).collect();
        let all = taken(&mut budget, &crowd, 58 << 10, 0, 20);
        assert!(all < 14 << 20, "{all}");
    }

    #[test]
    fn ben_is_heard_while_three_others_flood() {
        let mut budget = Budget::default();
        let flood: Vec<IpAddr> = (1..4).map(addr).collect();
        taken(&mut budget, &flood, 200, 0, 100);
        assert!(budget.charge(addr(9), 200, 100 * SECOND));
        assert!(budget.pause(addr(9), 100 * SECOND) <= limits::CLASSIC_PAUSE);
    }

    #[test]
    fn nobody_is_paused_who_stays_within_the_allowance_nor_for_long_who_does_not() {
        let mut budget = Budget::default();
        for n in 0..600u32 {
            assert!(budget.charge(addr(1), 300, SECOND * n));
            assert_eq!(budget.pause(addr(1), SECOND * n), Duration::ZERO);
        }
        taken(&mut budget, &[addr(2)], 58 << 10, 0, 10);
        let pause = budget.pause(addr(2), 10 * SECOND);
        assert!(pause > Duration::ZERO && pause <= limits::CLASSIC_PAUSE);
    }

    #[test]
    fn addresses_are_forgotten_once_nothing_is_owed() {
        let mut budget = Budget::default();
        let few = u16::try_from(limits::CLASSIC_ADDRS).unwrap();
        (0..few).for_each(|n| _ = budget.charge_again(addr(n), 100, Duration::ZERO));
        assert!(!budget.charge_again(addr(few), 100, Duration::ZERO));
        assert!(budget.charge_again(addr(few), 100, MINUTE));
        assert_eq!(budget.by_addr.len(), 1);
    }
}
