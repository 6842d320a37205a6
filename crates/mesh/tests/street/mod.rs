//! People whose links deliver at once and in order, unless cut.
#![allow(dead_code, reason = "not every test file needs every helper")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "only some outputs can be seen"
)]

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;
use gossamer_crypto::{
    DeviceId, DeviceKey, EnvelopeId, Keyring, NetworkId, NetworkKey, Password, PasswordKey,
    PurgeSecret, Signed,
};
use gossamer_mesh::{
    Now,
    gossip::{
        Config, Ed25519, Gossip, Input, LinkId, Misbehaviour, Output, Progress, Quota, Start,
    },
};
use gossamer_wire::v2::{
    Body, DialBackToken, Envelope, Frame, Kind, LinkFrame, LinkState, Purge, Reason, Splitter,
};
use rand::{SeedableRng, rngs::StdRng};

pub(crate) struct Person {
    pub(crate) key: DeviceKey,
    pub(crate) brain: Gossip<StdRng>,
    pub(crate) seq: u64,
    pub(crate) disk: BTreeMap<EnvelopeId, Envelope>,
    pub(crate) disk_is_full: bool,
    pub(crate) disk_is_slow: bool,
    /// What a slow disk has yet to write.
    pub(crate) unwritten: Vec<Envelope>,
    pub(crate) shown: Vec<EnvelopeId>,
    pub(crate) stored: BTreeMap<EnvelopeId, u32>,
    pub(crate) refused: Vec<Reason>,
    /// Who misbehaved, and how.
    pub(crate) misbehaved: Vec<(DeviceId, Misbehaviour)>,
    /// Where others have their key, and whether they are the second themselves.
    pub(crate) twins: Vec<(SocketAddr, bool)>,
    /// When their clock began.
    pub(crate) begun: Duration,
    pub(crate) asked_to_dial: Vec<(DeviceId, DialBackToken)>,
    pub(crate) progress: BTreeMap<EnvelopeId, Progress>,
    pub(crate) up: BTreeSet<DeviceId>,
    pub(crate) keyring: Option<Keyring>,
}

/// Something that happened, as somebody who sees everything would tell it.
pub(crate) enum Seen {
    /// Someone wrote to everyone.
    Wrote(usize, EnvelopeId, usize),
    /// A TLS connection was dialled.
    Dialled(usize, usize),
    /// A frame was sent.
    Frame(usize, usize, Frame),
    /// A link is up for someone, with someone.
    Up(usize, DeviceId),
    /// An envelope came, and is on someone's disk.
    OnDisk(usize, EnvelopeId),
    /// It is shown to them.
    Shown(usize, EnvelopeId),
    /// So many neighbours have an envelope of theirs on disk.
    Reached(usize, EnvelopeId, u32),
    /// Someone and a device do not come together.
    Refused(usize, DeviceId, Reason),
}

/// Everyone, their links, and the time.
#[derive(Default)]
pub(crate) struct Street {
    pub(crate) people: Vec<Person>,
    pub(crate) now: Duration,
    pub(crate) next_link: u64,
    /// Each end of a link: who has it, and the other end.
    pub(crate) ends: BTreeMap<LinkId, (usize, LinkId)>,
    pub(crate) todo: VecDeque<(usize, Input)>,
    /// Frames that were sent, by type.
    pub(crate) frames: BTreeMap<u8, usize>,
    /// How often anyone told of their links.
    pub(crate) told: usize,
    /// How often anyone dialled, whether or not somebody was there.
    pub(crate) dials: usize,
    /// Frames of this type get lost.
    pub(crate) swallowed: Option<u8>,
    /// What happens to somebody just before a frame of a type is on its way for the first time.
    pub(crate) meanwhile: Option<(u8, usize, Input)>,
    /// Ends of links whose cable is pulled where nobody notices: what is sent there is lost.
    pub(crate) silent: BTreeSet<LinkId>,
    /// Who cannot be dialled, nor dials.
    pub(crate) gone: BTreeSet<usize>,
    /// What everyone keeps.
    pub(crate) quota: Quota,
    /// All that happened, and when.
    pub(crate) seen: Vec<(Duration, Seen)>,
}

pub(crate) const ANA: usize = 0;
pub(crate) const BEN: usize = 1;
pub(crate) const CLEO: usize = 2;
pub(crate) const DORA: usize = 3;
pub(crate) const EMIL: usize = 4;

