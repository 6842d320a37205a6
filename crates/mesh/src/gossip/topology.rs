//! Who has links to whom, and the way to everyone: docs/protocol-v2.md 10.2.
//!
//! Pure: what devices say goes in, ways come out. A link counts when both its ends tell of it.

use std::collections::VecDeque;

use gossamer_crypto::DeviceId;
use gossamer_wire::{
    limits::EDGES,
    v2::{Edge, LinkState},
};

use super::by_id::{ById, Secret};

/// Where a device is in the tables: there are at most [`limits::ORIGINS`](crate::limits::ORIGINS),
/// and this one.
type Slot = u16;

/// What devices say of their links, and what follows for one of them.
#[derive(Debug)]
pub(crate) struct Topology {
    me: DeviceId,
    slots: ById<DeviceId, Slot>,
    /// Slots of devices that were forgotten have no device.
    nodes: Vec<Node>,
    /// The links of each slot that count.
    rows: Vec<Row>,
    free: Vec<Slot>,
    /// The way from this device to each slot.
    ways: Vec<Option<Way>>,
}

#[derive(Debug, Default)]
struct Node {
    device: Option<DeviceId>,
    /// What it says.
    told: Vec<Told>,
}

/// One end of a link, as a device tells of it.
#[derive(Debug, Clone, Copy)]
struct Told {
    edge: Edge,
    /// The slot of the other end, if that tells of the link too.
    met: Option<Slot>,
}

/// The links of a device that its neighbours tell of too. All that a search reads of a device
/// lies together: a large map is searched often, and out of cold memory.
#[derive(Debug, Clone, Copy)]
struct Row {
    links: [(Slot, u16); EDGES],
    count: u8,
    leaf: bool,
}

impl Row {
    const EMPTY: Self = Self {
        links: [(0, 0); EDGES],
        count: 0,
        leaf: false,
    };

    /// Slots of neighbours, and what the links to them cost.
    fn links(&self) -> &[(Slot, u16)] {
        self.links.get(..self.count.into()).unwrap_or_default()
    }

    /// Notes a link. True when it is new.
    fn put(&mut self, to: Slot, cost: u16) -> bool {
        let known = self.links().iter().position(|(known, _)| *known == to);
        let Some(place) = self.links.get_mut(known.unwrap_or(self.count.into())) else {
            return false;
        };
        *place = (to, cost);
        self.count += u8::from(known.is_none());
        known.is_none()
    }

    fn remove(&mut self, to: Slot) {
        let count = usize::from(self.count);
        if let Some(at) = self.links().iter().position(|(known, _)| *known == to) {
            self.links.swap(at, count - 1);
            self.count -= 1;
        }
    }
}

/// What follows from news of a device's links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effect {
    /// Nothing: no link came or went.
    None,
    /// All ways are as they were.
    SameWays,
    /// There may be shorter or faster ways.
    BetterWays,
    /// A way may be gone, or lead to someone who had none.
    OtherWays,
}

/// How to get to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The neighbour to go through: the device itself when it is linked.
    pub via: DeviceId,
    /// Links on the way, at least 1.
    pub hops: u8,
    /// The round trip, milliseconds, as far as links on the way were measured.
    pub cost: u32,
}

impl Topology {
    /// What is known before anyone spoke.
    pub(crate) fn of(me: DeviceId, secret: Secret) -> Self {
        Self {
            me,
            slots: ById::with_hasher(secret),
            nodes: Vec::new(),
            rows: Vec::new(),
            free: Vec::new(),
            ways: Vec::new(),
        }
    }

