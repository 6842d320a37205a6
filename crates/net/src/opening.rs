//! The frames that open a stream, whichever way it goes (docs/protocol-v2.md 8 and 11).

use std::{io, time::Duration};

use bytes::BufMut;
use gossamer_crypto::{DeviceId, NetworkId};
use gossamer_wire::v2::{Reason, Splitter, StreamFrame};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};

use crate::{LinkError, Stream, limits};

/// Why there is no stream.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No connection.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The other side says no, or a relay on the way.
    #[error("the stream was refused: {0:?}")]
    Refused(Reason),
    /// The connection broke, or what came is no answer.
    #[error(transparent)]
    Broken(#[from] io::Error),
}

/// Another device that opened a stream, and waits for an answer. Closed by dropping it.
#[derive(Debug)]
pub struct Visit {
    stream: Stream,
    service: String,
    network: NetworkId,
}

impl Visit {
    pub(crate) fn new(stream: Stream, service: String, network: NetworkId) -> Self {
        Self {
            stream,
            service,
            network,
        }
    }

    /// Whose key is at the other end. That it is admitted to the network is for others to know.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.stream.device()
    }

    /// What it comes for.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The network it is in.
    #[must_use]
    pub fn network(&self) -> NetworkId {
        self.network
    }

    /// Lets it in: what is read and written then is the service's.
    ///
    /// # Errors
    /// When the connection broke.
    pub async fn welcome(mut self) -> Result<Stream, OpenError> {
        let opened = write(&mut self.stream, &StreamFrame::Opened);
        within(limits::OPENING, opened).await?;
        Ok(self.stream)
    }

    /// Turns it away.
    ///
    /// # Errors
    /// When the connection broke.
    pub async fn refuse(mut self, reason: Reason) -> Result<(), OpenError> {
        within(limits::OPENING, refuse(&mut self.stream, reason)).await
    }
}

/// Asks for something, and waits until it is there.
pub(crate) async fn ask<S>(stream: &mut S, frame: &StreamFrame) -> Result<(), OpenError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    write(stream, frame).await?;
    match read(stream).await? {
        StreamFrame::Opened => Ok(()),
        StreamFrame::Refuse(reason) => Err(OpenError::Refused(reason)),
        StreamFrame::Open { .. } | StreamFrame::Circuit { .. } | StreamFrame::Back(_) => {
            Err(io::Error::from(io::ErrorKind::InvalidData).into())
        }
    }
}

/// Says no, and ends the stream.
pub(crate) async fn refuse(
    stream: &mut (impl AsyncWrite + Unpin),
    reason: Reason,
) -> io::Result<()> {
    write(stream, &StreamFrame::Refuse(reason)).await?;
    stream.shutdown().await
}

/// The next frame of a known type. Reads no byte beyond it: those are the service's.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<StreamFrame> {
    let invalid = |error: String| io::Error::new(io::ErrorKind::InvalidData, error);
    let mut splitter = Splitter::new();
    loop {
        splitter.buffer().put_u8(stream.read_u8().await?);
        let frame = splitter.take();
        let Some(frame) = frame.map_err(|error| invalid(error.to_string()))? else {
            continue;
        };
        let read = StreamFrame::decode(frame.kind, &frame.body);
        if let Some(read) = read.map_err(|error| invalid(error.to_string()))? {
            return Ok(read);
        }
    }
}

pub(crate) async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    frame: &StreamFrame,
) -> io::Result<()> {
    stream.write_all(&frame.encode()).await?;
    stream.flush().await
}

/// Does something in this time, or has failed.
pub(crate) async fn within<T, E: From<io::Error>>(
    most: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, OpenError>
where
    OpenError: From<E>,
{
    let late = |_| io::Error::from(io::ErrorKind::TimedOut);
    Ok(timeout(most, work).await.map_err(late)??)
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    #[tokio::test]
    async fn the_first_bytes_of_the_service_are_left_for_it() {
        let (mut ana, mut ben) = duplex(256);
        let (service, network) = ("file".to_owned(), NetworkId::of("home"));
        let open = StreamFrame::Open { service, network };
        ana.write_all(&open.encode()).await.unwrap();
        ana.write_all(b"early").await.unwrap();
        assert_eq!(read(&mut ben).await.unwrap(), open);
        let mut first = [0; 5];
        ben.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"early");
    }

    #[tokio::test]
    async fn an_answer_that_is_a_question_is_no_answer() {
        let (mut ana, mut ben) = duplex(256);
        let (service, network) = ("file".to_owned(), NetworkId::of("home"));
        let open = StreamFrame::Open { service, network };
        write(&mut ben, &open).await.unwrap();
        assert!(matches!(
            ask(&mut ana, &open).await,
            Err(OpenError::Broken(_))
        ));
    }
}
