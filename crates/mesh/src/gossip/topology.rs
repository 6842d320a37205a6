//! Who has links to whom, and the way to everyone: docs/protocol-v2.md 10.2.
//!
//! Pure: what devices say goes in, ways come out. A link counts when both its ends tell of it.

use std::collections::{BTreeMap, VecDeque};

use gossamer_crypto::DeviceId;
use gossamer_wire::v2::{Edge, LinkState};

/// What devices say of their links, and what follows for one of them.
#[derive(Debug)]
pub(crate) struct Topology {
    me: DeviceId,
    slots: BTreeMap<DeviceId, usize>,
    /// Slots of devices that were forgotten have no device.
    nodes: Vec<Node>,
    free: Vec<usize>,
    /// The way from this device to each slot.
    ways: Vec<Option<Way>>,
}

#[derive(Debug, Default)]
struct Node {
    device: Option<DeviceId>,
    leaf: bool,
    /// What it says.
    told: Vec<Edge>,
    /// What the other ends say too: slot and cost.
    edges: Vec<(usize, u32)>,
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
    pub(crate) fn of(me: DeviceId) -> Self {
        Self {
            me,
            slots: BTreeMap::new(),
            nodes: Vec::new(),
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

    /// A device tells of its links: this is all of them. True when a link came or went.
    pub(crate) fn tell(&mut self, device: DeviceId, state: LinkState) -> bool {
        let slot = self.slot(device);
        let before: Vec<usize> = self.unhook(slot);
        let LinkState { edges, leaf } = state;
        let mut now = Vec::with_capacity(edges.len());
        for edge in &edges {
            let Some(other) = self.slots.get(&edge.device).copied() else {
                continue;
            };
            let answer = self.nodes.get(other).and_then(|node| {
                let back = node.told.iter().find(|back| back.device == device);
                back.map(|back| back.cost)
            });
            if let Some(back) = answer
                && other != slot
                && !now.iter().any(|(known, _)| *known == other)
            {
                now.push((other, u32::from(edge.cost.max(back))));
            }
        }
        for (other, cost) in &now {
            if let Some(node) = self.nodes.get_mut(*other) {
                node.edges.push((slot, *cost));
            }
        }
        let same = now.len() == before.len() && now.iter().all(|(other, _)| before.contains(other));
        let Some(node) = self.nodes.get_mut(slot) else {
            return false;
        };
        let turned = std::mem::replace(&mut node.leaf, leaf) != leaf;
        node.told = edges;
        node.edges = now;
        turned || !same
    }

    /// What a device said does not count any more. True when a way led there.
    pub(crate) fn forget(&mut self, device: &DeviceId) -> bool {
        let was_reached = self.route(device).is_some();
        if let Some(slot) = self.slots.remove(device) {
            self.unhook(slot);
            if let Some(node) = self.nodes.get_mut(slot) {
                *node = Node::default();
            }
            if let Some(way) = self.ways.get_mut(slot) {
                *way = None;
            }
            self.free.push(slot);
        }
        was_reached
    }

    /// The best way to a device, as of the last [`reroute`](Self::reroute).
    pub(crate) fn route(&self, device: &DeviceId) -> Option<Route> {
        self.read(&(*self.ways.get(*self.slots.get(device)?)?)?)
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
        let ours = self.nodes.get(*me).map_or(&[][..], |node| &node.edges);
        let lead = ours.iter().filter_map(|(slot, cost)| {
            let node = self.nodes.get(*slot)?;
            let leads = !node.leaf || slot == end;
            Some((away.get(*slot).copied().flatten()?, *cost, node.device?)).filter(|_| leads)
        });
        let mut lead: Vec<_> = lead.collect();
        lead.sort_unstable();
        lead.into_iter().map(|(_, _, device)| device).collect()
    }

    /// How many links each is away from `end`, on ways that do not pass `closed`.
    fn distances(&self, end: usize, closed: usize) -> Vec<Option<usize>> {
        let mut away = vec![None; self.nodes.len()];
        let mut queue = VecDeque::from([(end, 0)]);
        while let Some((slot, links)) = queue.pop_front() {
            let Some(known @ None) = away.get_mut(slot) else {
                continue;
            };
            *known = Some(links);
            let Some(node) = self
                .nodes
                .get(slot)
                .filter(|node| !node.leaf || slot == end)
            else {
                continue;
            };
            let others = node.edges.iter().filter(|(other, _)| *other != closed);
            queue.extend(others.map(|(other, _)| (*other, links + 1)));
        }
        away
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
            let mut next: Vec<usize> = Vec::new();
            for slot in layer {
                self.step(slot, start, hops, &mut ways, &mut next);
            }
            layer = next;
        }
        ways
    }

    fn read(&self, way: &Way) -> Option<Route> {
        Some(Route {
            via: self.nodes.get(way.via)?.device?,
            hops: way.hops,
            cost: way.cost,
        })
    }

    /// Whether there is a link between two devices.
    pub(crate) fn are_linked(&self, one: &DeviceId, other: &DeviceId) -> bool {
        let slots = self.slots.get(one).zip(self.slots.get(other));
        slots.is_some_and(|(one, other)| {
            let edges = self.nodes.get(*one).map(|node| &node.edges);
            edges.is_some_and(|edges| edges.iter().any(|(to, _)| to == other))
        })
    }

    /// The links of one device that both ends tell of.
    pub(crate) fn degree(&self, device: &DeviceId) -> usize {
        let slot = self.slots.get(device).copied();
        let node = slot.and_then(|slot| self.nodes.get(slot));
        node.map_or(0, |node| node.edges.len())
    }

    /// From one device on a way of `hops - 1` links to its neighbours.
    fn step(
        &self,
        slot: usize,
        start: usize,
        hops: u8,
        ways: &mut [Option<Way>],
        next: &mut Vec<usize>,
    ) {
        let Some(node) = self.nodes.get(slot) else {
            return;
        };
        if node.leaf && slot != start {
            return;
        }
        let so_far = ways.get(slot).copied().flatten();
        for (other, cost) in &node.edges {
            if *other == start {
                continue;
            }
            let way = Way {
                hops,
                cost: so_far.map_or(0, |way| way.cost).saturating_add(*cost),
                via: so_far.map_or(*other, |way| way.via),
            };
            let Some(known) = ways.get_mut(*other) else {
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
        let device = |way: &Way| self.nodes.get(way.via).and_then(|node| node.device);
        (new.cost, device(new)) < (old.cost, device(old))
    }

    fn slot(&mut self, device: DeviceId) -> usize {
        if let Some(slot) = self.slots.get(&device) {
            return *slot;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.nodes.push(Node::default());
            self.nodes.len() - 1
        });
        if let Some(node) = self.nodes.get_mut(slot) {
            node.device = Some(device);
        }
        self.slots.insert(device, slot);
        slot
    }

    /// Takes a device's links away at their other ends. Returns those.
    fn unhook(&mut self, slot: usize) -> Vec<usize> {
        let edges = match self.nodes.get_mut(slot) {
            Some(node) => std::mem::take(&mut node.edges),
            None => Vec::new(),
        };
        for (other, _) in &edges {
            if let Some(node) = self.nodes.get_mut(*other) {
                node.edges.retain(|(back, _)| *back != slot);
            }
        }
        edges.into_iter().map(|(other, _)| other).collect()
    }
}

/// A way to a slot.
#[derive(Debug, Clone, Copy)]
struct Way {
    hops: u8,
    cost: u32,
    /// The slot of the first neighbour on it.
    via: usize,
}

#[cfg(test)]
mod tests {
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
        let mut topology = Topology::of(id(1));
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
        assert!(topology.tell(id(3), links(&[1])));
        assert_eq!(hops(&mut topology, 2, 3), Some((2, id(1))));
        assert!(!topology.tell(id(3), links(&[1])), "nothing new");
        assert!(topology.tell(id(1), links(&[3])));
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
        assert!(topology.tell(id(2), leaf));
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
        /// Whatever the order in which devices speak, are forgotten and speak again, the ways are
        /// those of what they said last.
        #[test]
        fn only_what_was_said_last_counts(
            said in proptest::collection::vec((0_u8..12, proptest::collection::vec(0_u8..12, 0..6)), 1..60),
            gone in proptest::collection::vec(0_u8..12, 0..4),
        ) {
            let mut topology = Topology::of(id(1));
            let mut last = BTreeMap::new();
            for (device, to) in &said {
                topology.tell(id(*device), links(to));
                last.insert(*device, to.clone());
            }
            for device in &gone {
                topology.forget(&id(*device));
                last.remove(device);
            }
            let mut fresh = Topology::of(id(1));
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
