//! Finding out what one side lacks: docs/protocol-v2.md 6.5.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use gossamer_crypto::EnvelopeId;
use gossamer_wire::v2::{Bucket, BucketDigest, LinkFrame, Recon};
use rand::Rng;

use super::{
    Gossip, Held, LinkId, Misbehaviour,
    link::{Link, Sync},
    reconcile::{Initiator, Next, Responder},
};
use crate::limits;

impl<R: Rng> Gossip<R> {
    pub(super) fn send_digest(&mut self, id: LinkId, now: Duration) {
        if let Some(link) = self.links.get_mut(&id) {
            link.sync.digest_at = now + limits::DIGEST;
            // What was lost on the way is offered again, or its answer was.
            let unsent: Vec<_> = self.outbox.unsent().collect();
            self.announce(id, unsent, now);
            let digests = self.index.digests();
            self.send(id, &LinkFrame::Digest(digests));
        }
    }

    /// What was on its way over a link that broke is looked for at the other neighbours.
    pub(super) fn compare_soon(&mut self, now: Duration) {
        for link in self.links.values_mut() {
            link.sync.compare_by(now + limits::DIGEST_SOON);
        }
    }

    /// A neighbour's digests: where they differ from ours, the smaller device asks.
    pub(super) fn digest(&mut self, id: LinkId, theirs: &[BucketDigest], now: Duration) {
        let ours = self.index.digests();
        let differing = differing(&ours, theirs);
        let me = self.me.device;
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        let sync = &mut link.sync;
        if me > link.device {
            // It asks once it sees ours, unless it saw them just now.
            let is_recent = sync.digest_at > now + limits::DIGEST - limits::DIGEST_SOON;
            if !differing.is_empty() && !is_recent {
                sync.compare_by(now);
            }
            return;
        }
        sync.stuck.retain(|bucket, _| differing.contains(bucket));
        sync.due = differing;
        sync.due.retain(|bucket| {
            sync.stuck
                .get(bucket)
                .is_none_or(|stuck| stuck.until <= now)
        });
        self.next_session(id, now);
    }

    fn next_session(&mut self, id: LinkId, now: Duration) {
        let (session, salt) = (u64::from_le_bytes(self.random()), self.random());
        let has_work = |link: &Link| link.sync.initiator.is_none() && !link.sync.due.is_empty();
        // Without room, the next DIGEST says again what differs.
        if !self.links.get(&id).is_some_and(has_work) || !self.has_room_for_session(now) {
            return;
        }
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        let Some(bucket) = link.sync.due.pop_first() else {
            return;
        };
        if let Ok((initiator, message)) = Initiator::start(session, bucket, salt, &self.index, now)
        {
            link.sync.initiator = Some(Box::new(initiator));
            let recon = Recon {
                session,
                bucket,
                salt,
                message: message.into(),
            };
            self.send(id, &LinkFrame::Recon(recon));
        }
    }

    /// Whether one more session may hold a whole bucket. Who lets us wait longest makes room.
    fn has_room_for_session(&mut self, now: Duration) -> bool {
        let held: usize = self.links.values().map(|link| link.sync.ids()).sum();
        if held < limits::RECON_COPIES * self.me.quota.ids {
            return true;
        }
        let idle = self.links.values_mut().filter_map(|link| {
            let alive_at = link.sync.responder.as_ref()?.alive_at;
            Some((alive_at, &mut link.sync))
        });
        let idlest = idle.min_by_key(|(alive_at, _)| *alive_at);
        match idlest.filter(|(alive_at, _)| now.saturating_sub(*alive_at) >= limits::RECON_IDLE) {
            Some((_, sync)) => {
                sync.responder = None;
                true
            }
            None => false,
        }
    }

    pub(super) fn recon(&mut self, id: LinkId, recon: &Recon, now: Duration) {
        let Some(link) = self.links.get(&id) else {
            return;
        };
        // Only the smaller device asks, so a late answer is never taken for a question.
        let outcome = if self.me.device < link.device {
            self.recon_answered(id, recon, now)
        } else {
            self.recon_asked(id, recon, now)
        };
        if let Err(what) = outcome {
            self.ban(id, what, now);
        }
    }

    fn recon_asked(
        &mut self,
        id: LinkId,
        recon: &Recon,
        now: Duration,
    ) -> Result<(), Misbehaviour> {
        let Some(link) = self.links.get_mut(&id) else {
            return Ok(());
        };
        let open = link.sync.responder.take();
        let mut responder = match open.filter(|open| open.session == recon.session) {
            Some(responder) => responder,
            // Whoever opens more than that gets no answer, and tries again later.
            None if !link.sync.sessions.take(now) || !self.has_room_for_session(now) => {
                return Ok(());
            }
            None => Box::new(Responder::start(
                recon.session,
                &recon.bucket,
                recon.salt,
                &self.index,
                now,
            )?),
        };
        let answer = responder.answer(&recon.message, now)?;
        if let Some(link) = self.links.get_mut(&id) {
            link.sync.responder = Some(responder);
        }
        let recon = Recon {
            message: answer.into(),
            ..recon.clone()
        };
        self.send(id, &LinkFrame::Recon(recon));
        Ok(())
    }

