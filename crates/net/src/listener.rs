//! Inbound connections: accepted within limits and told apart by their first byte. Those of the
//! classic dialect are cut into messages and decoded here, TLS goes to the door.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use gossamer_wire::v1::{Body, Message, Splitter};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    time::{Instant, sleep, timeout, timeout_at},
};

use crate::{
    BindError, Bulk, NetEvent, Received,
    door::Door,
    limits,
    seats::{Seat, Seats},
    traffic::Traffic,
};

/// Listens on every address (one socket for IPv4 and IPv6 where the system has both), or on those
/// given.
pub(crate) fn bind(port: u16, addrs: &[IpAddr]) -> Result<Vec<TcpListener>, BindError> {
    let named = |source: io::Error| {
        if source.kind() == io::ErrorKind::AddrInUse {
            BindError::PortInUse { port }
        } else {
            BindError::Unusable { port, source }
        }
    };
    if !addrs.is_empty() {
        return addrs
            .iter()
            .map(|addr| bind_one(*addr, port).map_err(named))
            .collect();
    }
    let any = match bind_one(Ipv6Addr::UNSPECIFIED.into(), port) {
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            bind_one(Ipv4Addr::UNSPECIFIED.into(), port)
        }
        other => other,
    };
    any.map(|listener| vec![listener]).map_err(named)
}

/// Whether TCP `port` could be listened on right now.
#[must_use]
pub fn is_port_free(port: u16, addrs: &[IpAddr]) -> bool {
    bind(port, addrs).is_ok()
}

fn bind_one(addr: IpAddr, port: u16) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(SocketAddr::new(addr, port)),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if addr.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // A port that was in use a moment ago may be used again. (On Windows this would share it.)
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::new(addr, port).into())?;
    socket.listen(1024)?;
    TcpListener::from_std(socket.into())
}

/// Accepts until nobody takes messages any more.
pub(crate) async fn serve(
    listener: TcpListener,
    events: mpsc::Sender<NetEvent>,
    bulk: mpsc::Sender<Bulk>,
    door: Arc<Door>,
    traffic: Arc<Traffic>,
) {
    let seats = Arc::new(Seats::new(limits::CONNECTIONS));
    let mut connections = tokio::task::JoinSet::new();
    for key in 0.. {
        let seat = Arc::new(seats.take(key).await);
        let Some((stream, source)) = accept(&listener, &events).await else {
            return;
        };
        while connections.try_join_next().is_some() {}
        let reader = Reader {
            source: canonical(source),
            seat: Arc::clone(&seat),
            events: events.clone(),
            bulk: bulk.clone(),
            traffic: Arc::clone(&traffic),
        };
        let connection = receive(stream, reader, Arc::clone(&door));
        seat.belongs_to(connections.spawn(connection));
    }
}

/// An IPv4 address as one, also where the listener is for both kinds.
fn canonical(source: SocketAddr) -> SocketAddr {
    match source.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::new(ip.into(), source.port()),
        IpAddr::V6(_) => source,
    }
}

/// The first byte decides the dialect (docs/protocol-v2.md 5.1).
async fn receive(stream: TcpStream, reader: Reader, door: Arc<Door>) {
    let mut first = [0];
    let Ok(Ok(1)) = timeout(limits::SILENCE, stream.peek(&mut first)).await else {
        return;
    };
    match first {
        [b'{' | b' ' | b'\t' | b'\r' | b'\n'] if door.takes_classic() => reader.run(stream).await,
        // The seat is for readers: the door has its own.
        [0x16] => door.welcome(stream, reader.source),
        _ => {}
    }
}

/// The next connection; `None` when nobody takes messages any more.
async fn accept(
    listener: &TcpListener,
    events: &mpsc::Sender<NetEvent>,
) -> Option<(TcpStream, SocketAddr)> {
    loop {
        tokio::select! {
            () = events.closed() => return None,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => return Some(accepted),
                // Aborted by the other side, or out of handles for a moment.
                Err(error) => {
                    tracing::debug!(%error, "a connection was not accepted");
                    sleep(limits::ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

/// One connection.
struct Reader {
    source: SocketAddr,
    seat: Arc<Seat>,
    events: mpsc::Sender<NetEvent>,
    bulk: mpsc::Sender<Bulk>,
    traffic: Arc<Traffic>,
}

impl Reader {
    async fn run(self, mut stream: TcpStream) {
        let mut splitter = Splitter::new();
        let mut begun = None;
        loop {
            splitter.buffer().reserve(64 << 10);
            // A message that drips in is cut off, and so is silence.
            let silence = Instant::now() + limits::SILENCE;
            let until = begun.map_or(silence, |begun: Instant| {
                silence.min(begun + limits::MESSAGE_TIME)
            });
            match timeout_at(until, stream.read_buf(splitter.buffer())).await {
                Ok(Ok(size @ 1..)) => self.traffic.received(size),
                Ok(Ok(0) | Err(_)) | Err(_) => return,
            }
            loop {
                match splitter.take() {
                    Ok(Some(raw)) => {
                        begun = None;
                        let Ok(message) = Message::decode(&raw) else {
                            return;
                        };
                        let received = Received {
                            source: self.source,
                            message,
                            raw,
                        };
                        self.seat.is_heard();
                        let Some(pause) = self.hand_over(received).await else {
                            return;
                        };
                        // Whoever says too much is silent meanwhile, and keeps nobody out.
                        self.seat.owes_a_message();
                        if !pause.is_zero() {
                            sleep(pause).await;
                        }
                    }
                    Ok(None) => break,
                    Err(_) => return,
                }
            }
            if splitter.is_mid_message() {
                begun = begun.or_else(|| Some(Instant::now()));
            }
        }
    }

    /// How long nothing more is to be read; `None` when the node has stopped. One message of a
    /// connection at a time is under way, so what waits for the node is bounded as connections are.
    async fn hand_over(&self, received: Received) -> Option<Duration> {
        if !matches!(received.message.body, Body::FileChunk(_)) {
            let (pause, paused) = oneshot::channel();
            let event = NetEvent::Message(received, pause);
            self.events.send(event).await.ok()?;
            return Some(paused.await.unwrap_or_default());
        }
        let (passed_on, lanes) = oneshot::channel();
        if self
            .bulk
            .send(Bulk {
                received,
                passed_on,
            })
            .await
            .is_err()
        {
            return None;
        }
        // Hop by hop, the slowest lane sets the pace; one that is stuck is given up in time.
        let lanes = timeout(limits::STALL, lanes)
            .await
            .unwrap_or(Ok(Vec::new()));
        for lane in lanes.unwrap_or_default() {
            let _ = timeout(limits::STALL, lane.room()).await;
        }
        Some(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let first = bind(0, &[IpAddr::from([127, 0, 0, 1])]).unwrap();
        let port = first[0].local_addr().unwrap().port();
        let second = bind(port, &[IpAddr::from([127, 0, 0, 1])]);
        assert!(matches!(second, Err(BindError::PortInUse { port: p }) if p == port));
    }
}
