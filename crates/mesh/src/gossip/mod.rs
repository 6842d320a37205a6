//! The v2 brain: links, admission, flooding, reconciliation. docs/protocol-v2.md 4 to 6.
//!
//! [`Gossip`] is driven like the crate says: one [`Input`] at a time, then [`Output`]s until there
//! is none. It keeps an index of envelopes and never a body: bodies come in a [`Output::Persist`]
//! and are asked for by [`Output::Serve`].

mod around;
mod by_id;
mod carrying;
mod catching_up;
mod crowd;
mod custody;
mod doubt;
mod fleeting;
mod guesses;
mod handshake;
mod hops;
mod index;
mod lately;
mod link;
mod linking;
#[cfg(feature = "sim")]
mod load;
mod misbehaviour;
mod neighbours;
mod news;
mod outbox;
mod overlay;
mod pending;
mod pings;
mod places;
mod progress;
mod receiving;
mod reconcile;
mod routing;
mod spreading;
mod syncing;
mod telling;
mod tokens;
mod topology;
mod twins;
mod verify;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;
use gossamer_crypto::{
    DeviceId, EnvelopeId, Keyring, NetworkId, NetworkKey, PasswordKey, PasswordTag, PurgeSecret,
};
use gossamer_wire::v2::{
    DialBackToken, Envelope, EnvelopeFrame, LinkFrame, LinkState, Purge, Reason,
};
use rand::Rng;

use self::{
    around::Around,
    by_id::{ById, Secret},
    carrying::Carrying,
    catching_up::PutOff,
    guesses::Guesses,
    index::Index,
    lately::Lately,
    link::Link,
    misbehaviour::Offences,
    neighbours::Neighbours,
    news::News,
    outbox::Outbox,
    pending::Pending,
    progress::Underway,
    routing::Routing,
    tokens::{Rate, Tokens},
    twins::Twins,
};
pub use self::{
    carrying::Mail,
    custody::Quota,
    hops::Hop,
    index::{Entry, Held},
    misbehaviour::Misbehaviour,
    progress::Progress,
    topology::Route,
    verify::{Ed25519, Verifier},
};
use crate::{Now, limits};

/// What the v2 brain is told once.
#[derive(Debug)]
pub struct Config {
    /// This device.
    pub device: DeviceId,
    /// Our network.
    pub network: NetworkId,
    /// Its password, stretched; `None` in an open network.
    pub password: Option<PasswordKey>,
    /// Our TCP port.
    pub port: u16,
    /// After this long without a frame a link is dead, and without a beacon a device that has no
    /// link is forgotten. A third of it is between two PINGs.
    pub stale: Duration,
    /// Passes nothing on for others: no way leads through this device.
    pub leaf: bool,
    /// How much is kept.
    pub quota: Quota,
    /// Checks signatures.
    pub verifier: Box<dyn Verifier>,
}

