//! What must hold.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    time::Duration,
};

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_wire::v2::{Bucket, BucketDigest, LinkFrame};

use super::{
    letters::{self, Ledger},
    node::Node,
    report::Report,
    scenario::Doors,
    world::{Who, World},
};

/// Something that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Virtual time.
    pub at: Duration,
    /// At which node, by number.
    pub node: usize,
    /// What.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, node, what } = self;
        write!(f, "{:.3} s, node {node}: {what}", at.as_secs_f64())
    }
}

/// Findings that one report lists: more of them say no more.
const FINDINGS: usize = 20;

impl Report {
    pub(super) fn find(&mut self, at: Duration, node: usize, what: impl Into<String>) {
        if self.findings.len() < FINDINGS {
            let what = what.into();
            self.findings.push(Finding { at, node, what });
        }
    }
}

/// Whether everyone has everything and knows so.
pub(super) fn has_converged(nodes: &[Node], world: &World, ledger: &Ledger) -> bool {
    let mut written: BTreeMap<usize, usize> = BTreeMap::new();
    let mut own: BTreeMap<usize, usize> = BTreeMap::new();
    for one in ledger.values() {
        *written.entry(one.group).or_default() += 1;
        *own.entry(one.by).or_default() += 1;
    }
    let count = |of: &BTreeMap<usize, usize>, key| of.get(&key).copied().unwrap_or(0);
    let complete = |(at, node): (usize, &Node)| {
        node.screen.honest + count(&own, at) == count(&written, node.group)
    };
    honest(nodes).all(complete)
        && differing_digests(nodes).is_empty()
        && unreached(nodes, world).next().is_none()
}

/// The audit after healing and quiescence.
pub(super) fn audit(
    nodes: &[Node],
    world: &World,
    ledger: &Ledger,
    doors: Doors,
    now: Duration,
    report: &mut Report,
) {
    report.messages = ledger.len() as u64;
    for (at, node) in honest(nodes) {
        for (id, written) in ledger {
            let is_own = written.by == at;
            let times = node.screen.shown.get(id).copied().unwrap_or(0);
            if written.group != node.group {
                if times > 0 {
                    report.find(now, at, format!("{id:?} of another network is shown"));
                }
                continue;
            }
            report.deliveries += u64::from(times > 0);
            if times > 0
                && let Some(copies) = report.copies(written.size)
            {
                copies.deliveries += 1;
                copies.delivered_bytes += written.size as u64;
            }
            report.duplicated += u64::from(times.saturating_sub(1));
            let body = node.disk.body(id);
            if body.is_none() || (times == 0 && !is_own) {
                report.lost += 1;
                report.find(now, at, format!("{id:?} by node {} is lost", written.by));
            }
            if times > u32::from(!is_own) {
                report.find(now, at, format!("{id:?} was shown {times} times"));
            }
            if doors != Doors::Open
                && body.is_some_and(|body| !letters::can_read(body, node.disk.keyring()))
            {
                report.find(now, at, format!("{id:?} is there and cannot be read"));
            }
        }
        if honest(nodes).any(|(other, one)| other != at && one.group == node.group) {
            let unsent = node.disk.unsent().filter(|id| ledger.contains_key(id));
            report.unacknowledged += unsent.count() as u64;
        }
    }
    for at in differing_digests(nodes) {
        report.find(now, at, "its set of ids differs from the others'");
    }
    for (at, other) in unreached(nodes, world) {
        report.find(now, at, format!("it finds no way to node {other}"));
    }
}

/// Nodes that have another Everyone set than the first of their group.
fn differing_digests(nodes: &[Node]) -> Vec<usize> {
    differing(nodes, Bucket::Everyone)
}

/// Nodes that know other links than the first of their group.
pub(super) fn differing_maps(nodes: &[Node]) -> Vec<usize> {
    differing(nodes, Bucket::Topology)
}

fn differing(nodes: &[Node], bucket: Bucket) -> Vec<usize> {
    let mut first: BTreeMap<usize, Option<BucketDigest>> = BTreeMap::new();
    let mut differing = Vec::new();
    for (at, node) in honest(nodes) {
        let Some(brain) = node.brain() else {
            continue;
        };
        let mut digests = brain.digests().into_iter();
        let digest = digests.find(|digest| digest.bucket == bucket);
        if *first.entry(node.group).or_insert(digest) != digest {
            differing.push(at);
        }
    }
    differing
}

/// Pairs of nodes that hang together and of which the first finds no way to the other.
pub(super) fn unreached(nodes: &[Node], world: &World) -> impl Iterator<Item = (usize, usize)> {
    let mut groups: BTreeMap<usize, BTreeSet<Who>> = BTreeMap::new();
    let mut numbers: HashMap<DeviceId, usize> = HashMap::new();
    for (at, node) in honest(nodes) {
        groups.entry(node.group).or_default().insert(Who(at));
        numbers.insert(node.device, at);
    }
    groups.into_values().flat_map(move |group| {
        let parts = world.parts(&group);
        let lost = |at: &Who| {
            let reached = reached(&nodes[at.0], nodes.len(), &numbers);
            let together = group.iter().filter(|other| parts[*other] == parts[at]);
            let lost = together.filter(|other| *other != at && !reached[other.0]);
            lost.map(|other| (at.0, other.0)).collect::<Vec<_>>()
        };
        group.iter().flat_map(lost).collect::<Vec<_>>()
    })
}

/// Which of all nodes one finds a way to. One that is off looks for none.
fn reached(node: &Node, nodes: usize, numbers: &HashMap<DeviceId, usize>) -> Vec<bool> {
    let Some(brain) = node.brain() else {
        return vec![true; nodes];
    };
    let mut reached = vec![false; nodes];
    let linked = brain.linked().map(|(device, ..)| device);
    for device in brain.reached().chain(linked) {
        if let Some(at) = numbers.get(&device) {
            reached[*at] = true;
        }
    }
    reached
}

fn honest(nodes: &[Node]) -> impl Iterator<Item = (usize, &Node)> {
    nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| node.is_honest())
}

/// The type of STORED: docs/protocol-v2.md 5.2.
const STORED: u8 = 0x13;

/// Checks what a node says it has on disk, at the moment it says so.
pub(super) fn check_stored(node: &Node, frame: &[u8]) -> Vec<EnvelopeId> {
    let Some((head @ [.., STORED], body)) = frame.split_at_checked(4) else {
        return Vec::new();
    };
    match LinkFrame::decode(head[3], body) {
        Ok(Some(LinkFrame::Stored(ids))) => ids
            .into_iter()
            .filter(|id| {
                !node.disk.vouches_for(id)
                    && !node.brain().is_some_and(|brain| brain.is_fleeting(id))
            })
            .collect(),
        _ => Vec::new(),
    }
}
