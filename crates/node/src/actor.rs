//! The actor: drives the brain over net and store, and answers commands.
//!
//! One loop takes whatever comes first (a command, a finished job, a message, the brain's timer),
//! tells the brain, and does what the brain says. Databases, sockets and the bytes of
//! files have tasks of their own, which report back through [`Report`]; only short questions to the
//! file system (does it exist, how much is free) are asked in the loop itself.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use gossamer_crypto::{
    CryptoProvider,
    classic::{content_open, content_seal, looks_sealed},
};
use gossamer_mesh::{Arrived, Input, Lane, Mesh, Output, Peer, Published, Subnet, Ticket};
use gossamer_net::{Backlog, Incoming, Interface, Net, NetEvent};
use gossamer_store::{MessageRow, MessageState};
use gossamer_wire::v1::{EncodeError, Header};
use rand::rngs::StdRng;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};

use crate::{
    api::{ApiError, ErrorCode, Event, MessageStateView, ReadyView},
    archive::Archive,
    clock::{Clock, wall_ms},
    convert::{self, EVERYONE},
    files::{FileReport, Files, Gate, Outside},
    handle::Request,
    sink::EventSink,
    status::Status,
};

/// What a task of the actor's has finished.
#[derive(Debug)]
pub(crate) enum Report {
    /// Messages of others were written to the store, or could not be.
    Stored(Vec<MessageRow>, Result<Vec<bool>, ApiError>),
    /// A message of ours was written to the store, or could not be.
    Written(
        MessageRow,
        Result<(), ApiError>,
        oneshot::Sender<Result<Event, ApiError>>,
    ),
    /// A failed message of ours is queued again.
    Requeued(MessageRow, oneshot::Sender<Result<Event, ApiError>>),
    /// The address that `connect` named.
    Resolved(SocketAddr, oneshot::Sender<Result<Event, ApiError>>),
    /// A file moved on.
    File(FileReport),
}

pub(crate) struct Actor {
    pub(crate) ready: ReadyView,
    pub(crate) mesh: Mesh<StdRng>,
    pub(crate) net: Net,
    pub(crate) archive: Archive,
    pub(crate) crypto: Arc<dyn CryptoProvider>,
    pub(crate) sink: EventSink,
    pub(crate) files: Files,
    pub(crate) clock: Clock,
    pub(crate) reports: mpsc::Sender<Report>,
    status: Status,
    interfaces: Vec<Interface>,
    /// Whether the user chose the addresses to use.
    chosen: bool,
    /// Messages of others that the brain wants on disk, and whether a write is under way: while
    /// one is, the next batch gathers.
    batch: Vec<MessageRow>,
    storing: bool,
    /// On disk or on the way there, not shown yet.
    pending: HashMap<String, MessageRow>,
    stopping: Option<oneshot::Sender<Result<Event, ApiError>>>,
}

/// What remains to be said once everything is closed.
#[derive(Debug)]
pub(crate) struct Farewell {
    answer: Option<oneshot::Sender<Result<Event, ApiError>>>,
    sink: EventSink,
}

impl Farewell {
    pub(crate) async fn say(self) {
        if let Some(answer) = self.answer {
            let _ = answer.send(Ok(Event::Stopped));
        }
        self.sink.close().await;
    }
}

/// How long stopping may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often files and counters are looked at.
const BEAT: Duration = Duration::from_millis(250);

