//! "Seen before?", exactly and within bounds.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

/// A set of ids in two generations: when the younger is full it becomes the elder, and the elder
/// is forgotten. Exact for the newest `capacity` ids: no false positive ever, since one would be
/// a lost message.
#[derive(Debug)]
pub(crate) struct Known {
    capacity: usize,
    young: BTreeSet<u128>,
    old: BTreeSet<u128>,
}

impl Known {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            young: BTreeSet::new(),
            old: BTreeSet::new(),
        }
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        let key = key(id);
        self.young.contains(&key) || self.old.contains(&key)
    }

    /// Remembers `id`; false when it was known already.
    pub(crate) fn insert(&mut self, id: &str) -> bool {
        if self.contains(id) {
            return false;
        }
        if self.young.len() >= self.capacity {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key(id))
    }
}

/// Ids are short strings that peers choose; their hash has one size and cannot be made to collide.
fn key(id: &str) -> u128 {
    let digest: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    let mut half = [0; 16];
    half.iter_mut()
        .zip(digest)
        .for_each(|(to, from)| *to = from);
    u128::from_be_bytes(half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_ids_stay_known_and_memory_stays_bounded() {
        let mut known = Known::new(100);
        for n in 0..1000 {
            assert!(known.insert(&n.to_string()));
            assert!(!known.insert(&n.to_string()));
            assert!(known.young.len() + known.old.len() <= 200);
        }
        assert!((900..1000).all(|n| known.contains(&n.to_string())));
        assert!(!known.contains("0"));
    }
}