/// What a node with nobody around lets go as it starts.
pub(crate) fn starts_with(device: u8, quota: Quota, start: Start) -> Vec<EnvelopeId> {
    let config = Config {
        device: DeviceId::new([device; 32]),
        network: NetworkId::of("street"),
        password: None,
        port: 9999,
        stale: Duration::from_secs(30),
        leaf: false,
        quota,
        verifier: Box::new(Ed25519),
    };
    let mut brain = Gossip::new(config, StdRng::seed_from_u64(1));
    let now = Now {
        mono: Duration::ZERO,
        wall_ms: 0,
    };
    brain.handle(Input::Start(start), now);
    let mut dropped = Vec::new();
    while let Some(output) = brain.poll() {
        if let Output::DropBodies(ids) = output {
            dropped.extend(ids);
        }
    }
    dropped
}

/// What somebody writes who may live in another street.
pub(crate) fn signed(author: &DeviceKey, body: &Body) -> Envelope {
    let body = body.encode().unwrap();
    let signature = author.sign(Signed::Envelope, &body);
    Envelope {
        body,
        signature,
        signer: None,
    }
}

pub(crate) fn addr(person: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, u8::try_from(person).unwrap() + 1], 9999))
}

impl Street {
    /// People in one network, each with the password that stands for them.
    pub(crate) fn with(passwords: &[Option<&str>]) -> Self {
        let mut street = Self {
            now: Duration::from_secs(1),
            ..Self::default()
        };
        for (n, password) in (1..).zip(passwords) {
            street.move_in(n, *password);
        }
        street
    }

    pub(crate) fn open(count: usize) -> Self {
        Self::with(&vec![None; count])
    }

    /// People who keep no more than this.
    pub(crate) fn with_quota(count: usize, quota: Quota) -> Self {
        let mut street = Self {
            quota,
            ..Self::with(&[])
        };
        (1..).take(count).for_each(|n| street.move_in(n, None));
        street
    }

    /// A disk writes what it had not written.
    pub(crate) fn catches_up(&mut self, person: usize) {
        for envelope in std::mem::take(&mut self.people[person].unwritten) {
            let id = envelope.id();
            self.people[person].disk.insert(id, envelope);
            self.tell(person, Input::Persisted(vec![id]));
        }
    }

    pub(crate) fn move_in(&mut self, n: u8, password: Option<&str>) {
        self.settle(n, n, password);
    }

    /// Somebody's profile is copied and started elsewhere.
    pub(crate) fn copy(&mut self, n: u8, seed: u8) {
        self.settle(n, seed, None);
        let begun = self.now;
        if let Some(copy) = self.people.last_mut() {
            copy.begun = begun;
        }
    }

    fn settle(&mut self, n: u8, seed: u8, password: Option<&str>) {
        let key = DeviceKey::from_secret(&[n; 32]);
        let config = Config {
            device: key.id(),
            network: NetworkId::of("street"),
            password: password.map(|text| PasswordKey::derive(&Password::new(text), "street")),
            port: 9999,
            stale: Duration::from_secs(30),
            leaf: false,
            quota: self.quota,
            verifier: Box::new(Ed25519),
        };
        let mut keyring = Keyring::default();
        if password.is_some() {
            keyring.merge([NetworkKey::new([n; 32])]);
        }
        self.people.push(Person {
            key,
            brain: Gossip::new(config, StdRng::seed_from_u64(seed.into())),
            seq: 0,
            disk: BTreeMap::new(),
            disk_is_full: false,
            disk_is_slow: false,
            unwritten: Vec::new(),
            shown: Vec::new(),
            stored: BTreeMap::new(),
            refused: Vec::new(),
            misbehaved: Vec::new(),
            twins: Vec::new(),
            begun: Duration::ZERO,
            asked_to_dial: Vec::new(),
            progress: BTreeMap::new(),
            up: BTreeSet::new(),
            keyring: None,
        });
        let start = Start {
            keyring,
            ..Start::default()
        };
        self.tell(self.people.len() - 1, Input::Start(start));
    }

    pub(crate) fn id(&self, person: usize) -> DeviceId {
        self.people[person].key.id()
    }

    pub(crate) fn tell(&mut self, person: usize, input: Input) {
        self.todo.push_back((person, input));
        self.run();
    }

