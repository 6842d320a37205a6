//! How a whole file gets its name: without replacing anything, and so that whoever dies at any
//! instant of it can tell afterwards whether it has its name.
//!
//! 1. The bytes are synced, under a name of ours.
//! 2. A name that is free becomes a [`Place`], which the caller writes down.
//! 3. The file is linked there, in one step that fails if something else came there meanwhile.
//! 4. The folder is synced, and the name of ours goes.
//!
//! After a death between 2 and 4, [`Place::holds`] knows the file by its size and the time of its
//! last change, which no other file at that place has. Anything else there is someone else's.
//!
//! Two marks of downloaded files are not set yet: `Zone.Identifier` on Windows and
//! `com.apple.quarantine` on macOS.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Seek},
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{
    names::candidates,
    spool::{SpoolError, at, create_private_dir, create_private_file},
    v2::Unwritten,
};

/// The folder in a downloads folder for what is not a file of the user's yet.
const ARRIVING: &str = ".arriving";

/// The part of a downloads folder for what is not a file of the user's yet. It belongs to whoever
/// has this `spool`: others may have the same downloads folder.
#[must_use]
pub fn arriving(downloads: &Path, spool: &Path) -> PathBuf {
    let owner = blake3::hash(spool.as_os_str().as_encoded_bytes()).to_hex();
    let owner = owner.get(..16).unwrap_or_default();
    downloads.join(ARRIVING).join(owner)
}

/// A name that a file is about to get, and how the file is known under it.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    /// The whole path.
    pub path: PathBuf,
    /// When the bytes were changed last, where the file system tells.
    pub modified: Option<SystemTime>,
}

impl Place {
    /// Whether the file, of `size` bytes, has got this name; its folder is synced then. A name that
    /// was only reserved for it is free again afterwards. Blocking.
    #[must_use]
    pub fn holds(&self, size: u64) -> bool {
        let found = fs::symlink_metadata(&self.path);
        let Ok(found) = found
            .as_ref()
            .map(|it| (it.is_file(), it.len(), it.modified().ok()))
        else {
            return false;
        };
        if found == (true, size, self.modified) {
            // It had its chance before; a folder that is not synced by now is still no reason to
            // have the file twice.
            let _ = self.path.parent().map(sync_dir);
            return true;
        }
        if found == (true, 0, self.modified) && self.modified.is_some() {
            // See `rename`. If it stays, the file gets another name.
            let _ = fs::remove_file(&self.path);
        }
        false
    }
}

/// Without the path.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").finish_non_exhaustive()
    }
}

/// A file whose bytes are those that were promised, synced to disk under a name of ours.
#[derive(Debug)]
pub struct Verified {
    file: File,
    entry: Entry,
    /// The name that it has got, until the one of ours is gone.
    path: Option<PathBuf>,
}

impl Verified {
    /// Syncs a file whose bytes are right.
    pub(crate) fn sync(file: File, entry: Entry) -> io::Result<Self> {
        // So that it stands: some systems set it when the file is closed. One that sets none is
        // still known by its size.
        let _ = file.set_modified(SystemTime::now());
        file.sync_all()?;
        Ok(Self {
            file,
            entry,
            path: None,
        })
    }

    /// Leaves the spooled file on disk when this is dropped, to be
    /// [reopened](crate::spool::Spool::reopen).
    pub fn keep(&mut self) {
        self.entry.kept = true;
    }

    /// Puts the file into `dir` under `name`, or under the first free `name_1.ext`, and syncs
    /// the folder. Nothing that is there is replaced or followed, links included. `name` has
    /// come out of [`safe_name`](crate::names::safe_name). `intend` writes down each place before
    /// it is tried; only the last one counts.
    ///
    /// # Errors
    /// When the folder cannot be written, or `intend` says no; the file is still there then, for
    /// another try.
    pub fn publish(
        &mut self,
        dir: &Path,
        name: &str,
        mut intend: impl FnMut(&Place) -> Result<(), Unwritten>,
    ) -> Result<PathBuf, SpoolError> {
        fs::create_dir_all(dir).map_err(at(dir))?;
        let path = match self.path.take() {
            Some(path) => path,
            None => self.take(dir, name, &mut intend)?,
        };
        if let Err(error) = sync_dir(dir) {
            self.path = Some(path);
            return Err(at(dir)(error));
        }
        self.entry.kept = false;
        Ok(path)
    }

