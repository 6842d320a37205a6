//! The actor's part in v2: does what the gossip brain says over links and store.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use gossamer_crypto::{DeviceId, EnvelopeId, Keyring, NetworkKey};
use gossamer_mesh::{
    Author as ClassicAuthor, Input as ClassicInput, Published,
    bridge::{Bridge, Heard, outward},
    gossip::{Entry, Gossip, Held, Input, LinkId, Output},
};
use gossamer_net::{LinkError, NetEvent};
use gossamer_store::{
    AdmittedRow, EnvelopeBody, EnvelopeMeta, EnvelopeRow, IndexEntry, MessageRow, NewMessage,
    Recorded,
};
use gossamer_wire::v2::{
    Body, Bucket, ClassicMessage, Envelope, EnvelopeFrame, Kind, LinkFrame, Reason,
};
use rand::rngs::StdRng;

use crate::{
    actor::{Actor, Report},
    api::{ApiError, Event, RefusalReason},
    clock::wall_ms,
    convert::{self, EVERYONE},
    devices::Devices,
    everyone::{Author, Content, read_record},
    streams::Admitted,
};

/// What a node keeps for v2.
pub(crate) struct Gossiping {
    pub(crate) brain: Gossip<StdRng>,
    pub(crate) author: Arc<Author>,
    pub(crate) content: Content,
    pub(crate) devices: Devices,
    pub(crate) bridge: Bridge,
    pub(crate) admitted: Admitted,
    /// What the brain wants on disk, and whether a write is under way: while one is, the next
    /// batch gathers.
    batch: Vec<Arrival>,
    storing: bool,
    /// On disk or on the way there, not handed out yet.
    pending: BTreeMap<EnvelopeId, Arrival>,
    /// Bodies being written to links.
    serving: BTreeMap<u64, (LinkId, EnvelopeId)>,
    next_ticket: u64,
    saved_at: Duration,
}

/// An envelope that came, or a classic message that became one.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    envelope: Envelope,
    entry: Entry,
    body: Body,
    message: Option<NewMessage>,
    /// The classic id of a message that was heard on the classic wire.
    heard: Option<String>,
}

/// A body that was read to be served.
#[derive(Debug)]
pub(crate) struct Served {
    link: LinkId,
    id: EnvelopeId,
    age: u32,
    ttl: u8,
    hops: u8,
    envelope: Option<Envelope>,
}

/// How often the uptime is saved: as much may be lost of it by a crash.
const SAVE: Duration = Duration::from_secs(60);
/// Unreadable messages that are tried again when the keyring grows.
const REOPENED: u32 = 1_000;

impl Gossiping {
    pub(crate) fn new(brain: Gossip<StdRng>, author: Arc<Author>, content: Content) -> Self {
        Self {
            brain,
            author,
            content,
            devices: Devices::default(),
            bridge: Bridge::default(),
            admitted: Admitted::default(),
            batch: Vec::new(),
            storing: false,
            pending: BTreeMap::new(),
            serving: BTreeMap::new(),
            next_ticket: 0,
            saved_at: Duration::ZERO,
        }
    }

    /// When the brain or the bridge has something to do.
    pub(crate) fn wake_at(&self) -> Duration {
        let bridge = self.bridge.wake_at();
        bridge.map_or(self.brain.wake_at(), |at| at.min(self.brain.wake_at()))
    }

    pub(crate) fn is_storing(&self) -> bool {
        self.storing
    }

    /// How many devices near have another password, or one where we have none.
    pub(crate) fn other_password(&self) -> usize {
        let password = |reason| matches!(reason, Reason::Password | Reason::Locked);
        self.brain
            .refused()
            .filter(|(_, reason)| password(*reason))
            .count()
    }
}

impl Actor {
    /// Gives the v2 brain an input and does what it says.
    pub(crate) fn gossip(&mut self, input: Input) {
        let now = self.clock.now();
        self.v2.brain.handle(input, now);
        while let Some(output) = self.v2.brain.poll() {
            self.gossip_act(output);
        }
    }

    /// A network with a password has a key once someone has something to say.
    pub(crate) fn have_key(&mut self) {
        if self.v2.content.lacks_key() {
            self.gossip(Input::Mint(NetworkKey::new(rand::random())));
        }
    }

