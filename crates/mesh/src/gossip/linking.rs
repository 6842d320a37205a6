//! Links come and go: dialling, admission, pings.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;
use gossamer_crypto::{DeviceId, NetworkKey, Role};
use gossamer_wire::v2::{LinkFrame, Reason};
use rand::Rng;

use super::{
    Gossip, LinkId, Misbehaviour, Output,
    doubt::{Doubt, Verdict},
    handshake::{Admitted, Credentials, Handshake, Progress},
    hops::DIAL_BACKS,
    link::{Feed, Link, Phase, Sync},
    pings::Pings,
    receiving::UNASKED,
    tokens::Tokens,
};
use crate::limits;

impl<R: Rng> Gossip<R> {
    // ---- dialling ----

    pub(super) fn heard(
        &mut self,
        device: DeviceId,
        addr: SocketAddr,
        interface: Option<IpAddr>,
        now: Duration,
    ) {
        if device == self.me.device || self.twins.is_second() || self.is_banned(&device, now) {
            return;
        }
        if !self.is_listened_to(&device) {
            return;
        }
        let wait = self.turn(&device);
        self.neighbours.heard(device, addr, interface, wait, now);
    }

    /// Of two devices that hear each other the smaller dials first if their ids end alike, else the
    /// larger: so each dials about half of the others, whatever its id.
    fn turn(&self, device: &DeviceId) -> Duration {
        let end = |id: &DeviceId| id.as_bytes().last().map(|byte| byte & 1);
        let alike = end(&self.me.device) == end(device);
        if (self.me.device < *device) == alike {
            Duration::ZERO
        } else {
            limits::OTHERS_TURN
        }
    }

    pub(super) fn dial(&mut self, now: Duration) {
        for due in self.neighbours.due(now) {
            let linked = due.device.is_some_and(|device| self.has_link(&device));
            let at_addr = |link: &Link| link.addr == due.addr || link.listens_at == due.addr;
            let named = due.device.is_none() && self.links.values().any(at_addr);
            if named {
                // It is looked at again once that link may be gone.
                self.neighbours.look_again(due.addr, now);
            }
            if linked || named {
                continue;
            }
            if due.device.is_some_and(|device| !self.is_wanted(&device)) {
                continue;
            }
            if self.own_and_up().count() >= limits::LINKS {
                let half = self.half();
                self.neighbours.failed(due.addr, due.device, now, half);
                continue;
            }
            if let Some(device) = &due.device {
                self.neighbours.dials(device);
            }
            self.outputs.push_back(Output::Dial {
                addr: due.addr,
                device: due.device,
            });
        }
    }

    pub(super) fn link_failed(
        &mut self,
        addr: SocketAddr,
        device: Option<DeviceId>,
        classic: bool,
        now: Duration,
    ) {
        if classic {
            self.neighbours.slow_down(addr);
        }
        if let Some(device) = &device {
            self.overlay_failed(device);
        }
        let half = self.half();
        if self.neighbours.failed(addr, device, now, half) {
            self.outputs.push_back(Output::ConnectFailed(addr));
        }
    }

    pub(super) fn has_link(&self, device: &DeviceId) -> bool {
        self.open_links().any(|(_, link)| link.device == *device)
    }

    /// A random share of up to a half.
    fn half(&mut self) -> f64 {
        f64::from(u32::from_le_bytes(self.random())) / f64::from(u32::MAX) / 2.0
    }

    // ---- from TLS to admitted ----

    pub(super) fn link_up(
        &mut self,
        id: LinkId,
        device: DeviceId,
        addr: SocketAddr,
        dialled: bool,
        exporter: [u8; 32],
        now: Duration,
    ) {
        let role = if dialled { Role::Client } else { Role::Server };
        let is_own = device == self.me.device;
        let nonce = if is_own {
            self.own_nonce(now)
        } else {
            self.random()
        };
        let (handshake, hello) = Handshake::start(
            &self.credentials(true),
            self.me.port,
            nonce,
            device,
            role,
            exporter,
        );
        let link = Link {
            device,
            addr,
            listens_at: addr,
            dialled,
            since: now,
            phase: Phase::Handshake(Box::new(handshake)),
            guessed: false,
            heard_at: now,
            pings: Pings::new(now),
            rtt: None,
            dial_backs: Tokens::full(DIAL_BACKS),
            unasked: Tokens::full(UNASKED),
            doubt: Doubt::default(),
            linked: BTreeSet::new(),
            feed: Feed::default(),
            sync: Sync::new(now),
        };
        if is_own {
            self.note_own_hello(id, nonce, &hello);
        }
        let refusal = self.refusal(&link, now);
        let has_room = refusal.is_some() || self.lets_wait(&link, now);
        self.links.insert(id, link);
        match refusal {
            Some(reason) => self.refuse(id, reason, now),
            None if has_room => self.send(id, &hello),
            None => self.turn_away(id, now),
        }
    }