    pub(crate) fn run(&mut self) {
        while let Some((person, input)) = self.todo.pop_front() {
            let now = Now {
                mono: self.now.saturating_sub(self.people[person].begun),
                wall_ms: 0,
            };
            self.people[person].brain.handle(input, now);
            while let Some(output) = self.people[person].brain.poll() {
                self.act(person, output);
            }
        }
    }

    fn note(&mut self, seen: Seen) {
        self.seen.push((self.now, seen));
    }

    pub(crate) fn act(&mut self, person: usize, output: Output) {
        let seen = match &output {
            Output::Persist { entry, .. } if !self.people[person].disk_is_full => {
                Some(Seen::OnDisk(person, entry.id))
            }
            Output::Deliver(id) => Some(Seen::Shown(person, *id)),
            Output::Stored { id, reached, .. } => Some(Seen::Reached(person, *id, *reached)),
            Output::Up { device, .. } => Some(Seen::Up(person, *device)),
            Output::Refused { device, reason, .. } => Some(Seen::Refused(person, *device, *reason)),
            _ => None,
        };
        seen.into_iter().for_each(|seen| self.note(seen));
        let who = &mut self.people[person];
        match output {
            Output::Dial { addr: to, device } => {
                self.dials += 1;
                self.connect(person, to, device);
            }
            Output::Send { link, frame } => self.send(link, &frame),
            Output::Serve(serve) => {
                let envelope = who.disk.get(&serve.id).cloned();
                let found = envelope.is_some();
                if let Some(envelope) = envelope {
                    self.send(serve.link, &serve.frame(envelope));
                }
                let (link, id) = (serve.link, serve.id);
                self.todo
                    .push_back((person, Input::Served { link, id, found }));
            }
            Output::Close { link, last } => {
                if let Some(last) = last {
                    self.send(link, &last);
                }
                self.cut(link);
            }
            Output::Persist { envelope, entry } => {
                if who.disk_is_slow {
                    return who.unwritten.push(envelope);
                }
                let input = if who.disk_is_full {
                    Input::PersistFailed(vec![entry.id])
                } else {
                    who.disk.insert(entry.id, envelope);
                    Input::Persisted(vec![entry.id])
                };
                self.todo.push_back((person, input));
            }
            Output::Deliver(id) => who.shown.push(id),
            Output::DropBodies(ids) => ids.iter().for_each(|id| drop(who.disk.remove(id))),
            Output::Stored { id, reached, .. } => drop(who.stored.insert(id, reached)),
            Output::Keyring(_) if who.disk_is_full => {
                self.todo.push_back((person, Input::KeyringFailed));
            }
            Output::Keyring(keyring) => who.keyring = Some(keyring),
            Output::Up { device, .. } => assert!(who.up.insert(device), "up twice"),
            Output::Down(device) => assert!(who.up.remove(&device), "down twice"),
            Output::Refused { reason, .. } => who.refused.push(reason),
            Output::TellLinks { links, above } => {
                self.told += 1;
                let envelope = self.links_of(person, &links, above);
                self.todo.push_back((person, Input::Publish(envelope)));
            }
            Output::Misbehaved { device, what } => who.misbehaved.push((device, what)),
            Output::Twin { addr, second } => who.twins.push((addr, second)),
            Output::DialBack { device, token, .. } => who.asked_to_dial.push((device, token)),
            Output::Progress { id, progress } => drop(who.progress.insert(id, progress)),
            Output::TellPurge { purge, lifetime } => {
                let envelope = self.purge_of(person, &purge, lifetime);
                let id = envelope.id();
                self.people[person].disk.insert(id, envelope.clone());
                self.todo.push_back((person, Input::Publish(envelope)));
            }
            Output::Remember(_)
            | Output::Forget(_)
            | Output::Doubt { .. }
            | Output::Route { .. }
            | Output::ConnectFailed(_) => {}
        }
    }

    pub(crate) fn connect(&mut self, from: usize, to: SocketAddr, device: Option<DeviceId>) {
        let target = (0..self.people.len()).find(|n| addr(*n) == to);
        let reachable = target.filter(|n| {
            let is_gone = [*n, from].iter().any(|one| self.gone.contains(one));
            !is_gone && device.is_none_or(|device| device == self.id(*n))
        });
        let Some(target) = reachable else {
            let failed = Input::LinkFailed {
                addr: to,
                device,
                classic: false,
            };
            return self.todo.push_back((from, failed));
        };
        self.note(Seen::Dialled(from, target));
        let ends = [LinkId(self.next_link), LinkId(self.next_link + 1)];
        self.next_link += 2;
        for (me, other, here, there, dialled) in [
            (from, target, ends[0], ends[1], true),
            (target, from, ends[1], ends[0], false),
        ] {
            self.ends.insert(here, (me, there));
            let mut from_addr = addr(other);
            if !dialled {
                from_addr.set_port(40_000);
            }
            let up = Input::LinkUp {
                link: here,
                device: self.id(other),
                addr: from_addr,
                dialled,
                exporter: [7; 32],
            };
            self.todo.push_back((me, up));
        }
    }

