//! Inbound connections: accepted within limits, cut into messages, decoded.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use gossamer_wire::v1::{Body, Message, Splitter};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    time::{Instant, timeout, timeout_at},
};

use crate::{BindError, Bulk, NetEvent, Received, limits, traffic::Traffic};

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
    traffic: Arc<Traffic>,
) {
    let seats = Arc::new(Seats::default());
    let mut connections = tokio::task::JoinSet::new();
    while !events.is_closed() {
        // An accept error (out of handles, aborted by the other side) passes.
        let Ok((stream, source)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let source = SocketAddr::new(source.ip().to_canonical(), source.port());
        let Some(seat) = seats.take(source.ip()) else {
            tracing::debug!("connection refused: too many");
            continue;
        };
        let reader = Reader {
            source,
            events: events.clone(),
            bulk: bulk.clone(),
            traffic: Arc::clone(&traffic),
        };
        connections.spawn(async move {
            reader.run(stream).await;
            drop(seat);
        });
    }
}

/// One connection.
struct Reader {
    source: SocketAddr,
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
                        if !self
                            .hand_over(Received {
                                source: self.source,
                                message,
                                raw,
                            })
                            .await
                        {
                            return;
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

    /// False when the node has stopped.
    async fn hand_over(&self, received: Received) -> bool {
        if !matches!(received.message.body, Body::FileChunk(_)) {
            return self.events.send(NetEvent::Message(received)).await.is_ok();
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
            return false;
        }
        // Hop by hop, the slowest lane sets the pace; one that is stuck is given up in time.
        for lane in lanes.await.unwrap_or_default() {
            let _ = timeout(limits::STALL, lane.room()).await;
        }
        true
    }
}

/// Who holds how many connections.
#[derive(Debug, Default)]
struct Seats {
    taken: Mutex<BTreeMap<IpAddr, usize>>,
}

struct Seat {
    seats: Arc<Seats>,
    addr: IpAddr,
}

impl Seats {
    fn take(self: &Arc<Self>, addr: IpAddr) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = taken.values().sum();
        let here = taken.get(&addr).copied().unwrap_or(0);
        if all >= limits::CONNECTIONS || !addr.is_loopback() && here >= limits::CONNECTIONS_PER_ADDR
        {
            return None;
        }
        taken.insert(addr, here + 1);
        Some(Seat {
            seats: Arc::clone(self),
            addr,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self
            .seats
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = taken.get_mut(&self.addr) {
            *here -= 1;
            if *here == 0 {
                taken.remove(&self.addr);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_cannot_take_every_seat_and_seats_come_back() {
        let seats = Arc::new(Seats::default());
        let (mallory, ben) = (IpAddr::from([10, 0, 0, 9]), IpAddr::from([10, 0, 0, 2]));
        let taken: Vec<_> = std::iter::repeat_with(|| seats.take(mallory))
            .take(1000)
            .flatten()
            .collect();
        assert_eq!(taken.len(), limits::CONNECTIONS_PER_ADDR);
        assert!(seats.take(ben).is_some());
        drop(taken);
        assert!(seats.take(mallory).is_some());
        assert!(seats.taken.lock().unwrap().len() <= 1);
    }

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let first = bind(0, &[IpAddr::from([127, 0, 0, 1])]).unwrap();
        let port = first[0].local_addr().unwrap().port();
        let second = bind(port, &[IpAddr::from([127, 0, 0, 1])]);
        assert!(matches!(second, Err(BindError::PortInUse { port: p }) if p == port));
    }
}