    fn take(
        &mut self,
        dir: &Path,
        name: &str,
        intend: &mut dyn FnMut(&Place) -> Result<(), Unwritten>,
    ) -> Result<PathBuf, SpoolError> {
        match first_free(&self.entry.path, dir, name, intend, link) {
            Err(SpoolError::Io { source, .. }) if can_copy_instead(&source) => {}
            taken => return taken,
        }
        let copy = self.copy(dir).map_err(at(dir))?;
        match first_free(&copy.path, dir, name, intend, link) {
            Err(SpoolError::Io { source, .. }) if can_copy_instead(&source) => {
                first_free(&copy.path, dir, name, intend, rename)
            }
            taken => taken,
        }
    }

    /// For folders on another file system, or on one without hard links.
    fn copy(&mut self, dir: &Path) -> io::Result<Entry> {
        let spool = self.entry.path.parent().unwrap_or(dir);
        // What is in the downloads folder is beside what it is copied to.
        let arriving = match spool.starts_with(dir) {
            true => spool.to_owned(),
            false => arriving(dir, spool),
        };
        create_private_dir(&arriving)?;
        let id = self.entry.path.file_stem().unwrap_or_default();
        let entry = Entry::new(arriving.join(id).with_extension("copy"));
        match fs::remove_file(&entry.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut copy = create_private_file(&entry.path)?;
        self.file.rewind()?;
        io::copy(&mut self.file, &mut copy)?;
        let _ = copy.set_modified(SystemTime::now());
        copy.sync_all()?;
        Ok(entry)
    }
}

/// A path of ours, removed when dropped unless kept.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    pub(crate) kept: bool,
}

