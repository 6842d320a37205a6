//! The brain: inputs in, outputs out.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;
use gossamer_crypto::DeviceId;
use gossamer_wire::v1::{Body, EncodeError, FileChunk, Header, Message, NetworkHash, PeerList};
use rand::Rng;

use crate::{
    Now, Subnet,
    budget::Budget,
    classic::{self, Introduction},
    dials::Dials,
    introductions::Introductions,
    known::Known,
    limits,
    outbox::{Item, Outbox, Write},
    peers::{Change, NodeId, Peer, Peers, Sign},
};

/// What the brain is told once.
#[derive(Debug, Clone)]
pub struct Config {
    /// Our id.
    pub node_id: NodeId,
    /// Our device, of a node that also speaks v2.
    pub device: Option<DeviceId>,
    /// The name others see.
    pub name: String,
    /// Our TCP port.
    pub port: u16,
    /// Our network.
    pub network: NetworkHash,
    /// Whether nodes that know only the classic dialect may take part.
    pub classic_welcome: bool,
    /// Between two announcements.
    pub announce: Duration,
    /// After this long without a sign of life a peer is away.
    pub stale: Duration,
}

/// Something happened.
#[derive(Debug)]
pub enum Input {
    /// The node starts: ids seen before, and own messages that nobody has, oldest first.
    Start {
        /// Message ids.
        known: Vec<String>,
        /// Messages.
        queued: Vec<Published>,
    },
    /// The addresses of this machine, now and whenever they change.
    Interfaces(Vec<Subnet>),
    /// A discovery datagram came.
    Heard {
        /// Its bytes.
        datagram: Bytes,
        /// Where it came from.
        source: SocketAddr,
    },
    /// A message came over TCP.
    Arrived(Arrived),
    /// A message that is on disk: one of ours, or one that came by v2 and is new to classic nodes.
    Publish(Published),
    /// A message of ours reached someone by v2: it is not kept for classic nodes that come later.
    Settled(String),
    /// A device completed TLS with us: nothing that v2 carries goes to it in the classic dialect.
    SpeaksV2(DeviceId),
    /// Another device has our profile and was here before us: nothing is said or heard any more, not
    /// even that we leave.
    Silence,
    /// The user named an address. Answered by [`Output::Dial`].
    Connect(SocketAddr),
    /// A dial connected, and the hello was written.
    Dialled(SocketAddr),
    /// A dial did not connect.
    DialFailed(SocketAddr),
    /// A [`Output::Send`] with a ticket was written to the socket.
    Written(Ticket),
    /// A [`Output::Send`] with a ticket could not be written at any of the peer's addresses.
    WriteFailed(Ticket),
    /// These messages of a [`Output::Persist`] are on disk.
    Persisted(Vec<String>),
    /// These are not, and will not be.
    PersistFailed(Vec<String>),
    /// These need not be: they came by v2 too.
    Ignored(Vec<String>),
    /// The node is about to stop: say goodbye.
    Leave,
    /// The time that [`Mesh::wake_at`] named has come.
    Tick,
}

/// A message from a socket.
#[derive(Debug)]
pub struct Arrived {
    /// The other end of the connection; its port says nothing.
    pub source: SocketAddr,
    /// The message.
    pub message: Message,
    /// The same as it came: that is what is passed on.
    pub raw: Bytes,
}

/// A message for classic nodes.
#[derive(Debug, Clone)]
pub struct Published {
    /// Its id, a UUID.
    pub id: String,
    /// Who wrote it; we when absent.
    pub author: Option<Author>,
    /// Its content as the classic wire has it.
    pub content: String,
    /// When it was written, Unix milliseconds.
    pub sent_ms: u64,
}

/// The author of a message, as the classic wire names one.
#[derive(Debug, Clone)]
pub struct Author {
    /// Their id there.
    pub id: String,
    /// What they call themselves.
    pub name: String,
}

