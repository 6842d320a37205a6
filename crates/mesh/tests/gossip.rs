//! The v2 brain among a few neighbours whose frames arrive at once and in order. What happens when
//! they do not is the simulator's part.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::SocketAddr,
    time::Duration,
};

use bytes::Bytes;
use gossamer_crypto::{
    DeviceId, DeviceKey, EnvelopeId, Keyring, NetworkId, NetworkKey, Password, PasswordKey, Signed,
};
use gossamer_mesh::{
    Now,
    gossip::{Config, Ed25519, Gossip, Input, LinkId, Output, Start},
};
use gossamer_wire::v2::{
    Body, Bucket, Envelope, EnvelopeFrame, Frame, Kind, LinkFrame, Reason, Recon, Splitter,
};
use rand::{SeedableRng, rngs::StdRng};

struct Person {
    key: DeviceKey,
    brain: Gossip<StdRng>,
    seq: u64,
    disk: BTreeMap<EnvelopeId, Envelope>,
    disk_is_full: bool,
    shown: Vec<EnvelopeId>,
    stored: BTreeMap<EnvelopeId, u32>,
    refused: Vec<Reason>,
    up: BTreeSet<DeviceId>,
    keyring: Option<Keyring>,
}

/// People whose links deliver at once, unless cut.
#[derive(Default)]
struct Street {
    people: Vec<Person>,
    now: Duration,
    next_link: u64,
    /// Each end of a link: who has it, and the other end.
    ends: BTreeMap<LinkId, (usize, LinkId)>,
    todo: VecDeque<(usize, Input)>,
    /// Frames that were sent, by type.
    frames: BTreeMap<u8, usize>,
    /// Frames of this type get lost.
    swallowed: Option<u8>,
}

const ANA: usize = 0;
const BEN: usize = 1;
const CLEO: usize = 2;

fn addr(person: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, u8::try_from(person).unwrap() + 1], 9999))
}

impl Street {
    /// People in one network, each with the password that stands for them.
    fn with(passwords: &[Option<&str>]) -> Self {
        let mut street = Self {
            now: Duration::from_secs(1),
            ..Self::default()
        };
        for (n, password) in (1..).zip(passwords) {
            street.move_in(n, *password);
        }
        street
    }

    fn open(count: usize) -> Self {
        Self::with(&vec![None; count])
    }

    fn move_in(&mut self, n: u8, password: Option<&str>) {
        let key = DeviceKey::from_secret(&[n; 32]);
        let config = Config {
            device: key.id(),
            network: NetworkId::of("street"),
            password: password.map(|text| PasswordKey::derive(&Password::new(text), "street")),
            port: 9999,
            stale: Duration::from_secs(30),
            verifier: Box::new(Ed25519),
        };
        let mut keyring = Keyring::default();
        if password.is_some() {
            keyring.merge([NetworkKey::new([n; 32])]);
        }
        self.people.push(Person {
            key,
            brain: Gossip::new(config, StdRng::seed_from_u64(n.into())),
            seq: 0,
            disk: BTreeMap::new(),
            disk_is_full: false,
            shown: Vec::new(),
            stored: BTreeMap::new(),
            refused: Vec::new(),
            up: BTreeSet::new(),
            keyring: None,
        });
        let start = Start {
            keyring,
            ..Start::default()
        };
        self.tell(self.people.len() - 1, Input::Start(start));
    }

    fn id(&self, person: usize) -> DeviceId {
        self.people[person].key.id()
    }

    fn tell(&mut self, person: usize, input: Input) {
        self.todo.push_back((person, input));
        self.run();
    }

    fn run(&mut self) {
        while let Some((person, input)) = self.todo.pop_front() {
            let now = Now {
                mono: self.now,
                wall_ms: 0,
            };
            self.people[person].brain.handle(input, now);
            while let Some(output) = self.people[person].brain.poll() {
                self.act(person, output);
            }
        }
    }

