//! Nodes that say where they are, and were not found there yet.

use std::{
    collections::{BTreeMap, VecDeque},
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use crate::{classic::Introduction, limits};

/// What is claimed of addresses until one of them accepts a connection.
#[derive(Debug, Default)]
pub(crate) struct Introductions {
    /// One for each address.
    claims: BTreeMap<SocketAddr, (Introduction, Duration)>,
    /// Addresses that accepted a connection lately: no second is made to them.
    open: BTreeMap<SocketAddr, Duration>,
    /// When somebody was met, and on which machine.
    met: VecDeque<(IpAddr, Duration)>,
}

impl Introductions {
    /// Takes a claim; gives it back when it is known to be true.
    pub(crate) fn claimed(
        &mut self,
        introduction: Introduction,
        now: Duration,
    ) -> Option<Introduction> {
        self.forget(now);
        let addr = introduction.sign.addr;
        if self.open.contains_key(&addr) {
            return self.admit(introduction, now);
        }
        if self.claims.len() < limits::DIALS {
            self.claims.entry(addr).or_insert((introduction, now));
        }
        None
    }

    /// An address accepted a connection. Returns who claims to be there.
    pub(crate) fn connected(&mut self, addr: SocketAddr, now: Duration) -> Option<Introduction> {
        self.forget(now);
        if self.open.len() < limits::DIALS {
            self.open.insert(addr, now);
        }
        let (introduction, _) = self.claims.remove(&addr)?;
        self.admit(introduction, now)
    }

    /// An address accepted none.
    pub(crate) fn failed(&mut self, addr: SocketAddr) {
        self.claims.remove(&addr);
        self.open.remove(&addr);
    }

    /// A machine has many ports, and may be many nodes on each in turn: few come in a while.
    fn admit(&mut self, introduction: Introduction, now: Duration) -> Option<Introduction> {
        let ip = introduction.sign.addr.ip();
        let of_one = self.met.iter().filter(|(at, _)| *at == ip).count();
        if of_one >= limits::INTRODUCED_OF_ONE || self.met.len() >= limits::DIALS {
            return None;
        }
        self.met.push_back((ip, now));
        Some(introduction)
    }

    fn forget(&mut self, now: Duration) {
        let is_new = |at: Duration| now.saturating_sub(at) < limits::DIAL_PAUSE;
        self.claims.retain(|_, (_, at)| is_new(*at));
        self.open.retain(|_, at| is_new(*at));
        self.met
            .retain(|(_, at)| now.saturating_sub(*at) < limits::INTRODUCED_PAUSE);
    }
}
