//! What is kept for one link.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::SocketAddr,
    time::Duration,
};

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_wire::v2::Bucket;

use super::{
    doubt::{Doubt, Signs},
    handshake::Handshake,
    pings::Pings,
    reconcile::{Initiator, Responder},
    tokens::{Rate, Tokens},
};
use crate::limits;

#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) device: DeviceId,
    pub(crate) addr: SocketAddr,
    /// Where the device listens: its address with the port it says.
    pub(crate) listens_at: SocketAddr,
    pub(crate) dialled: bool,
    pub(crate) since: Duration,
    pub(crate) phase: Phase,
    /// A guess was taken for it, to be given back when it turns out right.
    pub(crate) guessed: bool,
    pub(crate) heard_at: Duration,
    pub(crate) pings: Pings,
    pub(crate) rtt: Option<Duration>,
    /// Connections that the neighbour may still ask for.
    pub(crate) dial_backs: Tokens,
    /// Signatures that the neighbour may still have checked without being asked.
    pub(crate) unasked: Tokens,
    pub(crate) doubt: Doubt,
    /// Whom the neighbour has links to, as it says.
    pub(crate) linked: BTreeSet<DeviceId>,
    pub(crate) feed: Feed,
    pub(crate) sync: Sync,
}

#[derive(Debug)]
pub(crate) enum Phase {
    /// Not admitted yet.
    Handshake(Box<Handshake>),
    /// Admitted on both sides.
    Up,
    /// Being closed: whatever comes is ignored.
    Closing,
}

/// What waits for a link. Ids are announced and served only as fast as they are taken.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    /// To be announced.
    pub(crate) announce: VecDeque<EnvelopeId>,
    /// Announced and not answered, and when.
    pub(crate) announced: BTreeMap<EnvelopeId, Duration>,
    /// Announced and not wanted: not offered again over this link.
    pub(crate) unwanted: BTreeSet<EnvelopeId>,
    /// Asked for, to be served, with the ttl to write.
    pub(crate) serve: VecDeque<(EnvelopeId, u8)>,
    /// Handed out to be served.
    pub(crate) serving: BTreeSet<EnvelopeId>,
}

/// Reconciliation with one neighbour.
#[derive(Debug)]
pub(crate) struct Sync {
    /// When the next DIGEST goes.
    pub(crate) digest_at: Duration,
    /// Buckets that differ and wait for a session.
    pub(crate) due: BTreeSet<Bucket>,
    /// Buckets whose last session found differences and moved nothing: what only one side declines
    /// must not slow down the others.
    pub(crate) stuck: BTreeMap<Bucket, Stuck>,
    pub(crate) initiator: Option<Box<Initiator>>,
    pub(crate) responder: Option<Box<Responder>>,
    /// Sessions that the neighbour may still open.
    pub(crate) sessions: Tokens,
}

/// Differences that nothing comes of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stuck {
    /// They are not looked at before.
    pub(crate) until: Duration,
    pause: Duration,
}

impl Link {
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Up)
    }

    /// Whether it is one that others are told of and that ways lead over.
    pub(crate) fn counts(&self) -> bool {
        self.is_up() && !self.doubt.is_there()
    }

    pub(crate) fn signs(&self) -> Signs {
        Signs {
            heard_at: self.heard_at,
            asked_at: self.pings.asked_at,
            rtt: self.rtt,
        }
    }
}

impl Sync {
    /// Ids that its sessions hold.
    pub(crate) fn ids(&self) -> usize {
        let asking = self.initiator.as_ref().map_or(0, |session| session.len());
        let asked = self.responder.as_ref().map_or(0, |session| session.len());
        asking + asked
    }

    /// The next DIGEST goes then, if not before.
    pub(crate) fn compare_by(&mut self, at: Duration) {
        self.digest_at = self.digest_at.min(at);
    }

    /// A session is over. Each that moved nothing doubles the pause.
    pub(crate) fn ended(&mut self, session: &Initiator, now: Duration) {
        if session.moved || !session.found {
            self.stuck.remove(&session.bucket);
            return;
        }
        let stuck = self.stuck.entry(session.bucket).or_insert(Stuck {
            until: now,
            pause: limits::DIGEST,
        });
        stuck.pause = (stuck.pause * 2).min(limits::DIGEST_LAST);
        stuck.until = now + stuck.pause - limits::DIGEST;
    }

    pub(crate) fn new(now: Duration) -> Self {
        Self {
            digest_at: now,
            due: BTreeSet::new(),
            stuck: BTreeMap::new(),
            initiator: None,
            responder: None,
            sessions: Tokens::full(Rate {
                burst: limits::SESSIONS,
                refill: limits::SESSION_PAUSE,
            }),
        }
    }
}
