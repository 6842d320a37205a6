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
    CryptoProvider, DeviceId, EnvelopeId,
    classic::{content_open, content_seal, looks_sealed},
};
use gossamer_mesh::{
    Arrived, Input, Lane, Mesh, Output, Peer, Published, Subnet, Ticket,
    bridge::{Heard, outward},
    gossip,
};
use gossamer_net::{Backlog, Incoming, Interface, Net, NetEvent};
use gossamer_store::{MessageRow, MessageState, NewMessage, Recorded};
use gossamer_wire::{v1::EncodeError, v2::Envelope};
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
    gossip::{Arrival, Gossiping, Served},
    handle::Request,
    sink::EventSink,
    status::Status,
};

/// What a task of the actor's has finished.
#[derive(Debug)]
pub(crate) enum Report {
    /// Classic messages that cannot be read were written to the store, or could not be.
    Stored(Vec<MessageRow>, Result<Recorded, ApiError>),
    /// Envelopes were written to the store, or could not be.
    Kept(Vec<Arrival>, Result<Recorded, ApiError>),
    /// A message of ours was written to the store, or could not be.
    Written(
        Result<(MessageRow, Envelope), ApiError>,
        oneshot::Sender<Result<Event, ApiError>>,
    ),
    /// A body that a neighbour asked for was read.
    Body(Served),
    /// Messages became readable or stand in another place.
    Revealed(Vec<MessageRow>),
    /// A neighbour has a message of ours; how many have it now.
    Reached(String, u32),
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
    pub(crate) v2: Gossiping,
    /// Whether classic nodes take part: what comes by v2 is told to them then.
    pub(crate) classic_welcome: bool,
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
    /// After this long without a sign of life a device is away.
    pub(crate) stale: Duration,
    /// Unreadable classic messages on disk or on the way there, not shown yet.
    pending: HashMap<String, MessageRow>,
    /// How many devices have each of the last messages of ours: by v2, by the classic dialect.
    reached: HashMap<String, (u32, u32)>,
    /// The envelopes of our messages, by their ids on the classic wire.
    pub(crate) outward: HashMap<String, String>,
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
/// Messages of ours whose reach is counted, at most: the last ones.
const COUNTED: usize = 4_096;
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
        v2: Gossiping,
        classic_welcome: bool,
        net: Net,
        archive: Archive,
        crypto: Arc<dyn CryptoProvider>,
        sink: EventSink,
        files: Files,
        clock: Clock,
        reports: mpsc::Sender<Report>,
        chosen: bool,
        stale: Duration,
    ) -> Self {
        Self {
            status: Status::new(ready.addrs.clone()),
            ready,
            mesh,
            v2,
            classic_welcome,
            net,
            archive,
            crypto,
            sink,
            files,
            clock,
            reports,
            interfaces: Vec::new(),
            chosen,
            stale,
            pending: HashMap::new(),
            reached: HashMap::new(),
            outward: HashMap::new(),
            stopping: None,
        }
    }

    /// Runs until someone says quit or every handle is gone. Everything is on disk and closed then.
    pub(crate) async fn run(
        mut self,
        mut requests: mpsc::Receiver<Request>,
        mut reports: mpsc::Receiver<Report>,
        start: (Input, gossip::Start),
    ) -> Farewell {
        self.sink.emit(Event::Ready(self.ready.clone()));
        self.gossip(gossip::Input::Start(start.1));
        self.tell(start.0);
        let mut beat = tokio::time::interval(BEAT);
        while self.stopping.is_none() {
            let wake = self.mesh.wake_at().min(self.v2.wake_at());
            let wake = Instant::from_std(self.clock.at(wake));
            tokio::select! {
                biased;
                request = requests.recv() => match request {
                    Some(request) => self.command(request),
                    None => break,
                },
                Some(report) = reports.recv() => self.report(report),
                () = sleep_until(wake) => {
                    self.tell(Input::Tick);
                    self.gossip_tick();
                }
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
        self.gossip(gossip::Input::Leave);
        self.save_uptime();
        // What has been accepted is finished: messages on their way to disk, files being checked.
        let finish = async {
            while self.v2.is_storing() || self.files.is_verifying() {
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
            Output::Persist { header, content } => {
                let now = self.clock.now().mono;
                let heard = Heard { header, content };
                self.v2.bridge.hold(heard, &self.v2.brain, now);
            }
            Output::Deliver(id) => {
                if let Some(row) = self.pending.remove(&id) {
                    self.sink.emit(Event::Message(convert::message_view(&row)));
                }
            }
            Output::Reached { id, reached } => {
                if let Some(id) = self.outward.get(&id).cloned() {
                    self.reached.entry(id.clone()).or_default().1 = reached;
                    self.tell_reached(id);
                }
            }
            Output::TooLarge { id, error } => self.too_large(&id, error),
            Output::Heard { device, name, addr } => {
                self.v2.devices.heard(device, name, addr, wall_ms());
                self.gossip(gossip::Input::Heard { device, addr });
            }
            // Only `chunk` gives the brain chunks, and it takes them out itself.
            Output::Chunk { .. } => {}
            Output::PeerUp(peer) => self.peer_up(&peer),
            Output::PeerDown(peer) => {
                self.net.unroute(&peer.id.0);
                self.files.peer_down(&peer.id.0);
                if !peer.v2 {
                    self.sink.emit(Event::PeerDown {
                        peer: convert::peer_view(&peer),
                    });
                }
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
            v2,
            ..
        } = self;
        let devices = &v2.devices;
        act(
            files,
            &mut Outside {
                archive,
                sink,
                devices,
            },
        )
    }

    fn peer_up(&mut self, peer: &Peer) {
        if peer.v2 {
            return self.leave_classic(&peer.id.0);
        }
        self.net.route(&peer.id.0, peer.addrs.clone(), peer.multi);
        // Files go to whoever chat goes to.
        let lane = self
            .net
            .backlog(&peer.id.0)
            .filter(|_| self.classic_welcome);
        if let Some(lane) = lane {
            self.with_files(|files, out| files.peer_up(&peer.id.0, lane, out));
        }
        self.sink.emit(Event::PeerUp {
            peer: convert::peer_view(peer),
        });
    }

    /// A device that speaks v2 gets nothing in the classic dialect any more.
    pub(crate) fn leave_classic(&mut self, id: &str) {
        self.net.unroute(id);
        self.files.peer_down(id);
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
            NetEvent::LinkUp { .. }
            | NetEvent::Frame { .. }
            | NetEvent::FrameWritten { .. }
            | NetEvent::LinkDown { .. }
            | NetEvent::LinkFailed { .. }
            | NetEvent::Stream(_) => return self.link_event(event),
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

    // ---- classic messages ----

    /// The text of a classic message; `None` when it is sealed under another password.
    pub(crate) fn classic_text(&self, content: &str) -> Option<String> {
        let text = content_open(&*self.crypto, content).ok()?;
        let hidden = !self.crypto.is_confidential() && looks_sealed(content);
        (!hidden).then_some(text)
    }

    /// A text as classic nodes read it; `None` when it cannot be sealed.
    pub(crate) fn classic_content(&self, text: &str) -> Option<String> {
        content_seal(&*self.crypto, text).ok()
    }

    /// Keeps a classic message that does not become an envelope.
    pub(crate) fn persist_classic(&mut self, heard: &Heard) {
        let text = self.classic_text(&heard.content);
        let header = heard.header.clone();
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
            place: 0,
            late: false,
        };
        self.pending.insert(row.id.clone(), row.clone());
        let (archive, reports) = (self.archive.clone(), self.reports.clone());
        tokio::spawn(async move {
            let message = NewMessage {
                row: row.clone(),
                after: Vec::new(),
            };
            let recorded = archive
                .run(move |store| store.record(&[message], &[]))
                .await;
            let _ = reports.send(Report::Stored(vec![row], recorded)).await;
        });
    }

    fn stored(&mut self, rows: Vec<MessageRow>, recorded: Result<Recorded, ApiError>) {
        let ids: Vec<String> = rows.into_iter().map(|row| row.id).collect();
        match recorded {
            Ok(recorded) => {
                // An id from before the known set's memory is there already: not shown again.
                for (id, placed) in ids.iter().zip(recorded.placed) {
                    match (placed, self.pending.get_mut(id)) {
                        (Some(at), Some(row)) => (row.place, row.late) = (at.place, at.late),
                        _ => drop(self.pending.remove(id)),
                    }
                }
                self.tell(Input::Persisted(ids));
            }
            Err(ApiError { code, message }) => {
                ids.iter().for_each(|id| drop(self.pending.remove(id)));
                self.sink.emit(Event::Error { code, message });
                self.tell(Input::PersistFailed(ids));
            }
        }
    }

    // ---- messages of ours ----

    /// Hands a message that is on disk to the brains.
    fn publish(&mut self, row: &MessageRow, envelope: Option<Envelope>) {
        if let Some(envelope) = envelope {
            self.gossip(gossip::Input::Publish(envelope));
        }
        let content = self
            .classic_content(&row.text)
            .filter(|_| self.classic_welcome);
        let Some((content, id)) = content.zip(EnvelopeId::from_hex(&row.id)) else {
            return;
        };
        let id = outward(&id);
        if self.outward.len() >= COUNTED {
            self.outward.clear();
        }
        self.outward.insert(id.clone(), row.id.clone());
        self.tell(Input::Publish(Published {
            id,
            author: None,
            content,
            sent_ms: row.sent_at,
        }));
    }

    /// A neighbour has an envelope of ours on disk.
    pub(crate) fn count_reached(&mut self, id: EnvelopeId, by: DeviceId) {
        self.tell(Input::Settled(outward(&id)));
        let id = id.to_string();
        let (archive, reports) = (self.archive.clone(), self.reports.clone());
        tokio::spawn(async move {
            let message = id.clone();
            let count = archive
                .run(move |store| store.reached().add(&message, &by))
                .await;
            if let Ok(Some(count)) = count {
                let _ = reports.send(Report::Reached(id, count)).await;
            }
        });
    }

    fn tell_reached(&mut self, id: String) {
        let (v2, classic) = self.reached.get(&id).copied().unwrap_or_default();
        self.set_state(id, MessageState::Sent, v2.saturating_add(classic), None);
    }

    /// Classic nodes cannot take it; those of ours can.
    fn too_large(&mut self, id: &str, error: EncodeError) {
        let Some(id) = self.outward.get(id).cloned() else {
            return;
        };
        if self.v2.brain.linked().next().is_none() {
            self.set_state(id, MessageState::Failed, 0, Some(too_large(error)));
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
            Report::Stored(rows, recorded) => self.stored(rows, recorded),
            Report::Kept(batch, recorded) => self.kept(batch, recorded),
            Report::Body(served) => self.write_served(served),
            Report::Revealed(rows) => {
                for row in rows {
                    self.sink.emit(Event::Message(convert::message_view(&row)));
                }
            }
            Report::Reached(id, count) => {
                if self.reached.len() >= COUNTED {
                    self.reached.clear();
                }
                self.reached.entry(id.clone()).or_default().0 = count;
                self.tell_reached(id);
            }
            Report::Written(Ok((row, envelope)), answer) => {
                self.sink.emit(Event::Message(convert::message_view(&row)));
                let _ = answer.send(Ok(Event::MessageState(convert::state_view(&row))));
                self.publish(&row, Some(envelope));
            }
            Report::Written(Err(error), answer) => drop(answer.send(Err(error))),
            Report::Requeued(row, answer) => {
                let view = convert::state_view(&row);
                let _ = answer.send(Ok(Event::MessageState(view.clone())));
                self.sink.emit(Event::MessageState(view));
                self.publish(&row, None);
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
        // Only where nobody speaks v2 the classic dialect is tried.
        self.gossip(gossip::Input::Connect(addr));
    }

    fn beat(&mut self) {
        let now = self.clock.now();
        self.with_files(|files, out| files.beat(now, out));
        let classic = self
            .mesh
            .peers()
            .filter(|peer| peer.reach != gossamer_mesh::Reach::Away && !peer.v2);
        let online = classic.count() + self.v2.brain.linked().count();
        self.status.online = convert::count(online);
        self.status.queued = convert::count(self.v2.brain.unsent());
        self.status.other_password = convert::count(self.v2.other_password());
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
