//! A file on its way to us: a worker owns its bytes on disk, so that the disk holds up nobody.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use gossamer_net::Backlog;
use gossamer_transfer::{
    placing::{Place, Verified},
    spool::{Spool, SpoolError},
    v1::{Claims, Incoming as Plan, Placement},
    v2::Unwritten,
};
use tokio::sync::{mpsc, oneshot};

use super::FileReport;
use crate::{actor::Report, api::Reason};

/// What a connection waits for after a chunk: that it is written, and room on these lanes.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) passed_on: oneshot::Sender<Vec<Backlog>>,
    pub(crate) lanes: Vec<Backlog>,
}

impl Gate {
    pub(crate) fn open(self) {
        let _ = self.passed_on.send(self.lanes);
    }
}

/// One file, seen from the actor.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) claims: Claims,
    pub(crate) accepted: bool,
    /// Every chunk has arrived.
    pub(crate) whole: bool,
    /// When a chunk last came, on the monotonic clock.
    pub(crate) heard: Duration,
    bytes: Arc<AtomicU64>,
    work: mpsc::UnboundedSender<Work>,
}

/// What the worker is asked. Chunks are bounded by their connections, each of which waits.
#[derive(Debug)]
enum Work {
    Chunk {
        index: u64,
        data: Vec<u8>,
        gate: Gate,
    },
    Finish {
        downloads: PathBuf,
        name: String,
    },
    Keep,
}

impl Incoming {
    /// Starts the worker over a new spool, or over one that was whole when the node last stopped.
    pub(crate) fn begin(
        transfer: String,
        claims: Claims,
        spool: Spool,
        whole: bool,
        now: Duration,
        reports: mpsc::Sender<Report>,
    ) -> Self {
        let (work, queue) = mpsc::unbounded_channel();
        let bytes = Arc::new(AtomicU64::new(if whole { claims.size() } else { 0 }));
        let plan = Plan::begin(claims);
        let worker = Worker {
            transfer,
            plan,
            bytes_here: Bytes::Arriving(spool),
            whole,
            bytes: Arc::clone(&bytes),
            queue,
            reports,
        };
        tokio::task::spawn_blocking(move || worker.run());
        Self {
            claims,
            accepted: false,
            whole,
            heard: now,
            bytes,
            work,
        }
    }

    pub(crate) fn chunk(&mut self, index: u64, data: Vec<u8>, gate: Gate, now: Duration) {
        self.heard = now;
        let _ = self.work.send(Work::Chunk { index, data, gate });
    }

    /// Checks the whole file and puts it into the downloads folder.
    pub(crate) fn finish(&self, downloads: PathBuf, name: String) {
        let _ = self.work.send(Work::Finish { downloads, name });
    }

    /// Leaves the bytes on disk when the node stops. Without this, dropping discards them.
    pub(crate) fn keep(&self) {
        let _ = self.work.send(Work::Keep);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

struct Worker {
    transfer: String,
    plan: Plan,
    bytes_here: Bytes,
    whole: bool,
    bytes: Arc<AtomicU64>,
    queue: mpsc::UnboundedReceiver<Work>,
    reports: mpsc::Sender<Report>,
}

/// The bytes on disk. They are removed when this is dropped, unless kept or published.
enum Bytes {
    Arriving(Spool),
    Checked(Verified),
    Gone,
}

impl Worker {
    /// Works until there is nothing left to do; the bytes go with it.
    fn run(mut self) {
        while let Some(work) = self.queue.blocking_recv() {
            match work {
                Work::Chunk { index, data, gate } => {
                    let written = self.chunk(index, &data);
                    gate.open();
                    if let Err(error) = written {
                        return self.finished(Err(Failure::of(&error, false)));
                    }
                }
                Work::Finish { downloads, name } => {
                    let published = self.publish(&downloads, &name);
                    let over = !published.as_ref().is_err_and(|failure| failure.kept);
                    self.finished(published);
                    if over {
                        return;
                    }
                }
                Work::Keep => match &mut self.bytes_here {
                    Bytes::Arriving(spool) => spool.keep(),
                    Bytes::Checked(verified) => verified.keep(),
                    Bytes::Gone => {}
                },
            }
        }
    }

    fn chunk(&mut self, index: u64, data: &[u8]) -> Result<(), SpoolError> {
        let Bytes::Arriving(spool) = &mut self.bytes_here else {
            return Ok(());
        };
        // A chunk that cannot belong to the file is dropped; the right one may still come.
        if let Ok(Placement::At(offset)) = self.plan.accept_chunk(index, data.len()) {
            spool.write_at(offset, data)?;
            self.bytes.store(self.plan.bytes(), Ordering::Relaxed);
        }
        if !self.whole && self.plan.is_complete() {
            self.whole = true;
            self.tell(FileReport::Whole {
                transfer: self.transfer.clone(),
            });
        }
        Ok(())
    }

    /// Checks the bytes, once, and puts them in their place. When only the place is at fault, they
    /// stay for another try.
    fn publish(&mut self, downloads: &Path, name: &str) -> Result<PathBuf, Failure> {
        let claims = *self.plan.claims();
        let mut verified = match std::mem::replace(&mut self.bytes_here, Bytes::Gone) {
            Bytes::Arriving(spool) => spool
                .verify(claims.size(), claims.sha256())
                .map_err(|error| Failure::of(&error, false))?,
            Bytes::Checked(verified) => verified,
            Bytes::Gone => {
                return Err(Failure {
                    reason: Reason::Over,
                    kept: false,
                });
            }
        };
        let published = verified.publish(downloads, name, |place| self.intend(place));
        if published.is_err() {
            self.bytes_here = Bytes::Checked(verified);
        }
        published.map_err(|error| Failure::of(&error, true))
    }

    /// Has a place written down.
    fn intend(&self, place: &Place) -> Result<(), Unwritten> {
        let (noted, answer) = oneshot::channel();
        self.tell(FileReport::Placing {
            transfer: self.transfer.clone(),
            place: place.clone(),
            noted,
        });
        answer.blocking_recv().unwrap_or(Err(Unwritten))
    }

    fn finished(&self, published: Result<PathBuf, Failure>) {
        let transfer = self.transfer.clone();
        self.tell(FileReport::Finished {
            transfer,
            published,
        });
    }

    fn tell(&self, report: FileReport) {
        let _ = self.reports.blocking_send(Report::File(report));
    }
}

/// Why a file is not in its place.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What happened, what is kept, what to do.
    pub(crate) reason: Reason,
    /// Whether all of it is still here, for another try.
    pub(crate) kept: bool,
}

impl Failure {
    pub(crate) fn of(error: &SpoolError, kept: bool) -> Self {
        let reason = match error {
            SpoolError::Mismatch => Reason::Damaged,
            SpoolError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Reason::DiskFull { kept }
            }
            SpoolError::Io { path, source } => Reason::Unwritable {
                path: path.display().to_string(),
                error: source.to_string(),
                kept,
            },
            SpoolError::Unwritten(_) => Reason::Unwritten { kept },
            SpoolError::NoFreeName(path) => Reason::NoFreeName {
                path: path.display().to_string(),
                kept,
            },
        };
        Self { reason, kept }
    }
}
