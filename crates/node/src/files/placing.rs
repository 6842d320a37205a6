//! Files that are whole and get their name. It is written down first, so that a node that dies before
//! it wrote that the file is there finds it, and neither asks for it again nor keeps it twice.

use gossamer_store::{Intended, PartyState, TransferRow, TransferState};
use gossamer_transfer::{placing::Place, v2::Unwritten};
use tokio::sync::oneshot;

use super::{
    Files, Outside, Transfer,
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

    /// Ends a transfer whose file has got its name although nobody could say so.
    pub(super) fn end_if_placed(&mut self, key: u64, out: &mut Outside<'_>) -> bool {
        let transfer = self.transfers.get_mut(&key);
        let placed = transfer.and_then(|it| placed(&mut it.row));
        let Some(path) = placed else { return false };
        self.keep_at(key, path);
        self.tell(key, out);
        true
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

/// Where the file of a row is, if it got its name although nobody could say so. What was intended is
/// settled with that.
pub(super) fn placed(row: &mut TransferRow) -> Option<String> {
    let intended = row.intended.take()?;
    let place = Place {
        path: intended.path.clone().into(),
        modified: intended.modified.and_then(moment),
    };
    place.holds(row.size).then_some(intended.path)
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
