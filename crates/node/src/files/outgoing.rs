//! A file of ours on its way to every classic node that is here.
//!
//! Each recipient has a pump of its own, so that a slow one holds up nobody. What a pump has
//! handed over when its peer goes away may be lost in socket buffers; it goes on from a little
//! before, and the receiver drops what it has already.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use gossamer_mesh::classic;
use gossamer_net::Backlog;
use gossamer_transfer::v1::{CHUNK, Outgoing as Plan};
use gossamer_wire::v1::{FileChunk, FileMetadata};
use sha2::{Digest, Sha256};
use tokio::{sync::mpsc, task::AbortHandle};

use super::{FileReport, meter::Meter};
use crate::actor::Report;

/// Read from disk at once.
const BLOCK: u64 = 1 << 20;
/// More than socket buffers on both sides hold.
const REWIND: u64 = 16 << 20;
/// Between two tries with a peer that takes nothing.
const AGAIN: Duration = Duration::from_secs(5);

/// What pumps need to know of a file.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) transfer: String,
    pub(crate) file_id: String,
    pub(crate) path: PathBuf,
    pub(crate) me: gossamer_mesh::Config,
    pub(crate) sent_ms: u64,
    pub(crate) metadata: FileMetadata,
    pub(crate) plan: Plan,
    /// As it was when its hash was taken.
    pub(crate) modified: Option<SystemTime>,
}

/// The pumps of one file.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    /// Set once the hash was asked for; ends the reading when this is dropped.
    hashing: Option<Arc<AtomicBool>>,
    /// Set once the hash is known; pumps run from then on.
    source: Option<Arc<Source>>,
    recipients: BTreeMap<String, Recipient>,
}

#[derive(Debug)]
struct Recipient {
    sent: Arc<AtomicU64>,
    meter: Meter,
    /// The lane it was pumped to last: another one means that the peer was away.
    lane: Backlog,
    pump: Option<AbortHandle>,
    /// Not before, after the peer took nothing.
    again: Option<Instant>,
    done: bool,
}

/// How a pump ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PumpEnd {
    /// Everything was written to the socket.
    Done,
    /// The peer went away.
    PeerGone,
    /// The file is not what it was.
    FileChanged,
}

impl Outgoing {
    /// Asks for the file's hash, once.
    pub(crate) fn hash(
        &mut self,
        transfer: &str,
        path: PathBuf,
        size: u64,
        reports: &mpsc::Sender<Report>,
    ) {
        if self.hashing.is_some() {
            return;
        }
        let wanted = Arc::new(AtomicBool::new(true));
        self.hashing = Some(Arc::clone(&wanted));
        let (reports, transfer) = (reports.clone(), transfer.to_owned());
        tokio::task::spawn_blocking(move || {
            let hash = hash(&path, size, &wanted).map_err(|error| error.to_string());
            let _ = reports.blocking_send(Report::File(FileReport::Hashed { transfer, hash }));
        });
    }

    /// The hash is known: pumps may run.
    pub(crate) fn begin(&mut self, source: Source) {
        self.source = Some(Arc::new(source));
    }

    /// Starts, or goes on with, the pump to one peer. Nothing happens when it has all or is at it.
    /// A peer that was away may have started anew and gets everything from the beginning; what it
    /// has, it drops.
    pub(crate) fn pump(&mut self, peer: &str, lane: &Backlog, reports: &mpsc::Sender<Report>) {
        let Some(source) = &self.source else { return };
        let recipient = self
            .recipients
            .entry(peer.to_owned())
            .or_insert_with(|| Recipient {
                sent: Arc::default(),
                meter: Meter::default(),
                lane: lane.clone(),
                pump: None,
                again: None,
                done: false,
            });
        if recipient.done {
            return;
        }
        if !recipient.lane.is_same(lane) {
            recipient.pump.take().inspect(AbortHandle::abort);
            *recipient = Recipient {
                sent: Arc::default(),
                meter: Meter::default(),
                lane: lane.clone(),
                pump: None,
                again: None,
                done: false,
            };
        }
        if recipient.pump.is_some() || recipient.again.is_some_and(|again| Instant::now() < again) {
            return;
        }
        let from = recipient
            .sent
            .load(Ordering::Relaxed)
            .saturating_sub(REWIND)
            / BLOCK
            * BLOCK;
        recipient.sent.store(from, Ordering::Relaxed);
        let (source, sent, lane) = (
            Arc::clone(source),
            Arc::clone(&recipient.sent),
            lane.renewed(),
        );
        let (reports, peer) = (reports.clone(), peer.to_owned());
        let pump = tokio::spawn(async move {
            let end = run(&source, &lane, &sent).await;
            let transfer = source.transfer.clone();
            let pumped = FileReport::Pumped {
                transfer,
                peer,
                lane,
                end,
            };
            let _ = reports.send(Report::File(pumped)).await;
        });
        recipient.pump = Some(pump.abort_handle());
    }

    /// A pump has ended. One to an earlier appearance of its peer says nothing any more.
    pub(crate) fn ended(&mut self, peer: &str, lane: &Backlog, end: PumpEnd) {
        let recipient = self.recipients.get_mut(peer);
        if let Some(recipient) = recipient.filter(|recipient| recipient.lane.is_same(lane)) {
            recipient.pump = None;
            recipient.again = Some(Instant::now() + AGAIN);
            recipient.done = end == PumpEnd::Done;
        }
    }

