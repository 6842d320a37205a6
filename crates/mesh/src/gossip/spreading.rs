//! From neighbour to neighbour: flood, announce, ask, serve. docs/protocol-v2.md 6.4.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bytes::Bytes;
use gossamer_crypto::EnvelopeId;
use gossamer_wire::{
    limits::{INLINE, TTL},
    v2::{Envelope, EnvelopeFrame, Kind, LinkFrame},
};
use rand::{Rng, RngExt};

use super::{
    Entry, Gossip, Held, IDS, LinkId, Output, PATIENCE, Serve, around::Lacking, link::Feed,
};
use crate::limits;

/// An id that was announced and whose body is asked for.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Who has it.
    announced_by: BTreeSet<LinkId>,
    /// Who was asked, and when.
    asked: LinkId,
    at: Duration,
    /// It follows what its author said before, and came too fast to be taken unasked.
    in_turn: bool,
}

impl<R: Rng> Gossip<R> {
    /// Passes a new envelope on to everyone who may lack it.
    pub(super) fn flood(
        &mut self,
        envelope: &Envelope,
        entry: &Entry,
        have: &BTreeSet<LinkId>,
        spare: usize,
        now: Duration,
    ) {
        // What has come far is announced: it goes on where it is not known, one question later.
        let ttl = entry.ttl.checked_sub(1);
        let small = ttl.filter(|_| entry.size as usize <= INLINE).map(|ttl| {
            let frame = EnvelopeFrame {
                envelope: envelope.clone(),
                age: entry.age(self.uptime_at(now)),
                ttl,
                hops: entry.hops.saturating_add(1),
            };
            LinkFrame::Envelope(frame).encode()
        });
        for link in self.who_may_lack(have, spare) {
            match &small {
                Some(frame) => self.outputs.push_back(Output::Send {
                    link,
                    frame: Bytes::clone(frame),
                }),
                None => self.announce(link, [entry.id], now),
            }
        }
    }

    /// Links over which something new is to go, when it came over others: not to those who have
    /// it. A neighbour who has a link to one of them gets it there, so of such ones only some do,
    /// by lot, so that a frame which is lost is no message that waits for a comparison.
    pub(super) fn who_may_lack(&mut self, have: &BTreeSet<LinkId>, spare: usize) -> Vec<LinkId> {
        let Lacking {
            mut surely,
            mut covered,
        } = self.lacking(have);
        for _ in 0..spare.min(covered.len()) {
            let lot = self.rng.random_range(0..covered.len());
            surely.push(covered.swap_remove(lot));
        }
        surely
    }

    // ---- announcing ----

    /// Announces ids, as fast as the neighbour answers.
    pub(super) fn announce(
        &mut self,
        link: LinkId,
        ids: impl IntoIterator<Item = EnvelopeId>,
        now: Duration,
    ) {
        if let Some(to) = self.links.get_mut(&link) {
            let room = limits::ANNOUNCE_QUEUE.saturating_sub(to.feed.announce.len());
            to.feed.announce.extend(ids.into_iter().take(room));
        }
        self.announce_more(link, now);
    }

