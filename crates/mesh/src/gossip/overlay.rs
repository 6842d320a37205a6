//! To whom links are made when there are too many to have one to each: docs/protocol-v2.md 10.3.

use std::{collections::BTreeSet, net::IpAddr, time::Duration};

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
    /// Devices that were drawn and are being dialled.
    drawn: BTreeSet<DeviceId>,
}

impl<R: Rng> Gossip<R> {
    /// Whether a device that was heard is to be dialled now. One that is not may be drawn later.
    pub(super) fn is_wanted(&self, device: &DeviceId) -> bool {
        self.overlay.drawn.contains(device)
            || self.own_choices() < limits::OWN_CHOICE
            || self.is_scarce(self.neighbours.interfaces(device))
    }

    /// A link to a device came up.
    pub(super) fn overlay_up(&mut self, device: &DeviceId, now: Duration) {
        self.overlay.up_at = now;
        self.overlay.drawn.remove(device);
    }

    /// A device could not be dialled: another one is drawn.
    pub(super) fn overlay_failed(&mut self, device: &DeviceId) {
        self.overlay.drawn.remove(device);
    }

    /// Draws whom to dial next.
    pub(super) fn tend_overlay(&mut self, now: Duration) {
        let heard = |device: &DeviceId| self.neighbours.is_heard(device);
        self.overlay.drawn.retain(heard);
        let mut idle: Vec<DeviceId> = self.neighbours.parked().collect();
        idle.retain(|device| !self.has_link(device));
        for device in self.draw(idle, now) {
            self.overlay.drawn.insert(device);
            self.neighbours.unpark(&device, now);
        }
    }

    fn draw(&mut self, mut idle: Vec<DeviceId>, now: Duration) -> Vec<DeviceId> {
        let mut drawn = Vec::new();
        for _ in self.own_choices()..limits::OWN_CHOICE {
            drawn.extend(self.draw_one(&mut idle, |_, _| true));
        }
        // Others choose us meanwhile, and more may be heard, so the rest come one by one.
        if drawn.is_empty() && (self.is_full_mesh() || self.tried().count() < limits::OVERLAY) {
            drawn.extend(self.draw_one(&mut idle, |_, _| true));
        }
        if drawn.is_empty() {
            let scarce =
                |brain: &Self, device: &_| brain.is_scarce(brain.neighbours.interfaces(device));
            drawn.extend(self.draw_one(&mut idle, scarce));
        }
        // Who is heard and cannot be reached is in a part of the network that hangs together by
        // itself: one link joins the two.
        let settled = now.saturating_sub(self.overlay.up_at) >= limits::SETTLE;
        if drawn.is_empty() && settled && self.overlay.drawn.is_empty() {
            drawn.extend(self.draw_one(&mut idle, |brain, device| !brain.is_reachable(device)));
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
        let lot = self.rng.random_range(0..may.len().max(1));
        may.get(lot).map(|at| idle.swap_remove(*at))
    }

    fn is_full_mesh(&self) -> bool {
        self.neighbours.near() < limits::FULL_MESH
    }

    /// Devices that have a link, or that one is being made to.
    fn tried(&self) -> impl Iterator<Item = &DeviceId> {
        let linked = self.open_links().map(|(_, link)| &link.device);
        linked.chain(self.dialling())
    }

    fn own_choices(&self) -> usize {
        let own = self.open_links().filter(|(_, link)| link.dialled);
        own.count() + self.dialling().count()
    }

    fn dialling(&self) -> impl Iterator<Item = &DeviceId> {
        let dialling = self.neighbours.dialling();
        dialling.filter(|device| !self.has_link(device))
    }

    /// Whether there are too few links, made or being made, on one of these interfaces.
    fn is_scarce(&self, interfaces: &BTreeSet<IpAddr>) -> bool {
        interfaces.iter().any(|interface| {
            let on = |device: &&DeviceId| self.neighbours.interfaces(device).contains(interface);
            self.tried().filter(on).count() < limits::PER_INTERFACE
        })
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
