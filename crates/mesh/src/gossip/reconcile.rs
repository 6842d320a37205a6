//! One reconciliation session, either side: docs/protocol-v2.md 6.5.

use std::{collections::BTreeSet, fmt, time::Duration};

use gossamer_crypto::EnvelopeId;
use gossamer_wire::{limits::RECON, v2::Bucket};
use negentropy::{Id, Negentropy, NegentropyStorageVector};

use super::{Misbehaviour, index::Index};

/// The ids of one bucket under one salt.
struct Salted {
    /// Salted id, id; sorted.
    ids: Vec<([u8; 32], EnvelopeId)>,
    sets: Negentropy<'static, NegentropyStorageVector>,
}

impl fmt::Debug for Salted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Salted({} ids)", self.ids.len())
    }
}

impl Salted {
    fn new(index: &Index, bucket: &Bucket, salt: [u8; 16]) -> Result<Self, Misbehaviour> {
        let key = key(&salt);
        let mut items = NegentropyStorageVector::new();
        let mut ids = Vec::new();
        for (created, id) in index.items(bucket) {
            let salted = salted(&key, &id);
            ids.push((salted, id));
            // Inserting fails only once sealed.
            let _ = items.insert(created, Id::from_byte_array(salted));
        }
        ids.sort_unstable();
        let _ = items.seal();
        // It is refused for a limit below 4 096 only.
        let sets =
            Negentropy::owned(items, RECON as u64).map_err(|_| Misbehaviour::UnreadableRecon)?;
        Ok(Self { ids, sets })
    }

    fn len(&self) -> usize {
        self.ids.len()
    }

    fn find(&self, salted: &[u8; 32]) -> Option<EnvelopeId> {
        let at = self.ids.binary_search_by(|(known, _)| known.cmp(salted));
        at.ok().and_then(|at| self.ids.get(at)).map(|(_, id)| *id)
    }
}

/// The salt, twice.
fn key(salt: &[u8; 16]) -> [u8; 32] {
    let mut key = [0; 32];
    key.iter_mut()
        .zip(salt.iter().cycle())
        .for_each(|(to, from)| *to = *from);
    key
}

fn salted(key: &[u8; 32], id: &EnvelopeId) -> [u8; 32] {
    *blake3::keyed_hash(key, id.as_bytes()).as_bytes()
}

/// The side that asks.
#[derive(Debug)]
pub(crate) struct Initiator {
    pub(crate) session: u64,
    pub(crate) bucket: Bucket,
    pub(crate) salt: [u8; 16],
    salted: Salted,
    rounds: u32,
    have: Vec<Id>,
    need: Vec<Id>,
    /// Asked for, neither here nor refused yet.
    pub(crate) outstanding: usize,
    /// The sets differ.
    pub(crate) found: bool,
    /// Envelopes came or are offered.
    pub(crate) moved: bool,
    /// When something last happened.
    pub(crate) alive_at: Duration,
}

/// What the initiator does next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Send this and wait.
    Message(Vec<u8>),
    /// All differences are known: what the other side lacks. What we lack is asked for by
    /// [`Initiator::ask`].
    Done(Vec<EnvelopeId>),
}

impl Initiator {
    /// Ids that it holds.
    pub(crate) fn len(&self) -> usize {
        self.salted.len()
    }

    /// Begins. Returns the first message.
    pub(crate) fn start(
        session: u64,
        bucket: Bucket,
        salt: [u8; 16],
        index: &Index,
        now: Duration,
    ) -> Result<(Self, Vec<u8>), Misbehaviour> {
        let mut salted = Salted::new(index, &bucket, salt)?;
        let message = salted
            .sets
            .initiate()
            .map_err(|_| Misbehaviour::UnreadableRecon)?;
        let this = Self {
            session,
            bucket,
            salt,
            salted,
            rounds: 0,
            have: Vec::new(),
            need: Vec::new(),
            outstanding: 0,
            found: false,
            moved: false,
            alive_at: now,
        };
        Ok((this, message))
    }

    /// Takes the answer to the last message.
    pub(crate) fn answer(&mut self, message: &[u8], now: Duration) -> Result<Next, Misbehaviour> {
        self.rounds += 1;
        if self.rounds > crate::limits::RECON_ROUNDS {
            return Err(Misbehaviour::EndlessRecon);
        }
        self.alive_at = now;
        let next = self
            .salted
            .sets
            .reconcile_with_ids(message, &mut self.have, &mut self.need);
        match next.map_err(|_| Misbehaviour::UnreadableRecon)? {
            Some(message) => Ok(Next::Message(message)),
            None => {
                // The library keeps them in hash sets, whose order differs from run to run.
                self.need.sort_unstable();
                self.need.dedup();
                let have = std::mem::take(&mut self.have).into_iter();
                let mut have: Vec<EnvelopeId> = have
                    .filter_map(|id| self.salted.find(id.as_bytes()))
                    .collect();
                have.sort_unstable();
                have.dedup();
                self.found = !(have.is_empty() && self.need.is_empty());
                Ok(Next::Done(have))
            }
        }
    }

    /// The next salted ids to ask for, at most `most` of them.
    pub(crate) fn ask(&mut self, most: usize) -> Vec<[u8; 32]> {
        let keep = self.need.len().saturating_sub(most);
        let asked: Vec<[u8; 32]> = self.need.drain(keep..).map(Id::to_bytes).collect();
        self.outstanding += asked.len();
        asked
    }

