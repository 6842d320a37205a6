//! What we tell of our own links, and when: docs/protocol-v2.md 10.1.

use std::{collections::BTreeSet, time::Duration};

use gossamer_crypto::DeviceId;
use gossamer_wire::v2::{Edge, LinkState};
use rand::{Rng, RngExt};

use super::{Gossip, Output, link::Link, routing::Routing, topology::Topology};
use crate::limits;

/// What was told of our links, and what has happened to them since.
#[derive(Debug, Default)]
pub(crate) struct Ours {
    told_at: Option<Duration>,
    /// To whom.
    told: BTreeSet<DeviceId>,
    /// Whether we said that we pass nothing on.
    told_leaf: bool,
    changed: Option<Change>,
    /// Whether others may be led over a link that is gone, or think wrongly whether we pass on.
    misleads: bool,
    /// Since when a link that was not told leads to a device that others reach over too few.
    needed_since: Option<Duration>,
    /// How long others are let tell of theirs to it.
    lot: Duration,
    /// An earlier life of ours told something under this `seq`.
    pub(super) above: u64,
}

/// What was not told yet.
#[derive(Debug, Clone, Copy)]
struct Change {
    /// When the first of it happened, and the last.
    first: Duration,
    last: Duration,
}

impl Ours {
    /// Something is to be told.
    fn change(&mut self, now: Duration) {
        let change = self.changed.get_or_insert(Change {
            first: now,
            last: now,
        });
        change.last = now;
    }

    /// All is to be told anew, whether or not something happened.
    pub(super) fn outdo(&mut self, seq: u64, now: Duration) {
        self.above = self.above.max(seq);
        self.told.clear();
        self.change(now);
    }

    /// Whether others were told of a link to this device.
    pub(super) fn told_of(&self, device: &DeviceId) -> bool {
        self.told.contains(device)
    }

    /// When to tell. The first time it is when no more links come, or after a while.
    fn due(&self, pace: Pace) -> Option<Duration> {
        let Some(Change { first, last }) = self.changed else {
            return self.told_at.map(|at| at + limits::LINK_STATE_REFRESH);
        };
        let Some(told_at) = self.told_at else {
            let quiet = last + limits::LINK_STATE_PAUSE;
            return Some(quiet.min(first + limits::LINK_STATE_FIRST));
        };
        let due = if self.misleads {
            told_at + limits::LINK_STATE_PAUSE
        } else if let Some(since) = self.needed_since {
            (told_at + pace.needed).max(since + self.lot)
        } else {
            told_at.max(first) + pace.more
        };
        Some(due.max(first) + limits::NEWS)
    }
}

/// From one time that we tell of our links to the next. The more devices hear of it the longer it
/// may wait, so that a large network that starts is not told of each link by itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// When a device is linked to which others find no way.
    pub(super) needed: Duration,
    /// When there is one link more.
    more: Duration,
}

impl<R: Rng> Gossip<R> {
    /// A link of ours came up, or went: the others are told soon.
    pub(super) fn links_changed(&mut self, now: Duration) {
        self.routing.ours.change(now);
        self.around_changed(now);
        self.map_ours(now);
    }

    /// Puts those of our links on the map that others were told of. So it is the map that they
    /// have, and shows to whom they find a way.
    pub(super) fn map_ours(&mut self, now: Duration) {
        let mut links = self.link_state();
        let told = &self.routing.ours.told;
        links.edges.retain(|edge| told.contains(&edge.device));
        self.routing.topology.tell(self.me.device, links);
        self.reroute(now);
    }

    /// Looks whether others know too little of our links, or too much.
    pub(super) fn look_what_others_miss(&mut self, now: Duration) {
        let Routing { topology, ours, .. } = &self.routing;
        if ours.changed.is_none() {
            return;
        }
        let (me, up) = (&self.me.device, || {
            self.links.values().filter(|link| link.counts())
        });
        let mut new = up().filter(|link| !ours.told.contains(&link.device));
        let is_needed = new.any(|link| is_needed(topology, me, &link.device));
        let is_up = |device: &DeviceId| up().any(|link| link.device == *device);
        let mut gone = ours.told.iter().filter(|device| !is_up(device));
        let misleads =
            ours.told_leaf != self.me.leaf || gone.any(|device| topology.tells_of(device, me));
        let ours = &mut self.routing.ours;
        ours.misleads = misleads;
        ours.needed_since = is_needed.then(|| ours.needed_since.unwrap_or(now));
    }

