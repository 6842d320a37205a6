//! The notes beside a part: what of it is on disk for sure, so that a later stream, or a later run,
//! asks only for the rest.
//!
//! They are a file of [records](super::arrived) that only grows. A record is written after the
//! bytes that it speaks of are synced, so that one that is found is true, whatever died when. They
//! are beside the part and not in a database since both are right or wrong together, and since a
//! large file has more notes than a database should be made to sync with everything else in it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use gossamer_crypto::FileId;

use super::{
    Plan,
    arrived::{Arrived, Fresh, longest},
};

/// The notes of one part, open to be added to.
#[derive(Debug)]
pub(super) struct Notes {
    file: File,
    of: FileId,
    plan: Plan,
    listed: u32,
    /// Where the last whole record ends.
    end: u64,
}

impl Notes {
    /// Where the notes of a part are.
    pub(super) fn path(part: &Path) -> PathBuf {
        part.with_extension("held")
    }

    /// Reads what has arrived in a part that has `len` bytes, and opens its notes, or creates them.
    /// Blocking.
    pub(super) fn open(
        part: &Path,
        len: u64,
        of: FileId,
        plan: Plan,
    ) -> io::Result<(Self, Arrived)> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(Self::path(part))?;
        let (arrived, end) = read(&mut file, len, of, &plan)?;
        // Nothing that was there may ever follow what is added now.
        file.set_len(end)?;
        let notes = Self {
            file,
            of,
            plan,
            listed: arrived.list.len(),
            end,
        };
        Ok((notes, arrived))
    }

    /// Reads what has arrived in a part, if there are notes of it. Blocking.
    pub(super) fn look(part: &Path, of: FileId, plan: &Plan) -> io::Result<Arrived> {
        let len = fs::metadata(part)?.len();
        let mut file = File::open(Self::path(part))?;
        Ok(read(&mut file, len, of, plan)?.0)
    }

    /// Removes the notes of a part, if there are any. Blocking.
    pub(super) fn remove(part: &Path) -> io::Result<()> {
        match fs::remove_file(Self::path(part)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Adds a record of what is synced, and syncs that. What could not be added may be tried again.
    pub(super) fn add(&mut self, fresh: &Fresh) -> io::Result<()> {
        if fresh.is_empty() {
            return Ok(());
        }
        let record = fresh.record(self.of, &self.plan, self.listed);
        // What a failure left of an earlier record is written over.
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&record)?;
        self.file.sync_data()?;
        self.end += record.len() as u64;
        self.listed += fresh.hashes.len() as u32;
        Ok(())
    }
}

/// What has arrived, and where its last record ends. Nothing has where the part is too short for it.
fn read(file: &mut File, len: u64, of: FileId, plan: &Plan) -> io::Result<(Arrived, u64)> {
    let mut bytes = Vec::new();
    file.take(longest(plan)).read_to_end(&mut bytes)?;
    let (arrived, end) = Arrived::read(of, plan, &bytes);
    let last = arrived.held.iter().last();
    let needed = last.map_or(0, |held| plan.bytes(&(0..held.end)));
    if len < needed {
        return Ok((Arrived::default(), 0));
    }
    Ok((arrived, end as u64))
}
