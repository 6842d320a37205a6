//! A file that goes out: what of it is sealed and sent to answer a WANT.

use std::{
    fmt,
    ops::Range,
    sync::{Mutex, MutexGuard, PoisonError},
};

use gossamer_crypto::Sealer;

use super::{BadWant, ChunkHash, Close, HashList, Offer, Plan, Progress, Source, TooLarge, Want};

/// A file that is offered to one device: shared by all streams that serve it, for as long as the
/// offer stands.
pub struct Outgoing {
    offer: Offer,
    plan: Plan,
    source: Source,
    sealer: Sealer,
    list: Mutex<HashList>,
    progress: Progress,
}

/// A chunk does not seal to the hash that was listed for it: the file has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Changed;

impl Outgoing {
    /// Serves `source` under `offer`.
    ///
    /// # Errors
    /// Beyond the largest size.
    pub fn new(offer: Offer, source: Source) -> Result<Self, TooLarge> {
        let sealer = Sealer::new(&offer.key, offer.file);
        Ok(Self {
            plan: Plan::new(offer.size)?,
            offer,
            source,
            sealer,
            list: Mutex::default(),
            progress: Progress::default(),
        })
    }

    /// What is offered.
    #[must_use]
    pub fn offer(&self) -> &Offer {
        &self.offer
    }

    /// How much has been written to the receiver.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    pub(super) fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// How many hashes are listed.
    pub(super) fn listed(&self) -> u32 {
        self.list().len()
    }

    /// A chunk was sealed: lists its hash, or compares it with the one that is listed.
    pub(super) fn sealed(&self, index: u32, hash: &ChunkHash) -> Result<(), Changed> {
        let mut list = self.list();
        match list.get(index) {
            Some(listed) if listed == hash => Ok(()),
            None if index == list.len() => {
                list.push(*hash);
                Ok(())
            }
            _ => Err(Changed),
        }
    }

    /// Hashes that are listed.
    pub(super) fn hashes(&self, range: Range<u32>) -> Vec<ChunkHash> {
        self.list().range(range).to_vec()
    }

    /// The end of the list; `None` while it is not whole.
    pub(super) fn close(&self) -> Option<Close> {
        let list = self.list();
        let chunks = self.plan.chunks();
        (list.len() == chunks).then(|| Close {
            file: self.offer.file,
            chunks,
            root: list.root(),
        })
    }

    fn list(&self) -> MutexGuard<'_, HashList> {
        // Every change to the list is a single step.
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without the key.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("offer", &self.offer)
            .finish_non_exhaustive()
    }
}

/// The way through a file that answers one WANT: its chunks in order, and before them whatever
/// the list still lacks.
#[derive(Debug)]
pub(super) struct Answer {
    want: Want,
    next: u32,
    end: u32,
}

/// A chunk to seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) index: u32,
    /// Whether it is sent; otherwise only its hash is of use.
    pub(super) send: bool,
}

impl Answer {
    pub(super) fn to(want: Want, plan: &Plan) -> Result<Self, BadWant> {
        want.check(plan)?;
        let last = want.chunks().next_back();
        Ok(Self {
            end: last.map_or(plan.chunks(), |last| last + 1),
            want,
            next: 0,
        })
    }

    /// The first hash that the receiver does not have.
    pub(super) fn told(&self) -> u32 {
        self.want.listed
    }

    /// The end of the chunks that are sealed for it.
    pub(super) fn end(&self) -> u32 {
        self.end
    }

    /// The next chunk to seal, when so many hashes are listed.
    pub(super) fn next(&mut self, listed: u32) -> Option<Step> {
        let want = &self.want;
        let needed = |index: &u32| want.has(*index) || *index >= listed;
        let index = (self.next..self.end).find(needed)?;
        self.next = index + 1;
        Some(Step {
            index,
            send: want.has(index),
        })
    }
}

#[cfg(test)]
mod tests {
    use gossamer_crypto::FileId;

    use super::*;
    use crate::v2::CHUNK;

    const FILE: FileId = FileId::new([7; 16]);

    fn steps(chunks: u64, listed: u32, bitmap: &[u8]) -> Vec<(u32, bool)> {
        let plan = Plan::new(chunks * CHUNK).unwrap();
        let want = Want {
            file: FILE,
            segment: 0,
            listed: 0,
            bitmap: bitmap.to_vec(),
        };
        let mut answer = Answer::to(want, &plan).unwrap();
        let mut listed = listed;
        let mut steps = Vec::new();
        while let Some(step) = answer.next(listed) {
            listed = listed.max(step.index + 1);
            steps.push((step.index, step.send));
        }
        steps
    }

    #[test]
    fn everything_is_sealed_and_sent_once_in_order() {
        let all = [(0, true), (1, true), (2, true)];
        assert_eq!(steps(3, 0, &[0b111]), all);
        assert_eq!(steps(3, 3, &[0b111]), all);
    }

    #[test]
    fn what_the_list_lacks_before_a_chunk_is_sealed_but_not_sent() {
        assert_eq!(steps(4, 1, &[0b100]), [(1, false), (2, true)]);
        assert_eq!(steps(4, 4, &[0b100]), [(2, true)]);
    }

    #[test]
    fn who_wants_no_chunk_wants_the_end_of_the_list() {
        assert_eq!(steps(3, 1, &[]), [(1, false), (2, false)]);
        assert_eq!(steps(3, 3, &[]), []);
    }
}