    /// The brain's timer, and classic messages that waited for v2.
    pub(crate) fn gossip_tick(&mut self) {
        self.gossip(Input::Tick);
        let now = self.clock.now().mono;
        for (heard, new) in self.v2.bridge.due(&self.v2.brain, now) {
            if new {
                self.bridge_in(&heard);
            } else {
                self.tell(ClassicInput::Ignored(vec![heard.header.message_id]));
            }
        }
        for peer in self.v2.devices.silent(wall_ms(), self.stale) {
            self.sink.emit(Event::PeerDown { peer });
        }
        if now.saturating_sub(self.v2.saved_at) >= SAVE {
            self.save_uptime();
        }
    }

    pub(crate) fn save_uptime(&mut self) {
        let now = self.clock.now();
        self.v2.saved_at = now.mono;
        let uptime = u64::try_from(self.v2.brain.uptime(now)).unwrap_or(0);
        self.archive.note(move |store| store.uptime().save(uptime));
    }

    /// Something happened on a link.
    pub(crate) fn link_event(&mut self, event: NetEvent) {
        let link_id = |link: gossamer_net::LinkId| LinkId(link.0);
        match event {
            NetEvent::LinkUp {
                link,
                device,
                addr,
                dialled,
                exporter,
            } => self.gossip(Input::LinkUp {
                link: link_id(link),
                device,
                addr,
                dialled,
                exporter: *exporter.expose_secret(),
            }),
            NetEvent::Frame { link, frame } => self.gossip(Input::Frame {
                link: link_id(link),
                kind: frame.kind,
                body: frame.body,
            }),
            NetEvent::FrameWritten { ticket, .. } => {
                if let Some((link, id)) = self.v2.serving.remove(&ticket) {
                    let found = true;
                    self.gossip(Input::Served { link, id, found });
                }
            }
            NetEvent::LinkDown { link } => {
                let link = link_id(link);
                self.v2.serving.retain(|_, (to, _)| *to != link);
                self.gossip(Input::LinkDown { link });
            }
            NetEvent::LinkFailed {
                addr,
                expected,
                why,
            } => {
                self.gossip(Input::LinkFailed {
                    addr,
                    device: expected,
                    classic: matches!(why, LinkError::NotTls),
                });
                let view = expected.and_then(|device| self.v2.devices.unreachable(&device));
                self.tell_peer(view);
            }
            NetEvent::Stream(stream) => {
                let device = stream.device();
                let uptime = self.v2.brain.uptime(self.clock.now());
                let linked = self.v2.devices.is_linked(&device);
                let is_admitted = linked || self.v2.admitted.is_recent(&device, uptime);
                self.files.stream(stream, is_admitted);
            }
            NetEvent::Datagram { .. }
            | NetEvent::Message(_)
            | NetEvent::Written(_)
            | NetEvent::WriteFailed(_)
            | NetEvent::Dialled(_)
            | NetEvent::DialFailed(_)
            | NetEvent::Interfaces(_)
            | NetEvent::Deaf { .. } => {}
        }
    }

    fn gossip_act(&mut self, output: Output) {
        match output {
            Output::Dial { addr, device } => self.net.dial_link(addr, device),
            Output::Send { link, frame } => {
                // A link that takes nothing loses frames; reconciliation brings what was in them.
                let _ = self
                    .net
                    .send_frame(gossamer_net::LinkId(link.0), frame, None);
            }
            Output::Serve {
                link,
                id,
                age,
                ttl,
                hops,
            } => self.serve(link, id, age, ttl, hops),
            Output::Close { link, last } => {
                self.net.close_link(gossamer_net::LinkId(link.0), last);
            }
            Output::Persist { envelope, entry } => self.arrive(envelope, entry),
            Output::Remember(entry) => {
                let row = row(&entry, self.v2.author.network, None);
                self.archive
                    .note(move |store| store.record(&[], &[row]).map(drop));
            }
            Output::Deliver(id) => self.deliver(&id),
            Output::DropBodies(ids) => {
                self.archive
                    .note(move |store| store.envelopes().drop_bodies(&ids));
            }
            Output::Forget(ids) => {
                self.archive
                    .note(move |store| store.envelopes().forget(&ids));
            }
            Output::Stored { id, by, .. } => self.count_reached(id, by),
            Output::Keyring(keyring) => self.rekey(keyring),
            Output::Up { device, addr } => self.device_up(device, addr),
            Output::Down(device) => {
                let uptime = self.v2.brain.uptime(self.clock.now());
                self.v2.admitted.linked(device, uptime);
                self.with_files(|files, out| files.link_down(&device, out));
                if let Some(peer) = self.v2.devices.down(&device, wall_ms()) {
                    self.sink.emit(Event::PeerDown { peer });
                }
            }
            Output::Refused {
                device,
                addr,
                reason,
            } => self.refused(device, addr.to_string(), reason),
            Output::ConnectFailed(addr) => self.tell(ClassicInput::Connect(addr)),
        }
    }

