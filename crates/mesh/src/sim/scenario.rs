//! What is played: scenarios are data.

use std::time::Duration;

use super::hostile::Malice;
use crate::{gossip::Quota, limits};

/// One way in which things go wrong.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// How it is called on the command line.
    pub name: &'static str,
    /// What it is about, in a few words.
    pub about: &'static str,
    /// Honest nodes.
    pub nodes: usize,
    /// Who is near whom.
    pub shape: Shape,
    /// Passwords.
    pub doors: Doors,
    /// For so long people write and things go wrong. Then all is healed.
    pub active: Duration,
    /// How long what they write is.
    pub sizes: Sizes,
    /// What each node that writes writes meanwhile.
    pub messages: u32,
    /// How many letters it writes to one other each.
    pub letters: u32,
    /// The share of nodes that write at all.
    pub writers: f64,
    /// The share of nodes that are away at any moment.
    pub churn: f64,
    /// How long a node stays at a time, on average.
    pub stay: Duration,
    /// The share of departures that are crashes or power cuts, not goodbyes.
    pub crash: f64,
    /// The share of beacons and dials that are lost, of frames that full queues drop, and of links
    /// that break within a minute with all that is in flight on them.
    pub loss: f64,
    /// Cables that are pulled where neither end notices, one after the other. Each time all find
    /// ways around within three seconds, as far as links hang together.
    pub pulls: u32,
    /// From the moment all is healed until everyone has the same map and finds everyone, at most.
    pub meets: Option<Duration>,
    /// When the network falls apart.
    pub partitions: &'static [Partition],
    /// How far clocks are off, years.
    pub skew_years: u32,
    /// The share of time in which a disk is full.
    pub full_disks: f64,
    /// How much a node keeps.
    pub quota: Quota,
    /// Nobody has contacts, so that all mail of others is mail of strangers.
    pub knows_nobody: bool,
    /// Nodes that mean ill, beside the honest ones.
    pub hostile: &'static [Malice],
    /// What is broken on purpose.
    pub faults: Faults,
}

/// Who is near whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// All on one segment.
    Room,
    /// Many segments in a row, joined by nodes that are on two.
    Town {
        /// Nodes that live on one segment, without those that are only joined to it.
        per_segment: usize,
    },
    /// Two segments that never touch; the last nodes go from one to the other and back.
    Islands {
        /// How many do.
        walkers: usize,
    },
    /// Segments without any order: two nodes of each are on the next one too, and of the others
    /// one in three is on another one, whichever.
    Random {
        /// Nodes that live on one segment, without those that are only joined to it.
        per_segment: usize,
    },
}

/// How long messages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    /// A line or two mostly, now and then more than travels unasked.
    Mixed,
    /// One half has a kibibyte, the other as much as an envelope holds.
    Extreme,
}

/// Passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doors {
    /// An open network.
    Open,
    /// One password; the first node makes the key.
    Locked,
    /// One password; each node has made a key before it met anyone, as nodes do that start alone.
    OwnKeys,
    /// One password, but the first and the last half of the nodes meet late: each has made a key.
    Islands,
    /// One node has the wrong password.
    OneWrong,
    /// Two networks of different names, each with a password, on the same segments.
    SideBySide,
    /// Two passwords under one name: each half keeps knocking at the other's door.
    TwoPasswords,
}

/// For a while nodes only meet those on their side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// When it begins.
    pub from: Duration,
    /// When it ends.
    pub until: Duration,
    /// How many sides there are.
    pub sides: usize,
}

/// What is broken on purpose, to see that the audit notices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Types of frames that never arrive.
    pub deaf_to: &'static [u8],
    /// Disks say that something is written before it is.
    pub lying_disks: bool,
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

const fn apart(from: u64, until: u64, sides: usize) -> Partition {
    Partition {
        from: minutes(from),
        until: minutes(until),
        sides,
    }
}

const KEPT: Quota = Quota {
    bytes: limits::BODY_BYTES,
    bodies: limits::BODIES,
    ids: limits::KNOWN_ENVELOPES,
};

/// A quiet room, from which the others differ.
const ROOM: Scenario = Scenario {
    name: "room",
    about: "everyone hears everyone, nothing goes wrong",
    nodes: 20,
    shape: Shape::Room,
    doors: Doors::Open,
    active: minutes(3),
    sizes: Sizes::Mixed,
    messages: 5,
    letters: 0,
    writers: 1.0,
    churn: 0.0,
    stay: minutes(2),
    crash: 0.0,
    loss: 0.0,
    pulls: 0,
    meets: None,
    partitions: &[],
    skew_years: 0,
    full_disks: 0.0,
    quota: KEPT,
    knows_nobody: false,
    hostile: &[],
    faults: Faults {
        deaf_to: &[],
        lying_disks: false,
    },
};

