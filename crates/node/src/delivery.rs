//! Messages of ours on their way to others, and how far they got.

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_mesh::{Input, bridge::outward, gossip};
use gossamer_store::{MessageRow, MessageState, Store, StoreError};
use gossamer_wire::{v1::EncodeError, v2::Envelope};

use crate::{
    actor::{Actor, Report},
    api::Reason,
    convert::count,
};

impl Actor {
    /// Hands a message that is on disk to the brains.
    pub(crate) fn publish(&mut self, row: &MessageRow, envelope: Option<Envelope>) {
        if let Some(envelope) = envelope {
            self.gossip(gossip::Input::Publish(envelope));
        }
        if !self.classic.welcome {
            return;
        }
        if let Some(published) = self.classic.publishable(row) {
            self.tell(Input::Publish(published));
        }
    }

    /// A neighbour has an envelope of ours on disk.
    pub(crate) fn count_reached(&mut self, id: EnvelopeId, by: DeviceId) {
        self.tell(Input::Settled(outward(&id)));
        self.count(id.to_string(), move |store, id| {
            store.reached().add(id, &by)
        });
    }

    /// So many classic nodes were given a message of ours.
    pub(crate) fn count_classic(&mut self, id: &str, nodes: u32) {
        if let Some(id) = self.classic.ours.get(id).cloned() {
            if let Some(id) = EnvelopeId::from_hex(&id) {
                self.gossip(gossip::Input::Settled(id));
            }
            self.count(id, move |store, id| store.reached().add_classic(id, nodes));
        }
    }

    fn count(
        &self,
        id: String,
        note: impl FnOnce(&mut Store, &str) -> Result<Option<u32>, StoreError> + Send + 'static,
    ) {
        self.job(
            move |store| match note(store, &id)? {
                Some(_) => store.messages().get(&id),
                None => Ok(None),
            },
            |row| Some(Report::Reached(row.ok()??)),
        );
    }

    /// Classic nodes cannot take it; those of ours can.
    pub(crate) fn too_large(&mut self, id: &str, error: EncodeError) {
        let Some(id) = self.classic.ours.get(id).cloned() else {
            return;
        };
        if self.v2.brain.linked().next().is_none() {
            self.advance(id, MessageState::Failed, Some(too_large(error)));
        }
    }

    /// A message of ours got further, or failed for this reason.
    pub(crate) fn advance(&self, id: String, state: MessageState, reason: Option<Reason>) {
        self.job(
            move |store| {
                let reason = reason.as_ref().map(Reason::stored);
                if store.messages().advance(&id, state, reason.as_deref())? {
                    store.messages().get(&id)
                } else {
                    Ok(None)
                }
            },
            |row| Some(Report::Reached(row.ok()??)),
        );
    }
}

fn too_large(error: EncodeError) -> Reason {
    let EncodeError::TooLong { size, limit } = error;
    Reason::MessageTooLong {
        size: count(size),
        limit: count(limit),
    }
}
