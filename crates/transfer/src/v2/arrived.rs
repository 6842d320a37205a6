//! What is known to have arrived of a file, and its form in the [notes](super::notes) beside a part.

use std::ops::Range;

use gossamer_crypto::FileId;

use super::{ChunkHash, HashList, Plan, hashes::HASH};
use crate::ranges::Ranges;

/// The bytes before a record's body: how long that is.
const LENGTH: usize = 4;
/// The bytes after it: a hash over it, its place, and the file. What a crash left of a record, and one that
/// belongs elsewhere, is told by it from a whole one.
const CHECK: usize = 16;
/// The bytes of a range of chunks: its first, and the first after it.
const RANGE: usize = 8;

/// Hashes that were listed, without a gap from the first, and chunks that are in the part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Arrived {
    pub(super) list: HashList,
    pub(super) held: Ranges,
}

/// What was not noted yet: it follows what was.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    pub(super) hashes: Vec<ChunkHash>,
    pub(super) held: Ranges,
}

impl Arrived {
    /// Bytes of the file that are here.
    pub(super) fn bytes(&self, plan: &Plan) -> u64 {
        self.held.iter().map(|held| plan.bytes(&held)).sum()
    }

    /// Adds what has been noted.
    pub(super) fn add(&mut self, fresh: &Fresh) {
        fresh.hashes.iter().for_each(|hash| self.list.push(*hash));
        fresh.held.iter().flatten().for_each(|chunk| {
            self.held.insert(chunk);
        });
    }

    /// Reads records one after the other, up to the first that is not whole or cannot be. Gives how
    /// many bytes were read.
    pub(super) fn read(file: FileId, plan: &Plan, bytes: &[u8]) -> (Self, usize) {
        let mut arrived = Self::default();
        let mut rest = bytes;
        while let Some((fresh, after)) = next(file, plan, arrived.list.len(), rest)
            && arrived.take(&fresh, plan)
        {
            rest = after;
        }
        (arrived, bytes.len() - rest.len())
    }

    /// Adds what a record says; false when it cannot be.
    fn take(&mut self, fresh: &Fresh, plan: &Plan) -> bool {
        let listed = u64::from(self.list.len()) + fresh.hashes.len() as u64;
        let end = fresh.held.iter().last().map(|held| held.end);
        let is_possible = listed <= plan.chunks().into() && end.is_none_or(|end| end <= listed);
        if is_possible {
            self.add(fresh);
        }
        is_possible
    }
}

impl Fresh {
    pub(super) fn is_empty(&self) -> bool {
        self.hashes.is_empty() && self.held.iter().next().is_none()
    }

    /// A record of it, where so many hashes were noted before.
    pub(super) fn record(&self, file: FileId, plan: &Plan, listed: u32) -> Vec<u8> {
        let mut body = Vec::with_capacity(LENGTH + self.hashes.len() * HASH);
        body.extend((self.hashes.len() as u32).to_be_bytes());
        body.extend(self.hashes.as_flattened());
        for Range { start, end } in self.held.iter() {
            // Chunks are numbered by `u32`.
            body.extend((start as u32).to_be_bytes());
            body.extend((end as u32).to_be_bytes());
        }
        let mut record = (body.len() as u32).to_be_bytes().to_vec();
        record.extend(&body);
        record.extend(check(file, plan, listed, &body));
        record
    }

    /// What a body says of a file of so many chunks.
    fn read(body: &[u8], chunks: u32) -> Option<Self> {
        let (count, rest) = body.split_first_chunk()?;
        let count = u32::from_be_bytes(*count) as usize;
        let (hashes, rest) = rest.split_at_checked(count.checked_mul(HASH)?)?;
        let (ranges, []) = rest.as_chunks::<RANGE>() else {
            return None;
        };
        let mut held = Ranges::default();
        for [a, b, c, d, e, f, g, h] in ranges {
            let start = u32::from_be_bytes([*a, *b, *c, *d]);
            let end = u32::from_be_bytes([*e, *f, *g, *h]);
            (end <= chunks).then_some(())?;
            (start..end).for_each(|chunk| {
                held.insert(chunk.into());
            });
        }
        let hashes = hashes.as_chunks::<HASH>().0.to_vec();
        Some(Self { hashes, held })
    }
}

/// The most that honest notes of a file have, in bytes: the records of one chunk each.
pub(super) fn longest(plan: &Plan) -> u64 {
    let record = LENGTH + LENGTH + HASH + RANGE + CHECK;
    // A hash and its chunk may be noted apart.
    2 * record as u64 * (1 + u64::from(plan.chunks()))
}