    /// Passes over what is lacking and not wanted.
    pub(crate) fn pass_over(&mut self, ids: impl Iterator<Item = EnvelopeId>) {
        let key = key(&self.salt);
        let unwanted: BTreeSet<[u8; 32]> = ids.map(|id| salted(&key, &id)).collect();
        if !unwanted.is_empty() {
            self.need.retain(|id| !unwanted.contains(id.as_bytes()));
        }
    }

    /// Whether everything that was lacking was asked for and answered.
    pub(crate) fn is_done(&self) -> bool {
        self.need.is_empty() && self.outstanding == 0
    }

    pub(crate) fn has_more_to_ask(&self) -> bool {
        !self.need.is_empty()
    }
}

/// The side that answers.
#[derive(Debug)]
pub(crate) struct Responder {
    pub(crate) session: u64,
    salted: Salted,
    rounds: u32,
    pub(crate) alive_at: Duration,
}

impl Responder {
    /// Ids that it holds.
    pub(crate) fn len(&self) -> usize {
        self.salted.len()
    }

    pub(crate) fn start(
        session: u64,
        bucket: &Bucket,
        salt: [u8; 16],
        index: &Index,
        now: Duration,
    ) -> Result<Self, Misbehaviour> {
        Ok(Self {
            session,
            salted: Salted::new(index, bucket, salt)?,
            rounds: 0,
            alive_at: now,
        })
    }

    /// Answers one message.
    pub(crate) fn answer(
        &mut self,
        message: &[u8],
        now: Duration,
    ) -> Result<Vec<u8>, Misbehaviour> {
        self.rounds += 1;
        if self.rounds > crate::limits::RECON_ROUNDS {
            return Err(Misbehaviour::EndlessRecon);
        }
        self.alive_at = now;
        self.salted
            .sets
            .reconcile(message)
            .map_err(|_| Misbehaviour::UnreadableRecon)
    }

    /// The envelopes behind salted ids.
    pub(crate) fn find(&self, salted: &[[u8; 32]]) -> Vec<EnvelopeId> {
        salted
            .iter()
            .filter_map(|id| self.salted.find(id))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use gossamer_crypto::DeviceId;
    use gossamer_wire::v2::Kind;

    use super::{
        super::{Entry, Held},
        *,
    };

    fn index(ids: impl IntoIterator<Item = u32>) -> Index {
        let mut index = Index::default();
        for n in ids {
            index.insert(Entry {
                id: EnvelopeId::of(&n.to_le_bytes()),
                kind: Kind::Everyone,
                bucket: Bucket::Everyone,
                author: DeviceId::new([1; 32]),
                seq: n.into(),
                created: u64::from(n) * 1_000,
                birth: 0,
                lifetime: 1,
                size: 1,
                hops: 0,
                ttl: 0,
                held: Held::Body,
                own: false,
                mail: None,
            });
        }
        index
    }

    /// Returns what ana has and ben lacks, what ana lacks, and the bytes that went both ways.
    fn reconcile(ana: &Index, ben: &Index) -> (Vec<EnvelopeId>, Vec<EnvelopeId>, usize) {
        let now = Duration::ZERO;
        let salt = [7; 16];
        let (mut asks, mut message) =
            Initiator::start(1, Bucket::Everyone, salt, ana, now).unwrap();
        let mut answers = Responder::start(1, &Bucket::Everyone, salt, ben, now).unwrap();
        let mut bytes = 0;
        loop {
            let answer = answers.answer(&message, now).unwrap();
            bytes += message.len() + answer.len();
            match asks.answer(&answer, now).unwrap() {
                Next::Message(next) => message = next,
                Next::Done(have) => {
                    let mut need = answers.find(&asks.ask(usize::MAX));
                    need.sort_unstable();
                    return (have, need, bytes);
                }
            }
        }
    }

    #[test]
    fn both_sides_learn_exactly_what_differs() {
        let ana = index((0..2_000).filter(|n| n % 100 != 3));
        let ben = index((0..2_000).filter(|n| n % 250 != 9));
        let (have, need, _) = reconcile(&ana, &ben);
        let ids = |of: &dyn Fn(u32) -> bool| {
            let ids = (0..2_000).filter(|n| of(*n));
            let mut ids: Vec<_> = ids.map(|n| EnvelopeId::of(&n.to_le_bytes())).collect();
            ids.sort_unstable();
            ids
        };
        assert_eq!(have, ids(&|n| n % 250 == 9 && n % 100 != 3));
        assert_eq!(need, ids(&|n| n % 100 == 3 && n % 250 != 9));
    }

    #[test]
    fn equal_sets_cost_a_few_bytes_whatever_their_size() {
        let (ana, ben) = (index(0..10_000), index(0..10_000));
        let (have, need, bytes) = reconcile(&ana, &ben);
        assert!(have.is_empty() && need.is_empty());
        assert!(bytes < 1_000, "{bytes}");
    }

    #[test]
    fn ten_differences_among_many_cost_less_than_one_percent_of_the_ids() {
        let ana = index(0..20_000);
        let ben = index((0..20_005).filter(|n| n % 4_000 != 77));
        let (have, need, bytes) = reconcile(&ana, &ben);
        assert_eq!((have.len(), need.len()), (5, 5));
        assert!(bytes < 32 << 10, "{bytes}");
    }

    #[test]
    fn garbage_is_an_error() {
        let ana = index(0..10);
        let mut answers =
            Responder::start(1, &Bucket::Everyone, [0; 16], &ana, Duration::ZERO).unwrap();
        assert_eq!(
            answers.answer(&[], Duration::ZERO),
            Err(Misbehaviour::UnreadableRecon)
        );
        assert_eq!(
            answers.answer(&[1, 2, 3], Duration::ZERO),
            Err(Misbehaviour::UnreadableRecon)
        );
    }
}
