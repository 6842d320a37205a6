//! What is kept in memory only: of each device, what it said of its links last.

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_wire::v2::{Bucket, BucketDigest};

use super::{
    by_id::{ById, Secret},
    index::{Entry, half},
};

/// The bucket _topology_. Its envelopes replace each other all the time, so little is noted of
/// them.
#[derive(Debug, Default)]
pub(crate) struct Fleeting {
    entries: ById<EnvelopeId, Entry>,
    last: ById<DeviceId, EnvelopeId>,
    sum: u128,
    /// Nothing ends before this.
    ends: i64,
}

impl Fleeting {
    pub(crate) fn new(secret: Secret) -> Self {
        Self {
            entries: ById::with_hasher(secret),
            last: ById::with_hasher(secret),
            sum: 0,
            ends: i64::MAX,
        }
    }

    pub(crate) fn get(&self, id: &EnvelopeId) -> Option<&Entry> {
        self.entries.get(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether something newer of its author is known.
    pub(crate) fn is_replaced(&self, entry: &Entry) -> bool {
        let last = self.last.get(&entry.author);
        let last = last.and_then(|last| self.entries.get(last));
        last.is_some_and(|last| (last.seq, last.id) > (entry.seq, entry.id))
    }

    /// Takes the newest of an author. Returns what it replaces.
    pub(crate) fn insert(&mut self, entry: Entry) -> Option<EnvelopeId> {
        self.ends = self.ends.min(entry.ends());
        self.sum = self.sum.wrapping_add(half(&entry.id));
        let old = self.last.insert(entry.author, entry.id);
        if let Some(old) = old {
            self.entries.remove(&old);
            self.sum = self.sum.wrapping_sub(half(&old));
        }
        self.entries.insert(entry.id, entry);
        old
    }

    pub(crate) fn remove(&mut self, id: &EnvelopeId) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        self.last.remove(&entry.author);
        self.sum = self.sum.wrapping_sub(half(id));
        Some(entry)
    }

    /// Takes out what has aged out at `uptime`: ids and their authors.
    pub(crate) fn expire(&mut self, uptime: i64) -> Vec<(EnvelopeId, DeviceId)> {
        if self.ends >= uptime {
            return Vec::new();
        }
        let ended = self.entries.values().filter(|entry| entry.ends() < uptime);
        let mut ended: Vec<_> = ended.map(|entry| (entry.id, entry.author)).collect();
        ended.sort_unstable();
        for (id, _) in &ended {
            self.remove(id);
        }
        self.ends = self
            .entries
            .values()
            .map(Entry::ends)
            .min()
            .unwrap_or(i64::MAX);
        ended
    }

    /// All ids with their `created`, in the order of reconciliation.
    pub(crate) fn items(&self) -> Vec<(u64, EnvelopeId)> {
        let items = self.entries.values().map(|entry| (entry.created, entry.id));
        let mut items: Vec<_> = items.collect();
        items.sort_unstable();
        items
    }

    /// The digest, unless there is nothing.
    pub(crate) fn digest(&self) -> Option<BucketDigest> {
        (self.len() > 0).then_some(BucketDigest {
            bucket: Bucket::Topology,
            count: self.len() as u64,
            sum: self.sum,
        })
    }
}
