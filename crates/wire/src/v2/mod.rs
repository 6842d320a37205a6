//! The protocol that nodes of ours speak: strict CBOR in frames, as docs/protocol-v2.md describes
//! it. Bytes only: what a node does with them is in the brain.
//!
//! A [`Splitter`] cuts a stream into [`Frame`]s. On a link each is a [`LinkFrame`], on a stream a
//! [`StreamFrame`] until the service takes over. What a link carries is an [`Envelope`] around a
//! signed [`Body`], whose payload is a [`SignedRecord`], a [`LinkState`], a sealed [`Text`], a
//! [`ClassicMessage`] or a [`Purge`].

mod bucket;
pub mod cbor;
mod classic;
mod content;
mod dial_back;
mod envelope;
mod frame;
mod hello;
mod link;
mod link_state;
mod number;
mod purge;
mod record;
mod stream;

pub use bucket::{Bucket, BucketDigest};
pub use classic::ClassicMessage;
pub use content::Text;
pub use dial_back::DialBackToken;
pub use envelope::{Body, Envelope, EnvelopeFrame, Kind};
pub use frame::{Frame, FrameError, Splitter};
pub use hello::{Hello, HelloFields};
pub use link::{LinkFrame, LinkStateFrame, Reason, Recon};
pub use link_state::{Edge, LinkState};
pub use purge::{Purge, Purged};
pub use record::{DeviceRecord, SignedRecord};
pub use stream::StreamFrame;

/// The version of the protocol, as HELLO, beacons and bodies name it.
pub const VERSION: u64 = 2;

/// Why bytes were not taken. All of these are the sender's fault; none of them names content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not CBOR, or another type than belongs here, or of indefinite length.
    #[error("not the CBOR that belongs here")]
    NotCbor,
    /// More bytes or entries than the limit.
    #[error("more than {limit} bytes or entries")]
    TooLong {
        /// The limit that applies.
        limit: usize,
    },
    /// Nested deeper than [`limits::CBOR_DEPTH`](crate::limits::CBOR_DEPTH).
    #[error("nested too deep")]
    TooDeep,
    /// A key that is not above the one before it, so perhaps there twice.
    #[error("keys are not ascending")]
    KeyOrder,
    /// A key that must be there is not.
    #[error("key {0} is missing")]
    Missing(u64),
    /// Bytes after the item.
    #[error("bytes after the end")]
    Trailing,
    /// A value that its field cannot have, or a field that is not for this kind.
    #[error("field `{0}` is out of bounds")]
    BadField(&'static str),
}

/// Why something of ours cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// No reader would take this many bytes.
    #[error("{size} bytes, more than the {limit} that every node accepts")]
    TooLong {
        /// Its size.
        size: usize,
        /// The limit that applies.
        limit: usize,
    },
    /// No reader would take this field.
    #[error("field `{0}` is out of bounds")]
    BadField(&'static str),
}