/// Names one write of one message to one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The message.
    pub message: String,
    /// The peer.
    pub peer: NodeId,
}

/// Which of a peer's two queues a message takes; chat never waits behind files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Small and urgent.
    Chat,
    /// File chunks.
    Bulk,
}

/// Something to do.
#[derive(Debug)]
pub enum Output {
    /// Broadcast a datagram on the network of this address of ours.
    Announce {
        /// Our address there.
        subnet: Subnet,
        /// The datagram.
        datagram: Bytes,
    },
    /// Connect to an address and write the hello; answered by `Dialled` or `DialFailed`.
    Dial {
        /// Where.
        addr: SocketAddr,
        /// What to write.
        hello: Bytes,
    },
    /// Nobody is at an address that the user named.
    DialGaveUp(SocketAddr),
    /// Write a message to a peer, at the addresses that the last [`Output::PeerUp`] named.
    Send {
        /// To whom.
        peer: NodeId,
        /// By which queue.
        lane: Lane,
        /// What.
        bytes: Bytes,
        /// Wants an answer when present.
        ticket: Option<Ticket>,
    },
    /// Put a chat message on disk; answered by `Persisted` or `PersistFailed`.
    Persist {
        /// Who wrote it, and when.
        header: Header,
        /// Its content as it came.
        content: String,
    },
    /// A persisted message may be shown.
    Deliver(String),
    /// So many devices have a message of ours.
    Reached {
        /// The message.
        id: String,
        /// How many.
        reached: u32,
    },
    /// A message of ours is too large for the wire once encoded.
    TooLarge {
        /// The message.
        id: String,
        /// By how much.
        error: EncodeError,
    },
    /// A chunk that was not seen before came; it has been passed on.
    Chunk {
        /// Who sends the file.
        header: Header,
        /// The chunk.
        chunk: FileChunk,
    },
    /// A beacon names a device that speaks v2.
    Heard {
        /// Which.
        device: DeviceId,
        /// The name it gives itself.
        name: String,
        /// Where it can be dialled.
        addr: SocketAddr,
    },
    /// A beacon names this very device, and came from an address that is none of ours.
    OwnBeacon(SocketAddr),
    /// A peer is here or has changed.
    PeerUp(Peer),
    /// A peer is away.
    PeerDown(Peer),
}

/// The brain of one node. See the crate's documentation for how to drive it.
#[derive(Debug)]
pub struct Mesh<R> {
    me: Config,
    rng: R,
    subnets: Vec<Subnet>,
    peers: Peers,
    known_messages: Known,
    known_chunks: Known,
    /// Handed to the store and not answered, with their bytes.
    pending: BTreeMap<String, usize>,
    pending_bytes: usize,
    /// Passed on, but not on disk: another copy is stored, and not passed on again.
    unstored: BTreeSet<String>,
    outbox: Outbox,
    dials: Dials,
    introductions: Introductions,
    budget: Budget,
    announce_at: Duration,
    /// Announcements left in a burst, one second apart.
    burst: u8,
    list_at: Duration,
    expire_at: Duration,
    is_silent: bool,
    outputs: VecDeque<Output>,
}

/// One second: between the announcements of a burst, between two lists, between two looks for
/// silent peers.
const BEAT: Duration = Duration::from_secs(1);
/// Announcements at the start and when the interfaces change.
const BURST: u8 = 3;

