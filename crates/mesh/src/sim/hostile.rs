//! Nodes that mean ill: a brain like any other to get in, and mischief on the links it has.

use std::collections::VecDeque;

use bytes::Bytes;
use gossamer_crypto::{DeviceId, EnvelopeId, PurgeSecret, Signature};
use gossamer_wire::{
    limits::{IDS, LIFETIME_DM, TTL},
    v2::{Bucket, Envelope, EnvelopeFrame, Kind, LinkFrame, Purge, Purged, Recon},
};
use negentropy::{Negentropy, NegentropyStorageVector};
use rand::{Rng, RngExt, rngs::StdRng};

use super::letters::Author;

/// What a hostile node does all the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malice {
    /// Sends envelopes and frames that nobody can read.
    Garbage,
    /// Sends envelopes with signatures that are wrong.
    BadSignature,
    /// Signs envelopes in another's name.
    Forger,
    /// Sends old frames again, as if they were new.
    Replayer,
    /// Writes far more than people can read.
    Flooder,
    /// Makes up rooms, and says a word in each.
    Landlord,
    /// Announces ids that do not exist.
    Hoarder,
    /// Begins a reconciliation and then the next, never ending one.
    Reconciler,
    /// Says of letters that they have arrived, and does not know their secrets.
    Purger,
    /// Takes all, and never answers or passes anything on.
    Mute,
    /// Has not got the password, and keeps trying.
    Guesser,
}

impl Malice {
    /// One of each.
    pub const ALL: &[Self] = &[
        Self::Garbage,
        Self::BadSignature,
        Self::Forger,
        Self::Replayer,
        Self::Flooder,
        Self::Landlord,
        Self::Hoarder,
        Self::Reconciler,
        Self::Purger,
        Self::Mute,
        Self::Guesser,
    ];
}

/// A hostile mind at work.
#[derive(Debug)]
pub(super) struct Mischief {
    malice: Malice,
    /// Frames that it heard, to say them again.
    heard: VecDeque<Bytes>,
    /// Letters that it saw.
    letters: Vec<EnvelopeId>,
}

/// What it has to work with.
#[derive(Debug)]
pub(super) struct Means<'a> {
    pub(super) author: Author<'a>,
    pub(super) seq: u64,
    pub(super) created: u64,
    /// Someone to speak for.
    pub(super) victim: DeviceId,
}

/// Frames kept to be replayed.
const HEARD: usize = 64;
/// What a flooder writes at a time, and how often it does so on one link.
const FLOOD: u64 = 50;
const FLOODS: f64 = 0.01;
/// Rooms made up at a time: within what one author may say.
const ROOMS: u64 = 4;

impl Mischief {
    pub(super) fn new(malice: Malice) -> Self {
        Self {
            malice,
            heard: VecDeque::new(),
            letters: Vec::new(),
        }
    }

    /// Whether what its brain says gets out.
    pub(super) fn lets_out(&self, kind: u8) -> bool {
        let answers = !matches!(self.malice, Malice::Mute | Malice::Hoarder);
        answers || kind < ENVELOPE
    }

    /// A frame came.
    pub(super) fn hears(&mut self, frame: &Bytes) {
        if self.malice == Malice::Replayer && frame.get(3) == Some(&ENVELOPE) {
            self.heard.push_back(frame.clone());
            if self.heard.len() > HEARD {
                self.heard.pop_front();
            }
        }
        if self.malice == Malice::Purger && frame.get(3) == Some(&ENVELOPE) {
            self.letters.extend(letter(frame));
        }
    }

