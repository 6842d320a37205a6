//! Whose bodies are kept, and which go first when there are too many: docs/protocol-v2.md 6.7.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_wire::v2::{Bucket, Kind};

use super::Entry;
use crate::limits;

/// How much is kept of what is said. A tenth of it may be mail between strangers; mail and history
/// can each count on a half. A quarter may be what bridges brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of bodies.
    pub bytes: u64,
    /// Bodies.
    pub bodies: usize,
    /// Envelopes that are known, with a body or without.
    pub ids: usize,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            bytes: limits::BODY_BYTES,
            bodies: limits::BODIES,
            ids: limits::KNOWN_ENVELOPES,
        }
    }
}

impl Quota {
    fn part(self, of: usize) -> Self {
        Self {
            bytes: self.bytes / of as u64,
            bodies: self.bodies / of,
            ..self
        }
    }

    fn holds(self, load: Load) -> bool {
        load.bytes <= self.bytes && load.bodies <= self.bodies
    }
}

/// Of whom a body is. The earlier of the first two goes first, and of the last three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// What was said on the classic wire, by whoever could reach a bridge.
    Bridged,
    /// What is for everyone, and what devices say of themselves.
    History,
    /// Mail between devices that we have nothing to do with.
    Strangers,
    /// Mail from or to contacts.
    Contacts,
    /// Mail from or to this device.
    Ours,
}

const ALL: [Class; 5] = [
    Class::Bridged,
    Class::History,
    Class::Strangers,
    Class::Contacts,
    Class::Ours,
];
const MAIL: [Class; 3] = [Class::Strangers, Class::Contacts, Class::Ours];
const MAIL_FIRST: [Class; 5] = [
    Class::Strangers,
    Class::Contacts,
    Class::Ours,
    Class::Bridged,
    Class::History,
];

/// Whether something fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// It does.
    Free,
    /// This one has to go first, and then perhaps others.
    After(EnvelopeId),
    /// Nothing more may go for it.
    None,
}

/// The bodies that are held, or on their way to disk.
#[derive(Debug)]
pub(crate) struct Custody {
    me: DeviceId,
    quota: Quota,
    contacts: BTreeSet<DeviceId>,
    classes: BTreeMap<Class, Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    /// Bytes of the bodies of each author.
    bytes: BTreeMap<DeviceId, u64>,
    /// The bodies of each author in the order in which they go.
    order: BTreeSet<(DeviceId, i64, EnvelopeId)>,
    load: Load,
}

impl Shelf {
    /// The bodies of an author in the order in which they go.
    fn of(&self, author: DeviceId) -> impl Iterator<Item = EnvelopeId> + '_ {
        let first = (author, i64::MIN, EnvelopeId::new([0; 32]));
        let from = self.order.range(first..);
        let of = from.take_while(move |(by, ..)| *by == author);
        of.map(|(.., id)| *id)
    }
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Load {
    bytes: u64,
    bodies: usize,
}

impl Load {
    fn add(&mut self, bytes: u64) {
        self.bytes += bytes;
        self.bodies += 1;
    }
}

impl Custody {
    pub(crate) fn of(me: DeviceId, quota: Quota) -> Self {
        Self {
            me,
            quota,
            contacts: BTreeSet::new(),
            classes: BTreeMap::new(),
        }
    }

    /// Who our contacts are. Nothing of the mail may be on a shelf meanwhile.
    pub(crate) fn befriend(&mut self, contacts: BTreeSet<DeviceId>) {
        self.contacts = contacts;
    }

    /// Whether what there is fits with what is coming, and what has to go for it.
    pub(crate) fn room(
        &self,
        coming: Option<&Entry>,
        may_go: impl Fn(&EnvelopeId) -> bool,
    ) -> Room {
        let load = |classes: &[Class]| self.load(classes, coming);
        let (all, mail) = (load(&ALL), load(&MAIL));
        let bridged = coming.is_none_or(|entry| self.class(entry) == Class::Bridged);
        let order: &[Class] = if bridged && !self.quota.part(4).holds(load(&[Class::Bridged])) {
            &[Class::Bridged]
        } else if !self.quota.part(10).holds(load(&[Class::Strangers])) {
            &[Class::Strangers]
        } else if self.quota.holds(all) {
            return Room::Free;
        } else if self.has_more_than_half(mail, all) {
            &MAIL_FIRST
        } else {
            &ALL
        };
        let mut first = order
            .iter()
            .filter_map(|class| self.first_of(*class, &may_go));
        first.next().map_or(Room::None, Room::After)
    }

