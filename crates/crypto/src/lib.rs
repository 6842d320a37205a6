//! Keys and the strategy that protects what the Everyone channel carries. No I/O.
//!
//! A node picks one [`CryptoProvider`] when it starts: [`Plain`] in an open network, [`Fernet`]
//! in one with a password, or one of its own. [`classic`] is the form content takes on the
//! classic wire. The stored history has its own key, [`DatabaseKey`], which no provider knows.

mod admission;
mod at_rest;
pub mod classic;
mod fernet;
mod id;
mod key;
mod keyring;
mod network;
mod password;
mod plain;
mod provider;
#[cfg(test)]
mod suite;

pub use admission::{
    Admission, BadPake, Confirmation, EXPORTER_LABEL, PasswordKey, Role, Transcript,
};
pub use at_rest::DatabaseKey;
pub use fernet::{Fernet, FernetKey};
pub use id::{DeviceId, EnvelopeId, NetworkId, UserId};
pub use key::{BadSignature, DeviceKey, Signature, Signed, UserKey};
pub use keyring::{Keyring, NetworkKey};
pub use network::{NetworkFernet, seal_classic};
pub use password::Password;
pub use plain::Plain;
pub use provider::{CryptoProvider, OpenError, SealError};
