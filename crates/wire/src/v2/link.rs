//! What travels on a link (docs/protocol-v2.md 5.2).

use bytes::Bytes;
use gossamer_crypto::{DeviceId, EnvelopeId, NetworkKey};

use super::{
    Bucket, BucketDigest, DecodeError, DialBackToken, Envelope, EnvelopeFrame, Hello,
    cbor::{self, Map, Reader, Writer},
    frame,
    number::numbered,
};
use crate::limits;

/// A frame of a link. Lists that are written hold no more than a reader takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkFrame {
    /// The first of each side: who it is, and for which network it comes.
    Hello(Hello),
    /// A SPAKE2 message: proves a password without telling it.
    Pake([u8; 33]),
    /// Shows that the SPAKE2 key is the same.
    Confirm([u8; 32]),
    /// The other side is in; the network keys we hold, at most [`limits::KEYS`].
    Admit(Vec<NetworkKey>),
    /// The last frame before closing, and why.
    Refuse(Reason),
    /// The network keys we hold, as they are more now; at most [`limits::KEYS`].
    Keyring(Vec<NetworkKey>),
    /// Asks for a PONG with the same token.
    Ping(u64),
    /// Answers a PING.
    Pong(u64),
    /// Asks the neighbour to dial us, since we could not dial it.
    DialBack(DialBackToken),
    /// The devices that we have links to, for neighbours only; at most [`limits::EDGES`].
    Neighbours(Vec<DeviceId>),
    /// An envelope.
    Envelope(EnvelopeFrame),
    /// Ids of envelopes that we hold; at most [`limits::IDS`], as in the next three.
    Inv(Vec<EnvelopeId>),
    /// Asks for these.
    Want(Vec<EnvelopeId>),
    /// These are on our disk.
    Stored(Vec<EnvelopeId>),
    /// We were asked for these and do not hold them any more.
    Lack(Vec<EnvelopeId>),
    /// What devices say of their links; at most [`limits::LINK_STATES`].
    LinkStates(Vec<LinkStateFrame>),
    /// What we know, in short; at most [`limits::BUCKETS`].
    Digest(Vec<BucketDigest>),
    /// A step of a reconciliation.
    Recon(Recon),
    /// Asks for what a reconciliation showed to be lacking; an empty list ends the session.
    ReconWant {
        /// The session.
        session: u64,
        /// Ids under the session's salt; at most [`limits::IDS`].
        ids: Vec<[u8; 32]>,
    },
}

/// An envelope of kind [`LinkState`](super::Kind::LinkState) on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkStateFrame {
    /// What is passed on.
    pub envelope: Envelope,
    /// Seconds it has existed; more than fits is the same as the most that fits.
    pub age: u32,
}

/// A message of the reconciliation protocol, with the set it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recon {
    /// Chosen by the initiator.
    pub session: u64,
    /// The set that is compared.
    pub bucket: Bucket,
    /// What the ids are hashed under; chosen by the initiator.
    pub salt: [u8; 16],
    /// Of negentropy; at most [`limits::RECON`] bytes.
    pub message: Bytes,
}

numbered! {
    /// Why a link or stream is refused or closed.
    Reason {
        /// It speaks another version.
        Version = 1,
        /// It is in another network.
        Network = 2,
        /// One side has a password, the other has none.
        Locked = 3,
        /// It has another password.
        Password = 4,
        /// Too many guesses; it may come back later.
        Guesses = 5,
        /// There are too many links.
        TooMany = 6,
        /// There is a link between the two already.
        Duplicate = 7,
        /// It misbehaved.
        Misbehaved = 8,
        /// We are leaving.
        Leaving = 9,
        /// Streams: we do not have that service.
        UnknownService = 10,
        /// Streams: it is not admitted.
        NotAdmitted = 11,
        /// Circuits: no way to the device is known, or it leads through too many relays.
        NoWay = 12,
        /// Circuits: this one came here before.
        Loop = 13,
        /// Circuits: none are passed on here.
        NoRelay = 14,
    }
}