/// Names one link, unique for as long as the brain lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// Something happened.
#[derive(Debug)]
pub enum Input {
    /// The node starts, with what its store holds.
    Start(Start),
    /// A beacon of our network named a device that speaks v2.
    Heard {
        /// Which.
        device: DeviceId,
        /// The datagram's source and the announced port.
        addr: SocketAddr,
        /// Our address on the interface where it was heard, if one of ours is known to lead there;
        /// only tells interfaces apart.
        interface: Option<IpAddr>,
    },
    /// A beacon of our network names this very device, and came from an address that is none of
    /// ours: the profile may have been copied.
    OwnBeacon(SocketAddr),
    /// The user named an address.
    Connect(SocketAddr),
    /// A TLS connection is open.
    LinkUp {
        /// Its name from now on.
        link: LinkId,
        /// The key that the other side proved.
        device: DeviceId,
        /// The other side.
        addr: SocketAddr,
        /// Whether we dialled it.
        dialled: bool,
        /// 32 bytes of TLS exporter (docs/protocol-v2.md 5.3).
        exporter: [u8; 32],
    },
    /// A dial failed.
    LinkFailed {
        /// Where.
        addr: SocketAddr,
        /// Whom it was for.
        device: Option<DeviceId>,
        /// Whether someone is there who does not seem to speak TLS.
        classic: bool,
    },
    /// A link is gone; also the answer to [`Output::Close`].
    LinkDown {
        /// Which.
        link: LinkId,
    },
    /// A frame came.
    Frame {
        /// From where.
        link: LinkId,
        /// Its type.
        kind: u8,
        /// Its body.
        body: Bytes,
    },
    /// A frame was announced that is longer than any may be. The link is read no further.
    FrameTooLong {
        /// From where.
        link: LinkId,
    },
    /// An [`Output::Serve`] is done.
    Served {
        /// The link.
        link: LinkId,
        /// The envelope.
        id: EnvelopeId,
        /// Whether its body was there.
        found: bool,
    },
    /// An envelope of ours is on disk: spread it. One of kind `LinkState` answers
    /// [`Output::TellLinks`] and needs no disk.
    Publish(Envelope),
    /// A message from the classic wire, as this bridge writes it. Answered by [`Output::Persist`],
    /// or by nothing where it is known or there is no room for it.
    Bridge(Envelope),
    /// A message of ours reached someone who does not speak v2: it does not wait for the first
    /// neighbour any more.
    Settled(EnvelopeId),
    /// The user has a direct message, on disk and open: nobody needs to carry it any more. Until
    /// [`Output::TellPurge`] was answered for it, a node that starts again says so again.
    Opened {
        /// The message.
        id: EnvelopeId,
        /// What was inside it.
        secret: PurgeSecret,
    },
    /// The contacts are these now: their mail goes last when there is too much, and links to them
    /// are preferred. `None` when nobody was chosen.
    Contacts(Option<BTreeSet<DeviceId>>),
    /// Whether to pass nothing on for others, from now on.
    Leaf(bool),
    /// A new key for a network that has none: the others are told.
    Mint(NetworkKey),
    /// These of [`Output::Persist`] are on disk.
    Persisted(Vec<EnvelopeId>),
    /// These are not, and will not be.
    PersistFailed(Vec<EnvelopeId>),
    /// The keys of an [`Output::Keyring`] are not on disk.
    KeyringFailed,
    /// The node is about to stop: say goodbye.
    Leave,
    /// The time that [`Gossip::wake_at`] named has come.
    Tick,
}

/// What the store knew when the node started.
#[derive(Debug, Default)]
pub struct Start {
    /// Every id known in this network.
    pub index: Vec<Entry>,
    /// Envelopes of ours that no neighbour has on disk.
    pub unsent: Vec<EnvelopeId>,
    /// How long this node has run before, seconds.
    pub uptime: i64,
    /// The keys of this network; none in an open one, and in a locked one in which nobody has
    /// said anything yet.
    pub keyring: Keyring,
    /// Devices that were admitted to this network before, by the same password; the last one first.
    pub admitted: Vec<DeviceId>,
    /// Our contacts; `None` when nobody was chosen.
    pub contacts: Option<BTreeSet<DeviceId>>,
    /// What each envelope of kind `Purge` says whose body is held.
    pub purges: Vec<(EnvelopeId, Purge)>,
    /// Which neighbours are known to have direct messages of ours.
    pub carriers: BTreeMap<EnvelopeId, BTreeSet<DeviceId>>,
}

