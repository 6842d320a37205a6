//! Links: one TLS connection each, over which frames go both ways (docs/protocol-v2.md 5.2).
//!
//! One task runs a link: it cuts what comes in into frames and writes what waits in the link's
//! queue. What the frames say is for others to read.
//!
//! **Out.** The queue holds so many bytes ([`limits::LINK_QUEUE`]); when it is full a frame is
//! refused at once, and its sender knows. Frames that wait together leave in one write.
//!
//! **In.** At most [`limits::UNDELIVERED`] frames of a link wait to be taken; then its socket is
//! read no further, and TCP slows the other side. So a frame never waits behind more than that
//! many frames of each other link, however much those send.
//!
//! **The end.** A link that is closed on purpose sends what waits and its last frame, and then
//! listens for a moment: a socket closed with unread bytes would reset the connection and take
//! the last frame with it.

mod queue;
mod registry;

use std::{fmt, io, pin::pin, sync::Arc};

use bytes::{Bytes, BytesMut};
use gossamer_wire::v2::{Frame, Splitter};
use tokio::{
    io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf},
    sync::Semaphore,
    time::timeout,
};

pub use queue::NotQueued;
use queue::{Outgoing, Queue};
pub(crate) use registry::{Held, Links};

use crate::{
    NetEvent,
    door::Place,
    limits,
    tls::{Secure, Socket},
};

/// Names a link while it lasts; never given twice by one [`Net`](crate::Net).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link {}", self.0)
    }
}

/// The task of one link.
struct Link {
    id: LinkId,
    queue: Arc<Queue>,
    links: Arc<Links>,
    /// Frames that may be handed up before one of them is taken.
    room: Arc<Semaphore>,
}

impl Link {
    async fn run(self, secure: Secure, place: Option<Place>, dialled: bool) {
        let up = NetEvent::LinkUp {
            link: self.id,
            device: secure.device,
            addr: secure.addr,
            dialled,
            exporter: secure.exporter,
        };
        self.links.report(up).await;
        self.carry(secure.socket).await;
        drop(place);
        self.links.forget(self.id);
        self.links
            .report(NetEvent::LinkDown { link: self.id })
            .await;
    }

    /// Until either side closes the link.
    async fn carry(&self, socket: Socket) {
        let (from, to) = tokio::io::split(socket);
        let mut reading = pin!(self.read(from));
        tokio::select! {
            () = &mut reading => {}
            // What the other side sent before it knew is still on its way.
            () = self.write(to) => drop(timeout(limits::CLOSE, reading).await),
            () = self.queue.overdue() => {}
            () = self.links.nobody_listens() => {}
        }
    }

    async fn read(&self, mut from: ReadHalf<Socket>) {
        let mut frames = Splitter::new();
        loop {
            frames.buffer().reserve(limits::READ);
            match from.read_buf(frames.buffer()).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => return,
            }
            loop {
                match frames.take() {
                    Ok(Some(frame)) => self.hand_up(frame).await,
                    Ok(None) => break,
                    Err(_) => {
                        let too_long = NetEvent::FrameTooLong { link: self.id };
                        return self.links.report(too_long).await;
                    }
                }
            }
        }
    }

    /// Waits for its turn; nothing comes up from a link that was closed.
    async fn hand_up(&self, mut frame: Frame) {
        if !self.queue.is_open() {
            return;
        }
        let Ok(room) = Arc::clone(&self.room).acquire_owned().await else {
            return;
        };
        // A slice would keep all that was read with it in memory for as long as it lives.
        frame.body = Bytes::copy_from_slice(&frame.body);
        self.links.report_frame(self.id, frame, room).await;
    }

    async fn write(&self, mut to: WriteHalf<Socket>) {
        let mut joined = BytesMut::new();
        while let Some(batch) = self.queue.take().await {
            if let Err(error) = write(&mut to, &batch, &mut joined).await {
                return tracing::debug!(link = %self.id, %error, "not written");
            }
            self.queue.written();
            for ticket in batch.into_iter().filter_map(|frame| frame.ticket) {
                let link = self.id;
                let written = NetEvent::FrameWritten { link, ticket };
                self.links.report(written).await;
            }
        }
        let _ = to.shutdown().await;
    }
}

/// Writes a batch to the socket, as long as something moves.
async fn write(
    to: &mut (impl AsyncWrite + Unpin),
    batch: &[Outgoing],
    joined: &mut BytesMut,
) -> io::Result<()> {
    let mut rest = match batch {
        [one] => one.bytes.as_ref(),
        many => {
            joined.clear();
            for frame in many {
                joined.extend_from_slice(&frame.bytes);
            }
            joined.as_ref()
        }
    };
    while !rest.is_empty() {
        let size = timeout(limits::WRITE, to.write(rest)).await??;
        if size == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        rest = rest.get(size..).unwrap_or_default();
    }
    timeout(limits::WRITE, to.flush()).await?
}