/// The next whole record, and what follows it.
fn next<'a>(file: FileId, plan: &Plan, listed: u32, bytes: &'a [u8]) -> Option<(Fresh, &'a [u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
    let (body, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    let (checked, rest) = rest.split_first_chunk::<CHECK>()?;
    (*checked == check(file, plan, listed, body)).then_some(())?;
    Some((Fresh::read(body, plan.chunks())?, rest))
}

fn check(file: FileId, plan: &Plan, listed: u32, body: &[u8]) -> [u8; CHECK] {
    let mut hasher = blake3::Hasher::new_derive_key("gossamer2 part note");
    hasher.update(file.as_bytes());
    hasher.update(&plan.size().to_be_bytes());
    hasher.update(&listed.to_be_bytes());
    hasher.update(body);
    let mut check = [0; CHECK];
    hasher.finalize_xof().fill(&mut check);
    check
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::v2::CHUNK;

    const FILE: FileId = FileId::new([7; 16]);

    fn plan() -> Plan {
        Plan::new(9 * CHUNK + 5).unwrap()
    }

    fn fresh(hashes: usize, held: &[u64]) -> Fresh {
        let mut ranges = Ranges::default();
        held.iter().for_each(|chunk| {
            ranges.insert(*chunk);
        });
        Fresh {
            hashes: (0..hashes).map(|n| [n as u8; HASH]).collect(),
            held: ranges,
        }
    }

    /// Notes of these, one record after the other.
    fn notes(records: &[Fresh]) -> Vec<u8> {
        let mut listed = 0;
        let mut bytes = Vec::new();
        for fresh in records {
            bytes.extend(fresh.record(FILE, &plan(), listed));
            listed += fresh.hashes.len() as u32;
        }
        bytes
    }

    fn held(arrived: &Arrived) -> Vec<u64> {
        arrived.held.iter().flatten().collect()
    }

    #[test]
    fn what_was_noted_is_read_again() {
        let records = [fresh(3, &[0, 2]), fresh(0, &[1]), fresh(7, &[9])];
        let bytes = notes(&records);
        let (arrived, read) = Arrived::read(FILE, &plan(), &bytes);
        assert_eq!(read, bytes.len());
        assert_eq!((arrived.list.len(), held(&arrived)), (10, vec![0, 1, 2, 9]));
        assert_eq!(arrived.bytes(&plan()), 3 * CHUNK + 5);
        assert!(bytes.len() as u64 <= longest(&plan()));
    }

    #[test]
    fn a_record_that_was_cut_off_or_damaged_ends_the_notes_before_it() {
        let records = [fresh(3, &[0, 2]), fresh(2, &[3])];
        let (first, all) = (notes(&records[..1]).len(), notes(&records));
        for len in first..all.len() {
            let (arrived, read) = Arrived::read(FILE, &plan(), &all[..len]);
            assert_eq!((read, held(&arrived)), (first, vec![0, 2]));
        }
        for damaged in first..all.len() {
            let mut bytes = all.clone();
            bytes[damaged] ^= 1;
            let (arrived, read) = Arrived::read(FILE, &plan(), &bytes);
            assert_eq!((read, held(&arrived)), (first, vec![0, 2]), "{damaged}");
        }
    }

    #[test]
    fn notes_of_another_file_or_out_of_their_order_say_nothing() {
        let bytes = notes(&[fresh(3, &[0])]);
        let other = FileId::new([8; 16]);
        assert_eq!(Arrived::read(other, &plan(), &bytes).1, 0);
        let longer = Plan::new(10 * CHUNK).unwrap();
        assert_eq!(Arrived::read(FILE, &longer, &bytes).1, 0);
        let twice = [&bytes[..], &bytes].concat();
        assert_eq!(Arrived::read(FILE, &plan(), &twice).1, bytes.len());
    }

    #[test]
    fn a_chunk_that_is_not_listed_or_not_there_is_not_held() {
        for impossible in [fresh(3, &[3]), fresh(11, &[0]), fresh(0, &[0])] {
            let (arrived, read) = Arrived::read(FILE, &plan(), &notes(&[impossible]));
            assert_eq!((read, arrived), (0, Arrived::default()));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Arrived::read(FILE, &plan(), &bytes);
            let _ = Fresh::read(&bytes, 10);
        }
    }
}
