//! What arrives of a file, held against what its sender listed.

use std::ops::Range;

use gossamer_crypto::{FileId, Sealer};

use super::{BadFrame, ChunkHash, Close, HashList, Plan, TooLarge, Want, arrived::Arrived};
use crate::ranges::Ranges;

/// What no honest sender sends. Nothing else is taken from it for this file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misbehaved {
    /// Bytes that are no frame.
    #[error(transparent)]
    Frame(#[from] BadFrame),
    /// A frame that has no place here.
    #[error("a frame of type {0} out of place")]
    OutOfPlace(u8),
    /// There is no such chunk.
    #[error("chunk {index} of a file in {chunks}")]
    BadIndex {
        /// What the sender says.
        index: u32,
        /// How many chunks there are.
        chunks: u32,
    },
    /// The chunk has too few or too many bytes for its place.
    #[error("{got} sealed bytes in chunk {index}, which has {expected}")]
    BadLength {
        /// The chunk.
        index: u32,
        /// What follows from the size.
        expected: usize,
        /// What arrived.
        got: usize,
    },
    /// The chunk is here already.
    #[error("chunk {0} a second time")]
    Duplicate(u32),
    /// The chunk was not asked for.
    #[error("chunk {0}, which was not wanted")]
    Unwanted(u32),
    /// The chunk came before its hash.
    #[error("chunk {0} before its hash")]
    Unlisted(u32),
    /// The chunk is not the one that was listed.
    #[error("chunk {0} is not the one that was listed")]
    WrongHash(u32),
    /// The chunk does not open.
    #[error("chunk {0} was not sealed under the key of the file")]
    Unsealed(u32),
    /// The list of hashes goes on elsewhere than where it ended.
    #[error("hashes from {first} on where {expected} is next")]
    ListOrder {
        /// What the sender says.
        first: u32,
        /// What follows from the hashes so far.
        expected: u32,
    },
    /// The list of hashes has more than the file has chunks.
    #[error("more hashes than the file has chunks")]
    ListTooLong,
    /// The list of hashes is closed too early, differently than before, or is not what it was.
    #[error("the list of hashes is not the one that was closed")]
    BadClose,
}

/// The state of one file that comes in. The driver calls [`want`](Self::want), sends it, and
/// gives it every frame that answers; when [`is_answered`](Self::is_answered), it asks again, until
/// the file [`is_whole`](Self::is_whole). Memory follows what arrived, not what is claimed.
#[derive(Debug, Clone)]
pub struct Incoming {
    file: FileId,
    plan: Plan,
    list: HashList,
    held: Ranges,
    closed: Option<Close>,
    /// The segment asked for last, and how many of its chunks are still to come.
    asked: Option<Want>,
    awaited: usize,
}

/// A chunk that may be written once its bytes are those of the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its place among the chunks.
    pub index: u32,
    /// Where its bytes start in the file.
    pub offset: u64,
    /// The BLAKE3 that its sealed bytes must have.
    pub hash: ChunkHash,
}

impl Incoming {
    /// Begins a file of which nothing has arrived.
    ///
    /// # Errors
    /// Beyond the largest size.
    pub fn begin(file: FileId, size: u64) -> Result<Self, TooLarge> {
        Ok(Self::go_on(file, Plan::new(size)?, Arrived::default()))
    }

    /// Goes on with a file of which this has arrived before, and was checked then.
    pub(super) fn go_on(file: FileId, plan: Plan, arrived: Arrived) -> Self {
        Self {
            file,
            plan,
            list: arrived.list,
            held: arrived.held,
            closed: None,
            asked: None,
            awaited: 0,
        }
    }

    /// What to ask for next: the first segment with a gap, or nothing but the end of the list.
    /// `None` when the file is whole.
    pub fn want(&mut self) -> Option<Want> {
        if self.is_whole() {
            return None;
        }
        let chunks = u64::from(self.plan.chunks());
        let gap = self.held.missing(chunks).next();
        let segment = gap.map_or(0, |Range { start, .. }| start / u64::from(super::SEGMENT));
        let (plan, held) = (&self.plan, &self.held);
        let missing = |index| !held.contains(u64::from(index));
        let listed = self.list.len();
        let want = Want::new(self.file, segment as u32, listed, plan, missing);
        self.awaited = want.chunks().count();
        self.asked = Some(want.clone());
        Some(want)
    }

