//! The known set: which envelopes exist, in which bucket, and which of them we hold.

use std::collections::{BTreeMap, BTreeSet};

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_wire::{
    limits::{GRACE, TTL},
    v2::{Body, Bucket, BucketDigest, Envelope, Kind},
};

use super::{
    by_id::Secret,
    carrying::Mail,
    custody::{Custody, Quota, Room},
    fleeting::Fleeting,
};

/// What the brain knows of an envelope. Bodies are the store's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub id: EnvelopeId,
    /// What it is.
    pub kind: Kind,
    /// Where it is reconciled.
    pub bucket: Bucket,
    /// The device whose quota it counts against: its origin, or the bridge that signed it.
    pub author: DeviceId,
    /// Orders envelopes of one origin.
    pub seq: u64,
    /// The author's clock, Unix milliseconds. Orders, and never expires anything.
    pub created: u64,
    /// When it came to be, in seconds of this node's uptime; negative for before the first start.
    pub birth: i64,
    /// Seconds.
    pub lifetime: u32,
    /// Bytes of its body.
    pub size: u32,
    /// Links it travelled so far.
    pub hops: u8,
    /// Links it may still travel by flooding.
    pub ttl: u8,
    /// Whether the body is there.
    pub held: Held,
    /// Written on this device.
    pub own: bool,
    /// Of direct messages.
    pub mail: Option<Box<Mail>>,
}

impl Entry {
    /// What an envelope says of itself: as if it were new, someone else's, and on disk.
    #[must_use]
    pub fn of(id: EnvelopeId, envelope: &Envelope, body: &Body, author: DeviceId) -> Self {
        Self {
            id,
            kind: body.kind,
            bucket: body.bucket(),
            author,
            seq: body.seq,
            created: body.created,
            birth: 0,
            lifetime: body.lifetime,
            size: u32::try_from(envelope.body.len()).unwrap_or(u32::MAX),
            hops: 0,
            ttl: TTL,
            held: Held::Body,
            own: false,
            mail: Mail::of(body).map(Box::new),
        }
    }

    /// Seconds since it came to be.
    #[must_use]
    pub fn age(&self, uptime: i64) -> u32 {
        u32::try_from(uptime.saturating_sub(self.birth).max(0)).unwrap_or(u32::MAX)
    }

    pub(super) fn ends(&self) -> i64 {
        self.birth.saturating_add(i64::from(self.lifetime))
    }
}

/// Whether the body of an envelope is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// On disk.
    Body,
    /// On its way to disk.
    Pending,
    /// Refused, replaced or evicted: only the id is known.
    IdOnly,
}

/// What leaves memory or disk.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Expired {
    /// Bodies that are not kept any longer; their ids are.
    pub(crate) bodies: Vec<EnvelopeId>,
    /// Ids that are forgotten.
    pub(crate) ids: Vec<EnvelopeId>,
    /// Link states that were not repeated, and whose they were: they were never on disk.
    pub(crate) links: Vec<(EnvelopeId, DeviceId)>,
}

#[derive(Debug)]
pub(crate) struct Index {
    entries: BTreeMap<EnvelopeId, Entry>,
    buckets: BTreeMap<Bucket, Set>,
    fleeting: Fleeting,
    /// The newest of each replaceable kind.
    newest: BTreeMap<(DeviceId, Kind), (u64, EnvelopeId)>,
    /// When the body goes, then when the id goes.
    ends: BTreeSet<(i64, EnvelopeId)>,
    /// The same of ids without a body alone: what is forgotten next is at its front.
    bare: BTreeSet<(i64, EnvelopeId)>,
    /// Bodies that are held.
    custody: Custody,
    /// Envelopes that are known at most.
    most: usize,
}

#[derive(Debug, Default)]
struct Set {
    items: BTreeSet<(u64, EnvelopeId)>,
    sum: u128,
}

impl Index {
    /// An empty one.
    pub(crate) fn of(me: DeviceId, quota: Quota, secret: Secret) -> Self {
        Self {
            entries: BTreeMap::new(),
            buckets: BTreeMap::new(),
            newest: BTreeMap::new(),
            ends: BTreeSet::new(),
            bare: BTreeSet::new(),
            fleeting: Fleeting::new(secret),
            custody: Custody::of(me, quota),
            most: quota.ids,
        }
    }