impl Entry {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, kept: false }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if !self.kept {
            // Whoever drops it has nothing to tell an error to; the next start clears the folder.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Gives a file the first name in `dir` like `name` that nothing has.
fn first_free(
    file: &Path,
    dir: &Path,
    name: &str,
    intend: &mut dyn FnMut(&Place) -> Result<(), Unwritten>,
    take: fn(&Path, &Place) -> io::Result<()>,
) -> Result<PathBuf, SpoolError> {
    let modified = fs::symlink_metadata(file)
        .map_err(at(file))?
        .modified()
        .ok();
    let paths = candidates(name).map(|candidate| dir.join(candidate));
    // Where the system does not say, taking it will.
    for path in paths.filter(|path| fs::symlink_metadata(path).is_err()) {
        let place = Place { path, modified };
        intend(&place)?;
        match take(file, &place) {
            Ok(()) => return Ok(place.path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(at(&place.path)(error)),
        }
    }
    Err(SpoolError::NoFreeName(dir.to_owned()))
}

fn link(file: &Path, place: &Place) -> io::Result<()> {
    fs::hard_link(file, &place.path)
}

/// Moves a file to a name that is first reserved with an empty file, where links do not exist. The
/// empty one has the time of the file, so that it is known to be ours.
fn rename(file: &Path, place: &Place) -> io::Result<()> {
    let reserved = create_private_file(&place.path)?;
    if let Some(modified) = place.modified {
        let _ = reserved.set_modified(modified);
    }
    drop(reserved);
    fs::rename(file, &place.path)
}

/// Whether a hard link failed for a reason that a copy does not share.
fn can_copy_instead(error: &io::Error) -> bool {
    !matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::StorageFull | io::ErrorKind::ReadOnlyFilesystem
    )
}

/// Makes a new name in `dir` survive a power cut.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(dir)?.sync_all()
    } else {
        // Windows has no such call; NTFS journals its directories.
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tempfile::TempDir;

    use super::*;

    const BYTES: &[u8] = b"hello";
    const SIZE: u64 = BYTES.len() as u64;

    fn verified(dir: &TempDir, id: &str) -> Verified {
        let spool = dir.path().join("spool");
        create_private_dir(&spool).unwrap();
        let path = spool.join(id);
        fs::write(&path, BYTES).unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        Verified::sync(file, Entry::new(path)).unwrap()
    }

    fn publish(file: &mut Verified, dir: &Path) -> PathBuf {
        file.publish(dir, "a.txt", |_| Ok(())).unwrap()
    }

    fn names_in(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_published_file_leaves_nothing_behind() {
        let dir = TempDir::new().unwrap();
        let downloads = dir.path().join("new/downloads");
        let path = publish(&mut verified(&dir, "a"), &downloads);
        assert_eq!(path, downloads.join("a.txt"));
        assert_eq!(fs::read(&path).unwrap(), BYTES);
        assert_eq!(names_in(&downloads), ["a.txt"]);
        assert!(names_in(&dir.path().join("spool")).is_empty());
    }

    #[test]
    fn nothing_is_ever_replaced() {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("a.txt"), b"first").unwrap();
        fs::create_dir(dir.path().join("a_1.txt")).unwrap();
        let path = publish(&mut verified(&dir, "x"), dir.path());
        assert_eq!(path, dir.path().join("a_2.txt"));
        assert_eq!(fs::read(dir.path().join("a.txt")).unwrap(), b"first");
        assert_eq!(fs::read(path).unwrap(), BYTES);
    }

    #[test]
    fn what_comes_to_a_place_at_the_last_moment_keeps_it() {
        let dir = TempDir::new().unwrap();
        let mut intended = Vec::new();
        let path = verified(&dir, "x").publish(dir.path(), "a.txt", |place| {
            intended.push(place.path.clone());
            if intended.len() == 1 {
                fs::write(&place.path, b"first").unwrap();
            }
            Ok(())
        });
        assert_eq!(path.unwrap(), dir.path().join("a_1.txt"));
        let names = ["a.txt", "a_1.txt"].map(|name| dir.path().join(name));
        assert_eq!(intended, names);
        assert_eq!(fs::read(&names[0]).unwrap(), b"first");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_way_is_not_followed() {
        let dir = TempDir::new().unwrap();
        let target = dir.path().join("target");
        std::os::unix::fs::symlink(&target, dir.path().join("a.txt")).unwrap();
        let path = publish(&mut verified(&dir, "x"), dir.path());
        assert_eq!(path, dir.path().join("a_1.txt"));
        assert!(!target.exists());
    }

    #[test]
    fn a_place_that_cannot_be_written_down_is_not_taken() {
        let dir = TempDir::new().unwrap();
        let downloads = dir.path().join("downloads");
        let mut file = verified(&dir, "x");
        let refused = file.publish(&downloads, "a.txt", |_| Err(Unwritten));
        assert!(matches!(refused, Err(SpoolError::Unwritten(_))));
        assert!(names_in(&downloads).is_empty());
        assert_eq!(publish(&mut file, &downloads), downloads.join("a.txt"));
    }

    #[test]
    fn a_place_holds_the_file_only_once_it_has_its_name() {
        for take in [link, rename] {
            let dir = TempDir::new().unwrap();
            let file = verified(&dir, "x").entry;
            let mut places = Vec::new();
            let mut intend = |place: &Place| {
                assert!(!place.holds(SIZE), "nothing is there yet");
                places.push(place.clone());
                Ok(())
            };
            first_free(&file.path, dir.path(), "a.txt", &mut intend, take).unwrap();
            assert!(places[0].holds(SIZE));
            assert!(!places[0].holds(SIZE + 1));
            let later = places[0].modified.map(|it| it + Duration::from_secs(3));
            let other = Place {
                modified: later,
                ..places[0].clone()
            };
            assert!(!other.holds(SIZE), "someone else's");
            assert_eq!(fs::read(&places[0].path).unwrap(), BYTES);
        }
    }

    #[test]
    fn a_reserved_name_is_given_up_and_an_empty_file_of_others_is_not() {
        let dir = TempDir::new().unwrap();
        let place = Place {
            path: dir.path().join("a.txt"),
            modified: Some(SystemTime::now() - Duration::from_secs(60)),
        };
        let gone = dir.path().join("gone");
        rename(&gone, &place).unwrap_err();
        assert_eq!(names_in(dir.path()), ["a.txt"]);
        assert!(!place.holds(SIZE));
        assert!(names_in(dir.path()).is_empty());

        fs::write(&place.path, b"").unwrap();
        assert!(!place.holds(SIZE));
        assert_eq!(names_in(dir.path()), ["a.txt"]);
    }

    #[test]
    fn a_copy_is_made_apart_from_the_files_of_the_user() {
        let dir = TempDir::new().unwrap();
        let downloads = dir.path().join("downloads");
        let arriving = arriving(&downloads, &dir.path().join("spool"));
        fs::create_dir_all(&arriving).unwrap();
        fs::write(arriving.join("x.copy"), b"of a try that was killed").unwrap();
        let copy = verified(&dir, "x.part").copy(&downloads).unwrap();
        assert_eq!(copy.path, arriving.join("x.copy"));
        assert_eq!(fs::read(&copy.path).unwrap(), BYTES);
        let mut intend = |_: &Place| Ok(());
        let path = first_free(&copy.path, &downloads, "a.txt", &mut intend, rename).unwrap();
        assert_eq!(fs::read(path).unwrap(), BYTES);
        drop(copy);
        assert!(names_in(&arriving).is_empty());
        assert_eq!(names_in(&downloads), [ARRIVING, "a.txt"]);
    }
}