impl<R: Rng> Mesh<R> {
    /// A brain that knows nobody yet.
    pub fn new(me: Config, rng: R) -> Self {
        Self {
            outbox: Outbox::new(me.stale),
            me,
            rng,
            subnets: Vec::new(),
            peers: Peers::default(),
            known_messages: Known::new(limits::KNOWN_MESSAGES),
            known_chunks: Known::new(limits::KNOWN_CHUNKS),
            pending: BTreeMap::new(),
            pending_bytes: 0,
            unstored: BTreeSet::new(),
            dials: Dials::default(),
            introductions: Introductions::default(),
            budget: Budget::default(),
            announce_at: Duration::ZERO,
            burst: BURST,
            list_at: Duration::ZERO,
            expire_at: Duration::ZERO,
            is_silent: false,
            outputs: VecDeque::new(),
        }
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input, now: Now) {
        match input {
            Input::Start { known, queued } => {
                for id in &known {
                    self.known_messages.insert(id);
                }
                queued
                    .into_iter()
                    .for_each(|message| self.publish(&message, now));
            }
            Input::Interfaces(subnets) => self.interfaces(subnets, now),
            Input::Silence => self.fall_silent(),
            Input::Heard { .. } | Input::Arrived(_) | Input::Connect(_) if self.is_silent => {}
            Input::Heard { datagram, source } => self.heard_beacon(&datagram, source, now),
            Input::Arrived(arrived) => self.arrived(arrived, now),
            Input::Publish(message) => self.publish(&message, now),
            // Whom we reach is told to nobody who may not take part.
            Input::Connect(addr) if !self.me.classic_welcome => {
                self.outputs.push_back(Output::DialGaveUp(addr));
            }
            Input::Connect(addr) => {
                self.dials.want(addr);
                self.dial(addr, now);
            }
            Input::Dialled(addr) => {
                self.dials.answered(addr, now.mono);
                if let Some(introduction) = self.introductions.connected(addr, now.mono) {
                    self.meet(introduction, now);
                }
            }
            Input::DialFailed(addr) => {
                self.introductions.failed(addr);
                if self.dials.failed(addr) {
                    self.outputs.push_back(Output::DialGaveUp(addr));
                }
            }
            Input::Written(ticket) => self.written(&ticket),
            Input::WriteFailed(ticket) => self.write_failed(&ticket, now),
            Input::Settled(id) => self.outbox.settle(&id),
            Input::SpeaksV2(device) => self.speaks_v2(&NodeId(device.classic())),
            Input::Persisted(ids) => self.persisted(ids),
            Input::PersistFailed(ids) => self.persist_failed(ids),
            Input::Ignored(ids) => ids.iter().for_each(|id| _ = self.is_answered(id)),
            Input::Leave => self.announce(true, now),
            Input::Tick => {}
        }
        self.run_timers(now);
    }

    /// The next thing to do, if any.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is due, on the clock of [`Now::mono`].
    #[must_use]
    pub fn wake_at(&self) -> Duration {
        let timers = [self.announce_at, self.list_at, self.expire_at];
        timers
            .into_iter()
            .chain(self.outbox.wake_at())
            .min()
            .unwrap_or(self.expire_at)
    }

    /// Everyone known in this session.
    pub fn peers(&self) -> impl Iterator<Item = &Peer> {
        self.peers.all()
    }

