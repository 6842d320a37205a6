//! Keys, ids and proofs, and the strategies that protect what is sent and stored. No I/O.
//!
//! - Who: a [`DeviceKey`] and a [`UserKey`] sign; their public keys are the ids of devices and
//!   people.
//! - Who may join: [`Admission`] proves a network's password without telling it.
//! - What is said to Everyone: a node picks one [`CryptoProvider`], [`Plain`] in an open network,
//!   [`NetworkFernet`] over the [`Keyring`] of a locked one, or one of its own. [`Fernet`] and
//!   [`classic`] are what classic nodes use.
//! - Files: a [`Sealer`] for each.
//! - The stored history has its own key, [`DatabaseKey`], which nothing else knows.
//!
//! Randomness and time are the caller's, but for what two libraries draw themselves: the IV and
//! time of a Fernet token and the secret of a SPAKE2 exchange.

mod admission;
mod at_rest;
pub mod classic;
mod fernet;
mod file;
mod id;
mod key;
mod keyring;
mod network;
mod password;
mod plain;
mod provider;
mod purge;
#[cfg(test)]
mod suite;

pub use admission::{
    Admission, BadPake, Confirmation, EXPORTER_LABEL, PasswordKey, PasswordTag, Role, Transcript,
};
pub use at_rest::DatabaseKey;
pub use fernet::{Fernet, FernetKey};
pub use file::{BadChunk, FileKey, Sealer};
pub use id::{CircuitId, DeviceId, EnvelopeId, FileId, NetworkId, UserId};
pub use key::{BadSignature, DeviceKey, Signature, Signed, UserKey};
pub use keyring::{Keyring, NetworkKey};
pub use network::{NetworkFernet, seal_classic};
pub use password::Password;
pub use plain::Plain;
pub use provider::{CryptoProvider, OpenError, SealError};
pub use purge::PurgeSecret;
