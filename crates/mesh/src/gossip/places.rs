//! Who gets a link when there are many: docs/protocol-v2.md 5.5. Only who is admitted takes a place
//! or has another link closed for it; whoever is not admitted yet waits among others like that.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use gossamer_crypto::DeviceId;
use gossamer_wire::v2::{LinkFrame, Reason};
use rand::Rng;

use super::{
    Gossip, LinkId,
    link::{Link, Phase},
};
use crate::limits;

impl<R: Rng> Gossip<R> {
    /// Why a new link cannot be, if that is known before the other side is admitted. Nothing that
    /// is up is closed for it.
    pub(super) fn refusal(&mut self, new: &Link, now: Duration) -> Option<Reason> {
        if self.twins.is_second() {
            return Some(Reason::Leaving);
        }
        // It is looked at who that is, and nobody is admitted.
        if new.device == self.me.device {
            return None;
        }
        if self.is_banned(&new.device, now) {
            return Some(Reason::Misbehaved);
        }
        let same: Vec<LinkId> = self.links_to(&new.device).collect();
        for old in &same {
            let Some(link) = self.links.get(old) else {
                continue;
            };
            if self.crossed(link, new) && !self.counts_of_crossed(new) {
                return Some(Reason::Duplicate);
            }
            if !link.is_up() {
                self.refuse(*old, Reason::Duplicate, now);
            }
        }
        self.place_for(&new.device).err()
    }

    /// Makes room for a handshake that comes in. False when there is none.
    pub(super) fn lets_wait(&mut self, new: &Link, now: Duration) -> bool {
        if new.dialled {
            return true;
        }
        let ip = new.addr.ip();
        let mut by_addr: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for (_, link) in self.waiting() {
            *by_addr.entry(link.addr.ip()).or_default() += 1;
        }
        let of = |ip: &IpAddr| by_addr.get(ip).copied().unwrap_or(0);
        // Programs of this machine share its one address.
        let is_crowded = of(&ip) >= limits::HANDSHAKES_PER_ADDR && !ip.is_loopback();
        let is_full = by_addr.values().sum::<usize>() >= limits::HANDSHAKES;
        let busiest = by_addr.iter().max_by_key(|(_, count)| **count);
        let busiest = busiest.map(|(ip, _)| *ip);
        // TLS has proven who it is.
        let gives_way = if self.admitted.contains(&new.device) {
            let from = is_crowded.then_some(ip);
            (is_crowded || is_full).then(|| self.oldest_waiting(from))
        } else if is_crowded {
            Some(None)
        } else {
            let has_more = |busiest: &IpAddr| of(busiest) > of(&ip) + 1;
            is_full.then(|| self.oldest_waiting(Some(busiest.filter(has_more)?)))
        };
        match gives_way {
            None => true,
            Some(None) => false,
            Some(Some(oldest)) => {
                self.turn_away(oldest, now);
                true
            }
        }
    }

    /// Closes a handshake for which there is no room. It says nothing of the device, so we may
    /// dial that, and nobody is told.
    pub(super) fn turn_away(&mut self, id: LinkId, now: Duration) {
        let last = LinkFrame::Refuse(Reason::TooMany).encode();
        self.close(id, Some(last), now);
    }

    /// Makes place for a link whose other side is admitted now, or says why there is none.
    pub(super) fn take_place(&mut self, id: LinkId, now: Duration) -> Result<(), Reason> {
        let Some(new) = self.links.get(&id) else {
            return Ok(());
        };
        let device = new.device;
        let mut older = Vec::new();
        for other in self.links_to(&device).filter(|other| *other != id) {
            let Some(link) = self.links.get(&other).filter(|link| link.is_up()) else {
                continue;
            };
            // Who dials has no link, so an older one is a leftover, except when both dialled at
            // once. Both sides compare the same two times.
            let new_stays = if self.crossed(link, new) {
                self.counts_of_crossed(new)
            } else {
                (new.since, id) > (link.since, other)
            };
            if !new_stays {
                return Err(Reason::Duplicate);
            }
            older.push(other);
        }
        let place = self.place_for(&device)?;
        // It is told of as gone before the new one is told of.
        for old in older {
            self.refuse(old, Reason::Duplicate, now);
        }
        if let Some(place) = place {
            self.refuse(place, Reason::TooMany, now);
        }
        Ok(())
    }

    /// The link that has to go for one to this device, if any.
    fn place_for(&self, device: &DeviceId) -> Result<Option<LinkId>, Reason> {
        let up = self.links.values().filter(|link| link.is_up()).count();
        if up < limits::LINKS || self.link_to(device).is_some() {
            return Ok(None);
        }
        let place = (!self.is_reachable(device)).then(|| self.dispensable());
        place.flatten().map(Some).ok_or(Reason::TooMany)
    }

    /// Whether two devices dialled each other at once.
    fn crossed(&self, one: &Link, other: &Link) -> bool {
        one.dialled != other.dialled && one.since.abs_diff(other.since) < limits::HANDSHAKE
    }

    /// Of two such links the one dialled by the smaller id counts.
    fn counts_of_crossed(&self, link: &Link) -> bool {
        link.dialled == (self.me.device < link.device)
    }

    fn links_to(&self, device: &DeviceId) -> impl Iterator<Item = LinkId> {
        let links = self.open_links();
        links.filter_map(move |(id, link)| (link.device == *device).then_some(id))
    }

    /// Handshakes that came in. Those of our own are as many as we dial.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (LinkId, &Link)> {
        self.open_links()
            .filter(|(_, link)| !link.dialled && matches!(link.phase, Phase::Handshake(_)))
    }

    /// The oldest of them, from an address if one is given, that is of nobody admitted before.
    fn oldest_waiting(&self, from: Option<IpAddr>) -> Option<LinkId> {
        let waiting = self.waiting().filter(|(_, link)| {
            from.is_none_or(|ip| link.addr.ip() == ip) && !self.admitted.contains(&link.device)
        });
        let oldest = waiting.min_by_key(|(id, link)| (link.since, *id))?;
        Some(oldest.0)
    }

    /// Links that are up, and those that we are making: what others do at our door does not count.
    pub(super) fn own_and_up(&self) -> impl Iterator<Item = (LinkId, &Link)> {
        self.open_links()
            .filter(|(_, link)| link.is_up() || link.dialled)
    }
}
