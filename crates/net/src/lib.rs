//! Sockets and nothing else: interfaces, discovery, listener, outbound lanes.
//!
//! [`Net::bind`] starts everything for one node. What comes in arrives on two queues, so that
//! chat never waits behind files; [`Net::next`] takes from both. What goes out is handed to
//! [`Net::announce`], [`Net::dial`] and [`Net::send`]. Nothing here decides anything: that is
//! the brain's part.
//!
//! Every queue has a cap. Datagrams over it are dropped (UDP promises nothing), connections that
//! say nothing give way to others, and a sender of chunks waits until the lanes that they are passed on to have
//! room ([`Backlog`]).

mod discovery;
mod interfaces;
mod lane;
mod limits;
mod listener;
mod outbound;
mod seats;
mod traffic;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use bytes::Bytes;
use gossamer_wire::v1;
use tokio::sync::{mpsc, oneshot};

pub use discovery::{SHARED_PORT, listen as listen_discovery};
pub use interfaces::{Interface, Kind, list as interfaces, watch as watch_interfaces};
pub use lane::{Backlog, GaveUp};
pub use listener::is_port_free;
pub use outbound::{Lane, Ticket};

use crate::{discovery::Announcer, outbound::Outbound, traffic::Traffic};

/// The sockets of one node. Everything ends when this is dropped.
#[derive(Debug)]
pub struct Net {
    events: mpsc::Receiver<NetEvent>,
    bulk: mpsc::Receiver<Bulk>,
    announcer: Announcer,
    outbound: Outbound,
    traffic: Arc<Traffic>,
    /// Tasks end when their handles are dropped.
    _tasks: tokio::task::JoinSet<()>,
}

/// Something came in.
#[derive(Debug)]
pub enum NetEvent {
    /// A discovery datagram.
    Datagram {
        /// Its bytes.
        bytes: Bytes,
        /// Where it came from.
        source: SocketAddr,
    },
    /// Any message but a file chunk.
    Message(Received),
    /// A send with a ticket was written.
    Written(Ticket),
    /// A send with a ticket could not be written at any address.
    WriteFailed(Ticket),
    /// A dial connected and the hello was written.
    Dialled(SocketAddr),
    /// A dial did not connect.
    DialFailed(SocketAddr),
    /// The usable interfaces, at the start and on every change.
    Interfaces(Vec<Interface>),
    /// Discovery cannot listen on a UDP port because of another program; other ways still work.
    Deaf {
        /// The port.
        port: u16,
    },
}

/// A message from a connection.
#[derive(Debug)]
pub struct Received {
    /// The other end.
    pub source: SocketAddr,
    /// The message.
    pub message: v1::Message,
    /// The same as it came.
    pub raw: Bytes,
}

/// A file chunk. Its connection is read on once `passed_on` has been answered and every lane in
/// the answer has room again.
#[derive(Debug)]
pub struct Bulk {
    /// The message.
    pub received: Received,
    /// The lanes it was put on.
    pub passed_on: oneshot::Sender<Vec<Backlog>>,
}

/// Why a node cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program has the TCP port.
    #[error("TCP port {port} is used by another program")]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// The port or the address cannot be used.
    #[error("TCP port {port} cannot be listened on: {source}")]
    Unusable {
        /// The port.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
}

impl Net {
    /// Listens on TCP `port` and for discovery on UDP `port + 1`, on all usable addresses or only
    /// on those in `bind`.
    ///
    /// # Errors
    /// When TCP cannot be listened on. Discovery that cannot be is an event, not an error.
    pub async fn bind(port: u16, bind: Vec<IpAddr>) -> Result<Self, BindError> {
        let (event_sender, events) = mpsc::channel(limits::EVENTS);
        let (bulk_sender, bulk) = mpsc::channel(limits::BULK);
        let traffic = Arc::new(Traffic::default());
        let mut tasks = tokio::task::JoinSet::new();
        for listener in listener::bind(port, &bind)? {
            tasks.spawn(listener::serve(
                listener,
                event_sender.clone(),
                bulk_sender.clone(),
                Arc::clone(&traffic),
            ));
        }
        for udp in discovery::ports(port) {
            match discovery::listen(udp) {
                Ok(socket) => drop(tasks.spawn(discovery::receive(socket, event_sender.clone()))),
                Err(_) => drop(event_sender.try_send(NetEvent::Deaf { port: udp })),
            }
        }
        let changes = event_sender.clone();
        tasks.spawn(async move {
            let mut interfaces = interfaces::watch(bind);
            while let Some(now) = interfaces.recv().await {
                if changes.send(NetEvent::Interfaces(now)).await.is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            events,
            bulk,
            announcer: Announcer::new(port),
            outbound: Outbound::new(event_sender, Arc::clone(&traffic)),
            traffic,
            _tasks: tasks,
        })
    }

    /// The next thing that came in, everything else before chunks. Cancel-safe.
    pub async fn next(&mut self) -> Option<Incoming> {
        tokio::select! {
            biased;
            event = self.events.recv() => event.map(Incoming::Event),
            bulk = self.bulk.recv() => bulk.map(Incoming::Bulk),
        }
    }

    /// Broadcasts a datagram on the network of `interface`. A failure is that interface's alone.
    pub fn announce(&self, interface: &Interface, datagram: &[u8]) {
        self.announcer.announce(interface, datagram);
    }

    /// Connects to an address and writes `hello`; answered by an event.
    pub fn dial(&mut self, addr: SocketAddr, hello: Bytes) {
        self.outbound.dial(addr, hello);
    }

    /// Sets where a peer is reached; its lanes use it from the next connection on.
    pub fn route(&mut self, peer: &str, addrs: Vec<SocketAddr>, multi: bool) {
        self.outbound.route(peer, addrs, multi);
    }

    /// The peer is away: what still waits for it is given up.
    pub fn unroute(&mut self, peer: &str) {
        self.outbound.unroute(peer);
    }

    /// Queues a message for a peer with a route. With a ticket, an event answers.
    pub fn send(&mut self, peer: &str, lane: Lane, bytes: Bytes, ticket: Option<Ticket>) {
        self.outbound.send(peer, lane, bytes, ticket);
    }

    /// The bulk lane of a peer, while it has a route.
    #[must_use]
    pub fn backlog(&self, peer: &str) -> Option<Backlog> {
        self.outbound.backlog(peer)
    }

    /// Waits until what was queued for chat is written, or given up.
    pub async fn flush(&mut self) {
        self.outbound.flush().await;
    }

    /// Bytes received and sent since the start.
    #[must_use]
    pub fn traffic(&self) -> (u64, u64) {
        self.traffic.totals()
    }
}

/// Either kind of thing that comes in.
#[derive(Debug)]
pub enum Incoming {
    /// Small and urgent.
    Event(NetEvent),
    /// A file chunk.
    Bulk(Bulk),
}