    fn act(&mut self, person: usize, output: Output) {
        let who = &mut self.people[person];
        match output {
            Output::Dial { addr: to, device } => self.connect(person, to, device),
            Output::Send { link, frame } => self.send(link, &frame),
            Output::Serve {
                link,
                id,
                age,
                ttl,
                hops,
            } => {
                let envelope = who.disk.get(&id).cloned();
                let found = envelope.is_some();
                if let Some(envelope) = envelope {
                    let frame = EnvelopeFrame {
                        envelope,
                        age,
                        ttl,
                        hops,
                    };
                    self.send(link, &LinkFrame::Envelope(frame).encode());
                }
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
            Output::Keyring(keyring) => who.keyring = Some(keyring),
            Output::Up { device, .. } => assert!(who.up.insert(device), "up twice"),
            Output::Down(device) => assert!(who.up.remove(&device), "down twice"),
            Output::Refused { reason, .. } => who.refused.push(reason),
            Output::Remember(_) | Output::Forget(_) | Output::ConnectFailed(_) => {}
        }
    }

    fn connect(&mut self, from: usize, to: SocketAddr, device: Option<DeviceId>) {
        let target = (0..self.people.len()).find(|n| addr(*n) == to);
        let reachable = target.filter(|n| device.is_none_or(|device| device == self.id(*n)));
        let Some(target) = reachable else {
            let failed = Input::LinkFailed {
                addr: to,
                device,
                classic: false,
            };
            return self.todo.push_back((from, failed));
        };
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

    fn send(&mut self, link: LinkId, bytes: &Bytes) {
        let Some((_, other)) = self.ends.get(&link).copied() else {
            return;
        };
        let Some((who, _)) = self.ends.get(&other).copied() else {
            return;
        };
        let mut splitter = Splitter::default();
        splitter.buffer().extend_from_slice(bytes);
        while let Some(Frame { kind, body }) = splitter.take().unwrap() {
            *self.frames.entry(kind).or_default() += 1;
            if self.swallowed == Some(kind) {
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

    fn cut(&mut self, link: LinkId) {
        if let Some((me, other)) = self.ends.remove(&link) {
            self.todo.push_back((me, Input::LinkDown { link }));
            if let Some((them, _)) = self.ends.remove(&other) {
                self.todo.push_back((them, Input::LinkDown { link: other }));
            }
        }
    }

    /// Cuts every link of a person.
    fn isolate(&mut self, person: usize) {
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
    fn meet(&mut self, one: usize, other: usize) {
        for (me, them) in [(one, other), (other, one)] {
            let heard = Input::Heard {
                device: self.id(them),
                addr: addr(them),
            };
            self.tell(me, heard);
        }
    }

    fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now += Duration::from_secs(1);
            for person in 0..self.people.len() {
                self.tell(person, Input::Tick);
            }
        }
    }

    fn sign(&self, person: usize, body: &Body) -> Envelope {
        let body = body.encode().unwrap();
        let signature = self.people[person].key.sign(Signed::Envelope, &body);
        Envelope {
            body,
            signature,
            signer: None,
        }
    }

    fn body(&mut self, person: usize, text: &[u8]) -> Body {
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

    fn says(&mut self, person: usize, text: &[u8]) -> EnvelopeId {
        let body = self.body(person, text);
        let envelope = self.sign(person, &body);
        let id = envelope.id();
        self.people[person].disk.insert(id, envelope.clone());
        self.tell(person, Input::Publish(envelope));
        id
    }

    /// A frame that `from` never sent arrives at `to` on a link between them.
    fn forges(&mut self, from: usize, to: usize, frame: &LinkFrame) {
        let link = self.ends.iter().find(|(_, (who, other))| {
            *who == from && self.ends.get(other).is_some_and(|(who, _)| *who == to)
        });
        let link = *link.expect("a link").0;
        self.send(link, &frame.encode());
        self.run();
    }

    fn links(&self) -> usize {
        self.ends.len() / 2
    }

    /// RECON frames that were sent.
    fn recons(&self) -> usize {
        self.frames.get(&0x19).copied().unwrap_or(0)
    }
}

#[test]
fn two_who_hear_each_other_have_one_link_and_words_are_stored_before_they_count() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(5);
    assert_eq!(street.links(), 1);
    let id = street.says(ANA, b"hello");
    assert_eq!(street.people[BEN].shown, [id]);
    assert_eq!(street.people[ANA].stored[&id], 1);
}

#[test]
fn who_shares_no_link_is_reached_through_another() {
    let mut street = Street::open(3);
    street.meet(ANA, BEN);
    street.meet(BEN, CLEO);
    street.wait(3);
    let small = street.says(ANA, b"hello");
    let large = street.says(ANA, &vec![7; 20_000]);
    assert_eq!(street.people[CLEO].shown, [small, large]);
    assert_eq!(
        street.people[ANA].stored[&large], 1,
        "ben is the only neighbour"
    );
}

#[test]
fn a_large_envelope_is_sent_to_each_only_once() {
    let mut street = Street::open(3);
    street.meet(ANA, BEN);
    street.meet(BEN, CLEO);
    street.meet(ANA, CLEO);
    street.wait(3);
    street.frames.clear();
    street.says(ANA, &vec![7; 20_000]);
    assert_eq!(street.frames[&0x10], 2, "one copy for each who lacked it");
}

#[test]
fn who_left_before_a_body_was_read_is_not_told_that_it_is_gone() {
    let mut street = Street::open(1);
    let now = Now {
        mono: street.now,
        wall_ms: 0,
    };
    let ana = &mut street.people[ANA].brain;
    let served = Input::Served {
        link: LinkId(7),
        id: EnvelopeId::new([1; 32]),
        found: false,
    };
    ana.handle(served, now);
    assert!(ana.poll().is_none());
}

#[test]
fn what_was_said_apart_is_known_to_all_when_they_meet() {
    let mut street = Street::open(4);
    street.meet(ANA, BEN);
    street.meet(CLEO, 3);
    street.wait(3);
    let mut said = BTreeSet::new();
    for n in 0..400_u32 {
        let who = usize::try_from(n % 4).unwrap();
        let size = if n % 7 == 0 { 9_000 } else { 20 };
        let mut text = vec![0; size];
        text[..4].copy_from_slice(&n.to_le_bytes());
        said.insert(street.says(who, &text));
    }
    assert!(street.people[ANA].shown.len() < 300);
    street.meet(BEN, CLEO);
    street.wait(3);
    for person in &street.people {
        let known: BTreeSet<_> = person.disk.keys().copied().collect();
        assert_eq!(known, said);
        let shown: BTreeSet<_> = person.shown.iter().collect();
        assert_eq!(shown.len(), person.shown.len(), "shown twice");
    }
}

#[test]
fn what_nobody_has_is_offered_to_the_first_who_comes() {
    let mut street = Street::open(2);
    let id = street.says(ANA, b"anyone?");
    assert_eq!(street.people[ANA].brain.unsent(), 1);
    street.meet(ANA, BEN);
    street.wait(3);
    assert_eq!(street.people[ANA].stored[&id], 1);
    assert_eq!(street.people[ANA].brain.unsent(), 0);
    assert_eq!(street.people[BEN].shown, [id]);
}

#[test]
fn a_full_disk_shows_nothing_says_nothing_and_loses_nothing() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(3);
    street.people[BEN].disk_is_full = true;
    let id = street.says(ANA, b"hello");
    assert!(street.people[BEN].shown.is_empty());
    assert!(!street.people[ANA].stored.contains_key(&id));
    street.people[BEN].disk_is_full = false;
    street.wait(70);
    assert_eq!(street.people[BEN].shown, [id]);
    assert_eq!(street.people[ANA].stored[&id], 1);
}

#[test]
fn a_link_that_was_cut_comes_back_and_brings_what_was_missed() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(3);
    street.isolate(ANA);
    assert!(street.people[BEN].up.is_empty());
    let id = street.says(BEN, b"still there?");
    street.wait(5);
    assert_eq!(street.people[ANA].shown, [id]);
    assert_eq!(street.links(), 1);
}

#[test]
fn the_same_password_opens_and_gives_both_the_same_keys() {
    let mut street = Street::with(&[Some("mayonnaise"), Some("mayonnaise"), Some("mayonnaise")]);
    street.meet(ANA, BEN);
    street.wait(3);
    assert_eq!(street.people[ANA].keyring, street.people[BEN].keyring);
    assert_eq!(
        street.people[BEN].keyring.as_ref().unwrap().iter().count(),
        2
    );
    street.meet(BEN, CLEO);
    street.wait(3);
    for person in &street.people {
        assert_eq!(person.keyring.as_ref().unwrap().iter().count(), 3);
    }
}

#[test]
fn another_password_is_told_to_both_and_lets_nobody_in() {
    let mut street = Street::with(&[Some("mayonnaise"), Some("mustard")]);
    street.meet(ANA, BEN);
    street.wait(5);
    let kept_out = Some((street.id(BEN), Reason::Password));
    assert_eq!(street.people[ANA].brain.refused().next(), kept_out);
    assert!(street.people[BEN].refused.contains(&Reason::Password));
    assert!(street.people[ANA].up.is_empty() && street.people[BEN].up.is_empty());
    assert_eq!(street.links(), 0);
    street.says(ANA, b"secret");
    street.wait(120);
    assert!(street.people[BEN].shown.is_empty());
}

#[test]
fn with_and_without_a_password_do_not_mix() {
    let mut street = Street::with(&[Some("mayonnaise"), None]);
    street.meet(ANA, BEN);
    street.wait(5);
    assert!(street.people[ANA].refused.contains(&Reason::Locked));
    assert!(street.people[BEN].refused.contains(&Reason::Locked));
    assert_eq!(street.links(), 0);
}

#[test]
fn after_ten_wrong_passwords_nobody_new_may_guess_and_friends_still_come_in() {
    let mut passwords = vec![Some("mayonnaise"); 2];
    passwords.extend(vec![Some("guess"); 15]);
    passwords.push(Some("mayonnaise"));
    let mut street = Street::with(&passwords);
    street.meet(ANA, BEN);
    street.wait(1);
    for guesser in 2..17 {
        street.meet(guesser, ANA);
        street.wait(3);
    }
    let count = |reason| {
        let refused = street.people[ANA].refused.iter();
        refused.filter(|one| **one == reason).count()
    };
    assert!(
        (10..=11).contains(&count(Reason::Password)),
        "{}",
        count(Reason::Password)
    );
    assert!(count(Reason::Guesses) >= 4);
    street.meet(17, ANA);
    assert!(
        !street.people[17].up.contains(&street.id(ANA)),
        "a stranger waits"
    );
    street.isolate(BEN);
    street.wait(5);
    assert!(
        street.people[BEN].up.contains(&street.id(ANA)),
        "a friend does not"
    );
}

#[test]
fn whoever_falls_silent_on_a_confirmation_has_used_up_a_guess() {
    const CONFIRM: u8 = 0x03;
    let mut street = Street::with(&[Some("mayonnaise"), Some("mayonnaise")]);
    street.swallowed = Some(CONFIRM);
    for _ in 0..59 {
        street.meet(ANA, BEN);
        street.wait(1);
        street.isolate(ANA);
    }
    let shown = street.frames[&CONFIRM];
    // Ten for each of them, and one more that came back within the minute.
    assert!((10..=22).contains(&shown), "{shown} confirmations");
}

#[test]
fn who_sends_a_forged_signature_is_shut_out() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(3);
    let body = street.body(ANA, b"I never said that");
    let envelope = street.sign(BEN, &body);
    let frame = EnvelopeFrame {
        envelope,
        age: 0,
        ttl: 8,
        hops: 0,
    };
    street.forges(BEN, ANA, &LinkFrame::Envelope(frame));
    assert!(street.people[ANA].shown.is_empty());
    assert_eq!(street.people[ANA].refused, [Reason::Misbehaved]);
    street.wait(120);
    assert_eq!(street.links(), 0, "and stays out for a while");
}

#[test]
fn an_answer_that_comes_too_late_is_not_taken_for_a_question() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(3);
    let (small, large) = if street.id(ANA) < street.id(BEN) {
        (ANA, BEN)
    } else {
        (BEN, ANA)
    };
    let before = street.recons();
    let recon = LinkFrame::Recon(Recon {
        session: 7,
        bucket: Bucket::Everyone,
        salt: [7; 16],
        message: Bytes::from_static(&[0x61]),
    });
    street.forges(large, small, &recon);
    assert_eq!(street.recons(), before + 1, "only the late answer itself");
    street.forges(small, large, &recon);
    assert_eq!(street.recons(), before + 3, "a question and its answer");
}

