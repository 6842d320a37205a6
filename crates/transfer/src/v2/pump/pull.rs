//! The receiver's side of a file on its way: ask, judge, open, write.

use std::{
    io,
    path::{Path, PathBuf},
};

use gossamer_crypto::{FileId, Sealer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{mpsc, oneshot},
    task::{JoinHandle, spawn_blocking},
};

use super::{
    BUFFERS, StreamError, Timers,
    channel::{FrameReader, FrameWriter, Received, out_of_place},
    tell::noted,
};
use crate::{
    placing::Place,
    v2::{
        BadOffer, ChunkHash, Ending, Incoming, Journal, Misbehaved, Offer, Part, PartError, Placed,
        Progress, Unwritten,
        frame::{Frame, split_chunk},
    },
};

/// A file in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// Where it is.
    pub path: PathBuf,
    /// Whether the sender has noted that; if not, it wants to be [told](super::tell()) again.
    pub told: bool,
}

/// Why a file is not in its place.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The offer is not acceptable.
    #[error(transparent)]
    Offer(#[from] BadOffer),
    /// The stream failed. After [`StreamError::Misbehaved`] the sender is not asked again for this
    /// file; otherwise what arrived stays on disk, and it may be.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The sender ended the transfer.
    #[error("the sender stopped it")]
    Over(Ending),
    /// The bytes could not be kept or placed.
    #[error(transparent)]
    Part(#[from] PartError),
    /// The file is in its place, but that could not be written down.
    #[error("the file is in its place: {0}")]
    Unwritten(#[from] Unwritten),
}

impl From<Misbehaved> for PullError {
    fn from(misbehaved: Misbehaved) -> Self {
        Self::Stream(misbehaved.into())
    }
}

/// Pulls an offered file over a stream that was opened to its sender, and puts it into `downloads`
/// under its name or a free one like it. `part` was opened for it; what is in it is not asked for.
/// When this returns, the file is verified, synced and written down.
///
/// # Errors
/// See [`PullError`]. The part stays on disk, and what arrived in it is noted.
pub async fn pull<S, J>(
    stream: S,
    offer: &Offer,
    mut part: Part,
    downloads: &Path,
    journal: &J,
    progress: &Progress,
    timers: Timers,
) -> Result<Pulled, PullError>
where
    S: AsyncRead + AsyncWrite + Unpin,
    J: Journal,
{
    offer.check()?;
    let (reader, writer) = tokio::io::split(stream);
    let mut reader = FrameReader::new(reader);
    let mut writer = FrameWriter::new(writer, timers.silence);

    let (plan, arrived) = (part.plan(), part.take_arrived());
    progress.set(arrived.bytes(&plan));
    let mut incoming = Incoming::go_on(offer.file, plan, arrived);
    let mut thread = Thread::start(offer, part, progress.clone());
    let received = receive(&mut reader, &mut writer, &mut incoming, &mut thread, timers).await;
    // What stopped the thread is why the rest failed.
    let part = thread.finish(incoming.is_whole()).await?;
    received?;

    let path = place(offer, part, downloads, journal, progress).await?;
    let told = say_done(&mut reader, &mut writer, offer.file, timers).await;
    Ok(Pulled {
        path,
        told: told.is_ok(),
    })
}

/// Puts an offered file of which every byte is in `part` into `downloads`, as [`pull`] does.
/// When this returns, that is written down; its sender is not told.
///
/// # Errors
/// When it has no place, or that could not be written down.
pub async fn place<J: Journal>(
    offer: &Offer,
    part: Part,
    downloads: &Path,
    journal: &J,
    progress: &Progress,
) -> Result<PathBuf, PullError> {
    let (file, name) = (offer.file, offer.check()?.name);
    progress.set(offer.size);
    // What has to be written down first is asked of the journal from here: it is no thread's own.
    let (intend, mut intended) = mpsc::channel::<(Place, oneshot::Sender<_>)>(1);
    let into = downloads.to_owned();
    let publishing = spawn_blocking(move || {
        part.publish(&into, &name, |place| {
            let (done, written) = oneshot::channel();
            let asked = intend.blocking_send((place.clone(), done));
            asked.map_err(|_| Unwritten)?;
            written.blocking_recv().unwrap_or(Err(Unwritten))
        })
    });
    while let Some((place, done)) = intended.recv().await {
        let _ = done.send(journal.placing(file, &place).await);
    }
    let path = publishing.await.map_err(broken)??;
    journal.kept(file, &path).await?;
    Ok(path)
}

/// Asks until the file is whole.
async fn receive<R, W>(
    reader: &mut FrameReader<R>,
    writer: &mut FrameWriter<W>,
    incoming: &mut Incoming,
    thread: &mut Thread,
    timers: Timers,
) -> Result<(), PullError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    // What was listed since the last chunk.
    let mut listed = Vec::new();
    while let Some(want) = incoming.want() {
        writer.frame(&Frame::Want(want)).await?;
        while !incoming.is_answered() {
            let received = tokio::select! {
                received = reader.next(Some(timers.silence)) => received?,
                // It says why when it is finished.
                () = thread.jobs.closed() => return Ok(()),
            };
            match received.ok_or(StreamError::Ended)? {
                Received::Frame(frame) => take(incoming, frame, &mut listed)?,
                Received::Chunk => {
                    let chunk = split_chunk(reader.chunk_mut()).map_err(StreamError::from)?;
                    let placed = incoming.chunk(chunk.0, chunk.1.len())?;
                    // A thread that has stopped gives and takes nothing.
                    let Some(empty) = thread.empty.recv().await else {
                        return Ok(());
                    };
                    let bytes = reader.take_chunk(empty);
                    let listed = std::mem::take(&mut listed);
                    let job = Job::Chunk {
                        placed,
                        listed,
                        bytes,
                    };
                    let _ = thread.jobs.send(job).await;
                }
            }
        }
    }
    Ok(())
}

fn take(
    incoming: &mut Incoming,
    frame: Frame,
    listed: &mut Vec<ChunkHash>,
) -> Result<(), PullError> {
    match frame {
        Frame::Hashes { first, mut hashes } => {
            incoming.hashes(first, &hashes)?;
            listed.append(&mut hashes);
        }
        Frame::Busy(_) => {}
        Frame::Close(close) => incoming.close(&close)?,
        Frame::End(file, ending) if file == incoming.file() && ending != Ending::Done => {
            return Err(PullError::Over(ending));
        }
        Frame::Refuse(_, refusal) => return Err(StreamError::Refused(refusal).into()),
        other @ (Frame::Offer(_) | Frame::Noted(_) | Frame::Want(_) | Frame::End(..)) => {
            return Err(out_of_place(other.kind()).into());
        }
    }
    Ok(())
}

async fn say_done<R, W>(
    reader: &mut FrameReader<R>,
    writer: &mut FrameWriter<W>,
    file: FileId,
    timers: Timers,
) -> Result<(), StreamError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    writer.frame(&Frame::End(file, Ending::Done)).await?;
    noted(&reader.frame(timers.silence).await?, file)?;
    writer.finish().await
}