    /// Devices that told of their links.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn contains(&self, device: &DeviceId) -> bool {
        self.slots.contains_key(device)
    }

    /// A device tells of its links: this is all of them.
    ///
    /// Mostly a link or two are new, so what stayed as it was is not looked at again.
    pub(crate) fn tell(&mut self, device: DeviceId, state: LinkState) -> Effect {
        let slot = self.slot(device);
        let node = self.nodes.get_mut(usize::from(slot));
        let Some((node, row)) = node.zip(self.rows.get_mut(usize::from(slot))) else {
            return Effect::None;
        };
        let mut effect = match std::mem::replace(&mut row.leaf, state.leaf) == state.leaf {
            true => Effect::None,
            false => Effect::OtherWays,
        };
        let before = std::mem::take(&mut node.told);
        let find = |told: &[Told], device: &DeviceId| {
            told.iter().find(|one| one.edge.device == *device).copied()
        };
        let mut told: Vec<Told> = Vec::with_capacity(state.edges.len());
        let mut new: Vec<Edge> = Vec::new();
        for edge in state.edges {
            if edge.device == device || find(&told, &edge.device).is_some() {
                continue;
            }
            let known = find(&before, &edge.device);
            if known.is_none_or(|known| known.edge != edge) {
                new.push(edge);
            }
            let met = known.and_then(|known| known.met);
            told.push(Told { edge, met });
        }
        for one in &before {
            if let Some(other) = one.met
                && find(&told, &one.edge.device).is_none()
            {
                self.part(slot, other);
                effect = effect.max(self.without(slot, other));
            }
        }
        if let Some(node) = self.nodes.get_mut(usize::from(slot)) {
            node.told = told;
        }
        for edge in new {
            if let Some(other) = self.meet(slot, device, edge) {
                effect = effect.max(self.with(slot, other));
            }
        }
        effect
    }

    /// What follows from a new link, as far as its ends were reached before.
    fn with(&self, one: Slot, other: Slot) -> Effect {
        match (self.hops(one), self.hops(other)) {
            (None, None) => Effect::SameWays,
            (Some(one), Some(other)) if one == other => Effect::SameWays,
            (Some(_), Some(_)) => Effect::BetterWays,
            (None, Some(_)) | (Some(_), None) => Effect::OtherWays,
        }
    }

    /// What follows when a link is gone. No way leads over one between devices as far away as each
    /// other, nor over one to a device to which another neighbour of ours leads.
    fn without(&self, one: Slot, other: Slot) -> Effect {
        let way = |slot: Slot| self.ways.get(usize::from(slot)).copied().flatten();
        match (way(one), way(other)) {
            (Some(one), Some(other)) if one.hops == other.hops || one.via != other.via => {
                Effect::SameWays
            }
            _ => Effect::OtherWays,
        }
    }

    /// Links to a slot: none to this device.
    fn hops(&self, slot: Slot) -> Option<u8> {
        if self.nodes.get(usize::from(slot))?.device == Some(self.me) {
            return Some(0);
        }
        let way = self.ways.get(usize::from(slot))?.as_ref()?;
        Some(way.hops)
    }

    /// A link that one end tells of counts, if the other end does so too. The slot of that when it
    /// did not count before.
    fn meet(&mut self, slot: Slot, device: DeviceId, edge: Edge) -> Option<Slot> {
        let other = self.slots.get(&edge.device).copied()?;
        let node = self.nodes.get(usize::from(other))?;
        let back = node.told.iter().find(|back| back.edge.device == device)?;
        let cost = back.edge.cost.max(edge.cost);
        self.hook(other, slot, device, cost);
        self.hook(slot, other, edge.device, cost).then_some(other)
    }

    /// Notes a link that counts at one of its ends. True when it is new there.
    fn hook(&mut self, at: Slot, to: Slot, device: DeviceId, cost: u16) -> bool {
        let row = self.rows.get_mut(usize::from(at));
        if !row.is_some_and(|row| row.put(to, cost)) {
            return false;
        }
        let node = self.nodes.get_mut(usize::from(at));
        let told = node.and_then(|node| node.told.iter_mut().find(|one| one.edge.device == device));
        if let Some(told) = told {
            told.met = Some(to);
        }
        true
    }

    /// A link does not count any more.
    fn part(&mut self, one: Slot, other: Slot) {
        for (at, to) in [(one, other), (other, one)] {
            if let Some(row) = self.rows.get_mut(usize::from(at)) {
                row.remove(to);
            }
            let node = self.nodes.get_mut(usize::from(at));
            let told = node.and_then(|node| node.told.iter_mut().find(|one| one.met == Some(to)));
            if let Some(told) = told {
                told.met = None;
            }
        }
    }

    /// What a device said does not count any more. True when a way led there.
    pub(crate) fn forget(&mut self, device: &DeviceId) -> bool {
        let was_reached = self.route(device).is_some();
        if let Some(slot) = self.slots.remove(device) {
            if let Some(node) = self.nodes.get_mut(usize::from(slot)) {
                *node = Node::default();
            }
            let row = self.rows.get_mut(usize::from(slot));
            let row = row.map_or(Row::EMPTY, |row| std::mem::replace(row, Row::EMPTY));
            for (other, _) in row.links() {
                self.part(slot, *other);
            }
            if let Some(way) = self.ways.get_mut(usize::from(slot)) {
                *way = None;
            }
            self.free.push(slot);
        }
        was_reached
    }

    /// The best way to a device, as of the last [`reroute`](Self::reroute).
    pub(crate) fn route(&self, device: &DeviceId) -> Option<Route> {
        self.read(
            self.ways
                .get(usize::from(*self.slots.get(device)?))?
                .as_ref()?,
        )
    }

    /// The devices to which there is a way, in no order.
    #[cfg(feature = "sim")]
    pub(crate) fn reached(&self) -> impl Iterator<Item = DeviceId> + '_ {
        let has_way = |slot: Slot| {
            self.ways
                .get(usize::from(slot))
                .is_some_and(Option::is_some)
        };
        let reached = self.slots.iter().filter(move |(_, slot)| has_way(**slot));
        reached.map(|(device, _)| *device)
    }

    /// Looks for the best ways to all who can be reached: the fewest links, then the lowest cost,
    /// then the smallest neighbour. A leaf is reached and never passed through. Returns the
    /// devices to which another neighbour leads now, or another number of links.
    pub(crate) fn reroute(&mut self) -> Vec<DeviceId> {
        let ways = self.search();
        let before = std::mem::replace(&mut self.ways, ways);
        let of = |ways: &[Option<Way>], slot: usize| {
            let way = ways.get(slot).copied().flatten();
            way.map(|way| (way.hops, way.via))
        };
        let changed =
            (0..self.nodes.len()).filter(|slot| of(&before, *slot) != of(&self.ways, *slot));
        changed
            .filter_map(|slot| self.nodes.get(slot)?.device)
            .collect()
    }

    /// The neighbours that lead to a device without coming back here, the one with the fewest links
    /// to go first.
    pub(crate) fn neighbours_towards(&self, device: &DeviceId) -> Vec<DeviceId> {
        let (Some(me), Some(end)) = (self.slots.get(&self.me), self.slots.get(device)) else {
            return Vec::new();
        };
        let away = self.distances(*end, *me);
        let lead = self.row(*me).links().iter().filter_map(|(slot, cost)| {
            let links = away.get(usize::from(*slot)).copied().flatten()?;
            let device = self.nodes.get(usize::from(*slot))?.device?;
            let leads = !self.row(*slot).leaf || slot == end;
            leads.then_some((links, *cost, device))
        });
        let mut lead: Vec<_> = lead.collect();
        lead.sort_unstable();
        lead.into_iter().map(|(_, _, device)| device).collect()
    }

    /// How many links each is away from `end`, on ways that do not pass `closed`.
    fn distances(&self, end: Slot, closed: Slot) -> Vec<Option<usize>> {
        let mut away = vec![None; self.nodes.len()];
        let mut queue = VecDeque::from([(end, 0)]);
        while let Some((slot, links)) = queue.pop_front() {
            let Some(known @ None) = away.get_mut(usize::from(slot)) else {
                continue;
            };
            *known = Some(links);
            let row = self.row(slot);
            if row.leaf && slot != end {
                continue;
            }
            let others = row.links().iter().filter(|(other, _)| *other != closed);
            queue.extend(others.map(|(other, _)| (*other, links + 1)));
        }
        away
    }

    fn row(&self, slot: Slot) -> &Row {
        self.rows.get(usize::from(slot)).unwrap_or(&Row::EMPTY)
    }

    fn search(&self) -> Vec<Option<Way>> {
        let mut ways: Vec<Option<Way>> = vec![None; self.nodes.len()];
        let Some(start) = self.slots.get(&self.me).copied() else {
            return ways;
        };
        let mut layer = vec![start];
        let mut hops = 0_u8;
        while !layer.is_empty() && hops < u8::MAX {
            hops += 1;
            let mut next: Vec<Slot> = Vec::new();
            for slot in layer {
                self.step(slot, start, hops, &mut ways, &mut next);
            }
            layer = next;
        }
        ways
    }

    fn read(&self, way: &Way) -> Option<Route> {
        Some(Route {
            via: self.nodes.get(usize::from(way.via))?.device?,
            hops: way.hops,
            cost: way.cost,
        })
    }

    /// Whether a device tells of a link to another.
    pub(crate) fn tells_of(&self, device: &DeviceId, other: &DeviceId) -> bool {
        let slot = self.slots.get(device).copied();
        let node = slot.and_then(|slot| self.nodes.get(usize::from(slot)));
        node.is_some_and(|node| node.told.iter().any(|one| one.edge.device == *other))
    }

    /// The links of one device that both ends tell of.
    pub(crate) fn degree(&self, device: &DeviceId) -> usize {
        let slot = self.slots.get(device).copied();
        let row = slot.and_then(|slot| self.rows.get(usize::from(slot)));
        row.map_or(0, |row| row.links().len())
    }

    /// From one device on a way of `hops - 1` links to its neighbours.
    fn step(
        &self,
        slot: Slot,
        start: Slot,
        hops: u8,
        ways: &mut [Option<Way>],
        next: &mut Vec<Slot>,
    ) {
        let Some(row) = self.rows.get(usize::from(slot)) else {
            return;
        };
        if row.leaf && slot != start {
            return;
        }
        let so_far = ways.get(usize::from(slot)).copied().flatten();
        for (other, cost) in row.links() {
            if *other == start {
                continue;
            }
            let way = Way {
                hops,
                cost: so_far
                    .map_or(0, |way| way.cost)
                    .saturating_add((*cost).into()),
                via: so_far.map_or(*other, |way| way.via),
            };
            let Some(known) = ways.get_mut(usize::from(*other)) else {
                continue;
            };
            match known {
                None => next.push(*other),
                Some(best) if best.hops == hops && self.is_better(&way, best) => {}
                Some(_) => continue,
            }
            *known = Some(way);
        }
    }

    fn is_better(&self, new: &Way, old: &Way) -> bool {
        let device = |way: &Way| {
            self.nodes
                .get(usize::from(way.via))
                .and_then(|node| node.device)
        };
        let by_cost = new.cost.cmp(&old.cost);
        by_cost.then_with(|| device(new).cmp(&device(old))).is_lt()
    }

    fn slot(&mut self, device: DeviceId) -> Slot {
        if let Some(slot) = self.slots.get(&device) {
            return *slot;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.nodes.push(Node::default());
            self.rows.push(Row::EMPTY);
            Slot::try_from(self.nodes.len() - 1).unwrap_or(Slot::MAX)
        });
        if let Some(node) = self.nodes.get_mut(usize::from(slot)) {
            node.device = Some(device);
        }
        self.slots.insert(device, slot);
        slot
    }
}