    /// The list grows.
    ///
    /// # Errors
    /// When it does not go on where it ended, or grows too long; nothing has changed then.
    pub fn hashes(&mut self, first: u32, hashes: &[ChunkHash]) -> Result<(), Misbehaved> {
        let expected = self.list.len();
        if first != expected {
            return Err(Misbehaved::ListOrder { first, expected });
        }
        if hashes.len() > self.plan.chunks().saturating_sub(expected) as usize {
            return Err(Misbehaved::ListTooLong);
        }
        hashes.iter().for_each(|hash| self.list.push(*hash));
        Ok(())
    }

    /// A chunk of `sealed` bytes is here: says where it goes and what it must be. It counts as
    /// held from then on; a driver that finds it to be something else gives up the file.
    ///
    /// # Errors
    /// When it cannot be part of the file or was not wanted; nothing has changed then.
    pub fn chunk(&mut self, index: u32, sealed: usize) -> Result<Placed, Misbehaved> {
        let chunks = self.plan.chunks();
        let place = self.plan.place(index);
        let (offset, len) = place.ok_or(Misbehaved::BadIndex { index, chunks })?;
        let expected = len + Sealer::OVERHEAD;
        if sealed != expected {
            return Err(Misbehaved::BadLength {
                index,
                expected,
                got: sealed,
            });
        }
        if self.held.contains(u64::from(index)) {
            return Err(Misbehaved::Duplicate(index));
        }
        if !self.asked.as_ref().is_some_and(|want| want.has(index)) {
            return Err(Misbehaved::Unwanted(index));
        }
        let hash = *self.list.get(index).ok_or(Misbehaved::Unlisted(index))?;
        self.held.insert(u64::from(index));
        self.awaited = self.awaited.saturating_sub(1);
        Ok(Placed {
            index,
            offset,
            hash,
        })
    }

    /// The list is whole. Every answer says so again once it is.
    ///
    /// # Errors
    /// When it is not, or comes to another root.
    pub fn close(&mut self, close: &Close) -> Result<(), Misbehaved> {
        let chunks = self.plan.chunks();
        let same = self.closed.is_none_or(|earlier| earlier == *close);
        let whole = close.chunks == chunks && self.list.len() == chunks;
        if close.file != self.file || !same || !whole || close.root != self.list.root() {
            return Err(Misbehaved::BadClose);
        }
        self.closed = Some(*close);
        Ok(())
    }

