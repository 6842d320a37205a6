//! Where everyone is: segments, addresses, and who is cut off from whom.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use rand::{RngExt, rngs::StdRng};

use super::scenario::Shape;

/// The port that everyone listens on.
pub(super) const PORT: u16 = 9_999;

/// One node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Who(pub(super) usize);

/// Segments are broadcast domains: two nodes on one of them hear and can dial each other, unless
/// a partition is between them.
#[derive(Debug)]
pub(super) struct World {
    /// The segments of each node.
    homes: Vec<Vec<usize>>,
    /// The nodes of each segment.
    segments: Vec<Vec<Who>>,
    /// Nodes on different sides do not meet.
    sides: Vec<usize>,
}

impl World {
    /// The first `nodes` hold the world together; `guests` come after them.
    pub(super) fn new(shape: Shape, nodes: usize, guests: usize, rng: &mut StdRng) -> Self {
        let count = match shape {
            Shape::Room => 1,
            Shape::Town { per_segment } | Shape::Random { per_segment } => {
                nodes.div_ceil(per_segment).max(1)
            }
            Shape::Islands { .. } => 2,
        };
        let mut world = Self {
            homes: vec![Vec::new(); nodes + guests],
            segments: vec![Vec::new(); count],
            sides: vec![0; nodes + guests],
        };
        for node in 0..nodes {
            world.settle(Who(node), node % count);
        }
        if !matches!(shape, Shape::Islands { .. }) {
            world.join_segments(count);
        }
        if matches!(shape, Shape::Random { .. }) {
            for node in (0..nodes).step_by(3) {
                world.settle(Who(node), rng.random_range(0..count));
            }
        }
        for guest in nodes..nodes + guests {
            world.settle(Who(guest), guest % count);
        }
        world
    }

    /// Two nodes of each segment are on the next one too, and one in four reaches further, so
    /// that no single node holds the town together.
    fn join_segments(&mut self, count: usize) {
        for segment in 0..count.saturating_sub(1) {
            let locals: Vec<Who> = self.segments[segment].iter().copied().take(2).collect();
            locals
                .into_iter()
                .for_each(|who| self.settle(who, segment + 1));
            if segment % 4 == 0
                && let Some(who) = self.segments[segment].last().copied()
            {
                self.settle(who, (segment + count / 2) % count);
            }
        }
    }

    /// A node goes from where it is to another segment.
    pub(super) fn walk(&mut self, who: Who, to: usize) {
        for from in std::mem::take(&mut self.homes[who.0]) {
            self.segments[from].retain(|other| *other != who);
        }
        self.settle(who, to);
    }

    /// Who is on a segment with a node.
    pub(super) fn near(&self, who: Who) -> impl Iterator<Item = Who> + '_ {
        let at = self.homes[who.0].iter();
        at.flat_map(|at| self.segments[*at].iter().copied())
    }

    fn settle(&mut self, who: Who, segment: usize) {
        if !self.homes[who.0].contains(&segment) {
            self.homes[who.0].push(segment);
            self.segments[segment].push(who);
        }
    }

    /// Who hears a beacon of a node, where it comes from and on which segment.
    pub(super) fn hearers(&self, from: Who) -> Vec<(Who, SocketAddr, IpAddr)> {
        let mut hearers = Vec::new();
        for segment in &self.homes[from.0] {
            let addr = address(*segment, from, PORT);
            let others = self.segments[*segment].iter();
            let others = others.filter(|who| **who != from && self.same_side(from, **who));
            hearers.extend(others.map(|who| (*who, addr, address(*segment, *who, PORT).ip())));
        }
        hearers
    }

    /// Who is at an address, seen from a node, and the address that it will see of the node.
    pub(super) fn reach(&self, from: Who, to: SocketAddr) -> Option<(Who, SocketAddr)> {
        let (segment, who) = read_address(to)?;
        let there = self.segments.get(segment)?.contains(&who);
        let shared = self.homes[from.0].contains(&segment);
        let reached = there && shared && self.same_side(from, who);
        reached.then(|| (who, address(segment, from, 40_000)))
    }

    pub(super) fn same_side(&self, a: Who, b: Who) -> bool {
        self.sides[a.0] == self.sides[b.0]
    }

    /// Puts each node on a side.
    pub(super) fn split(&mut self, sides: Vec<usize>) {
        self.sides = sides;
    }

    /// Which of these nodes hang together, once all is healed: for each the smallest that it can
    /// be reached from over the others.
    pub(super) fn parts(&self, nodes: &BTreeSet<Who>) -> BTreeMap<Who, Who> {
        let mut parts: BTreeMap<Who, Who> = BTreeMap::new();
        for start in nodes {
            let mut todo = vec![*start];
            while let Some(who) = todo.pop() {
                if parts.contains_key(&who) || !nodes.contains(&who) {
                    continue;
                }
                parts.insert(who, *start);
                let near = self.near(who);
                todo.extend(near.filter(|other| !parts.contains_key(other)));
            }
        }
        parts
    }

    pub(super) fn heal(&mut self) {
        self.sides.fill(0);
    }

    pub(super) fn home(&self, who: Who) -> usize {
        self.homes[who.0][0]
    }

    pub(super) fn segments(&self) -> usize {
        self.segments.len()
    }
}

fn address(segment: usize, who: Who, port: u16) -> SocketAddr {
    let [.., high, low] = who.0.to_be_bytes();
    let ip = Ipv4Addr::new(10, segment as u8, high, low);
    SocketAddr::new(ip.into(), port)
}

fn read_address(addr: SocketAddr) -> Option<(usize, Who)> {
    let IpAddr::V4(ip) = addr.ip() else {
        return None;
    };
    let [_, segment, high, low] = ip.octets();
    let who = Who(usize::from(high) << 8 | usize::from(low));
    (addr.port() == PORT).then_some((segment.into(), who))
}