/// A way to a slot.
#[derive(Debug, Clone, Copy)]
struct Way {
    hops: u8,
    cost: u32,
    /// The slot of the first neighbour on it.
    via: Slot,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn id(n: u8) -> DeviceId {
        DeviceId::new([n; 32])
    }

    fn links(to: &[u8]) -> LinkState {
        let edge = |n: &u8| Edge {
            device: id(*n),
            cost: 10,
        };
        LinkState {
            edges: to.iter().map(edge).collect(),
            leaf: false,
        }
    }

    fn told(states: &[(u8, &[u8])]) -> Topology {
        let mut topology = Topology::of(id(1), Secret::default());
        for (device, to) in states {
            topology.tell(id(*device), links(to));
        }
        topology
    }

    /// All ways, as another device sees them.
    fn routes(topology: &mut Topology, from: u8) -> BTreeMap<DeviceId, Route> {
        topology.me = id(from);
        topology.reroute();
        let route = |n| Some((id(n), topology.route(&id(n))?));
        (0..=12).filter_map(route).collect()
    }

    fn hops(topology: &mut Topology, from: u8, to: u8) -> Option<(u8, DeviceId)> {
        let route = routes(topology, from).get(&id(to)).copied();
        route.map(|route| (route.hops, route.via))
    }

