//! An envelope comes: docs/protocol-v2.md 6.3.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_wire::{
    limits::TTL,
    v2::{Envelope, EnvelopeFrame, Kind, LinkFrame, Purge},
};
use rand::Rng;

use super::{
    Entry, Gossip, Held, LinkId, Misbehaviour, Output,
    tokens::{Rate, Tokens},
};
use crate::limits;

const RATE: Rate = Rate {
    burst: limits::AUTHOR_BURST,
    refill: limits::AUTHOR_REFILL,
};

/// What one neighbour may bring unasked.
pub(super) const UNASKED: Rate = Rate {
    burst: limits::LINK_BURST,
    refill: limits::LINK_REFILL,
};

/// Neighbours whom an envelope concerns.
struct Whose {
    /// They have it.
    have: BTreeSet<LinkId>,
    /// They wait to hear that it is on disk: its author, and who announced it.
    owed: BTreeSet<LinkId>,
}

impl<R: Rng> Gossip<R> {
    pub(super) fn envelope(&mut self, link: LinkId, frame: EnvelopeFrame, now: Duration) {
        let EnvelopeFrame {
            envelope,
            age,
            ttl,
            hops,
        } = frame;
        let id = envelope.id();
        if let Some(entry) = self.index.get(&id) {
            let (held, author) = (entry.held, entry.author);
            return self.duplicate(link, id, held, &author);
        }
        let Ok(body) = envelope.parse() else {
            return self.ban(link, Misbehaviour::MalformedEnvelope, now);
        };
        let Some(author) = envelope.author(&body) else {
            return self.ban(link, Misbehaviour::MalformedEnvelope, now);
        };
        if body.kind.is_fleeting() {
            // It travels in frames of its own.
            return self.ban(link, Misbehaviour::LinksAsEnvelope, now);
        }
        if self.is_out_of_turn(&id, link, now) {
            return;
        }
        let announced_by = self.arrived(&id);
        let asked_for = announced_by.is_some() || self.counts_for_session(link, now);
        if self.has_declined(&id) {
            return;
        }
        if age > body.lifetime || body.network != self.me.network {
            return;
        }
        if self.pending.is_full() {
            return;
        }
        if !asked_for && (self.is_put_off(&id, link) || !self.may_bring(link, now)) {
            return;
        }
        if !self.is_signed(&author, &envelope) {
            return self.ban(link, Misbehaviour::ForgedSignature, now);
        }
        if !asked_for && body.kind == Kind::Classic {
            // A flood of them is not asked for: the next comparison finds what is left of it.
            if !self.may_bridge(author, now) {
                return;
            }
        } else if !asked_for && (self.is_behind(&author, now) || !self.may_write(author, now)) {
            // Beyond what is remembered, the next comparison finds it.
            let _ = self.put_off(id, author, link, now);
            return;
        }
        let mut have = announced_by.unwrap_or_default();
        let mut owed = have.clone();
        if self.is_at(link, &author) {
            owed.insert(link);
        }
        have.insert(link);
        let entry = Entry {
            birth: self.uptime_at(now).saturating_sub(i64::from(age)),
            hops,
            ttl: ttl.min(TTL),
            held: Held::Pending,
            // What this device bridged is as little its own as what another one did.
            own: author == self.me.device && body.kind != Kind::Classic,
            ..Entry::of(id, &envelope, &body, author)
        };
        if self.heeds(link, &entry, &body, now) {
            let had_room = self.accept(envelope, entry, Whose { have, owed }, now);
            if !had_room && !asked_for {
                // It is not remembered: whoever repeats it must not spend what its author has.
                self.give_back(&author, body.kind);
            }
        }
    }

    /// Whether a link leads to this device.
    fn is_at(&self, link: LinkId, device: &DeviceId) -> bool {
        let link = self.links.get(&link);
        link.is_some_and(|link| link.device == *device)
    }

    pub(super) fn is_signed(&mut self, author: &DeviceId, envelope: &Envelope) -> bool {
        self.me
            .verifier
            .verify(author, &envelope.body, &envelope.signature)
    }

    fn duplicate(&mut self, link: LinkId, id: EnvelopeId, held: Held, author: &DeviceId) {
        self.news.is_had(&id, link);
        if !self.is_at(link, author) {
            return;
        }
        match held {
            Held::Body => self.send(link, &LinkFrame::Stored(vec![id])),
            Held::Pending => self.owe(id, link),
            Held::IdOnly => {}
        }
    }

    /// Whether a neighbour may still have a signature checked that nobody asked for. What is not
    /// proven is charged to whoever brings it, never to whoever is named in it.
    pub(super) fn may_bring(&mut self, link: LinkId, now: Duration) -> bool {
        let link = self.links.get_mut(&link);
        link.is_some_and(|link| link.unasked.take(now))
    }

    /// Whether an author, whose signature holds, may still send what nobody asked for. What is
    /// turned away here comes again as fast as we ask for it.
    pub(super) fn may_write(&mut self, author: DeviceId, now: Duration) -> bool {
        if self.authors.len() >= limits::AUTHORS && !self.authors.contains_key(&author) {
            return false;
        }
        self.authors
            .entry(author)
            .or_insert_with(|| Tokens::full(RATE))
            .take(now)
    }