    /// Whether mail takes more than a half of what there is too much of.
    fn has_more_than_half(&self, mail: Load, all: Load) -> bool {
        let half = self.quota.part(2);
        if all.bytes > self.quota.bytes {
            mail.bytes > half.bytes
        } else {
            mail.bodies > half.bodies
        }
    }

    /// Of the author who takes most: who floods pushes out what they wrote themselves.
    fn first_of(&self, class: Class, may_go: impl Fn(&EnvelopeId) -> bool) -> Option<EnvelopeId> {
        let shelf = self.classes.get(&class)?;
        let mut authors: Vec<(&DeviceId, &u64)> = shelf.bytes.iter().collect();
        authors.sort_by_key(|(_, bytes)| Reverse(**bytes));
        authors
            .into_iter()
            .flat_map(|(author, _)| shelf.of(*author))
            .find(may_go)
    }

    pub(crate) fn shelve(&mut self, entry: &Entry) {
        let shelf = self.classes.entry(self.class(entry)).or_default();
        if shelf.order.insert(place(entry)) {
            *shelf.bytes.entry(entry.author).or_default() += u64::from(entry.size);
            shelf.load.add(entry.size.into());
        }
    }

    pub(crate) fn unshelve(&mut self, entry: &Entry) {
        let class = self.class(entry);
        let Some(shelf) = self.classes.get_mut(&class) else {
            return;
        };
        if !shelf.order.remove(&place(entry)) {
            return;
        }
        let size = u64::from(entry.size);
        shelf.load.bytes = shelf.load.bytes.saturating_sub(size);
        shelf.load.bodies -= 1;
        if shelf.of(entry.author).next().is_none() {
            shelf.bytes.remove(&entry.author);
        } else if let Some(bytes) = shelf.bytes.get_mut(&entry.author) {
            *bytes = bytes.saturating_sub(size);
        }
    }

    /// Devices of whom a body is held.
    pub(crate) fn authors(&self) -> impl Iterator<Item = &DeviceId> {
        self.classes.values().flat_map(|shelf| shelf.bytes.keys())
    }

    /// How full it is: what, how much of it, and the limit of that.
    #[cfg(any(test, feature = "sim"))]
    pub(crate) fn fill(&self) -> [(&'static str, usize, usize); 4] {
        let (all, strangers) = (self.load(&ALL, None), self.load(&[Class::Strangers], None));
        let (quota, tenth) = (self.quota, self.quota.part(10));
        let bytes = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        [
            ("bytes kept", bytes(all.bytes), bytes(quota.bytes)),
            ("bodies kept", all.bodies, quota.bodies),
            (
                "bytes for strangers",
                bytes(strangers.bytes),
                bytes(tenth.bytes),
            ),
            ("bodies for strangers", strangers.bodies, tenth.bodies),
        ]
    }

    fn load(&self, classes: &[Class], coming: Option<&Entry>) -> Load {
        let mut load = Load::default();
        for class in classes {
            if let Some(shelf) = self.classes.get(class) {
                load.bytes += shelf.load.bytes;
                load.bodies += shelf.load.bodies;
            }
        }
        if let Some(entry) = coming
            && classes.contains(&self.class(entry))
        {
            load.add(entry.size.into());
        }
        load
    }

    fn class(&self, entry: &Entry) -> Class {
        let to = entry.mail.as_ref().map(|mail| mail.audience);
        if entry.kind == Kind::Classic {
            Class::Bridged
        } else if entry.bucket != Bucket::Mail {
            Class::History
        } else if entry.own || to == Some(self.me) {
            Class::Ours
        } else if self.contacts.contains(&entry.author)
            || to.is_some_and(|to| self.contacts.contains(&to))
        {
            Class::Contacts
        } else {
            Class::Strangers
        }
    }
}

/// History goes oldest first, mail in the order in which it ends: who may live longest has waited
/// for the shortest part of that.
fn place(entry: &Entry) -> (DeviceId, i64, EnvelopeId) {
    let at = if entry.bucket == Bucket::Mail {
        entry.ends()
    } else {
        entry.birth
    };
    (entry.author, at, entry.id)
}