    pub(crate) fn get(&self, id: &EnvelopeId) -> Option<&Entry> {
        self.fleeting.get(id).or_else(|| self.entries.get(id))
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len() + self.fleeting.len()
    }

    /// Whether a replaceable envelope is older than one that is known.
    pub(crate) fn is_replaced(&self, entry: &Entry) -> bool {
        if entry.kind.is_fleeting() {
            return self.fleeting.is_replaced(entry);
        }
        entry.kind.is_replaceable()
            && self
                .newest
                .get(&(entry.author, entry.kind))
                .is_some_and(|newest| *newest > (entry.seq, entry.id))
    }

    /// Adds an id. Returns the envelope that it replaces, if that was held. Of a fleeting one
    /// nothing is known then any more.
    pub(crate) fn insert(&mut self, entry: Entry) -> Option<EnvelopeId> {
        self.remove(&entry.id);
        if entry.kind.is_fleeting() {
            return self.fleeting.insert(entry);
        }
        let replaced = self.replace(&entry);
        let set = self.buckets.entry(entry.bucket).or_default();
        set.items.insert((entry.created, entry.id));
        set.sum = set.sum.wrapping_add(half(&entry.id));
        self.ends.insert((Self::due(&entry), entry.id));
        if entry.held == Held::IdOnly {
            self.bare.insert((Self::due(&entry), entry.id));
        } else {
            self.custody.shelve(&entry);
        }
        self.entries.insert(entry.id, entry);
        replaced
    }

    fn replace(&mut self, entry: &Entry) -> Option<EnvelopeId> {
        if !entry.kind.is_replaceable() || entry.held == Held::IdOnly {
            return None;
        }
        let newest = (entry.seq, entry.id);
        let (_, old) = self.newest.insert((entry.author, entry.kind), newest)?;
        self.drop_body(&old).then_some(old)
    }

    /// The body is on disk. False when the id is not pending.
    pub(crate) fn confirm(&mut self, id: &EnvelopeId) -> bool {
        match self.entries.get_mut(id) {
            Some(entry) if entry.held == Held::Pending => {
                entry.held = Held::Body;
                true
            }
            _ => false,
        }
    }

