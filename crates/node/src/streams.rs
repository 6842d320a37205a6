//! What opens a stream, on both sides, and who may: docs/protocol-v2.md 8.

use std::{collections::BTreeMap, io, net::SocketAddr, time::Duration};

use bytes::BufMut;
use gossamer_crypto::{DeviceId, NetworkId};
use gossamer_net::{Dialer, LinkError, Stream};
use gossamer_wire::v2::{Reason, Splitter, StreamFrame};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};

/// The service that [files](crate::files) use.
pub(crate) const FILE: &str = "file";

/// For the first frames of a stream in both directions; as long as a handshake may take.
const OPENING: Duration = Duration::from_secs(5);
/// A device whose link ended longer ago than this may not open streams, in seconds of uptime.
const ADMITTED: i64 = 24 * 60 * 60;

/// Opens streams in the name of this node. Clones are cheap, and work in any task.
#[derive(Debug, Clone)]
pub(crate) struct Streams {
    dialer: Dialer,
    network: NetworkId,
}

/// Why there is no stream.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// No connection.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The other side says no.
    #[error("the other device refused the stream: {0:?}")]
    Refused(Reason),
    /// The connection broke, or what came is no answer.
    #[error(transparent)]
    Broken(#[from] io::Error),
}

impl Streams {
    pub(crate) fn new(dialer: Dialer, network: NetworkId) -> Self {
        Self { dialer, network }
    }

    /// Opens a stream to a service of a device: what is read and written then is the service's.
    ///
    /// # Errors
    /// When the device cannot be reached, does not answer in time, or refuses.
    pub(crate) async fn open(
        &self,
        service: &str,
        device: DeviceId,
        addr: SocketAddr,
    ) -> Result<Stream, OpenError> {
        let mut stream = self.dialer.open_stream(device, &[addr]).await?;
        within(ask(&mut stream, service, self.network)).await?;
        Ok(stream)
    }

    /// Answers what opens a stream that came in. `None` when it was refused.
    ///
    /// # Errors
    /// When the connection breaks, or what came is no such frame.
    pub(crate) async fn welcome(
        &self,
        mut stream: Stream,
        service: &str,
        is_admitted: bool,
    ) -> Result<Option<Stream>, OpenError> {
        let welcome = welcome(&mut stream, service, self.network, is_admitted);
        Ok(within(welcome).await?.then_some(stream))
    }
}

/// The devices that were admitted to the network, and when they last had a link.
#[derive(Debug, Default)]
pub(crate) struct Admitted(BTreeMap<DeviceId, i64>);

impl Admitted {
    /// A device has a link, or had one until `uptime`.
    pub(crate) fn linked(&mut self, device: DeviceId, uptime: i64) {
        self.0.insert(device, uptime);
    }

    /// Whether a device without a link may open streams.
    pub(crate) fn is_recent(&self, device: &DeviceId, uptime: i64) -> bool {
        let last = self.0.get(device);
        last.is_some_and(|last| uptime.saturating_sub(*last) <= ADMITTED)
    }
}

async fn within<T>(work: impl Future<Output = Result<T, OpenError>>) -> Result<T, OpenError> {
    let late = |_| io::Error::from(io::ErrorKind::TimedOut);
    timeout(OPENING, work).await.map_err(late)?
}

async fn ask<S>(stream: &mut S, service: &str, network: NetworkId) -> Result<(), OpenError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let open = StreamFrame::Open {
        service: service.to_owned(),
        network,
    };
    write(stream, &open).await?;
    match read(stream).await? {
        StreamFrame::Opened => Ok(()),
        StreamFrame::Refuse(reason) => Err(OpenError::Refused(reason)),
        StreamFrame::Open { .. } => Err(io::Error::from(io::ErrorKind::InvalidData).into()),
    }
}

/// Whether the stream is open now.
async fn welcome<S>(
    stream: &mut S,
    ours: &str,
    network: NetworkId,
    is_admitted: bool,
) -> Result<bool, OpenError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let StreamFrame::Open {
        service,
        network: theirs,
    } = read(stream).await?
    else {
        return Err(io::Error::from(io::ErrorKind::InvalidData).into());
    };
    let refusal = if !is_admitted {
        Some(Reason::NotAdmitted)
    } else if theirs != network {
        Some(Reason::Network)
    } else if service != ours {
        Some(Reason::UnknownService)
    } else {
        None
    };
    let Some(reason) = refusal else {
        write(stream, &StreamFrame::Opened).await?;
        return Ok(true);
    };
    write(stream, &StreamFrame::Refuse(reason)).await?;
    stream.shutdown().await?;
    Ok(false)
}

/// The next frame of a known type. Reads no byte beyond it: those are the service's.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<StreamFrame> {
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
    let mut splitter = Splitter::new();
    loop {
        splitter.buffer().put_u8(stream.read_u8().await?);
        while let Some(frame) = splitter
            .take()
            .map_err(|error| invalid(error.to_string()))?
        {
            let read = StreamFrame::decode(frame.kind, &frame.body);
            if let Some(read) = read.map_err(|error| invalid(error.to_string()))? {
                return Ok(read);
            }
        }
    }
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), frame: &StreamFrame) -> io::Result<()> {
    stream.write_all(&frame.encode()).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    async fn meet(asked: &str, network: &str, is_admitted: bool) -> (Result<(), OpenError>, bool) {
        let (mut ana, mut ben) = duplex(256);
        let (here, there) = (NetworkId::of("home"), NetworkId::of(network));
        let (asked, welcomed) = tokio::join!(
            ask(&mut ana, asked, there),
            welcome(&mut ben, FILE, here, is_admitted)
        );
        (asked, welcomed.unwrap())
    }

    #[tokio::test]
    async fn who_was_admitted_gets_the_service_that_is_there() {
        let (asked, welcomed) = meet(FILE, "home", true).await;
        assert!(asked.is_ok() && welcomed);
    }

    #[tokio::test]
    async fn strangers_other_networks_and_unknown_services_are_refused_by_name() {
        for (service, network, is_admitted, expected) in [
            (FILE, "home", false, Reason::NotAdmitted),
            (FILE, "elsewhere", true, Reason::Network),
            ("shell", "home", true, Reason::UnknownService),
        ] {
            let (asked, welcomed) = meet(service, network, is_admitted).await;
            assert!(!welcomed);
            assert!(matches!(asked, Err(OpenError::Refused(reason)) if reason == expected));
        }
    }

    #[tokio::test]
    async fn the_first_bytes_of_the_service_are_left_for_it() {
        let (mut ana, mut ben) = duplex(256);
        let (service, network) = (FILE.to_owned(), NetworkId::of("home"));
        let open = StreamFrame::Open { service, network };
        ana.write_all(&open.encode()).await.unwrap();
        ana.write_all(b"early").await.unwrap();
        assert!(welcome(&mut ben, FILE, network, true).await.unwrap());
        let mut first = [0; 5];
        ben.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"early");
    }

    #[test]
    fn a_device_is_let_in_for_a_day_after_its_last_link() {
        let mut admitted = Admitted::default();
        let ben = DeviceId::new([2; 32]);
        assert!(!admitted.is_recent(&ben, 0));
        admitted.linked(ben, 100);
        assert!(admitted.is_recent(&ben, 100 + ADMITTED));
        assert!(!admitted.is_recent(&ben, 101 + ADMITTED));
    }
}
