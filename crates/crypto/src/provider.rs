//! The strategy that protects what the Everyone channel carries.

use std::fmt;

/// Seals and opens the content of Everyone. Chosen once, when a node starts; the same suite
/// certifies every implementation.
pub trait CryptoProvider: fmt::Debug + Send + Sync {
    /// A short name for people and logs, such as `plain` or `fernet`.
    fn name(&self) -> &'static str;

    /// Whether others without the secret cannot read what [`seal`](Self::seal) returns. The
    /// classic dialect writes the content of a confidential provider as base64, and that of any
    /// other as it is.
    fn is_confidential(&self) -> bool;

    /// Protects `plaintext`.
    ///
    /// # Errors
    /// When the content cannot be protected; it must then not be sent.
    fn seal(&self, plaintext: &[u8]) -> Result<Vec<u8>, SealError>;

    /// Recovers what a `seal` under the same secret was given.
    ///
    /// # Errors
    /// When `sealed` was not made under this secret, or was changed.
    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, OpenError>;
}

/// Content could not be protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the content could not be encrypted")]
pub struct SealError;

/// Content was not sealed under this secret, or was changed on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the content was encrypted under another password, or was changed on the way")]
pub struct OpenError;
