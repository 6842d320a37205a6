//! The encrypted history of one profile: one file per table, with its queries and tests.
//!
//! [`Store::open`] opens or creates it in a profile's directory; the tables hang off the store:
//!
//! ```
//! use gossamer_store::Store;
//!
//! let dir = tempfile::tempdir()?;
//! let mut store = Store::open(dir.path())?;
//! let profile = store.profile().get_or_create("1a2b3c4d", "ana", 1_699_123_456_789)?;
//! assert_eq!(profile.node_id, "1a2b3c4d");
//! assert!(store.messages().page("everyone", None, 100)?.rows.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything is synchronous and may wait for the disk: call it from a thread that may. When a
//! writing call returns, what it wrote survives a crash and a power cut. One process at a time
//! may open a profile; the caller holds the profile's lock.
//!
//! Units: instants are Unix milliseconds, sizes are bytes. Numbers beyond `i64::MAX` are stored
//! as that.

mod column;
mod error;
mod key_file;
mod messages;
mod migrations;
mod profile;
mod read_markers;
mod store;

mod transfers;

pub use error::{OpenError, StoreError};
pub use messages::{MessageRow, MessageState, Messages, Page};
pub use profile::{ProfileRow, Profiles};
pub use read_markers::ReadMarkers;
pub use store::Store;
pub use transfers::{Direction, TransferRow, TransferState, Transfers};