    /// Whether everything that was asked for last is here, so that it is time to ask again.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        let list_only = self.held_all() && self.closed.is_none();
        self.asked.is_some() && self.awaited == 0 && !list_only
    }

    /// Whether every chunk is held, and the list closed over them.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.closed.is_some() && self.held_all()
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> FileId {
        self.file
    }

    fn held_all(&self) -> bool {
        let chunks = u64::from(self.plan.chunks());
        self.held.missing(chunks).next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::v2::{CHUNK, SEGMENT};

    const FILE: FileId = FileId::new([7; 16]);
    const FULL: usize = CHUNK as usize + Sealer::OVERHEAD;

    /// A file of `chunks` whole chunks that has asked for all of them.
    fn asked(chunks: u64) -> Incoming {
        let mut incoming = Incoming::begin(FILE, chunks * CHUNK).unwrap();
        incoming.want().unwrap();
        incoming
    }

    fn hash(index: u32) -> ChunkHash {
        blake3::hash(&index.to_be_bytes()).into()
    }

    fn hashes(range: Range<u32>) -> Vec<ChunkHash> {
        range.map(hash).collect()
    }

    fn close_of(chunks: u32) -> Close {
        let mut list = HashList::default();
        (0..chunks).for_each(|index| list.push(hash(index)));
        Close {
            file: FILE,
            chunks,
            root: list.root(),
        }
    }

    #[test]
    fn a_file_is_whole_once_every_chunk_is_here_and_the_list_is_closed() {
        let mut file = asked(3);
        file.hashes(0, &hashes(0..2)).unwrap();
        assert_eq!(file.chunk(1, FULL).unwrap().offset, CHUNK);
        assert_eq!(file.chunk(0, FULL).unwrap().hash, hash(0));
        file.hashes(2, &hashes(2..3)).unwrap();
        file.chunk(2, FULL).unwrap();
        assert!(
            !file.is_whole() && !file.is_answered(),
            "the list may change yet"
        );
        file.close(&close_of(3)).unwrap();
        assert!(file.is_whole());
        assert_eq!(file.want(), None);
    }

    #[test]
    fn an_empty_file_is_whole_with_its_list() {
        let mut file = asked(0);
        assert!(!file.is_whole());
        file.close(&close_of(0)).unwrap();
        assert!(file.is_whole());
    }

    #[test]
    fn segment_after_segment_is_asked_for() {
        let mut file = Incoming::begin(FILE, (u64::from(SEGMENT) + 1) << 20).unwrap();
        let first = file.want().unwrap();
        assert_eq!((first.segment, first.chunks().count()), (0, 65_536));
        file.hashes(0, &hashes(0..SEGMENT)).unwrap();
        let full = (1 << 20) + Sealer::OVERHEAD;
        for index in 0..SEGMENT {
            assert!(!file.is_answered());
            file.chunk(index, full).unwrap();
        }
        assert!(file.is_answered());
        let second = file.want().unwrap();
        assert_eq!((second.segment, second.listed), (1, SEGMENT));
        assert!(second.chunks().eq([SEGMENT]));
    }

    #[test]
    fn a_chunk_that_cannot_be_is_refused_and_changes_nothing() {
        let mut file = asked(3);
        file.hashes(0, &hashes(0..2)).unwrap();
        let bad_index = Misbehaved::BadIndex {
            index: 3,
            chunks: 3,
        };
        assert_eq!(file.chunk(3, FULL), Err(bad_index));
        for got in [0, FULL - 1, FULL + 1] {
            let (index, expected) = (0, FULL);
            let refused = Misbehaved::BadLength {
                index,
                expected,
                got,
            };
            assert_eq!(file.chunk(0, got), Err(refused));
        }
        assert_eq!(file.chunk(2, FULL), Err(Misbehaved::Unlisted(2)));
        file.chunk(0, FULL).unwrap();
        assert_eq!(file.chunk(0, FULL), Err(Misbehaved::Duplicate(0)));
        let nothing_asked = Incoming::begin(FILE, CHUNK).unwrap().chunk(0, FULL);
        assert_eq!(nothing_asked, Err(Misbehaved::Unwanted(0)));
        file.chunk(1, FULL).unwrap();
    }

    #[test]
    fn the_list_grows_in_order_and_no_longer_than_the_file() {
        let mut file = asked(3);
        file.hashes(0, &hashes(0..1)).unwrap();
        for first in [0, 2] {
            let refused = Misbehaved::ListOrder { first, expected: 1 };
            assert_eq!(file.hashes(first, &hashes(0..1)), Err(refused));
        }
        assert_eq!(file.hashes(1, &hashes(1..4)), Err(Misbehaved::ListTooLong));
        file.hashes(1, &hashes(1..3)).unwrap();
    }

    #[test]
    fn a_list_is_closed_once_and_truly() {
        let mut file = asked(2);
        file.hashes(0, &hashes(0..1)).unwrap();
        let early = close_of(1);
        assert_eq!(file.close(&early), Err(Misbehaved::BadClose));
        file.hashes(1, &hashes(1..2)).unwrap();
        let mut wrong = close_of(2);
        wrong.root[0] ^= 1;
        assert_eq!(file.close(&wrong), Err(Misbehaved::BadClose));
        let mut other = close_of(2);
        other.file = FileId::new([8; 16]);
        assert_eq!(file.close(&other), Err(Misbehaved::BadClose));
        file.close(&close_of(2)).unwrap();
        assert_eq!(file.close(&close_of(2)), Ok(()), "said again");
    }

    proptest! {
        #[test]
        fn nothing_a_sender_says_panics(
            size in 0u64..8 * CHUNK,
            frames in prop::collection::vec((0u8..3, 0u32..10, 0usize..2 * FULL), 0..40)
        ) {
            let mut file = Incoming::begin(FILE, size).unwrap();
            file.want();
            for (kind, number, len) in frames {
                let _ = match kind {
                    0 => file.hashes(number, &hashes(0..len as u32 % 9)),
                    1 => file.chunk(number, len).map(drop),
                    _ => file.close(&close_of(number)),
                };
                prop_assert!(!file.is_whole() || file.want().is_none());
            }
        }
    }
}
