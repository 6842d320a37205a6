//! A store with the semantics of a real one: batches, crashes, full disks.

use std::collections::{BTreeMap, BTreeSet};

use gossamer_crypto::{DeviceId, EnvelopeId, Keyring};
use gossamer_wire::v2::{Body, Envelope, Kind, Purge, Purged};

use crate::gossip::{Entry, Held, Input, Start};

/// What is there after a crash, and what is not there yet.
#[derive(Debug, Default)]
pub(super) struct Disk {
    rows: BTreeMap<EnvelopeId, Row>,
    uptime: i64,
    keyring: Keyring,
    admitted: BTreeSet<DeviceId>,
    /// Written and not committed: gone after a crash.
    batch: Vec<Write>,
    /// What could not be removed while it was full.
    unmade: Vec<Write>,
    /// Whether it is full: then nothing is committed.
    pub(super) is_full: bool,
}

#[derive(Debug)]
struct Row {
    entry: Entry,
    envelope: Option<Envelope>,
    /// Of one of ours: neighbours that have it.
    sent_to: BTreeSet<DeviceId>,
}

/// One statement of a batch.
#[derive(Debug)]
pub(super) enum Write {
    /// What the user wrote, as *queued*.
    Own(Envelope, Entry),
    Taken(Envelope, Entry),
    Known(Entry),
    DropBodies(Vec<EnvelopeId>),
    Forget(Vec<EnvelopeId>),
    Sent(EnvelopeId, DeviceId),
    Keyring(Keyring),
    Admitted(DeviceId),
}

/// What a commit came to.
#[derive(Debug, Default)]
pub(super) struct Committed {
    /// What the brain is told.
    pub(super) inputs: Vec<Input>,
    /// Messages of the user's that exist from now on.
    pub(super) own: Vec<EnvelopeId>,
    /// And letters.
    pub(super) letters: Vec<EnvelopeId>,
}

impl Disk {
    /// A new one, with the keys that the user brought.
    pub(super) fn new(keyring: Keyring) -> Self {
        Self {
            keyring,
            ..Self::default()
        }
    }

    /// Takes a statement. True when it is the first of a batch, which is to be committed then.
    pub(super) fn write(&mut self, write: Write) -> bool {
        self.batch.push(write);
        self.batch.len() == 1
    }

    /// Commits the batch, all of it or nothing.
    pub(super) fn commit(&mut self, uptime: i64) -> Committed {
        let batch = std::mem::take(&mut self.batch);
        if self.is_full {
            let refused = refused(&batch);
            // Bodies that are to go are tried again.
            let drops = |write: &Write| matches!(write, Write::DropBodies(_));
            self.unmade.extend(batch.into_iter().filter(drops));
            return refused;
        }
        let batch = std::mem::take(&mut self.unmade).into_iter().chain(batch);
        self.uptime = uptime;
        let mut outcome = Committed::default();
        let mut persisted = Vec::new();
        for write in batch {
            match write {
                Write::Own(envelope, entry) => {
                    if entry.kind == Kind::Everyone {
                        outcome.own.push(entry.id);
                    } else if entry.kind == Kind::Dm {
                        outcome.letters.push(entry.id);
                    }
                    outcome.inputs.push(Input::Publish(envelope.clone()));
                    self.put(entry, Some(envelope));
                }
                Write::Taken(envelope, entry) => {
                    persisted.push(entry.id);
                    self.put(entry, Some(envelope));
                }
                Write::Known(entry) => self.put(entry, None),
                Write::DropBodies(ids) => ids.iter().for_each(|id| self.drop_body(id)),
                Write::Forget(ids) => ids.iter().for_each(|id| drop(self.rows.remove(id))),
                Write::Sent(id, to) => {
                    if let Some(row) = self.rows.get_mut(&id) {
                        row.sent_to.insert(to);
                    }
                }
                Write::Keyring(keyring) => self.keyring = keyring,
                Write::Admitted(device) => _ = self.admitted.insert(device),
            }
        }
        if !persisted.is_empty() {
            outcome.inputs.push(Input::Persisted(persisted));
        }
        outcome
    }

    /// What was not committed is gone.
    pub(super) fn crash(&mut self) {
        self.batch.clear();
        self.unmade.clear();
    }

