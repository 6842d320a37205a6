//! The actor: drives the brains over net and store, and answers commands.
//!
//! One loop takes whatever comes first (a command, a finished job, a message, a brain's timer),
//! tells the brains, and does what they say. Databases, sockets and the bytes of
//! files have tasks of their own, which report back through [`Report`]; only short questions to the
//! file system (does it exist, how much is free) are asked in the loop itself.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_mesh::{Input, Subnet, gossip};
use gossamer_net::{Incoming, Interface, Net, NetEvent, Way};
use gossamer_store::{MessageRow, Recorded, Store, StoreError};
use gossamer_wire::v2::{Envelope, Purge};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};

use crate::{
    RelayMode,
    api::{ApiError, ErrorCode, Event, ReadyView},
    archive::Archive,
    classic::{self, Classic},
    clock::Clock,
    contacts::Choice,
    convert,
    files::{FileReport, Files, Outside},
    gossip::{Arrival, Gossiping, Served},
    handle::Request,
    hearing::Hearing,
    sink::EventSink,
    status::Status,
    trouble::Turn,
};

/// What a task of the actor's has finished.
#[derive(Debug)]
pub(crate) enum Report {
    /// A classic message that does not become an envelope was written to the store, or could not
    /// be.
    Stored(String, Result<Recorded, ApiError>),
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
    /// The network's keys could not be written to the store.
    KeyringFailed,
    /// A message of ours got further.
    Reached(MessageRow),
    /// What has arrived was signed and written to the store, or could not be.
    Purged(Purge, Option<Envelope>),
    /// These bodies could not be removed.
    NotDropped(Vec<EnvelopeId>),
    /// A failed message of ours is queued again.
    Requeued(MessageRow, oneshot::Sender<Result<Event, ApiError>>),
    /// What was read, or a draft, was written to the store: what to tell of it.
    Noted(Event, oneshot::Sender<Result<Event, ApiError>>),
    /// Who is a contact was written to the store, or could not be.
    Chosen(Choice, Result<(), ApiError>),
    /// The address that `connect` named.
    Resolved(SocketAddr, oneshot::Sender<Result<Event, ApiError>>),
    /// A file moved on.
    File(FileReport),
    /// A stream is to be opened: how the device can be reached.
    Way(DeviceId, oneshot::Sender<Way>),
}

