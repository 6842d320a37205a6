//! What devices tell of their links, and the way to everyone: docs/protocol-v2.md 10.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_wire::{
    limits::TTL,
    v2::{Body, Edge, Envelope, Kind, LinkFrame, LinkState, LinkStateFrame},
};
use rand::Rng;

use super::{
    Entry, Gossip, LinkId, Output,
    link::Link,
    topology::{Route, Topology},
};
use crate::limits;

/// What is known of the links of others, and what was told of ours.
#[derive(Debug)]
pub(crate) struct Routing {
    pub(super) topology: Topology,
    /// What devices said of their links, signed, and in which uptime second it came to be.
    said: BTreeMap<EnvelopeId, Said>,
    /// Whether routes are to be looked for anew.
    stale: bool,
    /// To be passed on, with those who have it.
    to_spread: BTreeMap<EnvelopeId, BTreeSet<LinkId>>,
    spread_at: Option<Duration>,
    ours: Ours,
}

impl Routing {
    pub(crate) fn of(me: DeviceId) -> Self {
        Self {
            topology: Topology::of(me),
            said: BTreeMap::new(),
            stale: false,
            to_spread: BTreeMap::new(),
            spread_at: None,
            ours: Ours::default(),
        }
    }
}

#[derive(Debug)]
struct Said {
    envelope: Envelope,
    by: DeviceId,
    birth: i64,
}

/// What we tell of our links.
#[derive(Debug, Default)]
struct Ours {
    /// When they were told last.
    told_at: Option<Duration>,
    /// When to tell again.
    due: Option<Duration>,
    /// An earlier life of ours told something under this `seq`.
    above: u64,
}

impl<R: Rng> Gossip<R> {
    /// The way to a device; `None` when it cannot be reached, or is this one.
    #[must_use]
    pub fn route(&self, device: &DeviceId) -> Option<Route> {
        let direct = self.link_to(device).map(|link| Route {
            via: link.device,
            hops: 1,
            cost: cost(link.rtt).into(),
        });
        direct.or_else(|| self.routing.topology.route(device))
    }

    /// The round trip to a device in milliseconds, at least 1: measured when it is linked, else the
    /// sum of what the links on the way cost; `None` when neither is known.
    #[must_use]
    pub fn rtt_ms(&self, device: &DeviceId) -> Option<u32> {
        match self.link_to(device) {
            Some(link) => link.rtt.map(ms),
            None => Some(self.routing.topology.route(device)?.cost),
        }
    }

    pub(super) fn is_reachable(&self, device: &DeviceId) -> bool {
        self.route(device).is_some()
    }

    pub(super) fn are_linked(&self, one: &DeviceId, other: &DeviceId) -> bool {
        self.routing.topology.are_linked(one, other)
    }

    pub(super) fn degree(&self, device: &DeviceId) -> usize {
        self.routing.topology.degree(device)
    }

    pub(super) fn routing_wake_at(&self) -> Option<Duration> {
        let routing = &self.routing;
        routing.ours.due.into_iter().chain(routing.spread_at).min()
    }

    /// Does what is due.
    pub(super) fn route_on_time(&mut self, now: Duration) {
        if self.routing.spread_at.is_some_and(|at| at <= now) {
            self.spread(now);
        }
        if self.routing.ours.due.is_some_and(|at| at <= now) {
            self.tell_links(now);
        }
    }

    // ---- our links ----

    /// A link of ours came up, or went: the others are told soon. What went is told first, for
    /// there may be ways around it.
    pub(super) fn links_changed(&mut self, went: bool, now: Duration) {
        let known = u32::try_from(self.routing.topology.len()).unwrap_or(u32::MAX);
        let pace = limits::LINK_STATE_PACE.saturating_mul(known);
        let pause = if went {
            limits::LINK_STATE_PAUSE
        } else {
            pace.clamp(limits::LINK_STATE_PAUSE, limits::LINK_STATE_PAUSE_MORE)
        };
        let ours = &mut self.routing.ours;
        let due = ours.told_at.map_or(now, |at| at + pause).max(now) + limits::LINK_STATE_GATHER;
        ours.due = Some(ours.due.map_or(due, |earlier| earlier.min(due)));
        let links = self.link_state();
        self.routing.topology.tell(self.me.device, links);
        self.reroute();
    }

    fn tell_links(&mut self, now: Duration) {
        let links = self.link_state();
        let ours = &mut self.routing.ours;
        ours.due = None;
        if links.edges.is_empty() {
            return;
        }
        let above = ours.above;
        ours.told_at = Some(now);
        ours.due = Some(now + limits::LINK_STATE_REFRESH);
        self.outputs.push_back(Output::TellLinks { links, above });
    }

    /// All our links as they are. The costs are powers of two, so that they rarely change.
    fn link_state(&self) -> LinkState {
        let up = self.links.values().filter(|link| link.is_up());
        let edge = |link: &Link| Edge {
            device: link.device,
            cost: cost(link.rtt),
        };
        LinkState {
            edges: up.map(edge).collect(),
            leaf: self.me.leaf,
        }
    }

    // ---- the links of others ----

    pub(super) fn link_states(&mut self, link: LinkId, states: Vec<LinkStateFrame>, now: Duration) {
        for LinkStateFrame { envelope, age } in states {
            if !self.take_links(link, envelope, age, now) {
                return self.ban(link, now);
            }
        }
    }

