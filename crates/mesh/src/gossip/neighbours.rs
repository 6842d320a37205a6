//! Devices heard near, where they are, and when to dial them.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry as MapEntry},
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use gossamer_crypto::DeviceId;
use gossamer_wire::v2::Reason;

use super::{LinkId, link::Link};
use crate::limits;

#[derive(Debug, Default)]
pub(crate) struct Neighbours {
    heard: BTreeMap<DeviceId, Neighbour>,
    /// Addresses that the user named, whoever is there.
    named: BTreeMap<SocketAddr, Attempts>,
    /// No dial is due before.
    soonest: Option<Duration>,
    /// Nobody is to be forgotten before.
    silent_at: Duration,
}

#[derive(Debug)]
struct Neighbour {
    /// Newest first.
    addrs: Vec<SocketAddr>,
    /// Of ours, on which it was heard.
    interfaces: BTreeSet<IpAddr>,
    heard_at: Duration,
    refused: Option<Reason>,
    attempts: Attempts,
    /// Not dialled until it is drawn.
    parked: bool,
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
    /// A beacon came, and there is room: a device that was not heard before is dialled after `wait`.
    pub(crate) fn heard(
        &mut self,
        device: DeviceId,
        addr: SocketAddr,
        interface: Option<IpAddr>,
        wait: Duration,
        now: Duration,
    ) {
        let neighbour = match self.heard.entry(device) {
            MapEntry::Occupied(known) => known.into_mut(),
            MapEntry::Vacant(new) => {
                // It is to be dialled.
                self.soonest = Some(Duration::ZERO);
                new.insert(Neighbour {
                    addrs: Vec::new(),
                    interfaces: BTreeSet::new(),
                    heard_at: now,
                    refused: None,
                    attempts: Attempts::at(now + wait),
                    parked: false,
                })
            }
        };
        neighbour.heard_at = now;
        if neighbour.addrs.first() != Some(&addr) {
            neighbour.addrs.retain(|known| *known != addr);
            neighbour.addrs.insert(0, addr);
            neighbour.addrs.truncate(limits::ADDRS);
        }
        if neighbour.interfaces.len() < limits::ADDRS {
            neighbour.interfaces.extend(interface);
        }
    }

    /// The one of these devices that was not heard for longest.
    pub(crate) fn stalest(&self, which: impl Fn(&DeviceId) -> bool) -> Option<DeviceId> {
        let these = self.heard.iter().filter(|(device, _)| which(device));
        let stalest = these.min_by_key(|(_, one)| one.heard_at);
        stalest.map(|(device, _)| *device)
    }

    /// Forgets a device. Whether it was heard.
    pub(crate) fn forget(&mut self, device: &DeviceId) -> bool {
        self.heard.remove(device).is_some()
    }

    /// Whether there is no room for one more: somebody seems to make devices up.
    pub(crate) fn is_full(&self) -> bool {
        self.heard.len() >= limits::PEERS
    }

    /// A device that was due is being dialled.
    pub(crate) fn dials(&mut self, device: &DeviceId) {
        if let Some(neighbour) = self.heard.get_mut(device) {
            neighbour.parked = false;
        }
    }

    /// It was drawn.
    pub(crate) fn unpark(&mut self, device: &DeviceId, now: Duration) {
        if let Some(neighbour) = self.heard.get_mut(device) {
            neighbour.parked = false;
            neighbour.attempts.at = Some(now);
        }
        self.touch();
    }

