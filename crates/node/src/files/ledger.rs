//! The transfers that are known: how one comes in, ends, is written down and told.

use gossamer_store::{Direction, PartyState, TransferState};

use super::{Files, Motion, Outside, Share, Transfer, placing::write_then, view};
use crate::{
    api::{ApiError, ErrorCode, Event, Reason, TransferView},
    clock::wall_ms,
};

/// Transfers remembered at most; the oldest ended ones give way.
const REMEMBERED: usize = 1000;

impl Files {
    pub(super) fn insert(&mut self, transfer: Transfer) -> u64 {
        let key = self.next;
        self.next += 1;
        self.by_id.insert(transfer.row.id.clone(), key);
        if let Some(share) = &transfer.share {
            self.v2.by_file.insert(share.file(), key);
        }
        self.transfers.insert(key, transfer);
        if self.transfers.len() > REMEMBERED {
            let ended = self
                .transfers
                .iter()
                .find(|(_, transfer)| transfer.is_over());
            if let Some(old) = ended
                .map(|(key, _)| *key)
                .and_then(|key| self.transfers.remove(&key))
            {
                self.by_id.remove(&old.row.id);
                let file = old.share.as_ref().map(Share::file);
                file.and_then(|file| self.v2.by_file.remove(&file));
            }
        }
        key
    }

    pub(super) fn find(&self, id: &str) -> Result<u64, ApiError> {
        self.by_id.get(id).copied().ok_or_else(|| {
            ApiError::new(
                ErrorCode::UnknownTransfer,
                "There is no such file transfer any more.",
            )
        })
    }

    pub(super) fn fail(&mut self, key: u64, reason: Reason, out: &mut Outside<'_>) {
        self.end(key, TransferState::Failed, Some(reason));
        self.tell(key, out);
    }

    /// Ends a transfer: what moved its bytes stops, and late chunks of it are not kept.
    pub(super) fn end(&mut self, key: u64, state: TransferState, reason: Option<Reason>) {
        let parts = self.parts_dir();
        let Some(transfer) = self.transfers.get_mut(&key) else {
            return;
        };
        let row = &mut transfer.row;
        let motion = std::mem::replace(&mut transfer.motion, Motion::None);
        if let Some(share) = &mut transfer.share {
            // Whoever is still waiting learns that nothing more comes.
            share.close(PartyState::Cancelled);
            if let Motion::Pull(pull) = &motion
                && state != TransferState::Done
            {
                pull.discard(parts, share.file());
            }
        }
        (row.state, row.reason) = (state, reason.map(|it| it.stored()));
        (row.spool, row.intended) = (None, None);
        row.ended_at = Some(wall_ms());
        self.quota.close(&row.id);
        if row.direction == Direction::In && transfer.share.is_none() {
            self.by_file.remove(&row.file_id);
            self.over.insert(row.file_id.clone(), ());
        }
    }

    /// Writes a transfer's row and tells faces.
    pub(super) fn tell(&self, key: u64, out: &mut Outside<'_>) {
        self.record(key, out);
        self.show(key, out);
    }

    pub(super) fn record(&self, key: u64, out: &Outside<'_>) {
        if let Some(transfer) = self.transfers.get(&key) {
            write_then(out.archive, transfer, drop);
        }
    }

    pub(super) fn show(&self, key: u64, out: &mut Outside<'_>) {
        if let Some(view) = self.view(key) {
            out.sink.emit(Event::Transfer(view));
        }
    }

    /// Writes a transfer's row, tells faces, and answers the command of one of them.
    pub(super) fn answer(&self, key: u64, out: &mut Outside<'_>) -> Result<Event, ApiError> {
        self.tell(key, out);
        let gone = || ApiError::new(ErrorCode::UnknownTransfer, "The transfer is gone.");
        self.view(key).map(Event::Transfer).ok_or_else(gone)
    }

    pub(super) fn view(&self, key: u64) -> Option<TransferView> {
        let transfer = self.transfers.get(&key)?;
        let row = &transfer.row;
        let offer = row.direction == Direction::In && row.state == TransferState::Offered;
        let free = if offer { self.free() } else { None };
        Some(view::transfer_view(row, &transfer.meter, free, self.now))
    }

    /// Free bytes where files land.
    pub(super) fn free(&self) -> Option<u64> {
        let existing = self.downloads.ancestors().find(|dir| dir.exists())?;
        fs4::available_space(existing).ok()
    }
}

pub(super) fn wrong_state(what: &str) -> ApiError {
    ApiError::new(
        ErrorCode::WrongState,
        format!("This file transfer cannot be {what} now: it is over, or it is not an offer."),
    )
}
