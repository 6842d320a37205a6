//! Files that go out: to everyone who is here, or comes while they are being sent.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use gossamer_net::Backlog;
use gossamer_store::{Direction, TransferRow, TransferState};
use gossamer_transfer::{
    v1::{MAX_FILE, Outgoing as Plan},
    v2::Source,
};
use gossamer_wire::v1::FileMetadata;
use uuid::Uuid;

use super::{
    Files, Motion, Outside, Transfer,
    meter::Meter,
    outgoing::{Outgoing, PumpEnd, Source as Pumped},
    v2::Share,
};
use crate::{
    api::{ApiError, ErrorCode, Event, Reason},
    clock::wall_ms,
    convert::EVERYONE,
};

/// Files that wait to be sent or are being sent; further ones are refused.
const SENDING: usize = 500;
/// Files sent at the same time: receivers keep no more than a few of one sender open.
const AT_ONCE: usize = 4;

impl Files {
    /// Offers a file to everyone who is here, or comes while it is being sent.
    pub(crate) fn send(&mut self, path: &Path, out: &mut Outside<'_>) -> Result<Event, ApiError> {
        let sending = |transfer: &&Transfer| matches!(transfer.motion, Motion::Out(_));
        if self.transfers.values().filter(sending).count() >= SENDING {
            let message = format!(
                "{SENDING} files already wait to be sent. Wait for one to finish, or cancel one."
            );
            return Err(ApiError::new(ErrorCode::LimitReached, message));
        }
        let (name, source) = check_source(path)?;
        let share = Share::going(&source);
        let id = Uuid::new_v4().to_string();
        let row = TransferRow {
            id: id.clone(),
            file_id: share.file_id(),
            direction: Direction::Out,
            conversation: EVERYONE.to_owned(),
            from_id: self.me.device.map(|id| id.to_string()).unwrap_or_default(),
            from_name: self.me.name.clone(),
            name,
            state: TransferState::Offered,
            bytes: 0,
            size: source.size,
            path: Some(path.display().to_string()),
            spool: None,
            intended: None,
            sha256: None,
            reason: None,
            reached: 0,
            started_at: wall_ms(),
            ended_at: None,
        };
        let motion = Motion::Out(Outgoing::default());
        let key = self.insert(Transfer {
            row,
            motion,
            meter: Meter::default(),
            share: Some(share),
        });
        self.advance(out);
        self.reach_out(out);
        self.settle(key, out);
        self.answer(key, out)
    }

    /// Moves the first few files on to classic nodes: their hash first, then to each that is here.
    /// The others wait for their turn.
    pub(super) fn advance(&mut self, out: &mut Outside<'_>) {
        if self.lanes.is_empty() {
            return;
        }
        let mut changed = Vec::new();
        let mut turns = AT_ONCE;
        for (key, Transfer { row, motion, .. }) in &mut self.transfers {
            let Motion::Out(outgoing) = motion else {
                continue;
            };
            if outgoing.is_with_all(&self.lanes) {
                continue;
            }
            if turns == 0 {
                if row.reason.is_none() {
                    row.reason = Some(Reason::WaitsForTurn.stored());
                    changed.push(*key);
                }
                continue;
            }
            turns -= 1;
            let path = row.path.clone().map(PathBuf::from).unwrap_or_default();
            outgoing.hash(&row.id, path, row.size, &self.reports);
            for (peer, lane) in &self.lanes {
                outgoing.pump(peer, lane, &self.reports);
            }
            if outgoing.is_running() && row.state != TransferState::Active {
                (row.state, row.reason) = (TransferState::Active, None);
                changed.push(*key);
            }
        }
        changed.into_iter().for_each(|key| self.tell(key, out));
    }

    pub(super) fn hashed(
        &mut self,
        id: &str,
        hash: Result<(String, Option<SystemTime>), String>,
        out: &mut Outside<'_>,
    ) {
        let Ok(key) = self.find(id) else { return };
        let me = self.me.clone();
        let Some(Transfer {
            row,
            motion: Motion::Out(outgoing),
            ..
        }) = self.transfers.get_mut(&key)
        else {
            return;
        };
        let file_id = Uuid::parse_str(&row.file_id).unwrap_or_default();
        let (Ok((sha256, modified)), Some(plan)) = (hash, Plan::new(file_id, row.size)) else {
            return self.fail(key, Reason::Unreadable, out);
        };
        row.sha256 = Some(sha256.clone());
        outgoing.begin(Pumped {
            transfer: row.id.clone(),
            file_id: row.file_id.clone(),
            path: row.path.clone().map(PathBuf::from).unwrap_or_default(),
            me,
            sent_ms: row.started_at,
            metadata: FileMetadata {
                filename: row.name.clone(),
                file_size: row.size,
                file_hash: sha256,
                total_chunks: plan.total_chunks(),
            },
            plan,
            modified,
        });
        self.advance(out);
        self.settle(key, out);
    }

    pub(super) fn pumped(
        &mut self,
        id: &str,
        peer: &str,
        (lane, end): (&Backlog, PumpEnd),
        out: &mut Outside<'_>,
    ) {
        let Ok(key) = self.find(id) else { return };
        let Some(Transfer {
            motion: Motion::Out(outgoing),
            ..
        }) = self.transfers.get_mut(&key)
        else {
            return;
        };
        outgoing.ended(peer, lane, end);
        if end == PumpEnd::FileChanged {
            return self.fail(key, Reason::Changed, out);
        }
        self.settle(key, out);
    }
}

/// Looks at a file to send: its name as others will see it, and its size.
fn check_source(path: &Path) -> Result<(String, Source), ApiError> {
    let unreadable = |why: String| ApiError::new(ErrorCode::FileUnreadable, why);
    let shown = path.display();
    let metadata = fs::metadata(path)
        .map_err(|error| unreadable(format!("{shown} cannot be read: {error}.")))?;
    if metadata.is_dir() {
        let why = format!("{shown} is a folder. Send the files in it, or an archive of it.");
        return Err(unreadable(why));
    }
    if !metadata.is_file() {
        return Err(unreadable(format!("{shown} is not a regular file.")));
    }
    if metadata.len() > MAX_FILE {
        return Err(unreadable(format!(
            "{shown} is larger than 1 TiB. Send it in parts."
        )));
    }
    let source = Source::look(path)
        .map_err(|error| unreadable(format!("{shown} cannot be read: {error}.")))?;
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let name = name.ok_or_else(|| unreadable(format!("{shown} has no file name.")))?;
    if name.len() > gossamer_wire::limits::FILE_NAME {
        return Err(unreadable(format!(
            "The name of {shown} is too long. Shorten it."
        )));
    }
    Ok((name, source))
}
