//! The sender's side of a file on its way: read, seal, list, write.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    pin::pin,
    sync::Arc,
};

use gossamer_crypto::Sealer;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    task::spawn_blocking,
    time::timeout,
};

use super::{
    BUFFERS, StreamError, Timers,
    channel::{FrameReader, FrameWriter, Received, out_of_place},
};
use crate::v2::{
    Ending, HASHES_IN_FRAME, Outgoing, Refusal, Want,
    frame::{self, Frame, chunk_head},
    outgoing::{Answer, Step},
};

/// Room before a sealed chunk for the frame of its hash and for its own header.
const HEAD: usize = 64;

/// Something is said this often in the time after which a silent stream is given up: a file that is
/// served again after a restart is read anew up to what the receiver lacks.
const BUSY: u32 = 3;

/// How the serving of a file came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Served {
    /// The receiver ended the stream.
    Left,
    /// The receiver ended the transfer, between two answers.
    Ended(Ending),
    /// The receiver ended the transfer while chunks were being written.
    Cut(Ending),
    /// The file cannot be served.
    Refused(Refusal),
}

/// Answers one WANT after the other.
pub(super) async fn serve<R, W>(
    reader: &mut FrameReader<R>,
    writer: &mut FrameWriter<W>,
    first: Want,
    outgoing: &Arc<Outgoing>,
    timers: Timers,
) -> Result<Served, StreamError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let file = first.file;
    let mut want = first;
    loop {
        outgoing.progress().set(want.has_already(outgoing.plan()));
        let answered = answer_while_reading(reader, writer, want, outgoing, timers).await?;
        let received = match answered {
            Ok(Some(early)) => Some(early),
            Ok(None) => reader.next(Some(timers.settle)).await?,
            Err(served) => return Ok(served),
        };
        want = match received {
            None => return Ok(Served::Left),
            Some(Received::Frame(Frame::End(ended, ending))) if ended == file => {
                return Ok(Served::Ended(ending));
            }
            Some(Received::Frame(Frame::Want(next))) if next.file == file => next,
            Some(Received::Frame(other)) => return Err(out_of_place(other.kind())),
            Some(Received::Chunk) => return Err(out_of_place(frame::CHUNK)),
        };
    }
}

/// Answers a WANT, and gives back the frame that came meanwhile, if one did: a receiver that has
/// what it wanted may speak before this side knows that all is written.
async fn answer_while_reading<R, W>(
    reader: &mut FrameReader<R>,
    writer: &mut FrameWriter<W>,
    want: Want,
    outgoing: &Arc<Outgoing>,
    timers: Timers,
) -> Result<Result<Option<Received>, Served>, StreamError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let file = want.file;
    let mut early = None;
    let mut answering = pin!(write_answer(writer, want, outgoing, timers));
    loop {
        tokio::select! {
            received = reader.next(None), if early.is_none() => match received? {
                None => return Ok(Err(Served::Left)),
                Some(Received::Frame(Frame::End(ended, ending)))
                    if ended == file && ending != Ending::Done =>
                {
                    return Ok(Err(Served::Cut(ending)));
                }
                received => early = received,
            },
            answered = &mut answering => {
                return Ok(answered?.map(|()| early).map_err(Served::Refused));
            }
        }
    }
}

/// Writes what answers a WANT; a refusal stands where the file cannot be served on.
async fn write_answer<W: AsyncWrite + Unpin>(
    writer: &mut FrameWriter<W>,
    want: Want,
    outgoing: &Arc<Outgoing>,
    timers: Timers,
) -> Result<Result<(), Refusal>, StreamError> {
    let file = want.file;
    let Ok(answer) = Answer::to(want, outgoing.plan()) else {
        return Ok(Err(Refusal::Misbehaved));
    };
    let (filled, mut to_write) = mpsc::channel(BUFFERS);
    let (written, empty) = mpsc::channel(BUFFERS);
    for _ in 0..BUFFERS {
        // There is room for all of them.
        let _ = written.try_send(Vec::new());
    }
    let sealing = {
        let outgoing = Arc::clone(outgoing);
        let thread = Thread {
            outgoing,
            filled,
            empty,
        };
        spawn_blocking(move || thread.run(answer))
    };
    loop {
        let parcel = match timeout(timers.silence / BUSY, to_write.recv()).await {
            Ok(Some(parcel)) => parcel,
            Ok(None) => break,
            Err(_) => {
                writer.frame(&Frame::Busy(file)).await?;
                continue;
            }
        };
        writer.bytes(parcel.bytes()).await?;
        outgoing.progress().add(parcel.content);
        if parcel.content > 0 {
            // The thread may have come to its end.
            let _ = written.try_send(parcel.buffer);
        }
    }
    match sealing.await {
        Ok(Ok(())) => {}
        Ok(Err(refusal)) => return Ok(Err(refusal)),
        Err(broken) => return Err(io::Error::other(broken).into()),
    }
    if let Some(close) = outgoing.close() {
        writer.frame(&Frame::Close(close)).await?;
    }
    writer.flush().await?;
    Ok(Ok(()))
}

