//! Addresses that someone named: the user, or a peer's list.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::Duration,
};

use crate::{limits, peers::Peers};

/// How long a connected address may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub(crate) struct Dials {
    /// Named by the user: dialled again and again while nobody known is there.
    wanted: BTreeSet<SocketAddr>,
    /// Those that have not answered yet: the user hears of the first failure.
    fresh: BTreeSet<SocketAddr>,
    /// Those that accepted a connection, and until when they may introduce themselves.
    answered: BTreeMap<SocketAddr, Duration>,
    /// Named by a list, and when they were dialled.
    tried: BTreeMap<SocketAddr, Duration>,
}

impl Dials {
    /// The user named an address.
    pub(crate) fn want(&mut self, addr: SocketAddr) {
        if self.wanted.len() < limits::DIALS {
            self.wanted.insert(addr);
        }
        self.fresh.insert(addr);
    }

    /// An address accepted a connection.
    pub(crate) fn answered(&mut self, addr: SocketAddr, now: Duration) {
        self.fresh.remove(&addr);
        if self.wanted.contains(&addr) {
            // Being dialled again does not start the wait anew.
            self.answered.entry(addr).or_insert(now + PATIENCE);
        }
    }

    /// An address did not. True when the user should hear of it.
    pub(crate) fn failed(&mut self, addr: SocketAddr) -> bool {
        self.fresh.remove(&addr)
    }

    /// Addresses that have had time enough to say who they are.
    pub(crate) fn silent(&mut self, now: Duration) -> Vec<SocketAddr> {
        let due = |until: &Duration| *until <= now;
        let silent = self
            .answered
            .iter()
            .filter(|(_, until)| due(until))
            .map(|(addr, _)| *addr);
        let silent: Vec<SocketAddr> = silent.collect();
        self.answered.retain(|_, until| !due(until));
        silent
    }

    /// Whether an address from a list may be dialled now; remembers that it is.
    pub(crate) fn may_try(&mut self, addr: SocketAddr, now: Duration) -> bool {
        self.tried
            .retain(|_, at| now.saturating_sub(*at) < limits::DIAL_PAUSE);
        let may = self.tried.len() < limits::DIALS && !self.tried.contains_key(&addr);
        if may {
            self.tried.insert(addr, now);
        }
        may
    }

    /// Wanted addresses at which no node of ours is present.
    pub(crate) fn absent(&self, peers: &Peers) -> Vec<SocketAddr> {
        self.wanted
            .iter()
            .filter(|addr| !peers.is_node_of_ours_at(**addr))
            .copied()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_from_a_list_is_dialled_once_in_five_seconds() {
        let mut dials = Dials::default();
        let addr = "10.0.0.2:9999".parse().unwrap();
        let tries = (0..20)
            .filter(|n| dials.may_try(addr, Duration::from_secs(*n)))
            .count();
        assert_eq!(tries, 4);
    }

    #[test]
    fn a_list_of_thousands_makes_no_more_dials_than_the_limit() {
        let mut dials = Dials::default();
        let addr = |n: u16| SocketAddr::from(([10, 0, 0, 2], 2000 + n));
        assert_eq!(
            (0..5000)
                .filter(|n| dials.may_try(addr(*n), Duration::ZERO))
                .count(),
            limits::DIALS
        );
    }
}
