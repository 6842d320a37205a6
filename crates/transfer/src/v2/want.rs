//! What a receiver asks for.

use gossamer_crypto::FileId;

use super::{Plan, SEGMENT};

/// The bytes of the largest bitmap.
pub(super) const MAX_BITMAP: usize = SEGMENT as usize / 8;

/// Some chunks of one segment (docs/protocol-v2.md 9.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// The file.
    pub file: FileId,
    /// Which segment of 65 536 chunks.
    pub segment: u32,
    /// How many hashes of the list the receiver has.
    pub listed: u32,
    /// Bit `i % 8` of byte `i / 8` stands for the segment's chunk `i`; bytes of zeros at the end
    /// may be missing.
    pub bitmap: Vec<u8>,
}

/// A WANT for what the file does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more is wanted than there is in the file")]
pub struct BadWant;

impl Want {
    /// Asks for the chunks of a segment that `missing` is true for.
    pub(super) fn new(
        file: FileId,
        segment: u32,
        listed: u32,
        plan: &Plan,
        missing: impl Fn(u32) -> bool,
    ) -> Self {
        let chunks = plan.segment(segment).unwrap_or_default();
        let mut bitmap = vec![0_u8; chunks.len().div_ceil(8)];
        for (bits, byte) in (chunks.start..).step_by(8).zip(&mut bitmap) {
            let wanted = (0..8).filter(|bit| bits + bit < chunks.end && missing(bits + bit));
            *byte = wanted.fold(0, |byte, bit| byte | 1 << bit);
        }
        Self {
            file,
            segment,
            listed,
            bitmap,
        }
    }

    /// Holds it against the file.
    ///
    /// # Errors
    /// When it asks for a segment, a chunk or a hash that the file does not have.
    pub fn check(&self, plan: &Plan) -> Result<(), BadWant> {
        let chunks = plan.segment(self.segment).ok_or(BadWant)?;
        if self.listed > plan.chunks() || self.chunks().any(|index| index >= chunks.end) {
            return Err(BadWant);
        }
        Ok(())
    }

    /// Whether a chunk is wanted.
    #[must_use]
    pub fn has(&self, index: u32) -> bool {
        let start = self.segment.saturating_mul(SEGMENT);
        let Some(bit) = index.checked_sub(start) else {
            return false;
        };
        let byte = self.bitmap.get(bit as usize / 8);
        byte.is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
    }

    /// The bytes that the receiver seems to have. It asks for the first segment with a gap; of those
    /// behind it nothing is known.
    pub(super) fn has_already(&self, plan: &Plan) -> u64 {
        let Some(segment) = plan.segment(self.segment) else {
            return 0;
        };
        let mut wanted = self.chunks().peekable();
        if wanted.peek().is_none() {
            return plan.size();
        }
        let wanted = wanted.map(u64::from);
        let wanted: u64 = wanted.map(|index| plan.bytes(&(index..index + 1))).sum();
        plan.bytes(&(0..segment.end.into())).saturating_sub(wanted)
    }

    /// The wanted chunks, lowest first.
    pub fn chunks(&self) -> impl DoubleEndedIterator<Item = u32> {
        let start = self.segment.saturating_mul(SEGMENT);
        let end = start.saturating_add(8 * self.bitmap.len() as u32);
        (start..end).filter(|index| self.has(*index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: FileId = FileId::new([7; 16]);

    #[test]
    fn a_want_names_what_is_missing() {
        let plan = Plan::new(20 << 18).unwrap();
        let want = Want::new(FILE, 0, 0, &plan, |index| index % 3 == 0);
        assert_eq!(want.bitmap.len(), 3);
        assert!(want.chunks().eq([0, 3, 6, 9, 12, 15, 18]));
        assert_eq!(want.check(&plan), Ok(()));
    }

    #[test]
    fn a_later_segment_counts_from_its_start() {
        let plan = Plan::new(100_000 << 20).unwrap();
        let want = Want::new(FILE, 1, 70_000, &plan, |_| true);
        assert!(want.chunks().eq(SEGMENT..100_000));
        assert!(!want.has(0) && !want.has(100_000));
    }

    #[test]
    fn what_is_not_wanted_is_there() {
        let plan = Plan::new((100_000 << 20) - 5).unwrap();
        let has = |segment, missing: fn(u32) -> bool| {
            Want::new(FILE, segment, 0, &plan, missing).has_already(&plan)
        };
        assert_eq!(has(0, |_| true), 0);
        assert_eq!(has(0, |index| index > 2), 3 << 20);
        assert_eq!(has(1, |index| index == 99_999), 99_999 << 20);
        assert_eq!(has(0, |_| false), plan.size(), "only the list is lacking");
    }

    #[test]
    fn nothing_past_the_end_can_be_wanted() {
        let plan = Plan::new(20 << 18).unwrap();
        let want = |segment, listed, bitmap: &[u8]| Want {
            file: FILE,
            segment,
            listed,
            bitmap: bitmap.to_vec(),
        };
        assert_eq!(want(0, 20, &[0xff, 0xff, 0x0f]).check(&plan), Ok(()));
        assert_eq!(want(0, 0, &[0, 0, 0, 0]).check(&plan), Ok(()));
        for bad in [
            want(0, 0, &[0, 0, 0x10]),
            want(0, 0, &[0, 0, 0, 1]),
            want(0, 21, &[]),
            want(1, 0, &[1]),
            want(u32::MAX, 0, &[1]),
        ] {
            assert_eq!(bad.check(&plan), Err(BadWant), "{bad:?}");
        }
    }
}
