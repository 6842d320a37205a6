//! Discovery datagrams: UDP broadcast on the port above the TCP port, and on one shared port.
//!
//! Several nodes of one machine have different TCP ports and so different discovery ports. All of
//! them also listen on [`SHARED_PORT`] with address reuse, and announce to both, so that they
//! find each other and everyone who uses the default port.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
};

use bytes::Bytes;
use gossamer_wire::limits::DATAGRAM;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    net::UdpSocket,
    sync::mpsc::{self, error::TrySendError},
    time::sleep,
};

use crate::{Interface, Kind, NetEvent, limits};

/// The discovery port of the default TCP port; every node listens on it.
pub const SHARED_PORT: u16 = 10_000;

/// The UDP ports that a node with this TCP port uses.
pub(crate) fn ports(tcp: u16) -> Vec<u16> {
    let mut ports = vec![tcp.saturating_add(1), SHARED_PORT];
    ports.dedup();
    ports
}

/// A socket on a discovery port, shared with other nodes of this machine.
///
/// # Errors
/// When a program that does not share has the port.
pub fn listen(port: u16) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    // On the BSDs, macOS among them, address reuse alone does not share a port.
    #[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port).into())?;
    UdpSocket::from_std(socket.into())
}

/// Hands out datagrams until nobody takes them any more. Those over the queue's cap are dropped.
pub(crate) async fn receive(socket: UdpSocket, events: mpsc::Sender<NetEvent>) {
    // One byte more than allowed shows that a datagram is too long.
    let mut buffer = [0; DATAGRAM + 1];
    loop {
        let (size, source) = hear(&socket, &mut buffer).await;
        let bytes = Bytes::copy_from_slice(buffer.get(..size).unwrap_or_default());
        match events.try_send(NetEvent::Datagram { bytes, source }) {
            Ok(()) | Err(TrySendError::Full(_)) => {}
            Err(TrySendError::Closed(_)) => break,
        }
    }
}

/// The size and the source of the next datagram. While the socket fails, it is asked again from time
/// to time.
pub async fn hear(socket: &UdpSocket, buffer: &mut [u8]) -> (usize, SocketAddr) {
    next(socket, buffer).await
}

async fn next(ear: &impl Ear, buffer: &mut [u8]) -> (usize, SocketAddr) {
    loop {
        match ear.recv_from(buffer).await {
            Ok(heard) => return heard,
            Err(error) => {
                tracing::debug!(%error, "a discovery socket failed");
                sleep(limits::RECEIVE_PAUSE).await;
            }
        }
    }
}

/// What datagrams are heard with.
trait Ear: Sync {
    /// The size and the source of the next datagram, which is cut to what fits.
    fn recv_from(
        &self,
        buffer: &mut [u8],
    ) -> impl Future<Output = io::Result<(usize, SocketAddr)>> + Send;
}

impl Ear for UdpSocket {
    async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        Self::recv_from(self, buffer).await
    }
}

/// Sends datagrams to everyone on a network.
#[derive(Debug)]
pub(crate) struct Announcer {
    ports: Vec<u16>,
}

impl Announcer {
    pub(crate) fn new(tcp: u16) -> Self {
        Self { ports: ports(tcp) }
    }

    pub(crate) fn announce(&self, interface: &Interface, datagram: &[u8]) {
        if let Err(error) = self.try_announce(interface, datagram) {
            tracing::debug!(interface = interface.name, %error, "announcement failed");
        }
    }

    /// A socket of its own for each announcement needs no upkeep when interfaces come and go.
    fn try_announce(&self, interface: &Interface, datagram: &[u8]) -> io::Result<()> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        socket.set_broadcast(true)?;
        socket.bind(&SocketAddrV4::new(interface.addr, 0).into())?;
        let mut sent = Ok(());
        for target in self.targets(interface) {
            sent = sent.and(socket.send_to(datagram, &target.into()).map(drop));
        }
        sent
    }

    fn targets(&self, interface: &Interface) -> Vec<SocketAddr> {
        let broadcast = interface.broadcast.unwrap_or(Ipv4Addr::BROADCAST);
        let mut targets: Vec<SocketAddr> = self
            .ports
            .iter()
            .map(|port| SocketAddrV4::new(broadcast, *port).into())
            .collect();
        // Where loopback has no broadcast (macOS, Windows), at least one node hears this.
        if interface.kind == Kind::Loopback && !cfg!(target_os = "linux") {
            targets.push(SocketAddrV4::new(Ipv4Addr::LOCALHOST, SHARED_PORT).into());
        }
        targets
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU32, Ordering},
        time::Duration,
    };

    use super::*;

    /// A socket that is broken for good.
    #[derive(Default)]
    struct Deaf {
        asked: AtomicU32,
    }

    impl Ear for Deaf {
        async fn recv_from(&self, _: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
            let asked = self.asked.fetch_add(1, Ordering::Relaxed);
            assert!(asked < 1_000, "it is asked without a pause");
            Err(io::ErrorKind::Other.into())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_socket_that_is_broken_for_good_is_not_asked_without_a_pause() {
        let deaf = Deaf::default();
        let minute = Duration::from_secs(60);
        let heard = tokio::time::timeout(minute, next(&deaf, &mut [])).await;
        assert!(heard.is_err(), "nothing was said");
        let asked = deaf.asked.load(Ordering::Relaxed);
        assert!((2..=61).contains(&asked), "asked {asked} times in a minute");
    }

    #[tokio::test]
    async fn two_nodes_of_one_machine_hear_one_announcement() {
        let ana = listen(0).unwrap();
        let port = ana.local_addr().unwrap().port();
        let ben = listen(port).unwrap();
        let loopback = crate::interfaces(&["127.0.0.1".parse().unwrap()]).remove(0);
        Announcer { ports: vec![port] }.announce(&loopback, b"hello");
        let mut buffer = [0; 16];
        for node in [ana, ben] {
            let heard = node.recv_from(&mut buffer);
            let limit = Duration::from_secs(5);
            let (size, _) = tokio::time::timeout(limit, heard).await.unwrap().unwrap();
            assert_eq!(&buffer[..size], b"hello");
        }
    }
}
