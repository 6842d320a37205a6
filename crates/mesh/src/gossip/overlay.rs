//! To whom links are made when there are too many to have one to each: docs/protocol-v2.md 10.3.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::Duration,
};

use gossamer_crypto::DeviceId;
use rand::{Rng, RngExt};

use super::{
    Gossip, LinkId,
    link::{Link, Phase},
};
use crate::limits;

#[derive(Debug, Default)]
pub(crate) struct Overlay {
    /// When a link came up last.
    up_at: Duration,
    /// Where there are links enough, when to look next for devices that need one more.
    look_at: Duration,
    /// Devices that were drawn and are being dialled.
    drawn: BTreeSet<DeviceId>,
}

/// The links that are there or being made, as far as it matters to whom another one is.
struct Made {
    /// Devices that have one, or that are being dialled.
    with: BTreeSet<DeviceId>,
    /// How many of them are of our own choice.
    own: usize,
    /// Our interfaces with too few of them.
    scarce: BTreeSet<IpAddr>,
}

impl<R: Rng> Gossip<R> {
    /// Whether a device that was heard is to be dialled now. One that is not may be drawn later.
    pub(super) fn is_wanted(&self, device: &DeviceId) -> bool {
        if self.overlay.drawn.contains(device) {
            return true;
        }
        let made = self.made();
        made.own < limits::OWN_CHOICE || self.is_on(&made.scarce, device)
    }

    /// A link to a device came up.
    pub(super) fn overlay_up(&mut self, device: &DeviceId, now: Duration) {
        self.overlay.up_at = now;
        self.overlay.drawn.remove(device);
    }

    /// A link is gone: another one may be made for it.
    pub(super) fn overlay_down(&mut self) {
        self.overlay.look_at = Duration::ZERO;
    }

    /// A device could not be dialled: another one is drawn.
    pub(super) fn overlay_failed(&mut self, device: &DeviceId) {
        self.overlay.drawn.remove(device);
    }

    /// Draws whom to dial next.
    pub(super) fn tend_overlay(&mut self, now: Duration) {
        if now < self.overlay.look_at {
            return;
        }
        let heard = |device: &DeviceId| self.neighbours.is_heard(device);
        self.overlay.drawn.retain(heard);
        let has_enough = self.own_and_up().count() >= limits::OVERLAY && !self.is_full_mesh();
        if has_enough {
            self.overlay.look_at = now + limits::SETTLE;
        }
        let mut idle: Vec<DeviceId> = self.neighbours.parked().collect();
        if idle.is_empty() {
            return;
        }
        let made = self.made();
        idle.retain(|device| !made.with.contains(device) && !self.has_link(device));
        for device in self.draw(idle, &made, now) {
            self.overlay.drawn.insert(device);
            self.neighbours.unpark(&device, now);
        }
    }

    fn draw(&mut self, mut idle: Vec<DeviceId>, made: &Made, now: Duration) -> Vec<DeviceId> {
        let mut drawn = Vec::new();
        for _ in made.own..limits::OWN_CHOICE {
            drawn.extend(self.draw_one(&mut idle, |_, _| true));
        }
        // Others choose us meanwhile, and more may be heard, so the rest come one by one.
        if drawn.is_empty() && (self.is_full_mesh() || made.with.len() < limits::OVERLAY) {
            drawn.extend(self.draw_one(&mut idle, |_, _| true));
        }
        if drawn.is_empty() && !made.scarce.is_empty() {
            let scarce = |brain: &Self, device: &_| brain.is_on(&made.scarce, device);
            drawn.extend(self.draw_one(&mut idle, scarce));
        }
        // Who is heard and cannot be reached is in a part of the network that hangs together by
        // itself: one link joins the two.
        let settle = limits::SETTLE.max(self.link_state_pace().needed + limits::LINK_STATE_PAUSE);
        let settled = now.saturating_sub(self.overlay.up_at) >= settle;
        if drawn.is_empty() && settled && self.overlay.drawn.is_empty() {
            drawn.extend(self.draw_one(&mut idle, |brain, device| !brain.is_on_map(device)));
        }
        drawn
    }

    fn draw_one(
        &mut self,
        idle: &mut Vec<DeviceId>,
        which: impl Fn(&Self, &DeviceId) -> bool,
    ) -> Option<DeviceId> {
        let mut may: Vec<usize> = (0..idle.len())
            .filter(|at| idle.get(*at).is_some_and(|device| which(self, device)))
            .collect();
        let is_contact = |at: &usize| idle.get(*at).is_some_and(|one| self.is_contact(one));
        if may.iter().any(is_contact) {
            may.retain(is_contact);
        }
        // Among hundreds who are made up, the lot would find those who are not by chance only.
        let is_friend = |at: &usize| idle.get(*at).is_some_and(|one| self.is_friend(one));
        if self.neighbours.is_full() && may.iter().any(is_friend) {
            may.retain(is_friend);
        }
        let lot = self.rng.random_range(0..may.len().max(1));
        may.get(lot).map(|at| idle.swap_remove(*at))
    }

    fn is_full_mesh(&self) -> bool {
        self.neighbours.len() < limits::FULL_MESH || self.neighbours.near() < limits::FULL_MESH
    }

    fn made(&self) -> Made {
        let mut with: BTreeSet<DeviceId> = BTreeSet::new();
        let mut own = 0;
        for (_, link) in self.own_and_up() {
            own += usize::from(link.dialled);
            with.insert(link.device);
        }
        for device in self.neighbours.dialling() {
            own += usize::from(with.insert(*device));
        }
        let mut on: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for interface in self.neighbours.all_interfaces() {
            on.entry(*interface).or_default();
        }
        for device in &with {
            for interface in self.neighbours.interfaces(device) {
                *on.entry(*interface).or_default() += 1;
            }
        }
        let few = |(_, links): &(IpAddr, usize)| *links < limits::PER_INTERFACE;
        Made {
            with,
            own,
            scarce: on.into_iter().filter(few).map(|(at, _)| at).collect(),
        }
    }

    /// Whether a device was heard on one of these interfaces of ours.
    fn is_on(&self, interfaces: &BTreeSet<IpAddr>, device: &DeviceId) -> bool {
        !self.neighbours.interfaces(device).is_disjoint(interfaces)
    }

    /// A link that can go so that a device which nobody else reaches can come: to the neighbour
    /// with the most other links, and to a contact only when all who could go are.
    pub(super) fn dispensable(&self) -> Option<LinkId> {
        let up = self.open_links().filter(|(_, link)| link.is_up());
        let degree = |link: &Link| self.degree(&link.device);
        let spare = up.filter(|(_, link)| degree(link) >= limits::OWN_CHOICE);
        let (id, _) =
            spare.max_by_key(|(_, link)| (!self.is_contact(&link.device), degree(link)))?;
        Some(id)
    }

    pub(super) fn open_links(&self) -> impl Iterator<Item = (LinkId, &Link)> {
        let open = |(_, link): &(&LinkId, &Link)| !matches!(link.phase, Phase::Closing);
        self.links.iter().filter(open).map(|(id, link)| (*id, link))
    }
}
