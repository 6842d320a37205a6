//! Direct messages: who wrote which to whom, whether it arrived, and what must hold of that.

use std::{collections::BTreeMap, time::Duration};

use gossamer_crypto::EnvelopeId;

use super::{node::Node, report::Report};
use crate::gossip::Progress;

/// A message of one node's user to another's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letter {
    pub(super) by: usize,
    pub(super) to: usize,
    /// When the recipient had it first.
    pub(super) arrived: Option<Duration>,
    /// How often it was new to the recipient.
    pub(super) times: u32,
}

/// All that exist.
pub(super) type Post = BTreeMap<EnvelopeId, Letter>;

/// Whether everyone has their mail, and nobody carries it any more.
pub(super) fn is_settled(nodes: &[Node], post: &Post) -> bool {
    let arrived = post.values().all(|letter| letter.arrived.is_some());
    arrived && carried(nodes, post).next().is_none()
}

/// What must hold after healing and quiescence.
pub(super) fn audit(nodes: &[Node], post: &Post, now: Duration, report: &mut Report) {
    report.letters = post.len() as u64;
    for (id, letter) in post {
        let (by, to) = (letter.by, letter.to);
        report.letters_arrived += u64::from(letter.times > 0);
        if letter.times != 1 {
            let times = letter.times;
            report.find(
                now,
                to,
                format!("the letter {id:?} by node {by} came {times} times"),
            );
        }
        if nodes[by].progress.get(id) != Some(&Progress::Delivered) {
            let got = &nodes[by].progress.get(id);
            report.find(
                now,
                by,
                format!("its letter {id:?} to node {to} is {got:?}"),
            );
        }
    }
    for (at, id) in carried(nodes, post) {
        report.find(now, at, format!("the letter {id:?} is still carried"));
    }
}

/// Honest nodes that hold the body of a letter that has arrived.
fn carried<'a>(
    nodes: &'a [Node],
    post: &'a Post,
) -> impl Iterator<Item = (usize, EnvelopeId)> + 'a {
    let nodes = nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| node.is_honest());
    nodes.flat_map(move |(at, node)| {
        let held = post.keys().filter(|id| node.disk.body(id).is_some());
        held.map(move |id| (at, *id))
    })
}