    /// False when the neighbour passed on what it had to refuse.
    fn take_links(&mut self, link: LinkId, envelope: Envelope, age: u32, now: Duration) -> bool {
        let id = envelope.id();
        if self.index.get(&id).is_some() {
            if let Some(have) = self.routing.to_spread.get_mut(&id) {
                have.insert(link);
            }
            return true;
        }
        let Ok(body) = envelope.parse() else {
            return false;
        };
        let (Kind::LinkState, Some(origin)) = (body.kind, body.origin) else {
            return false;
        };
        let announced_by = self.arrived(&id);
        let asked_for = announced_by.is_some() || self.counts_for_session(link, now);
        let entry = Entry {
            birth: self.uptime_at(now).saturating_sub(i64::from(age)),
            ttl: TTL,
            ..Entry::of(id, &envelope, &body, origin)
        };
        // A claim to be older than what is held needs no proof.
        if age > body.lifetime
            || body.network != self.me.network
            || self.index.is_replaced(&entry)
            || !self.has_room_for(&origin)
            || !(asked_for || self.may_write(origin, now))
        {
            return true;
        }
        if !self.is_signed(&origin, &envelope) {
            return false;
        }
        if origin == self.me.device {
            self.outdo(&body, now);
            return true;
        }
        let Ok(links) = LinkState::decode(&body.payload) else {
            return true;
        };
        let mut have = announced_by.unwrap_or_default();
        have.insert(link);
        self.routing.stale |= self.routing.topology.tell(origin, links);
        self.note(envelope, entry, have, now);
        true
    }

    fn has_room_for(&self, origin: &DeviceId) -> bool {
        let topology = &self.routing.topology;
        topology.contains(origin) || topology.len() < limits::ORIGINS
    }

    /// An earlier life of ours told of links that are gone, under a clock that was ahead.
    fn outdo(&mut self, body: &Body, now: Duration) {
        let ours = &mut self.routing.ours;
        ours.above = ours.above.max(body.seq);
        let due = now + limits::LINK_STATE_PAUSE;
        ours.due = Some(ours.due.map_or(due, |earlier| earlier.min(due)));
    }

    /// Keeps what a device said, and passes it on soon to all but those who have it.
    pub(super) fn note(
        &mut self,
        envelope: Envelope,
        entry: Entry,
        have: BTreeSet<LinkId>,
        now: Duration,
    ) {
        let (id, by, birth) = (entry.id, entry.author, entry.birth);
        if let Some(older) = self.index.insert(entry) {
            self.forget_links(&[older]);
        }
        let said = Said {
            envelope,
            by,
            birth,
        };
        self.routing.said.insert(id, said);
        self.routing.to_spread.insert(id, have);
        self.routing
            .spread_at
            .get_or_insert(now + limits::LINK_STATE_GATHER);
    }

    /// These were replaced.
    fn forget_links(&mut self, ids: &[EnvelopeId]) {
        for id in ids {
            self.routing.said.remove(id);
            self.routing.to_spread.remove(id);
        }
    }

    /// These were not repeated in time: their devices are gone.
    pub(super) fn expire_links(&mut self, ids: &[EnvelopeId]) {
        for id in ids {
            if let Some(said) = self.routing.said.get(id)
                && said.by != self.me.device
            {
                let by = said.by;
                if self.routing.topology.forget(&by) {
                    let gone = Output::Route {
                        device: by,
                        route: None,
                    };
                    self.outputs.push_back(gone);
                }
                self.routing.stale = true;
            }
        }
        self.forget_links(ids);
    }

    /// What we know of someone's links, as a frame has it.
    pub(super) fn links_of(&self, id: &EnvelopeId, now: Duration) -> Option<LinkStateFrame> {
        let said = self.routing.said.get(id)?;
        let age = self.uptime_at(now).saturating_sub(said.birth).max(0);
        Some(LinkStateFrame {
            envelope: said.envelope.clone(),
            age: u32::try_from(age).unwrap_or(u32::MAX),
        })
    }

    /// Passes on what gathered. Over most links it then goes once and not both ways.
    fn spread(&mut self, now: Duration) {
        self.routing.spread_at = None;
        let gathered = std::mem::take(&mut self.routing.to_spread);
        let mut news: BTreeMap<LinkId, Vec<EnvelopeId>> = BTreeMap::new();
        for (id, have) in gathered {
            for link in self.who_may_lack(&have, limits::SPARE_LINK_STATES) {
                news.entry(link).or_default().push(id);
            }
        }
        for (link, ids) in news {
            self.send_links(link, &ids, now);
        }
    }

    pub(super) fn send_links(&mut self, link: LinkId, ids: &[EnvelopeId], now: Duration) {
        let states: Vec<LinkStateFrame> =
            ids.iter().filter_map(|id| self.links_of(id, now)).collect();
        for states in states.chunks(gossamer_wire::limits::LINK_STATES) {
            self.send(link, &LinkFrame::LinkStates(states.to_vec()));
        }
    }

    // ---- ways ----

    /// Looks for the ways anew if something changed.
    pub(super) fn reroute_if_stale(&mut self) {
        if self.routing.stale {
            self.reroute();
        }
    }

    fn reroute(&mut self) {
        self.routing.stale = false;
        for device in self.routing.topology.reroute() {
            let route = self.routing.topology.route(&device);
            self.outputs.push_back(Output::Route { device, route });
        }
    }
}

/// Milliseconds, at least 1.
fn ms(rtt: Duration) -> u32 {
    u32::try_from(rtt.as_millis().max(1)).unwrap_or(u32::MAX)
}

/// Milliseconds, rounded up to a power of two; 1 while it is not measured.
fn cost(rtt: Option<Duration>) -> u16 {
    let ms = u16::try_from(rtt.map_or(1, ms)).unwrap_or(u16::MAX);
    ms.checked_next_power_of_two().unwrap_or(u16::MAX)
}