    /// What reconciliation found to be lacking somewhere travels on as if it were new.
    pub(crate) fn renew(&mut self, id: &EnvelopeId) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.ttl = TTL;
        }
    }

    /// Forgets an id altogether.
    pub(crate) fn remove(&mut self, id: &EnvelopeId) -> Option<Entry> {
        let Some(entry) = self.entries.remove(id) else {
            return self.fleeting.remove(id);
        };
        if entry.held == Held::IdOnly {
            self.bare.remove(&(Self::due(&entry), *id));
        } else {
            self.custody.unshelve(&entry);
        }
        self.ends.remove(&(Self::due(&entry), *id));
        if let Some(set) = self.buckets.get_mut(&entry.bucket) {
            set.items.remove(&(entry.created, *id));
            set.sum = set.sum.wrapping_sub(half(id));
            if set.items.is_empty() {
                self.buckets.remove(&entry.bucket);
            }
        }
        let key = (entry.author, entry.kind);
        if self
            .newest
            .get(&key)
            .is_some_and(|(_, newest)| newest == id)
        {
            self.newest.remove(&key);
        }
        Some(entry)
    }

    /// What has aged out at `uptime`.
    pub(crate) fn expire(&mut self, uptime: i64) -> Expired {
        let mut expired = Expired {
            links: self.fleeting.expire(uptime),
            ..Expired::default()
        };
        while let Some((due, id)) = self.ends.first().copied() {
            if due >= uptime {
                break;
            }
            let entry = self.entries.get(&id);
            let has_body = entry.map(|entry| entry.held != Held::IdOnly);
            if has_body == Some(true) && self.drop_body(&id) {
                expired.bodies.push(id);
            } else {
                self.ends.remove(&(due, id));
                self.remove(&id);
                expired.ids.push(id);
            }
        }
        expired
    }

    /// Drops bodies until something more fits. Returns them, and whether it does fit now.
    pub(crate) fn make_room(&mut self, coming: Option<&Entry>) -> (Vec<EnvelopeId>, bool) {
        let mut dropped = Vec::new();
        loop {
            let may_go = |id: &EnvelopeId| {
                let entry = self.entries.get(id);
                entry.is_some_and(|entry| !entry.own && entry.held == Held::Body)
            };
            match self.custody.room(coming, may_go) {
                Room::Free => return (dropped, true),
                Room::None => return (dropped, false),
                Room::After(id) => {
                    self.drop_body(&id);
                    dropped.push(id);
                }
            }
        }
    }

    /// What has to go so that all limits hold: bodies first, never one of ours; then ids without a
    /// body, those that end first.
    pub(crate) fn shrink(&mut self) -> Expired {
        let (bodies, _) = self.make_room(None);
        let mut expired = Expired {
            bodies,
            ..Expired::default()
        };
        while self.entries.len() > self.most {
            let Some((_, id)) = self.bare.first().copied() else {
                break;
            };
            self.remove(&id);
            expired.ids.push(id);
        }
        expired
    }

    /// Ids of a bucket with their `created`, in the order of reconciliation.
    pub(crate) fn items(&self, bucket: &Bucket) -> impl Iterator<Item = (u64, EnvelopeId)> + '_ {
        let mut fleeting = Vec::new();
        if *bucket == Bucket::Topology {
            fleeting = self.fleeting.items();
        }
        let set = self.buckets.get(bucket).into_iter();
        fleeting
            .into_iter()
            .chain(set.flat_map(|set| set.items.iter().copied()))
    }

    /// The digest of every bucket that is not empty.
    pub(crate) fn digests(&self) -> Vec<BucketDigest> {
        let digest = |(bucket, set): (&Bucket, &Set)| BucketDigest {
            bucket: *bucket,
            count: set.items.len() as u64,
            sum: set.sum,
        };
        let digests = self.buckets.iter().map(digest);
        digests.chain(self.fleeting.digest()).collect()
    }

    /// Whether an id begins with these bytes.
    pub(crate) fn has_prefix(&self, half: [u8; 16]) -> bool {
        let mut first = [0; 32];
        first.iter_mut().zip(half).for_each(|(to, from)| *to = from);
        let next = self.entries.range(EnvelopeId::new(first)..).next();
        next.is_some_and(|(id, _)| id.as_bytes().starts_with(&half))
    }

    /// Devices of whom a body is held.
    pub(crate) fn authors(&self) -> impl Iterator<Item = &DeviceId> {
        self.custody.authors()
    }

    /// Mail of contacts is not mail of strangers.
    pub(crate) fn befriend(&mut self, contacts: BTreeSet<DeviceId>) {
        let mail = self.items(&Bucket::Mail);
        let mail = mail.filter_map(|(_, id)| self.entries.get(&id));
        let held = mail.filter(|entry| entry.held != Held::IdOnly);
        let held: Vec<Entry> = held.cloned().collect();
        held.iter().for_each(|entry| self.custody.unshelve(entry));
        self.custody.befriend(contacts);
        held.iter().for_each(|entry| self.custody.shelve(entry));
    }

    #[cfg(any(test, feature = "sim"))]
    pub(crate) fn custody(&self) -> &Custody {
        &self.custody
    }

    /// A body is not needed any more; its id stays known. False when it was not there.
    pub(crate) fn drop_body(&mut self, id: &EnvelopeId) -> bool {
        let Some(entry) = self.entries.get(id).cloned() else {
            return false;
        };
        if entry.held == Held::IdOnly {
            return false;
        }
        self.custody.unshelve(&entry);
        self.ends.remove(&(Self::due(&entry), *id));
        let bare = Entry {
            held: Held::IdOnly,
            ..entry
        };
        self.ends.insert((Self::due(&bare), *id));
        self.bare.insert((Self::due(&bare), *id));
        self.entries.insert(*id, bare);
        true
    }

    fn due(entry: &Entry) -> i64 {
        match entry.held {
            Held::Body | Held::Pending => entry.ends(),
            Held::IdOnly => entry.ends().saturating_add(GRACE),
        }
    }
}

/// The first 16 bytes of an id, little-endian: what a digest sums.
pub(super) fn half(id: &EnvelopeId) -> u128 {
    let mut half = [0; 16];
    half.iter_mut()
        .zip(id.as_bytes())
        .for_each(|(to, from)| *to = *from);
    u128::from_le_bytes(half)
}

