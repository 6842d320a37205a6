//! Streams: one TLS connection for one service between two devices (docs/protocol-v2.md 8),
//! over a TCP connection of its own or through others (11).

use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use gossamer_crypto::DeviceId;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{
    door::Place,
    tls::{Secure, Socket},
};

/// A byte stream to another device, from either side.
///
/// It goes fast with large writes (256 KiB). What is written leaves with
/// [`flush`](tokio::io::AsyncWriteExt::flush) at the latest. Reading ends with
/// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) unless the other side shut it down: what was
/// cut off is never taken for all there is. Nothing here times out.
pub struct Stream {
    socket: Socket,
    device: DeviceId,
    addr: SocketAddr,
    relay: Option<DeviceId>,
    _place: Option<Place>,
}

impl Stream {
    pub(crate) fn new(secure: Secure, place: Option<Place>) -> Self {
        Self {
            socket: secure.socket,
            device: secure.device,
            addr: secure.addr,
            relay: None,
            _place: place,
        }
    }

    /// One that goes through a neighbour.
    pub(crate) fn through(secure: Secure, relay: DeviceId) -> Self {
        Self {
            relay: Some(relay),
            ..Self::new(secure, None)
        }
    }

    /// Whose key is at the other end. That it is admitted to the network is for others to know.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// Where the other end is, or the neighbour through which it goes.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The neighbour through which it goes, if it does not go to the other end directly.
    #[must_use]
    pub fn relay(&self) -> Option<DeviceId> {
        self.relay
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("device", &self.device)
            .field("addr", &self.addr)
            .field("relay", &self.relay)
            .finish_non_exhaustive()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