/// Everything a node consists of, and the only place that changes it.
pub(crate) struct Actor {
    pub(crate) ready: ReadyView,
    pub(crate) v2: Gossiping,
    pub(crate) classic: Classic,
    pub(crate) net: Net,
    pub(crate) archive: Archive,
    /// When the archive begins to fail, and when that is over.
    pub(crate) turns: mpsc::UnboundedReceiver<Turn>,
    pub(crate) sink: EventSink,
    pub(crate) files: Files,
    pub(crate) clock: Clock,
    pub(crate) reports: mpsc::Sender<Report>,
    pub(crate) status: Status,
    pub(crate) relay: RelayMode,
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) hearing: Hearing,
    /// After this long without a sign of life a device is away.
    pub(crate) stale: Duration,
    pub(crate) stopping: Option<oneshot::Sender<Result<Event, ApiError>>>,
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
            let wake = self.classic.mesh.wake_at().min(self.v2.wake_at());
            let wake = Instant::from_std(self.clock.at(wake));
            tokio::select! {
                biased;
                request = requests.recv() => match request {
                    Some(request) => self.command(request),
                    None => break,
                },
                Some(report) = reports.recv() => self.report(report),
                Some(turn) = self.turns.recv() => self.turned(turn),
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

    /// Runs a job on the store and reports what comes of it, if there is anything to report.
    pub(crate) fn job<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Store) -> Result<T, StoreError> + Send + 'static,
        report: impl FnOnce(Result<T, ApiError>) -> Option<Report> + Send + 'static,
    ) {
        let (done, reports) = (self.archive.run(job), self.reports.clone());
        tokio::spawn(async move {
            if let Some(report) = report(done.await) {
                let _ = reports.send(report).await;
            }
        });
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

    // ---- what comes in ----

    fn net_event(&mut self, event: NetEvent) {
        let input = match event {
            NetEvent::Datagram { source, .. } if !self.may_hear(source.ip()) => return,
            NetEvent::Datagram { bytes, source } => Input::Heard {
                datagram: bytes,
                source,
            },
            NetEvent::Message(received, pause) => {
                let from = received.source.ip();
                self.tell(Input::Arrived(classic::arrived(received)));
                let pause_for = self.classic.mesh.pause(from, self.clock.now());
                let _ = pause.send(pause_for);
                return;
            }
            NetEvent::Written(ticket) => Input::Written(classic::ticket_of(ticket)),
            NetEvent::WriteFailed(ticket) => Input::WriteFailed(classic::ticket_of(ticket)),
            NetEvent::Dialled(addr) => Input::Dialled(addr),
            NetEvent::DialFailed(addr) => Input::DialFailed(addr),
            NetEvent::LinkUp { .. }
            | NetEvent::Frame { .. }
            | NetEvent::FrameWritten { .. }
            | NetEvent::FrameTooLong { .. }
            | NetEvent::LinkDown { .. }
            | NetEvent::LinkFailed { .. }
            | NetEvent::Visit(_)
            | NetEvent::Circuit(_) => return self.link_event(event),
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

    fn may_hear(&self, source: IpAddr) -> bool {
        self.hearing.may_hear(source, &self.subnets())
    }

    pub(crate) fn subnets(&self) -> Vec<Subnet> {
        let subnet = |at: &Interface| Subnet {
            addr: at.addr.into(),
            prefix: at.prefix,
        };
        self.interfaces.iter().map(subnet).collect()
    }

    // ---- reports and time ----

    fn report(&mut self, report: Report) {
        match report {
            Report::Stored(id, recorded) => self.stored(id, recorded),
            Report::Kept(batch, recorded) => self.kept(batch, recorded),
            Report::Body(served) => self.write_served(served),
            Report::Revealed(rows) => {
                for row in rows {
                    self.sink.emit(Event::Message(convert::message_view(&row)));
                }
            }
            Report::Reached(row) => {
                let view = convert::state_view(&row);
                self.sink.emit(Event::MessageState(view));
            }
            Report::Purged(purge, envelope) => self.purged(purge, envelope),
            Report::KeyringFailed => self.gossip(gossip::Input::KeyringFailed),
            Report::NotDropped(ids) => self.v2.not_dropped.extend(ids),
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
            Report::Noted(news, answer) => {
                let _ = answer.send(Ok(news.clone()));
                self.sink.emit(news);
            }
            Report::Chosen(choice, done) => self.chosen(choice, done),
            Report::Resolved(addr, answer) => self.connect_to(addr, answer),
            Report::Way(device, answer) => drop(answer.send(self.way_to(&device))),
            Report::File(report) => {
                self.with_files(|files, out| files.report(report, out));
            }
        }
    }

    fn turned(&mut self, turn: Turn) {
        self.sink.emit(match turn {
            Turn::Fails(ApiError { code, message }) => Event::Error { code, message },
            Turn::WritesAgain => Event::WritesAgain,
        });
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
        if self.v2.is_second {
            let message = "Another device uses this profile, so this one stays silent. Quit Gossamer \
                           on one of the two devices, then start it again on this one.";
            let _ = answer.send(Err(ApiError::new(ErrorCode::ProfileCopied, message)));
            return;
        }
        let _ = answer.send(Ok(Event::Connecting {
            addr: addr.to_string(),
        }));
        self.hearing.name(addr.ip());
        // Only where nobody speaks v2 the classic dialect is tried.
        self.gossip(gossip::Input::Connect(addr));
    }

    fn beat(&mut self) {
        let now = self.clock.now();
        self.with_files(|files, out| files.beat(now, out));
        let moved = self.v2.devices.moved();
        self.save_seen(moved);
        self.forget_strangers();
        let classic = self
            .classic
            .mesh
            .peers()
            .filter(|peer| peer.reach != gossamer_mesh::Reach::Away && !peer.v2);
        let online = classic.count() + self.v2.devices.here();
        self.status.online = convert::count(online);
        self.status.queued = convert::count(self.v2.brain.unsent());
        self.status.other_password = convert::count(self.v2.other_password());
        self.status.relaying = convert::count(self.net.relayed().0);
        self.status.network = self
            .interfaces
            .iter()
            .any(|at| at.kind != gossamer_net::Kind::Loopback);
        if let Some(view) = self.status.view(now.mono, self.net.traffic()) {
            self.sink.emit(Event::Status(view));
        }
    }
}