    /// Somebody who does not live here dials this person from an address, and proves to be a device.
    pub(crate) fn is_dialled(&mut self, person: usize, device: DeviceId, ip: IpAddr) -> LinkId {
        let link = LinkId(self.next_link);
        let nowhere = LinkId(self.next_link + 1);
        self.next_link += 2;
        self.ends.insert(link, (person, nowhere));
        let up = Input::LinkUp {
            link,
            device,
            addr: SocketAddr::new(ip, 40_000),
            dialled: false,
            exporter: [7; 32],
        };
        self.tell(person, up);
        link
    }

    pub(crate) fn send(&mut self, link: LinkId, bytes: &Bytes) {
        let Some((from, other)) = self.ends.get(&link).copied() else {
            return;
        };
        let Some((who, _)) = self.ends.get(&other).copied() else {
            return;
        };
        let mut splitter = Splitter::default();
        splitter.buffer().extend_from_slice(bytes);
        while let Some(Frame { kind, body }) = splitter.take().unwrap() {
            *self.frames.entry(kind).or_default() += 1;
            let frame = Frame {
                kind,
                body: body.clone(),
            };
            self.note(Seen::Frame(from, who, frame));
            if let Some((_, person, input)) = self.meanwhile.take_if(|(at, ..)| *at == kind) {
                self.todo.push_back((person, input));
            }
            if self.swallowed == Some(kind) || self.silent.contains(&link) {
                continue;
            }
            self.todo.push_back((
                who,
                Input::Frame {
                    link: other,
                    kind,
                    body,
                },
            ));
        }
    }

    pub(crate) fn cut(&mut self, link: LinkId) {
        if let Some((me, other)) = self.ends.remove(&link) {
            self.todo.push_back((me, Input::LinkDown { link }));
            if let Some((them, _)) = self.ends.remove(&other) {
                self.todo.push_back((them, Input::LinkDown { link: other }));
            }
        }
    }

    /// Cuts the link between two people.
    pub(crate) fn cut_between(&mut self, one: usize, other: usize) {
        let between = |(_, (who, end)): &(&LinkId, &(usize, LinkId))| {
            *who == one && self.ends.get(end).is_some_and(|(them, _)| *them == other)
        };
        let link = self.ends.iter().find(between).map(|(link, _)| *link);
        link.into_iter().for_each(|link| self.cut(link));
        self.run();
    }

    /// Cuts every link of a person.
    pub(crate) fn isolate(&mut self, person: usize) {
        let mine = |(_, (who, _)): &(&LinkId, &(usize, LinkId))| *who == person;
        let links: Vec<LinkId> = self
            .ends
            .iter()
            .filter(mine)
            .map(|(link, _)| *link)
            .collect();
        links.into_iter().for_each(|link| self.cut(link));
        self.run();
    }

