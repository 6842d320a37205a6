//! Sockets and nothing else: interfaces, discovery, listener, links and streams, outbound lanes.
//!
//! [`Net::bind`] starts everything for one node. What comes in arrives on three queues, so that
//! chat never waits behind files, nor either dialect behind the other; [`Net::next`] takes from
//! all. What goes out is handed to [`Net::announce`], to [`Net::dial`] and [`Net::send`] in the
//! classic dialect, to [`Net::dial_link`] and [`Net::send_frame`] in v2. Bulk takes a [`Stream`],
//! opened by a [`Dialer`]. Nothing here decides anything: that is the brain's part.
//!
//! Every queue has a cap. Datagrams over it are dropped (UDP promises nothing), connections that
//! say nothing give way to others, and a sender of chunks waits until the lanes that they are passed on to have
//! room ([`Backlog`]).

mod awaited;
mod carrier;
mod circuit;
mod dialer;
mod discovery;
mod door;
mod error;
mod interfaces;
mod lane;
mod limits;
mod link;
mod listener;
mod opening;
mod outbound;
mod reception;
mod seats;
mod stream;
mod tls;
mod traffic;

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    num::NonZeroU64,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use gossamer_crypto::{DeviceId, DeviceKey};
use gossamer_wire::{
    v1,
    v2::{DialBackToken, Frame, Reason, StreamFrame},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

pub use circuit::CircuitRequest;
pub use dialer::{Dialer, Hop, Way};
pub use discovery::{SHARED_PORT, hear, listen as listen_discovery};
pub use error::{BindError, LinkError};
pub use interfaces::{Interface, Kind, list as interfaces, watch as watch_interfaces};
pub use lane::{Backlog, GaveUp};
pub use link::{LinkId, NotQueued};
pub use listener::is_port_free;
pub use opening::{OpenError, Visit};
pub use outbound::{Lane, Ticket};
pub use stream::Stream;
pub use tls::Exporter;

use crate::{
    awaited::Awaited,
    discovery::Announcer,
    door::Door,
    link::{Held, Links},
    outbound::Outbound,
    reception::Reception,
    tls::Identity,
    traffic::Traffic,
};

/// The sockets of one node. Everything ends when this is dropped, but for streams that were taken.
#[derive(Debug)]
pub struct Net {
    port: u16,
    events: mpsc::Receiver<NetEvent>,
    held: mpsc::Receiver<Held>,
    bulk: mpsc::Receiver<Bulk>,
    announcer: Announcer,
    outbound: Outbound,
    links: Arc<Links>,
    dialer: Dialer,
    door: Arc<Door>,
    reception: Arc<Reception>,
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
    /// Any message but a file chunk. Its connection is read on once it was said for how long it is
    /// not to be, or at once when nothing is said.
    Message(Received, oneshot::Sender<Duration>),
    /// A send with a ticket was written.
    Written(Ticket),
    /// A send with a ticket could not be written at any address.
    WriteFailed(Ticket),
    /// A dial connected and the hello was written.
    Dialled(SocketAddr),
    /// A dial did not connect.
    DialFailed(SocketAddr),
    /// A TLS connection for frames is there, from either side. Its other end is not admitted by
    /// that, and a node that was dialled may yet refuse our key. For each such event there is one
    /// [`LinkDown`](Self::LinkDown).
    LinkUp {
        /// The link.
        link: LinkId,
        /// Whose key is at the other end.
        device: DeviceId,
        /// Where the other end is.
        addr: SocketAddr,
        /// Whether we are its TLS client.
        dialled: bool,
        /// What both ends know of this connection alone.
        exporter: Exporter,
    },
    /// A frame came in. A few that were waiting may still come after the link was closed.
    Frame {
        /// The link.
        link: LinkId,
        /// The frame.
        frame: Frame,
    },
    /// The head of a frame says that it is longer than any may be. The link is read no further; its
    /// [`LinkDown`](Self::LinkDown) follows.
    FrameTooLong {
        /// The link.
        link: LinkId,
    },
    /// A frame with a ticket was handed to the system.
    FrameWritten {
        /// The link.
        link: LinkId,
        /// The frame's ticket.
        ticket: u64,
    },
    /// The link is gone, whoever ended it, and so are the frames that were not reported as
    /// written.
    LinkDown {
        /// The link.
        link: LinkId,
    },
    /// A dial did not become a link.
    LinkFailed {
        /// What was dialled.
        addr: SocketAddr,
        /// Who was expected there.
        expected: Option<DeviceId>,
        /// Why.
        why: LinkError,
    },
    /// Another device opened a stream.
    Visit(Visit),
    /// A neighbour asks for a circuit; answered by one of [`Net::accept_circuit`],
    /// [`Net::pass_on`] and [`Net::refuse_circuit`].
    Circuit(CircuitRequest),
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

impl Net {
    /// Listens on TCP `port` and for discovery on UDP `port + 1`, on all usable addresses or only
    /// on those in `bind`; port 0 picks one, for one address. `key` is shown to whoever connects
    /// over TLS. Circuits of others are passed on with `relay_rate` bytes in a second at most.
    ///
    /// # Errors
    /// When TCP cannot be listened on. Discovery that cannot be is an event, not an error.
    pub async fn bind(
        port: u16,
        bind: Vec<IpAddr>,
        key: &DeviceKey,
        relay_rate: Option<NonZeroU64>,
    ) -> Result<Self, BindError> {
        let (event_sender, events) = mpsc::channel(limits::EVENTS);
        let (held_sender, held) = mpsc::channel(limits::LINK_EVENTS);
        let (bulk_sender, bulk) = mpsc::channel(limits::BULK);
        let traffic = Arc::new(Traffic::default());
        let identity = Arc::new(Identity::new(key, Arc::clone(&traffic)));
        let links = Arc::new(Links::new(held_sender));
        let awaited = Arc::<Awaited>::default();
        let reception = Arc::new(Reception::new(
            Arc::clone(&identity),
            Arc::clone(&links),
            Arc::clone(&awaited),
            relay_rate,
        ));
        let door = Arc::new(Door::new(
            Arc::clone(&identity),
            Arc::clone(&links),
            Arc::clone(&reception),
        ));
        let listeners = listener::bind(port, &bind)?;
        let picked = listeners.first().map(tokio::net::TcpListener::local_addr);
        let port = picked.and_then(Result::ok).map_or(port, |addr| addr.port());
        let mut tasks = tokio::task::JoinSet::new();
        for listener in listeners {
            tasks.spawn(listener::serve(
                listener,
                event_sender.clone(),
                bulk_sender.clone(),
                Arc::clone(&door),
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
            port,
            events,
            held,
            bulk,
            announcer: Announcer::new(port),
            outbound: Outbound::new(event_sender, Arc::clone(&traffic)),
            dialer: Dialer::new(identity, Arc::clone(&links), awaited),
            links,
            door,
            reception,
            traffic,
            _tasks: tasks,
        })
    }

    /// The TCP port that is listened on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The next thing that came in, everything else before chunks. Cancel-safe.
    pub async fn next(&mut self) -> Option<Incoming> {
        let urgent = async {
            // In no order: neither dialect holds up the other.
            tokio::select! {
                event = self.events.recv() => event,
                held = self.held.recv() => held.map(|held| held.event),
            }
        };
        tokio::select! {
            biased;
            event = urgent => event.map(Incoming::Event),
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

    /// Opens a link, with `expected` to that device only; answered by an event.
    pub fn dial_link(&self, addr: SocketAddr, expected: Option<DeviceId>) {
        self.links.dial(self.dialer.clone(), addr, expected);
    }

    /// Queues a whole frame. With a ticket, [`NetEvent::FrameWritten`] answers, or the end of the
    /// link does.
    ///
    /// # Errors
    /// When it will not be sent: the link is gone, or 4 MiB wait for it already.
    pub fn send_frame(
        &self,
        link: LinkId,
        frame: Bytes,
        ticket: Option<u64>,
    ) -> Result<(), NotQueued> {
        self.links.send(link, frame, ticket)
    }

    /// Closes a link after what was queued for it and `last`, if there is one, are written. Takes
    /// 2 s at most, whatever the other side does, until [`NetEvent::LinkDown`].
    pub fn close_link(&self, link: LinkId, last: Option<Bytes>) {
        self.links.close(link, last);
    }

    /// What opens streams, for tasks to use.
    #[must_use]
    pub fn dialer(&self) -> Dialer {
        self.dialer.clone()
    }

    /// Does what a neighbour asked for: opens a connection to it, which it knows by the token, and
    /// then does as if it had dialled.
    pub fn dial_back(&self, device: DeviceId, addr: SocketAddr, token: DialBackToken) {
        let (dialer, reception) = (self.dialer(), Arc::clone(&self.reception));
        tokio::spawn(async move {
            match dialer.come(device, addr, &StreamFrame::Back(token)).await {
                Ok(stream) => reception.receive(stream).await,
                Err(error) => tracing::debug!(?device, %error, "not dialled back"),
            }
        });
    }

    /// Where the neighbours are: more connections may come from there than from elsewhere.
    pub fn know(&self, addrs: BTreeSet<IpAddr>) {
        self.door.know(addrs);
    }

    /// A circuit leads to this device: what is inside arrives as a [`Visit`].
    pub fn accept_circuit(&self, request: CircuitRequest) {
        let reception = Arc::clone(&self.reception);
        tokio::spawn(async move { reception.accept(request).await });
    }

    /// A circuit leads to another device: `hop`, or further through it.
    pub fn pass_on(&self, request: CircuitRequest, hop: Hop) {
        let (dialer, reception) = (self.dialer(), Arc::clone(&self.reception));
        tokio::spawn(async move { reception.pass_on(request, hop, dialer).await });
    }

    /// A circuit goes no further.
    pub fn refuse_circuit(&self, request: CircuitRequest, reason: Reason) {
        let reception = Arc::clone(&self.reception);
        tokio::spawn(async move { reception.refuse(request, reason).await });
    }

    /// Ends all circuits that are passed on now.
    pub fn end_circuits(&self) {
        self.reception.end_circuits();
    }

    /// Whether connections in the classic dialect are read; they are to begin with.
    pub fn welcome_classic(&self, welcome: bool) {
        self.door.welcome_classic(welcome);
    }

    /// Circuits that are passed on now, and the bytes of all there were.
    #[must_use]
    pub fn relayed(&self) -> (usize, u64) {
        self.reception.relayed()
    }

    /// Waits until what was queued for chat and for links is written or given up, and links being
    /// closed are gone; 3 s at most.
    pub async fn flush(&mut self) {
        let all = async { tokio::join!(self.outbound.flush(), self.links.settled()) };
        let _ = timeout(limits::CONNECT, all).await;
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