    #[test]
    fn a_link_counts_when_both_ends_tell_of_it() {
        let mut topology = told(&[(1, &[2, 3]), (2, &[1])]);
        assert_eq!(hops(&mut topology, 1, 2), Some((1, id(2))));
        assert_eq!(hops(&mut topology, 1, 3), None, "cleo said nothing");
        topology.tell(id(3), links(&[2]));
        assert_eq!(
            hops(&mut topology, 1, 3),
            None,
            "cleo has a link to ben, she says"
        );
        assert_ne!(topology.tell(id(3), links(&[1])), Effect::None);
        assert_eq!(hops(&mut topology, 2, 3), Some((2, id(1))));
        assert_eq!(topology.tell(id(3), links(&[1])), Effect::None);
        assert_ne!(topology.tell(id(1), links(&[3])), Effect::None);
        assert_eq!(hops(&mut topology, 1, 2), None);
    }

    #[test]
    fn who_claims_a_link_to_everyone_is_believed_by_nobody() {
        let mut topology = told(&[
            (1, &[2]),
            (2, &[1]),
            (9, &[1, 2, 3, 4]),
            (3, &[4]),
            (4, &[3]),
        ]);
        assert_eq!(routes(&mut topology, 9).len(), 0);
        assert_eq!(hops(&mut topology, 1, 3), None);
    }

