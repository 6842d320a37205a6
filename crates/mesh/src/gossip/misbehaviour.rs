//! What a device does that no honest one does, and what follows: docs/protocol-v2.md 5.6.
//!
//! What only does not fit together (another version, network or password) is no offence; the reason in
//! REFUSE names it.

use std::{collections::BTreeMap, time::Duration};

use gossamer_wire::v2::Reason;
use rand::Rng;

use super::{Gossip, LinkId, Output, link::Phase};

/// Why a link was ended: one for each thing that a device can send and no honest one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Misbehaviour {
    /// A frame said to be longer than any may be.
    FrameTooLong,
    /// A frame of a known type whose body cannot be read.
    UnreadableFrame,
    /// HELLO names another device than TLS has proven.
    OthersName,
    /// A PAKE that is no message of the other side, such as our own sent back.
    NoPake,
    /// A frame of a known type that is not the next one of an admission.
    OutOfTurn,
    /// ADMIT with network keys in an open network.
    KeysInOpen,
    /// HELLO, PAKE, CONFIRM or ADMIT from a device that is admitted.
    AdmissionAgain,
    /// An envelope without the form of its kind, in ENVELOPE or LINK_STATES.
    MalformedEnvelope,
    /// An envelope whose signature is not its author's.
    ForgedSignature,
    /// What a device says of its links, in ENVELOPE.
    LinksAsEnvelope,
    /// Anything else in LINK_STATES.
    NotLinks,
    /// A message of a reconciliation that cannot be read.
    UnreadableRecon,
    /// A reconciliation of more rounds than one ever takes.
    EndlessRecon,
    /// A Purge of its own that shows another secret than that of the message it names.
    FalsePurge,
}

impl Misbehaviour {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::FrameTooLong,
        Self::UnreadableFrame,
        Self::OthersName,
        Self::NoPake,
        Self::OutOfTurn,
        Self::KeysInOpen,
        Self::AdmissionAgain,
        Self::MalformedEnvelope,
        Self::ForgedSignature,
        Self::LinksAsEnvelope,
        Self::NotLinks,
        Self::UnreadableRecon,
        Self::EndlessRecon,
        Self::FalsePurge,
    ];
}

/// How often each was met, since the start.
pub(crate) type Offences = BTreeMap<Misbehaviour, u64>;

impl<R: Rng> Gossip<R> {
    /// How often devices misbehaved since the start, by what they did.
    pub fn offences(&self) -> impl Iterator<Item = (Misbehaviour, u64)> + '_ {
        self.offences.iter().map(|(what, times)| (*what, *times))
    }

    /// A device did what no honest one does: its link ends. If it was admitted it is kept out for
    /// [`limits::BAN`](crate::limits::BAN); a stranger could make up any number of devices, and
    /// have those forgotten that are kept out.
    pub(super) fn ban(&mut self, id: LinkId, what: Misbehaviour, now: Duration) {
        let Some(link) = self.links.get(&id) else {
            return;
        };
        let (device, is_up) = (link.device, link.is_up());
        if matches!(link.phase, Phase::Closing) {
            return;
        }
        self.convict(id, what);
        if is_up {
            self.banned.note(device, now);
        }
        self.refuse(id, Reason::Misbehaved, now);
    }

    /// Counts what a device did, and says so.
    pub(super) fn convict(&mut self, id: LinkId, what: Misbehaviour) {
        let Some(device) = self.links.get(&id).map(|link| link.device) else {
            return;
        };
        let times = self.offences.entry(what).or_default();
        *times = times.saturating_add(1);
        self.outputs.push_back(Output::Misbehaved { device, what });
    }
}
