//! A count that one side raises and others look at.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Bytes of a file that have been moved. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<AtomicU64>);

impl Progress {
    /// The bytes so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn fill(&self, size: u64) {
        self.0.store(size, Ordering::Relaxed);
    }

    pub(super) fn restart(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}