    /// Two people hear each other's beacons.
    pub(crate) fn meet(&mut self, one: usize, other: usize) {
        for (me, them) in [(one, other), (other, one)] {
            let heard = Input::Heard {
                device: self.id(them),
                addr: addr(them),
                interface: Some(addr(me).ip()),
            };
            self.tell(me, heard);
        }
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now += Duration::from_secs(1);
            for person in 0..self.people.len() {
                self.tell(person, Input::Tick);
            }
        }
    }

    /// Lets time pass as finely as brains ask for it.
    pub(crate) fn wait_tenths(&mut self, tenths: u64) {
        for _ in 0..tenths {
            self.now += Duration::from_millis(100);
            for person in 0..self.people.len() {
                self.tell(person, Input::Tick);
            }
        }
    }

    /// The link between two people carries nothing any more, or does again; neither end is told.
    pub(crate) fn silence(&mut self, one: usize, other: usize, silent: bool) {
        let ends = self.ends.iter().filter(|(_, (who, end))| {
            let them = self.ends.get(end).map(|(them, _)| *them);
            [(*who, them), (them.unwrap_or(*who), Some(*who))].contains(&(one, Some(other)))
        });
        let ends: Vec<LinkId> = ends.map(|(link, _)| *link).collect();
        for end in ends {
            if silent {
                self.silent.insert(end);
            } else {
                self.silent.remove(&end);
            }
        }
    }

    pub(crate) fn sign(&self, person: usize, body: &Body) -> Envelope {
        signed(&self.people[person].key, body)
    }

    pub(crate) fn body(&mut self, person: usize, text: &[u8]) -> Body {
        self.people[person].seq += 1;
        Body {
            kind: Kind::Everyone,
            network: NetworkId::of("street"),
            origin: Some(self.id(person)),
            seq: self.people[person].seq,
            created: 1_000 + self.people[person].seq,
            lifetime: 604_800,
            audience: None,
            ack: None,
            payload: Bytes::copy_from_slice(text),
        }
    }

    /// What a person's device says of its links.
    pub(crate) fn links_of(&mut self, person: usize, links: &LinkState, above: u64) -> Envelope {
        self.people[person].seq = self.people[person].seq.max(above);
        let body = Body {
            kind: Kind::LinkState,
            lifetime: 900,
            payload: links.encode().unwrap(),
            ..self.body(person, b"")
        };
        self.sign(person, &body)
    }

    /// What a person's device says of letters that have arrived.
    pub(crate) fn purge_of(&mut self, person: usize, purge: &Purge, lifetime: u32) -> Envelope {
        let body = Body {
            kind: Kind::Purge,
            lifetime,
            payload: purge.encode().unwrap(),
            ..self.body(person, b"")
        };
        self.sign(person, &body)
    }

    /// A person writes to one other; the secret of the letter is its text.
    pub(crate) fn writes(
        &mut self,
        person: usize,
        to: usize,
        text: u8,
        lifetime: u32,
    ) -> EnvelopeId {
        let body = Body {
            kind: Kind::Dm,
            lifetime,
            audience: Some(*self.id(to).as_bytes()),
            ack: Some(PurgeSecret::new([text; 32]).ack()),
            ..self.body(person, &[text; 32])
        };
        let envelope = self.sign(person, &body);
        let id = envelope.id();
        self.people[person].disk.insert(id, envelope.clone());
        self.tell(person, Input::Publish(envelope));
        id
    }

    /// Somebody to whom a person has a link.
    pub(crate) fn neighbour(&self, person: usize) -> usize {
        let (device, ..) = self.people[person].brain.linked().next().unwrap();
        (0..self.people.len())
            .find(|one| self.id(*one) == device)
            .unwrap()
    }

    /// A person's device says who it is. Returns the name of that.
    pub(crate) fn introduces(&mut self, person: usize) -> EnvelopeId {
        let body = Body {
            kind: Kind::DeviceRecord,
            ..self.body(person, b"a record")
        };
        let envelope = self.sign(person, &body);
        let id = envelope.id();
        self.people[person].disk.insert(id, envelope.clone());
        self.tell(person, Input::Publish(envelope));
        id
    }

    /// A person opens a letter, and finds its secret.
    pub(crate) fn opens(&mut self, person: usize, id: EnvelopeId) {
        let body = self.people[person].disk[&id].parse().unwrap();
        let secret = PurgeSecret::new(body.payload[..].try_into().unwrap());
        self.tell(person, Input::Opened { id, secret });
    }

    pub(crate) fn says(&mut self, person: usize, text: &[u8]) -> EnvelopeId {
        let body = self.body(person, text);
        let envelope = self.sign(person, &body);
        let id = envelope.id();
        self.note(Seen::Wrote(person, id, envelope.body.len()));
        self.people[person].disk.insert(id, envelope.clone());
        self.tell(person, Input::Publish(envelope));
        id
    }

    /// A frame that `from` never sent arrives at `to` on a link between them.
    pub(crate) fn forges(&mut self, from: usize, to: usize, frame: &LinkFrame) {
        let link = self.ends.iter().find(|(_, (who, other))| {
            *who == from && self.ends.get(other).is_some_and(|(who, _)| *who == to)
        });
        let link = *link.expect("a link").0;
        self.send(link, &frame.encode());
        self.run();
    }

    pub(crate) fn links(&self) -> usize {
        self.ends.len() / 2
    }

    /// RECON frames that were sent.
    pub(crate) fn recons(&self) -> usize {
        self.frames.get(&0x19).copied().unwrap_or(0)
    }
}
