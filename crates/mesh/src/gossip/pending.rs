//! Envelopes on their way to disk: docs/protocol-v2.md 6.3.

use std::collections::{BTreeMap, BTreeSet};

use gossamer_crypto::EnvelopeId;

use super::LinkId;
use crate::limits;

/// What is being written, and to whom STORED is owed once it is.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    envelopes: BTreeMap<EnvelopeId, Writing>,
    bytes: u64,
}

#[derive(Debug, Default)]
struct Writing {
    size: u64,
    owed: BTreeSet<LinkId>,
}

impl Pending {
    /// Whether the disk is so far behind that nothing more is taken.
    pub(crate) fn is_full(&self) -> bool {
        self.len() >= limits::PENDING || self.bytes >= limits::PENDING_ENVELOPE_BYTES
    }

    pub(crate) fn len(&self) -> usize {
        self.envelopes.len()
    }

    /// An envelope goes to disk.
    pub(crate) fn insert(&mut self, id: EnvelopeId, size: u32, owed: BTreeSet<LinkId>) {
        self.remove(&id);
        let size = size.into();
        self.bytes += size;
        self.envelopes.insert(id, Writing { size, owed });
    }

    /// It is there, or will never be. Returns to whom that is owed.
    pub(crate) fn remove(&mut self, id: &EnvelopeId) -> BTreeSet<LinkId> {
        let Writing { size, owed } = self.envelopes.remove(id).unwrap_or_default();
        self.bytes = self.bytes.saturating_sub(size);
        owed
    }

    /// STORED is owed to one more.
    pub(crate) fn owe(&mut self, id: EnvelopeId, link: LinkId) {
        self.envelopes.entry(id).or_default().owed.insert(link);
    }

    /// A link is gone: nothing is owed to it.
    pub(crate) fn forget(&mut self, link: LinkId) {
        for writing in self.envelopes.values_mut() {
            writing.owed.remove(&link);
        }
    }
}