impl LinkFrame {
    /// Writes the whole frame, head and body.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        frame::encode_sized(self.kind(), self.size(), |to| match self {
            Self::Hello(hello) => {
                to.raw(hello.body());
            }
            Self::Pake(message) => {
                to.map(1).key(0).bytes(message);
            }
            Self::Confirm(mac) => {
                to.map(1).key(0).bytes(mac);
            }
            Self::Admit(keys) | Self::Keyring(keys) => {
                let key = |to: &mut Writer, key: &NetworkKey| _ = to.bytes(key.expose_secret());
                to.map(1).key(0).list(keys, key);
            }
            Self::Refuse(reason) => {
                to.map(1).key(0).uint(reason.number());
            }
            Self::Ping(token) | Self::Pong(token) => {
                to.map(1).key(0).uint(*token);
            }
            Self::DialBack(token) => {
                to.map(1).key(0).bytes(token.expose_secret());
            }
            Self::Neighbours(devices) => {
                let device = |to: &mut Writer, device: &DeviceId| _ = to.bytes(device.as_bytes());
                to.map(1).key(0).list(devices, device);
            }
            Self::Envelope(envelope) => envelope.write(to),
            Self::Inv(ids) | Self::Want(ids) | Self::Stored(ids) | Self::Lack(ids) => {
                let id = |to: &mut Writer, id: &EnvelopeId| _ = to.bytes(id.as_bytes());
                to.map(1).key(0).list(ids, id);
            }
            Self::LinkStates(states) => {
                let state = |to: &mut Writer, state: &LinkStateFrame| state.write(to);
                to.map(1).key(0).list(states, state);
            }
            Self::Digest(digests) => {
                let digest = |to: &mut Writer, digest: &BucketDigest| digest.write(to);
                to.map(1).key(0).list(digests, digest);
            }
            Self::Recon(recon) => recon.write(to),
            Self::ReconWant { session, ids } => {
                let id = |to: &mut Writer, id: &[u8; 32]| _ = to.bytes(id);
                to.map(2).key(0).uint(*session).key(1).list(ids, id);
            }
        })
    }

    /// About how many bytes its body has: of large ones not less.
    fn size(&self) -> usize {
        /// A signature, and what else is said beside an envelope.
        const BESIDE: usize = 128;
        let with = |envelope: &Envelope| envelope.body.len() + BESIDE;
        if let Self::LinkStates(states) = self {
            return states.iter().map(|state| with(&state.envelope)).sum();
        }
        if let Self::Envelope(frame) = self {
            return with(&frame.envelope);
        }
        BESIDE
    }

    /// Reads the body of a frame of this type; `None` when the type is unknown, so that the frame
    /// is skipped.
    ///
    /// # Errors
    /// Says what is wrong with it; the link is then closed.
    pub fn decode(kind: u8, body: &[u8]) -> Result<Option<Self>, DecodeError> {
        if kind == HELLO {
            return Hello::decode(body).map(Self::Hello).map(Some);
        }
        let Some(read) = reader(kind) else {
            return Ok(None);
        };
        cbor::read(body, |item| item.map(read)).map(Some)
    }

    /// The type in the head of the frame.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        match self {
            Self::Hello(_) => HELLO,
            Self::Pake(_) => PAKE,
            Self::Confirm(_) => CONFIRM,
            Self::Admit(_) => ADMIT,
            Self::Refuse(_) => REFUSE,
            Self::Keyring(_) => KEYRING,
            Self::Ping(_) => PING,
            Self::Pong(_) => PONG,
            Self::DialBack(_) => DIALBACK,
            Self::Neighbours(_) => NEIGHBOURS,
            Self::Envelope(_) => ENVELOPE,
            Self::Inv(_) => INV,
            Self::Want(_) => WANT,
            Self::Stored(_) => STORED,
            Self::Lack(_) => LACK,
            Self::LinkStates(_) => LINK_STATES,
            Self::Digest(_) => DIGEST,
            Self::Recon(_) => RECON,
            Self::ReconWant { .. } => RECON_WANT,
        }
    }
}

type Fields = fn(&mut Map<'_, '_>) -> Result<LinkFrame, DecodeError>;

