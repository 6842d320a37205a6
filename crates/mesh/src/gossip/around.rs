//! Our neighbours among themselves, and whom of them something new is to be told:
//! docs/protocol-v2.md 6.4.
//!
//! Each device tells its neighbours whom it has links to, at once and to nobody else. So everyone
//! knows who hears the same from others, long before the map shows it.

use std::{collections::BTreeSet, time::Duration};

use gossamer_crypto::DeviceId;
use gossamer_wire::v2::LinkFrame;
use rand::Rng;

use super::{Gossip, LinkId, link::Link};
use crate::limits;

/// What the neighbours are to each other, while that is as it was.
#[derive(Debug, Default)]
pub(crate) struct Around {
    known: Option<Pairs>,
    /// When they are to be told of our links.
    due: Option<Duration>,
}

#[derive(Debug)]
struct Pairs {
    links: Vec<LinkId>,
    /// One row for each link: whether the neighbour there has a link to each of the others.
    rows: Vec<Vec<bool>>,
}

/// Over which links something new is to go on.
#[derive(Debug, Default)]
pub(super) struct Lacking {
    /// To those who may not get it otherwise.
    pub(super) surely: Vec<LinkId>,
    /// To those who get it from somebody else, as far as can be known.
    pub(super) covered: Vec<LinkId>,
}

impl Around {
    pub(super) fn due(&self) -> Option<Duration> {
        self.due
    }
}

impl<R: Rng> Gossip<R> {
    /// A link of ours came up, or went: the neighbours are told soon.
    pub(super) fn around_changed(&mut self, now: Duration) {
        self.around.known = None;
        self.around.due.get_or_insert(now + limits::NEWS);
    }

    pub(super) fn tell_neighbours(&mut self) {
        self.around.due = None;
        let links = self.links.values().filter(|link| link.counts());
        let frame = LinkFrame::Neighbours(links.map(|link| link.device).collect());
        for link in self.up_links() {
            self.send(link, &frame);
        }
    }

    /// A neighbour tells whom it has links to: these are all.
    pub(super) fn neighbours_of(&mut self, link: LinkId, devices: Vec<DeviceId>) {
        self.around.known = None;
        if let Some(link) = self.links.get_mut(&link) {
            link.linked = devices.into_iter().collect();
        }
    }

    /// Who may lack what came over some links: all who have no link to one that it came from.
    ///
    /// Nobody is left out. Whoever counts on another to tell counts on one that had it earlier and
    /// did the same, and the first of them tells all.
    pub(super) fn lacking(&mut self, have: &BTreeSet<LinkId>) -> Lacking {
        let Pairs { links, rows } = self.pairs();
        let tellers = links.iter().zip(rows);
        let tellers = tellers.filter(|(link, _)| have.contains(link));
        let tellers: Vec<&Vec<bool>> = tellers.map(|(_, row)| row).collect();
        let mut lacking = Lacking::default();
        for (at, link) in links.iter().enumerate() {
            if have.contains(link) {
                continue;
            }
            if tellers.iter().any(|row| row.get(at) == Some(&true)) {
                lacking.covered.push(*link);
            } else {
                lacking.surely.push(*link);
            }
        }
        lacking
    }

    fn pairs(&mut self) -> &Pairs {
        let up = || self.links.iter().filter(|(_, link)| link.is_up());
        let row = |one: &Link| up().map(|(_, other)| is_linked(one, other)).collect();
        self.around.known.get_or_insert_with(|| Pairs {
            links: up().map(|(id, _)| *id).collect(),
            rows: up().map(|(_, one)| row(one)).collect(),
        })
    }
}

/// Whether two neighbours say that they have a link to each other.
fn is_linked(one: &Link, other: &Link) -> bool {
    one.linked.contains(&other.device) && other.linked.contains(&one.device)
}
