//! What the recipient of a direct message shows to have it purged (docs/protocol-v2.md 6.6).

use std::fmt;

/// The secret inside a direct message. Whoever shows it could read the message, or wrote it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PurgeSecret([u8; 32]);

impl PurgeSecret {
    /// Takes its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn expose_secret(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash of it, which the message bears in the open.
    #[must_use]
    pub fn ack(&self) -> [u8; 32] {
        blake3::derive_key("gossamer2 purge", &self.0)
    }
}

impl From<[u8; 32]> for PurgeSecret {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// It may not have been shown yet.
impl fmt::Debug for PurgeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PurgeSecret(..)")
    }
}
