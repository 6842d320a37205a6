//! Sealing under the keys of a locked network.

use std::fmt;

use crate::{CryptoProvider, Fernet, Keyring, NetworkKey, OpenError, SealError, fernet};

/// Seals under the lowest key of a keyring, opens under any of them. It does not change: a node
/// whose keyring grew takes a new one.
#[derive(Clone)]
pub struct NetworkFernet {
    /// Lowest key first.
    ciphers: Vec<Fernet>,
}

impl NetworkFernet {
    /// A provider under the keys that are in the keyring now.
    #[must_use]
    pub fn new(keyring: &Keyring) -> Self {
        let ciphers = keyring.iter().map(|key| Fernet::new(&key.into())).collect();
        Self { ciphers }
    }
}

impl CryptoProvider for NetworkFernet {
    fn name(&self) -> &'static str {
        "network-fernet"
    }

    fn is_confidential(&self) -> bool {
        true
    }

    fn seal(&self, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        self.ciphers.first().ok_or(SealError)?.seal(plaintext)
    }

    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.ciphers
            .iter()
            .find_map(|cipher| cipher.open(sealed).ok())
            .ok_or(OpenError)
    }
}

impl fmt::Debug for NetworkFernet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NetworkFernet(..)")
    }
}

/// Seals the text of a classic message so that every bridge with this key makes the same bytes
/// (docs/protocol-v2.md 7.2). `timestamp_s` is the message's own, in whole Unix seconds.
///
/// [`NetworkFernet`] opens it. Equal messages look equal, which is what this is for: never seal
/// anything else so.
#[must_use]
pub fn seal_classic(key: &NetworkKey, timestamp_s: u64, message_id: &str, text: &[u8]) -> Vec<u8> {
    let mut iv = [0; 16];
    blake3::Hasher::new_keyed(key.expose_secret())
        .update(message_id.as_bytes())
        .update(&[0])
        .update(text)
        .finalize_xof()
        .fill(&mut iv);
    fernet::token(&key.into(), timestamp_s, &iv, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> NetworkKey {
        NetworkKey::new([n; 32])
    }

    fn provider(keys: impl IntoIterator<Item = u8>) -> NetworkFernet {
        NetworkFernet::new(&keys.into_iter().map(key).collect())
    }

    #[test]
    fn passes_the_suite() {
        crate::suite::certify(&provider([1, 2, 3]), &provider([4, 5]));
    }

    #[test]
    fn seals_under_the_lowest_key() {
        let keyring: Keyring = [1, 2, 3].map(key).into_iter().collect();
        let lowest = keyring.lowest().unwrap();
        let sealed = NetworkFernet::new(&keyring).seal(b"hello").unwrap();
        let opened = Fernet::new(&lowest.into()).open(&sealed);
        assert_eq!(opened.as_deref(), Ok(&b"hello"[..]));
    }

    #[test]
    fn opens_what_was_sealed_under_any_key() {
        let all = provider(0..16);
        for n in 0..16 {
            let sealed = provider([n]).seal(b"hello").unwrap();
            assert_eq!(all.open(&sealed).as_deref(), Ok(&b"hello"[..]), "key {n}");
        }
    }

    #[test]
    fn without_a_key_it_neither_seals_nor_opens() {
        let sealed = provider([1]).seal(b"hello").unwrap();
        assert_eq!(provider([]).seal(b"hello"), Err(SealError));
        assert_eq!(provider([]).open(&sealed), Err(OpenError));
    }

    #[test]
    fn two_bridges_make_the_same_bytes() {
        let seal = || seal_classic(&key(1), 1_699_123_456, "an id", b"hello");
        assert_eq!(seal(), seal());
        assert_eq!(provider([1, 2]).open(&seal()).as_deref(), Ok(&b"hello"[..]));
    }

    #[test]
    fn other_messages_make_other_bytes() {
        let token = seal_classic(&key(1), 7, "an id", b"hello");
        assert_ne!(token, seal_classic(&key(2), 7, "an id", b"hello"));
        assert_ne!(token, seal_classic(&key(1), 8, "an id", b"hello"));
        assert_ne!(token, seal_classic(&key(1), 7, "an ID", b"hello"));
        assert_ne!(token, seal_classic(&key(1), 7, "an id", b"hellp"));
    }
}
