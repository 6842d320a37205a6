//! Outbound connections: two lanes for each peer, one for chat, one for chunks.
//!
//! A node that says `multi` reads many messages from one connection, so a lane keeps one open while
//! there is something to write. The original program takes exactly one message from a connection: each
//! message gets its own, written in one piece, at a pace that its machine and ours can bear.

use std::{collections::BTreeMap, io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::{mpsc, watch},
    task::AbortHandle,
    time::{Instant, sleep, timeout},
};

use crate::{
    Backlog, NetEvent,
    lane::{Entry, Queue},
    limits,
    traffic::Traffic,
};

/// Which of a peer's two queues a message takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Small and urgent.
    Chat,
    /// File chunks.
    Bulk,
}

/// Names a write, in words of the caller's choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The message.
    pub message: String,
    /// The peer.
    pub peer: String,
}

#[derive(Debug)]
pub(crate) struct Outbound {
    peers: BTreeMap<String, Lanes>,
    events: mpsc::Sender<NetEvent>,
    traffic: Arc<Traffic>,
}

#[derive(Debug)]
struct Lanes {
    route: watch::Sender<Route>,
    chat: Arc<Queue>,
    bulk: Arc<Queue>,
    writers: [AbortHandle; 2],
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Route {
    /// Best first.
    addrs: Vec<SocketAddr>,
    multi: bool,
}

impl Outbound {
    pub(crate) fn new(events: mpsc::Sender<NetEvent>, traffic: Arc<Traffic>) -> Self {
        Self {
            peers: BTreeMap::new(),
            events,
            traffic,
        }
    }

    pub(crate) fn route(&mut self, peer: &str, addrs: Vec<SocketAddr>, multi: bool) {
        let route = Route { addrs, multi };
        match self.peers.get(peer) {
            Some(lanes) => drop(lanes.route.send_if_modified(|now| {
                let changed = *now != route;
                *now = route;
                changed
            })),
            None => {
                let lanes = self.open(route);
                self.peers.insert(peer.to_owned(), lanes);
            }
        }
    }

    pub(crate) fn unroute(&mut self, peer: &str) {
        // Dropping the lanes ends them.
        self.peers.remove(peer);
    }

    pub(crate) fn send(&mut self, peer: &str, lane: Lane, bytes: Bytes, ticket: Option<Ticket>) {
        let entry = Entry { bytes, ticket };
        let refused = match (self.peers.get(peer), lane) {
            (None, _) => Err(entry),
            (Some(lanes), Lane::Chat) => lanes.chat.push(entry, limits::CHAT_LANE),
            (Some(lanes), Lane::Bulk) => lanes.bulk.push(entry, limits::BULK_LANE_HARD),
        };
        if let Err(Entry {
            ticket: Some(ticket),
            ..
        }) = refused
        {
            let events = self.events.clone();
            // The caller is the one who takes events: it must not wait for itself.
            tokio::spawn(async move { events.send(NetEvent::WriteFailed(ticket)).await });
        }
    }

    pub(crate) fn backlog(&self, peer: &str) -> Option<Backlog> {
        self.peers
            .get(peer)
            .map(|lanes| Backlog::new(Arc::clone(&lanes.bulk)))
    }

    pub(crate) fn dial(&mut self, addr: SocketAddr, hello: Bytes) {
        let (events, traffic) = (self.events.clone(), Arc::clone(&self.traffic));
        tokio::spawn(async move {
            let dialled = async {
                let mut stream = connect(&[addr]).await?;
                write(&mut stream, &hello, &traffic).await
            };
            let event = match dialled.await {
                Ok(()) => NetEvent::Dialled(addr),
                Err(_) => NetEvent::DialFailed(addr),
            };
            let _ = events.send(event).await;
        });
    }

    pub(crate) async fn flush(&mut self) {
        let chats: Vec<_> = self
            .peers
            .values()
            .map(|lanes| Arc::clone(&lanes.chat))
            .collect();
        let all = async {
            for chat in chats {
                chat.settled().await;
            }
        };
        let _ = timeout(limits::CONNECT, all).await;
    }

    fn open(&self, route: Route) -> Lanes {
        let (sender, receiver) = watch::channel(route);
        let (chat, bulk) = (Arc::new(Queue::default()), Arc::new(Queue::default()));
        let spawn = |queue: &Arc<Queue>, lane| {
            let writer = Writer {
                lane,
                queue: Arc::clone(queue),
                route: receiver.clone(),
                events: self.events.clone(),
                traffic: Arc::clone(&self.traffic),
                open: None,
                pace: Pace::default(),
            };
            tokio::spawn(writer.run()).abort_handle()
        };
        let writers = [spawn(&chat, Lane::Chat), spawn(&bulk, Lane::Bulk)];
        Lanes {
            route: sender,
            chat,
            bulk,
            writers,
        }
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.chat.end();
        self.bulk.end();
        self.writers.iter().for_each(AbortHandle::abort);
    }
}

/// The task that writes one lane.
struct Writer {
    lane: Lane,
    queue: Arc<Queue>,
    route: watch::Receiver<Route>,
    events: mpsc::Sender<NetEvent>,
    traffic: Arc<Traffic>,
    /// The connection kept open to a node that reads many messages from it, and where it goes.
    open: Option<(TcpStream, SocketAddr)>,
    pace: Pace,
}

impl Writer {
    async fn run(mut self) {
        loop {
            let most = if self.route.borrow().multi && self.lane == Lane::Bulk {
                limits::BATCH
            } else {
                1
            };
            let batch = match timeout(limits::IDLE, self.queue.take(most)).await {
                Ok(Some(batch)) => batch,
                Ok(None) => return,
                Err(_) => {
                    self.open = None;
                    continue;
                }
            };
            let written = self.write_or_retry(&batch).await;
            if written {
                self.queue.finish();
                self.answer(batch, NetEvent::Written).await;
            } else {
                self.open = None;
                let rest = self.queue.give_up();
                self.answer(batch.into_iter().chain(rest), NetEvent::WriteFailed)
                    .await;
            }
        }
    }

