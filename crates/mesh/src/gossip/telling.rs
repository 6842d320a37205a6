//! What we tell of our own links, and when: docs/protocol-v2.md 10.1.

use std::{collections::BTreeSet, time::Duration};

use gossamer_crypto::DeviceId;
use gossamer_wire::v2::{Edge, LinkState};
use rand::Rng;

use super::{Gossip, Output, link::Link};
use crate::limits;

/// What was told of our links, and what has happened to them since.
#[derive(Debug, Default)]
pub(crate) struct Ours {
    told_at: Option<Duration>,
    /// To whom.
    told: BTreeSet<DeviceId>,
    changed: Option<Change>,
    /// Whether a link leads to a device to which no other way leads, as far as others know.
    is_needed: bool,
    /// An earlier life of ours told something under this `seq`.
    pub(super) above: u64,
}

/// What was not told yet.
#[derive(Debug, Clone, Copy)]
struct Change {
    /// When the first of it happened, and the last.
    first: Duration,
    last: Duration,
    /// Whether a link went: there may be ways around it.
    went: bool,
}

impl Ours {
    /// Something is to be told.
    pub(super) fn change(&mut self, went: bool, now: Duration) {
        let change = self.changed.get_or_insert(Change {
            first: now,
            last: now,
            went,
        });
        change.last = now;
        change.went |= went;
    }

    /// All is to be told anew, whether or not something happened.
    pub(super) fn outdo(&mut self, seq: u64, now: Duration) {
        self.above = self.above.max(seq);
        self.told.clear();
        self.change(true, now);
    }

    /// When to tell. The first time it is when there are links enough or no more come.
    fn due(&self, pace: Pace, has_enough: bool) -> Option<Duration> {
        let Some(Change { first, last, went }) = self.changed else {
            return self.told_at.map(|at| at + limits::LINK_STATE_REFRESH);
        };
        let Some(told_at) = self.told_at else {
            let quiet = last + limits::LINK_STATE_PAUSE;
            let longest = first + limits::LINK_STATE_FIRST;
            return Some(if has_enough {
                first
            } else {
                quiet.min(longest)
            });
        };
        let due = match (went, self.is_needed) {
            (true, _) => told_at + limits::LINK_STATE_PAUSE,
            (false, true) => told_at + pace.needed,
            (false, false) => told_at.max(first) + pace.more,
        };
        Some(due.max(first) + limits::LINK_STATE_GATHER)
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
    pub(super) fn links_changed(&mut self, went: bool, now: Duration) {
        self.routing.ours.change(went, now);
        self.routing.around = None;
        self.map_ours(now);
    }

    /// Puts those of our links on the map that others were told of. So it is the map that they
    /// have, and shows to whom they find a way.
    fn map_ours(&mut self, now: Duration) {
        let mut links = self.link_state();
        let told = &self.routing.ours.told;
        links.edges.retain(|edge| told.contains(&edge.device));
        self.routing.topology.tell(self.me.device, links);
        self.reroute(now);
    }

    /// Looks whether links that were not told yet lead to devices that others do not reach.
    pub(super) fn look_who_is_needed(&mut self) {
        let mut up = self.links.values().filter(|link| link.counts());
        let is_needed = self.routing.ours.changed.is_some()
            && up.any(|link| self.routing.topology.route(&link.device).is_none());
        self.routing.ours.is_needed = is_needed;
    }

    /// When our links are to be told next.
    pub(super) fn tell_at(&self) -> Option<Duration> {
        let has_enough = self.open_links().count() >= limits::OVERLAY;
        self.routing.ours.due(self.link_state_pace(), has_enough)
    }

    pub(super) fn link_state_pace(&self) -> Pace {
        let needed = match self.neighbours.len() < limits::FULL_MESH {
            true => limits::LINK_STATE_PAUSE,
            false => limits::LINK_STATE_PAUSE_MANY,
        };
        let known = u32::try_from(self.routing.topology.len()).unwrap_or(u32::MAX);
        let more = limits::LINK_STATE_PACE.saturating_mul(known);
        Pace {
            needed,
            more: more.clamp(limits::LINK_STATE_PAUSE, limits::LINK_STATE_PAUSE_MORE),
        }
    }

    pub(super) fn tell_links(&mut self, now: Duration) {
        let links = self.link_state();
        let to: BTreeSet<DeviceId> = links.edges.iter().map(|edge| edge.device).collect();
        let ours = &mut self.routing.ours;
        let is_same = ours.changed.take().is_some() && ours.told == to;
        if is_same {
            return;
        }
        ours.told_at = Some(now);
        ours.told = to;
        if links.edges.is_empty() {
            return;
        }
        let above = ours.above;
        self.outputs.push_back(Output::TellLinks { links, above });
        self.map_ours(now);
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

/// Milliseconds, at least 1.
pub(super) fn ms(rtt: Duration) -> u32 {
    u32::try_from(rtt.as_millis().max(1)).unwrap_or(u32::MAX)
}

/// Milliseconds, rounded up to a power of two; 1 while it is not measured.
pub(super) fn cost(rtt: Option<Duration>) -> u16 {
    let ms = u16::try_from(rtt.map_or(1, ms)).unwrap_or(u16::MAX);
    ms.checked_next_power_of_two().unwrap_or(u16::MAX)
}