/// Something to do.
#[derive(Debug)]
pub enum Output {
    /// Open a TLS connection; answered by `LinkUp` or `LinkFailed`.
    Dial {
        /// Where.
        addr: SocketAddr,
        /// The only device to accept there; anyone when absent.
        device: Option<DeviceId>,
    },
    /// A neighbour asks for a connection that it could not make itself: open one, show the token,
    /// and then do as if it had dialled. Not answered.
    DialBack {
        /// The only device to accept there.
        device: DeviceId,
        /// Where.
        addr: SocketAddr,
        /// What it knows the connection by.
        token: DialBackToken,
    },
    /// Write a frame. May be dropped when the link is too slow for it.
    Send {
        /// Where.
        link: LinkId,
        /// The whole frame.
        frame: Bytes,
    },
    /// Read the body of an envelope and write it as an ENVELOPE frame; answered by `Served`.
    Serve(Serve),
    /// Close a link after writing a last frame.
    Close {
        /// Which.
        link: LinkId,
        /// What to write first.
        last: Option<Bytes>,
    },
    /// Put an envelope on disk; answered by `Persisted` or `PersistFailed`.
    Persist {
        /// The envelope.
        envelope: Envelope,
        /// What is known of it.
        entry: Entry,
    },
    /// Put an id without its body on disk, so that it is not asked for again. Not answered.
    Remember(Entry),
    /// A persisted envelope may be shown.
    Deliver(EnvelopeId),
    /// These bodies are not needed any more; their ids are.
    DropBodies(Vec<EnvelopeId>),
    /// These ids are not needed any more.
    Forget(Vec<EnvelopeId>),
    /// A neighbour has an envelope of ours on disk.
    Stored {
        /// The envelope.
        id: EnvelopeId,
        /// The neighbour.
        by: DeviceId,
        /// How many have it now.
        reached: u32,
    },
    /// A direct message of ours got further, or its recipient came or went.
    Progress {
        /// The message.
        id: EnvelopeId,
        /// How far it got.
        progress: Progress,
    },
    /// Sign this as the payload of an envelope of kind `Purge`, put that on disk and publish it.
    TellPurge {
        /// What has arrived.
        purge: Purge,
        /// Of the envelope, seconds.
        lifetime: u32,
    },
    /// Sign this as the payload of an envelope of kind `LinkState` and publish it.
    TellLinks {
        /// Our links.
        links: LinkState,
        /// Its `seq` is to be above this one.
        above: u64,
    },
    /// The way to a device is another one now.
    Route {
        /// Which.
        device: DeviceId,
        /// How to get there over others; `None` when there is no such way.
        route: Option<Route>,
    },
    /// The network's keys are more than before: put them on disk, or answer `KeyringFailed`.
    Keyring(Keyring),
    /// A device is linked and admitted.
    Up {
        /// Which.
        device: DeviceId,
        /// Where it listens.
        addr: SocketAddr,
    },
    /// A device has no link any more.
    Down(DeviceId),
    /// The link to a device does not answer, or does again. It stays, and what goes over it may
    /// still arrive; where there is another way that is better now.
    Doubt {
        /// Which.
        device: DeviceId,
        /// Whether it does not answer.
        silent: bool,
    },
    /// Two devices do not come together.
    Refused {
        /// The other one.
        device: DeviceId,
        /// Where it is.
        addr: SocketAddr,
        /// Why.
        reason: Reason,
    },
    /// A device did what no honest one does, and its link is closed. For logs.
    Misbehaved {
        /// Which.
        device: DeviceId,
        /// What it did.
        what: Misbehaviour,
    },
    /// Another device has our key: this profile was copied.
    Twin {
        /// Where it listens.
        addr: SocketAddr,
        /// Whether it was here before us. Then nothing is to be announced any more, not even that
        /// we leave; all links are closed, and none is made, until the node is started again.
        second: bool,
    },
    /// Nobody who speaks v2 is at an address that the user named.
    ConnectFailed(SocketAddr),
}

/// An envelope that a neighbour asked for: its body is the store's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Serve {
    /// Where.
    pub link: LinkId,
    /// What.
    pub id: EnvelopeId,
    /// For the frame: seconds.
    pub age: u32,
    /// For the frame.
    pub ttl: u8,
    /// For the frame.
    pub hops: u8,
}

impl Serve {
    /// The whole ENVELOPE frame.
    #[must_use]
    pub fn frame(&self, envelope: Envelope) -> Bytes {
        let frame = EnvelopeFrame {
            envelope,
            age: self.age,
            ttl: self.ttl,
            hops: self.hops,
        };
        LinkFrame::Envelope(frame).encode()
    }
}

/// The v2 brain of one node.
#[derive(Debug)]
pub struct Gossip<R> {
    me: Config,
    rng: R,
    /// Seconds this node had run before it started.
    uptime: i64,
    keyring: Keyring,
    /// When to tell of it again: it has changed since, or could not be put on disk.
    keyring_at: Option<Duration>,
    keyring_changes: Tokens,
    /// Admitted before: a wrong guess of others does not keep them out.
    admitted: Lately,
    links: BTreeMap<LinkId, Link>,
    neighbours: Neighbours,
    /// Beacons of devices that there was no room for.
    turned_away: u64,
    guesses: Guesses,
    banned: Lately,
    offences: Offences,
    index: Index,
    /// On the way to disk, and to whom STORED is owed then.
    pending: Pending,
    wanted: BTreeMap<EnvelopeId, spreading::Wanted>,
    outbox: Outbox,
    underway: Underway,
    carrying: Carrying,
    routing: Routing,
    news: News,
    around: Around,
    overlay: overlay::Overlay,
    twins: Twins,
    /// Unasked-for envelopes that each author may still send.
    authors: ById<DeviceId, Tokens>,
    put_off: PutOff,
    /// The same for what they bridge.
    bridges: ById<DeviceId, Tokens>,
    beat_at: Duration,
    /// When links are to be watched, or before.
    watch_at: Duration,
    outputs: VecDeque<Output>,
}

/// Between two looks at timers.
const BEAT: Duration = Duration::from_secs(1);