    /// What a brain is told when it starts.
    pub(super) fn start(&self) -> Start {
        let unsent = |row: &&Row| {
            let counts = row.entry.own && row.entry.kind != Kind::Purge;
            counts && row.sent_to.is_empty() && row.envelope.is_some()
        };
        let carriers = self.rows.values().filter(|row| !row.sent_to.is_empty());
        Start {
            index: self.rows.values().map(|row| row.entry.clone()).collect(),
            unsent: self
                .rows
                .values()
                .filter(unsent)
                .map(|row| row.entry.id)
                .collect(),
            uptime: self.uptime,
            keyring: self.keyring.clone(),
            admitted: self.admitted.iter().copied().collect(),
            contacts: None,
            purges: self.rows.values().filter_map(purge).collect(),
            carriers: carriers
                .map(|row| (row.entry.id, row.sent_to.clone()))
                .collect(),
        }
    }

    pub(super) fn body(&self, id: &EnvelopeId) -> Option<&Envelope> {
        self.rows.get(id).and_then(|row| row.envelope.as_ref())
    }

    /// A body, once what was written before is there: who reads comes after who writes.
    pub(super) fn read(&self, id: &EnvelopeId) -> Option<&Envelope> {
        let written = self.batch.iter().find_map(|write| {
            if let Write::Taken(envelope, entry) = write
                && entry.id == *id
            {
                return Some(envelope);
            }
            None
        });
        written.or_else(|| self.body(id))
    }

    /// Direct messages whose bodies are there.
    pub(super) fn mail(&self) -> Vec<(EnvelopeId, Body)> {
        let dms = self.rows.values().filter(|row| row.entry.kind == Kind::Dm);
        let body = |row: &Row| Some((row.entry.id, row.envelope.as_ref()?.parse().ok()?));
        dms.filter_map(body).collect()
    }

    /// Whether STORED may be said of an envelope: its body is there, or was replaced by a newer one.
    pub(super) fn vouches_for(&self, id: &EnvelopeId) -> bool {
        let row = self.rows.get(id);
        row.is_some_and(|row| row.envelope.is_some() || row.entry.kind.is_replaceable())
    }

    /// The highest `seq` of what the user wrote.
    pub(super) fn last_seq(&self) -> u64 {
        let own = self.rows.values().filter(|row| row.entry.own);
        own.map(|row| row.entry.seq).max().unwrap_or(0)
    }

    /// What the user wrote and no neighbour is known to have.
    pub(super) fn unsent(&self) -> impl Iterator<Item = EnvelopeId> + '_ {
        let unsent = |row: &&Row| row.entry.own && row.sent_to.is_empty();
        let rows = self.rows.values().filter(unsent);
        rows.map(|row| row.entry.id)
    }

    pub(super) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    fn put(&mut self, mut entry: Entry, envelope: Option<Envelope>) {
        entry.held = envelope.as_ref().map_or(Held::IdOnly, |_| Held::Body);
        let id = entry.id;
        let row = Row {
            entry,
            envelope,
            sent_to: BTreeSet::new(),
        };
        self.rows.insert(id, row);
    }

    fn drop_body(&mut self, id: &EnvelopeId) {
        if let Some(row) = self.rows.get_mut(id) {
            row.envelope = None;
            row.entry.held = Held::IdOnly;
        }
    }
}

/// What an envelope says of letters.
fn purge(row: &Row) -> Option<(EnvelopeId, Purge)> {
    let envelope = row.envelope.as_ref()?;
    let body = envelope
        .parse()
        .ok()
        .filter(|body| body.kind == Kind::Purge)?;
    Some((row.entry.id, Purge::decode(&body.payload).ok()?))
}

fn refused(batch: &[Write]) -> Committed {
    let failed = batch.iter().filter_map(|write| match write {
        Write::Taken(_, entry) => Some(entry.id),
        Write::Own(..)
        | Write::Known(_)
        | Write::DropBodies(_)
        | Write::Forget(_)
        | Write::Sent(..)
        | Write::Keyring(_)
        | Write::Admitted(_) => None,
    });
    let failed: Vec<EnvelopeId> = failed.collect();
    let told = (!failed.is_empty()).then_some(Input::PersistFailed(failed));
    // What the user has opened is said again.
    let unsaid = batch.iter().filter_map(|write| {
        let Write::Own(envelope, _) = write else {
            return None;
        };
        envelope.parse().ok()
    });
    let unsaid = unsaid.filter(|body| body.kind == Kind::Purge);
    let unsaid = unsaid.filter_map(|body| Purge::decode(&body.payload).ok());
    let unsaid = unsaid.flat_map(|purge| purge.entries);
    let again = unsaid.map(|Purged { id, secret }| Input::Opened { id, secret });
    let is_keyring = |write: &Write| matches!(write, Write::Keyring(_));
    let no_keys = batch.iter().any(is_keyring).then_some(Input::KeyringFailed);
    Committed {
        inputs: told.into_iter().chain(again).chain(no_keys).collect(),
        ..Committed::default()
    }
}