#[test]
fn a_frame_out_of_order_ends_the_link() {
    for frame in [
        LinkFrame::Admit(Vec::new()),
        LinkFrame::Pake([0; 33]),
        LinkFrame::Confirm([0; 32]),
    ] {
        let mut street = Street::open(2);
        street.meet(ANA, BEN);
        street.wait(3);
        street.forges(BEN, ANA, &frame);
        assert_eq!(
            street.people[ANA].refused,
            [Reason::Misbehaved],
            "{frame:?}"
        );
    }
}

#[test]
fn an_envelope_older_than_its_lifetime_is_not_taken() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(3);
    let body = street.body(BEN, b"old news");
    let envelope = street.sign(BEN, &body);
    let frame = |age| {
        LinkFrame::Envelope(EnvelopeFrame {
            envelope: envelope.clone(),
            age,
            ttl: 8,
            hops: 0,
        })
    };
    street.forges(BEN, ANA, &frame(604_801));
    assert!(street.people[ANA].shown.is_empty());
    street.forges(BEN, ANA, &frame(604_800));
    assert_eq!(street.people[ANA].shown.len(), 1);
}

#[test]
fn a_flood_of_one_author_is_slowed_and_still_arrives_by_and_by() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(3);
    let said: BTreeSet<_> = (0..600_u32)
        .map(|n| street.says(BEN, &n.to_le_bytes()))
        .collect();
    assert!(street.people[ANA].shown.len() <= 200);
    street.wait(70);
    let shown: BTreeSet<_> = street.people[ANA].shown.iter().copied().collect();
    assert_eq!(shown, said);
}
