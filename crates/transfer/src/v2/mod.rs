//! Files between devices that know each other: the `file` service of docs/protocol-v2.md 9.
//!
//! The life of a file, with the functions of [`pump`] that move it over streams:
//!
//! 1. The sender [looks](Source::look) at it, writes an [`Offer`] down, and [tells](pump::offer)
//!    the receiver, whose [`pump::answer`] hands it to its [`Journal`]. That stream is over.
//! 2. When the user accepts, the receiver opens a [`Part`] and [pulls](pump::pull) over a stream
//!    that it opens. [`Incoming`] says what to ask for and judges what comes.
//! 3. The sender's [`pump::answer`] finds the [`Outgoing`] in its journal, and seals, lists and
//!    writes what is wanted, reading the file for the first time.
//! 4. The receiver checks every chunk against the list, syncs the file, gives it its name, writes
//!    that down, and tells the sender that it is done.
//!
//! Either side may [end](pump::tell) a transfer at any time. A stream that breaks ends nothing: what
//! arrived is noted beside the part, and the receiver comes again for the rest.
//!
//! [`Plan`], [`Want`], [`HashList`], [`Incoming`] and the frames touch neither disk nor stream.

mod arrived;
mod frame;
mod hashes;
mod incoming;
mod journal;
mod notes;
mod noting;
mod offer;
mod outgoing;
mod part;
mod plan;
mod progress;
pub mod pump;
mod source;
mod want;

pub use frame::{BadFrame, Close};
pub use hashes::{ChunkHash, HASHES_IN_FRAME, HashList};
pub use incoming::{Incoming, Misbehaved, Placed};
pub use journal::{Journal, Unwritten};
pub use offer::{BadOffer, Checked, Ending, MAX_MIME, Offer, Refusal};
pub use outgoing::Outgoing;
pub use part::{Part, PartError};
pub use plan::{CHUNK, LARGE_CHUNK, LARGE_FILE, MAX_FILE, Plan, SEGMENT, TooLarge};
pub use progress::Progress;
pub use source::Source;
pub use want::{BadWant, Want};
