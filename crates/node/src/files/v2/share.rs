//! What a transfer over v2 has beyond its row: a key, and the devices at the other end.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use gossamer_crypto::{DeviceId, FileId, FileKey};
use gossamer_store::{Party as StoredParty, PartyState, ShareRow, TransferRow, TransferState};
use gossamer_transfer::v2::{Offer, Outgoing, Source};
use tokio::sync::Notify;

use super::{file_of, pause::Pause};
use crate::files::{
    meter::Meter,
    modified::{moment, nanoseconds},
};

/// The share of one transfer.
#[derive(Debug)]
pub(crate) struct Share {
    pub(super) file: FileId,
    pub(super) key: FileKey,
    /// When sending: when the file was changed last.
    modified: Option<i64>,
    pub(super) parties: BTreeMap<DeviceId, Party>,
}

/// A device at the other end.
#[derive(Debug)]
pub(super) struct Party {
    pub(super) state: PartyState,
    /// Whether it has still to be told of that.
    pub(super) owed: bool,
    /// Nothing is said to it before the end of this.
    pub(super) pause: Pause,
    /// When sending: what it is served from, once it asked.
    pub(super) outgoing: Option<Arc<Outgoing>>,
    /// Ends the stream that serves it.
    pub(super) serving: Option<Arc<Notify>>,
    /// How fast that goes.
    meter: Meter,
}

impl Party {
    pub(super) fn new(state: PartyState) -> Self {
        Self {
            state,
            owed: false,
            pause: Pause::default(),
            outgoing: None,
            serving: None,
            meter: Meter::default(),
        }
    }

    /// Whether neither side has ended the transfer with it.
    pub(super) fn is_open(&self) -> bool {
        matches!(
            self.state,
            PartyState::Waiting | PartyState::Offered | PartyState::Begun
        )
    }
}

impl Share {
    /// A file that comes from `device`.
    pub(super) fn coming(offer: &Offer, device: DeviceId) -> Self {
        Self {
            file: offer.file,
            key: offer.key.clone(),
            modified: None,
            parties: [(device, Party::new(PartyState::Offered))].into(),
        }
    }

    /// A file that goes out, to nobody yet.
    pub(crate) fn going(source: &Source) -> Self {
        Self {
            file: FileId::new(rand::random()),
            key: FileKey::new(rand::random()),
            modified: source.modified.and_then(nanoseconds),
            parties: BTreeMap::new(),
        }
    }

    /// What the store has of it; `None` for an id that is not ours.
    pub(crate) fn restore(row: &TransferRow, stored: ShareRow) -> Option<Self> {
        let party = |stored: StoredParty| {
            let owed = stored.owed;
            (
                stored.device,
                Party {
                    owed,
                    ..Party::new(stored.state)
                },
            )
        };
        Some(Self {
            file: file_of(&row.file_id)?,
            key: stored.key,
            modified: stored.modified,
            parties: stored.parties.into_iter().map(party).collect(),
        })
    }

    /// How the store keeps it.
    pub(crate) fn row(&self, transfer: &str) -> ShareRow {
        let party = |(device, party): (&DeviceId, &Party)| StoredParty {
            device: *device,
            state: party.state,
            owed: party.owed,
        };
        ShareRow {
            transfer: transfer.to_owned(),
            key: self.key.clone(),
            modified: self.modified,
            parties: self.parties.iter().map(party).collect(),
        }
    }

    /// The id of its file on the wire.
    pub(crate) fn file(&self) -> FileId {
        self.file
    }

    /// The id of its file in a row.
    pub(crate) fn file_id(&self) -> String {
        super::row_id(self.file)
    }

    pub(super) fn offer(&self, row: &TransferRow) -> Offer {
        Offer {
            file: self.file,
            key: self.key.clone(),
            name: row.name.clone(),
            size: row.size,
            mime: None,
        }
    }

    pub(super) fn source(&self, row: &TransferRow) -> Option<Source> {
        Some(Source {
            path: row.path.as_ref()?.into(),
            size: row.size,
            modified: self.modified.and_then(moment),
        })
    }

    /// Nothing keeps what is owed to a device from being said.
    pub(super) fn try_now(&mut self, device: &DeviceId) {
        if let Some(party) = self.parties.get_mut(device) {
            party.pause.end();
        }
    }

    /// This side ends the transfer with everyone with whom it is open, and owes them the word.
    pub(crate) fn close(&mut self, state: PartyState) {
        for party in self.parties.values_mut().filter(|party| party.is_open()) {
            (party.state, party.owed) = (state, true);
            party.pause.end();
            if let Some(serving) = party.serving.take() {
                serving.notify_one();
            }
        }
    }

    /// Devices with which it is open.
    pub(crate) fn open(&self) -> impl Iterator<Item = &DeviceId> {
        let open = self.parties.iter().filter(|(_, party)| party.is_open());
        open.map(|(device, _)| device)
    }

    /// Devices that have the file.
    pub(crate) fn reached(&self) -> usize {
        self.count(PartyState::Done)
    }

    pub(crate) fn count(&self, state: PartyState) -> usize {
        let parties = self.parties.values();
        parties.filter(|party| party.state == state).count()
    }

    /// What it is while no device is here that it is open with: a device that has begun with it may
    /// come back for the rest.
    pub(crate) fn waiting(&self) -> TransferState {
        match self.count(PartyState::Begun) {
            0 => TransferState::Offered,
            _ => TransferState::Paused,
        }
    }

    /// Whether any device is being served.
    pub(crate) fn is_serving(&self) -> bool {
        self.parties.values().any(|party| party.serving.is_some())
    }

    /// Looks how far each device is that is being served.
    pub(crate) fn measure(&mut self, now: Duration) {
        for party in self.parties.values_mut() {
            match &party.outgoing {
                Some(outgoing) if party.serving.is_some() => {
                    party.meter.update(now, outgoing.progress().bytes());
                }
                _ => party.meter = Meter::default(),
            }
        }
    }

    /// Bytes per second to each device that is being served.
    pub(crate) fn rates(&self) -> impl Iterator<Item = (&DeviceId, u64)> {
        let served = self.parties.iter();
        let served = served.filter(|(_, party)| party.serving.is_some());
        served.map(|(device, party)| (device, party.meter.rate()))
    }

    /// Bytes that the furthest open recipient has been sent.
    pub(crate) fn bytes(&self) -> u64 {
        let sent = self
            .parties
            .values()
            .filter_map(|party| party.outgoing.as_ref())
            .map(|outgoing| outgoing.progress().bytes());
        sent.max().unwrap_or(0)
    }
}
