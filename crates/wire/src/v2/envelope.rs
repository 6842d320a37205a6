//! What is kept and passed on: a signed body, and what travels beside it (docs/protocol-v2.md 6.1).

use bytes::Bytes;
use gossamer_crypto::{DeviceId, EnvelopeId, NetworkId, Signature};

use super::{
    Bucket, DecodeError, EncodeError, VERSION,
    cbor::{self, Map, Reader, Writer},
    number::numbered,
};
use crate::limits;

numbered! {
    /// What an envelope is about.
    Kind {
        /// A device and the person it belongs to.
        DeviceRecord = 1,
        /// Reserved: a key for a first direct message.
        Prekey = 2,
        /// Whom a device has links to.
        LinkState = 3,
        /// Content for everyone in the network.
        Everyone = 4,
        /// A message that a bridge heard from a classic node.
        Classic = 5,
        /// A message for one device.
        Dm = 6,
        /// Reserved: something said in a room.
        RoomEvent = 7,
        /// Reserved: who is in a room.
        RoomConfig = 8,
        /// Direct messages have arrived and need not be carried any more.
        Purge = 9,
        /// Reserved: a device is not trusted any more.
        Revocation = 10,
    }
}

impl Kind {
    /// Whether of one origin only the newest is kept.
    #[must_use]
    pub const fn is_replaceable(self) -> bool {
        matches!(self, Self::DeviceRecord | Self::Prekey | Self::LinkState)
    }

    /// Whether it is kept in memory only, and its id no longer than its body.
    #[must_use]
    pub const fn is_fleeting(self) -> bool {
        matches!(self, Self::LinkState)
    }
}

/// A body as its author wrote it, and who signed it. The signature is not checked here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The signed bytes, as received; [`Body::decode`] reads them.
    pub body: Bytes,
    /// Of the [`author`](Self::author), over the body.
    pub signature: Signature,
    /// The bridge that signed it; of [`Kind::Classic`] only.
    pub signer: Option<DeviceId>,
}

impl Envelope {
    /// Its name: the hash of the body. The signature is not part of it.
    #[must_use]
    pub fn id(&self) -> EnvelopeId {
        EnvelopeId::of(&self.body)
    }

    /// Reads the body and checks that it has a signer if and only if its kind needs one.
    ///
    /// # Errors
    /// Says what is wrong with it: the fault of the neighbour that sent it, who had to check too.
    pub fn parse(&self) -> Result<Body, DecodeError> {
        let body = Body::decode(&self.body)?;
        if self.signer.is_some() == body.origin.is_some() {
            return Err(DecodeError::BadField("signer"));
        }
        Ok(body)
    }

    /// Whose signature it must have: the origin's, or the bridge's. One of them is there in
    /// whatever [`parse`](Self::parse) accepted.
    #[must_use]
    pub fn author(&self, body: &Body) -> Option<DeviceId> {
        body.origin.or(self.signer)
    }
}

/// What the signed bytes of an envelope say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// What it is about.
    pub kind: Kind,
    /// The network it is for.
    pub network: NetworkId,
    /// The device that wrote it; `None` of [`Kind::Classic`] only.
    pub origin: Option<DeviceId>,
    /// Grows with each envelope of an origin; 0 without an origin. At most [`limits::INTEGER`].
    pub seq: u64,
    /// Unix milliseconds by the author's clock: orders, and nothing else. At most
    /// [`limits::INTEGER`].
    pub created: u64,
    /// How old it may get, seconds; at most [`limits::LIFETIME_MAX`].
    pub lifetime: u32,
    /// The device or room it is for, of kinds that have one.
    pub audience: Option<[u8; 32]>,
    /// The hash of what the recipient will show to have it purged, of [`Kind::Dm`].
    pub ack: Option<[u8; 32]>,
    /// What its kind says it is.
    pub payload: Bytes,
}