    #[test]
    fn the_way_is_the_shortest_and_then_the_fastest() {
        let mut topology = told(&[(1, &[2, 3]), (2, &[1, 4]), (3, &[1, 4]), (4, &[2, 3])]);
        assert_eq!(
            hops(&mut topology, 1, 4),
            Some((2, id(2))),
            "the smaller of equals"
        );
        let slow = LinkState {
            edges: [1, 4]
                .map(|n| Edge {
                    device: id(n),
                    cost: 80,
                })
                .into(),
            leaf: false,
        };
        topology.tell(id(2), slow);
        assert_eq!(hops(&mut topology, 1, 4), Some((2, id(3))));
        assert_eq!(topology.route(&id(4)).map(|route| route.cost), Some(20));
    }

    #[test]
    fn nothing_goes_through_a_leaf() {
        let mut topology = told(&[(1, &[2]), (2, &[1, 3]), (3, &[2])]);
        assert_eq!(hops(&mut topology, 1, 3), Some((2, id(2))));
        let leaf = LinkState {
            leaf: true,
            ..links(&[1, 3])
        };
        assert_eq!(topology.tell(id(2), leaf), Effect::OtherWays);
        assert_eq!(hops(&mut topology, 1, 3), None);
        assert_eq!(
            hops(&mut topology, 2, 3),
            Some((1, id(3))),
            "it has its own ways"
        );
        assert_eq!(
            hops(&mut topology, 1, 2),
            Some((1, id(2))),
            "and is reached"
        );
    }