    /// What it says over a link this time.
    pub(super) fn says(&self, with: &Means<'_>, rng: &mut StdRng) -> Vec<Bytes> {
        match self.malice {
            Malice::Garbage => vec![garbage(rng)],
            Malice::BadSignature => {
                let envelope = with.write(0, with.author.device);
                vec![pushed(Envelope {
                    signature: Signature::new([7; 64]),
                    ..envelope
                })]
            }
            Malice::Forger => vec![pushed(with.write(0, with.victim))],
            Malice::Replayer => self.replays(rng),
            Malice::Flooder if !rng.random_bool(FLOODS) => Vec::new(),
            Malice::Flooder => {
                let flood = (0..FLOOD).map(|n| with.write(n, with.author.device));
                flood.map(pushed).collect()
            }
            Malice::Landlord => {
                let rooms = (0..ROOMS).map(|n| with.makes_up_a_room(n, rng.random()));
                rooms.map(pushed).collect()
            }
            Malice::Hoarder => {
                let ids = (0..IDS).map(|_| EnvelopeId::new(rng.random())).collect();
                vec![LinkFrame::Inv(ids).encode()]
            }
            Malice::Reconciler => vec![opening(rng)],
            Malice::Purger => self.purges(with, rng),
            Malice::Mute | Malice::Guesser => Vec::new(),
        }
    }

    /// A Purge of what it saw last, and of what there is not.
    fn purges(&self, with: &Means<'_>, rng: &mut StdRng) -> Vec<Bytes> {
        let seen = self.letters.iter().rev().take(10).copied();
        let named = seen.chain([EnvelopeId::new(rng.random())]);
        let entries = named.map(|id| Purged {
            id,
            secret: PurgeSecret::new(rng.random()),
        });
        let purge = Purge {
            entries: entries.collect(),
        };
        let author = &with.author;
        vec![pushed(author.purge(
            &purge,
            LIFETIME_DM,
            with.seq,
            with.created,
        ))]
    }

    fn replays(&self, rng: &mut StdRng) -> Vec<Bytes> {
        if self.heard.is_empty() {
            return Vec::new();
        }
        let frame = &self.heard[rng.random_range(0..self.heard.len())];
        let (_, body) = frame.split_at(HEAD);
        match LinkFrame::decode(ENVELOPE, body) {
            Ok(Some(LinkFrame::Envelope(old))) => vec![pushed(old.envelope)],
            _ => Vec::new(),
        }
    }
}

impl Means<'_> {
    /// An envelope in the name of `origin`, with our signature.
    fn write(&self, nth: u64, origin: DeviceId) -> Envelope {
        let author = Author {
            device: origin,
            ..self.author
        };
        let text = Bytes::from_static(b"an offer that nobody asked for");
        author.write(Kind::Everyone, self.seq + nth, self.created, text)
    }

    /// A word of ours in a room that nobody is in.
    fn makes_up_a_room(&self, nth: u64, room: [u8; 32]) -> Envelope {
        let word = Bytes::from_static(b"is anybody here?");
        self.author
            .in_room(room, self.seq + nth, self.created, word)
    }
}

/// The letter in a frame.
fn letter(frame: &Bytes) -> Option<EnvelopeId> {
    let (_, body) = frame.split_at(HEAD);
    let Ok(Some(LinkFrame::Envelope(frame))) = LinkFrame::decode(ENVELOPE, body) else {
        return None;
    };
    let body = frame.envelope.parse().ok()?;
    (body.kind == Kind::Dm).then(|| frame.envelope.id())
}

fn pushed(envelope: Envelope) -> Bytes {
    let frame = EnvelopeFrame {
        envelope,
        age: 0,
        ttl: TTL,
        hops: 0,
    };
    LinkFrame::Envelope(frame).encode()
}

fn garbage(rng: &mut StdRng) -> Bytes {
    let mut frame = vec![0; HEAD + rng.random_range(0..200)];
    rng.fill_bytes(&mut frame);
    frame[3] = ENVELOPE + rng.random_range(0..12);
    frame.into()
}

fn opening(rng: &mut StdRng) -> Bytes {
    let mut nothing = NegentropyStorageVector::new();
    nothing.seal().expect("sealed once");
    let mut sets = Negentropy::owned(nothing, 0).expect("no limit");
    let message = sets.initiate().expect("begun once");
    let recon = Recon {
        session: rng.random(),
        bucket: Bucket::Everyone,
        salt: rng.random(),
        message: message.into(),
    };
    LinkFrame::Recon(recon).encode()
}

/// Length and type of a frame.
const HEAD: usize = 4;
/// The type of the first frame that is about envelopes (docs/protocol-v2.md 5.2).
const ENVELOPE: u8 = 0x10;
