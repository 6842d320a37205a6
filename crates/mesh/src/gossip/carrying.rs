//! Direct messages that wait here for others, until someone shows that they have arrived:
//! docs/protocol-v2.md 6.6.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use gossamer_crypto::{DeviceId, EnvelopeId, PurgeSecret};
use gossamer_wire::{
    limits::PURGED,
    v2::{Body, Kind, Purge, Purged},
};
use rand::Rng;

use super::{Entry, Gossip, Held, LinkId, Misbehaviour, Output};
use crate::limits;

/// What a direct message says in the open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mail {
    /// The device it is for.
    pub audience: DeviceId,
    /// The hash of the secret inside it.
    pub ack: [u8; 32],
}

impl Mail {
    /// `None` of other kinds.
    #[must_use]
    pub fn of(body: &Body) -> Option<Self> {
        if body.kind != Kind::Dm {
            return None;
        }
        Some(Self {
            audience: body.audience?.into(),
            ack: body.ack?,
        })
    }
}

/// What a brain keeps to have messages purged.
#[derive(Debug, Default)]
pub(crate) struct Carrying {
    /// Devices of people whom the user chose; nobody was chosen when absent.
    contacts: Option<BTreeSet<DeviceId>>,
    declined: Declined,
    /// What Purges that are kept say of messages that are not known, and until when it counts.
    foretold: BTreeMap<EnvelopeId, (PurgeSecret, i64)>,
    /// Messages that were opened and of which nobody was told.
    opened: BTreeMap<EnvelopeId, PurgeSecret>,
    tell_at: Option<Duration>,
}

/// Purges of messages that are not known. They are no part of the known set, for once such a
/// message comes, its Purge has to come too.
#[derive(Debug, Default)]
struct Declined {
    /// Who has it, and what it names.
    purges: BTreeMap<EnvelopeId, (LinkId, Vec<EnvelopeId>)>,
    order: VecDeque<EnvelopeId>,
}

impl Declined {
    fn note(&mut self, id: EnvelopeId, from: LinkId, named: Vec<EnvelopeId>) {
        if self.purges.insert(id, (from, named)).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > limits::DECLINED
            && let Some(oldest) = self.order.pop_front()
        {
            self.purges.remove(&oldest);
        }
    }

    /// Takes those that name a message.
    fn naming(&mut self, message: &EnvelopeId) -> Vec<(EnvelopeId, LinkId)> {
        let named =
            |(_, (_, named)): &(&EnvelopeId, &(LinkId, Vec<EnvelopeId>))| named.contains(message);
        let naming = self.purges.iter().filter(named);
        let naming: Vec<_> = naming.map(|(id, (from, _))| (*id, *from)).collect();
        if naming.is_empty() {
            return naming;
        }
        for (id, _) in &naming {
            self.purges.remove(id);
        }
        self.order.retain(|id| self.purges.contains_key(id));
        naming
    }
}

/// What a Purge is worth to a node, as far as it can tell.
struct Verdict {
    entries: Vec<Purged>,
    /// It shows the secret of a message that is or was here.
    is_true: bool,
    /// It shows another secret than that of a message that is or was here.
    is_false: bool,
}

impl<R: Rng> Gossip<R> {
    // ---- contacts ----

    /// Mail from and to these goes last. While nobody was chosen, everyone who was admitted here
    /// counts, that is whoever has been near: a user who never chooses carries for those met, and not
    /// only the tenth that strangers get. Whoever chooses one has said who matters.
    pub(super) fn befriend(&mut self, contacts: Option<BTreeSet<DeviceId>>) {
        self.carrying.contacts.clone_from(&contacts);
        self.index
            .befriend(contacts.unwrap_or_else(|| self.admitted.iter().copied().collect()));
    }

    /// Whether the user chose the person whose device this is.
    pub(super) fn is_contact(&self, device: &DeviceId) -> bool {
        let contacts = self.carrying.contacts.as_ref();
        contacts.is_some_and(|contacts| contacts.contains(device))
    }

    /// A device is admitted.
    pub(super) fn make_acquaintance(&mut self, device: DeviceId, now: Duration) {
        if self.admitted.note(device, now) && self.carrying.contacts.is_none() {
            self.befriend(None);
        }
    }

    /// Forgets who was not linked for long. Who is linked stays.
    pub(super) fn forget_acquaintances(&mut self, now: Duration) {
        for link in self.links.values().filter(|link| link.is_up()) {
            self.admitted.note(link.device, now);
        }
        if self.admitted.forget(now) && self.carrying.contacts.is_none() {
            self.befriend(None);
        }
    }

    // ---- messages ----

    /// Whether there is room for an envelope, when others have given way.
    pub(super) fn makes_room(&mut self, entry: &Entry) -> bool {
        let (bodies, fits) = self.index.make_room(Some(entry));
        if !bodies.is_empty() {
            self.outputs.push_back(Output::DropBodies(bodies));
        }
        fits
    }

    /// Whether a Purge that is here names this message, so that nobody needs it.
    pub(super) fn is_foretold(&self, entry: &Entry) -> bool {
        let foretold = self.carrying.foretold.get(&entry.id);
        foretold.is_some_and(|(secret, _)| is_of(secret, entry))
    }