    fn recon_answered(
        &mut self,
        id: LinkId,
        recon: &Recon,
        now: Duration,
    ) -> Result<(), Misbehaviour> {
        let initiator = self.initiator(id);
        let Some(initiator) = initiator.filter(|asked| asked.session == recon.session) else {
            return Ok(());
        };
        match initiator.answer(&recon.message, now)? {
            Next::Message(message) => {
                let recon = Recon {
                    session: initiator.session,
                    bucket: initiator.bucket,
                    salt: initiator.salt,
                    message: message.into(),
                };
                self.send(id, &LinkFrame::Recon(recon));
            }
            Next::Done(mut have) => {
                let unwanted = self.links.get(&id).map(|link| &link.feed.unwanted);
                have.retain(|id| {
                    let entry = self.index.get(id);
                    entry.is_some_and(|entry| entry.held != Held::IdOnly)
                        && unwanted.is_none_or(|unwanted| !unwanted.contains(id))
                });
                let passed_over = self.declined().chain(self.to_be_asked());
                let passed_over: Vec<EnvelopeId> = passed_over.collect();
                if let Some(initiator) = self.initiator(id) {
                    initiator.moved = !have.is_empty();
                    initiator.pass_over(passed_over.into_iter());
                }
                have.iter().for_each(|id| self.index.renew(id));
                self.announce(id, have, now);
                self.ask_more(id, now);
            }
        }
        Ok(())
    }

    /// Asks for the next envelopes that we lack, or ends the session.
    fn ask_more(&mut self, id: LinkId, now: Duration) {
        let Some(initiator) = self.initiator(id) else {
            return;
        };
        initiator.alive_at = now;
        let session = initiator.session;
        let is_done = initiator.is_done();
        if initiator.outstanding > limits::ASKED / 2 || !(initiator.has_more_to_ask() || is_done) {
            return;
        }
        let ids = initiator.ask(limits::ASKED / 2);
        self.send(id, &LinkFrame::ReconWant { session, ids });
        if is_done {
            self.end_session(id, now);
        }
    }

    fn end_session(&mut self, id: LinkId, now: Duration) {
        if let Some(link) = self.links.get_mut(&id)
            && let Some(initiator) = link.sync.initiator.take()
        {
            link.sync.ended(&initiator, now);
            self.next_session(id, now);
        }
    }

    /// Answers what the other side found out that it lacks.
    pub(super) fn recon_want(&mut self, id: LinkId, session: u64, ids: &[[u8; 32]], now: Duration) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        let Some(responder) = link
            .sync
            .responder
            .as_mut()
            .filter(|responder| responder.session == session)
        else {
            return;
        };
        if ids.is_empty() {
            link.sync.responder = None;
            return;
        }
        responder.alive_at = now;
        let ids = responder.find(ids);
        self.serve_anew(id, ids, now);
    }

    /// An envelope that was not announced came: whether a session asked for it.
    pub(super) fn counts_for_session(&mut self, id: LinkId, now: Duration) -> bool {
        let Some(initiator) = self.initiator(id) else {
            return false;
        };
        if initiator.outstanding == 0 {
            return false;
        }
        initiator.outstanding -= 1;
        initiator.moved = true;
        self.ask_more(id, now);
        true
    }

    /// So many of those asked for will not come.
    pub(super) fn lacks_of_session(&mut self, id: LinkId, count: usize, now: Duration) {
        if let Some(initiator) = self.initiator(id)
            && initiator.outstanding > 0
        {
            initiator.outstanding = initiator.outstanding.saturating_sub(count);
            self.ask_more(id, now);
        }
    }

    /// Gives up sessions in which nothing happens.
    pub(super) fn check_sessions(&mut self, now: Duration) {
        let silent = |alive_at: Duration| now.saturating_sub(alive_at) >= limits::RECON_PATIENCE;
        for id in self.up_links() {
            let Some(link) = self.links.get_mut(&id) else {
                continue;
            };
            let Sync {
                initiator,
                responder,
                ..
            } = &mut link.sync;
            if responder
                .as_ref()
                .is_some_and(|session| silent(session.alive_at))
            {
                *responder = None;
            }
            if initiator
                .as_ref()
                .is_some_and(|session| silent(session.alive_at))
            {
                self.end_session(id, now);
            }
        }
    }

    fn initiator(&mut self, id: LinkId) -> Option<&mut Initiator> {
        let link: Option<&mut Link> = self.links.get_mut(&id);
        link.and_then(|link| link.sync.initiator.as_deref_mut())
    }
}

/// The buckets in which two sides differ.
fn differing(ours: &[BucketDigest], theirs: &[BucketDigest]) -> BTreeSet<Bucket> {
    let by_bucket = |digests: &[BucketDigest]| -> BTreeMap<Bucket, (u64, u128)> {
        let digests = digests.iter();
        digests
            .map(|one| (one.bucket, (one.count, one.sum)))
            .collect()
    };
    let (ours, theirs) = (by_bucket(ours), by_bucket(theirs));
    let buckets: BTreeSet<Bucket> = ours.keys().chain(theirs.keys()).copied().collect();
    let differs = |bucket: &Bucket| ours.get(bucket) != theirs.get(bucket);
    buckets.into_iter().filter(differs).collect()
}