    /// Tells of our links if it is time, and still of use.
    pub(super) fn tell_on_time(&mut self, now: Duration) {
        let is_due = |brain: &Self| brain.tell_at().is_some_and(|at| at <= now);
        if !is_due(self) {
            return;
        }
        if self.routing.ours.needed_since.is_some() {
            self.reroute_if_changed(now);
            self.look_what_others_miss(now);
        }
        if is_due(self) {
            self.tell_links(now);
        }
    }

    /// When our links are to be told next.
    pub(super) fn tell_at(&self) -> Option<Duration> {
        self.routing.ours.due(self.link_state_pace())
    }

    pub(super) fn link_state_pace(&self) -> Pace {
        let needed = match self.neighbours.len() < limits::FULL_MESH {
            true => limits::LINK_STATE_PAUSE,
            false => limits::LINK_STATE_PAUSE_MANY,
        };
        let known = u32::try_from(self.routing.topology.len()).unwrap_or(u32::MAX);
        let more = limits::LINK_STATE_PACE.saturating_mul(known.saturating_mul(known));
        Pace {
            needed,
            more: more.clamp(limits::LINK_STATE_PAUSE, limits::LINK_STATE_PAUSE_MORE),
        }
    }

    pub(super) fn tell_links(&mut self, now: Duration) {
        let links = self.link_state();
        let to: BTreeSet<DeviceId> = links.edges.iter().map(|edge| edge.device).collect();
        let lot = self.draw_lot();
        let ours = &mut self.routing.ours;
        let is_same = ours.told == to && ours.told_leaf == links.leaf;
        if ours.changed.take().is_some() && is_same {
            return;
        }
        ours.told_at = Some(now);
        ours.told = to;
        ours.told_leaf = links.leaf;
        ours.needed_since = None;
        ours.lot = lot;
        if links.edges.is_empty() {
            return;
        }
        let above = ours.above;
        self.outputs.push_back(Output::TellLinks { links, above });
        self.map_ours(now);
    }

    /// Who joins many has links to several of them at once, and one or two are enough at first.
    fn draw_lot(&mut self) -> Duration {
        match self.neighbours.len() < limits::FULL_MESH {
            true => Duration::ZERO,
            false => self
                .rng
                .random_range(Duration::ZERO..limits::LINK_STATE_LOT),
        }
    }

    /// All our links as they are. The costs are powers of two, so that they rarely change.
    fn link_state(&self) -> LinkState {
        let up = self.links.values().filter(|link| link.counts());
        let edge = |link: &Link| Edge {
            device: link.device,
            cost: cost(link.rtt),
        };
        LinkState {
            edges: up.map(edge).collect(),
            leaf: self.me.leaf,
        }
    }
}

/// Whether others are to be told soon of a link of ours to a device: they find no way there, or
/// would find none without the only link of it that they know of. Who has said nothing yet will, and
/// until then it is of no use.
fn is_needed(topology: &Topology, me: &DeviceId, device: &DeviceId) -> bool {
    let is_weak = topology.degree(device) < 2 && topology.tells_of(device, me);
    is_weak || topology.contains(device) && topology.route(device).is_none()
}

/// Milliseconds, at least 1.
pub(super) fn ms(rtt: Duration) -> u32 {
    u32::try_from(rtt.as_millis().max(1)).unwrap_or(u32::MAX)
}

/// Milliseconds, rounded up to a power of two; 1 while it is not measured.
pub(super) fn cost(rtt: Option<Duration>) -> u16 {
    let ms = u16::try_from(rtt.map_or(1, ms)).unwrap_or(u16::MAX);
    ms.checked_next_power_of_two().unwrap_or(u16::MAX)
}
