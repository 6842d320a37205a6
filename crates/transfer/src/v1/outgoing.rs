//! What to send, in which chunk, under which message id.

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::{CHUNK, MAX_FILE, chunk_count, chunk_len};

/// The plan for sending one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outgoing {
    file_id: Uuid,
    size: u64,
}

/// One chunk of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Its place among the chunks.
    pub index: u64,
    /// Where its bytes start in the file.
    pub offset: u64,
    /// How many bytes it has; at most 8192.
    pub len: usize,
    /// The id of the message that carries it, the same towards every recipient.
    pub message_id: Uuid,
}

impl Outgoing {
    /// A plan for a file of `size` bytes; `None` beyond [`MAX_FILE`].
    #[must_use]
    pub fn new(file_id: Uuid, size: u64) -> Option<Self> {
        (size <= MAX_FILE).then_some(Self { file_id, size })
    }

    /// The `total_chunks` of the file's metadata; never 0.
    #[must_use]
    pub fn total_chunks(&self) -> u64 {
        chunk_count(self.size)
    }

    /// One chunk; `None` past the last.
    #[must_use]
    pub fn chunk(&self, index: u64) -> Option<Chunk> {
        let len = usize::try_from(chunk_len(self.size, index)).ok()?;
        (index < self.total_chunks()).then(|| Chunk {
            index,
            offset: index * CHUNK,
            len,
            message_id: chunk_message_id(self.file_id, index),
        })
    }

    /// Every chunk, first to last.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk> {
        (0..).map_while(|index| self.chunk(index))
    }
}

/// The message id of a chunk: the same whenever and to whomever it is sent, so that nodes which
/// get it on several paths know it for one message. It has the form of a random UUID.
#[must_use]
pub fn chunk_message_id(file_id: Uuid, index: u64) -> Uuid {
    let digest = Sha256::new()
        .chain_update(b"gossamer classic chunk\0")
        .chain_update(file_id.as_bytes())
        .chain_update(index.to_be_bytes())
        .finalize();
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(digest)
        .for_each(|(to, from)| *to = from);
    Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const FILE: Uuid = Uuid::from_u128(0x1234);

    fn plan(size: u64) -> Outgoing {
        Outgoing::new(FILE, size).unwrap()
    }

    #[test]
    fn an_empty_file_is_one_empty_chunk() {
        assert_eq!(plan(0).total_chunks(), 1);
        assert_eq!(plan(0).chunk(0).unwrap().len, 0);
        assert_eq!(plan(0).chunk(1), None);
    }

    #[test]
    fn the_last_chunk_holds_the_rest() {
        for (size, lens) in [
            (1, vec![1]),
            (8192, vec![8192]),
            (8193, vec![8192, 1]),
            (20_000, vec![8192, 8192, 3616]),
        ] {
            let chunks: Vec<_> = plan(size).chunks().map(|chunk| chunk.len).collect();
            assert_eq!(chunks, lens);
        }
    }

    #[test]
    fn a_file_too_large_has_no_plan() {
        assert!(Outgoing::new(FILE, MAX_FILE).is_some());
        assert_eq!(Outgoing::new(FILE, MAX_FILE + 1), None);
    }

    #[test]
    fn message_ids_are_stable_and_differ_by_file_and_chunk() {
        let id = chunk_message_id(FILE, 0);
        assert_eq!(id, chunk_message_id(FILE, 0));
        assert_eq!(id.get_version_num(), 4);
        let others = [
            chunk_message_id(FILE, 1),
            chunk_message_id(Uuid::from_u128(7), 0),
        ];
        assert_eq!(BTreeSet::from_iter(others.into_iter().chain([id])).len(), 3);
    }

    proptest! {
        #[test]
        fn chunks_cover_the_file_without_gap_or_overlap(size in 0u64..2_000_000) {
            let mut end = 0;
            for chunk in plan(size).chunks() {
                prop_assert_eq!(chunk.offset, end);
                end += chunk.len as u64;
            }
            prop_assert_eq!(end, size);
        }
    }
}
