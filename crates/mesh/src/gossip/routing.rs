//! What devices tell of their links, and the way to everyone: docs/protocol-v2.md 10.

use std::{collections::BTreeSet, time::Duration};

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_wire::{
    limits::TTL,
    v2::{Body, Envelope, Kind, LinkState, LinkStateFrame},
};
use rand::Rng;

use super::{
    Entry, Gossip, LinkId, Misbehaviour, Output,
    by_id::{ById, Secret},
    link::Link,
    telling::{Ours, cost, ms},
    topology::{Effect, Route, Topology},
};
use crate::limits;

/// What is known of the links of others, and what was told of ours.
#[derive(Debug)]
pub(crate) struct Routing {
    pub(super) topology: Topology,
    /// What devices said of their links last.
    said: ById<DeviceId, Said>,
    /// What has happened since ways were looked for, and when that was.
    since: Effect,
    routed_at: Duration,
    pub(super) ours: Ours,
}

impl Routing {
    pub(crate) fn of(me: DeviceId, secret: Secret) -> Self {
        Self {
            topology: Topology::of(me, secret),
            said: ById::with_hasher(secret),
            since: Effect::None,
            routed_at: Duration::ZERO,
            ours: Ours::default(),
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
        let due = [self.tell_at(), self.news.due(), self.around.due()];
        due.into_iter().flatten().min()
    }

    /// Does what is due.
    pub(super) fn route_on_time(&mut self, now: Duration) {
        if self.news.due().is_some_and(|at| at <= now) {
            self.spread_news(now);
            self.reroute_if_stale(now);
        }
        if self.around.due().is_some_and(|at| at <= now) {
            self.tell_neighbours();
        }
        self.tell_on_time(now);
    }

    // ---- the links of others ----

    pub(super) fn link_states(&mut self, link: LinkId, states: Vec<LinkStateFrame>, now: Duration) {
        for LinkStateFrame { envelope, age } in states {
            if let Err(what) = self.take_links(link, envelope, age, now) {
                return self.ban(link, what, now);
            }
        }
    }

    /// An error when the neighbour passed on what it had to refuse.
    fn take_links(
        &mut self,
        link: LinkId,
        envelope: Envelope,
        age: u32,
        now: Duration,
    ) -> Result<(), Misbehaviour> {
        let id = envelope.id();
        if self.index.get(&id).is_some() {
            self.news.is_had(&id, link);
            return Ok(());
        }
        let Ok(body) = envelope.parse() else {
            return Err(Misbehaviour::MalformedEnvelope);
        };
        let (Kind::LinkState, Some(origin)) = (body.kind, body.origin) else {
            return Err(Misbehaviour::NotLinks);
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
            || !(asked_for || self.may_bring(link, now))
        {
            return Ok(());
        }
        if !self.is_signed(&origin, &envelope) {
            return Err(Misbehaviour::ForgedSignature);
        }
        if !(asked_for || self.may_write(origin, now)) {
            return Ok(());
        }
        if origin == self.me.device {
            self.outdo(&body, now);
            return Ok(());
        }
        let Ok(links) = LinkState::decode(&body.payload) else {
            return Ok(());
        };
        let mut have = announced_by.unwrap_or_default();
        have.insert(link);
        let effect = self.routing.topology.tell(origin, links);
        self.routing.since = self.routing.since.max(effect);
        if self.link_to(&origin).is_some() || self.routing.ours.told_of(&origin) {
            self.look_what_others_miss(now);
        }
        self.note(envelope, entry, have, now);
        Ok(())
    }

    fn has_room_for(&self, origin: &DeviceId) -> bool {
        let topology = &self.routing.topology;
        topology.contains(origin) || topology.len() < limits::ORIGINS
    }

    /// An earlier life of ours told of links that are gone, under a clock that was ahead.
    fn outdo(&mut self, body: &Body, now: Duration) {
        self.routing.ours.outdo(body.seq, now);
        self.map_ours(now);
    }

    /// Keeps what a device said, and passes it on soon to all but those who have it.
    pub(super) fn note(
        &mut self,
        envelope: Envelope,
        entry: Entry,
        have: BTreeSet<LinkId>,
        now: Duration,
    ) {
        self.gather(entry.id, envelope.clone(), have, now);
        let birth = entry.birth;
        self.routing
            .said
            .insert(entry.author, Said { envelope, birth });
        self.index.insert(entry);
    }

    /// These were not repeated in time: their devices are gone.
    pub(super) fn expire_links(&mut self, expired: &[(EnvelopeId, DeviceId)]) {
        for (_, by) in expired {
            self.routing.said.remove(by);
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
            self.routing.since = Effect::OtherWays;
        }
    }

    /// Sends what is held of these, whoever asked for it.
    pub(super) fn send_links(&mut self, link: LinkId, by: &[DeviceId], now: Duration) {
        let uptime = self.uptime_at(now);
        let said = by
            .iter()
            .filter_map(|by| self.routing.said.get(by).cloned());
        let states: Vec<LinkStateFrame> = said.map(|said| said.frame(uptime)).collect();
        self.send_states(link, &states);
    }

    // ---- ways ----

    /// Looks for the ways anew if something changed: at most as often as [`limits::REROUTE_PACE`]
    /// and [`limits::REROUTE_BETTER`] say.
    pub(super) fn reroute_if_stale(&mut self, now: Duration) {
        let pace = match self.routing.since {
            Effect::None | Effect::SameWays => return,
            Effect::BetterWays => limits::REROUTE_BETTER,
            Effect::OtherWays => limits::REROUTE_PACE,
        };
        let known = u32::try_from(self.routing.topology.len()).unwrap_or(u32::MAX);
        let pause = pace.saturating_mul(known);
        if now.saturating_sub(self.routing.routed_at) >= pause {
            self.reroute(now);
        }
    }

    /// The same at once.
    pub(super) fn reroute_if_changed(&mut self, now: Duration) {
        if self.routing.since > Effect::SameWays {
            self.reroute(now);
        }
    }

    pub(super) fn reroute(&mut self, now: Duration) {
        self.routing.since = Effect::None;
        self.routing.routed_at = now;
        for device in self.routing.topology.reroute() {
            let route = self.routing.topology.route(&device);
            self.outputs.push_back(Output::Route { device, route });
        }
        self.look_what_others_miss(now);
    }
}
