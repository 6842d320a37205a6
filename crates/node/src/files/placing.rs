//! Files that are whole and get their name. It is written down first, so that a node that dies before
//! it wrote that the file is there finds it, and neither asks for it again nor keeps it twice.

use gossamer_store::{Intended, PartyState, TransferRow, TransferState};
use gossamer_transfer::{placing::Place, v2::Unwritten};
use tokio::sync::oneshot;

use super::{
    Files, Motion, Outside, Transfer,
    modified::{moment, nanoseconds},
};
use crate::archive::Archive;

/// Told whether a place was written down.
pub(crate) type Noted = oneshot::Sender<Result<(), Unwritten>>;

impl Files {
    /// Writes down where a whole file is about to go.
    pub(super) fn intend(&mut self, key: u64, place: &Place, noted: Noted, out: &mut Outside<'_>) {
        let Some(transfer) = self.transfers.get_mut(&key).filter(|it| !it.is_over()) else {
            let _ = noted.send(Err(Unwritten));
            return;
        };
        transfer.row.state = TransferState::Verifying;
        transfer.row.bytes = transfer.row.size;
        transfer.row.intended = Some(Intended {
            path: place.path.display().to_string(),
            modified: place.modified.and_then(nanoseconds),
        });
        write_then(out.archive, transfer, |is_written| {
            let _ = noted.send(is_written.then_some(()).ok_or(Unwritten));
        });
        self.show(key, out);
    }

    /// Settles what was intended with a file that is pulled: ends its transfer if it has got its name
    /// although nobody could say so.
    pub(super) fn end_if_placed(&mut self, key: u64, out: &mut Outside<'_>) -> bool {
        let Some(Transfer {
            row,
            motion: Motion::Pull(pull),
            ..
        }) = self.transfers.get_mut(&key)
        else {
            return false;
        };
        match found(row) {
            Some(Found::Placed(path)) => {
                self.keep_at(key, path);
                self.tell(key, out);
                return true;
            }
            Some(found) => pull.begin_with(found, row),
            None => {}
        }
        false
    }

    /// A file is in its place.
    pub(super) fn keep_at(&mut self, key: u64, path: String) {
        if let Some(transfer) = self.transfers.get_mut(&key) {
            transfer.row.path = Some(path);
            transfer.row.bytes = transfer.row.size;
            if let Some(share) = &mut transfer.share {
                share.close(PartyState::Done);
            }
        }
        self.end(key, TransferState::Done, None);
    }
}

/// What there is of a file that was about to get its name.
pub(super) enum Found {
    /// It has its name: the path.
    Placed(String),
    /// Every byte of it, where it arrived.
    Whole(Place),
    /// Nothing that is surely the file and nothing else.
    Unsure,
}

/// Looks for the file of a row, if anything was intended with it. That is settled then.
pub(super) fn found(row: &mut TransferRow) -> Option<Found> {
    let intended = row.intended.take()?;
    let at = |path: &str| Place {
        path: path.into(),
        modified: intended.modified.and_then(moment),
    };
    if at(&intended.path).holds(row.size) {
        return Some(Found::Placed(intended.path));
    }
    let begun = row.spool.as_deref().map(at);
    let whole = begun.filter(|part| part.modified.is_some() && part.holds(row.size));
    Some(whole.map_or(Found::Unsure, Found::Whole))
}

/// Writes a transfer down and then calls `then` with whether that worked.
pub(super) fn write_then(
    archive: &Archive,
    transfer: &Transfer,
    then: impl FnOnce(bool) + Send + 'static,
) {
    let row = transfer.row.clone();
    let share = transfer.share.as_ref().map(|share| share.row(&row.id));
    archive.note(move |store| {
        let written = match share {
            Some(share) => store.shares().upsert(&row, &share),
            None => store.transfers().upsert(&row),
        };
        then(written.is_ok());
        written
    });
}
