//! How a file is cut into chunks, and its chunks into segments.

use std::ops::Range;

/// The largest file that is sent or taken: 1 TiB, so that an index fits into 20 bits and the list
/// of hashes into 32 MiB.
pub const MAX_FILE: u64 = 1 << 40;

/// The bytes in every chunk but the last of a file below [`LARGE_FILE`].
pub const CHUNK: u64 = 256 << 10;

/// The bytes in every chunk but the last from [`LARGE_FILE`] up.
pub const LARGE_CHUNK: u64 = 1 << 20;

/// Files of this size and up are cut into large chunks.
pub const LARGE_FILE: u64 = 4 << 30;

/// The chunks that one WANT is about: its bitmap has 8 KiB at most.
pub const SEGMENT: u32 = 65_536;

/// More than [`MAX_FILE`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is said to have {0} bytes, more than {MAX_FILE} are not accepted")]
pub struct TooLarge(pub u64);

/// How a file of one size is cut (docs/protocol-v2.md 9.1). An empty file has no chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    size: u64,
    chunk: u64,
    chunks: u32,
}

impl Plan {
    /// The plan for a file of `size` bytes.
    ///
    /// # Errors
    /// Beyond [`MAX_FILE`].
    pub fn new(size: u64) -> Result<Self, TooLarge> {
        if size > MAX_FILE {
            return Err(TooLarge(size));
        }
        let chunk = if size < LARGE_FILE {
            CHUNK
        } else {
            LARGE_CHUNK
        };
        let chunks = u32::try_from(size.div_ceil(chunk)).map_err(|_| TooLarge(size))?;
        Ok(Self {
            size,
            chunk,
            chunks,
        })
    }

    /// The file's size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How many chunks there are.
    #[must_use]
    pub fn chunks(&self) -> u32 {
        self.chunks
    }

    /// The bytes in every chunk but the last.
    #[must_use]
    pub fn chunk_size(&self) -> usize {
        // At most 1 MiB.
        self.chunk as usize
    }

    /// Where a chunk starts in the file, and how many bytes it has; `None` past the last.
    #[must_use]
    pub fn place(&self, index: u32) -> Option<(u64, usize)> {
        if index >= self.chunks {
            return None;
        }
        let offset = u64::from(index) * self.chunk;
        let len = self.size.saturating_sub(offset).min(self.chunk);
        Some((offset, len as usize))
    }

    /// The bytes in these chunks, as far as they are there.
    #[must_use]
    pub fn bytes(&self, chunks: &Range<u64>) -> u64 {
        let place = |chunk: u64| chunk.saturating_mul(self.chunk).min(self.size);
        place(chunks.end).saturating_sub(place(chunks.start))
    }

    /// The chunks of a segment. Segment 0 is there even in an empty file; `None` past the last.
    #[must_use]
    pub fn segment(&self, segment: u32) -> Option<Range<u32>> {
        let start = segment.checked_mul(SEGMENT)?;
        let exists = segment == 0 || start < self.chunks;
        exists.then(|| start..start.saturating_add(SEGMENT).min(self.chunks))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plan(size: u64) -> Plan {
        Plan::new(size).unwrap()
    }

    #[test]
    fn an_empty_file_has_a_segment_without_chunks() {
        assert_eq!(plan(0).chunks(), 0);
        assert_eq!(plan(0).place(0), None);
        assert_eq!(plan(0).segment(0), Some(0..0));
        assert_eq!(plan(0).segment(1), None);
    }

    #[test]
    fn chunks_grow_at_four_gibibytes() {
        assert_eq!(plan(LARGE_FILE - 1).chunks(), 16_384);
        assert_eq!(plan(LARGE_FILE).chunks(), 4096);
        assert_eq!(plan(LARGE_FILE).place(4095), Some((4095 << 20, 1 << 20)));
    }

    #[test]
    fn the_largest_file_has_sixteen_segments() {
        assert_eq!(plan(MAX_FILE).chunks(), 1 << 20);
        assert_eq!(plan(MAX_FILE).segment(15), Some(983_040..1_048_576));
        assert_eq!(plan(MAX_FILE).segment(16), None);
        assert_eq!(plan(MAX_FILE).segment(u32::MAX), None);
        assert_eq!(Plan::new(MAX_FILE + 1), Err(TooLarge(MAX_FILE + 1)));
    }

    proptest! {
        #[test]
        fn chunks_cover_the_file_without_gap_or_overlap(size in 0u64..64 << 20) {
            let plan = plan(size);
            let mut end = 0;
            for index in 0..plan.chunks() {
                let (offset, len) = plan.place(index).unwrap();
                prop_assert_eq!(offset, end);
                prop_assert!(len > 0 && len <= plan.chunk_size());
                end += len as u64;
            }
            prop_assert_eq!(end, size);
            prop_assert_eq!(plan.bytes(&(0..u64::MAX)), size);
            prop_assert_eq!(plan.place(plan.chunks()), None);
        }
    }
}
