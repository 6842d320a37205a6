//! Our neighbours among themselves, and whom of them something new is to be told:
//! docs/protocol-v2.md 6.4.
//!
//! Each device tells its neighbours whom it has links to, at once and to nobody else. So everyone
//! knows who hears the same from others, long before the map shows it.

use std::{collections::BTreeSet, time::Duration};

use gossamer_crypto::{DeviceId, EnvelopeId};
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

/// Stands for a device: a part of its id. Two that have the same are taken for one, so at worst
/// something is told by somebody else, or later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tag(u64);

impl Tag {
    pub(crate) fn of(device: &DeviceId) -> Self {
        Self(first_word(device.as_bytes()))
    }
}

#[derive(Debug)]
struct Pairs {
    me: Tag,
    links: Vec<LinkId>,
    /// One row for each link, with what the neighbour there is to each of the others.
    rows: Vec<Vec<Pair>>,
}

/// What two neighbours are to each other.
#[derive(Debug)]
enum Pair {
    /// They have a link.
    Linked,
    /// What one of them says these can tell the other, as we can.
    Apart(Vec<Tag>),
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
    pub(super) fn neighbours_of(&mut self, link: LinkId, devices: &[DeviceId]) {
        self.around.known = None;
        if let Some(link) = self.links.get_mut(&link) {
            link.linked = devices.iter().map(Tag::of).collect();
        }
    }

    /// Who may lack what came over some links: all who have no link to one that it came from.
    pub(super) fn lacking(&mut self, have: &BTreeSet<LinkId>) -> Lacking {
        self.pairs().lacking(have, |_| true)
    }

    /// The same where of those who can tell somebody only one does, whose turn it is.
    pub(super) fn lacking_in_turn(&mut self, have: &BTreeSet<LinkId>, id: &EnvelopeId) -> Lacking {
        let lot = first_word(id.as_bytes());
        let pairs = self.pairs();
        let mine = pairs.me.0 ^ lot;
        pairs.lacking(have, |others| {
            others.iter().all(|Tag(tag)| mine <= tag ^ lot)
        })
    }

    fn pairs(&mut self) -> &Pairs {
        let (me, links) = (Tag::of(&self.me.device), &self.links);
        let up = || links.iter().filter(|(_, link)| link.is_up());
        self.around.known.get_or_insert_with(|| Pairs {
            me,
            links: up().map(|(id, _)| *id).collect(),
            rows: up()
                .map(|(_, one)| up().map(|(_, other)| pair(one, other)).collect())
                .collect(),
        })
    }
}

fn first_word(id: &[u8; 32]) -> u64 {
    let (words, _) = id.as_chunks();
    words.first().map_or(0, |word| u64::from_be_bytes(*word))
}

fn pair(one: &Link, other: &Link) -> Pair {
    let has = |link: &Link, device| link.linked.contains(&Tag::of(device));
    if has(one, &other.device) && has(other, &one.device) {
        return Pair::Linked;
    }
    Pair::Apart(one.linked.intersection(&other.linked).copied().collect())
}

impl Pairs {
    fn lacking(&self, have: &BTreeSet<LinkId>, is_ours: impl Fn(&[Tag]) -> bool) -> Lacking {
        let rows = self.links.iter().zip(&self.rows);
        let rows = rows.filter(|(link, _)| have.contains(link));
        let rows: Vec<&Vec<Pair>> = rows.map(|(_, row)| row).collect();
        let mut lacking = Lacking::default();
        for (at, link) in self.links.iter().enumerate() {
            if have.contains(link) {
                continue;
            }
            let pairs = || rows.iter().filter_map(|row| row.get(at));
            let is_linked = pairs().any(|pair| matches!(pair, Pair::Linked));
            let mut apart = pairs().filter_map(|pair| match pair {
                Pair::Linked => None,
                Pair::Apart(others) => Some(others),
            });
            let is_told_by_us = rows.is_empty() || apart.any(|others| is_ours(others));
            if is_told_by_us && !is_linked {
                lacking.surely.push(*link);
            } else {
                lacking.covered.push(*link);
            }
        }
        lacking
    }
}
