//! What arrives of a file, held against what its sender claims of it.

use std::ops::Range;

use super::{CHUNK, MAX_FILE, chunk_count, chunk_len};
use crate::ranges::Ranges;

/// What a sender claims of a file, found consistent. Every chunk repeats the claims: one whose
/// claims differ from the first chunk's does not belong to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    size: u64,
    sha256: [u8; 32],
}

/// Claims that cannot all be true, or ask for too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// Nobody sends this over a classic network.
    #[error("it is said to have {0} bytes, more than {MAX_FILE} are not accepted")]
    TooLarge(u64),
    /// The number of chunks does not follow from the size.
    #[error("it is said to come in {claimed} parts where its size makes {expected}")]
    WrongCount {
        /// What the sender says.
        claimed: u64,
        /// What follows from the size.
        expected: u64,
    },
    /// The hash is not 64 hexadecimal digits.
    #[error("its checksum is not a SHA-256")]
    BadHash,
}

/// A chunk that cannot be part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// There is no such chunk.
    #[error("part {index} of a file in {total} parts")]
    BadIndex {
        /// What the sender says.
        index: u64,
        /// How many chunks there are.
        total: u64,
    },
    /// The chunk has too few or too many bytes for its place.
    #[error("{got} bytes in part {index}, which has {expected}")]
    BadLength {
        /// The chunk.
        index: u64,
        /// What follows from the size.
        expected: u64,
        /// What arrived.
        got: u64,
    },
}

/// Where a chunk belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// It is new: write its bytes here.
    At(u64),
    /// It was here before: drop it.
    Duplicate,
}

/// What has arrived of one file. Its memory follows what arrived, not what is claimed.
#[derive(Debug, Clone)]
pub struct Incoming {
    claims: Claims,
    chunks: Ranges,
    bytes: u64,
}

impl Claims {
    /// Holds a sender's claims against each other.
    ///
    /// # Errors
    /// Names the claim that is wrong; the file is then refused as a whole.
    pub fn check(size: u64, total_chunks: u64, sha256: &str) -> Result<Self, ClaimError> {
        if size > MAX_FILE {
            return Err(ClaimError::TooLarge(size));
        }
        let expected = chunk_count(size);
        if total_chunks != expected {
            return Err(ClaimError::WrongCount {
                claimed: total_chunks,
                expected,
            });
        }
        let sha256 = parse_sha256(sha256).ok_or(ClaimError::BadHash)?;
        Ok(Self { size, sha256 })
    }

    /// The file's size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The SHA-256 of the whole file.
    #[must_use]
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }
}

impl Incoming {
    /// Begins a file of which nothing has arrived.
    #[must_use]
    pub fn begin(claims: Claims) -> Self {
        Self {
            claims,
            chunks: Ranges::default(),
            bytes: 0,
        }
    }

    /// What the sender claims.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Takes a chunk of `len` bytes into account and says where they belong. The first chunk of
    /// an index wins.
    ///
    /// # Errors
    /// When the chunk cannot be part of the file; nothing has changed then.
    pub fn accept_chunk(&mut self, index: u64, len: usize) -> Result<Placement, ChunkError> {
        let total = chunk_count(self.claims.size);
        if index >= total {
            return Err(ChunkError::BadIndex { index, total });
        }
        let expected = chunk_len(self.claims.size, index);
        let got = len as u64;
        if got != expected {
            return Err(ChunkError::BadLength {
                index,
                expected,
                got,
            });
        }
        if !self.chunks.insert(index) {
            return Ok(Placement::Duplicate);
        }
        self.bytes += got;
        Ok(Placement::At(index * CHUNK))
    }

    /// How many bytes have arrived.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether every chunk has arrived.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing().next().is_none()
    }

    /// The chunks that have not arrived, lowest first.
    pub fn missing(&self) -> impl Iterator<Item = Range<u64>> {
        self.chunks.missing(chunk_count(self.claims.size))
    }
}

fn parse_sha256(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let value = nibble(*high)? << 4 | nibble(*low)?;
        *byte = u8::try_from(value).ok()?;
    }
    Some(hash)
}