    /// Own messages that nobody has yet. At [`limits::OUTBOX`] no more may be published.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.outbox.queued()
    }

    /// How long nothing is to be read from an address, since it has said too much.
    #[must_use]
    pub fn pause(&self, addr: IpAddr, now: Now) -> Duration {
        self.budget.pause(addr.to_canonical(), now.mono)
    }

    // ---- discovery ----

    fn interfaces(&mut self, subnets: Vec<Subnet>, now: Now) {
        if self.subnets != subnets {
            self.subnets = subnets;
            self.burst = BURST;
            self.announce_at = now.mono;
        }
    }

    fn heard_beacon(&mut self, datagram: &[u8], source: SocketAddr, now: Now) {
        let Some((sign, bye)) = classic::read_beacon(&self.me, datagram, source) else {
            let own = classic::own_beacon(&self.me, &self.subnets, datagram, source);
            self.outputs.extend(own.map(Output::OwnBeacon));
            return;
        };
        if let Some(device) = sign.device.filter(|_| !bye) {
            self.outputs.push_back(Output::Heard {
                device,
                name: sign.name.clone(),
                addr: sign.addr,
            });
        }
        if bye {
            if self
                .peers
                .get(&sign.id)
                .is_some_and(|peer| peer.addrs.contains(&sign.addr))
            {
                self.left(&sign.id, sign.timestamp, now);
            }
            return;
        }
        self.heard(sign, now);
    }

    fn heard(&mut self, sign: Sign, now: Now) {
        let (id, addr) = (sign.id.clone(), sign.addr);
        self.forget_placeholder(addr, &id);
        if sign.device.is_some() {
            self.speaks_v2(&id);
        }
        let change = self.peers.heard(sign, now);
        if change == Change::Nothing {
            return;
        }
        self.report(&id);
        if change == Change::Arrived {
            self.greet(&id, now);
            if self.peers.get(&id).is_some_and(|peer| !peer.v2) {
                let writes = self.outbox.arrived(&id);
                self.send_chats(writes);
            }
        }
    }

    /// A peer that was taken for a classic one is one no more.
    fn speaks_v2(&mut self, id: &NodeId) {
        if let Some(classic) = self.peers.speaks_v2(id) {
            self.outbox.gone(id);
            self.outputs.push_back(Output::PeerDown(classic));
            self.report(id);
        }
    }

    /// A newcomer learns of us at once: by list when it is a node of ours, else by beacon.
    fn greet(&mut self, id: &NodeId, now: Now) {
        self.list_at = self.list_at.min(now.mono + BEAT);
        let Some(peer) = self.peers.get(id).filter(|peer| !peer.v2) else {
            // A device that speaks v2 learns of us by its link.
            return;
        };
        if peer.multi {
            self.send_list_to(id.clone(), now);
        } else {
            self.announce_at = self.announce_at.min(now.mono + BEAT / 4);
        }
    }

    fn left(&mut self, id: &NodeId, timestamp: f64, now: Now) {
        if let Some(peer) = self.peers.leave(id, timestamp, now) {
            self.gone(peer);
        }
    }

    fn gone(&mut self, peer: Peer) {
        self.outbox.gone(&peer.id);
        self.outputs.push_back(Output::PeerDown(peer));
    }

    fn report(&mut self, id: &NodeId) {
        if let Some(peer) = self.peers.get(id) {
            self.outputs.push_back(Output::PeerUp(peer.clone()));
        }
    }

    fn fall_silent(&mut self) {
        self.is_silent = true;
        let ids: Vec<NodeId> = self.peers.all().map(|peer| peer.id.clone()).collect();
        for peer in ids
            .iter()
            .filter_map(|id| self.peers.remove(id))
            .collect::<Vec<_>>()
        {
            self.gone(peer);
        }
    }

    fn announce(&mut self, bye: bool, now: Now) {
        if self.is_silent {
            return;
        }
        for subnet in &self.subnets {
            if let Some(datagram) = classic::beacon(&self.me, *subnet, bye, now) {
                self.outputs.push_back(Output::Announce {
                    subnet: *subnet,
                    datagram,
                });
            }
        }
    }

    // ---- addresses named by someone ----

    fn dial(&mut self, addr: SocketAddr, now: Now) {
        if self.is_silent {
            return;
        }
        if let Some((_, hello)) = self.peer_list(now) {
            self.outputs.push_back(Output::Dial { addr, hello });
        }
    }

    /// A node of ours answers our hello with its own. An address that answers nothing is taken
    /// for a node of the original program, whose id we may never learn.
    fn adopt_silent(&mut self, now: Now) {
        for addr in self.dials.silent(now.mono) {
            let taken = self
                .peers
                .present()
                .any(|peer| peer.addrs.contains(&addr) && peer.id != placeholder(addr));
            if !taken && self.me.classic_welcome && !self.is_silent {
                let id = placeholder(addr);
                self.heard(
                    Sign {
                        name: id.0.clone(),
                        id,
                        addr,
                        multi: false,
                        device: None,
                        timestamp: now.wall_seconds(),
                    },
                    now,
                );
            }
        }
    }

    /// The peer behind an address has said who it is.
    fn forget_placeholder(&mut self, addr: SocketAddr, real: &NodeId) {
        if *real != placeholder(addr)
            && let Some(peer) = self.peers.remove(&placeholder(addr))
        {
            self.gone(peer);
        }
    }

    fn introduced(&mut self, header: &Header, list: &PeerList, source: SocketAddr, now: Now) {
        let Some(introduction) = classic::read_peer_list(&self.me, header, list, source) else {
            return;
        };
        let Sign { id, addr, .. } = &introduction.sign;
        let (id, addr) = (id.clone(), *addr);
        // It says nothing in the classic dialect that counts; v2 tells of it.
        if self.is_v2(&id) {
            return;
        }
        if self.peers.is_at(&id, addr) {
            return self.meet(introduction, now);
        }
        // Whoever is new says where they can be found, and is here once they were. One address is
        // one node.
        if self.peers.is_taken(addr, &placeholder(addr)) {
            return;
        }
        match self.introductions.claimed(introduction, now.mono) {
            Some(introduction) => self.meet(introduction, now),
            None if self.dials.may_try(addr, now.mono) => self.dial(addr, now),
            None => {}
        }
    }

    /// Somebody is where they say, and tells whom they reach.
    fn meet(&mut self, introduction: Introduction, now: Now) {
        let id = introduction.sign.id.clone();
        self.heard(introduction.sign, now);
        for (neighbour, addr) in &introduction.neighbours {
            let addr = addr.filter(|addr| self.is_worth_a_dial(neighbour, *addr));
            if let Some(addr) = addr.filter(|addr| self.dials.may_try(*addr, now.mono)) {
                self.dial(addr, now);
            }
        }
        let neighbours = introduction
            .neighbours
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        self.peers.set_neighbours(&id, neighbours);
    }

    /// Only nodes not known yet, on a link of ours, never this machine or a low port: a forged
    /// list must not make us knock on strangers' doors.
    fn is_worth_a_dial(&self, id: &NodeId, addr: SocketAddr) -> bool {
        let unknown = *id != self.me.node_id && self.peers.get(id).is_none();
        let ours = self.subnets.iter().any(|subnet| subnet.addr == addr.ip());
        unknown
            && !ours
            && !addr.ip().is_loopback()
            && addr.port() >= gossamer_wire::limits::MIN_PORT
            && self.subnets.iter().any(|subnet| subnet.contains(addr.ip()))
    }

    /// Our list, and the id of its message.
    fn peer_list(&mut self, now: Now) -> Option<(String, Bytes)> {
        let id = self.message_id();
        let list = classic::peer_list(&self.me, &self.subnets, &self.peers, &id, now)?;
        Some((id, list))
    }

    /// The ticket tells whether the peer can be reached at all.
    fn send_list_to(&mut self, peer: NodeId, now: Now) {
        if let Some((message, bytes)) = self.peer_list(now) {
            let ticket = Some(Ticket {
                message,
                peer: peer.clone(),
            });
            self.outputs.push_back(Output::Send {
                peer,
                lane: Lane::Chat,
                bytes,
                ticket,
            });
        }
    }

    // ---- messages ----

    fn arrived(&mut self, arrived: Arrived, now: Now) {
        let Arrived {
            source,
            message: Message { header, body },
            raw,
        } = arrived;
        let author = NodeId(header.sender_id.clone());
        let source = SocketAddr::new(source.ip().to_canonical(), source.port());
        let known_source = self.peers.only_one_at(source.ip()).cloned();
        if !self.me.classic_welcome {
            return;
        }
        if author == self.me.node_id {
            // An echo says nothing, and is paced like what does.
            if !matches!(body, Body::FileChunk(_)) {
                self.budget.charge_again(source.ip(), raw.len(), now.mono);
            }
            return;
        }
        match body {
            Body::PeerList(list) => {
                if self.budget.charge(source.ip(), raw.len(), now.mono) {
                    self.introduced(&header, &list, source, now);
                }
            }
            Body::FileRequest => {
                self.budget.charge_again(source.ip(), raw.len(), now.mono);
            }
            Body::FileChunk(_) if self.is_v2(&author) => {}
            Body::Chat(chat) => {
                if !self.takes(&header.message_id, source.ip(), raw.len(), now) {
                    return;
                }
                let new = self.known_messages.insert(&header.message_id);
                self.unstored.remove(&header.message_id);
                self.pending.insert(header.message_id.clone(), raw.len());
                self.pending_bytes += raw.len();
                if new {
                    self.relay_chat(&header.message_id, author, known_source, &raw, now);
                }
                self.outputs.push_back(Output::Persist {
                    header,
                    content: chat.content,
                });
            }
            Body::FileChunk(chunk) => {
                if !self.known_chunks.insert(&header.message_id) {
                    return;
                }
                self.relay_chunk(&author, known_source.as_ref(), &raw);
                self.outputs.push_back(Output::Chunk { header, chunk });
            }
        }
    }

    /// Whether a chat message is to be stored: what is not is remembered as seen only when it was
    /// taken before.
    fn takes(&mut self, id: &str, addr: IpAddr, size: usize, now: Now) -> bool {
        if self.known_messages.contains(id) && !self.unstored.contains(id) {
            self.budget.charge_again(addr, size, now.mono);
            return false;
        }
        let charged = self.budget.charge(addr, size, now.mono);
        let fits = size <= limits::CHAT
            && self.pending.len() < limits::PENDING
            && self.pending_bytes + size <= limits::PENDING_BYTES;
        charged && fits
    }

    /// Whether the store owed an answer for this, which it owes no more.
    fn is_answered(&mut self, id: &str) -> bool {
        let size = self.pending.remove(id);
        self.pending_bytes = self.pending_bytes.saturating_sub(size.unwrap_or_default());
        size.is_some()
    }

    fn is_classic(&self, id: &NodeId) -> bool {
        self.peers.get(id).is_some_and(|peer| !peer.v2)
    }

    /// Whether an id is that of a device whose files come by v2 alone.
    fn is_v2(&self, id: &NodeId) -> bool {
        self.peers.get(id).is_some_and(|peer| peer.v2)
    }

    fn relay_chat(
        &mut self,
        id: &str,
        author: NodeId,
        ingress: Option<NodeId>,
        raw: &Bytes,
        now: Now,
    ) {
        let targets = classic::relay_targets(&self.peers, &author, ingress.as_ref(), false);
        let targets: Vec<NodeId> = targets
            .into_iter()
            .filter(|id| self.is_classic(id))
            .collect();
        let not_to = [author].into_iter().chain(ingress).collect();
        // A copy of its own, so that holding it does not hold what else its connection brought.
        let bytes = Bytes::copy_from_slice(raw);
        let item = Item {
            id: id.to_owned(),
            bytes,
            own: false,
            not_to,
        };
        let writes = self.outbox.push(item, targets.iter(), now.mono);
        self.send_chats(writes);
    }

    fn relay_chunk(&mut self, author: &NodeId, ingress: Option<&NodeId>, raw: &Bytes) {
        let mut targets = classic::relay_targets(&self.peers, author, ingress, true);
        targets.retain(|id| self.is_classic(id));
        for peer in targets {
            let bytes = raw.clone();
            self.outputs.push_back(Output::Send {
                peer,
                lane: Lane::Bulk,
                bytes,
                ticket: None,
            });
        }
    }

    fn publish(&mut self, message: &Published, now: Now) {
        let new = self.known_messages.insert(&message.id);
        if !new && message.author.is_some() {
            return;
        }
        match classic::chat(&self.me, message) {
            Ok(bytes) => {
                let author = message.author.iter();
                let item = Item {
                    id: message.id.clone(),
                    bytes,
                    own: message.author.is_none(),
                    not_to: author.map(|author| NodeId(author.id.clone())).collect(),
                };
                let classic = self.peers.present().filter(|peer| !peer.v2);
                let present = classic.map(|peer| &peer.id);
                let writes = self.outbox.push(item, present, now.mono);
                self.send_chats(writes);
            }
            Err(error) => {
                let id = message.id.clone();
                self.outputs.push_back(Output::TooLarge { id, error });
            }
        }
    }

    fn send_chats(&mut self, writes: Vec<Write>) {
        self.outputs
            .extend(writes.into_iter().map(|Write { peer, id, bytes }| {
                let ticket = Some(Ticket {
                    message: id,
                    peer: peer.clone(),
                });
                Output::Send {
                    peer,
                    lane: Lane::Chat,
                    bytes,
                    ticket,
                }
            }));
    }

    fn written(&mut self, ticket: &Ticket) {
        if let Some(reached) = self.outbox.written(&ticket.peer, &ticket.message) {
            self.outputs.push_back(Output::Reached {
                id: ticket.message.clone(),
                reached,
            });
        }
        if let Some(peer) = self.peers.reached(&ticket.peer, true) {
            self.outputs.push_back(Output::PeerUp(peer));
        }
    }

    fn write_failed(&mut self, ticket: &Ticket, now: Now) {
        self.outbox
            .write_failed(&ticket.peer, &ticket.message, now.mono);
        if let Some(peer) = self.peers.reached(&ticket.peer, false) {
            self.outputs.push_back(Output::PeerUp(peer));
        }
    }

    fn persisted(&mut self, ids: Vec<String>) {
        for id in ids {
            if self.is_answered(&id) {
                self.outputs.push_back(Output::Deliver(id));
            }
        }
    }

    /// A full disk must not turn into a silent loss: another copy that comes later is stored.
    fn persist_failed(&mut self, ids: Vec<String>) {
        for id in ids {
            if self.is_answered(&id) && self.unstored.len() < limits::PENDING {
                self.unstored.insert(id);
            }
        }
    }

    // ---- time ----

    fn run_timers(&mut self, now: Now) {
        if self.announce_at <= now.mono {
            self.announce(false, now);
            self.burst = self.burst.saturating_sub(1);
            self.announce_at = now.mono + self.announce_pause();
        }
        if self.list_at <= now.mono {
            self.list_at = now.mono + self.me.announce * 2;
            let multi = self.peers.present().filter(|peer| peer.multi && !peer.v2);
            let ids: Vec<NodeId> = multi.map(|peer| peer.id.clone()).collect();
            ids.into_iter().for_each(|id| self.send_list_to(id, now));
            for addr in self.dials.absent(&self.peers) {
                self.dial(addr, now);
            }
        }
        if self.expire_at <= now.mono {
            self.expire_at = now.mono + BEAT;
            self.adopt_silent(now);
            let (gone, changed) = self.peers.expire(self.me.stale, now);
            gone.into_iter().for_each(|peer| self.gone(peer));
            self.outputs.extend(changed.into_iter().map(Output::PeerUp));
        }
        let writes = self.outbox.due(now.mono);
        self.send_chats(writes);
    }

    /// A tenth of jitter keeps many nodes that start together from speaking together for ever.
    fn announce_pause(&mut self) -> Duration {
        let pause = if self.burst > 0 {
            BEAT.min(self.me.announce)
        } else {
            self.me.announce
        };
        let tenth = u64::try_from(pause.as_millis() / 10)
            .unwrap_or(u64::MAX)
            .max(1);
        pause - Duration::from_millis(self.rng.next_u64() % tenth)
    }

    fn message_id(&mut self) -> String {
        let mut bytes = [0; 16];
        self.rng.fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
    }
}

/// The id of a peer of which only the address is known.
fn placeholder(addr: SocketAddr) -> NodeId {
    NodeId(addr.to_string())
}
