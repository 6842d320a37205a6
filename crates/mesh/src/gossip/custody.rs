//! Whose bodies are kept, and which go first when there are too many: docs/protocol-v2.md 6.7.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_wire::v2::Bucket;

use super::Entry;
use crate::limits;

/// How much is kept of what is said. A tenth of it may be mail between strangers; mail and history
/// can each count on a half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of bodies.
    pub bytes: u64,
    /// Bodies.
    pub bodies: usize,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            bytes: limits::BODY_BYTES,
            bodies: limits::BODIES,
        }
    }
}

impl Quota {
    fn part(self, of: usize) -> Self {
        Self {
            bytes: self.bytes / of as u64,
            bodies: self.bodies / of,
        }
    }

    fn holds(self, load: Load) -> bool {
        load.bytes <= self.bytes && load.bodies <= self.bodies
    }
}

/// Of whom a body is. The earlier of the last three goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// What is for everyone, and what devices say of themselves.
    History,
    /// Mail between devices that we have nothing to do with.
    Strangers,
    /// Mail from or to contacts.
    Contacts,
    /// Mail from or to this device.
    Ours,
}

const ALL: [Class; 4] = [
    Class::History,
    Class::Strangers,
    Class::Contacts,
    Class::Ours,
];
const MAIL: [Class; 3] = [Class::Strangers, Class::Contacts, Class::Ours];
const MAIL_FIRST: [Class; 4] = [
    Class::Strangers,
    Class::Contacts,
    Class::Ours,
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
    classes: BTreeMap<Class, Shelves>,
}

#[derive(Debug, Default)]
struct Shelves {
    by_author: BTreeMap<DeviceId, Shelf>,
    load: Load,
}

#[derive(Debug, Default)]
struct Shelf {
    /// In the order in which they go.
    order: BTreeSet<(i64, EnvelopeId)>,
    bytes: u64,
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
        let order: &[Class] = if !self.quota.part(10).holds(load(&[Class::Strangers])) {
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
        let shelves = self.classes.get(&class)?;
        let mut shelves: Vec<&Shelf> = shelves.by_author.values().collect();
        shelves.sort_by_key(|shelf| Reverse(shelf.bytes));
        shelves
            .into_iter()
            .flat_map(|shelf| shelf.order.iter().map(|(_, id)| *id))
            .find(may_go)
    }

    pub(crate) fn shelve(&mut self, entry: &Entry) {
        let class = self.classes.entry(self.class(entry)).or_default();
        let shelf = class.by_author.entry(entry.author).or_default();
        if shelf.order.insert(place(entry)) {
            shelf.bytes += u64::from(entry.size);
            class.load.add(entry.size.into());
        }
    }

    pub(crate) fn unshelve(&mut self, entry: &Entry) {
        let class = self.class(entry);
        let Some(class) = self.classes.get_mut(&class) else {
            return;
        };
        let Some(shelf) = class.by_author.get_mut(&entry.author) else {
            return;
        };
        if shelf.order.remove(&place(entry)) {
            let size = u64::from(entry.size);
            shelf.bytes = shelf.bytes.saturating_sub(size);
            class.load.bytes = class.load.bytes.saturating_sub(size);
            class.load.bodies -= 1;
        }
        if shelf.order.is_empty() {
            class.by_author.remove(&entry.author);
        }
    }

    /// Devices of whom a body is held.
    pub(crate) fn authors(&self) -> impl Iterator<Item = &DeviceId> {
        let shelves = self.classes.values();
        shelves.flat_map(|shelves| shelves.by_author.keys())
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
            if let Some(shelves) = self.classes.get(class) {
                load.bytes += shelves.load.bytes;
                load.bodies += shelves.load.bodies;
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
        if entry.bucket != Bucket::Mail {
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
fn place(entry: &Entry) -> (i64, EnvelopeId) {
    let at = if entry.bucket == Bucket::Mail {
        entry.ends()
    } else {
        entry.birth
    };
    (at, entry.id)
}
