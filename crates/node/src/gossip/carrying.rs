//! Direct messages that wait here for others: docs/protocol-v2.md 6.6.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_mesh::gossip::{Entry, Held, Input, Progress};
use gossamer_store::{MessageState, Store, StoreError};
use gossamer_wire::v2::{Body, Envelope, Kind, Purge, Purged};

use super::Author;
use crate::{
    actor::{Actor, Report},
    api::Reason,
    clock::wall_ms,
};

/// What a node that starts knows of direct messages beyond the index.
#[derive(Debug, Default)]
pub(crate) struct Restored {
    /// What has arrived.
    pub(crate) purges: Vec<(EnvelopeId, Purge)>,
    /// Who has which of ours.
    pub(crate) carriers: BTreeMap<EnvelopeId, BTreeSet<DeviceId>>,
}

/// Reads it.
pub(crate) fn restore(store: &mut Store, index: &[Entry]) -> Result<Restored, StoreError> {
    let mut restored = Restored::default();
    let held = index.iter().filter(|entry| entry.held == Held::Body);
    for entry in held {
        if entry.kind == Kind::Purge {
            let row = store.envelopes().get(&entry.id)?;
            let body = row.and_then(|row| Body::decode(&row.body?.body).ok());
            let purge = body.and_then(|body| Purge::decode(&body.payload).ok());
            restored.purges.extend(purge.map(|purge| (entry.id, purge)));
        } else if entry.kind == Kind::Dm && entry.own {
            let devices = store.reached().devices(&entry.id.to_string())?;
            restored
                .carriers
                .insert(entry.id, devices.into_iter().collect());
        }
    }
    Ok(restored)
}

impl Actor {
    /// These bodies are not needed any more.
    pub(super) fn drop_bodies(&mut self, ids: Vec<EnvelopeId>) {
        for id in &ids {
            self.v2.pending.remove(id);
        }
        let again = ids.clone();
        self.job(
            move |store| store.envelopes().drop_bodies(&ids),
            |dropped| dropped.is_err().then_some(Report::NotDropped(again)),
        );
    }

    /// Tries again what a full disk did not let go.
    pub(super) fn drop_again(&mut self) {
        let ids = std::mem::take(&mut self.v2.not_dropped);
        if !ids.is_empty() {
            self.drop_bodies(ids);
        }
    }

    /// Signs what has arrived, and has it spread once it is on disk.
    pub(super) fn tell_purge(&mut self, purge: Purge, lifetime: u32) {
        let author = Arc::clone(&self.v2.author);
        let birth = self.v2.brain.uptime(self.clock.now());
        let told = purge.clone();
        self.job(
            move |store| sign(store, &author, &told, lifetime, birth),
            |signed| Some(Report::Purged(purge, signed.ok().flatten())),
        );
    }

    /// What has arrived is on disk, or could not be: then it is told later.
    pub(crate) fn purged(&mut self, purge: Purge, envelope: Option<Envelope>) {
        if let Some(envelope) = envelope {
            return self.gossip(Input::Publish(envelope));
        }
        for Purged { id, secret } in purge.entries {
            self.gossip(Input::Opened { id, secret });
        }
    }

    /// A direct message of ours got further.
    pub(super) fn progressed(&mut self, id: EnvelopeId, progress: &Progress) {
        let (state, reason) = match progress {
            Progress::Sent => (MessageState::Sent, None),
            Progress::Carried(_) => (MessageState::Carried, None),
            Progress::Delivered => (MessageState::Delivered, None),
            Progress::Expired => (MessageState::Failed, Some(Reason::RecipientNotMet)),
        };
        self.advance(id.to_string(), state, reason);
    }
}

fn sign(
    store: &mut Store,
    author: &Author,
    purge: &Purge,
    lifetime: u32,
    birth: i64,
) -> Result<Option<Envelope>, StoreError> {
    let now = wall_ms();
    let seq = store.identity().next_seq(now)?;
    let envelope = author.purge(purge, lifetime, seq, now);
    let row = envelope.as_ref().and_then(|one| author.row(one, birth));
    store.record(&[], row.as_slice())?;
    Ok(envelope)
}

#[cfg(test)]
mod tests {
    use gossamer_crypto::{DeviceKey, NetworkId, PurgeSecret, UserKey};
    use gossamer_store::Unlock;

    use super::{super::entry, *};

    #[test]
    fn what_has_arrived_is_known_again_after_a_restart() {
        let ana = Author {
            device: DeviceKey::from_secret(&[1; 32]),
            user: UserKey::from_secret(&[2; 32]),
            network: NetworkId::of("home"),
            name: "ana".to_owned(),
        };
        let purge = Purge {
            entries: vec![Purged {
                id: EnvelopeId::new([3; 32]),
                secret: PurgeSecret::new([4; 32]),
            }],
        };
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path(), &Unlock::default()).unwrap();
        store.identity().get_or_create("ana", 0).unwrap();
        let told = sign(&mut store, &ana, &purge, 600, 5).unwrap().unwrap();

        let mut index = Vec::new();
        let stored = store.envelopes().index(&ana.network, |stored| {
            index.extend(entry(&stored, ana.device.id()));
        });
        stored.unwrap();
        assert_eq!(index.len(), 1);
        let restored = restore(&mut store, &index).unwrap();
        assert_eq!(restored.purges, [(told.id(), purge)]);
    }
}
