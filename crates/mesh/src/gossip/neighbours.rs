//! Devices heard near, where they are, and when to dial them.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use gossamer_crypto::DeviceId;
use gossamer_wire::v2::Reason;

use super::{LinkId, link::Link};
use crate::limits;

#[derive(Debug, Default)]
pub(crate) struct Neighbours {
    heard: BTreeMap<DeviceId, Neighbour>,
    /// Addresses that the user named, whoever is there.
    named: BTreeMap<SocketAddr, Attempts>,
}

#[derive(Debug)]
struct Neighbour {
    /// Newest first.
    addrs: Vec<SocketAddr>,
    heard_at: Duration,
    refused: Option<Reason>,
    attempts: Attempts,
}

#[derive(Debug, Clone, Copy)]
struct Attempts {
    /// When to dial next; `None` while a dial is under way or a link is there.
    at: Option<Duration>,
    pause: Duration,
    /// Which address is next.
    turn: usize,
    /// Whether someone waits to hear of the first failure.
    fresh: bool,
}

/// A dial that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) addr: SocketAddr,
    pub(crate) device: Option<DeviceId>,
}

impl Attempts {
    fn at(at: Duration) -> Self {
        Self {
            at: Some(at),
            pause: limits::DIAL_FIRST,
            turn: 0,
            fresh: true,
        }
    }

    /// `half` is a random share, up to a half, that is taken off.
    fn fail(&mut self, now: Duration, half: f64) {
        self.at = Some(now + self.pause.mul_f64(1.0 - half));
        self.pause = (self.pause * 2).min(limits::DIAL_LAST);
        self.turn = self.turn.wrapping_add(1);
    }
}

impl Neighbours {
    /// A beacon came: a device that was not known is dialled after `wait`.
    pub(crate) fn heard(
        &mut self,
        device: DeviceId,
        addr: SocketAddr,
        wait: Duration,
        now: Duration,
    ) {
        if self.heard.len() >= limits::PEERS && !self.heard.contains_key(&device) {
            return;
        }
        let neighbour = self.heard.entry(device).or_insert_with(|| Neighbour {
            addrs: Vec::new(),
            heard_at: now,
            refused: None,
            attempts: Attempts::at(now + wait),
        });
        neighbour.heard_at = now;
        neighbour.addrs.retain(|known| *known != addr);
        neighbour.addrs.insert(0, addr);
        neighbour.addrs.truncate(limits::ADDRS);
    }

    /// The user named an address.
    pub(crate) fn name(&mut self, addr: SocketAddr, now: Duration) {
        if self.named.len() < limits::DIALS {
            self.named.insert(addr, Attempts::at(now));
        }
    }

    /// Whoever is at an address that the user named does not seem to speak TLS: it is not asked
    /// often.
    pub(crate) fn slow_down(&mut self, addr: SocketAddr) {
        if let Some(attempts) = self.named.get_mut(&addr) {
            attempts.pause = limits::DIAL_LAST;
        }
    }

    /// When the next dial is due.
    pub(crate) fn dial_at(&self) -> Option<Duration> {
        let heard = self.heard.values().filter_map(|one| one.attempts.at);
        heard
            .chain(self.named.values().filter_map(|one| one.at))
            .min()
    }

    /// Takes what is due.
    pub(crate) fn due(&mut self, now: Duration) -> Vec<Due> {
        let mut due = Vec::new();
        for (device, neighbour) in &mut self.heard {
            let attempts = &mut neighbour.attempts;
            if attempts.at.is_some_and(|at| at <= now) {
                let turn = attempts
                    .turn
                    .checked_rem(neighbour.addrs.len())
                    .unwrap_or(0);
                attempts.at = None;
                due.extend(neighbour.addrs.get(turn).map(|addr| Due {
                    addr: *addr,
                    device: Some(*device),
                }));
            }
        }
        for (addr, attempts) in &mut self.named {
            if attempts.at.is_some_and(|at| at <= now) {
                attempts.at = None;
                due.push(Due {
                    addr: *addr,
                    device: None,
                });
            }
        }
        due
    }

    /// A dial failed. True when the user named the address and hears of it for the first time.
    pub(crate) fn failed(
        &mut self,
        addr: SocketAddr,
        device: Option<DeviceId>,
        now: Duration,
        half: f64,
    ) -> bool {
        if let Some(neighbour) = device.and_then(|device| self.heard.get_mut(&device)) {
            neighbour.attempts.fail(now, half);
        }
        let named = self.named.get_mut(&addr).filter(|_| device.is_none());
        named.is_some_and(|attempts| {
            attempts.fail(now, half);
            std::mem::take(&mut attempts.fresh)
        })
    }

    /// A device is linked, at an address that may have been named.
    pub(crate) fn linked(&mut self, device: &DeviceId, dialled: Option<SocketAddr>) {
        if let Some(neighbour) = self.heard.get_mut(device) {
            neighbour.refused = None;
            neighbour.attempts = Attempts {
                at: None,
                ..Attempts::at(Duration::ZERO)
            };
        }
        if let Some(attempts) = dialled.and_then(|addr| self.named.get_mut(&addr)) {
            *attempts = Attempts {
                at: None,
                fresh: false,
                ..Attempts::at(Duration::ZERO)
            };
        }
    }

    /// A link is gone: dial again after `wait`.
    pub(crate) fn unlinked(
        &mut self,
        device: &DeviceId,
        dialled: Option<SocketAddr>,
        wait: Duration,
        now: Duration,
    ) {
        let heard = self.heard.get_mut(device).map(|one| &mut one.attempts);
        let named = dialled.and_then(|addr| self.named.get_mut(&addr));
        for attempts in heard.into_iter().chain(named) {
            attempts.at.get_or_insert(now + wait);
        }
    }

    /// A device is kept out, or keeps us out: not dialled again for `pause`.
    pub(crate) fn refuse(
        &mut self,
        device: &DeviceId,
        dialled: Option<SocketAddr>,
        reason: Reason,
        until: Duration,
    ) {
        if let Some(neighbour) = self.heard.get_mut(device) {
            neighbour.refused = Some(reason);
            neighbour.attempts.at = Some(until);
        }
        if let Some(attempts) = dialled.and_then(|addr| self.named.get_mut(&addr)) {
            attempts.at = Some(until);
        }
    }

    pub(crate) fn devices(&self) -> impl Iterator<Item = &DeviceId> {
        self.heard.keys()
    }

    pub(crate) fn refused(&self) -> impl Iterator<Item = (DeviceId, Reason)> + '_ {
        let reason = |(device, one): (&DeviceId, &Neighbour)| Some((*device, one.refused?));
        self.heard.iter().filter_map(reason)
    }

    /// Forgets devices that neither beacon nor have a link.
    pub(crate) fn forget_silent(
        &mut self,
        now: Duration,
        stale: Duration,
        links: &BTreeMap<LinkId, Link>,
    ) {
        self.heard.retain(|device, neighbour| {
            now.saturating_sub(neighbour.heard_at) < stale
                || links.values().any(|link| link.device == *device)
        });
    }
}
