//! The classic dialect: JSON over TCP and UDP, as docs/protocol-v1.md describes it.
//!
//! [`Beacon`] is the discovery datagram, [`Message`] what travels on TCP, [`Splitter`] finds the
//! messages in a byte stream.

mod beacon;
mod message;
mod splitter;

pub use beacon::{Beacon, NetworkHash};
pub use message::{Body, Chat, FileChunk, FileMetadata, Header, ListedPeer, Message, PeerList};
pub use splitter::Splitter;

/// Why bytes were not taken. All of these are the sender's fault; none of them names content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// More bytes than the limit.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The limit that applies.
        limit: usize,
    },
    /// Not a JSON object.
    #[error("not a JSON object")]
    NotAnObject,
    /// A JSON object with a `type` that this dialect does not have.
    #[error("unknown message type")]
    UnknownType,
    /// A field is missing, has another type, or is out of bounds.
    #[error("field `{0}` is missing or out of bounds")]
    BadField(&'static str),
}

/// Why a message of ours cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// It would not fit into one read of the original program.
    #[error("{size} bytes on the wire, more than the {limit} that every node accepts")]
    TooLong {
        /// Its size.
        size: usize,
        /// The limit that applies.
        limit: usize,
    },
}

/// Serialises to one JSON text below `limit` bytes.
fn encode(value: &impl serde::Serialize, limit: usize) -> Result<bytes::Bytes, EncodeError> {
    // Serialising our own structs to memory cannot fail; an empty result would be caught by any peer.
    let json = serde_json::to_vec(value).unwrap_or_default();
    if json.len() > limit {
        return Err(EncodeError::TooLong {
            size: json.len(),
            limit,
        });
    }
    Ok(json.into())
}

/// Cuts `text` to at most `limit` bytes at a character boundary.
fn cut(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len()))
        .rev()
        .find(|&i| text.is_char_boundary(i))
        .unwrap_or(0);
    text.get(..end).unwrap_or_default()
}