impl<R: Rng> Gossip<R> {
    /// A brain that knows nobody and nothing yet.
    pub fn new(me: Config, mut rng: R) -> Self {
        let secret = Secret(rng.next_u64());
        Self {
            routing: Routing::of(me.device, secret),
            index: Index::of(me.device, me.quota, secret),
            me,
            rng,
            uptime: 0,
            keyring: Keyring::default(),
            keyring_at: None,
            keyring_changes: Tokens::full(Rate {
                burst: limits::KEYRING_CHANGES,
                refill: limits::KEYRING_PAUSE,
            }),
            admitted: Lately::new(limits::ACQUAINTANCES, limits::ACQUAINTANCE),
            links: BTreeMap::new(),
            neighbours: Neighbours::default(),
            turned_away: 0,
            guesses: Guesses::default(),
            banned: Lately::new(limits::BANS, limits::BAN),
            offences: Offences::default(),
            pending: Pending::default(),
            wanted: BTreeMap::new(),
            outbox: Outbox::default(),
            underway: Underway::default(),
            carrying: Carrying::default(),
            news: News::default(),
            around: Around::default(),
            overlay: overlay::Overlay::default(),
            twins: Twins::default(),
            authors: ById::with_hasher(secret),
            put_off: PutOff::default(),
            bridges: ById::with_hasher(secret),
            beat_at: Duration::ZERO,
            watch_at: Duration::MAX,
            outputs: VecDeque::new(),
        }
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input, now: Now) {
        let now = now.mono;
        match input {
            Input::Start(start) => self.start(start),
            Input::Heard {
                device,
                addr,
                interface,
            } => self.heard(device, addr, interface, now),
            Input::OwnBeacon(addr) => self.own_beacon(addr, now),
            Input::Connect(_) if self.twins.is_second() => {}
            Input::Connect(addr) => self.neighbours.name(addr, now),
            Input::LinkUp {
                link,
                device,
                addr,
                dialled,
                exporter,
            } => self.link_up(link, device, addr, dialled, exporter, now),
            Input::LinkFailed {
                addr,
                device,
                classic,
            } => self.link_failed(addr, device, classic, now),
            Input::LinkDown { link } => self.link_down(link, now),
            Input::Frame { link, kind, body } => self.frame(link, kind, &body, now),
            Input::FrameTooLong { link } => self.ban(link, Misbehaviour::FrameTooLong, now),
            Input::Served { link, id, found } => self.served(link, id, found, now),
            Input::Publish(envelope) => self.publish(&envelope, now),
            Input::Bridge(envelope) => self.bridge(envelope, now),
            Input::Settled(id) => self.outbox.settle(id),
            Input::Opened { id, secret } => self.opened(id, secret, now),
            Input::Contacts(contacts) => {
                self.befriend(contacts);
                self.tidy();
            }
            Input::Leaf(leaf) => {
                self.me.leaf = leaf;
                self.links_changed(now);
            }
            Input::Mint(key) => self.merge_keys(vec![key], None, now),
            Input::Persisted(ids) => self.persisted(ids),
            Input::PersistFailed(ids) => self.persist_failed(&ids),
            Input::KeyringFailed => {
                self.keyring_at.get_or_insert(now + PATIENCE);
            }
            Input::Leave => self.leave(now),
            Input::Tick => {}
        }
        if self.watch_at <= now {
            self.watch_links(now);
        }
        self.route_on_time(now);
        self.purge_on_time(now);
        self.catch_up_on_time(now);
        self.dial(now);
        if self.beat_at <= now {
            self.beat_at = now + BEAT;
            self.beat(now);
        }
    }

    /// The next thing to do, if any.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is due, on the clock of [`Now::mono`].
    #[must_use]
    pub fn wake_at(&self) -> Duration {
        let due = self
            .neighbours
            .dial_at()
            .into_iter()
            .chain(self.routing_wake_at())
            .chain(self.carrying_wake_at())
            .chain(self.catching_up_wake_at());
        due.fold(self.beat_at.min(self.watch_at), Duration::min)
    }

    /// Seconds this node has run in all, on which envelopes age.
    #[must_use]
    pub fn uptime(&self, now: Now) -> i64 {
        self.uptime_at(now.mono)
    }

    /// By which password devices are admitted; `None` in an open network.
    #[must_use]
    pub fn password(&self) -> Option<PasswordTag> {
        self.me.password.as_ref().map(PasswordKey::tag)
    }

