//! What the brain holds at most, whatever peers send.

use std::time::Duration;

/// Peers remembered, reachable or not. When full, the one silent for longest gives way, and
/// nobody new is taken while all are reachable.
pub const PEERS: usize = 512;

/// Addresses remembered for one peer: several interfaces on both sides.
pub const ADDRS: usize = 4;

/// Chat and list messages remembered as seen: at least this many, at most twice.
pub const KNOWN_MESSAGES: usize = 16_384;

/// A chat message as it comes: the original program sends and reads no longer ones. It is held
/// for a while, so larger ones are dropped.
pub const CHAT: usize = 64 << 10;

/// Others' messages held for devices that come late, in bytes; the oldest give way, having been
/// sent at least once.
pub const RELAYED_BYTES: usize = 32 << 20;

/// File chunks remembered as seen: at least this many (512 MiB of files), at most twice.
pub const KNOWN_CHUNKS: usize = 65_536;

/// Own messages waiting for a first device. Further ones are refused, not dropped.
pub const OUTBOX: usize = 10_000;

/// Messages handed to the store and not answered. Further ones from the wire are not taken, and
/// not remembered as seen, so that another copy can still arrive.
pub const PENDING: usize = 4_096;

/// Addresses dialled because someone named them, within one [`DIAL_PAUSE`].
pub const DIALS: usize = 256;

/// Between two dials of one address that only a list named.
pub const DIAL_PAUSE: Duration = Duration::from_secs(5);