    // ---- devices ----

    fn device_up(&mut self, device: DeviceId, addr: std::net::SocketAddr) {
        let view = self.v2.devices.up(device, addr, wall_ms());
        self.tell_peer(view);
        self.tell(ClassicInput::SpeaksV2(device));
        self.leave_classic(&device.classic());
        let (network, password) = (self.v2.author.network, self.v2.brain.password());
        let uptime = self.v2.brain.uptime(self.clock.now());
        self.v2.admitted.linked(device, uptime);
        self.with_files(|files, out| files.link_up(device, addr, out));
        let row = AdmittedRow {
            device,
            uptime: u64::try_from(uptime).unwrap_or(0),
            address: Some(addr.to_string()),
        };
        self.archive
            .note(move |store| store.networks().admit(&network, password, &row));
    }

    fn tell_peer(&mut self, view: Option<crate::api::PeerView>) {
        if let Some(peer) = view {
            self.sink.emit(Event::PeerUp { peer });
        }
    }

    fn refused(&mut self, device: DeviceId, addr: String, reason: Reason) {
        let reason = match reason {
            Reason::Password => RefusalReason::OtherPassword,
            Reason::Locked if self.ready.password => RefusalReason::NoPassword,
            Reason::Locked => RefusalReason::NeedsPassword,
            Reason::Guesses => RefusalReason::TooManyGuesses,
            Reason::Version => RefusalReason::OtherVersion,
            Reason::TooMany => RefusalReason::TooManyLinks,
            Reason::Network
            | Reason::Duplicate
            | Reason::Misbehaved
            | Reason::Leaving
            | Reason::UnknownService
            | Reason::NotAdmitted
            | Reason::Unknown(_) => return,
        };
        let id = device.to_string();
        self.sink.emit(Event::PeerRefused { id, addr, reason });
    }

    fn rekey(&mut self, keyring: Keyring) {
        self.v2.content.rekey(keyring.clone());
        let (network, content) = (self.v2.author.network, self.v2.content.clone());
        let (archive, reports) = (self.archive.clone(), self.reports.clone());
        tokio::spawn(async move {
            let revealed = archive.run(move |store| {
                store.networks().save_keyring(&network, &keyring)?;
                let mut revealed = Vec::new();
                for id in store.messages().unreadable(None, REOPENED)? {
                    let Some(envelope) = EnvelopeId::from_hex(&id) else {
                        continue;
                    };
                    let row = store.envelopes().get(&envelope)?;
                    let body = row.and_then(|row| Body::decode(&row.body?.body).ok());
                    let text = body.and_then(|body| content.open(&body.payload));
                    let Some(text) = text else { continue };
                    let after: Vec<String> = text.after.iter().map(ToString::to_string).collect();
                    if store
                        .messages()
                        .reveal(&id, &text.name, &text.text, &after)?
                    {
                        revealed.extend(store.messages().get(&id)?);
                    }
                }
                Ok(revealed)
            });
            if let Ok(rows) = revealed.await {
                let _ = reports.send(Report::Revealed(rows)).await;
            }
        });
    }

    // ---- envelopes of others ----

    fn arrive(&mut self, envelope: Envelope, entry: Entry) {
        let Ok(body) = envelope.parse() else {
            // The brain has parsed it before.
            return self.gossip(Input::PersistFailed(vec![entry.id]));
        };
        let message = self.message(&body, &entry);
        self.keep(Arrival {
            envelope,
            entry,
            body,
            message,
            heard: None,
        });
    }

