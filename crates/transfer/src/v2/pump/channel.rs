//! Frames over a byte stream, in both directions.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};

use super::StreamError;
use crate::v2::frame::{CHUNK, Frame, HEADER, read_header};

/// What has been read.
#[derive(Debug)]
pub(super) enum Received {
    Frame(Frame),
    /// A chunk, to be [taken](FrameReader::take_chunk).
    Chunk,
}

/// Reads frames. A read that is dropped half way goes on with the next.
pub(super) struct FrameReader<R> {
    reader: R,
    header: [u8; HEADER],
    /// Of the header, then of the body.
    filled: usize,
    body: Option<(u8, usize)>,
    small: Vec<u8>,
    /// A buffer of its own: its length stays, so that it is not cleared each time.
    chunk: Vec<u8>,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            header: [0; HEADER],
            filled: 0,
            body: None,
            small: Vec::new(),
            chunk: Vec::new(),
        }
    }

    /// The next frame of a type that is known; `None` when the stream has ended between two.
    /// `patience` is for each byte; without, it waits for ever.
    pub(super) async fn next(
        &mut self,
        patience: Option<Duration>,
    ) -> Result<Option<Received>, StreamError> {
        loop {
            let Some((kind, len)) = self.header(patience).await? else {
                return Ok(None);
            };
            self.body(kind, len, patience).await?;
            (self.body, self.filled) = (None, 0);
            if kind == CHUNK {
                return Ok(Some(Received::Chunk));
            }
            let body = self.small.get(..len).unwrap_or_default();
            if let Some(frame) = Frame::decode(kind, body)? {
                return Ok(Some(Received::Frame(frame)));
            }
        }
    }

    /// The next frame, where there must be one that is no chunk.
    pub(super) async fn frame(&mut self, patience: Duration) -> Result<Frame, StreamError> {
        match self.next(Some(patience)).await? {
            Some(Received::Frame(frame)) => Ok(frame),
            Some(Received::Chunk) => Err(out_of_place(CHUNK)),
            None => Err(StreamError::Ended),
        }
    }

    /// The body of the chunk that was read last, for another buffer.
    pub(super) fn take_chunk(&mut self, other: Vec<u8>) -> Vec<u8> {
        std::mem::replace(&mut self.chunk, other)
    }

    /// The body of the chunk that was read last.
    pub(super) fn chunk_mut(&mut self) -> &mut [u8] {
        &mut self.chunk
    }

    async fn header(
        &mut self,
        patience: Option<Duration>,
    ) -> Result<Option<(u8, usize)>, StreamError> {
        if let Some(body) = self.body {
            return Ok(Some(body));
        }
        while self.filled < HEADER {
            let rest = self.header.get_mut(self.filled..).unwrap_or_default();
            match read(&mut self.reader, rest, patience).await? {
                0 if self.filled == 0 => return Ok(None),
                0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                read => self.filled += read,
            }
        }
        let body = read_header(self.header)?;
        (self.body, self.filled) = (Some(body), 0);
        Ok(Some(body))
    }

    async fn body(
        &mut self,
        kind: u8,
        len: usize,
        patience: Option<Duration>,
    ) -> Result<(), StreamError> {
        let body = if kind == CHUNK {
            &mut self.chunk
        } else {
            &mut self.small
        };
        body.resize(len, 0);
        while self.filled < len {
            let rest = body.get_mut(self.filled..).unwrap_or_default();
            match read(&mut self.reader, rest, patience).await? {
                0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                read => self.filled += read,
            }
        }
        Ok(())
    }
}

/// Writes frames. A write that is dropped half way leaves a stream that is good for nothing.
pub(super) struct FrameWriter<W> {
    writer: W,
    silence: Duration,
    frame: Vec<u8>,
}

impl<W: AsyncWrite + Unpin> FrameWriter<W> {
    pub(super) fn new(writer: W, silence: Duration) -> Self {
        Self {
            writer,
            silence,
            frame: Vec::new(),
        }
    }

    /// Writes a frame and sends it on its way.
    pub(super) async fn frame(&mut self, frame: &Frame) -> Result<(), StreamError> {
        let mut bytes = std::mem::take(&mut self.frame);
        bytes.clear();
        frame.encode(&mut bytes);
        self.bytes(&bytes).await?;
        self.frame = bytes;
        self.flush().await
    }

    /// Writes frames that are bytes already.
    pub(super) async fn bytes(&mut self, mut bytes: &[u8]) -> Result<(), StreamError> {
        while !bytes.is_empty() {
            let written = self.writer.write(bytes);
            match within(self.silence, written).await? {
                0 => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                written => bytes = bytes.get(written..).unwrap_or_default(),
            }
        }
        Ok(())
    }

    pub(super) async fn flush(&mut self) -> Result<(), StreamError> {
        within(self.silence, self.writer.flush()).await
    }

    /// Ends the stream in this direction.
    pub(super) async fn finish(&mut self) -> Result<(), StreamError> {
        within(self.silence, self.writer.shutdown()).await
    }
}

pub(super) fn out_of_place(kind: u8) -> StreamError {
    crate::v2::Misbehaved::OutOfPlace(kind).into()
}

async fn read(
    reader: &mut (impl AsyncRead + Unpin),
    into: &mut [u8],
    patience: Option<Duration>,
) -> Result<usize, StreamError> {
    match patience {
        Some(patience) => within(patience, reader.read(into)).await,
        None => Ok(reader.read(into).await?),
    }
}

async fn within<T>(
    patience: Duration,
    work: impl Future<Output = io::Result<T>>,
) -> Result<T, StreamError> {
    match timeout(patience, work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(StreamError::Silent(patience)),
    }
}