    fn announce_more(&mut self, id: LinkId, now: Duration) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        let Feed {
            announce,
            announced,
            ..
        } = &mut link.feed;
        if announced.len() > limits::ANNOUNCED / 2 && !announce.is_empty() {
            return;
        }
        let room = limits::ANNOUNCED.saturating_sub(announced.len());
        let next: Vec<EnvelopeId> = announce.drain(..announce.len().min(room)).collect();
        announced.extend(next.iter().map(|id| (*id, now)));
        for ids in next.chunks(IDS) {
            self.send(id, &LinkFrame::Inv(ids.to_vec()));
        }
    }

    /// A neighbour has answered what was announced.
    fn answered(&mut self, link: LinkId, ids: &[EnvelopeId], now: Duration) {
        if let Some(from) = self.links.get_mut(&link) {
            for id in ids {
                from.feed.announced.remove(id);
            }
        }
        self.announce_more(link, now);
    }

    /// A neighbour has these.
    pub(super) fn inv(&mut self, link: LinkId, ids: Vec<EnvelopeId>, now: Duration) {
        let (mut stored, mut refused, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
        for id in ids {
            match self.index.get(&id).map(|entry| entry.held) {
                Some(Held::Body) => stored.push(id),
                Some(Held::IdOnly) => refused.push(id),
                Some(Held::Pending) => self.owe(id, link),
                None if self.has_declined(&id) => refused.push(id),
                None if self.waits_its_turn(id, link, now) => {}
                None => {
                    if self.is_first_to_announce(id, link, now) {
                        wanted.push(id);
                    }
                }
            }
        }
        self.send_ids(link, &stored, LinkFrame::Stored);
        self.send_ids(link, &refused, LinkFrame::Lack);
        self.send_ids(link, &wanted, LinkFrame::Want);
    }

    fn is_first_to_announce(&mut self, id: EnvelopeId, link: LinkId, now: Duration) -> bool {
        if let Some(wanted) = self.wanted.get_mut(&id) {
            wanted.announced_by.insert(link);
            return false;
        }
        self.want_of(id, BTreeSet::from([link]), link, now)
            .is_some()
    }

    /// Notes that an envelope is asked of one of these, best of whom is named, which keeps what
    /// came in a row in a row; of whom, if there is room for that.
    pub(super) fn want_of(
        &mut self,
        id: EnvelopeId,
        links: BTreeSet<LinkId>,
        best: LinkId,
        now: Duration,
    ) -> Option<LinkId> {
        if self.wanted.len() >= limits::WANTED {
            return None;
        }
        let asked = links.get(&best).or(links.first()).copied()?;
        let wanted = Wanted {
            announced_by: links,
            asked,
            at: now,
            in_turn: false,
        };
        self.wanted.insert(id, wanted);
        Some(asked)
    }

    /// What was asked for is not to overtake what was asked for before it.
    pub(super) fn keep_in_turn(&mut self, id: &EnvelopeId) {
        if let Some(wanted) = self.wanted.get_mut(id) {
            wanted.in_turn = true;
        }
    }

    /// Whether a copy overtakes what its author said before: another neighbour was asked for that, in
    /// its turn. This one is asked if that one does not answer.
    pub(super) fn is_out_of_turn(&mut self, id: &EnvelopeId, link: LinkId, now: Duration) -> bool {
        let Some(wanted) = self.wanted.get_mut(id) else {
            return false;
        };
        let is_fresh = now.saturating_sub(wanted.at) < limits::CATCH_UP_PATIENCE;
        let is_out = wanted.in_turn && is_fresh && wanted.asked != link;
        if is_out {
            wanted.announced_by.insert(link);
        }
        is_out
    }

    /// An envelope came: who announced it, if it was asked for.
    pub(super) fn arrived(&mut self, id: &EnvelopeId) -> Option<BTreeSet<LinkId>> {
        self.wanted.remove(id).map(|wanted| wanted.announced_by)
    }

    /// Who did not answer a WANT in time loses it to another that announced the id.
    pub(super) fn check_wanted(&mut self, now: Duration) {
        let late = |wanted: &Wanted| now.saturating_sub(wanted.at) >= PATIENCE;
        let late = self.wanted.iter().filter(|(_, wanted)| late(wanted));
        let late: Vec<(EnvelopeId, LinkId)> =
            late.map(|(id, wanted)| (*id, wanted.asked)).collect();
        for (id, asked) in late {
            self.ask_another(id, asked, now);
        }
        for link in self.up_links() {
            if let Some(link) = self.links.get_mut(&link) {
                link.feed
                    .announced
                    .retain(|_, at| now.saturating_sub(*at) < PATIENCE * 3);
            }
            self.announce_more(link, now);
        }
    }

    fn ask_another(&mut self, id: EnvelopeId, not: LinkId, now: Duration) {
        let Some(wanted) = self.wanted.get_mut(&id) else {
            return;
        };
        wanted.announced_by.remove(&not);
        match wanted.announced_by.first().copied() {
            Some(next) => {
                (wanted.asked, wanted.at) = (next, now);
                self.send(next, &LinkFrame::Want(vec![id]));
            }
            None => drop(self.wanted.remove(&id)),
        }
    }

    pub(super) fn unlink_wanted(&mut self, link: LinkId, now: Duration) {
        let asked: Vec<EnvelopeId> = self
            .wanted
            .iter()
            .filter(|(_, wanted)| wanted.asked == link)
            .map(|(id, _)| *id)
            .collect();
        for wanted in self.wanted.values_mut() {
            wanted.announced_by.remove(&link);
        }
        asked
            .into_iter()
            .for_each(|id| self.ask_another(id, link, now));
    }

    // ---- serving ----

    /// A neighbour asks for what was announced.
    pub(super) fn want(&mut self, link: LinkId, ids: Vec<EnvelopeId>, now: Duration) {
        self.answered(link, &ids, now);
        let ttl = |entry: &Entry| entry.ttl.saturating_sub(1);
        let ids = ids.into_iter();
        let asked: Vec<_> = ids
            .map(|id| (id, self.index.get(&id).map_or(0, ttl)))
            .collect();
        self.serve(link, asked, now);
    }

    /// Serves envelopes out of reconciliation: they may travel on as if they were new.
    pub(super) fn serve_anew(&mut self, link: LinkId, ids: Vec<EnvelopeId>, now: Duration) {
        self.serve(link, ids.into_iter().map(|id| (id, TTL)).collect(), now);
    }

    fn serve(&mut self, id: LinkId, asked: Vec<(EnvelopeId, u8)>, now: Duration) {
        let has = |id: &EnvelopeId| {
            let entry = self.index.get(id);
            entry.is_some_and(|entry| entry.held != Held::IdOnly)
        };
        let (here, gone): (Vec<_>, Vec<_>) = asked.into_iter().partition(|(id, _)| has(id));
        let gone: Vec<EnvelopeId> = gone.into_iter().map(|(id, _)| id).collect();
        self.send_ids(id, &gone, LinkFrame::Lack);
        if let Some(link) = self.links.get_mut(&id) {
            let room = limits::SERVE_QUEUE.saturating_sub(link.feed.serve.len());
            link.feed.serve.extend(here.into_iter().take(room));
        }
        self.serve_more(id, now);
    }

    /// Hands out what a link has room for.
    fn serve_more(&mut self, id: LinkId, now: Duration) {
        let uptime = self.uptime_at(now);
        let mut links = Vec::new();
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        while link.feed.serving.len() < limits::SERVING {
            let Some((envelope, ttl)) = link.feed.serve.pop_front() else {
                break;
            };
            let Some(entry) = self.index.get(&envelope) else {
                continue;
            };
            if entry.kind.is_fleeting() {
                links.push(entry.author);
                continue;
            }
            if link.feed.serving.insert(envelope) {
                self.outputs.push_back(Output::Serve(Serve {
                    link: id,
                    id: envelope,
                    age: entry.age(uptime),
                    ttl,
                    hops: entry.hops.saturating_add(1),
                }));
            }
        }
        self.send_links(id, &links, now);
    }

    pub(super) fn served(&mut self, link: LinkId, id: EnvelopeId, found: bool, now: Duration) {
        let Some(to) = self.links.get_mut(&link) else {
            return;
        };
        to.feed.serving.remove(&id);
        if !found {
            self.send_ids(link, &[id], LinkFrame::Lack);
        }
        self.serve_more(link, now);
    }

    // ---- answers ----

    /// A neighbour has these on disk.
    pub(super) fn stored(&mut self, link: LinkId, ids: &[EnvelopeId], now: Duration) {
        self.answered(link, ids, now);
        let Some(by) = self.links.get(&link).map(|link| link.device) else {
            return;
        };
        for id in ids {
            let counted = self.outbox.stored(*id, by);
            // Of those before the last start only letters are still counted.
            if let Some(reached) = self.underway.stored(id, by).or(counted) {
                self.outputs.push_back(Output::Stored {
                    id: *id,
                    by,
                    reached,
                });
                self.carried(id, by, reached);
            }
        }
    }

    /// A neighbour has not got these, or does not take them.
    pub(super) fn lack(&mut self, link: LinkId, ids: &[EnvelopeId], now: Duration) {
        self.note_unwanted(link, ids);
        self.answered(link, ids, now);
        self.lacks_of_session(link, ids.len(), now);
        for id in ids {
            if self
                .wanted
                .get(id)
                .is_some_and(|wanted| wanted.asked == link)
            {
                self.ask_another(*id, link, now);
            }
        }
    }

    /// A neighbour that declines a Purge asks for it once it wants it.
    fn note_unwanted(&mut self, link: LinkId, ids: &[EnvelopeId]) {
        let is_purge = |id: &&EnvelopeId| {
            let entry = self.index.get(id);
            entry.is_some_and(|entry| entry.kind == Kind::Purge && entry.held != Held::IdOnly)
        };
        let ids: Vec<EnvelopeId> = ids.iter().filter(is_purge).copied().collect();
        if let Some(link) = self.links.get_mut(&link) {
            let room = limits::DECLINED.saturating_sub(link.feed.unwanted.len());
            link.feed.unwanted.extend(ids.into_iter().take(room));
        }
    }

    pub(super) fn send_ids(
        &mut self,
        link: LinkId,
        ids: &[EnvelopeId],
        frame: fn(Vec<EnvelopeId>) -> LinkFrame,
    ) {
        for ids in ids.chunks(IDS) {
            self.send(link, &frame(ids.to_vec()));
        }
    }

    /// STORED is owed to a link once this is on disk.
    pub(super) fn owe(&mut self, id: EnvelopeId, link: LinkId) {
        self.pending.owe(id, link);
    }

    /// Groups what is said to each link.
    pub(super) fn send_stored(&mut self, owed: BTreeMap<LinkId, Vec<EnvelopeId>>) {
        for (link, ids) in owed {
            self.send_ids(link, &ids, LinkFrame::Stored);
        }
    }
}
