//! The file that arriving bytes are kept in.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{
    placing::{Entry, Verified},
    v2::Unwritten,
};

const BUFFER: usize = 64 << 10;

/// Why a file could not be kept, checked or put in its place.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The disk said no; `source.kind()` tells a full one from others.
    #[error("{} cannot be written: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The bytes are not those the sender promised.
    #[error("the bytes that arrived are not those of the file that was sent")]
    Mismatch,
    /// Every name from `name` to `name_9999` is taken.
    #[error("no free name is left in {}", .0.display())]
    NoFreeName(PathBuf),
    /// A name that the file is about to get could not be written down.
    #[error("where the file goes could not be written down")]
    Unwritten(#[from] Unwritten),
}

/// A file that is arriving: readable by its owner only, removed when dropped unless it was
/// [kept](Self::keep) or published.
#[derive(Debug)]
pub struct Spool {
    // Closed before the entry goes: Windows removes nothing that is open.
    file: File,
    entry: Entry,
    /// Where the next write goes if nothing seeks before it.
    position: u64,
    /// Over the first `hashed` bytes.
    hash: Sha256,
    hashed: u64,
}

impl Spool {
    /// Creates `id` in `dir`, and `dir` if need be. The id is one of ours: letters, digits and
    /// hyphens.
    ///
    /// # Errors
    /// When it cannot be created, or is there already.
    pub fn create(dir: &Path, id: &str) -> Result<Self, SpoolError> {
        let path = dir.join(id);
        if !is_plain(id) {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "not an id of ours");
            return Err(SpoolError::Io { path, source });
        }
        create_private_dir(dir).map_err(at(dir))?;
        let file = create_private_file(&path).map_err(at(&path))?;
        Ok(Self::over(path, file))
    }

    /// Opens a spool that was [kept](Self::keep) earlier.
    ///
    /// # Errors
    /// When it is gone or cannot be read and written.
    pub fn reopen(path: &Path) -> Result<Self, SpoolError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(at(path))?;
        Ok(Self::over(path.to_owned(), file))
    }

    fn over(path: PathBuf, file: File) -> Self {
        Self {
            file,
            entry: Entry::new(path),
            position: 0,
            hash: Sha256::new(),
            hashed: 0,
        }
    }

    /// Where the bytes are.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.entry.path
    }

    /// Writes bytes at an offset. No byte may be written twice: what arrives in order is hashed
    /// on the way.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), SpoolError> {
        self.try_write_at(offset, bytes)
            .map_err(at(&self.entry.path))
    }

    fn try_write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if self.position != offset {
            self.file.seek(SeekFrom::Start(offset))?;
        }
        // Unknown until all is written.
        self.position = u64::MAX;
        self.file.write_all(bytes)?;
        self.position = offset + bytes.len() as u64;
        if self.hashed == offset {
            self.hash.update(bytes);
            self.hashed = self.position;
        }
        Ok(())
    }

    /// Leaves the file on disk when this is dropped, to be [reopened](Self::reopen).
    pub fn keep(&mut self) {
        self.entry.kept = true;
    }

    /// Checks size and SHA-256 of the whole, reading what did not arrive in order, and syncs it
    /// to disk. The file is removed when it is not what was promised.
    ///
    /// # Errors
    /// When it is not, or when the disk says no.
    pub fn verify(mut self, size: u64, sha256: &[u8; 32]) -> Result<Verified, SpoolError> {
        let path = self.entry.path.clone();
        self.hash_rest().map_err(at(&path))?;
        let hash: [u8; 32] = self.hash.finalize().into();
        if self.hashed != size || hash != *sha256 {
            return Err(SpoolError::Mismatch);
        }
        Verified::sync(self.file, self.entry).map_err(at(&path))
    }

    fn hash_rest(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.hashed))?;
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = self.file.read(&mut buffer)?;
            if read == 0 {
                return Ok(());
            }
            self.hash.update(buffer.get(..read).unwrap_or_default());
            self.hashed += read as u64;
        }
    }
}

fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
}

pub(crate) fn create_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

pub(crate) fn create_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

pub(crate) fn at(path: &Path) -> impl Fn(io::Error) -> SpoolError {
    let path = path.to_owned();
    move |source| SpoolError::Io {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn spool_of(dir: &TempDir, id: &str, bytes: &[u8]) -> Spool {
        let mut spool = Spool::create(&dir.path().join("spool"), id).unwrap();
        spool.write_at(0, bytes).unwrap();
        spool
    }

    fn hash_of(bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }

    #[test]
    fn bytes_in_order_are_hashed_on_the_way() {
        let dir = TempDir::new().unwrap();
        let mut spool = spool_of(&dir, "a", b"hello ");
        spool.write_at(6, b"world").unwrap();
        assert_eq!(spool.hashed, 11);
        spool.verify(11, &hash_of(b"hello world")).unwrap();
    }

    #[test]
    fn bytes_out_of_order_make_the_same_file() {
        let dir = TempDir::new().unwrap();
        let mut spool = Spool::create(dir.path(), "a").unwrap();
        spool.write_at(200_000, b"end").unwrap();
        spool.write_at(100_000, &[2; 100_000]).unwrap();
        spool.write_at(0, &[1; 100_000]).unwrap();
        let whole = [&[1; 100_000][..], &[2; 100_000], b"end"].concat();
        let mut file = spool.verify(200_003, &hash_of(&whole)).unwrap();
        let path = file
            .publish(&dir.path().join("downloads"), "a.bin", |_| Ok(()))
            .unwrap();
        assert_eq!(fs::read(path).unwrap(), whole);
    }

    #[test]
    fn other_bytes_than_promised_are_removed() {
        let dir = TempDir::new().unwrap();
        for (id, size, promised) in [("a", 5, "hellO"), ("b", 6, "hello"), ("c", 4, "hell")] {
            let spool = spool_of(&dir, id, b"hello");
            let path = spool.path().to_owned();
            let error = spool
                .verify(size, &hash_of(promised.as_bytes()))
                .unwrap_err();
            assert!(matches!(error, SpoolError::Mismatch));
            assert!(!path.exists());
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_can_read_a_spool() {
        use std::os::unix::fs::PermissionsExt;
        let dir = TempDir::new().unwrap();
        let spool = spool_of(&dir, "a", b"hello");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(spool.path()), 0o600);
        assert_eq!(mode(&dir.path().join("spool")), 0o700);
    }

    #[test]
    fn a_dropped_spool_is_gone_and_a_kept_one_can_be_reopened() {
        let dir = TempDir::new().unwrap();
        let dropped = spool_of(&dir, "a", b"hello").path().to_owned();
        assert!(!dropped.exists());

        let mut kept = spool_of(&dir, "b", b"hello");
        kept.keep();
        let path = kept.path().to_owned();
        drop(kept);
        Spool::reopen(&path)
            .unwrap()
            .verify(5, &hash_of(b"hello"))
            .unwrap();
    }

    #[test]
    fn only_ids_of_ours_name_a_spool() {
        let dir = TempDir::new().unwrap();
        for id in ["", "..", "../a", "a/b", "a.txt", "ä"] {
            Spool::create(dir.path(), id).unwrap_err();
        }
        let taken = spool_of(&dir, "a", b"");
        Spool::create(taken.path().parent().unwrap(), "a").unwrap_err();
    }
}
