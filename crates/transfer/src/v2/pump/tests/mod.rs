//! Ana sends, ben receives, cleo has no part in it. What they remember is in memory; their files
//! and streams are real.

mod hostile;
mod resume;
mod story;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use gossamer_crypto::{DeviceId, FileId, FileKey};
use tempfile::TempDir;
use tokio::io::{DuplexStream, duplex};

use super::{
    Answered, PullError, Pulled, StreamError, Timers, answer,
    channel::{FrameReader, FrameWriter},
    pull,
};
use crate::{
    placing::Place,
    quota::Quota,
    v2::{Ending, Journal, Offer, Outgoing, Part, Progress, Refusal, Source, Unwritten},
};

const ANA: DeviceId = DeviceId::new([0xa0; 32]);
const BEN: DeviceId = DeviceId::new([0xbe; 32]);
const CLEO: DeviceId = DeviceId::new([0xc1; 32]);

/// Short enough for a test to wait for, long enough for a busy machine.
const TIMERS: Timers = Timers {
    silence: Duration::from_millis(300),
    settle: Duration::from_secs(20),
};
/// Never reached unless something is stuck.
const PATIENT: Timers = Timers {
    silence: Duration::from_secs(20),
    settle: Duration::from_secs(20),
};

/// One device: its disk and its memory.
struct Person {
    dir: TempDir,
    memory: Mutex<Memory>,
    progress: Progress,
}

#[derive(Default)]
struct Memory {
    quota: Quota,
    offers: Vec<(DeviceId, Offer)>,
    outgoing: BTreeMap<FileId, (DeviceId, Arc<Outgoing>)>,
    endings: Vec<(DeviceId, FileId, Ending)>,
    placing: Vec<(FileId, PathBuf)>,
    kept: Vec<(FileId, PathBuf)>,
    is_broken: bool,
    breaks_once_placed: bool,
}

impl Journal for Person {
    async fn offered(&self, peer: DeviceId, offer: Offer) -> Result<(), Refusal> {
        let mut memory = self.memory.lock().unwrap();
        if memory.is_broken {
            return Err(Refusal::Later);
        }
        let id = format!("{:?}", offer.file);
        memory.quota.open(&id, &peer.to_string())?;
        memory.offers.push((peer, offer));
        Ok(())
    }

    async fn outgoing(&self, peer: DeviceId, file: FileId) -> Option<Arc<Outgoing>> {
        let memory = self.memory.lock().unwrap();
        let (to, outgoing) = memory.outgoing.get(&file)?;
        (*to == peer).then(|| Arc::clone(outgoing))
    }

    async fn ended(&self, peer: DeviceId, file: FileId, ending: Ending) -> Result<(), Unwritten> {
        let mut memory = self.memory.lock().unwrap();
        if memory.is_broken {
            return Err(Unwritten);
        }
        memory.endings.push((peer, file, ending));
        Ok(())
    }

    async fn placing(&self, file: FileId, place: &Place) -> Result<(), Unwritten> {
        let there = fs::metadata(&place.path).and_then(|it| it.modified());
        assert_ne!(there.ok(), place.modified, "it is written down first");
        let mut memory = self.memory.lock().unwrap();
        if memory.is_broken {
            return Err(Unwritten);
        }
        memory.placing.push((file, place.path.clone()));
        memory.is_broken = memory.breaks_once_placed;
        Ok(())
    }

    async fn kept(&self, file: FileId, path: &Path) -> Result<(), Unwritten> {
        let mut memory = self.memory.lock().unwrap();
        if memory.is_broken {
            return Err(Unwritten);
        }
        memory.kept.push((file, path.to_owned()));
        Ok(())
    }
}

impl Person {
    fn new() -> Self {
        Self {
            dir: TempDir::new().unwrap(),
            memory: Mutex::default(),
            progress: Progress::default(),
        }
    }

    fn downloads(&self) -> PathBuf {
        self.dir.path().join("downloads")
    }

    fn spool(&self) -> PathBuf {
        self.dir.path().join("spool")
    }

    /// Has a file and offers it to `to`.
    fn offers(&self, to: DeviceId, number: u8, content: &[u8]) -> Offer {
        let path = self.dir.path().join(format!("file-{number}"));
        fs::write(&path, content).unwrap();
        let source = Source::look(&path).unwrap();
        let offer = offer(number, source.size);
        let outgoing = Arc::new(Outgoing::new(offer.clone(), source).unwrap());
        let mut memory = self.memory.lock().unwrap();
        memory.outgoing.insert(offer.file, (to, outgoing));
        offer
    }

    fn part(&self, offer: &Offer) -> Part {
        Part::open(&self.spool(), offer.file, offer.size).unwrap()
    }

    async fn pulls(
        &self,
        offer: &Offer,
        stream: DuplexStream,
        timers: Timers,
    ) -> Result<Pulled, PullError> {
        let (part, downloads) = (self.part(offer), self.downloads());
        pull(
            stream,
            offer,
            part,
            &downloads,
            self,
            &self.progress,
            timers,
        )
        .await
    }

    async fn answers(&self, peer: DeviceId, stream: DuplexStream) -> Result<Answered, StreamError> {
        answer(stream, peer, self, PATIENT).await
    }

    /// How many parts of files are on this device.
    fn parts(&self) -> usize {
        let names = self.names(&self.spool());
        names.iter().filter(|name| name.ends_with(".part")).count()
    }

    /// The names of what is in a folder of this device.
    fn names(&self, folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn offer(number: u8, size: u64) -> Offer {
    Offer {
        file: FileId::new([number; 16]),
        key: FileKey::new([number ^ 0x55; 32]),
        name: format!("plan {number}.pdf"),
        size,
        mime: None,
    }
}

/// Bytes that differ from chunk to chunk.
fn content(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    let mut reader = blake3::Hasher::new().finalize_xof();
    reader.fill(&mut bytes);
    bytes
}

/// The ends of a stream, as narrow as a slow network.
fn stream() -> (DuplexStream, DuplexStream) {
    duplex(64 << 10)
}

type Reader = FrameReader<tokio::io::ReadHalf<DuplexStream>>;
type Writer = FrameWriter<tokio::io::WriteHalf<DuplexStream>>;

/// An end of a stream for frames made by hand.
fn by_hand(stream: DuplexStream) -> (Reader, Writer) {
    let (reader, writer) = tokio::io::split(stream);
    (
        FrameReader::new(reader),
        FrameWriter::new(writer, PATIENT.silence),
    )
}