/// What the thread is told.
enum Job {
    /// A chunk to check and write.
    Chunk {
        placed: Placed,
        /// The hashes that were listed since the last one.
        listed: Vec<ChunkHash>,
        /// The body of its frame.
        bytes: Vec<u8>,
    },
    /// That was the last one.
    Whole,
}

/// Checks, opens and writes chunks beside the stream.
struct Thread {
    jobs: mpsc::Sender<Job>,
    empty: mpsc::Receiver<Vec<u8>>,
    work: JoinHandle<Result<Part, PullError>>,
}

impl Thread {
    fn start(offer: &Offer, part: Part, progress: Progress) -> Self {
        let (jobs, to_do) = mpsc::channel(BUFFERS);
        let (done, empty) = mpsc::channel(BUFFERS);
        for _ in 0..BUFFERS {
            // There is room for all of them.
            let _ = done.try_send(Vec::new());
        }
        let sealer = Sealer::new(&offer.key, offer.file);
        let work = spawn_blocking(move || write_all(to_do, &done, &sealer, part, &progress));
        Self { jobs, empty, work }
    }

    /// Waits for the last job.
    async fn finish(self, is_whole: bool) -> Result<Part, PullError> {
        if is_whole {
            // A thread that has stopped says why below.
            let _ = self.jobs.send(Job::Whole).await;
        }
        drop(self.jobs);
        self.work.await.map_err(broken)?
    }
}

/// Works until the stream is over. What came is noted, whatever ended it; of a whole file that is
/// left to its publishing, which syncs it anyway.
fn write_all(
    to_do: mpsc::Receiver<Job>,
    done: &mpsc::Sender<Vec<u8>>,
    sealer: &Sealer,
    mut part: Part,
    progress: &Progress,
) -> Result<Part, PullError> {
    let written = write_each(to_do, done, sealer, &mut part, progress);
    if !matches!(written, Ok(Whole(true))) {
        let noted = part.note();
        written?;
        noted?;
    }
    Ok(part)
}

/// Whether all chunks are written.
struct Whole(bool);

fn write_each(
    mut to_do: mpsc::Receiver<Job>,
    done: &mpsc::Sender<Vec<u8>>,
    sealer: &Sealer,
    part: &mut Part,
    progress: &Progress,
) -> Result<Whole, PullError> {
    while let Some(job) = to_do.blocking_recv() {
        let Job::Chunk {
            placed,
            listed,
            mut bytes,
        } = job
        else {
            return Ok(Whole(true));
        };
        let plain = check(sealer, &placed, &mut bytes)?;
        part.keep(&placed, listed, plain)?;
        progress.add(plain.len() as u64);
        // The stream may have come to its end.
        let _ = done.try_send(bytes);
    }
    Ok(Whole(false))
}

/// The bytes of a chunk, if it is the one that was listed.
fn check<'a>(sealer: &Sealer, placed: &Placed, body: &'a mut [u8]) -> Result<&'a [u8], PullError> {
    let (_, sealed) = split_chunk(body).map_err(StreamError::from)?;
    if blake3::hash(sealed) != blake3::Hash::from(placed.hash) {
        return Err(Misbehaved::WrongHash(placed.index).into());
    }
    let plain = sealer.open(placed.index, sealed);
    Ok(plain.map_err(|_| Misbehaved::Unsealed(placed.index))?)
}

/// A thread of ours that did not come to its end.
fn broken(error: tokio::task::JoinError) -> StreamError {
    io::Error::other(error).into()
}
