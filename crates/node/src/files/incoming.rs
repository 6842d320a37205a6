//! A file on its way to us: a worker owns its bytes on disk, so that the disk holds up nobody.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use gossamer_net::Backlog;
use gossamer_transfer::{
    spool::{Spool, SpoolError},
    v1::{Claims, Incoming as Plan, Placement},
};
use tokio::sync::{mpsc, oneshot};

use super::FileReport;
use crate::actor::Report;

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
            spool,
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
    spool: Spool,
    whole: bool,
    bytes: Arc<AtomicU64>,
    queue: mpsc::UnboundedReceiver<Work>,
    reports: mpsc::Sender<Report>,
}

impl Worker {
    /// Works until there is nothing left to do; the spool goes with it.
    fn run(mut self) {
        while let Some(work) = self.queue.blocking_recv() {
            match work {
                Work::Chunk { index, data, gate } => {
                    let written = self.chunk(index, &data);
                    gate.open();
                    if let Err(error) = written {
                        return self.ended(Err(explain(&error)));
                    }
                }
                Work::Finish { downloads, name } => return self.finish(downloads, name),
                Work::Keep => self.spool.keep(),
            }
        }
    }

    fn chunk(&mut self, index: u64, data: &[u8]) -> Result<(), SpoolError> {
        // A chunk that cannot belong to the file is dropped; the right one may still come.
        if let Ok(Placement::At(offset)) = self.plan.accept_chunk(index, data.len()) {
            self.spool.write_at(offset, data)?;
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

    fn finish(self, downloads: PathBuf, name: String) {
        let claims = *self.plan.claims();
        let Self {
            spool,
            transfer,
            reports,
            ..
        } = self;
        let published = spool
            .verify(claims.size(), claims.sha256())
            .and_then(|verified| verified.publish(&downloads, &name))
            .map_err(|error| explain(&error));
        let report = FileReport::Finished {
            transfer,
            published,
        };
        let _ = reports.blocking_send(Report::File(report));
    }

    fn ended(self, published: Result<PathBuf, String>) {
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

/// What went wrong with a file, what is kept, what to do.
fn explain(error: &SpoolError) -> String {
    match error {
        SpoolError::Mismatch => {
            "The file was damaged on the way: its SHA-256 is not the sender's. \
             Nothing was kept. Ask for it again."
                .to_owned()
        }
        SpoolError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
            "The disk is full. Free some space, then ask for the file again.".to_owned()
        }
        SpoolError::Io { .. } => {
            format!("{error}. Choose another downloads folder, then ask for the file again.")
        }
        SpoolError::NoFreeName(_) => format!("{error}. Rename or move some files, then ask again."),
    }
}
