//! What devices tell of their links, and the way to everyone: docs/protocol-v2.md 10.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_wire::{
    limits::TTL,
    v2::{Body, Envelope, Kind, LinkFrame, LinkState, LinkStateFrame},
};
use rand::{Rng, RngExt};

use super::{
    Entry, Gossip, LinkId, Output,
    by_id::{ById, Secret},
    link::Link,
    telling::{Ours, cost, ms},
    topology::{Route, Topology},
};
use crate::limits;

/// What is known of the links of others, and what was told of ours.
#[derive(Debug)]
pub(crate) struct Routing {
    pub(super) topology: Topology,
    /// What devices said of their links last.
    said: ById<DeviceId, Said>,
    /// Whether routes are to be looked for anew, and when they were last.
    stale: bool,
    routed_at: Duration,
    /// To be passed on, with those who have it.
    to_spread: BTreeMap<EnvelopeId, (Said, BTreeSet<LinkId>)>,
    spread_at: Option<Duration>,
    pub(super) ours: Ours,
    /// Our neighbours among themselves, while that is as it was.
    pub(super) around: Option<Around>,
}

impl Routing {
    pub(crate) fn of(me: DeviceId, secret: Secret) -> Self {
        Self {
            topology: Topology::of(me, secret),
            said: ById::with_hasher(secret),
            stale: false,
            routed_at: Duration::ZERO,
            to_spread: BTreeMap::new(),
            spread_at: None,
            ours: Ours::default(),
            around: None,
        }
    }
}

/// What a device said of its links, signed.
#[derive(Debug, Clone)]
struct Said {
    envelope: Envelope,
    /// In which second of our uptime it came to be.
    birth: i64,
}

impl Said {
    fn frame(self, uptime: i64) -> LinkStateFrame {
        let age = uptime.saturating_sub(self.birth).max(0);
        LinkStateFrame {
            envelope: self.envelope,
            age: u32::try_from(age).unwrap_or(u32::MAX),
        }
    }
}

/// Our links that are up, and who of the neighbours has a link to whom.
#[derive(Debug)]
pub(crate) struct Around {
    links: Vec<LinkId>,
    /// One row for each link.
    linked: Vec<Vec<bool>>,
}

/// Over which links something new is to go on.
#[derive(Debug, Default)]
pub(super) struct Lacking {
    /// To those who may not get it otherwise.
    pub(super) surely: Vec<LinkId>,
    /// To those who have a link to one that it came from, and so get it there.
    pub(super) covered: Vec<LinkId>,
}

impl Around {
    /// Who may lack what came over some links.
    pub(super) fn lacking(&self, have: &BTreeSet<LinkId>) -> Lacking {
        let rows = self.links.iter().zip(&self.linked);
        let rows = rows.filter(|(link, _)| have.contains(link));
        let rows: Vec<&Vec<bool>> = rows.map(|(_, row)| row).collect();
        let mut lacking = Lacking::default();
        for (at, link) in self.links.iter().enumerate() {
            if have.contains(link) {
                continue;
            }
            if rows.iter().any(|row| row.get(at) == Some(&true)) {
                lacking.covered.push(*link);
            } else {
                lacking.surely.push(*link);
            }
        }
        lacking
    }
}

