//! What tells a connection that was asked for from any other (docs/protocol-v2.md 8.2).

use std::fmt;

/// Random and used once: whoever shows it was asked to dial. Never printed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DialBackToken([u8; 16]);

impl DialBackToken {
    /// Takes 16 bytes, fresh from the system's random source for a new token.
    #[must_use]
    pub const fn new(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// The bytes, for the one who is asked only.
    #[must_use]
    pub const fn expose_secret(&self) -> &[u8; 16] {
        &self.0
    }
}

impl From<[u8; 16]> for DialBackToken {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for DialBackToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DialBackToken(..)")
    }
}
