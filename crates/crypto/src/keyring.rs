//! The random keys a locked network seals its content under (docs/protocol-v2.md 5.4).

use std::{collections::BTreeMap, fmt};

use zeroize::Zeroizing;

/// Each device that opens a message may try all of them, and ADMIT carries them all.
const MAX_KEYS: usize = 64;

/// The first 8 bytes of a hash of a network key: says nothing else about it.
type KeyId = [u8; 8];

/// A random key of a locked network: never printed, wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct NetworkKey(Zeroizing<[u8; 32]>);

impl NetworkKey {
    /// Takes 32 bytes, fresh from the system's random source for a new key.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(random))
    }

    /// What keys are ordered by.
    #[must_use]
    pub fn id(&self) -> [u8; 8] {
        let hash = blake3::derive_key("gossamer2 network key", self.0.as_ref());
        let [a, b, c, d, e, f, g, h, ..] = hash;
        [a, b, c, d, e, f, g, h]
    }

    /// The secret bytes, for the store and the links of the network only.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for NetworkKey {
    fn from(bytes: [u8; 32]) -> Self {
        Self::new(bytes)
    }
}

impl fmt::Debug for NetworkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NetworkKey(..)")
    }
}

/// The keys of one network, at most 64: of more, those with the lowest ids, so that all devices
/// end up with the same ones in whatever order they hear of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keyring(BTreeMap<KeyId, NetworkKey>);

impl Keyring {
    /// A keyring without keys. It opens and seals nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds keys, such as those a neighbour sent. Says whether one of them is new and was kept:
    /// then the neighbours should hear of it.
    pub fn merge(&mut self, keys: impl IntoIterator<Item = NetworkKey>) -> bool {
        let mut grew = false;
        for key in keys {
            grew |= self.add(key);
        }
        grew
    }

    /// The key to seal under; `None` when there is none.
    #[must_use]
    pub fn lowest(&self) -> Option<&NetworkKey> {
        self.0.values().next()
    }

    /// The keys, lowest id first.
    pub fn iter(&self) -> impl Iterator<Item = &NetworkKey> {
        self.0.values()
    }

    fn add(&mut self, key: NetworkKey) -> bool {
        let id = key.id();
        if self.0.contains_key(&id) {
            return false;
        }
        self.0.insert(id, key);
        while self.0.len() > MAX_KEYS {
            self.0.pop_last();
        }
        self.0.contains_key(&id)
    }
}

impl FromIterator<NetworkKey> for Keyring {
    fn from_iter<I: IntoIterator<Item = NetworkKey>>(keys: I) -> Self {
        let mut keyring = Self::new();
        keyring.merge(keys);
        keyring
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(n: u8) -> NetworkKey {
        NetworkKey::new([n; 32])
    }

    #[test]
    fn a_keyring_grows_only_by_keys_it_did_not_have() {
        let mut keyring = Keyring::new();
        assert!(keyring.merge([key(1), key(2)]));
        assert!(!keyring.merge([key(2), key(1)]));
        assert!(keyring.merge([key(3), key(1)]));
        assert!(!keyring.merge([]));
        assert_eq!(keyring.iter().count(), 3);
    }

    #[test]
    fn a_full_keyring_keeps_the_lowest_ids() {
        let mut keys: Vec<_> = (0..100).map(key).collect();
        keys.sort_by_key(NetworkKey::id);
        let (low, high) = keys.split_at(70);

        let mut keyring: Keyring = low[1..].iter().cloned().collect();
        assert!(keyring.iter().eq(&low[1..65]));
        assert!(!keyring.merge(high.to_vec()), "too high to be kept");
        assert!(keyring.merge([low[0].clone()]), "pushes out the highest");
        assert!(keyring.iter().eq(&low[..64]));
        assert_eq!(keyring.lowest(), Some(&low[0]));
    }

    proptest! {
        #[test]
        fn in_whatever_order_keys_come_the_keyring_is_the_same(
            keys in Just((0..80).collect::<Vec<u8>>()).prop_shuffle()
        ) {
            let keyring: Keyring = keys.into_iter().map(key).collect();
            prop_assert_eq!(keyring, (0..80).map(key).collect());
        }
    }
}
