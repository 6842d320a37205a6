//! A node's part in v2: does what the gossip brain says, over links and store.

mod author;
mod bridge;
mod carrying;
mod circuits;
mod content;
mod inbound;
mod keys;
mod links;
mod rows;
mod serving;
mod twins;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_mesh::{
    Input as ClassicInput,
    bridge::Bridge,
    gossip::{Gossip, Input, LinkId, Output},
};
use gossamer_store::SeenRow;
use gossamer_wire::v2::Reason;
use rand::rngs::StdRng;

use self::rows::row;
pub(crate) use self::{
    author::Author, carrying::restore, content::Content, inbound::Arrival, rows::entry,
    serving::Served,
};
use crate::{
    actor::Actor,
    api::PeerView,
    devices::Devices,
    node::{KEPT, KEPT_BYTES},
    streams::Admitted,
};

/// What a node keeps for v2.
pub(crate) struct Gossiping {
    pub(crate) brain: Gossip<StdRng>,
    pub(crate) author: Arc<Author>,
    pub(crate) content: Content,
    pub(crate) devices: Devices,
    pub(crate) bridge: Bridge,
    /// A classic message that the brain is asked to take as an envelope: its ids in both dialects.
    bridging: Option<(EnvelopeId, String)>,
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
    /// Bodies that are to go and that a full disk did not let go.
    pub(crate) not_dropped: Vec<EnvelopeId>,
    /// Another device has our profile and was here before us.
    pub(crate) is_second: bool,
    /// The `seq` under which we told of our links last.
    links_seq: u64,
    saved_at: Duration,
}

/// How often the uptime, and who is here, are saved: as much may be lost of it by a crash.
const SAVE: Duration = Duration::from_secs(60);

impl Gossiping {
    pub(crate) fn new(brain: Gossip<StdRng>, author: Arc<Author>, content: Content) -> Self {
        Self {
            brain,
            author,
            content,
            devices: Devices::default(),
            bridge: Bridge::default(),
            bridging: None,
            admitted: Admitted::default(),
            batch: Vec::new(),
            storing: false,
            pending: BTreeMap::new(),
            serving: BTreeMap::new(),
            next_ticket: 0,
            not_dropped: Vec::new(),
            is_second: false,
            links_seq: 0,
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

    /// Everyone of this session and of earlier ones, with the round trips as they were measured last.
    pub(crate) fn peers(&self) -> impl Iterator<Item = PeerView> + '_ {
        let views = self.devices.views();
        views.map(|(device, peer)| self.measured(&device, peer))
    }

    /// One of them.
    pub(crate) fn peer(&self, device: &DeviceId) -> Option<PeerView> {
        let peer = self.devices.view(device)?;
        Some(self.measured(device, peer))
    }

    fn measured(&self, device: &DeviceId, peer: PeerView) -> PeerView {
        let rtt_ms = self.brain.rtt_ms(device);
        PeerView { rtt_ms, ..peer }
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
        let silent = self.v2.devices.silent(self.clock.now(), self.stale);
        for peer in self.v2.devices.overdue(now).into_iter().chain(silent) {
            self.tell_peer(Some(peer));
        }
        if now.saturating_sub(self.v2.saved_at) >= SAVE {
            self.save_uptime();
            self.drop_again();
            self.log_counts();
            self.archive.note(|store| {
                store.messages().prune(KEPT)?;
                store.messages().shrink(KEPT_BYTES).map(drop)
            });
        }
    }

    /// What the brain has counted since the start.
    fn log_counts(&self) {
        let turned_away = self.v2.brain.turned_away();
        if turned_away > 0 {
            tracing::debug!(turned_away, "beacons of devices there was no room for");
        }
        for (what, times) in self.v2.brain.offences() {
            tracing::debug!(?what, times, "misbehaviour since the start");
        }
    }

    /// Forgets devices that beaconed and do not any more.
    pub(crate) fn forget_strangers(&mut self) {
        let brain = &self.v2.brain;
        let gone = self.v2.devices.forget_strangers(|one| brain.is_heard(one));
        for peer in gone {
            self.tell_peer(Some(peer));
        }
    }

    pub(crate) fn save_uptime(&mut self) {
        let now = self.clock.now();
        self.v2.saved_at = now.mono;
        let uptime = u64::try_from(self.v2.brain.uptime(now)).unwrap_or(0);
        let mut seen = self.v2.devices.moved();
        seen.extend(self.v2.devices.present(now.wall_ms));
        self.save_seen(seen);
        self.archive.note(move |store| store.uptime().save(uptime));
    }

    /// Writes down when devices were here last.
    pub(crate) fn save_seen(&mut self, seen: Vec<SeenRow>) {
        let network = self.v2.author.network;
        if !seen.is_empty() {
            self.archive
                .note(move |store| store.seen().note(&network, &seen));
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
            Output::Serve(serve) => self.serve(serve),
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
            Output::DropBodies(ids) => self.drop_bodies(ids),
            Output::Forget(ids) => {
                self.archive
                    .note(move |store| store.envelopes().forget(&ids));
            }
            Output::Stored { id, by, .. } => self.count_reached(id, by),
            Output::Progress { id, progress } => self.progressed(id, &progress),
            Output::TellPurge { purge, lifetime } => self.tell_purge(purge, lifetime),
            Output::Keyring(keyring) => self.rekey(keyring),
            Output::Up { device, addr } => self.device_up(device, addr),
            Output::Down(device) => self.device_down(&device),
            Output::Doubt { device, silent } => {
                let view = self.v2.devices.doubted(device, silent, self.clock.now());
                self.tell_peer(view);
            }
            Output::Refused {
                device,
                addr,
                reason,
            } => self.refused(device, addr, reason),
            Output::DialBack {
                device,
                addr,
                token,
            } => self.net.dial_back(device, addr, token),
            Output::TellLinks { links, above } => self.tell_links(&links, above),
            Output::Route { device, route } => {
                let view = self.v2.devices.routed(device, route, self.clock.now());
                self.tell_peer(view);
                self.presence(&device);
            }
            Output::Misbehaved { device, what } => {
                tracing::debug!(?device, ?what, "a device misbehaved");
            }
            Output::Twin { addr, second } => self.met_twin(addr, second),
            Output::ConnectFailed(addr) => self.tell(ClassicInput::Connect(addr)),
        }
    }
}
