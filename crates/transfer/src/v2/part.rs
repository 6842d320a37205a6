//! The `.part` file that a file arrives in, and the way from there to its place.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use fs4::FileExt;
use gossamer_crypto::FileId;

use super::Unwritten;
use crate::{
    placing::{Entry, Place, Verified},
    spool::{SpoolError, at, create_private_dir},
};

/// Why bytes could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// The disk has too little room.
    #[error("it needs {needed} more bytes and the disk has {free} free")]
    NoRoom {
        /// What is missing of the file.
        needed: u64,
        /// What the disk has.
        free: u64,
    },
    /// The disk said no.
    #[error(transparent)]
    Disk(#[from] SpoolError),
}

/// A file that is arriving. It stays on disk when it is dropped, to be opened again, until it is
/// published or [discarded](Self::discard).
pub struct Part {
    file: File,
    path: PathBuf,
    size: u64,
    /// Where the next write goes if nothing seeks before it.
    position: u64,
}

impl Part {
    /// Where the part of `file` is in `dir`.
    #[must_use]
    pub fn path(dir: &Path, file: FileId) -> PathBuf {
        let id: String = file.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        dir.join(format!("{id}.part"))
    }

    /// Opens the part of `file` in `dir`, or creates it, and `dir` if need be, with room for all of
    /// it. A `dir` on the file system of the downloads folder spares a copy at the end. Blocking.
    ///
    /// # Errors
    /// When the disk has too little room or cannot be written.
    pub fn open(dir: &Path, file: FileId, size: u64) -> Result<Self, PartError> {
        create_private_dir(dir).map_err(at(dir))?;
        let path = Self::path(dir, file);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let part = Self {
            file: options.open(&path).map_err(at(&path))?,
            path,
            size,
            position: 0,
        };
        if let Err(error) = part.reserve(dir) {
            part.remove_if_empty();
            return Err(error);
        }
        Ok(part)
    }

    /// Removes what arrived of `file` in `dir`, if anything did. Blocking.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub fn discard(dir: &Path, file: FileId) -> io::Result<()> {
        match fs::remove_file(Self::path(dir, file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes bytes at an offset.
    pub(super) fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), PartError> {
        self.try_write_at(offset, bytes).map_err(at(&self.path))?;
        Ok(())
    }

    /// Syncs what was written, and puts the file into `dir` under `name` or the first free name
    /// like it, each of which `intend` writes down before. The part stays when that fails.
    pub(super) fn publish(
        self,
        dir: &Path,
        name: &str,
        intend: impl FnMut(&Place) -> Result<(), Unwritten>,
    ) -> Result<PathBuf, PartError> {
        let path = self.path;
        let mut entry = Entry::new(path.clone());
        entry.kept = true;
        let synced = self.file.set_len(self.size);
        let synced = synced.and_then(|()| Verified::sync(self.file, entry));
        let mut verified = synced.map_err(at(&path))?;
        Ok(verified.publish(dir, name, intend)?)
    }

    fn reserve(&self, dir: &Path) -> Result<(), PartError> {
        let held = self.file.allocated_size().map_err(at(&self.path))?;
        let needed = self.size.saturating_sub(held);
        // A file system that cannot tell its room is tried.
        if let Ok(free) = fs4::available_space(dir)
            && free < needed
        {
            return Err(PartError::NoRoom { needed, free });
        }
        // A file system that sets no room aside lets the file grow as it comes. Its length is left
        // alone until then: some fill what is new with zeros first.
        let _ = self.file.allocate(self.size);
        Ok(())
    }

    fn remove_if_empty(self) {
        let is_empty = self.file.allocated_size().is_ok_and(|size| size == 0);
        let path = self.path;
        drop(self.file);
        if is_empty {
            // It costs nothing; the next try opens it again.
            let _ = fs::remove_file(path);
        }
    }

    fn try_write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if self.position != offset {
            self.file.seek(SeekFrom::Start(offset))?;
        }
        // Unknown until all is written.
        self.position = u64::MAX;
        self.file.write_all(bytes)?;
        self.position = offset.saturating_add(bytes.len() as u64);
        Ok(())
    }
}

/// Without the path.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const FILE: FileId = FileId::new([0xab; 16]);

    #[test]
    fn a_part_outlives_its_handle_and_is_published_once() {
        let dir = TempDir::new().unwrap();
        let (spool, downloads) = (dir.path().join("spool"), dir.path().join("downloads"));
        let mut part = Part::open(&spool, FILE, 10).unwrap();
        part.write_at(5, b"world").unwrap();
        drop(part);
        let mut part = Part::open(&spool, FILE, 10).unwrap();
        part.write_at(0, b"hello").unwrap();
        let path = part.publish(&downloads, "a.txt", |_| Ok(())).unwrap();
        assert_eq!(path, downloads.join("a.txt"));
        assert_eq!(fs::read(path).unwrap(), b"helloworld");
        assert_eq!(fs::read_dir(spool).unwrap().count(), 0);
    }

    #[test]
    fn a_part_that_has_no_place_stays() {
        let dir = TempDir::new().unwrap();
        let spool = dir.path().join("spool");
        let mut part = Part::open(&spool, FILE, 5).unwrap();
        part.write_at(0, b"hello").unwrap();
        let in_the_way = dir.path().join("downloads");
        fs::write(&in_the_way, b"").unwrap();
        part.publish(&in_the_way, "a.txt", |_| Ok(())).unwrap_err();
        assert_eq!(fs::read(Part::path(&spool, FILE)).unwrap(), b"hello");
        Part::discard(&spool, FILE).unwrap();
        Part::discard(&spool, FILE).unwrap();
        assert_eq!(fs::read_dir(spool).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_the_disk_has_no_room_for_is_refused_and_leaves_nothing() {
        let dir = TempDir::new().unwrap();
        let refused = Part::open(dir.path(), FILE, u64::MAX >> 1).unwrap_err();
        assert!(matches!(refused, PartError::NoRoom { .. }));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