    /// Devices that are linked and admitted, with where they listen and the round trip if it was
    /// measured.
    pub fn linked(&self) -> impl Iterator<Item = (DeviceId, SocketAddr, Option<Duration>)> + '_ {
        let up = self.links.values().filter(|link| link.is_up());
        up.map(|link| (link.device, link.listens_at, link.rtt))
    }

    /// Devices near that are kept out, and why.
    pub fn refused(&self) -> impl Iterator<Item = (DeviceId, Reason)> + '_ {
        self.neighbours.refused()
    }

    /// Whether a device beacons, as far as there is room for those who do.
    #[must_use]
    pub fn is_heard(&self, device: &DeviceId) -> bool {
        self.neighbours.is_heard(device)
    }

    /// Beacons of devices that there was no room for, since the start.
    #[must_use]
    pub fn turned_away(&self) -> u64 {
        self.turned_away
    }

    /// Own envelopes that no neighbour has yet. At [`limits::OUTBOX`] no more may be published.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.outbox.unsent().count()
    }

    /// How many envelopes are known, with or without their bodies.
    #[must_use]
    pub fn known(&self) -> usize {
        self.index.len()
    }

    /// Whether an envelope is known, with or without its body.
    #[must_use]
    pub fn knows(&self, id: &EnvelopeId) -> bool {
        self.index.get(id).is_some()
    }

    /// Whether an envelope is known whose id begins with these bytes.
    #[must_use]
    pub fn knows_half(&self, half: [u8; 16]) -> bool {
        self.index.has_prefix(half)
    }

    /// Whether a device that speaks v2 has this id on the classic wire: one that is near, was
    /// admitted, or wrote something that we hold.
    #[must_use]
    pub fn knows_classic(&self, id: &str) -> bool {
        let is = |device: &DeviceId| device.classic() == id;
        self.admitted.iter().any(is)
            || self.neighbours.devices().any(is)
            || self.index.authors().any(is)
    }

    fn start(&mut self, start: Start) {
        self.uptime = start.uptime;
        self.keyring = start.keyring;
        // The last comes first, and should be the last to go.
        for device in start.admitted.into_iter().take(limits::ACQUAINTANCES).rev() {
            self.admitted.note(device, Duration::ZERO);
        }
        self.befriend(start.contacts);
        let mut carriers = start.carriers;
        for entry in start.index {
            self.dispatch(&entry, carriers.remove(&entry.id).unwrap_or_default());
            self.index.insert(entry);
        }
        for (id, purge) in start.purges {
            if let Some(until) = self.index.get(&id).map(Entry::ends) {
                self.obey(&purge.entries, until);
            }
        }
        self.outbox.restore(start.unsent);
        self.tidy();
    }

    fn uptime_at(&self, now: Duration) -> i64 {
        let run = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        self.uptime.saturating_add(run)
    }

    fn beat(&mut self, now: Duration) {
        self.check_links(now);
        self.check_wanted(now);
        self.check_sessions(now);
        if self.keyring_at.is_some_and(|at| at <= now) {
            self.keyring_changes.take(now);
            self.tell_keys(None);
        }
        self.banned.forget(now);
        self.forget_acquaintances(now);
        if self.authors.len() >= limits::AUTHORS / 2 {
            self.authors.retain(|_, tokens| !tokens.is_full(now));
        }
        self.bridges.retain(|_, tokens| !tokens.is_full(now));
        self.neighbours
            .forget_silent(now, self.me.stale, &self.links);
        let uptime = self.uptime_at(now);
        let expired = self.index.expire(uptime);
        self.expire_underway(&expired.bodies);
        if !expired.ids.is_empty() {
            self.forget_foretold(uptime);
        }
        self.let_go(expired);
        self.reroute_if_stale(now);
        self.look_for_recipients();
        self.tend_overlay(now);
    }

    /// Keeps the index within its limits.
    fn tidy(&mut self) {
        let expired = self.index.shrink();
        self.let_go(expired);
    }

    fn let_go(&mut self, expired: index::Expired) {
        if !expired.bodies.is_empty() {
            self.outputs.push_back(Output::DropBodies(expired.bodies));
        }
        self.expire_links(&expired.links);
        if !expired.ids.is_empty() {
            self.outbox.forget(&expired.ids);
            self.outputs.push_back(Output::Forget(expired.ids));
        }
    }

    fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }
}

/// So many ids fit into one frame.
const IDS: usize = gossamer_wire::limits::IDS;
/// Silence after which a request is given up.
const PATIENCE: Duration = limits::ANSWER;
