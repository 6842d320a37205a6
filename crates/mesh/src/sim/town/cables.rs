//! Cables that are pulled where neither end notices, and whether all go around.

use std::collections::{BTreeMap, BTreeSet};

use gossamer_crypto::DeviceId;
use rand::RngExt;

use super::{AROUND, Event, Town};
use crate::sim::world::Who;

/// Whom each node has a link to that carries something.
type Whole = BTreeMap<Who, BTreeSet<Who>>;

impl Town<'_> {
    /// Pulls one, of a link that answers as quickly as most do.
    pub(super) fn pull(&mut self) {
        let quick = self.wire.quick();
        if quick.is_empty() {
            return;
        }
        let lot = self.rng.random_range(0..quick.len());
        self.wire.cut(quick[lot]);
        self.report.pulled += 1;
        self.agenda.after(AROUND, Event::GoAround);
    }

    /// From every node to every other, as far as links hang together, the ways that the nodes
    /// between know lead there.
    pub(super) fn go_around(&mut self) {
        let mut whole = Whole::new();
        for (_, one, other) in self.wire.whole() {
            whole.entry(one).or_default().insert(other);
            whole.entry(other).or_default().insert(one);
        }
        let everyone = self.everyone();
        let devices: BTreeMap<DeviceId, Who> = everyone
            .map(|who| (self.nodes[who.0].device, who))
            .collect();
        let now = self.agenda.now();
        for from in whole.keys() {
            for to in hang_together(&whole, *from) {
                if !self.arrives(*from, to, &whole, &devices) {
                    let what = format!("no way leads to node {}, {AROUND:?} after", to.0);
                    self.report.find(now, from.0, what);
                }
            }
        }
    }

    fn arrives(
        &self,
        from: Who,
        to: Who,
        whole: &Whole,
        devices: &BTreeMap<DeviceId, Who>,
    ) -> bool {
        let mut at = from;
        for _ in devices {
            if at == to {
                return true;
            }
            let brain = self.nodes[at.0].brain();
            let route = brain.and_then(|brain| brain.route(&self.nodes[to.0].device));
            let via = route.and_then(|route| devices.get(&route.via).copied());
            let Some(next) = via.filter(|via| whole[&at].contains(via)) else {
                return false;
            };
            at = next;
        }
        false
    }
}

/// All others that can be reached from a node.
fn hang_together(whole: &Whole, from: Who) -> BTreeSet<Who> {
    let mut seen = BTreeSet::from([from]);
    let mut todo = vec![from];
    while let Some(at) = todo.pop() {
        todo.extend(whole[&at].iter().filter(|next| seen.insert(**next)));
    }
    seen.remove(&from);
    seen
}
