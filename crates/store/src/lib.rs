//! The encrypted history of one profile: one file per table, with its queries and tests.
//!
//! [`Store::open`] opens or creates it in a profile's directory; the tables hang off the store:
//!
//! ```
//! use gossamer_store::{AtRest, Store, Unlock};
//!
//! let dir = tempfile::tempdir()?;
//! let mut store = Store::open(dir.path(), &Unlock::default())?;
//! assert_eq!(store.at_rest(), AtRest::KeyFile);
//! let ana = store.identity().get_or_create("ana", 1_699_123_456_789)?;
//! assert_eq!(store.identity().get_or_create("ana", 0)?.device.id(), ana.device.id());
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

mod at_rest;
mod column;
mod contacts;
mod drafts;
mod envelopes;
mod error;
mod identity;
mod key_file;
mod keychain;
mod messages;
mod migrations;
mod networks;
mod order;
mod passphrase;
mod private_dir;
mod private_file;
mod reached;
mod read_markers;
mod seen;
mod shares;
mod store;
#[cfg(test)]
mod test;
mod transfers;
mod uptime;

pub use at_rest::{AtRest, Unlock};
pub use contacts::{ContactRow, Contacts};
pub use drafts::{DraftRow, Drafts};
pub use envelopes::{EnvelopeBody, EnvelopeMeta, EnvelopeRow, Envelopes, IndexEntry};
pub use error::{OpenError, StoreError};
pub use identity::{Identities, IdentityRow};
pub use keychain::{Keychain, KeychainError, SystemKeychain};
pub use messages::{MessageRow, MessageState, Messages, NewMessage, Page, Placed, Recorded};
pub use networks::{AdmittedRow, Networks};
pub use passphrase::Passphrase;
pub use private_dir::private_dir;
pub use reached::Reached;
pub use read_markers::ReadMarkers;
pub use seen::{Seen, SeenRow};
pub use shares::{Party, PartyState, ShareRow, Shares};
pub use store::Store;
pub use transfers::{Direction, Intended, TransferRow, TransferState, Transfers};
pub use uptime::Uptime;

use zeroize::Zeroizing;

/// Fresh random bytes from the system, for keys and salts.
fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, getrandom::Error> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut())?;
    Ok(bytes)
}