    /// The same for what it heard on the classic wire: that takes nothing from what it may say
    /// itself.
    fn may_bridge(&mut self, bridge: DeviceId, now: Duration) -> bool {
        if self.bridges.len() >= limits::AUTHORS && !self.bridges.contains_key(&bridge) {
            return false;
        }
        self.bridges
            .entry(bridge)
            .or_insert_with(|| Tokens::full(RATE))
            .take(now)
    }

    fn give_back(&mut self, author: &DeviceId, kind: Kind) {
        let of_all = if kind == Kind::Classic {
            &mut self.bridges
        } else {
            &mut self.authors
        };
        if let Some(tokens) = of_all.get_mut(author) {
            tokens.give_back();
        }
    }

    /// Takes a message from the classic wire as if a neighbour had brought it: it is never one of
    /// ours, and there has to be room for it.
    pub(super) fn bridge(&mut self, envelope: Envelope, now: Duration) {
        let id = envelope.id();
        let Ok(body) = envelope.parse() else {
            return;
        };
        if body.kind != Kind::Classic || self.index.get(&id).is_some() || self.pending.is_full() {
            return;
        }
        let entry = Entry {
            birth: self.uptime_at(now),
            held: Held::Pending,
            ..Entry::of(id, &envelope, &body, self.me.device)
        };
        let nobody = Whose {
            have: BTreeSet::new(),
            owed: BTreeSet::new(),
        };
        self.accept(envelope, entry, nobody, now);
    }

    /// False when there is no room at the moment.
    fn accept(&mut self, envelope: Envelope, entry: Entry, whose: Whose, now: Duration) -> bool {
        let unwanted = matches!(entry.kind, Kind::Unknown(_))
            || self.index.is_replaced(&entry)
            || self.is_foretold(&entry);
        if unwanted {
            let entry = Entry {
                held: Held::IdOnly,
                ..entry
            };
            self.index.insert(entry.clone());
            self.outputs.push_back(Output::Remember(entry));
            self.tidy();
            return true;
        }
        if !self.makes_room(&entry) {
            return false;
        }
        let id = entry.id;
        self.spread(&envelope, &entry, whose.have, now);
        self.pending.insert(id, entry.size, whose.owed);
        let replaced = self.index.insert(entry.clone());
        self.outputs.push_back(Output::Persist { envelope, entry });
        self.replaced(replaced);
        self.reconsider(&id, now);
        self.tidy();
        true
    }

    /// At once what somebody said to others, and a little later what a device says of itself.
    fn spread(
        &mut self,
        envelope: &Envelope,
        entry: &Entry,
        have: BTreeSet<LinkId>,
        now: Duration,
    ) {
        if entry.kind.is_replaceable() {
            self.gather(entry.id, envelope.clone(), have, now);
        } else {
            self.flood(envelope, entry, &have, limits::SPARE_COPIES, now);
        }
    }

    fn replaced(&mut self, replaced: Option<EnvelopeId>) {
        if let Some(id) = replaced {
            self.outputs.push_back(Output::DropBodies(vec![id]));
        }
    }

    /// Spreads an envelope of ours that is on disk.
    pub(super) fn publish(&mut self, envelope: &Envelope, now: Duration) {
        let id = envelope.id();
        let Ok(body) = envelope.parse() else {
            return;
        };
        if self.index.get(&id).is_some() {
            return;
        }
        let entry = Entry {
            birth: self.uptime_at(now),
            own: true,
            ..Entry::of(id, envelope, &body, self.me.device)
        };
        if entry.kind.is_fleeting() {
            return self.note(envelope.clone(), entry, BTreeSet::new(), now);
        }
        if entry.kind == Kind::Purge {
            // Nobody else may know what it names, so it is not offered until someone takes it.
            let Purge { entries } = Purge::decode(&body.payload).unwrap_or_default();
            self.obey(&entries, entry.ends());
        } else {
            self.outbox.push(id);
        }
        self.dispatch(&entry, BTreeSet::new());
        self.spread(envelope, &entry, BTreeSet::new(), now);
        let replaced = self.index.insert(entry);
        self.replaced(replaced);
        self.tidy();
    }

    pub(super) fn persisted(&mut self, ids: Vec<EnvelopeId>) {
        let mut owed: BTreeMap<LinkId, Vec<EnvelopeId>> = BTreeMap::new();
        let mut gone = Vec::new();
        for id in ids {
            for link in self.pending.remove(&id) {
                owed.entry(link).or_default().push(id);
            }
            if self.index.confirm(&id) {
                self.outputs.push_back(Output::Deliver(id));
            } else if self.is_bare(&id) {
                // It was replaced or purged on its way.
                gone.push(id);
            }
        }
        if !gone.is_empty() {
            self.outputs.push_back(Output::DropBodies(gone));
        }
        self.send_stored(owed);
    }

    /// A full disk must not turn into a silent loss: the id is forgotten, and another copy taken.
    pub(super) fn persist_failed(&mut self, ids: &[EnvelopeId]) {
        for id in ids {
            self.pending.remove(id);
            match self.index.get(id) {
                // Purged on its way: it is not to be taken again.
                Some(entry) if entry.held == Held::IdOnly && entry.mail.is_some() => {
                    self.outputs.push_back(Output::Remember(entry.clone()));
                }
                _ => drop(self.index.remove(id)),
            }
        }
    }

    fn is_bare(&self, id: &EnvelopeId) -> bool {
        let entry = self.index.get(id);
        entry.is_some_and(|entry| entry.held == Held::IdOnly)
    }
}
