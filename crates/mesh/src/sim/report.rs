//! What a run came to.

use std::{collections::BTreeMap, ops::AddAssign, time::Duration};

use gossamer_wire::limits::INLINE;

use super::audit::Finding;

/// What one run, or several together, came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Virtual time from the first boot to the end.
    pub virtual_time: Duration,
    /// From the moment all was healed until everyone had everything.
    pub converged_after: Duration,
    /// Messages that people wrote and that were on their disk.
    pub messages: u64,
    /// Messages that someone else's node showed.
    pub deliveries: u64,
    /// Those that should have been shown somewhere and were not.
    pub lost: u64,
    /// Those that were shown once too often.
    pub duplicated: u64,
    /// Messages that everyone has and that still look unsent to their author.
    pub unacknowledged: u64,
    /// Direct messages that people wrote and that were on their disk.
    pub letters: u64,
    /// Those that the recipient's node showed.
    pub letters_arrived: u64,
    /// What went over the wire.
    pub traffic: Traffic,
    /// The same of messages that travel unasked, as far as they have some length, and of those
    /// that are asked for.
    pub pushed: Copies,
    /// See [`pushed`](Self::pushed).
    pub asked: Copies,
    /// Signatures that were checked.
    pub verified: u64,
    /// Those that were remembered from another node's check.
    pub remembered: u64,
    /// Departures without a goodbye.
    pub crashes: u64,
    /// Cables that were pulled.
    pub pulled: u64,
    /// The most of each that any brain held at once.
    pub peaks: BTreeMap<&'static str, usize>,
    /// What did not hold.
    pub findings: Vec<Finding>,
}

/// Frames that were written to links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// How many of each type.
    pub frames: BTreeMap<u8, u64>,
    /// Their bytes.
    pub bytes: BTreeMap<u8, u64>,
}

/// How often messages of a size went over the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copies {
    /// Of how many bytes a message is in all, summed over deliveries.
    pub delivered_bytes: u64,
    /// Deliveries: one for each node that showed one.
    pub deliveries: u64,
    /// ENVELOPE frames.
    pub frames: u64,
    /// Bytes of those.
    pub bytes: u64,
}

impl AddAssign for Copies {
    fn add_assign(&mut self, other: Self) {
        self.delivered_bytes += other.delivered_bytes;
        self.deliveries += other.deliveries;
        self.frames += other.frames;
        self.bytes += other.bytes;
    }
}

impl Report {
    /// Where messages with a body of this size are counted: those of a few words are no news.
    pub(super) fn copies(&mut self, body: usize) -> Option<&mut Copies> {
        match body {
            ..LENGTHY => None,
            LENGTHY..=INLINE => Some(&mut self.pushed),
            _ => Some(&mut self.asked),
        }
    }
}

/// Device records and what people mostly write are shorter.
pub(super) const LENGTHY: usize = 512;

impl Traffic {
    /// Frames of all types.
    #[must_use]
    pub fn all_frames(&self) -> u64 {
        self.frames.values().sum()
    }

    /// Bytes of all types.
    #[must_use]
    pub fn all_bytes(&self) -> u64 {
        self.bytes.values().sum()
    }

    pub(super) fn count(&mut self, kind: u8, bytes: usize) {
        *self.frames.entry(kind).or_default() += 1;
        *self.bytes.entry(kind).or_default() += bytes as u64;
    }
}

impl AddAssign for Report {
    /// Adds the counts and keeps the longest convergence.
    fn add_assign(&mut self, other: Self) {
        self.virtual_time += other.virtual_time;
        self.converged_after = self.converged_after.max(other.converged_after);
        self.messages += other.messages;
        self.deliveries += other.deliveries;
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.unacknowledged += other.unacknowledged;
        self.letters += other.letters;
        self.letters_arrived += other.letters_arrived;
        self.verified += other.verified;
        self.remembered += other.remembered;
        self.crashes += other.crashes;
        self.pulled += other.pulled;
        self.pushed += other.pushed;
        self.asked += other.asked;
        for (kind, frames) in other.traffic.frames {
            *self.traffic.frames.entry(kind).or_default() += frames;
        }
        for (kind, bytes) in other.traffic.bytes {
            *self.traffic.bytes.entry(kind).or_default() += bytes;
        }
        for (what, peak) in other.peaks {
            let known = self.peaks.entry(what).or_default();
            *known = peak.max(*known);
        }
        self.findings.extend(other.findings);
    }
}
