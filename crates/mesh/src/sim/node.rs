//! One node: a brain, its disk, and what it showed to its user.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
    time::Duration,
};

use bytes::Bytes;
use gossamer_crypto::{
    DeviceId, DeviceKey, EnvelopeId, Keyring, NetworkId, NetworkKey, Password, PasswordKey,
};
use gossamer_wire::v2::{Envelope, Kind, LinkState, Purge};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{
    disk::Disk,
    hostile::{Malice, Mischief},
    letters::{self, Author, Ledger},
    memo::Memo,
    scenario::{Doors, Scenario, Sizes},
    world::{PORT, Who},
};
use crate::{
    Now,
    gossip::{Config, Gossip, Input, Output, Progress, Quota},
};

#[derive(Debug)]
pub(super) struct Node {
    key: DeviceKey,
    pub(super) device: DeviceId,
    pub(super) network: NetworkId,
    password: Option<PasswordKey>,
    /// Nodes of one group are in one network with one password: they are to have the same.
    pub(super) group: usize,
    pub(super) mischief: Option<Mischief>,
    /// `None` while it is off.
    brain: Option<Gossip<StdRng>>,
    /// How often it was started: what was meant for an earlier life does not reach it.
    pub(super) life: u32,
    booted_at: Duration,
    /// When the brain was told something last.
    told_at: Duration,
    pub(super) disk: Disk,
    pub(super) screen: Screen,
    /// Letters that the user got.
    pub(super) letters: BTreeSet<EnvelopeId>,
    /// How far letters of the user's got, as was said last.
    pub(super) progress: BTreeMap<EnvelopeId, Progress>,
    quota: Quota,
    knows_nobody: bool,
    /// Its clock at the beginning, Unix milliseconds.
    wall_ms: u64,
    /// The highest `seq` that was used in this life.
    seq: u64,
    /// When its next tick is due.
    pub(super) tick_at: Option<Duration>,
}

/// What the user saw.
#[derive(Debug, Default)]
pub(super) struct Screen {
    /// How often each message was new to the user.
    pub(super) shown: BTreeMap<EnvelopeId, u32>,
    /// How many of them other honest people wrote.
    pub(super) honest: usize,
}

impl Screen {
    fn show(&mut self, id: EnvelopeId, ledger: &Ledger) {
        let times = self.shown.entry(id).or_default();
        *times += 1;
        self.honest += usize::from(*times == 1 && ledger.contains_key(&id));
    }
}

impl Node {
    pub(super) fn new(
        who: Who,
        scenario: &Scenario,
        malice: Option<Malice>,
        rng: &mut StdRng,
    ) -> Self {
        let key = DeviceKey::from_secret(&rng.random());
        let group = group(who, scenario);
        let (network, password) = doors(scenario.doors, group, malice);
        let keyring = if makes_key(who, scenario) {
            Keyring::from_iter([NetworkKey::new(rng.random())])
        } else {
            Keyring::new()
        };
        let year_ms = 365 * 24 * 3_600_000;
        let skew = year_ms * u64::from(scenario.skew_years);
        Self {
            device: key.id(),
            key,
            network,
            password,
            group,
            mischief: malice.map(Mischief::new),
            brain: None,
            life: 0,
            booted_at: Duration::ZERO,
            told_at: Duration::ZERO,
            disk: Disk::new(keyring),
            screen: Screen::default(),
            letters: BTreeSet::new(),
            progress: BTreeMap::new(),
            quota: scenario.quota,
            knows_nobody: scenario.knows_nobody,
            wall_ms: 1_700_000_000_000 - skew + rng.random_range(0..=2 * skew),
            seq: 0,
            tick_at: None,
        }
    }

    /// Starts the brain with what is on disk. What came to disk in an earlier life and was not
    /// shown then is in the history that the user sees now.
    pub(super) fn boot(
        &mut self,
        now: Duration,
        verifier: Memo,
        ledger: &Ledger,
        rng: &mut StdRng,
    ) -> Input {
        let config = Config {
            device: self.device,
            network: self.network,
            password: self.password.clone(),
            port: PORT,
            stale: Duration::from_secs(30),
            leaf: false,
            quota: self.quota,
            verifier: Box::new(verifier),
        };
        self.brain = Some(Gossip::new(config, StdRng::seed_from_u64(rng.random())));
        self.life += 1;
        self.booted_at = now;
        self.tick_at = None;
        self.seq = self.disk.last_seq();
        let mut start = self.disk.start();
        start.contacts = self.knows_nobody.then(BTreeSet::new);
        let history = start
            .index
            .iter()
            .filter(|entry| entry.kind == Kind::Everyone && !entry.own);
        for entry in history {
            if !self.screen.shown.contains_key(&entry.id) {
                self.screen.show(entry.id, ledger);
            }
        }
        Input::Start(start)
    }

    /// All that was in memory is gone.
    pub(super) fn stop(&mut self) {
        self.brain = None;
        self.disk.crash();
    }

    pub(super) fn is_on(&self) -> bool {
        self.brain.is_some()
    }

    pub(super) fn is_honest(&self) -> bool {
        self.mischief.is_none()
    }

    pub(super) fn brain(&self) -> Option<&Gossip<StdRng>> {
        self.brain.as_ref()
    }

