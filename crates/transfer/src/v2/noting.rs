//! When what arrived is synced and noted: now and then, beside the thread that writes, so that the
//! network does not wait for the disk.

use std::{
    fs::File,
    io, mem,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{ChunkHash, arrived::Fresh, notes::Notes};

/// What a death may cost: this much has to come again, or as much as comes in [`TIME`], or as comes
/// while the disk is busy with what came before.
const BYTES: u64 = 64 << 20;
/// See [`BYTES`]. A sync for each chunk would be slower than most disks.
const TIME: Duration = Duration::from_secs(1);

/// What has arrived in a part and is not noted yet.
#[derive(Debug)]
pub(super) struct Noting {
    fresh: Fresh,
    bytes: u64,
    since: Instant,
    notes: Where,
}

#[derive(Debug)]
enum Where {
    Here(Notes),
    /// On a thread of their own, which takes more whenever it is idle.
    Beside {
        work: SyncSender<Fresh>,
        thread: JoinHandle<io::Result<Option<Notes>>>,
    },
    /// They could not be written. The file goes on all the same.
    GivenUp,
}

impl Noting {
    pub(super) fn new(notes: Notes) -> Self {
        Self {
            fresh: Fresh::default(),
            bytes: 0,
            since: Instant::now(),
            notes: Where::Here(notes),
        }
    }

    /// A chunk was written, of so many bytes.
    pub(super) fn add(&mut self, index: u32, mut listed: Vec<ChunkHash>, bytes: usize) {
        if matches!(self.notes, Where::GivenUp) {
            return;
        }
        self.fresh.hashes.append(&mut listed);
        self.fresh.held.insert(index.into());
        self.bytes += bytes as u64;
    }

    /// Has what is fresh synced and noted, if it is time and nothing is being synced.
    ///
    /// # Errors
    /// When an earlier sync failed.
    pub(super) fn note_if_due(&mut self, part: &File) -> io::Result<()> {
        if self.bytes < BYTES && self.since.elapsed() < TIME {
            return Ok(());
        }
        self.move_beside(part)?;
        let Where::Beside { work, .. } = &self.notes else {
            return Ok(());
        };
        match work.try_send(mem::take(&mut self.fresh)) {
            Ok(()) => (self.bytes, self.since) = (0, Instant::now()),
            Err(TrySendError::Full(fresh)) => self.fresh = fresh,
            Err(TrySendError::Disconnected(_)) => self.wait()?,
        }
        Ok(())
    }

    /// Syncs and notes everything.
    ///
    /// # Errors
    /// When a sync failed, now or earlier.
    pub(super) fn note(&mut self, part: &File) -> io::Result<()> {
        self.wait()?;
        if !self.fresh.is_empty() {
            part.sync_data()?;
            self.note_synced();
        }
        Ok(())
    }

    /// Notes everything, which has been synced.
    pub(super) fn note_synced(&mut self) {
        if let Where::Here(notes) = &mut self.notes {
            let noted = notes.add(&self.fresh);
            (self.fresh, self.bytes) = (Fresh::default(), 0);
            if noted.is_err() {
                // What is not noted comes again.
                self.notes = Where::GivenUp;
            }
        }
    }

    /// Waits for what is being synced.
    ///
    /// # Errors
    /// When a sync failed. The system says so only once, and the bytes may be lost.
    pub(super) fn wait(&mut self) -> io::Result<()> {
        match mem::replace(&mut self.notes, Where::GivenUp) {
            Where::Here(notes) => self.notes = Where::Here(notes),
            Where::Beside { work, thread } => {
                drop(work);
                let noted = thread
                    .join()
                    .map_err(|_| io::Error::other("a thread died"))??;
                self.notes = noted.map_or(Where::GivenUp, Where::Here);
            }
            Where::GivenUp => {}
        }
        Ok(())
    }

    fn move_beside(&mut self, part: &File) -> io::Result<()> {
        if !matches!(self.notes, Where::Here(_)) {
            return Ok(());
        }
        let part = part.try_clone()?;
        if let Where::Here(notes) = mem::replace(&mut self.notes, Where::GivenUp) {
            let (work, to_do) = sync_channel(0);
            let thread = thread::Builder::new().name("notes".to_owned());
            let thread = thread.spawn(move || note_all(&to_do, &part, notes))?;
            self.notes = Where::Beside { work, thread };
        }
        Ok(())
    }
}

/// Syncs and notes what comes, until no more does. `None` when the notes could not be written.
fn note_all(work: &Receiver<Fresh>, part: &File, mut notes: Notes) -> io::Result<Option<Notes>> {
    for fresh in work {
        part.sync_data()?;
        if notes.add(&fresh).is_err() {
            return Ok(None);
        }
    }
    Ok(Some(notes))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use gossamer_crypto::FileId;

    use super::*;
    use crate::v2::{CHUNK, Plan};

    const FILE: FileId = FileId::new([7; 16]);

    fn plan() -> Plan {
        Plan::new(3 * CHUNK).unwrap()
    }

    fn begun(path: &Path) -> (File, Noting) {
        let part = File::create(path).unwrap();
        part.set_len(3 * CHUNK).unwrap();
        let (notes, _) = Notes::open(path, 3 * CHUNK, FILE, plan()).unwrap();
        (part, Noting::new(notes))
    }

    fn noted(path: &Path) -> u64 {
        Notes::look(path, FILE, &plan()).unwrap().bytes(&plan())
    }

    #[test]
    fn enough_that_came_is_noted_while_more_comes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file.part");
        let (part, mut noting) = begun(&path);
        noting.add(0, vec![[1; 32]], 1);
        noting.note_if_due(&part).unwrap();
        assert_eq!(noted(&path), 0, "a little is not worth a sync");
        for index in [1, 2] {
            noting.add(index, vec![[1; 32]], BYTES as usize);
            // Its thread may have to come first to what it does.
            while noting.bytes > 0 {
                noting.note_if_due(&part).unwrap();
            }
            noting.wait().unwrap();
            assert_eq!(noted(&path), u64::from(index + 1) * CHUNK);
        }
    }
}