    fn keep(&mut self, arrival: Arrival) {
        self.v2.pending.insert(arrival.entry.id, arrival.clone());
        self.v2.batch.push(arrival);
        self.keep_batch();
    }

    /// What an envelope says to people, if it does.
    fn message(&self, body: &Body, entry: &Entry) -> Option<NewMessage> {
        let (from_id, from_name, text, after) = match body.kind {
            Kind::Everyone => {
                let text = self.v2.content.open(&body.payload);
                let device = body.origin?;
                let (name, text, after) = match text {
                    Some(text) => (text.name, Some(text.text), text.after),
                    None => (device.classic(), None, Vec::new()),
                };
                (device.to_string(), name, text, after)
            }
            Kind::Classic => {
                let message = ClassicMessage::decode(&body.payload).ok()?;
                let text = self.v2.content.open_classic(&message);
                (message.sender_id, message.sender_name, text, Vec::new())
            }
            Kind::DeviceRecord
            | Kind::Prekey
            | Kind::LinkState
            | Kind::Dm
            | Kind::RoomEvent
            | Kind::RoomConfig
            | Kind::Purge
            | Kind::Revocation
            | Kind::Unknown(_) => return None,
        };
        let own = entry.own && body.kind == Kind::Everyone;
        let row = MessageRow {
            id: entry.id.to_string(),
            conversation: EVERYONE.to_owned(),
            from_id,
            from_name,
            readable: text.is_some(),
            text: text.unwrap_or_default(),
            own,
            sent_at: convert::moment(body.created as f64).unwrap_or_default(),
            received_at: wall_ms(),
            hops: Some(entry.hops.saturating_sub(1).into()),
            state: own.then_some(gossamer_store::MessageState::Sent),
            reached: 0,
            reason: None,
            place: 0,
            late: false,
        };
        let after = after.iter().map(ToString::to_string).collect();
        Some(NewMessage { row, after })
    }

    fn keep_batch(&mut self) {
        if self.v2.storing || self.v2.batch.is_empty() {
            return;
        }
        self.v2.storing = true;
        let batch = std::mem::take(&mut self.v2.batch);
        let network = self.v2.author.network;
        let (archive, reports) = (self.archive.clone(), self.reports.clone());
        tokio::spawn(async move {
            let messages: Vec<NewMessage> =
                batch.iter().filter_map(|one| one.message.clone()).collect();
            let rows: Vec<EnvelopeRow> = batch
                .iter()
                .map(|one| row(&one.entry, network, Some((&one.envelope, &one.body))))
                .collect();
            let recorded = archive
                .run(move |store| store.record(&messages, &rows))
                .await;
            let _ = reports.send(Report::Kept(batch, recorded)).await;
        });
    }

    pub(crate) fn kept(&mut self, batch: Vec<Arrival>, recorded: Result<Recorded, ApiError>) {
        self.v2.storing = false;
        match recorded {
            Ok(recorded) => self.kept_well(batch, recorded),
            Err(ApiError { code, message }) => {
                self.sink.emit(Event::Error { code, message });
                for arrival in batch {
                    self.v2.pending.remove(&arrival.entry.id);
                    match arrival.heard {
                        Some(id) => self.tell(ClassicInput::PersistFailed(vec![id])),
                        None => self.gossip(Input::PersistFailed(vec![arrival.entry.id])),
                    }
                }
            }
        }
        self.keep_batch();
    }

    fn kept_well(&mut self, batch: Vec<Arrival>, recorded: Recorded) {
        let mut placed = recorded.placed.into_iter();
        for arrival in &batch {
            if arrival.message.is_none() {
                continue;
            }
            // One answer for each message of the batch, whatever became of it meanwhile.
            let at = placed.next().flatten();
            let Some(pending) = self.v2.pending.get_mut(&arrival.entry.id) else {
                continue;
            };
            match (at, &mut pending.message) {
                (Some(at), Some(message)) => {
                    (message.row.place, message.row.late) = (at.place, at.late);
                }
                // It is there already: not shown again.
                _ => pending.message = None,
            }
        }
        let (bridged, arrived): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(|one| one.heard.is_some());
        self.gossip(Input::Persisted(
            arrived.into_iter().map(|one| one.entry.id).collect(),
        ));
        for arrival in bridged {
            self.deliver(&arrival.entry.id);
            self.gossip(Input::Publish(arrival.envelope));
            self.tell(ClassicInput::Persisted(arrival.heard.into_iter().collect()));
        }
        self.show_moved(recorded.moved);
    }

