//! Files that come in: offers, answers, and what becomes of them.

use std::{path::Path, time::Duration};

use gossamer_store::{Direction, TransferRow, TransferState};
use gossamer_transfer::{
    names::safe_name,
    quota::{MAX_FILES, MAX_FILES_PER_PEER},
    spool::Spool,
    v1::Claims,
};
use gossamer_wire::v1::{FileChunk, Header};
use uuid::Uuid;

use super::{
    Files, Gate, Motion, Outside, Transfer,
    incoming::{Failure, Incoming},
    meter::Meter,
    wrong_state,
};
use crate::{
    AcceptMode,
    api::{ApiError, ErrorCode, Event, Reason},
    clock::wall_ms,
    convert::EVERYONE,
};

/// Refused files shown in one run: more would push the real history out.
const REFUSED_SHOWN: u32 = 100;

impl Files {
    /// Takes an offer.
    pub(crate) fn accept(&mut self, id: &str, out: &mut Outside<'_>) -> Result<Event, ApiError> {
        let key = self.find(id)?;
        let free = self.free();
        if self.is_pull(key) {
            return self.accept_pull(key, free, out);
        }
        let Some(Transfer {
            row,
            motion: Motion::In(incoming),
            ..
        }) = self.transfers.get_mut(&key)
        else {
            return Err(wrong_state("accepted"));
        };
        if incoming.accepted {
            return Err(wrong_state("accepted"));
        }
        let needed = row.size.saturating_sub(incoming.bytes());
        if let Some(free) = free.filter(|free| *free < needed) {
            let message = format!(
                "The file needs {needed} more bytes and the disk has {free} free. Free some \
                 space, then accept it."
            );
            return Err(ApiError::new(ErrorCode::DiskFull, message));
        }
        incoming.accepted = true;
        (row.state, row.reason) = (TransferState::Active, None);
        self.quota.close(id);
        self.finish_if_whole(key);
        self.answer(key, out)
    }

    /// Refuses an offer and forgets what arrived of it.
    pub(crate) fn decline(&mut self, id: &str, out: &mut Outside<'_>) -> Result<Event, ApiError> {
        let key = self.find(id)?;
        if self.is_pull(key) {
            return self.decline_pull(key, out);
        }
        match self.transfers.get(&key).map(|transfer| &transfer.motion) {
            Some(Motion::In(incoming)) if !incoming.accepted => {}
            _ => return Err(wrong_state("declined")),
        }
        self.end(key, TransferState::Cancelled, Some(Reason::DeclinedHere));
        self.answer(key, out)
    }

    fn is_pull(&self, key: u64) -> bool {
        let transfer = self.transfers.get(&key);
        transfer.is_some_and(|it| matches!(it.motion, Motion::Pull(_)))
    }

    /// A chunk that was not seen before.
    pub(crate) fn chunk(
        &mut self,
        header: &Header,
        chunk: FileChunk,
        gate: Gate,
        out: &mut Outside<'_>,
    ) {
        let key = match self.by_file.get(&chunk.file_id) {
            Some(key) => *key,
            None if self.over.get(&chunk.file_id).is_some() => return gate.open(),
            None => match self.offer(header, &chunk, out) {
                Some(key) => key,
                None => return gate.open(),
            },
        };
        let Some(transfer) = self.transfers.get_mut(&key) else {
            return gate.open();
        };
        let Motion::In(incoming) = &mut transfer.motion else {
            return gate.open();
        };
        let claims = Claims::check(
            chunk.file.file_size,
            chunk.file.total_chunks,
            &chunk.file.file_hash,
        );
        // Every chunk repeats who sends what: one that differs belongs to another file.
        if transfer.row.from_id != header.sender_id || claims != Ok(incoming.claims) {
            return gate.open();
        }
        if self
            .quota
            .grow(&transfer.row.id, chunk.data.len() as u64)
            .is_err()
        {
            gate.open();
            return self.fail(key, Reason::UnansweredTooLarge, out);
        }
        incoming.chunk(chunk.index, chunk.data, gate, self.now.mono);
    }