    /// Those that wait to be drawn.
    pub(crate) fn parked(&self) -> impl Iterator<Item = DeviceId> + '_ {
        let parked = self.heard.iter().filter(|(_, one)| one.parked);
        parked.map(|(device, _)| *device)
    }

    /// Those that are being dialled, or are linked.
    pub(crate) fn dialling(&self) -> impl Iterator<Item = &DeviceId> {
        let dialling = |one: &Neighbour| !one.parked && one.attempts.at.is_none();
        let heard = self.heard.iter().filter(move |(_, one)| dialling(one));
        heard.map(|(device, _)| device)
    }

    /// On which of our interfaces a device was heard.
    pub(crate) fn interfaces(&self, device: &DeviceId) -> &BTreeSet<IpAddr> {
        const NONE: &BTreeSet<IpAddr> = &BTreeSet::new();
        self.heard.get(device).map_or(NONE, |one| &one.interfaces)
    }

    /// Where a device was heard, newest first.
    pub(crate) fn addrs(&self, device: &DeviceId) -> &[SocketAddr] {
        self.heard.get(device).map_or(&[], |one| &one.addrs)
    }

    /// Our interfaces on which any device was heard.
    pub(crate) fn all_interfaces(&self) -> impl Iterator<Item = &IpAddr> {
        self.heard.values().flat_map(|one| &one.interfaces)
    }

    /// Devices that are heard.
    pub(crate) fn len(&self) -> usize {
        self.heard.len()
    }

    pub(crate) fn is_heard(&self, device: &DeviceId) -> bool {
        self.heard.contains_key(device)
    }

    /// Devices that are heard and that a link could be made to.
    pub(crate) fn near(&self) -> usize {
        let takes = |one: &&Neighbour| matches!(one.refused, None | Some(Reason::TooMany));
        self.heard.values().filter(takes).count()
    }

    /// The user named an address.
    pub(crate) fn name(&mut self, addr: SocketAddr, now: Duration) {
        if self.named.len() < limits::DIALS {
            self.named.insert(addr, Attempts::at(now));
            self.touch();
        }
    }

    /// Whoever is at an address that the user named has a link, which may end: that is looked at
    /// again.
    pub(crate) fn look_again(&mut self, addr: SocketAddr, now: Duration) {
        if let Some(attempts) = self.named.get_mut(&addr) {
            attempts.at = Some(now + limits::DIAL_LAST);
            self.touch();
        }
    }

    /// Whoever is at an address that the user named does not seem to speak TLS: it is not asked
    /// often.
    pub(crate) fn slow_down(&mut self, addr: SocketAddr) {
        if let Some(attempts) = self.named.get_mut(&addr) {
            attempts.pause = limits::DIAL_LAST;
        }
    }

    /// When to look for dials that are due: then, or later.
    pub(crate) fn dial_at(&self) -> Option<Duration> {
        self.soonest
    }

    /// Something is due at another time than before.
    fn touch(&mut self) {
        self.soonest = Some(Duration::ZERO);
    }

    /// Takes what is due. The devices are parked until [`dials`](Self::dials) is said of them.
    pub(crate) fn due(&mut self, now: Duration) -> Vec<Due> {
        let mut due = Vec::new();
        if self.soonest.is_none_or(|at| at > now) {
            return due;
        }
        for (device, neighbour) in &mut self.heard {
            let attempts = &mut neighbour.attempts;
            if attempts.at.is_some_and(|at| at <= now) {
                let turn = attempts
                    .turn
                    .checked_rem(neighbour.addrs.len())
                    .unwrap_or(0);
                attempts.at = None;
                neighbour.parked = true;
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
        let heard = self.heard.values().filter_map(|one| one.attempts.at);
        let named = self.named.values().filter_map(|one| one.at);
        self.soonest = heard.chain(named).min();
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
        self.touch();
        if let Some(neighbour) = device.and_then(|device| self.heard.get_mut(&device)) {
            neighbour.parked = false;
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
            neighbour.parked = false;
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
        self.touch();
        let heard = self.heard.get_mut(device).map(|one| {
            one.parked = false;
            &mut one.attempts
        });
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
        self.touch();
        if let Some(neighbour) = self.heard.get_mut(device) {
            neighbour.refused = Some(reason);
            neighbour.parked = false;
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
        if now < self.silent_at {
            return;
        }
        let linked: BTreeSet<DeviceId> = links.values().map(|link| link.device).collect();
        self.heard.retain(|device, neighbour| {
            now.saturating_sub(neighbour.heard_at) < stale || linked.contains(device)
        });
        let heard_at = self.heard.values().map(|one| one.heard_at).min();
        self.silent_at = heard_at.unwrap_or(now) + stale;
    }
}