#[cfg(test)]
impl Default for Index {
    fn default() -> Self {
        Self::of(DeviceId::new([0; 32]), Quota::default(), Secret(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(n: u8, birth: i64) -> Entry {
        Entry {
            id: EnvelopeId::new([n; 32]),
            kind: Kind::Everyone,
            bucket: Bucket::Everyone,
            author: DeviceId::new([n % 3; 32]),
            seq: n.into(),
            created: n.into(),
            birth,
            lifetime: 100,
            size: 10,
            hops: 0,
            ttl: 8,
            held: Held::Body,
            own: false,
            mail: None,
        }
    }

    #[test]
    fn the_id_that_goes_next_is_at_the_front_whatever_came_and_went_before() {
        let mut index = Index::default();
        let scanned = |index: &Index| {
            let bare = index.entries.values();
            let bare = bare.filter(|entry| entry.held == Held::IdOnly);
            let bare = bare.map(|entry| (Index::due(entry), entry.id));
            bare.collect::<BTreeSet<_>>()
        };
        for n in 0..60 {
            let held = match n % 3 {
                0 => Held::IdOnly,
                1 => Held::Pending,
                _ => Held::Body,
            };
            // One id in four comes anew in another state.
            index.insert(Entry {
                held,
                ..entry(n - n % 4, i64::from(n))
            });
            assert_eq!(index.bare, scanned(&index), "after {n} came");
        }
        for n in (0..60).step_by(8) {
            index.drop_body(&EnvelopeId::new([n; 32]));
            assert_eq!(index.bare, scanned(&index), "after {n} was dropped");
            index.remove(&EnvelopeId::new([n + 4; 32]));
            assert_eq!(index.bare, scanned(&index), "after {} was forgotten", n + 4);
        }
        for uptime in [130, 150, 1_000_000] {
            index.expire(uptime);
            assert_eq!(index.bare, scanned(&index), "at {uptime}");
        }
        assert!(index.bare.is_empty(), "nothing is known any more");
    }

    #[test]
    fn a_body_goes_when_it_ages_out_and_its_id_two_days_later() {
        let mut index = Index::default();
        index.insert(entry(1, 50));
        let id = EnvelopeId::new([1; 32]);
        assert_eq!(index.expire(150), Expired::default());
        assert_eq!(index.expire(151).bodies, [id]);
        assert_eq!(index.get(&id).map(|entry| entry.held), Some(Held::IdOnly));
        assert_eq!(index.expire(150 + GRACE), Expired::default());
        assert_eq!(index.expire(151 + GRACE).ids, [id]);
        assert_eq!(index.len(), 0);
        assert!(index.digests().is_empty());
    }

    #[test]
    fn of_a_replaceable_kind_only_the_newest_is_held() {
        let mut index = Index::default();
        let record = |n: u8, seq| Entry {
            kind: Kind::DeviceRecord,
            bucket: Bucket::Directory,
            author: DeviceId::new([9; 32]),
            seq,
            ..entry(n, 0)
        };
        assert_eq!(index.insert(record(1, 5)), None);
        assert!(index.is_replaced(&record(2, 4)));
        assert_eq!(
            index.insert(record(3, 6)),
            Some(EnvelopeId::new([1; 32])),
            "the older one is dropped"
        );
        assert_eq!(index.items(&Bucket::Directory).count(), 2, "both are known");
    }

    #[test]
    fn a_digest_depends_on_the_set_and_not_on_its_history() {
        let (mut one, mut other) = (Index::default(), Index::default());
        (1..20).for_each(|n| _ = one.insert(entry(n, 0)));
        (1..30).rev().for_each(|n| _ = other.insert(entry(n, 7)));
        assert_ne!(one.digests(), other.digests());
        (20..30).for_each(|n| _ = other.remove(&EnvelopeId::new([n; 32])));
        assert_eq!(one.digests(), other.digests());
    }

    #[test]
    fn the_author_who_takes_most_gives_way_first_and_own_envelopes_never() {
        let mut index = Index::default();
        let large = crate::limits::BODY_BYTES / 4;
        let big = |n: u8, author: u8, own| Entry {
            author: DeviceId::new([author; 32]),
            size: u32::try_from(large).unwrap(),
            own,
            ..entry(n, n.into())
        };
        (1..=3).for_each(|n| _ = index.insert(big(n, 1, true)));
        (4..=6).for_each(|n| _ = index.insert(big(n, 2, false)));
        let gone = index.shrink().bodies;
        assert_eq!(gone, [EnvelopeId::new([4; 32]), EnvelopeId::new([5; 32])]);
    }
}
