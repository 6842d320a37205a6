//! What becomes of the transfers of earlier runs.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::PathBuf,
};

use gossamer_crypto::FileId;
use gossamer_store::{Direction, ShareRow, TransferRow, TransferState};
use gossamer_transfer::{placing::arriving, v2::Part};

use super::{
    Files, Motion, Transfer, leftovers,
    meter::Meter,
    outgoing::Outgoing,
    placing::{Found, found, write_then},
    v2::{Pull, Share},
};
use crate::{
    api::{ApiError, Reason},
    archive::Archive,
    clock::wall_ms,
};

impl Files {
    /// Reads the history, and goes on with what can be gone on with.
    pub(super) async fn restore(&mut self, archive: &Archive) -> Result<(), ApiError> {
        let read = archive.run(|store| Ok((store.transfers().all()?, store.shares().all()?)));
        let (rows, shares) = read.await?;
        let by_transfer = |share: ShareRow| (share.transfer.clone(), share);
        let mut shares: HashMap<_, _> = shares.into_iter().map(by_transfer).collect();
        let mut kept = HashSet::new();
        for mut row in rows {
            let share = shares.remove(&row.id);
            let share = share.and_then(|stored| Share::restore(&row, stored));
            let (placed, found) = match found(&mut row) {
                Some(Found::Placed(path)) => (Some(path), None),
                found => (None, found),
            };
            let mut motion = match &share {
                _ if placed.is_some() => Motion::None,
                Some(share) => self.go_on(&mut row, share),
                None => self.resume(&row).map_or(Motion::None, Motion::In),
            };
            if let Some(share) = &share {
                kept.extend(self.keep_part(&mut row, &motion, share.file()));
                if let (Motion::Pull(pull), Some(found)) = (&mut motion, found) {
                    pull.begin_with(found, &row);
                }
            }
            if let Motion::In(_) = motion {
                kept.extend(row.spool.clone().map(PathBuf::from));
                self.by_file.insert(row.file_id.clone(), self.next);
                row.state = TransferState::Offered;
            } else if matches!(row.state, TransferState::Done | TransferState::Cancelled) {
                self.over.insert(row.file_id.clone(), ());
            } else if row.ended_at.is_none() && placed.is_none() && matches!(motion, Motion::None) {
                interrupt(&mut row);
                let failed = row.clone();
                archive.note(move |store| store.transfers().upsert(&failed));
            }
            let key = self.insert(Transfer {
                row,
                motion,
                meter: Meter::default(),
                share,
            });
            if let Some(path) = placed {
                self.keep_at(key, path);
                let transfer = self.transfers.get(&key);
                transfer.inspect(|it| write_then(archive, it, drop));
            }
        }
        leftovers::clear(&self.spool_dir, &kept);
        let arriving = arriving(&self.downloads, &self.spool_dir);
        leftovers::clear(&arriving, &kept);
        // The one above belongs to several owners, and goes with the last.
        let _ = arriving.parent().map(fs::remove_dir);
        Ok(())
    }

    /// Where the part of a pull that goes on is; one that it began elsewhere, for another downloads
    /// folder, goes.
    fn keep_part(&self, row: &mut TransferRow, motion: &Motion, file: FileId) -> Option<PathBuf> {
        let part = match motion {
            Motion::Pull(_) => Some(Part::path(&self.parts_dir(), file)),
            Motion::In(_) | Motion::Out(_) | Motion::None => None,
        };
        let begun = row.spool.take().map(PathBuf::from);
        if begun != part {
            begun.inspect(|begun| leftovers::remove_part(begun));
        }
        row.spool = part.as_ref().map(|part| part.display().to_string());
        part
    }

    /// What moves a transfer over v2 after a restart. One that comes and was accepted waits for
    /// its sender.
    fn go_on(&mut self, row: &mut TransferRow, share: &Share) -> Motion {
        if row.ended_at.is_some() {
            return Motion::None;
        }
        if row.direction == Direction::Out {
            row.state = share.waiting();
            row.reason = Some(Reason::WaitsForDevice.stored());
            return Motion::Out(Outgoing::default());
        }
        let Some(device) = share.open().next() else {
            return Motion::None;
        };
        let accepted = row.state != TransferState::Offered;
        if accepted {
            row.state = TransferState::Paused;
        } else {
            // No more than were taken before.
            let _ = self.quota.open(&row.id, &row.from_id);
        }
        row.bytes = Part::held(&self.parts_dir(), share.file(), row.size);
        Motion::Pull(Pull::new(*device, accepted, row.bytes))
    }
}

/// What a transfer becomes that was under way when the node stopped.
fn interrupt(row: &mut TransferRow) {
    row.state = TransferState::Failed;
    row.spool = None;
    row.ended_at = Some(wall_ms());
    let reason = match row.direction {
        Direction::In => Reason::ClosedBeforeArrival,
        Direction::Out => Reason::ClosedBeforeSent,
    };
    row.reason = Some(reason.stored());
}
