//! The key of the stored history.

use std::fmt::{self, Write};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The random 32 bytes that encrypt the database: never printed, wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseKey(Zeroizing<[u8; 32]>);

impl DatabaseKey {
    /// Takes 32 bytes, fresh from the system's random source for a new key.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(random))
    }

    /// Reads what [`to_hex`](Self::to_hex) wrote; `None` when it is anything else.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut key = Zeroizing::new([0; 32]);
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *byte = nibble(*high)? << 4 | nibble(*low)?;
        }
        Some(Self(key))
    }

    /// 64 lower-case hexadecimal digits, the form of the key file and of SQLCipher's raw keys.
    #[must_use]
    pub fn to_hex(&self) -> Zeroizing<String> {
        hex(self.0.as_ref())
    }

    /// 16 hexadecimal digits that tell this key from another and say nothing else about it: a
    /// hash of 32 random bytes cannot be searched.
    #[must_use]
    pub fn check(&self) -> String {
        let digest = Sha256::new()
            .chain_update(b"gossamer database key check\0")
            .chain_update(self.0.as_ref())
            .finalize();
        hex(&digest)[..16].to_owned()
    }
}

impl fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseKey(..)")
    }
}

fn hex(bytes: &[u8]) -> Zeroizing<String> {
    // Room for all of it at once: growing would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn nibble(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_its_hexadecimal_form() {
        let key = DatabaseKey::new(std::array::from_fn(|i| i as u8 * 8));
        let text = key.to_hex();
        assert!(text.starts_with("0008101820"));
        assert_eq!(DatabaseKey::from_hex(&text), Some(key));
    }

    #[test]
    fn reads_nothing_but_64_digits() {
        for text in [
            "",
            "00",
            &"0".repeat(63),
            &"0".repeat(65),
            &"é".repeat(32),
            &"g".repeat(64),
        ] {
            assert_eq!(DatabaseKey::from_hex(text), None, "{text}");
        }
    }

    #[test]
    fn its_check_differs_from_key_to_key() {
        let one = DatabaseKey::new([1; 32]).check();
        assert_eq!(one.len(), 16);
        assert_ne!(one, DatabaseKey::new([2; 32]).check());
        assert_eq!(one, DatabaseKey::new([1; 32]).check());
    }

    #[test]
    fn shows_nothing_when_printed() {
        assert_eq!(
            format!("{:?}", DatabaseKey::new([0xab; 32])),
            "DatabaseKey(..)"
        );
    }
}