impl Body {
    /// Writes the bytes that are to be signed.
    ///
    /// # Errors
    /// When it is longer than [`limits::ENVELOPE`] or has not the form of its kind: no node would
    /// take it.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        self.check().map_err(EncodeError::BadField)?;
        let body = cbor::write(|to| self.write(to));
        cbor::fits(&body, limits::ENVELOPE)?;
        Ok(body.into())
    }

    /// Reads signed bytes. The payload shares them.
    ///
    /// # Errors
    /// Says what is wrong with them. A kind that is unknown or reserved is no error: its envelopes
    /// are refused, but their ids are known.
    pub fn decode(bytes: &Bytes) -> Result<Self, DecodeError> {
        if bytes.len() > limits::ENVELOPE {
            return Err(DecodeError::TooLong {
                limit: limits::ENVELOPE,
            });
        }
        let body = cbor::read(bytes, |item| item.map(|map| Self::read(map, bytes)))?;
        body.check().map_err(DecodeError::BadField)?;
        Ok(body)
    }

    /// The set it is reconciled in.
    #[must_use]
    pub fn bucket(&self) -> Bucket {
        Bucket::of(self.kind)
    }

    /// The first field that a body of this kind cannot have.
    fn check(&self) -> Result<(), &'static str> {
        let classic = self.kind == Kind::Classic;
        let public = matches!(
            self.kind,
            Kind::DeviceRecord | Kind::LinkState | Kind::Everyone | Kind::Classic | Kind::Purge
        );
        let dm = self.kind == Kind::Dm;
        let rules = [
            (self.origin.is_none() == classic, "origin"),
            (self.seq <= limits::INTEGER, "seq"),
            (!classic || self.seq == 0, "seq"),
            (self.created <= limits::INTEGER, "created"),
            (self.lifetime <= limits::LIFETIME_MAX, "lifetime"),
            (
                !classic || self.lifetime == limits::LIFETIME_EVERYONE,
                "lifetime",
            ),
            (!public || self.audience.is_none(), "audience"),
            (!public || self.ack.is_none(), "ack"),
            (!dm || self.audience.is_some(), "audience"),
            (!dm || self.ack.is_some(), "ack"),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, field)) => Err(field),
            None => Ok(()),
        }
    }

    fn write(&self, to: &mut Writer) {
        let optional = 2 * usize::from(self.origin.is_some())
            + usize::from(self.audience.is_some())
            + usize::from(self.ack.is_some());
        to.map(6 + optional);
        to.key(0).uint(VERSION);
        to.key(1).uint(self.kind.number());
        to.key(2).bytes(self.network.as_bytes());
        if let Some(origin) = self.origin {
            to.key(3).bytes(origin.as_bytes());
            to.key(4).uint(self.seq);
        }
        to.key(5).uint(self.created);
        to.key(6).uint(self.lifetime.into());
        if let Some(audience) = self.audience {
            to.key(7).bytes(&audience);
        }
        if let Some(ack) = self.ack {
            to.key(8).bytes(&ack);
        }
        to.key(9).bytes(&self.payload);
    }

    fn read(map: &mut Map<'_, '_>, bytes: &Bytes) -> Result<Self, DecodeError> {
        if map.need(0, Reader::uint)? != VERSION {
            return Err(DecodeError::BadField("version"));
        }
        let kind = map.need(1, Reader::uint)?.into();
        let network = map.need(2, Reader::fixed)?;
        let origin = map.maybe(3, Reader::fixed)?;
        let seq = map.maybe(4, Reader::uint)?;
        if origin.is_some() != seq.is_some() {
            return Err(DecodeError::BadField("seq"));
        }
        Ok(Self {
            kind,
            network,
            origin,
            seq: seq.unwrap_or_default(),
            created: map.need(5, Reader::uint)?,
            lifetime: map.need(6, lifetime)?,
            audience: map.maybe(7, Reader::fixed)?,
            ack: map.maybe(8, Reader::fixed)?,
            payload: bytes.slice_ref(map.need(9, |item| item.bytes(limits::ENVELOPE))?),
        })
    }
}

fn lifetime(from: &mut Reader<'_>) -> Result<u32, DecodeError> {
    u32::try_from(from.uint()?).map_err(|_| DecodeError::BadField("lifetime"))
}

/// An envelope on its way, with what changes at each hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeFrame {
    /// What is passed on.
    pub envelope: Envelope,
    /// Seconds it has existed, as far as its holders could count. More than fits is the same as
    /// the most that fits: past every lifetime.
    pub age: u32,
    /// How many more times it may be passed on; at most [`limits::TTL`].
    pub ttl: u8,
    /// How many links it has crossed; more than fits is the same as the most that fits.
    pub hops: u8,
}

impl EnvelopeFrame {
    pub(super) fn write(&self, to: &mut Writer) {
        let envelope = &self.envelope;
        to.map(5 + usize::from(envelope.signer.is_some()));
        to.key(0).bytes(&envelope.body);
        to.key(1).bytes(envelope.signature.as_bytes());
        to.key(2).uint(self.age.into());
        to.key(3).uint(self.ttl.into());
        to.key(4).uint(self.hops.into());
        if let Some(signer) = envelope.signer {
            to.key(5).bytes(signer.as_bytes());
        }
    }

    /// The body is copied: an envelope that is kept for long must not keep the buffer of a whole
    /// connection with it.
    pub(super) fn read(map: &mut Map<'_, '_>) -> Result<Self, DecodeError> {
        let body = map.need(0, |item| item.bytes(limits::ENVELOPE))?;
        let signature = map.need(1, Reader::fixed)?;
        let age = map.need(2, Reader::uint)?;
        let ttl = map.need(3, ttl)?;
        let hops = map.need(4, Reader::uint)?;
        let signer = map.maybe(5, Reader::fixed)?;
        Ok(Self {
            envelope: Envelope {
                body: Bytes::copy_from_slice(body),
                signature,
                signer,
            },
            age: age.try_into().unwrap_or(u32::MAX),
            ttl,
            hops: hops.try_into().unwrap_or(u8::MAX),
        })
    }
}

fn ttl(from: &mut Reader<'_>) -> Result<u8, DecodeError> {
    match u8::try_from(from.uint()?) {
        Ok(ttl) if ttl <= limits::TTL => Ok(ttl),
        _ => Err(DecodeError::BadField("ttl")),
    }
}
