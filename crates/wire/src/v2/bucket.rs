//! The sets that are reconciled (docs/protocol-v2.md 6.1, 6.5).

use super::{
    DecodeError, Kind,
    cbor::{Reader, Writer},
};

/// A set of envelopes that two nodes compare; which one an envelope is in follows from its kind
/// alone. There are as many as are named here: what anyone may invent, as ids of rooms, makes no
/// further ones, for their number is bounded and one more would push another out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bucket {
    /// What devices say of themselves.
    Directory,
    /// What is for one device, and what says that it has it.
    Mail,
    /// What is for everyone.
    Everyone,
    /// What is for rooms, whichever.
    Rooms,
    /// Who has links to whom.
    Topology,
}

impl Bucket {
    /// The bucket of an envelope. Unknown kinds are with everyone, so that old and new nodes have
    /// the same sets.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::DeviceRecord | Kind::Prekey | Kind::Revocation => Self::Directory,
            Kind::LinkState => Self::Topology,
            Kind::Dm | Kind::Purge => Self::Mail,
            Kind::RoomEvent | Kind::RoomConfig => Self::Rooms,
            Kind::Everyone | Kind::Classic | Kind::Unknown(_) => Self::Everyone,
        }
    }

    /// Its number on the wire.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Directory => 1,
            Self::Mail => 2,
            Self::Everyone => 3,
            Self::Rooms => 4,
            Self::Topology => 5,
        }
    }

    /// The bucket of this [`number`](Self::number).
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::Directory),
            2 => Some(Self::Mail),
            3 => Some(Self::Everyone),
            4 => Some(Self::Rooms),
            5 => Some(Self::Topology),
            _ => None,
        }
    }

    pub(super) fn write(self, to: &mut Writer) {
        to.map(1).key(0).uint(self.number());
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        from.map(|map| {
            let number = map.need(0, Reader::uint)?;
            Self::from_number(number).ok_or(DecodeError::BadField("bucket"))
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