/// Bytes for the stream.
struct Parcel {
    buffer: Vec<u8>,
    /// Where the bytes begin.
    start: usize,
    /// How many bytes of the file they carry.
    content: u64,
}

impl Parcel {
    fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }
}

/// Reads, seals and hashes beside the stream.
struct Thread {
    outgoing: Arc<Outgoing>,
    filled: mpsc::Sender<Parcel>,
    empty: mpsc::Receiver<Vec<u8>>,
}

impl Thread {
    fn run(mut self, mut answer: Answer) -> Result<(), Refusal> {
        let mut file = self.outgoing.source().open()?;
        let mut told = answer.told();
        let mut position = 0;
        let mut spare = None;
        while let Some(step) = answer.next(self.outgoing.listed()) {
            let buffer = match spare.take() {
                Some(buffer) => buffer,
                None => match self.empty.blocking_recv() {
                    Some(buffer) => buffer,
                    // Nobody listens any more.
                    None => return Ok(()),
                },
            };
            let parcel = self.seal(&mut file, &mut position, step, buffer)?;
            if self.filled.is_closed() {
                return Ok(());
            }
            if !step.send {
                spare = Some(parcel.buffer);
                continue;
            }
            // All but the last, which goes with the chunk.
            if self.tell(told, step.index).is_none() {
                return Ok(());
            }
            let parcel = self.with_head(parcel, told <= step.index, step.index);
            told = told.max(step.index + 1);
            if self.filled.blocking_send(parcel).is_err() {
                return Ok(());
            }
        }
        self.outgoing.source().check(&file)?;
        let _ = self.tell(told, answer.end());
        Ok(())
    }

    /// Reads and seals a chunk, and lists its hash.
    fn seal(
        &self,
        file: &mut File,
        position: &mut u64,
        step: Step,
        mut buffer: Vec<u8>,
    ) -> Result<Parcel, Refusal> {
        // An answer stays within the file, so that there is always such a chunk.
        let (offset, len) = self
            .outgoing
            .plan()
            .place(step.index)
            .ok_or(Refusal::Changed)?;
        buffer.resize(HEAD + Sealer::OVERHEAD + len, 0);
        let sealed = buffer.get_mut(HEAD..).unwrap_or_default();
        let plain = sealed.get_mut(Sealer::NONCE..Sealer::NONCE + len);
        let plain = plain.unwrap_or_default();
        if *position != offset {
            file.seek(SeekFrom::Start(offset))
                .map_err(|error| unreadable(&error))?;
        }
        file.read_exact(plain).map_err(|error| unreadable(&error))?;
        *position = offset + len as u64;
        let seal = self.outgoing.sealer().seal(step.index, sealed);
        seal.map_err(|_| Refusal::Later)?;
        let hash = blake3::hash(sealed).into();
        let listed = self.outgoing.sealed(step.index, &hash);
        listed.map_err(|_| Refusal::Changed)?;
        Ok(Parcel {
            buffer,
            start: HEAD,
            content: len as u64,
        })
    }

    /// Puts the chunk's header, and before it the frame of its hash, into the room for them.
    fn with_head(&self, mut parcel: Parcel, with_hash: bool, index: u32) -> Parcel {
        let mut head = Vec::with_capacity(HEAD);
        if with_hash {
            let hashes = self.outgoing.hashes(index..index + 1);
            Frame::Hashes {
                first: index,
                hashes,
            }
            .encode(&mut head);
        }
        head.extend(chunk_head(index, parcel.bytes().len()));
        parcel.start = HEAD.saturating_sub(head.len());
        if let Some(room) = parcel.buffer.get_mut(parcel.start..HEAD) {
            room.copy_from_slice(&head);
        }
        parcel
    }

    /// Hands over the hashes of a range, if there are any; `None` when nobody listens any more.
    fn tell(&self, first: u32, end: u32) -> Option<()> {
        for first in (first..end).step_by(HASHES_IN_FRAME) {
            let end = end.min(first.saturating_add(HASHES_IN_FRAME as u32));
            let hashes = self.outgoing.hashes(first..end);
            let mut buffer = Vec::new();
            Frame::Hashes { first, hashes }.encode(&mut buffer);
            let (start, content) = (0, 0);
            let parcel = Parcel {
                buffer,
                start,
                content,
            };
            self.filled.blocking_send(parcel).ok()?;
        }
        Some(())
    }
}

/// A file that ends early has changed; one that cannot be read is as good as gone.
fn unreadable(error: &io::Error) -> Refusal {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        Refusal::Changed
    } else {
        Refusal::Gone
    }
}