    fn credentials(&self, may_guess: bool) -> Credentials<'_> {
        Credentials {
            device: self.me.device,
            network: self.me.network,
            password: self.me.password.as_ref(),
            keyring: &self.keyring,
            may_guess,
        }
    }

    pub(super) fn frame(&mut self, id: LinkId, kind: u8, body: &Bytes, now: Duration) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        link.heard_at = now;
        if link.doubt.is_there() {
            self.watch_at = now;
        }
        if matches!(link.phase, Phase::Closing) {
            return;
        }
        match LinkFrame::decode(kind, body) {
            Ok(Some(LinkFrame::Refuse(reason))) => self.refused_by(id, reason, now),
            Ok(Some(frame)) if link.is_up() => self.up_frame(id, frame, now),
            Ok(Some(frame)) => self.handshake_frame(id, &frame, now),
            Ok(None) => {}
            Err(_) => self.ban(id, Misbehaviour::UnreadableFrame, now),
        }
    }

    fn handshake_frame(&mut self, id: LinkId, frame: &LinkFrame, now: Duration) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        let (device, ip) = (link.device, link.addr.ip());
        if device == self.me.device {
            return self.own_frame(id, frame, now);
        }
        let Phase::Handshake(mut handshake) = std::mem::replace(&mut link.phase, Phase::Closing)
        else {
            return;
        };
        let friend = self.admitted.contains(&device);
        let may_guess = friend || self.guesses.may_try(ip, now);
        let mut progress = handshake.frame(frame, &self.credentials(may_guess));
        let mut guessed = false;
        if matches!(progress, Progress::Guess) {
            guessed = !friend && self.guesses.take(ip, now);
            progress = if friend || guessed {
                handshake.reveal(&self.credentials(true))
            } else {
                Progress::Refused(Reason::Guesses)
            };
        }
        if let Some(link) = self.links.get_mut(&id) {
            link.phase = Phase::Handshake(handshake);
            link.guessed |= guessed;
        }
        match progress {
            Progress::Going(frames) => frames.iter().for_each(|frame| self.send(id, frame)),
            Progress::Done(admitted) => self.admit(id, admitted, now),
            Progress::Refused(reason) => self.refuse(id, reason, now),
            Progress::WrongPassword => self.refuse(id, Reason::Password, now),
            Progress::Misbehaved(what) => self.ban(id, what, now),
            // It was dealt with above.
            Progress::Guess => self.close(id, None, now),
        }
    }

    fn admit(&mut self, id: LinkId, admitted: Admitted, now: Duration) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        if std::mem::take(&mut link.guessed) {
            self.guesses.give_back(link.addr.ip());
        }
        if let Err(reason) = self.take_place(id, now) {
            return self.refuse(id, reason, now);
        }
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        link.phase = Phase::Up;
        link.listens_at.set_port(admitted.port);
        link.sync.digest_at = now;
        let (device, addr) = (link.device, link.listens_at);
        let dialled = link.dialled.then_some(link.addr);
        self.make_acquaintance(device, now);
        self.neighbours.linked(&device, dialled);
        self.outputs.push_back(Output::Up { device, addr });
        self.share_keys(id, admitted, now);
        self.ping(id, now);
        self.watch_at = self.watch_at.min(now + limits::WATCH);
        self.overlay_up(&device, now);
        self.links_changed(now);
        self.send_digest(id, now);
    }

    /// Takes the keys of a neighbour that is admitted now, and sends it ours if it was shown others:
    /// more may have come before it admitted us.
    fn share_keys(&mut self, id: LinkId, admitted: Admitted, now: Duration) {
        let is_outdated = self.me.password.is_some() && self.keyring != admitted.shown;
        self.merge_keys(admitted.keys, Some(id), now);
        if is_outdated {
            let frame = self.keyring_frame();
            self.send(id, &frame);
        }
    }

    /// Whoever has the password can make keys without end, each of which changes the keyring: all that
    /// come while no more changes may be told are told at once, a little later.
    pub(super) fn merge_keys(
        &mut self,
        keys: Vec<NetworkKey>,
        from: Option<LinkId>,
        now: Duration,
    ) {
        if self.me.password.is_none() || !self.keyring.merge(keys) {
            return;
        }
        if self.keyring_changes.take(now) {
            self.tell_keys(from);
        } else {
            self.keyring_at.get_or_insert(now + limits::KEYRING_PAUSE);
        }
    }

    /// Has the keys put on disk, without which nothing that was said is readable after a restart, and
    /// sends them to all neighbours but the one that they came from.
    pub(super) fn tell_keys(&mut self, from: Option<LinkId>) {
        self.keyring_at = None;
        let keyring = self.keyring.clone();
        self.outputs.push_back(Output::Keyring(keyring));
        let frame = self.keyring_frame();
        for id in self.up_links() {
            if Some(id) != from {
                self.send(id, &frame);
            }
        }
    }

    fn keyring_frame(&self) -> LinkFrame {
        LinkFrame::Keyring(self.keyring.iter().cloned().collect())
    }

    // ---- frames of an admitted device ----

    fn up_frame(&mut self, id: LinkId, frame: LinkFrame, now: Duration) {
        match frame {
            LinkFrame::Keyring(keys) => self.merge_keys(keys, Some(id), now),
            LinkFrame::Ping(token) => self.send(id, &LinkFrame::Pong(token)),
            LinkFrame::Pong(token) => self.pong(id, token, now),
            LinkFrame::DialBack(token) => self.dial_back(id, token, now),
            LinkFrame::Neighbours(devices) => self.neighbours_of(id, devices),
            LinkFrame::Envelope(frame) => self.envelope(id, frame, now),
            LinkFrame::Inv(ids) => self.inv(id, ids, now),
            LinkFrame::Want(ids) => self.want(id, ids, now),
            LinkFrame::Stored(ids) => self.stored(id, &ids, now),
            LinkFrame::Lack(ids) => self.lack(id, &ids, now),
            LinkFrame::LinkStates(states) => self.link_states(id, states, now),
            LinkFrame::Digest(digests) => self.digest(id, &digests, now),
            LinkFrame::Recon(recon) => self.recon(id, &recon, now),
            LinkFrame::ReconWant { session, ids } => self.recon_want(id, session, &ids, now),
            LinkFrame::Hello(_)
            | LinkFrame::Pake(_)
            | LinkFrame::Confirm(_)
            | LinkFrame::Admit(_) => self.ban(id, Misbehaviour::AdmissionAgain, now),
            LinkFrame::Refuse(_) => {}
        }
    }

    fn pong(&mut self, id: LinkId, token: u64, now: Duration) {
        if let Some(link) = self.links.get_mut(&id)
            && let Some(took) = link.pings.answer(token, now)
        {
            link.rtt = Some(took);
        }
    }

    // ---- the end ----

    /// Closes a link and says why.
    pub(super) fn refuse(&mut self, id: LinkId, reason: Reason, now: Duration) {
        let last = Some(LinkFrame::Refuse(reason).encode());
        self.close(id, last, now);
        self.note_refusal(id, reason, now);
    }

    /// The other side closes and says why.
    fn refused_by(&mut self, id: LinkId, reason: Reason, now: Duration) {
        self.close(id, None, now);
        self.note_refusal(id, reason, now);
    }

    fn note_refusal(&mut self, id: LinkId, reason: Reason, now: Duration) {
        let pause = match reason {
            // The other link is there, or the device comes back and says so.
            Reason::Duplicate | Reason::Leaving => return,
            Reason::TooMany => limits::DIAL_LAST,
            // By then there is a guess again; not all who were turned away come at once.
            Reason::Guesses => limits::GUESS_PAUSE.mul_f64(1.0 - self.half()),
            Reason::Version
            | Reason::Network
            | Reason::Locked
            | Reason::Password
            | Reason::Misbehaved
            | Reason::UnknownService
            | Reason::NotAdmitted
            | Reason::NoWay
            | Reason::Loop
            | Reason::NoRelay
            | Reason::Unknown(_) => limits::REFUSED_PAUSE,
        };
        let Some(link) = self.links.get(&id) else {
            return;
        };
        let (device, addr) = (link.device, link.addr);
        let dialled = link.dialled.then_some(addr);
        self.overlay_failed(&device);
        self.neighbours
            .refuse(&device, dialled, reason, now + pause);
        // Where there are many, no link is no loss as long as others lead there.
        if reason == Reason::TooMany && self.is_reachable(&device) {
            return;
        }
        self.outputs.push_back(Output::Refused {
            device,
            addr,
            reason,
        });
    }

    pub(super) fn is_banned(&self, device: &DeviceId, now: Duration) -> bool {
        self.banned.has(device, now)
    }

    pub(super) fn close(&mut self, id: LinkId, last: Option<Bytes>, now: Duration) {
        if let Some(link) = self.links.get_mut(&id) {
            let was_up = link.is_up();
            link.phase = Phase::Closing;
            link.feed = Feed::default();
            link.sync.initiator = None;
            link.sync.responder = None;
            let device = link.device;
            self.outputs.push_back(Output::Close { link: id, last });
            if was_up && self.link_to(&device).is_none() {
                self.overlay_down();
                self.links_changed(now);
                self.outputs.push_back(Output::Down(device));
            }
        }
    }

    /// The link to an admitted device.
    pub(super) fn link_to(&self, device: &DeviceId) -> Option<&Link> {
        let mut links = self.links.values();
        links.find(|link| link.device == *device && link.is_up())
    }

    pub(super) fn link_down(&mut self, id: LinkId, now: Duration) {
        let Some(link) = self.links.remove(&id) else {
            return;
        };
        self.unlink_wanted(id, now);
        self.pending.forget(id);
        if self.has_link(&link.device) {
            return;
        }
        let wait = self.turn(&link.device) + limits::DIAL_FIRST.mul_f64(self.half());
        let dialled = link.dialled.then_some(link.addr);
        self.neighbours.unlinked(&link.device, dialled, wait, now);
        if link.is_up() {
            self.overlay_down();
            self.links_changed(now);
            self.compare_soon(now);
            self.outputs.push_back(Output::Down(link.device));
        }
    }

    pub(super) fn leave(&mut self, now: Duration) {
        let last = LinkFrame::Refuse(Reason::Leaving).encode();
        let ids: Vec<LinkId> = self.links.keys().copied().collect();
        ids.into_iter()
            .for_each(|id| self.close(id, Some(last.clone()), now));
    }

    /// Pings those that are up, and gives up those that are silent or never get admitted.
    pub(super) fn check_links(&mut self, now: Duration) {
        let ids: Vec<LinkId> = self.links.keys().copied().collect();
        for id in ids {
            let Some(link) = self.links.get(&id) else {
                continue;
            };
            match link.phase {
                Phase::Handshake(_) if now.saturating_sub(link.since) >= limits::HANDSHAKE => {
                    self.close(id, None, now);
                }
                Phase::Up if now.saturating_sub(link.heard_at) >= self.me.stale => {
                    self.close(id, None, now);
                }
                Phase::Up => self.keep_up(id, now),
                Phase::Handshake(_) | Phase::Closing => {}
            }
        }
    }

    fn keep_up(&mut self, id: LinkId, now: Duration) {
        let Some(link) = self.links.get(&id) else {
            return;
        };
        let digest_due = link.sync.digest_at <= now;
        if now.saturating_sub(link.pings.asked_at) >= self.me.stale / 3 {
            self.ping(id, now);
        }
        if digest_due {
            self.send_digest(id, now);
        }
    }

    /// Asks those that are silent, and doubts those that do not answer.
    pub(super) fn watch_links(&mut self, now: Duration) {
        self.watch_at = Duration::MAX;
        for id in self.up_links() {
            let Some(link) = self.links.get_mut(&id) else {
                continue;
            };
            let (device, signs) = (link.device, link.signs());
            match link.doubt.judge(signs, now) {
                Verdict::Wait(until) => self.watch_at = self.watch_at.min(until),
                Verdict::Ask => {
                    self.ping(id, now);
                    self.watch_at = self.watch_at.min(now + limits::ANSWERS);
                }
                Verdict::Doubt => {
                    self.unlink_wanted(id, now);
                    self.links_changed(now);
                    self.compare_soon(now);
                    self.outputs.push_back(Output::Doubt {
                        device,
                        silent: true,
                    });
                }
                Verdict::Trust => {
                    self.links_changed(now);
                    self.outputs.push_back(Output::Doubt {
                        device,
                        silent: false,
                    });
                    self.watch_at = self.watch_at.min(now + limits::ALIVE);
                }
            }
        }
        self.watch_at = self.watch_at.max(now + limits::WATCH);
    }

    fn ping(&mut self, id: LinkId, now: Duration) {
        let token = u64::from_le_bytes(self.random());
        if let Some(link) = self.links.get_mut(&id) {
            link.pings.ask(token, now);
            self.send(id, &LinkFrame::Ping(token));
        }
    }

    pub(super) fn up_links(&self) -> Vec<LinkId> {
        let up = self.links.iter().filter(|(_, link)| link.is_up());
        up.map(|(id, _)| *id).collect()
    }

    pub(super) fn send(&mut self, link: LinkId, frame: &LinkFrame) {
        let frame = frame.encode();
        self.outputs.push_back(Output::Send { link, frame });
    }
}