    /// Messages that stand in another place now are told again.
    fn show_moved(&self, ids: Vec<String>) {
        if ids.is_empty() {
            return;
        }
        let (archive, reports) = (self.archive.clone(), self.reports.clone());
        tokio::spawn(async move {
            let rows = archive.run(move |store| {
                let rows = ids.iter().map(|id| store.messages().get(id));
                Ok(rows
                    .collect::<Result<Vec<_>, _>>()?
                    .into_iter()
                    .flatten()
                    .collect())
            });
            if let Ok(rows) = rows.await {
                let _ = reports.send(Report::Revealed(rows)).await;
            }
        });
    }

    /// Shows what is on disk, and passes it to classic nodes.
    fn deliver(&mut self, id: &EnvelopeId) {
        let Some(arrival) = self.v2.pending.remove(id) else {
            return;
        };
        if arrival.body.kind == Kind::DeviceRecord
            && let Some(record) = read_record(&arrival.body)
        {
            let view = self.v2.devices.named(record.device, &record.name);
            self.tell_peer(view);
        }
        if arrival.heard.is_none() {
            self.bridge_out(id, &arrival.body);
        }
        if let Some(message) = arrival.message {
            self.sink
                .emit(Event::Message(convert::message_view(&message.row)));
        }
    }

    // ---- the bridge ----

    /// A classic message becomes an envelope. One that cannot be read stays what it is.
    fn bridge_in(&mut self, heard: &Heard) {
        self.have_key();
        let text = self.classic_text(&heard.content);
        let author = Arc::clone(&self.v2.author);
        let envelope = text.and_then(|text| author.classic(&self.v2.content, heard, &text));
        let parsed = envelope.and_then(|envelope| Some((envelope.parse().ok()?, envelope)));
        let Some((body, envelope)) = parsed else {
            return self.persist_classic(heard);
        };
        let id = envelope.id();
        if self.v2.brain.knows(&id) || self.v2.pending.contains_key(&id) {
            return self.tell(ClassicInput::Ignored(vec![heard.header.message_id.clone()]));
        }
        let entry = Entry {
            id,
            kind: body.kind,
            bucket: body.bucket(),
            author: author.device.id(),
            seq: body.seq,
            created: body.created,
            birth: self.v2.brain.uptime(self.clock.now()),
            lifetime: body.lifetime,
            size: u32::try_from(envelope.body.len()).unwrap_or(u32::MAX),
            hops: 0,
            ttl: gossamer_wire::limits::TTL,
            held: Held::Body,
            own: true,
        };
        let mut message = self.message(&body, &entry);
        if let Some(message) = &mut message {
            message.row.hops = None;
        }
        self.keep(Arrival {
            envelope,
            entry,
            body,
            message,
            heard: Some(heard.header.message_id.clone()),
        });
    }

    /// Something said over v2 is told to the classic nodes near.
    fn bridge_out(&mut self, id: &EnvelopeId, body: &Body) {
        if !self.classic_welcome {
            return;
        }
        let published = match body.kind {
            Kind::Everyone => {
                let (Some(text), Some(origin)) = (self.v2.content.open(&body.payload), body.origin)
                else {
                    return;
                };
                let author = ClassicAuthor {
                    id: origin.classic(),
                    name: text.name,
                };
                self.published(outward(id), author, &text.text, body.created)
            }
            Kind::Classic => {
                let Ok(message) = ClassicMessage::decode(&body.payload) else {
                    return;
                };
                let Some(text) = self.v2.content.open_classic(&message) else {
                    return;
                };
                let author = ClassicAuthor {
                    id: message.sender_id,
                    name: message.sender_name,
                };
                self.published(message.message_id, author, &text, body.created)
            }
            Kind::DeviceRecord
            | Kind::Prekey
            | Kind::LinkState
            | Kind::Dm
            | Kind::RoomEvent
            | Kind::RoomConfig
            | Kind::Purge
            | Kind::Revocation
            | Kind::Unknown(_) => None,
        };
        if let Some(published) = published {
            self.tell(ClassicInput::Publish(published));
        }
    }

