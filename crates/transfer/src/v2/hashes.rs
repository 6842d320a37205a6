//! The list of a file's hashes, which grows with the transfer.

use std::ops::Range;

/// The BLAKE3 of a sealed chunk.
pub type ChunkHash = [u8; HASH];

/// Its bytes.
pub(super) const HASH: usize = 32;

/// Hashes in one HASHES frame, so that it stays below 64 KiB.
pub const HASHES_IN_FRAME: usize = 1_900;

/// The hashes of a file's sealed chunks, from the first without a gap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HashList(Vec<ChunkHash>);

impl HashList {
    /// How many hashes are known.
    #[must_use]
    pub fn len(&self) -> u32 {
        // An index is a `u32`, and no hash is added past the last chunk.
        self.0.len() as u32
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The hash of one chunk.
    #[must_use]
    pub fn get(&self, index: u32) -> Option<&ChunkHash> {
        self.0.get(index as usize)
    }

    /// Adds the hash of the next chunk.
    pub fn push(&mut self, hash: ChunkHash) {
        self.0.push(hash);
    }

    /// Those of a range that are known.
    #[must_use]
    pub fn range(&self, range: Range<u32>) -> &[ChunkHash] {
        let end = range.end.min(self.len());
        let start = range.start.min(end);
        self.0.get(start as usize..end as usize).unwrap_or_default()
    }

    /// What CLOSE says of a whole list (docs/protocol-v2.md 9.5).
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("gossamer2 file root");
        self.0.iter().for_each(|hash| {
            hasher.update(hash);
        });
        hasher.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_depends_on_every_hash_and_their_order() {
        let list = |hashes: &[u8]| HashList(hashes.iter().map(|byte| [*byte; 32]).collect());
        let root = list(&[1, 2]).root();
        for other in [&[2, 1][..], &[1], &[1, 2, 3], &[]] {
            assert_ne!(list(other).root(), root);
        }
        assert_eq!(
            root,
            blake3::derive_key("gossamer2 file root", &[[1; 32], [2; 32]].concat())
        );
    }

    #[test]
    fn a_range_past_the_end_is_cut() {
        let mut list = HashList::default();
        list.push([1; 32]);
        list.push([2; 32]);
        assert_eq!(list.range(1..9), [[2; 32]]);
        assert!(list.range(5..9).is_empty());
    }
}