/// How the fields of each type are read; HELLO, whose bytes are kept, reads itself.
fn reader(kind: u8) -> Option<Fields> {
    Some(match kind {
        PAKE => |map| Ok(LinkFrame::Pake(map.need(0, Reader::fixed)?)),
        CONFIRM => |map| Ok(LinkFrame::Confirm(map.need(0, Reader::fixed)?)),
        ADMIT => |map| Ok(LinkFrame::Admit(map.need(0, keys)?)),
        REFUSE => |map| Ok(LinkFrame::Refuse(map.need(0, Reader::uint)?.into())),
        KEYRING => |map| Ok(LinkFrame::Keyring(map.need(0, keys)?)),
        PING => |map| Ok(LinkFrame::Ping(map.need(0, Reader::uint)?)),
        PONG => |map| Ok(LinkFrame::Pong(map.need(0, Reader::uint)?)),
        DIALBACK => |map| Ok(LinkFrame::DialBack(map.need(0, Reader::fixed)?)),
        NEIGHBOURS => |map| Ok(LinkFrame::Neighbours(map.need(0, devices)?)),
        ENVELOPE => |map| Ok(LinkFrame::Envelope(EnvelopeFrame::read(map)?)),
        INV => |map| Ok(LinkFrame::Inv(map.need(0, ids)?)),
        WANT => |map| Ok(LinkFrame::Want(map.need(0, ids)?)),
        STORED => |map| Ok(LinkFrame::Stored(map.need(0, ids)?)),
        LACK => |map| Ok(LinkFrame::Lack(map.need(0, ids)?)),
        LINK_STATES => |map| Ok(LinkFrame::LinkStates(map.need(0, link_states)?)),
        DIGEST => |map| Ok(LinkFrame::Digest(map.need(0, digests)?)),
        RECON => |map| Ok(LinkFrame::Recon(Recon::read(map)?)),
        RECON_WANT => |map| {
            Ok(LinkFrame::ReconWant {
                session: map.need(0, Reader::uint)?,
                ids: map.need(1, |item| item.list(limits::IDS, Reader::fixed))?,
            })
        },
        _ => return None,
    })
}

impl Recon {
    fn write(&self, to: &mut Writer) {
        to.map(4);
        to.key(0).uint(self.session).key(1);
        self.bucket.write(to);
        to.key(2).bytes(&self.salt);
        to.key(3).bytes(&self.message);
    }

    fn read(map: &mut Map<'_, '_>) -> Result<Self, DecodeError> {
        Ok(Self {
            session: map.need(0, Reader::uint)?,
            bucket: map.need(1, Bucket::read)?,
            salt: map.need(2, Reader::fixed)?,
            message: map
                .need(3, |item| item.bytes(limits::RECON))
                .map(Bytes::copy_from_slice)?,
        })
    }
}

impl LinkStateFrame {
    fn write(&self, to: &mut Writer) {
        to.map(3);
        to.key(0).bytes(&self.envelope.body);
        to.key(1).bytes(self.envelope.signature.as_bytes());
        to.key(2).uint(self.age.into());
    }

    /// The body is copied: it is kept for longer than the frame.
    fn read(map: &mut Map<'_, '_>) -> Result<Self, DecodeError> {
        let body = map.need(0, |item| item.bytes(limits::LINK_STATE))?;
        Ok(Self {
            envelope: Envelope {
                body: Bytes::copy_from_slice(body),
                signature: map.need(1, Reader::fixed)?,
                signer: None,
            },
            age: map.need(2, Reader::uint)?.try_into().unwrap_or(u32::MAX),
        })
    }
}

fn keys(from: &mut Reader<'_>) -> Result<Vec<NetworkKey>, DecodeError> {
    from.list(limits::KEYS, Reader::fixed)
}

fn ids(from: &mut Reader<'_>) -> Result<Vec<EnvelopeId>, DecodeError> {
    from.list(limits::IDS, Reader::fixed)
}

fn devices(from: &mut Reader<'_>) -> Result<Vec<DeviceId>, DecodeError> {
    from.list(limits::EDGES, Reader::fixed)
}

fn link_states(from: &mut Reader<'_>) -> Result<Vec<LinkStateFrame>, DecodeError> {
    from.list(limits::LINK_STATES, |item| item.map(LinkStateFrame::read))
}

fn digests(from: &mut Reader<'_>) -> Result<Vec<BucketDigest>, DecodeError> {
    from.list(limits::BUCKETS, BucketDigest::read)
}

const HELLO: u8 = 0x01;
const PAKE: u8 = 0x02;
const CONFIRM: u8 = 0x03;
const ADMIT: u8 = 0x04;
const REFUSE: u8 = 0x05;
const KEYRING: u8 = 0x06;
const PING: u8 = 0x08;
const PONG: u8 = 0x09;
const DIALBACK: u8 = 0x0a;
const NEIGHBOURS: u8 = 0x0b;
const ENVELOPE: u8 = 0x10;
const INV: u8 = 0x11;
const WANT: u8 = 0x12;
const STORED: u8 = 0x13;
const LACK: u8 = 0x14;
const LINK_STATES: u8 = 0x15;
const DIGEST: u8 = 0x18;
const RECON: u8 = 0x19;
const RECON_WANT: u8 = 0x1a;