    /// A message came: Purges that were declined and name it are asked for.
    pub(super) fn reconsider(&mut self, message: &EnvelopeId, now: Duration) {
        for (purge, from) in self.carrying.declined.naming(message) {
            if self.links.get(&from).is_some_and(super::Link::is_up) {
                self.inv(from, vec![purge], now);
            }
        }
    }

    // ---- Purges of others ----

    /// Whether a Purge was declined before.
    pub(super) fn has_declined(&self, id: &EnvelopeId) -> bool {
        self.carrying.declined.purges.contains_key(id)
    }

    /// All that were declined.
    pub(super) fn declined(&self) -> impl Iterator<Item = EnvelopeId> + '_ {
        self.carrying.declined.purges.keys().copied()
    }

    /// Whether an envelope is to be kept and passed on, as far as it depends on messages that it
    /// may name. A Purge is when it shows the secret of one that is or was here; then those are
    /// let go.
    pub(super) fn heeds(
        &mut self,
        link: LinkId,
        entry: &Entry,
        body: &Body,
        now: Duration,
    ) -> bool {
        if entry.kind != Kind::Purge {
            return true;
        }
        let verdict = self.judge(&body.payload);
        // Whoever passed it on may have known only the messages of which it is true.
        let by_neighbour = self.links.get(&link).map(|link| link.device) == Some(entry.author);
        if verdict.is_false && by_neighbour {
            self.ban(link, Misbehaviour::FalsePurge, now);
            return false;
        }
        if verdict.is_true {
            self.obey(&verdict.entries, entry.ends());
            return true;
        }
        let named = verdict.entries.iter().map(|one| one.id).collect();
        self.carrying.declined.note(entry.id, link, named);
        false
    }

    /// One that cannot be read names nothing.
    fn judge(&self, payload: &[u8]) -> Verdict {
        let Purge { entries } = Purge::decode(payload).unwrap_or_default();
        let is_true = |one: &Purged| {
            let entry = self.index.get(&one.id);
            entry.map(|entry| is_of(&one.secret, entry))
        };
        let judged: Vec<Option<bool>> = entries.iter().map(is_true).collect();
        Verdict {
            entries,
            is_true: judged.contains(&Some(true)),
            is_false: judged.contains(&Some(false)),
        }
    }

    /// Lets go of messages whose secrets these are, now or when they come.
    pub(super) fn obey(&mut self, entries: &[Purged], until: i64) {
        let mut dropped = Vec::new();
        for Purged { id, secret } in entries {
            match self.index.get(id) {
                Some(entry) if is_of(secret, entry) => {
                    let entry = entry.clone();
                    dropped.extend(self.purge(&entry));
                }
                Some(_) => {}
                None => self.foretell(*id, *secret, until),
            }
        }
        if !dropped.is_empty() {
            self.outputs.push_back(Output::DropBodies(dropped));
        }
    }

    /// Returns the message if its body is on disk.
    fn purge(&mut self, entry: &Entry) -> Option<EnvelopeId> {
        if entry.own {
            self.delivered(&entry.id);
        }
        self.outbox.forget(&[entry.id]);
        // What is on its way to disk is dropped once it is there; nobody is told that it was.
        self.pending.remove(&entry.id);
        let was_held = entry.held == Held::Body;
        (self.index.drop_body(&entry.id) && was_held).then_some(entry.id)
    }

    fn foretell(&mut self, message: EnvelopeId, secret: PurgeSecret, until: i64) {
        let foretold = &mut self.carrying.foretold;
        if foretold.len() < limits::FORETOLD {
            foretold.insert(message, (secret, until));
        }
    }

    /// Forgets what was foretold by Purges that are gone.
    pub(super) fn forget_foretold(&mut self, uptime: i64) {
        let foretold = &mut self.carrying.foretold;
        foretold.retain(|_, (_, until)| *until >= uptime);
    }

    // ---- Purges of ours ----

    /// The user has a message: nobody needs to carry it any more. Others are told soon.
    pub(super) fn opened(&mut self, id: EnvelopeId, secret: PurgeSecret, now: Duration) {
        let entry = self.index.get(&id);
        if entry.is_some_and(|entry| is_of(&secret, entry)) {
            self.carrying.opened.insert(id, secret);
            let soon = now + limits::PURGE_GATHER;
            self.carrying.tell_at.get_or_insert(soon);
        }
    }

    pub(super) fn carrying_wake_at(&self) -> Option<Duration> {
        self.carrying.tell_at
    }

    /// Tells of what was opened when it is time.
    pub(super) fn purge_on_time(&mut self, now: Duration) {
        if self.carrying.tell_at.is_none_or(|at| at > now) {
            return;
        }
        self.carrying.tell_at = None;
        let opened = std::mem::take(&mut self.carrying.opened);
        let entries = opened.into_iter().map(|(id, secret)| Purged { id, secret });
        let entries: Vec<Purged> = entries.collect();
        for entries in entries.chunks(PURGED) {
            let lifetime = |one: &Purged| self.index.get(&one.id).map(|entry| entry.lifetime);
            // It is younger than each of them, so it lives at least as long as the last.
            let lifetime = entries.iter().filter_map(lifetime).max().unwrap_or(0);
            let purge = Purge {
                entries: entries.to_vec(),
            };
            self.outputs
                .push_back(Output::TellPurge { purge, lifetime });
        }
    }
}

fn is_of(secret: &PurgeSecret, entry: &Entry) -> bool {
    let mail = entry.mail.as_ref();
    mail.is_some_and(|mail| mail.ack == secret.ack())
}
