//! Outbound TLS connections.

use std::{fmt, io, net::SocketAddr, sync::Arc};

use gossamer_crypto::DeviceId;

use crate::{
    LinkError, Stream,
    outbound::connect,
    tls::{Identity, Secure, Service},
};

/// Opens connections in the name of a device. Clones are cheap, and work in any task.
#[derive(Clone)]
pub struct Dialer(Arc<Identity>);

impl Dialer {
    pub(crate) fn new(identity: Arc<Identity>) -> Self {
        Self(identity)
    }

    /// Opens a stream to a device at the first of its addresses where it is found.
    ///
    /// # Errors
    /// What went wrong at the last address.
    pub async fn open_stream(
        &self,
        device: DeviceId,
        addrs: &[SocketAddr],
    ) -> Result<Stream, LinkError> {
        let mut last = LinkError::Unreachable(io::ErrorKind::AddrNotAvailable.into());
        for &addr in addrs {
            match self.connect(addr, Service::Stream, Some(device)).await {
                Ok(secure) => return Ok(Stream::new(secure, None)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    pub(crate) async fn connect(
        &self,
        addr: SocketAddr,
        service: Service,
        expected: Option<DeviceId>,
    ) -> Result<Secure, LinkError> {
        let tcp = connect(&[addr]).await.map_err(LinkError::Unreachable)?;
        self.0.connect(tcp, addr, service, expected).await
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialer(..)")
    }
}