impl<R: Rng> Gossip<R> {
    /// The way to a device; `None` when it cannot be reached, or is this one. Over a link that does
    /// not answer only where there is no other.
    #[must_use]
    pub fn route(&self, device: &DeviceId) -> Option<Route> {
        let link = self.link_to(device);
        let direct = link.map(|link| Route {
            via: link.device,
            hops: 1,
            cost: cost(link.rtt).into(),
        });
        if link.is_some_and(Link::counts) {
            return direct;
        }
        self.routing.topology.route(device).or(direct)
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

    /// Whether a way leads to a device over links that both their ends tell of.
    pub(super) fn is_on_map(&self, device: &DeviceId) -> bool {
        self.routing.topology.route(device).is_some()
    }

    pub(super) fn degree(&self, device: &DeviceId) -> usize {
        self.routing.topology.degree(device)
    }

    pub(super) fn routing_wake_at(&self) -> Option<Duration> {
        self.tell_at()
            .into_iter()
            .chain(self.routing.spread_at)
            .min()
    }

    /// Does what is due.
    pub(super) fn route_on_time(&mut self, now: Duration) {
        if self.routing.spread_at.is_some_and(|at| at <= now) {
            self.spread(now);
            self.reroute_if_stale(now);
        }
        if self.tell_at().is_some_and(|at| at <= now) {
            self.tell_links(now);
        }
    }

    /// Our neighbours among themselves. Kept until one of them tells something new.
    pub(super) fn around(&mut self) -> &Around {
        let links = &self.links;
        let topology = &self.routing.topology;
        self.routing.around.get_or_insert_with(|| {
            let up = links.iter().filter(|(_, link)| link.is_up());
            let (links, devices): (Vec<LinkId>, Vec<DeviceId>) =
                up.map(|(id, link)| (*id, link.device)).unzip();
            let linked = topology.links_among(&devices);
            Around { links, linked }
        })
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
            if let Some((_, have)) = self.routing.to_spread.get_mut(&id) {
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
        if self.routing.topology.tell(origin, links) {
            self.routing.stale = true;
            if self.link_to(&origin).is_some() {
                self.routing.around = None;
            }
        }
        self.note(envelope, entry, have, now);
        true
    }

    fn has_room_for(&self, origin: &DeviceId) -> bool {
        let topology = &self.routing.topology;
        topology.contains(origin) || topology.len() < limits::ORIGINS
    }

    /// An earlier life of ours told of links that are gone, under a clock that was ahead.
    fn outdo(&mut self, body: &Body, now: Duration) {
        self.routing.ours.outdo(body.seq, now);
    }

    /// Keeps what a device said, and passes it on soon to all but those who have it.
    pub(super) fn note(
        &mut self,
        envelope: Envelope,
        entry: Entry,
        have: BTreeSet<LinkId>,
        now: Duration,
    ) {
        let said = Said {
            envelope,
            birth: entry.birth,
        };
        self.routing.said.insert(entry.author, said.clone());
        self.routing.to_spread.insert(entry.id, (said, have));
        if let Some(older) = self.index.insert(entry) {
            self.routing.to_spread.remove(&older);
        }
        if self.routing.spread_at.is_none() {
            self.routing.spread_at = Some(now + self.gather());
        }
    }

    /// How long news gather. Where many are known it is drawn by lot: whoever waits longer hears
    /// from more of the neighbours meanwhile who has it already, and sends it to fewer.
    fn gather(&mut self) -> Duration {
        let known = u32::try_from(self.routing.topology.len()).unwrap_or(u32::MAX);
        let longest = limits::LINK_STATE_GATHER_PACE.saturating_mul(known);
        let longest = longest.min(limits::LINK_STATE_GATHER_MORE);
        if longest <= limits::LINK_STATE_GATHER {
            return limits::LINK_STATE_GATHER;
        }
        self.rng.random_range(limits::LINK_STATE_GATHER..longest)
    }

    /// These were not repeated in time: their devices are gone.
    pub(super) fn expire_links(&mut self, expired: &[(EnvelopeId, DeviceId)]) {
        for (id, by) in expired {
            self.routing.said.remove(by);
            self.routing.to_spread.remove(id);
            if *by == self.me.device {
                continue;
            }
            if self.routing.topology.forget(by) {
                let gone = Output::Route {
                    device: *by,
                    route: None,
                };
                self.outputs.push_back(gone);
            }
            self.routing.stale = true;
            self.routing.around = None;
        }
    }

    /// Passes on what gathered. Over most links it then goes once and not both ways.
    fn spread(&mut self, now: Duration) {
        self.routing.spread_at = None;
        let uptime = self.uptime_at(now);
        let gathered = std::mem::take(&mut self.routing.to_spread);
        let mut news: BTreeMap<LinkId, Vec<LinkStateFrame>> = BTreeMap::new();
        for (said, have) in gathered.into_values() {
            let state = said.frame(uptime);
            // Who heard it from several neighbours need not fear that it was lost.
            let spare = match have.len() {
                0 | 1 => limits::SPARE_LINK_STATES,
                _ => 0,
            };
            for link in self.who_may_lack(&have, spare) {
                news.entry(link).or_default().push(state.clone());
            }
        }
        for (link, states) in news {
            self.send_link_states(link, &states);
        }
    }

    /// Sends what is held of these, whoever asked for it.
    pub(super) fn send_links(&mut self, link: LinkId, by: &[DeviceId], now: Duration) {
        let uptime = self.uptime_at(now);
        let said = by
            .iter()
            .filter_map(|by| self.routing.said.get(by).cloned());
        let states: Vec<LinkStateFrame> = said.map(|said| said.frame(uptime)).collect();
        self.send_link_states(link, &states);
    }

    fn send_link_states(&mut self, link: LinkId, states: &[LinkStateFrame]) {
        for states in states.chunks(gossamer_wire::limits::LINK_STATES) {
            self.send(link, &LinkFrame::LinkStates(states.to_vec()));
        }
    }

    // ---- ways ----

    /// Looks for the ways anew if something changed: at most as often as [`limits::REROUTE_PACE`]
    /// says.
    pub(super) fn reroute_if_stale(&mut self, now: Duration) {
        let known = u32::try_from(self.routing.topology.len()).unwrap_or(u32::MAX);
        let pause = limits::REROUTE_PACE.saturating_mul(known);
        if self.routing.stale && now.saturating_sub(self.routing.routed_at) >= pause {
            self.reroute(now);
        }
    }

    pub(super) fn reroute(&mut self, now: Duration) {
        self.routing.stale = false;
        self.routing.routed_at = now;
        self.routing.around = None;
        for device in self.routing.topology.reroute() {
            let route = self.routing.topology.route(&device);
            self.outputs.push_back(Output::Route { device, route });
        }
        self.look_who_is_needed();
    }
}