    async fn answer(
        &self,
        entries: impl IntoIterator<Item = Entry>,
        event: fn(Ticket) -> NetEvent,
    ) {
        for ticket in entries.into_iter().filter_map(|entry| entry.ticket) {
            let _ = self.events.send(event(ticket)).await;
        }
    }

    /// Chat is tried twice, so that a connection which broke unnoticed costs nothing; the brain
    /// tries again later. Chunks are tried for as long as a peer may stall.
    async fn write_or_retry(&mut self, batch: &[Entry]) -> bool {
        let patience = match self.lane {
            Lane::Bulk if !self.queue.is_stuck() => limits::STALL,
            Lane::Chat | Lane::Bulk => Duration::ZERO,
        };
        let begun = Instant::now();
        let mut pause = Duration::from_millis(50);
        for attempt in 0.. {
            match self.write(batch).await {
                Ok(()) => return true,
                Err(error) if is_out_of_ports(&error) && begun.elapsed() < limits::PORTS => {
                    // Closed connections hold their ports for a minute; nothing is wrong.
                    sleep(Duration::from_secs(1)).await;
                    continue;
                }
                Err(error) => tracing::debug!(%error, "write failed"),
            }
            self.open = None;
            if attempt > 0 && begun.elapsed() >= patience {
                return false;
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
        false
    }

    async fn write(&mut self, batch: &[Entry]) -> io::Result<()> {
        let route = self.route.borrow_and_update().clone();
        if !route.multi {
            for entry in batch {
                self.pace.wait().await;
                let mut stream = connect(&route.addrs).await?;
                write(&mut stream, &entry.bytes, &self.traffic).await?;
                stream.shutdown().await?;
            }
            return Ok(());
        }
        let usable = |(stream, addr): &(TcpStream, SocketAddr)| {
            route.addrs.contains(addr) && is_open(stream)
        };
        let mut stream = match self.open.take().filter(usable) {
            Some((stream, _)) => stream,
            None => connect(&route.addrs).await?,
        };
        match batch {
            [one] => write(&mut stream, &one.bytes, &self.traffic).await?,
            many => {
                let size = many.iter().map(|entry| entry.bytes.len()).sum();
                let mut joined = BytesMut::with_capacity(size);
                many.iter()
                    .for_each(|entry| joined.extend_from_slice(&entry.bytes));
                write(&mut stream, &joined, &self.traffic).await?;
            }
        }
        let addr = stream.peer_addr()?;
        self.open = Some((stream, addr));
        Ok(())
    }
}

/// At most so many connections in a second.
#[derive(Debug, Default)]
struct Pace {
    next: Option<Instant>,
}

impl Pace {
    async fn wait(&mut self) {
        let now = Instant::now();
        let at = self.next.map_or(now, |next| next.max(now));
        self.next = Some(at + Duration::from_secs(1) / limits::CLASSIC_PACE);
        // The timer ticks in milliseconds; what it oversleeps is not made up for.
        if at > now {
            tokio::time::sleep_until(at).await;
        }
    }
}

pub(crate) async fn connect(addrs: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotConnected);
    for addr in addrs {
        match timeout(limits::CONNECT, TcpStream::connect(addr)).await {
            // On this machine a dial may be given the port it dials, and so meet itself.
            Ok(Ok(stream)) if stream.local_addr()? == stream.peer_addr()? => {
                last = io::ErrorKind::ConnectionRefused.into();
            }
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(error)) if is_out_of_ports(&error) => return Err(error),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}

/// Writes everything, as long as something moves.
async fn write(stream: &mut TcpStream, mut bytes: &[u8], traffic: &Traffic) -> io::Result<()> {
    while !bytes.is_empty() {
        let size = timeout(limits::WRITE, stream.write(bytes))
            .await
            .map_err(io::Error::from)??;
        if size == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        traffic.sent(size);
        bytes = bytes.get(size..).unwrap_or_default();
    }
    Ok(())
}

/// Whether the other side has not closed. It never writes, so anything to read means that it has.
fn is_open(stream: &TcpStream) -> bool {
    matches!(stream.try_read(&mut [0; 1]), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

fn is_out_of_ports(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable
}