    /// No clock goes backwards, though what happens in one moment may be told out of order.
    pub(super) fn handle(&mut self, input: Input, now: Duration) {
        self.told_at = self.told_at.max(now);
        let clocks = self.clocks(self.told_at);
        if let Some(brain) = &mut self.brain {
            brain.handle(input, clocks);
        }
    }

    pub(super) fn poll(&mut self) -> Option<Output> {
        self.brain.as_mut()?.poll()
    }

    /// When the brain wants to be woken.
    pub(super) fn wake_at(&self) -> Option<Duration> {
        Some(self.booted_at + self.brain.as_ref()?.wake_at())
    }

    pub(super) fn uptime(&self, now: Duration) -> i64 {
        let clocks = self.clocks(now);
        self.brain.as_ref().map_or(0, |brain| brain.uptime(clocks))
    }

    /// Someone tells the user of a message.
    pub(super) fn show(&mut self, id: EnvelopeId, ledger: &Ledger) {
        self.screen.show(id, ledger);
    }

    /// Whether the user can write: not before there is a key to seal it with.
    pub(super) fn can_write(&self) -> bool {
        let has_key = self.password.is_none() || self.disk.keyring().lowest().is_some();
        self.is_on() && has_key
    }

    /// What the user says next.
    pub(super) fn write(&mut self, sizes: Sizes, now: Duration, rng: &mut StdRng) -> Envelope {
        let payload = letters::text(sizes, self.disk.keyring(), rng);
        self.sign(Kind::Everyone, now, payload)
    }

    /// What the user says to one other person.
    pub(super) fn write_letter(
        &mut self,
        to: DeviceId,
        now: Duration,
        rng: &mut StdRng,
    ) -> Envelope {
        let (seq, created) = self.stamp(now);
        self.author().letter(to, seq, created, letters::sealed(rng))
    }

    /// What the device says of letters that the user has opened.
    pub(super) fn purge(&mut self, purge: &Purge, lifetime: u32, now: Duration) -> Envelope {
        let (seq, created) = self.stamp(now);
        self.author().purge(purge, lifetime, seq, created)
    }

    /// What the device says of itself.
    pub(super) fn record(&mut self, now: Duration) -> Envelope {
        self.sign(Kind::DeviceRecord, now, Bytes::from_static(b"a record"))
    }

    /// What the device says of its links.
    pub(super) fn tell_links(&mut self, links: &LinkState, above: u64, now: Duration) -> Envelope {
        self.seq = self.seq.max(above);
        let payload = links.encode().expect("a brain has no more links");
        self.sign(Kind::LinkState, now, payload)
    }

    pub(super) fn author(&self) -> Author<'_> {
        Author {
            key: &self.key,
            device: self.device,
            network: self.network,
        }
    }

    /// The next `seq` and `created`: docs/protocol-v2.md 6.1.
    pub(super) fn stamp(&mut self, now: Duration) -> (u64, u64) {
        let created = self.clocks(now).wall_ms;
        self.seq = created.max(self.seq + 1);
        (self.seq, created)
    }

    fn sign(&mut self, kind: Kind, now: Duration, payload: Bytes) -> Envelope {
        let (seq, created) = self.stamp(now);
        self.author().write(kind, seq, created, payload)
    }

    fn clocks(&self, now: Duration) -> Now {
        Now {
            mono: now.saturating_sub(self.booted_at),
            wall_ms: self.wall_ms + now.as_millis() as u64,
        }
    }
}

fn group(who: Who, scenario: &Scenario) -> usize {
    if who.0 >= scenario.nodes {
        return 0;
    }
    match scenario.doors {
        Doors::Open | Doors::Locked | Doors::OwnKeys | Doors::Islands => 0,
        Doors::OneWrong => usize::from(who.0 + 1 == scenario.nodes),
        Doors::SideBySide | Doors::TwoPasswords => who.0 % 2,
    }
}

fn doors(doors: Doors, group: usize, malice: Option<Malice>) -> (NetworkId, Option<PasswordKey>) {
    let [right, wrong, south] = &*PASSWORDS;
    let town = NetworkId::of("town");
    if malice == Some(Malice::Guesser) {
        return (town, Some(wrong.clone()));
    }
    match (doors, group) {
        (Doors::Open, _) => (town, None),
        (Doors::SideBySide, 1) => (NetworkId::of("south"), Some(south.clone())),
        (Doors::OneWrong | Doors::TwoPasswords, 1) => (town, Some(wrong.clone())),
        (
            Doors::Locked
            | Doors::OwnKeys
            | Doors::Islands
            | Doors::OneWrong
            | Doors::SideBySide
            | Doors::TwoPasswords,
            _,
        ) => (town, Some(right.clone())),
    }
}

/// The first node of each group makes the key; of islands, the first of each.
fn makes_key(who: Who, scenario: &Scenario) -> bool {
    let Who(at) = who;
    match scenario.doors {
        Doors::Open => false,
        Doors::OwnKeys => true,
        Doors::Locked => at == 0,
        Doors::Islands => at == 0 || at == scenario.nodes / 2,
        Doors::OneWrong => at == 0 || at + 1 == scenario.nodes,
        Doors::SideBySide | Doors::TwoPasswords => at < 2,
    }
}

/// Stretching a password is slow on purpose, so it is done once.
static PASSWORDS: LazyLock<[PasswordKey; 3]> = LazyLock::new(|| {
    [("right", "town"), ("wrong", "town"), ("right", "south")]
        .map(|(password, network)| PasswordKey::derive(&Password::new(password), network))
});