    fn published(
        &self,
        id: String,
        author: ClassicAuthor,
        text: &str,
        sent_ms: u64,
    ) -> Option<Published> {
        let content = self.classic_content(text)?;
        Some(Published {
            id,
            author: Some(author),
            content,
            sent_ms,
        })
    }

    // ---- serving ----

    fn serve(&mut self, link: LinkId, id: EnvelopeId, age: u32, ttl: u8, hops: u8) {
        let mut served = Served {
            link,
            id,
            age,
            ttl,
            hops,
            envelope: None,
        };
        // What is on its way to disk may not be there yet.
        if let Some(arrival) = self.v2.pending.get(&id) {
            served.envelope = Some(arrival.envelope.clone());
            return self.write_served(served);
        }
        let (archive, reports) = (self.archive.clone(), self.reports.clone());
        tokio::spawn(async move {
            let row = archive.run(move |store| store.envelopes().get(&id)).await;
            served.envelope = row.ok().flatten().and_then(|row| row.body).map(envelope_of);
            let _ = reports.send(Report::Body(served)).await;
        });
    }

    pub(crate) fn write_served(&mut self, served: Served) {
        let Served {
            link,
            id,
            age,
            ttl,
            hops,
            envelope,
        } = served;
        let ticket = self.v2.next_ticket;
        self.v2.next_ticket += 1;
        let queued = envelope.is_some_and(|envelope| {
            let frame = EnvelopeFrame {
                envelope,
                age,
                ttl,
                hops,
            };
            let bytes: Bytes = LinkFrame::Envelope(frame).encode();
            let to = gossamer_net::LinkId(link.0);
            self.net.send_frame(to, bytes, Some(ticket)).is_ok()
        });
        if queued {
            self.v2.serving.insert(ticket, (link, id));
        } else {
            let found = false;
            self.gossip(Input::Served { link, id, found });
        }
    }
}

fn envelope_of(body: EnvelopeBody) -> Envelope {
    Envelope {
        body: body.body,
        signature: body.signature,
        signer: body.signer,
    }
}

/// How the store keeps an envelope, or an id without its body.
pub(crate) fn row(
    entry: &Entry,
    network: gossamer_crypto::NetworkId,
    envelope: Option<(&Envelope, &Body)>,
) -> EnvelopeRow {
    let origin = match envelope {
        Some((_, body)) => body.origin,
        None => Some(entry.author),
    };
    EnvelopeRow {
        meta: EnvelopeMeta {
            id: entry.id,
            network,
            bucket: entry.bucket.number(),
            audience: entry.bucket.audience(),
            kind: entry.kind.number(),
            origin,
            seq: entry.seq,
            created: entry.created,
            lifetime: entry.lifetime.into(),
            birth: entry.birth,
            size: entry.size,
            own: entry.own,
            hops: entry.hops.into(),
        },
        body: envelope.map(|(envelope, _)| EnvelopeBody {
            body: envelope.body.clone(),
            signature: envelope.signature,
            signer: envelope.signer,
        }),
    }
}

/// What the brain keeps of a stored envelope; `None` for one of a bucket it does not know.
/// `author` stands for who signed it where the store does not say.
pub(crate) fn entry(stored: &IndexEntry, author: DeviceId) -> Option<Entry> {
    let meta = &stored.meta;
    Some(Entry {
        id: meta.id,
        kind: Kind::from(meta.kind),
        bucket: Bucket::from_parts(meta.bucket, meta.audience)?,
        author: meta.origin.unwrap_or(author),
        seq: meta.seq,
        created: meta.created,
        birth: meta.birth,
        lifetime: u32::try_from(meta.lifetime).unwrap_or(u32::MAX),
        size: meta.size,
        hops: u8::try_from(meta.hops).unwrap_or(u8::MAX),
        ttl: gossamer_wire::limits::TTL,
        held: if stored.held {
            Held::Body
        } else {
            Held::IdOnly
        },
        own: meta.own,
    })
}
