//! Envelopes of others on their way to disk, and from there to people.

use gossamer_crypto::EnvelopeId;
use gossamer_mesh::{
    Input as ClassicInput,
    gossip::{Entry, Input},
};
use gossamer_store::{EnvelopeRow, NewMessage, Recorded};
use gossamer_wire::v2::{Body, Envelope, Kind};

use super::rows::{message, row};
use crate::{
    actor::{Actor, Report},
    api::{ApiError, Event},
    convert,
    devices::read_record,
};

/// An envelope that came, or a classic message that became one.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(super) envelope: Envelope,
    pub(super) entry: Entry,
    pub(super) body: Body,
    pub(super) message: Option<NewMessage>,
    /// The classic id of a message that was heard on the classic wire.
    pub(super) heard: Option<String>,
}

impl Actor {
    pub(super) fn arrive(&mut self, envelope: Envelope, entry: Entry) {
        let Ok(body) = envelope.parse() else {
            // The brain has parsed it before.
            return self.gossip(Input::PersistFailed(vec![entry.id]));
        };
        let said = self.v2.content.read(&body);
        let mut message = said.map(|said| message(said, &body, &entry));
        let bridging = self.v2.bridging.take_if(|(id, _)| *id == entry.id);
        let heard = bridging.map(|(_, message_id)| message_id);
        if let Some(message) = message.as_mut().filter(|_| heard.is_some()) {
            message.row.hops = None;
        }
        self.keep(Arrival {
            envelope,
            entry,
            body,
            message,
            heard,
        });
    }

    fn keep(&mut self, arrival: Arrival) {
        self.v2.pending.insert(arrival.entry.id, arrival.clone());
        self.v2.batch.push(arrival);
        self.keep_batch();
    }

    fn keep_batch(&mut self) {
        if self.v2.storing || self.v2.batch.is_empty() {
            return;
        }
        self.v2.storing = true;
        let batch = std::mem::take(&mut self.v2.batch);
        let network = self.v2.author.network;
        let messages: Vec<NewMessage> =
            batch.iter().filter_map(|one| one.message.clone()).collect();
        let rows: Vec<EnvelopeRow> = batch
            .iter()
            .map(|one| row(&one.entry, network, Some((&one.envelope, &one.body))))
            .collect();
        self.job(
            move |store| store.record(&messages, &rows),
            |recorded| Some(Report::Kept(batch, recorded)),
        );
    }

    pub(crate) fn kept(&mut self, batch: Vec<Arrival>, recorded: Result<Recorded, ApiError>) {
        self.v2.storing = false;
        match recorded {
            Ok(recorded) => self.kept_well(batch, recorded),
            // The archive tells of its failures, once for all of them.
            Err(_) => {
                for arrival in batch {
                    self.v2.pending.remove(&arrival.entry.id);
                    self.gossip(Input::PersistFailed(vec![arrival.entry.id]));
                    if let Some(id) = arrival.heard {
                        self.tell(ClassicInput::PersistFailed(vec![id]));
                    }
                }
            }
        }
        self.keep_batch();
    }

    fn kept_well(&mut self, batch: Vec<Arrival>, recorded: Recorded) {
        let mut placed = recorded.placed.into_iter();
        for arrival in &batch {
            if arrival.message.is_none() {
                continue;
            }
            // One answer for each message of the batch, whatever became of it meanwhile.
            let at = placed.next().flatten();
            let Some(pending) = self.v2.pending.get_mut(&arrival.entry.id) else {
                continue;
            };
            match (at, &mut pending.message) {
                (Some(at), Some(message)) => {
                    (message.row.place, message.row.late) = (at.place, at.late);
                }
                // It is there already: not shown again.
                _ => pending.message = None,
            }
        }
        let ids = batch.iter().map(|one| one.entry.id).collect();
        self.gossip(Input::Persisted(ids));
        let heard = batch.into_iter().filter_map(|one| one.heard);
        self.tell(ClassicInput::Persisted(heard.collect()));
        self.show_moved(recorded.moved);
    }

    /// Messages that stand in another place now are told again.
    fn show_moved(&self, ids: Vec<String>) {
        if ids.is_empty() {
            return;
        }
        self.job(
            move |store| {
                let rows = ids.iter().map(|id| store.messages().get(id).transpose());
                rows.flatten().collect()
            },
            |rows| rows.ok().map(Report::Revealed),
        );
    }

    /// Shows what is on disk, and passes it to classic nodes.
    pub(super) fn deliver(&mut self, id: &EnvelopeId) {
        let Some(arrival) = self.v2.pending.remove(id) else {
            return;
        };
        if arrival.body.kind == Kind::DeviceRecord
            && let Some(record) = read_record(&arrival.body)
        {
            if self.v2.devices.contacts.learn(record.device, record.user) {
                self.tell_contacts();
            }
            let view = self.v2.devices.named(record.device, &record.name);
            self.tell_name(&record.device, view);
        }
        if arrival.heard.is_none() {
            self.bridge_out(id, &arrival.body);
        }
        if let Some(message) = arrival.message {
            self.sink
                .emit(Event::Message(convert::message_view(&message.row)));
        }
    }
}
