//! What the sockets hold at most, and how long they wait.

use std::time::Duration;

/// Events not taken yet.
pub(crate) const EVENTS: usize = 1024;
/// Chunks not taken yet.
pub(crate) const BULK: usize = 64;
/// Connections being read at once.
pub(crate) const CONNECTIONS: usize = 256;
/// Of those, from one address that is not this machine: nobody takes them all.
pub(crate) const CONNECTIONS_PER_ADDR: usize = 64;
/// A connection that brings nothing for this long is closed.
pub(crate) const SILENCE: Duration = Duration::from_secs(10);
/// A message that is not whole after this long ends its connection, however steadily it drips.
pub(crate) const MESSAGE_TIME: Duration = Duration::from_secs(60);
/// A connection that could not be made after this long will not be.
pub(crate) const CONNECT: Duration = Duration::from_secs(3);
/// A write that moves nothing for this long has failed.
pub(crate) const WRITE: Duration = Duration::from_secs(10);
/// An idle connection to a node of ours is closed well before that node would.
pub(crate) const IDLE: Duration = Duration::from_secs(5);
/// Chat messages waiting for one peer; further ones fail at once and are tried later.
pub(crate) const CHAT_LANE: usize = 1024;
/// Chunks waiting for one peer before their senders are held back.
pub(crate) const BULK_LANE: usize = 128;
/// Chunks waiting for one peer at most: every connection may add one after the mark above.
pub(crate) const BULK_LANE_HARD: usize = BULK_LANE + 2 * CONNECTIONS;
/// A peer that takes no chunk for this long gets none of those that wait for it.
pub(crate) const STALL: Duration = Duration::from_secs(30);
/// Connections in a second to a node of the original program: each costs it, and us, a port.
pub(crate) const CLASSIC_PACE: u32 = 400;
/// Bytes written to a socket at once.
pub(crate) const BATCH: usize = 256 << 10;