    /// Whether a peer that takes what it is sent still lacks something.
    pub(crate) fn is_owed(&self, lanes: &BTreeMap<String, Backlog>) -> bool {
        let has_it = |peer: &String| self.recipients.get(peer).is_some_and(|to| to.done);
        let mut lanes = lanes.iter();
        lanes.any(|(peer, lane)| !lane.is_stuck() && !has_it(peer))
    }

    /// Whether every peer has all of it.
    pub(crate) fn is_with_all(&self, lanes: &BTreeMap<String, Backlog>) -> bool {
        let has_it = |peer: &String| self.recipients.get(peer).is_some_and(|to| to.done);
        lanes.keys().all(has_it)
    }

    /// Bytes that the furthest recipient has.
    pub(crate) fn bytes(&self) -> u64 {
        let sent = self
            .recipients
            .values()
            .map(|to| to.sent.load(Ordering::Relaxed));
        sent.max().unwrap_or(0)
    }

    /// Looks how far each pump is.
    pub(crate) fn measure(&mut self, now: Duration) {
        for to in self.recipients.values_mut() {
            match to.pump {
                Some(_) => to.meter.update(now, to.sent.load(Ordering::Relaxed)),
                None => to.meter = Meter::default(),
            }
        }
    }

    /// Bytes per second of each pump, by peer.
    pub(crate) fn rates(&self) -> impl Iterator<Item = (&str, u64)> {
        let running = self.recipients.iter();
        let running = running.filter(|(_, to)| to.pump.is_some());
        running.map(|(peer, to)| (peer.as_str(), to.meter.rate()))
    }

    /// Devices that have all of it.
    pub(crate) fn reached(&self) -> usize {
        self.recipients.values().filter(|to| to.done).count()
    }

    /// Whether any pump runs.
    pub(crate) fn is_running(&self) -> bool {
        self.recipients.values().any(|to| to.pump.is_some())
    }

    /// Devices that went away before they had everything.
    pub(crate) fn missed(&self) -> usize {
        self.recipients
            .values()
            .filter(|to| !to.done && to.pump.is_none())
            .count()
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        if let Some(wanted) = &self.hashing {
            wanted.store(false, Ordering::Relaxed);
        }
        self.recipients
            .values()
            .filter_map(|to| to.pump.as_ref())
            .for_each(AbortHandle::abort);
    }
}

/// Reads a whole file for its SHA-256, in hexadecimal. Blocking.
fn hash(path: &Path, size: u64, wanted: &AtomicBool) -> io::Result<(String, Option<SystemTime>)> {
    let mut file = File::open(path)?;
    let modified = file.metadata()?.modified().ok();
    let (mut hasher, mut read) = (Sha256::new(), 0);
    let mut block = vec![0; BLOCK as usize];
    while wanted.load(Ordering::Relaxed) {
        let part = file.read(&mut block)?;
        if part == 0 {
            break;
        }
        read += part as u64;
        hasher.update(block.get(..part).unwrap_or_default());
    }
    if read != size {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "its size changes",
        ));
    }
    let digest: [u8; 32] = hasher.finalize().into();
    Ok((
        digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        modified,
    ))
}

async fn run(source: &Source, lane: &Backlog, sent: &AtomicU64) -> PumpEnd {
    let mut at = sent.load(Ordering::Relaxed);
    loop {
        let (path, size, modified) = (
            source.path.clone(),
            source.metadata.file_size,
            source.modified,
        );
        let read = tokio::task::spawn_blocking(move || read_block(&path, at, size, modified)).await;
        let Ok(Ok(block)) = read else {
            return PumpEnd::FileChanged;
        };
        for chunk in chunks(source, at, &block) {
            let Some(message) = chunk else {
                return PumpEnd::FileChanged;
            };
            if lane.push(message).await.is_err() {
                return PumpEnd::PeerGone;
            }
        }
        at += block.len() as u64;
        sent.store(at, Ordering::Relaxed);
        if at >= size {
            break;
        }
    }
    if lane.drained().await.is_err() {
        return PumpEnd::PeerGone;
    }
    PumpEnd::Done
}

/// Reads the block at `at`, whole unless the file ends. Blocking.
fn read_block(
    path: &Path,
    at: u64,
    size: u64,
    modified: Option<SystemTime>,
) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.len() != size || metadata.modified().ok() != modified {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the file changed",
        ));
    }
    file.seek(SeekFrom::Start(at))?;
    let mut block = vec![0; BLOCK.min(size.saturating_sub(at)) as usize];
    file.read_exact(&mut block)?;
    Ok(block)
}

/// The messages that carry one block, which begins with a chunk. An empty file has one, empty too.
fn chunks<'a>(
    source: &'a Source,
    at: u64,
    block: &'a [u8],
) -> impl Iterator<Item = Option<Bytes>> + 'a {
    let first = at / CHUNK;
    let parts = (block.len() as u64).div_ceil(CHUNK).max(1);
    (first..first + parts).map(move |index| {
        let planned = source.plan.chunk(index)?;
        let begin = usize::try_from(planned.offset - at).ok()?;
        let chunk = FileChunk {
            file_id: source.file_id.clone(),
            index,
            data: block.get(begin..begin + planned.len)?.to_vec(),
            file: source.metadata.clone(),
        };
        classic::file_chunk(
            &source.me,
            planned.message_id.to_string(),
            source.sent_ms,
            chunk,
        )
        .ok()
    })
}
