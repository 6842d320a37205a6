//! The classic dialect: chunks of 8 KiB to everyone, in any order, without offer or answer.

mod incoming;
mod outgoing;

pub use incoming::{ChunkError, ClaimError, Claims, Incoming, Placement};
pub use outgoing::{Chunk, Outgoing, chunk_message_id};

/// The bytes in every chunk but the last.
pub const CHUNK: u64 = gossamer_wire::limits::CHUNK as u64;

/// The largest file that is sent or taken: 1 TiB, 134 million chunks.
pub const MAX_FILE: u64 = 1 << 40;

/// How many chunks a file has. An empty one has one, empty too, so that it arrives at all.
#[must_use]
pub fn chunk_count(size: u64) -> u64 {
    size.div_ceil(CHUNK).max(1)
}

/// The bytes in one chunk of a file of this size.
fn chunk_len(size: u64, index: u64) -> u64 {
    size.saturating_sub(index.saturating_mul(CHUNK)).min(CHUNK)
}
