//! Who may have the part of a file on disk.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use gossamer_crypto::FileId;
use gossamer_transfer::v2::{Part, PartError};

/// Opens the part of one transfer, until it is discarded. Parts are opened on threads that nobody
/// can stop: one that comes late finds here that there is nothing to open any more.
#[derive(Debug, Clone, Default)]
pub(super) struct Berth {
    is_over: Arc<Mutex<bool>>,
}

impl Berth {
    /// Opens the part as [`Part::open`] does; `None` once it was discarded. Blocking.
    pub(super) fn open(
        &self,
        dir: &Path,
        file: FileId,
        size: u64,
    ) -> Option<Result<Part, PartError>> {
        let is_over = self.is_over.lock();
        let is_over = is_over.unwrap_or_else(PoisonError::into_inner);
        (!*is_over).then(|| Part::open(dir, file, size))
    }

    /// Removes the part, for good. Blocking.
    pub(super) fn discard(&self, dir: &Path, file: FileId) -> io::Result<()> {
        let is_over = self.is_over.lock();
        *is_over.unwrap_or_else(PoisonError::into_inner) = true;
        Part::discard(dir, file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId::new([7; 16]);

    #[test]
    fn a_part_that_was_discarded_is_not_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let berth = Berth::default();
        let late = berth.clone();
        let open = |berth: &Berth| berth.open(dir.path(), FILE, 10).map(Result::unwrap);
        drop(open(&berth).unwrap());
        drop(open(&late).unwrap());

        berth.discard(dir.path(), FILE).unwrap();

        assert!(open(&late).is_none());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