/// All that scenarios with rough weather have in common.
const STORM: Scenario = Scenario {
    name: "storm",
    about: "30 % churn with crashes, 5 % loss, partitions, full disks, wrong clocks",
    active: minutes(8),
    letters: 2,
    churn: 0.3,
    crash: 0.5,
    loss: 0.05,
    partitions: &[apart(1, 3, 2), apart(5, 7, 3)],
    skew_years: 10,
    full_disks: 0.02,
    ..ROOM
};

/// All that scenarios with very many nodes have in common.
const CITY: Scenario = Scenario {
    active: minutes(1),
    messages: 1,
    letters: 0,
    writers: 0.05,
    churn: 0.05,
    stay: minutes(20),
    crash: 0.5,
    loss: 0.01,
    ..ROOM
};

/// Everything that is played.
pub const SCENARIOS: &[Scenario] = &[
    ROOM,
    STORM,
    Scenario {
        name: "town",
        about: "the same weather over many segments, joined by nodes that are on two",
        shape: Shape::Town { per_segment: 10 },
        messages: 3,
        ..STORM
    },
    Scenario {
        name: "ferry",
        about: "two islands that never touch, people who walk between them, and letters across",
        nodes: 14,
        shape: Shape::Islands { walkers: 2 },
        messages: 3,
        letters: 5,
        churn: 0.1,
        partitions: &[],
        hostile: &[Malice::Purger, Malice::Mute],
        ..STORM
    },
    Scenario {
        name: "city",
        about: "very many in clusters, some coming and going; few write. Grows with --nodes",
        nodes: 100,
        shape: Shape::Town { per_segment: 25 },
        ..CITY
    },
    Scenario {
        name: "sprawl",
        about: "the same where segments are joined at random",
        nodes: 100,
        shape: Shape::Random { per_segment: 25 },
        ..CITY
    },
    Scenario {
        name: "parcels",
        about: "the same where half of the messages are as long as may be",
        nodes: 100,
        shape: Shape::Random { per_segment: 25 },
        sizes: Sizes::Extreme,
        messages: 2,
        ..CITY
    },
    Scenario {
        name: "pulled",
        about: "cables are pulled where neither end notices: all go around within 3 s",
        nodes: 30,
        shape: Shape::Town { per_segment: 10 },
        active: minutes(6),
        messages: 1,
        pulls: 12,
        ..ROOM
    },
    Scenario {
        name: "rooms",
        about: "two full rooms, joined by one who is in both: all come at once and soon know all",
        nodes: 29,
        shape: Shape::Town { per_segment: 14 },
        active: Duration::from_secs(3),
        messages: 1,
        meets: Some(Duration::from_secs(15)),
        ..ROOM
    },
    Scenario {
        name: "locked",
        about: "the storm in a network with a password",
        doors: Doors::Locked,
        ..STORM
    },
    Scenario {
        name: "own-keys",
        about: "each node made a key before it met anyone; a keyring holds 64",
        doors: Doors::OwnKeys,
        nodes: 12,
        partitions: &[apart(0, 4, 8)],
        ..STORM
    },
    Scenario {
        name: "islands",
        about: "two islands that each made a key meet late",
        doors: Doors::Islands,
        partitions: &[apart(0, 4, 2)],
        ..STORM
    },
    Scenario {
        name: "one-wrong",
        about: "one node has the wrong password",
        doors: Doors::OneWrong,
        churn: 0.1,
        ..STORM
    },
    Scenario {
        name: "side-by-side",
        about: "two networks with passwords on the same segment",
        doors: Doors::SideBySide,
        ..STORM
    },
    Scenario {
        name: "two-passwords",
        about: "two passwords under one name",
        doors: Doors::TwoPasswords,
        nodes: 10,
        partitions: &[],
        churn: 0.1,
        ..STORM
    },
    Scenario {
        name: "hostile",
        about: "a short storm with one of each who mean ill",
        hostile: Malice::ALL,
        active: minutes(3),
        ..STORM
    },
    Scenario {
        name: "hostile-locked",
        about: "the same among people with a password, and one who guesses it",
        hostile: &[Malice::Guesser, Malice::Replayer, Malice::Mute],
        doors: Doors::Locked,
        ..STORM
    },
];

impl Scenario {
    /// Whether bodies may have to go before anybody needs them less.
    #[must_use]
    pub fn is_tight(&self) -> bool {
        self.quota != KEPT
    }

    /// The scenario with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        SCENARIOS.iter().find(|scenario| scenario.name == name)
    }
}
