//! The `.part` file that a file arrives in, and the way from there to its place.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use fs4::FileExt;
use gossamer_crypto::FileId;

use super::{
    ChunkHash, Placed, Plan, TooLarge, Unwritten, arrived::Arrived, notes::Notes, noting::Noting,
};
use crate::{
    placing::{Entry, Place, Verified, sync_dir},
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
    /// No file has this size.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// A file that is arriving, with notes of what of it is here. It stays on disk when it is dropped, to
/// be opened again, until it is published or [discarded](Self::discard).
pub struct Part {
    file: File,
    path: PathBuf,
    plan: Plan,
    /// Where the next write goes if nothing seeks before it.
    position: u64,
    /// What was here when it was opened, until someone goes on from it.
    arrived: Arrived,
    noting: Noting,
}

impl Part {
    /// Where the part of `file` is in `dir`.
    #[must_use]
    pub fn path(dir: &Path, file: FileId) -> PathBuf {
        let id: String = file.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        dir.join(format!("{id}.part"))
    }

    /// Opens the part of `file` in `dir`, or creates it, and `dir` if need be, with room for all of
    /// it. A `dir` on the file system of the downloads folder spares a copy at the end. One that is
    /// open elsewhere is waited for. Blocking.
    ///
    /// # Errors
    /// When the disk has too little room or cannot be written.
    pub fn open(dir: &Path, file: FileId, size: u64) -> Result<Self, PartError> {
        create_private_dir(dir).map_err(at(dir))?;
        let path = Self::path(dir, file);
        let part = open_file(dir, &path).map_err(at(&path))?;
        // Whoever wrote it before may still be about to. A file system without locks has no one else
        // who opens it either.
        let _ = part.lock();
        // Before room is set aside, which may show as length.
        let len = part.metadata().map_err(at(&path))?.len();
        if let Err(error) = reserve(&part, &path, size) {
            remove_if_empty(&part, &path);
            return Err(error);
        }
        let plan = Plan::new(size)?;
        let (notes, arrived) = Notes::open(&path, len, file, plan).map_err(at(&path))?;
        Ok(Self {
            file: part,
            path,
            plan,
            position: 0,
            arrived,
            noting: Noting::new(notes),
        })
    }

    /// How many bytes of `file` are in its part in `dir`, as far as that is noted. Blocking.
    #[must_use]
    pub fn held(dir: &Path, file: FileId, size: u64) -> u64 {
        let Ok(plan) = Plan::new(size) else {
            return 0;
        };
        let arrived = Notes::look(&Self::path(dir, file), file, &plan);
        arrived.map_or(0, |arrived| arrived.bytes(&plan))
    }

    /// How many bytes of the disk are set aside for `file` in `dir`. Blocking.
    #[must_use]
    pub fn room(dir: &Path, file: FileId) -> u64 {
        let part = File::open(Self::path(dir, file));
        part.and_then(|part| part.allocated_size()).unwrap_or(0)
    }

    /// Removes what arrived of `file` in `dir`, if anything did. Blocking.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub fn discard(dir: &Path, file: FileId) -> io::Result<()> {
        Self::remove(&Self::path(dir, file))
    }

    /// Removes a part and its notes by its [path](Self::path), if they are there. Blocking.
    ///
    /// # Errors
    /// When they are there and cannot be removed.
    pub fn remove(path: &Path) -> io::Result<()> {
        // Notes without a part say nothing; a part without notes has nothing.
        Notes::remove(path)?;
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// How the file is cut into chunks.
    pub(super) fn plan(&self) -> Plan {
        self.plan
    }

    /// What was here when it was opened; nothing when asked again.
    pub(super) fn take_arrived(&mut self) -> Arrived {
        std::mem::take(&mut self.arrived)
    }

    /// Writes the bytes of a chunk that was checked, and notes it before long. `listed` are the hashes
    /// that were listed since the last one.
    pub(super) fn keep(
        &mut self,
        placed: &Placed,
        listed: Vec<ChunkHash>,
        bytes: &[u8],
    ) -> Result<(), PartError> {
        self.write_at(placed.offset, bytes)
            .map_err(at(&self.path))?;
        self.noting.add(placed.index, listed, bytes.len());
        self.noting
            .note_if_due(&self.file)
            .map_err(at(&self.path))?;
        Ok(())
    }

    /// Syncs and notes what is not yet.
    pub(super) fn note(&mut self) -> Result<(), PartError> {
        self.noting.note(&self.file).map_err(at(&self.path))?;
        Ok(())
    }

    /// Syncs what was written, and puts the file into `dir` under `name` or the first free name
    /// like it, each of which `intend` writes down before. The part stays when that fails.
    pub(super) fn publish(
        mut self,
        dir: &Path,
        name: &str,
        intend: impl FnMut(&Place) -> Result<(), Unwritten>,
    ) -> Result<PathBuf, PartError> {
        let path = self.path;
        self.noting.wait().map_err(at(&path))?;
        let mut entry = Entry::new(path.clone());
        entry.kept = true;
        let synced = self.file.set_len(self.plan.size());
        let synced = synced.and_then(|()| Verified::sync(self.file, entry));
        let mut verified = synced.map_err(at(&path))?;
        let published = verified.publish(dir, name, intend);
        if published.is_ok() {
            // What is left of them goes at the next start.
            let _ = Notes::remove(&path);
        } else {
            self.noting.note_synced();
        }
        Ok(published?)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
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

/// Sets room aside for all of a file.
fn reserve(part: &File, path: &Path, size: u64) -> Result<(), PartError> {
    let held = part.allocated_size().map_err(at(path))?;
    let needed = size.saturating_sub(held);
    // A file system that cannot tell its room is tried.
    if let Ok(free) = fs4::available_space(path)
        && free < needed
    {
        return Err(PartError::NoRoom { needed, free });
    }
    // A file system that sets no room aside lets the file grow as it comes. Its length is left
    // alone until then: some fill what is new with zeros first.
    let _ = part.allocate(size);
    Ok(())
}

fn remove_if_empty(part: &File, path: &Path) {
    if part.allocated_size().is_ok_and(|size| size == 0) {
        // It costs nothing; the next try opens it again.
        let _ = Part::remove(path);
    }
}

/// Opens the file of a part, or creates it. A new one has no notes yet, whatever is there under their
/// name.
fn open_file(dir: &Path, path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        opened => return opened,
    }
    if Notes::path(path).exists() {
        Notes::remove(path)?;
        sync_dir(dir)?;
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.create(true).truncate(false).open(path)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::v2::CHUNK;

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

    /// A file of three chunks.
    const SIZE: u64 = 2 * CHUNK + 5;

    fn opened(dir: &TempDir) -> Part {
        Part::open(dir.path(), FILE, SIZE).unwrap()
    }

    /// Keeps a chunk of these bytes; its hash is the first that was not listed yet.
    fn keep(part: &mut Part, index: u32, byte: u8) {
        let (offset, len) = part.plan().place(index).unwrap();
        let hash = [byte; 32];
        let placed = Placed {
            index,
            offset,
            hash,
        };
        part.keep(&placed, vec![hash], &vec![byte; len]).unwrap();
    }

    #[test]
    fn what_was_noted_is_there_when_a_part_is_opened_again() {
        let dir = TempDir::new().unwrap();
        let mut part = opened(&dir);
        assert_eq!(part.take_arrived(), Arrived::default());
        keep(&mut part, 0, 1);
        part.note().unwrap();
        drop(part);
        assert_eq!(Part::held(dir.path(), FILE, SIZE), CHUNK);
        let mut part = opened(&dir);
        let arrived = part.take_arrived();
        assert!(arrived.held.iter().eq(Some(0..1)));
        assert_eq!(arrived.list.get(0), Some(&[1; 32]));
        keep(&mut part, 1, 2);
        part.note().unwrap();
        drop(part);
        assert_eq!(Part::held(dir.path(), FILE, SIZE), 2 * CHUNK);
    }

    #[test]
    fn what_was_not_noted_is_not_said_to_be_there() {
        let dir = TempDir::new().unwrap();
        let mut part = opened(&dir);
        keep(&mut part, 0, 1);
        drop(part);
        assert_eq!(opened(&dir).take_arrived(), Arrived::default());
    }

    #[test]
    fn a_part_that_is_open_is_waited_for() {
        let dir = TempDir::new().unwrap();
        let mut part = opened(&dir);
        std::thread::scope(|scope| {
            let later = scope.spawn(|| opened(&dir).take_arrived());
            keep(&mut part, 0, 1);
            part.note().unwrap();
            drop(part);
            let arrived = later.join().unwrap();
            // Whichever of the two was first to open it.
            assert!(arrived.held.iter().eq(Some(0..1)));
        });
    }

    #[test]
    fn notes_of_a_part_that_is_gone_or_was_cut_short_count_for_nothing() {
        let dir = TempDir::new().unwrap();
        let path = Part::path(dir.path(), FILE);
        let begun = || {
            let mut part = opened(&dir);
            part.take_arrived();
            keep(&mut part, 0, 1);
            part.note().unwrap();
        };
        begun();
        fs::remove_file(&path).unwrap();
        assert_eq!(opened(&dir).take_arrived(), Arrived::default());
        begun();
        File::create(&path).unwrap().set_len(CHUNK - 1).unwrap();
        assert_eq!(opened(&dir).take_arrived(), Arrived::default());
        assert_eq!(Part::held(dir.path(), FILE, SIZE), 0);
    }

    #[test]
    fn a_part_that_has_its_place_leaves_no_notes_and_one_without_keeps_them() {
        let dir = TempDir::new().unwrap();
        let (spool, downloads) = (dir.path().join("spool"), dir.path().join("downloads"));
        let whole = || {
            let mut part = Part::open(&spool, FILE, SIZE).unwrap();
            let missing = 3 - part.take_arrived().list.len();
            (3 - missing..3).for_each(|index| keep(&mut part, index, 1));
            part.note().unwrap();
            part
        };
        fs::write(&downloads, b"in the way").unwrap();
        whole().publish(&downloads, "a", |_| Ok(())).unwrap_err();
        assert_eq!(Part::held(&spool, FILE, SIZE), SIZE);
        fs::remove_file(&downloads).unwrap();
        let path = whole().publish(&downloads, "a", |_| Ok(())).unwrap();
        assert_eq!(fs::read(path).unwrap(), vec![1; SIZE as usize]);
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