    #[test]
    fn every_neighbour_that_leads_on_is_found_and_none_that_leads_back() {
        // 1 is linked to 2, 3, 4 and 5; 2 and 3 lead to 9, 3 by a detour; 4 is a leaf, 5 a dead end.
        let topology = told(&[
            (1, &[2, 3, 4, 5]),
            (2, &[1, 9]),
            (3, &[1, 6]),
            (6, &[3, 9]),
            (5, &[1]),
            (9, &[2, 6, 4]),
        ]);
        let mut topology = topology;
        let edges = links(&[1, 9]).edges;
        topology.tell(id(4), LinkState { edges, leaf: true });
        assert_eq!(topology.neighbours_towards(&id(9)), [id(2), id(3)]);
        assert_eq!(topology.neighbours_towards(&id(4)), [id(4), id(2), id(3)]);
        assert_eq!(topology.neighbours_towards(&id(8)), []);
    }

    #[test]
    fn ways_are_looked_for_again_when_a_link_matters() {
        let mut topology = told(&[
            (1, &[2, 3]),
            (2, &[1, 4]),
            (3, &[1]),
            (4, &[2, 5]),
            (5, &[4]),
        ]);
        topology.reroute();
        // As far away as each other.
        topology.tell(id(2), links(&[1, 4, 3]));
        assert_eq!(topology.tell(id(3), links(&[1, 2])), Effect::SameWays);
        assert_eq!(topology.tell(id(3), links(&[1])), Effect::SameWays);
        // A shorter way to 5.
        topology.tell(id(3), links(&[1, 5]));
        let shorter = topology.tell(id(5), links(&[4, 3]));
        assert_eq!(shorter, Effect::BetterWays);
        topology.reroute();
        assert_eq!(topology.tell(id(5), links(&[3])), Effect::SameWays);
        assert_eq!(topology.tell(id(5), links(&[])), Effect::OtherWays);
        topology.reroute();
        assert_eq!(topology.tell(id(5), links(&[3])), Effect::OtherWays);
    }

    #[test]
    fn who_is_forgotten_makes_room() {
        let mut topology = told(&[(1, &[2]), (2, &[1])]);
        topology.forget(&id(2));
        assert_eq!(hops(&mut topology, 1, 2), None);
        topology.tell(id(3), links(&[1]));
        topology.tell(id(1), links(&[3]));
        assert_eq!(hops(&mut topology, 1, 3), Some((1, id(3))));
        assert_eq!((topology.len(), topology.nodes.len()), (2, 2));
    }

    proptest! {
        /// When news say that all ways are as they were, they are.
        #[test]
        fn news_that_change_no_way_change_none(
            said in proptest::collection::vec((0_u8..9, proptest::collection::vec(0_u8..9, 0..5)), 1..80),
        ) {
            let mut topology = Topology::of(id(1), Secret::default());
            for (device, to) in &said {
                if topology.tell(id(*device), links(to)) <= Effect::SameWays {
                    prop_assert_eq!(topology.reroute(), []);
                }
                topology.reroute();
            }
        }

        /// Whatever the order in which devices speak, are forgotten and speak again, the ways are
        /// those of what they said last.
        #[test]
        fn only_what_was_said_last_counts(
            said in proptest::collection::vec((0_u8..12, proptest::collection::vec(0_u8..12, 0..6)), 1..60),
            gone in proptest::collection::vec(0_u8..12, 0..4),
        ) {
            let mut topology = Topology::of(id(1), Secret::default());
            let mut last = BTreeMap::new();
            for (device, to) in &said {
                topology.tell(id(*device), links(to));
                last.insert(*device, to.clone());
            }
            for device in &gone {
                topology.forget(&id(*device));
                last.remove(device);
            }
            let mut fresh = Topology::of(id(1), Secret::default());
            for (device, to) in last.iter().rev() {
                fresh.tell(id(*device), links(to));
            }
            for from in 0..12 {
                let ways = routes(&mut topology, from);
                prop_assert_eq!(&ways, &routes(&mut fresh, from));
                for to in 0..12 {
                    let there = ways.get(&id(to)).map(|route| route.hops);
                    let back = hops(&mut topology, to, from).map(|(hops, _)| hops);
                    prop_assert_eq!(there, back, "ways back are as long");
                }
            }
        }
    }
}