fn nibble(digit: u8) -> Option<u32> {
    char::from(digit).to_digit(16)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HASH: &str = "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100";

    fn file_of(size: u64) -> Incoming {
        Incoming::begin(Claims::check(size, chunk_count(size), HASH).unwrap())
    }

    #[test]
    fn chunks_may_come_in_any_order_and_twice() {
        let mut file = file_of(20_000);
        assert_eq!(file.accept_chunk(2, 3616), Ok(Placement::At(16_384)));
        assert_eq!(file.accept_chunk(0, 8192), Ok(Placement::At(0)));
        assert_eq!(file.accept_chunk(0, 8192), Ok(Placement::Duplicate));
        assert!(file.missing().eq(Some(1..2)));
        assert_eq!(file.bytes(), 11_808);
        assert!(!file.is_complete());
        assert_eq!(file.accept_chunk(1, 8192), Ok(Placement::At(8192)));
        assert!(file.is_complete());
        assert_eq!(file.bytes(), 20_000);
    }

    #[test]
    fn an_empty_file_arrives_with_its_one_chunk() {
        let mut file = file_of(0);
        assert!(!file.is_complete());
        assert_eq!(file.accept_chunk(0, 0), Ok(Placement::At(0)));
        assert!(file.is_complete());
    }

    #[test]
    fn a_chunk_that_does_not_fit_is_refused() {
        let mut file = file_of(20_000);
        for index in [3, u64::MAX] {
            let refused = file.accept_chunk(index, 8192);
            assert_eq!(refused, Err(ChunkError::BadIndex { index, total: 3 }));
        }
        for (index, len) in [(0, 0), (0, 8191), (2, 8192), (2, 3617)] {
            let refused = file.accept_chunk(index, len);
            assert!(matches!(refused, Err(ChunkError::BadLength { .. })));
        }
        assert_eq!(file.bytes(), 0);
    }

    #[test]
    fn claims_that_contradict_each_other_are_refused() {
        for (size, total, expected) in [(0, 0, 1), (8192, 2, 1), (8193, 1, 2), (10, u64::MAX, 1)] {
            assert_eq!(
                Claims::check(size, total, HASH),
                Err(ClaimError::WrongCount {
                    claimed: total,
                    expected
                })
            );
        }
        for size in [MAX_FILE + 1, u64::MAX] {
            let refused = Claims::check(size, chunk_count(size), HASH);
            assert_eq!(refused, Err(ClaimError::TooLarge(size)));
        }
        for hash in ["", "00", &HASH[1..], &"zz".repeat(32), &"é".repeat(32)] {
            assert_eq!(Claims::check(1, 1, hash), Err(ClaimError::BadHash));
        }
    }

    #[test]
    fn a_hash_may_be_written_in_either_case() {
        let claims = Claims::check(1, 1, HASH).unwrap();
        assert_eq!(Claims::check(1, 1, &HASH.to_lowercase()), Ok(claims));
        assert_eq!(claims.sha256()[..2], [0x00, 0x11]);
    }

    proptest! {
        #[test]
        fn any_order_completes_exactly_at_the_last_chunk(
            order in (0u64..100_000).prop_flat_map(|size| {
                let indices: Vec<u64> = (0..chunk_count(size)).collect();
                (Just(size), Just(indices).prop_shuffle())
            })
        ) {
            let (size, indices) = order;
            let mut file = file_of(size);
            for index in indices {
                prop_assert!(!file.is_complete());
                let len = usize::try_from(chunk_len(size, index)).unwrap();
                prop_assert_eq!(file.accept_chunk(index, len), Ok(Placement::At(index * CHUNK)));
            }
            prop_assert!(file.is_complete());
            prop_assert_eq!(file.bytes(), size);
        }

        #[test]
        fn no_claim_or_chunk_panics(
            size: u64, total: u64, hash in "\\PC{0,70}", index: u64, len: usize
        ) {
            if Claims::check(size, total, &hash).is_err() {
                let size = size % MAX_FILE;
                let claims = Claims::check(size, chunk_count(size), HASH).unwrap();
                let _ = Incoming::begin(claims).accept_chunk(index, len);
            }
        }
    }
}
