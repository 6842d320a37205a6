//! Files that go out: offered to every device that is here, or comes while they do.

use std::sync::Arc;

use gossamer_crypto::{DeviceId, FileId};
use gossamer_store::{PartyState, TransferState};
use gossamer_transfer::v2::{Outgoing, Refusal};
use tokio::sync::Notify;

use super::{Files, Motion, Outside, share::Party};
use crate::{api::Reason, files::Transfer};

impl Files {
    /// Devices that are here become recipients of whatever is being sent.
    pub(super) fn address_all(&mut self, out: &Outside<'_>) {
        let mut changed = Vec::new();
        for (key, transfer) in &mut self.transfers {
            let (Motion::Out(_), Some(share)) = (&transfer.motion, &mut transfer.share) else {
                continue;
            };
            let before = share.parties.len();
            for device in &self.v2.here {
                let new = || Party::new(PartyState::Waiting);
                share.parties.entry(*device).or_insert_with(new);
            }
            if share.parties.len() > before {
                changed.push(*key);
            }
        }
        changed.into_iter().for_each(|key| self.record(key, out));
    }

    /// A device wants a file: what it is served from, if it is offered to that device.
    pub(super) fn serve(
        &mut self,
        peer: &DeviceId,
        file: FileId,
        stop: Arc<Notify>,
        out: &mut Outside<'_>,
    ) -> Option<Arc<Outgoing>> {
        let key = *self.v2.by_file.get(&file)?;
        let Transfer {
            row,
            motion: Motion::Out(_),
            share: Some(share),
            ..
        } = self.transfers.get_mut(&key)?
        else {
            return None;
        };
        let (offer, source) = (share.offer(row), share.source(row)?);
        let party = share
            .parties
            .get_mut(peer)
            .filter(|party| party.is_open())?;
        let outgoing = match &party.outgoing {
            Some(outgoing) => Arc::clone(outgoing),
            None => Arc::new(Outgoing::new(offer, source).ok()?),
        };
        party.outgoing = Some(Arc::clone(&outgoing));
        let is_new = party.state != PartyState::Begun;
        party.state = PartyState::Begun;
        if let Some(earlier) = party.serving.replace(stop) {
            earlier.notify_one();
        }
        if is_new {
            self.record(key, out);
        }
        self.settle(key, out);
        Some(outgoing)
    }

    /// A stream that came in has ended.
    pub(super) fn answered(
        &mut self,
        stop: &Arc<Notify>,
        refused: Option<(FileId, Refusal)>,
        out: &mut Outside<'_>,
    ) {
        let why = refused.and_then(|(_, refusal)| lost_source(refusal));
        let mut served = None;
        for (key, transfer) in &mut self.transfers {
            let share = transfer.share.iter_mut();
            for party in share.flat_map(|share| share.parties.values_mut()) {
                let is_it = |serving: &Arc<Notify>| Arc::ptr_eq(serving, stop);
                if !party.serving.as_ref().is_some_and(is_it) {
                    continue;
                }
                (party.serving, served) = (None, Some(*key));
                if why.is_some() {
                    // It was told on the stream, and by which reason.
                    party.state = PartyState::Cancelled;
                }
            }
        }
        let Some(key) = served else { return };
        match why {
            Some(why) => self.fail(key, why, out),
            None => self.settle(key, out),
        }
    }

    /// Looks at everything that goes out.
    pub(super) fn settle_all(&mut self, out: &mut Outside<'_>) {
        let going = self.transfers.iter();
        let going = going.filter(|(_, transfer)| matches!(transfer.motion, Motion::Out(_)));
        let going: Vec<u64> = going.map(|(key, _)| *key).collect();
        going.into_iter().for_each(|key| self.settle(key, out));
    }

    /// Decides what a file of ours is, from what is known of everyone it is for.
    pub(crate) fn settle(&mut self, key: u64, out: &mut Outside<'_>) {
        let Some(Transfer {
            row,
            motion: Motion::Out(classic),
            share: Some(share),
            ..
        }) = self.transfers.get_mut(&key)
        else {
            return;
        };
        let before = row.clone();
        let reached = classic.reached() + share.reached();
        row.reached = crate::convert::count(reached);
        let moves = classic.is_running() || share.is_serving();
        let is_here = share.open().any(|device| self.v2.here.contains(device));
        // Whoever has begun may come back for the rest, however long that takes.
        let has_begun = share.count(PartyState::Begun) > 0;
        let is_awaited = is_here || has_begun;
        let missed = classic.missed() + share.open().count();
        let has_ended = !moves && !is_awaited && !share.parties.is_empty();
        if reached > 0 && !moves && !is_awaited && !classic.is_owed(&self.lanes) {
            row.bytes = row.size;
            self.end(key, TransferState::Done, incomplete(missed));
        } else if reached == 0 && has_ended && missed == 0 && self.lanes.is_empty() {
            let (state, reason) = unwanted(share.count(PartyState::Refused) > 0);
            self.end(key, state, Some(reason));
        } else if moves {
            (row.state, row.reason) = (TransferState::Active, None);
        } else if is_here && !has_begun {
            row.state = TransferState::Offered;
            row.reason = Some(Reason::WaitsForAnswer.stored());
        } else if self.lanes.is_empty() || missed > 0 {
            row.state = match classic.missed() {
                0 => share.waiting(),
                _ => TransferState::Paused,
            };
            row.reason = Some(whom(is_here).stored());
        }
        if self.transfers.get(&key).is_some_and(|it| it.row != before) {
            self.tell(key, out);
        }
    }
}

/// Whom a file waits for that moves nowhere.
fn whom(is_here: bool) -> Reason {
    if is_here {
        Reason::WaitsForReceiver
    } else {
        Reason::WaitsForDevice
    }
}

/// What is said of a file that cannot be served any more.
fn lost_source(refusal: Refusal) -> Option<Reason> {
    match refusal {
        Refusal::Changed => Some(Reason::Changed),
        Refusal::Gone => Some(Reason::Gone),
        Refusal::Crowded
        | Refusal::Unacceptable
        | Refusal::NotOffered
        | Refusal::Misbehaved
        | Refusal::Later
        | Refusal::Other(_) => None,
    }
}

/// What is said of a file that some did not get.
fn incomplete(missed: usize) -> Option<Reason> {
    (missed > 0).then(|| Reason::Missed {
        devices: crate::convert::count(missed),
    })
}

/// What becomes of a file that nobody took.
fn unwanted(refused: bool) -> (TransferState, Reason) {
    if refused {
        return (TransferState::Failed, Reason::NotAccepted);
    }
    (TransferState::Cancelled, Reason::Declined)
}
