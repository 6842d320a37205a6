//! The sets that are reconciled (docs/protocol-v2.md 6.1, 6.5).

use super::{
    DecodeError, Kind,
    cbor::{Reader, Writer},
};

/// A set of envelopes that two nodes compare; which one an envelope is in follows from its kind
/// and audience alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bucket {
    /// What devices say of themselves.
    Directory,
    /// What is for one device, and what says that it has it.
    Mail,
    /// What is for everyone.
    Everyone,
    /// What is for the room with this id.
    Room([u8; 32]),
    /// Who has links to whom.
    Topology,
}

impl Bucket {
    /// The bucket of an envelope. Unknown kinds are with everyone, so that old and new nodes have
    /// the same sets.
    #[must_use]
    pub fn of(kind: Kind, audience: Option<[u8; 32]>) -> Self {
        match (kind, audience) {
            (Kind::DeviceRecord | Kind::Prekey | Kind::Revocation, _) => Self::Directory,
            (Kind::LinkState, _) => Self::Topology,
            (Kind::Dm | Kind::Purge, _) => Self::Mail,
            (Kind::RoomEvent | Kind::RoomConfig, Some(room)) => Self::Room(room),
            (Kind::RoomEvent | Kind::RoomConfig, None)
            | (Kind::Everyone | Kind::Classic | Kind::Unknown(_), _) => Self::Everyone,
        }
    }

    /// Its number on the wire.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Directory => 1,
            Self::Mail => 2,
            Self::Everyone => 3,
            Self::Room(_) => 4,
            Self::Topology => 5,
        }
    }

    /// Whom it is for, of a room.
    #[must_use]
    pub const fn audience(self) -> Option<[u8; 32]> {
        match self {
            Self::Room(room) => Some(room),
            Self::Directory | Self::Mail | Self::Everyone | Self::Topology => None,
        }
    }

    /// The bucket that [`number`](Self::number) and [`audience`](Self::audience) tell.
    #[must_use]
    pub const fn from_parts(number: u64, audience: Option<[u8; 32]>) -> Option<Self> {
        match (number, audience) {
            (1, None) => Some(Self::Directory),
            (2, None) => Some(Self::Mail),
            (3, None) => Some(Self::Everyone),
            (4, Some(room)) => Some(Self::Room(room)),
            (5, None) => Some(Self::Topology),
            _ => None,
        }
    }

    pub(super) fn write(self, to: &mut Writer) {
        let audience = self.audience();
        to.map(1 + usize::from(audience.is_some()));
        to.key(0).uint(self.number());
        if let Some(room) = audience {
            to.key(1).bytes(&room);
        }
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        from.map(|map| {
            let number = map.need(0, Reader::uint)?;
            let audience = map.maybe(1, Reader::fixed)?;
            Self::from_parts(number, audience).ok_or(DecodeError::BadField("bucket"))
        })
    }
}

/// What one side has in a bucket, short: two sides with the same digest have the same set, unless
/// somebody made an effort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketDigest {
    /// The set.
    pub bucket: Bucket,
    /// How many ids it has.
    pub count: u64,
    /// The first 16 bytes of each, as little-endian integers, added modulo 2^128.
    pub sum: u128,
}

impl BucketDigest {
    pub(super) fn write(&self, to: &mut Writer) {
        to.map(3).key(0);
        self.bucket.write(to);
        to.key(1).uint(self.count);
        to.key(2).bytes(&self.sum.to_le_bytes());
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        from.map(|map| {
            Ok(Self {
                bucket: map.need(0, Bucket::read)?,
                count: map.need(1, Reader::uint)?,
                sum: u128::from_le_bytes(map.need(2, Reader::fixed)?),
            })
        })
    }
}
