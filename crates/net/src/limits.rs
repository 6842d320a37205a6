//! What the sockets hold at most, and how long they wait.

use std::time::Duration;

/// Events not taken yet.
pub(crate) const EVENTS: usize = 1024;
/// Chunks not taken yet.
pub(crate) const BULK: usize = 64;
/// Connections being read at once; see `listener::Seats` for who gives way.
pub(crate) const CONNECTIONS: usize = 256;
/// A connection that has brought no message for this long may have to give way to another.
pub(crate) const GRACE: Duration = Duration::from_secs(1);
/// After a failure to accept.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// After a failure to receive a datagram: beacons come every few seconds, and a socket that is broken
/// for good must not cost a processor.
pub(crate) const RECEIVE_PAUSE: Duration = Duration::from_secs(1);
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
/// Chat messages waiting for one peer, as many as the brain holds; their bytes are shared.
pub(crate) const CHAT_LANE: usize = 16_384;
/// Their bytes: as many as the brain holds of others' messages. What is over that is tried again.
pub(crate) const LANE_BYTES: usize = 32 << 20;
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
/// A TLS handshake that is not done after this long will not be (docs/protocol-v2.md 5.1).
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(5);
/// Inbound TLS handshakes at once; see `door` for who gives way.
pub(crate) const HALF_OPEN: usize = 64;
/// Inbound TLS connections from one address that is not loopback: a link, its successor while
/// two are dialled at once, and two streams (docs/protocol-v2.md 5.1).
pub(crate) const PER_ADDRESS: usize = 4;
/// The same from the address of a neighbour: as many circuits as it may pass on to us, and its own.
pub(crate) const PER_NEIGHBOUR: usize = PER_ADDRESS + CIRCUITS_OF_ONE;
/// Inbound TLS connections in all. The brain keeps far fewer; this bounds what may be open before
/// it has said so.
pub(crate) const INBOUND: usize = 256;
/// Read from a socket at once, where the other side has sent that much.
pub(crate) const READ: usize = 64 << 10;
/// Bytes waiting for one link: some seconds of a slow one, little for the memory of 32.
pub(crate) const LINK_QUEUE: usize = 4 << 20;
/// Frames of one link not taken yet: enough to keep it busy, too few to hold up others.
pub(crate) const UNDELIVERED: usize = 16;
/// Events of links not taken yet: room for the undelivered frames of 32 links and as much again.
pub(crate) const LINK_EVENTS: usize = 2 * 32 * UNDELIVERED;
/// A link being closed has this long to write what is left, and as long to listen for the end.
pub(crate) const CLOSE: Duration = Duration::from_secs(1);
/// Closed connections hold their ports for a minute on most systems, two on some.
pub(crate) const PORTS: Duration = Duration::from_secs(120);
/// The first frames of a stream, in both directions: as long as a handshake may take.
pub(crate) const OPENING: Duration = HANDSHAKE;
/// A neighbour that could not be dialled within this time is asked to dial us meanwhile: what
/// blocks connections mostly drops them silently.
pub(crate) const HEAD_START: Duration = Duration::from_millis(300);
/// For a neighbour that was asked to dial: a connection and a handshake.
pub(crate) const DIALBACK: Duration = Duration::from_secs(8);
/// For an answer through all relays of a circuit; each of them may have to ask to be dialled.
pub(crate) const CIRCUIT: Duration = Duration::from_secs(15);
/// A neighbour through which no circuit is open by then is not waited for alone: a few hops that have
/// to ask to be dialled take less.
pub(crate) const CIRCUIT_HEAD_START: Duration = Duration::from_secs(3);
/// Circuits that are passed on at once: some hundred KiB of memory each.
pub(crate) const CIRCUITS: usize = 64;
/// Those of one neighbour: nobody takes all. Half, since a relay brings those of many.
pub(crate) const CIRCUITS_OF_ONE: usize = CIRCUITS / 2;
/// A circuit on which nothing moved for this long gives way to another.
pub(crate) const CIRCUIT_GRACE: Duration = Duration::from_secs(30);
/// A circuit on which nothing moves for this long ends: somewhat more than any service is silent
/// (docs/protocol-v2.md 9.6).
pub(crate) const CIRCUIT_IDLE: Duration = Duration::from_secs(11 * 60);
/// Copied at once from one hop of a circuit to the next: four full TLS records.
pub(crate) const SPLICE: usize = 64 << 10;
/// Neighbours through which a circuit is tried.
pub(crate) const TRIES: usize = 3;
/// For so long a relay that failed is tried after others.
pub(crate) const SHUNNED: Duration = Duration::from_secs(60);