    /// The first chunk of a file. `None` when it is refused.
    fn offer(&mut self, header: &Header, chunk: &FileChunk, out: &mut Outside<'_>) -> Option<u64> {
        let id = Uuid::new_v4().to_string();
        let file = &chunk.file;
        let crowded = self.by_file.len() >= MAX_FILES
            || self.arriving_from(&header.sender_id) >= MAX_FILES_PER_PEER
            || self.quota.open(&id, &header.sender_id).is_err();
        let checked = safe_name(&file.filename)
            .map_err(Reason::from)
            .and_then(|name| {
                let claims = Claims::check(file.file_size, file.total_chunks, &file.file_hash);
                Ok((name, claims.map_err(Reason::from)?))
            })
            .and_then(|(name, claims)| {
                let spool = Spool::create(&self.spool_dir, &id)
                    .map_err(|error| Failure::of(&error, false).reason)?;
                Ok((name, claims, spool))
            });
        let mut row = TransferRow {
            id: id.clone(),
            file_id: chunk.file_id.clone(),
            direction: Direction::In,
            conversation: EVERYONE.to_owned(),
            from_id: header.sender_id.clone(),
            from_name: header.sender_name.clone(),
            name: String::new(),
            state: TransferState::Offered,
            bytes: 0,
            size: file.file_size,
            path: None,
            spool: None,
            intended: None,
            sha256: Some(file.file_hash.to_ascii_lowercase()),
            reason: None,
            reached: 0,
            started_at: wall_ms(),
            ended_at: None,
        };
        let checked = match checked {
            Ok((name, _, _)) if crowded => {
                row.name = name;
                Err(Reason::Crowded)
            }
            Err(reason) => {
                row.name = "(refused)".to_owned();
                Err(reason)
            }
            checked => checked,
        };
        match checked {
            Ok((name, claims, spool)) => {
                row.name = name;
                row.spool = Some(spool.path().display().to_string());
                let reports = self.reports.clone();
                let now = self.now.mono;
                let mut incoming = Incoming::begin(id.clone(), claims, spool, false, now, reports);
                if self.accept == AcceptMode::All && self.free().is_none_or(|free| free >= row.size)
                {
                    incoming.accepted = true;
                    row.state = TransferState::Active;
                    self.quota.close(&id);
                }
                self.by_file.insert(row.file_id.clone(), self.next);
                let motion = Motion::In(incoming);
                let key = self.insert(Transfer {
                    row,
                    motion,
                    meter: Meter::default(),
                    share: None,
                });
                self.tell(key, out);
                Some(key)
            }
            Err(_) if self.refused >= REFUSED_SHOWN => {
                self.quota.close(&id);
                self.over.insert(row.file_id, ());
                None
            }
            Err(reason) => {
                self.refused += 1;
                let motion = Motion::None;
                let key = self.insert(Transfer {
                    row,
                    motion,
                    meter: Meter::default(),
                    share: None,
                });
                self.fail(key, reason, out);
                None
            }
        }
    }

    /// Files of one sender that are not whole yet, accepted or not.
    fn arriving_from(&self, sender: &str) -> usize {
        let transfers = self
            .by_file
            .values()
            .filter_map(|key| self.transfers.get(key));
        let arriving = |transfer: &&Transfer| {
            let whole = matches!(&transfer.motion, Motion::In(incoming) if incoming.whole);
            transfer.row.from_id == sender && !whole
        };
        transfers.filter(arriving).count()
    }

    pub(super) fn finish_if_whole(&mut self, key: u64) {
        if let Some(Transfer {
            row,
            motion: Motion::In(incoming),
            ..
        }) = self.transfers.get_mut(&key)
            && incoming.whole
            && incoming.accepted
        {
            row.state = TransferState::Verifying;
            incoming.finish(self.downloads.clone(), row.name.clone());
        }
    }

    /// A whole file has no place to go: the user can make one, and accept again.
    pub(super) fn set_aside(&mut self, key: u64, reason: &Reason, out: &mut Outside<'_>) {
        if let Some(Transfer {
            row,
            motion: Motion::In(incoming),
            ..
        }) = self.transfers.get_mut(&key)
        {
            incoming.accepted = false;
            (row.state, row.reason) = (TransferState::Paused, Some(reason.stored()));
            self.tell(key, out);
        }
    }

    /// A whole file whose offer was still open when the node last stopped.
    pub(super) fn resume(&mut self, row: &TransferRow) -> Option<Incoming> {
        let waits = matches!(
            row.state,
            TransferState::Offered | TransferState::Paused | TransferState::Verifying
        );
        if !waits || row.direction != Direction::In || row.bytes != row.size {
            return None;
        }
        let total = gossamer_transfer::v1::chunk_count(row.size);
        let claims = Claims::check(row.size, total, row.sha256.as_deref()?).ok()?;
        self.quota.open(&row.id, &row.from_id).ok()?;
        self.quota.grow(&row.id, row.size).ok()?;
        let spool = Spool::reopen(Path::new(row.spool.as_deref()?)).ok()?;
        let reports = self.reports.clone();
        Some(Incoming::begin(
            row.id.clone(),
            claims,
            spool,
            true,
            Duration::ZERO,
            reports,
        ))
    }

    pub(super) fn is_silent(&self, key: u64) -> bool {
        let Some(Transfer {
            motion: Motion::In(incoming),
            ..
        }) = self.transfers.get(&key)
        else {
            return false;
        };
        !incoming.whole && self.now.mono.saturating_sub(incoming.heard) > self.silence
    }
}