impl Actor {
    #[expect(
        clippy::too_many_arguments,
        reason = "called once, with what a node consists of"
    )]
    pub(crate) fn new(
        ready: ReadyView,
        mesh: Mesh<StdRng>,
        net: Net,
        archive: Archive,
        crypto: Arc<dyn CryptoProvider>,
        sink: EventSink,
        files: Files,
        clock: Clock,
        reports: mpsc::Sender<Report>,
        chosen: bool,
    ) -> Self {
        Self {
            status: Status::new(ready.addrs.clone()),
            ready,
            mesh,
            net,
            archive,
            crypto,
            sink,
            files,
            clock,
            reports,
            interfaces: Vec::new(),
            chosen,
            batch: Vec::new(),
            storing: false,
            pending: HashMap::new(),
            stopping: None,
        }
    }

    /// Runs until someone says quit or every handle is gone. Everything is on disk and closed then.
    pub(crate) async fn run(
        mut self,
        mut requests: mpsc::Receiver<Request>,
        mut reports: mpsc::Receiver<Report>,
        start: Input,
    ) -> Farewell {
        self.sink.emit(Event::Ready(self.ready.clone()));
        self.tell(start);
        let mut beat = tokio::time::interval(BEAT);
        while self.stopping.is_none() {
            let wake = Instant::from_std(self.clock.at(self.mesh.wake_at()));
            tokio::select! {
                biased;
                request = requests.recv() => match request {
                    Some(request) => self.command(request),
                    None => break,
                },
                Some(report) = reports.recv() => self.report(report),
                () = sleep_until(wake) => self.tell(Input::Tick),
                _ = beat.tick() => self.beat(),
                incoming = self.net.next() => match incoming {
                    Some(Incoming::Event(event)) => self.net_event(event),
                    Some(Incoming::Bulk(bulk)) => self.chunk(bulk),
                    None => break,
                },
            }
        }
        self.stop(reports).await
    }

    pub(crate) fn stop_after(&mut self, answer: oneshot::Sender<Result<Event, ApiError>>) {
        self.stopping = Some(answer);
    }

    async fn stop(mut self, mut reports: mpsc::Receiver<Report>) -> Farewell {
        self.files.stop();
        self.tell(Input::Leave);
        // What has been accepted is finished: messages on their way to disk, files being checked.
        let finish = async {
            while self.storing || self.files.is_verifying() {
                let Some(report) = reports.recv().await else {
                    break;
                };
                self.report(report);
            }
            self.net.flush().await;
        };
        let _ = tokio::time::timeout(PATIENCE, finish).await;
        let Self {
            net,
            files,
            archive,
            stopping,
            sink,
            ..
        } = self;
        drop((net, files));
        archive.close().await;
        Farewell {
            answer: stopping,
            sink,
        }
    }

    // ---- the brain ----

    /// Gives the brain an input and does what it says.
    pub(crate) fn tell(&mut self, input: Input) {
        self.mesh.handle(input, self.clock.now());
        while let Some(output) = self.mesh.poll() {
            self.act(output, None);
        }
    }

    /// Does one thing. Lanes that a chunk was put on are added to `lanes`.
    fn act(&mut self, output: Output, lanes: Option<&mut Vec<Backlog>>) {
        match output {
            Output::Announce { subnet, datagram } => {
                let mut interfaces = self.interfaces.iter();
                if let Some(at) = interfaces.find(|at| IpAddr::V4(at.addr) == subnet.addr) {
                    self.net.announce(at, &datagram);
                }
            }
            Output::Dial { addr, hello } => self.net.dial(addr, hello),
            Output::DialGaveUp(addr) => self.sink.emit(Event::Error {
                code: ErrorCode::Unreachable,
                message: format!(
                    "Nobody answers at {addr}. Check the address, and that Gossamer runs there; \
                     a firewall may also be in the way. It is tried again from time to time."
                ),
            }),
            Output::Send {
                peer,
                lane,
                bytes,
                ticket,
            } => {
                let ticket = ticket.map(|ticket| gossamer_net::Ticket {
                    message: ticket.message,
                    peer: ticket.peer.0,
                });
                match lane {
                    Lane::Chat => self
                        .net
                        .send(&peer.0, gossamer_net::Lane::Chat, bytes, ticket),
                    Lane::Bulk => {
                        self.net
                            .send(&peer.0, gossamer_net::Lane::Bulk, bytes, ticket);
                        if let Some(lanes) = lanes {
                            lanes.extend(self.net.backlog(&peer.0));
                        }
                    }
                }
            }
            Output::Persist { header, content } => self.persist(header, &content),
            Output::Deliver(id) => {
                if let Some(row) = self.pending.remove(&id) {
                    self.sink.emit(Event::Message(convert::message_view(&row)));
                }
            }
            Output::Reached { id, reached } => {
                self.set_state(id, MessageState::Sent, reached, None);
            }
            Output::TooLarge { id, error } => {
                let reason = too_large(error);
                self.set_state(id, MessageState::Failed, 0, Some(reason));
            }
            // Only `chunk` gives the brain chunks, and it takes them out itself.
            Output::Chunk { .. } => {}
            Output::PeerUp(peer) => self.peer_up(&peer),
            Output::PeerDown(peer) => {
                self.net.unroute(&peer.id.0);
                self.files.peer_down(&peer.id.0);
                self.sink.emit(Event::PeerDown {
                    peer: convert::peer_view(&peer),
                });
            }
        }
    }

    pub(crate) fn with_files<T>(
        &mut self,
        act: impl FnOnce(&mut Files, &mut Outside<'_>) -> T,
    ) -> T {
        let Self {
            files,
            archive,
            sink,
            ..
        } = self;
        act(files, &mut Outside { archive, sink })
    }

    fn peer_up(&mut self, peer: &Peer) {
        self.net.route(&peer.id.0, peer.addrs.clone(), peer.multi);
        if let Some(lane) = self.net.backlog(&peer.id.0) {
            self.with_files(|files, out| files.peer_up(&peer.id.0, lane, out));
        }
        self.sink.emit(Event::PeerUp {
            peer: convert::peer_view(peer),
        });
    }

    // ---- what comes in ----

    fn net_event(&mut self, event: NetEvent) {
        let input = match event {
            NetEvent::Datagram { source, .. } if !self.may_hear(source.ip()) => return,
            NetEvent::Datagram { bytes, source } => Input::Heard {
                datagram: bytes,
                source,
            },
            NetEvent::Message(received) => Input::Arrived(arrived(received)),
            NetEvent::Written(ticket) => Input::Written(ticket_of(ticket)),
            NetEvent::WriteFailed(ticket) => Input::WriteFailed(ticket_of(ticket)),
            NetEvent::Dialled(addr) => Input::Dialled(addr),
            NetEvent::DialFailed(addr) => Input::DialFailed(addr),
            NetEvent::Interfaces(interfaces) => {
                self.status.addrs = crate::survey::addrs(&interfaces, self.ready.port);
                self.interfaces = interfaces;
                Input::Interfaces(self.subnets())
            }
            NetEvent::Deaf { port } => {
                return self.sink.emit(Event::Error {
                    code: ErrorCode::PortInUse,
                    message: format!(
                        "Another program uses UDP port {port}, so some devices may not be found \
                         by themselves. Close that program, or connect by address."
                    ),
                });
            }
        };
        self.tell(input);
    }

    /// Whoever chose addresses hears only who is on their links.
    fn may_hear(&self, source: IpAddr) -> bool {
        !self.chosen || self.subnets().iter().any(|subnet| subnet.contains(source))
    }

    fn subnets(&self) -> Vec<Subnet> {
        let subnet = |at: &Interface| Subnet {
            addr: at.addr.into(),
            prefix: at.prefix,
        };
        self.interfaces.iter().map(subnet).collect()
    }

    /// A chunk goes through the brain, which says whether it is new and whom it goes on to, and
    /// then to the file it belongs to. Its connection waits for both.
    fn chunk(&mut self, bulk: gossamer_net::Bulk) {
        let gossamer_net::Bulk {
            received,
            passed_on,
        } = bulk;
        self.mesh
            .handle(Input::Arrived(arrived(received)), self.clock.now());
        let (mut lanes, mut chunk) = (Vec::new(), None);
        while let Some(output) = self.mesh.poll() {
            if let Output::Chunk { header, chunk: new } = output {
                chunk = Some((header, new));
            } else {
                self.act(output, Some(&mut lanes));
            }
        }
        match chunk {
            Some((header, new)) => {
                let gate = Gate { passed_on, lanes };
                self.with_files(|files, out| files.chunk(&header, new, gate, out));
            }
            None => drop(passed_on.send(lanes)),
        }
    }

    // ---- messages of others ----

    fn persist(&mut self, header: Header, content: &str) {
        let text = content_open(&*self.crypto, content).ok();
        let hidden = !self.crypto.is_confidential() && looks_sealed(content);
        let text = text.filter(|_| !hidden);
        let now = wall_ms();
        let row = MessageRow {
            id: header.message_id,
            conversation: EVERYONE.to_owned(),
            from_id: header.sender_id,
            from_name: header.sender_name,
            readable: text.is_some(),
            text: text.unwrap_or_default(),
            own: false,
            sent_at: convert::moment(header.timestamp * 1000.0).unwrap_or(now),
            received_at: now,
            hops: None,
            state: None,
            reached: 0,
            reason: None,
        };
        self.pending.insert(row.id.clone(), row.clone());
        self.batch.push(row);
        self.store_batch();
    }

    fn store_batch(&mut self) {
        if self.storing || self.batch.is_empty() {
            return;
        }
        self.storing = true;
        let rows = std::mem::take(&mut self.batch);
        let (archive, reports) = (self.archive.clone(), self.reports.clone());
        tokio::spawn(async move {
            let written = rows.clone();
            let result = archive
                .run(move |store| store.messages().insert(&written))
                .await;
            let _ = reports.send(Report::Stored(rows, result)).await;
        });
    }

    fn stored(&mut self, rows: Vec<MessageRow>, result: Result<Vec<bool>, ApiError>) {
        self.storing = false;
        let ids = |rows: Vec<MessageRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        match result {
            Ok(new) => {
                // An id from before the known set's memory is there already: not shown again.
                for (row, new) in rows.iter().zip(new) {
                    if !new {
                        self.pending.remove(&row.id);
                    }
                }
                self.tell(Input::Persisted(ids(rows)));
            }
            Err(ApiError { code, message }) => {
                rows.iter()
                    .for_each(|row| drop(self.pending.remove(&row.id)));
                self.sink.emit(Event::Error { code, message });
                self.tell(Input::PersistFailed(ids(rows)));
            }
        }
        self.store_batch();
    }

    // ---- messages of ours ----

    /// Hands a message that is on disk to the brain.
    fn publish(&mut self, row: &MessageRow) {
        match content_seal(&*self.crypto, &row.text) {
            Ok(content) => {
                let id = row.id.clone();
                self.tell(Input::Publish(Published {
                    id,
                    content,
                    sent_ms: row.sent_at,
                }));
            }
            Err(error) => {
                let reason = Some(error.to_string());
                self.set_state(row.id.clone(), MessageState::Failed, 0, reason);
            }
        }
    }

    fn set_state(&mut self, id: String, state: MessageState, reached: u32, reason: Option<String>) {
        let view = MessageStateView {
            id: id.clone(),
            state: convert::message_state(state),
            reason: reason.clone(),
            reached,
        };
        self.archive.note(move |store| {
            store
                .messages()
                .set_state(&id, state, reached, reason.as_deref())
                .map(drop)
        });
        self.sink.emit(Event::MessageState(view));
    }

    // ---- reports and time ----

    fn report(&mut self, report: Report) {
        match report {
            Report::Stored(rows, result) => self.stored(rows, result),
            Report::Written(row, Ok(()), answer) => {
                self.sink.emit(Event::Message(convert::message_view(&row)));
                let _ = answer.send(Ok(Event::MessageState(convert::state_view(&row))));
                self.publish(&row);
            }
            Report::Written(_, Err(error), answer) => drop(answer.send(Err(error))),
            Report::Requeued(row, answer) => {
                let view = convert::state_view(&row);
                let _ = answer.send(Ok(Event::MessageState(view.clone())));
                self.sink.emit(Event::MessageState(view));
                self.publish(&row);
            }
            Report::Resolved(addr, answer) => self.connect_to(addr, answer),
            Report::File(report) => {
                self.with_files(|files, out| files.report(report, out));
            }
        }
    }

    fn connect_to(&mut self, addr: SocketAddr, answer: oneshot::Sender<Result<Event, ApiError>>) {
        let here = self
            .interfaces
            .iter()
            .any(|at| IpAddr::V4(at.addr) == addr.ip());
        if addr.port() == self.ready.port && (here || addr.ip().is_loopback()) {
            let message = "That is this device's own address. Give that of another one.";
            let _ = answer.send(Err(ApiError::new(ErrorCode::BadArgument, message)));
            return;
        }
        let _ = answer.send(Ok(Event::Connecting {
            addr: addr.to_string(),
        }));
        self.tell(Input::Connect(addr));
    }

    fn beat(&mut self) {
        let now = self.clock.now();
        self.with_files(|files, out| files.beat(now, out));
        let present = self
            .mesh
            .peers()
            .filter(|peer| peer.reach != gossamer_mesh::Reach::Away);
        self.status.online = convert::count(present.count());
        self.status.queued = convert::count(self.mesh.queued());
        self.status.network = self
            .interfaces
            .iter()
            .any(|at| at.kind != gossamer_net::Kind::Loopback);
        if let Some(view) = self.status.view(now.mono, self.net.traffic()) {
            self.sink.emit(Event::Status(view));
        }
    }
}

fn arrived(received: gossamer_net::Received) -> Arrived {
    let gossamer_net::Received {
        source,
        message,
        raw,
    } = received;
    Arrived {
        source,
        message,
        raw,
    }
}

fn ticket_of(ticket: gossamer_net::Ticket) -> Ticket {
    Ticket {
        message: ticket.message,
        peer: gossamer_mesh::NodeId(ticket.peer),
    }
}

fn too_large(error: EncodeError) -> String {
    let EncodeError::TooLong { size, limit } = error;
    format!(
        "Too long: it takes {size} bytes on the wire, {limit} fit. Send it in parts, or as a file."
    )
}

/// Names by which the API calls conversations.
pub(crate) fn check_conversation(name: &str) -> Result<(), ApiError> {
    if name == EVERYONE {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::UnknownConversation,
        "There is no such conversation. Messages go to \"everyone\".",
    ))
}
