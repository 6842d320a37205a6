//! Files that come: offers of other devices, and the pulling of those that were accepted.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use gossamer_crypto::{DeviceId, FileId};
use gossamer_store::{Direction, PartyState, TransferRow, TransferState};
use gossamer_transfer::{
    placing::{Place, arriving},
    v2::{Offer, Part, Progress, Refusal},
};
use tokio::{sync::Notify, task::AbortHandle};
use uuid::Uuid;

use super::{
    Files, Motion, Outside, Share, V2Report,
    berth::Berth,
    job::{Job, PullEnd},
    journal::Book,
    pause::Pause,
    report, row_id,
};
use crate::{
    AcceptMode,
    api::{ApiError, ErrorCode, Event, Reason},
    clock::wall_ms,
    convert::EVERYONE,
    files::{Transfer, leftovers, meter::Meter, placing::Found, wrong_state},
    streams::FILE,
};

/// Files pulled from one device at the same time: it takes two streams of one address beside links
/// (docs/protocol-v2.md 5.1), and one is for words.
const AT_ONCE: usize = 2;
/// Files of one device that are not over; it offers further ones again later.
const OPEN: usize = 64;
/// A stream on which nothing came for so long is given up once there is another way to its device.
const STUCK: Duration = Duration::from_secs(1);

/// A file that comes, seen from the actor.
#[derive(Debug)]
pub(crate) struct Pull {
    pub(super) device: DeviceId,
    accepted: bool,
    pub(super) pause: Pause,
    progress: Progress,
    /// How far it was when that changed last, on the monotonic clock.
    moved: (u64, Duration),
    task: Option<AbortHandle>,
    /// Ends the task as if its stream had broken.
    stop: Arc<Notify>,
    berth: Berth,
    /// The part, if every byte of the file is in it.
    whole: Option<Place>,
}

impl Pull {
    /// A file of which `held` bytes are here.
    pub(crate) fn new(device: DeviceId, accepted: bool, held: u64) -> Self {
        Self {
            device,
            accepted,
            pause: Pause::default(),
            progress: Progress::from(held),
            moved: (held, Duration::ZERO),
            task: None,
            stop: Arc::default(),
            berth: Berth::default(),
            whole: None,
        }
    }

    pub(crate) fn device(&self) -> DeviceId {
        self.device
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.progress.bytes()
    }

    /// Whether all of a file of this size is here and is being put in its place.
    pub(crate) fn is_whole(&self, size: u64) -> bool {
        self.task.is_some() && self.bytes() >= size
    }

    /// Looks whether anything comes.
    pub(crate) fn watch(&mut self, now: Duration) {
        if self.task.is_none() || self.bytes() != self.moved.0 {
            self.moved = (self.bytes(), now);
        }
    }

    /// There is a way to its device, or another one: it is tried at once, in place of a stream that
    /// is stuck on one that is gone.
    pub(super) fn try_now(&mut self, size: u64, now: Duration) {
        self.pause.end();
        let is_stuck = now.saturating_sub(self.moved.1) >= STUCK;
        if self.task.is_some() && is_stuck && !self.is_whole(size) {
            self.stop.notify_one();
        }
    }

    /// Goes on from what was found of the file. A part that is not surely whole may be the user's by
    /// now, under a second name: it is not written to again.
    pub(crate) fn begin_with(&mut self, found: Found, row: &TransferRow) {
        match found {
            Found::Whole(part) => self.whole = Some(part),
            Found::Placed(_) | Found::Unsure => {
                let part = row.spool.as_deref().map(Path::new);
                part.inspect(|part| leftovers::remove_part(part));
            }
        }
    }

    /// Stops it, and removes from a folder what arrived of its file.
    pub(crate) fn discard(&self, parts: PathBuf, file: FileId) {
        self.task.as_ref().inspect(|task| task.abort());
        let berth = self.berth.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = berth.discard(&parts, file) {
                tracing::warn!(%error, "a part of a file could not be removed");
            }
        });
    }
}

impl Files {
    /// Takes an offer that a device makes over v2, or goes on with one that stopped.
    pub(crate) fn accept_pull(
        &mut self,
        key: u64,
        free: Option<u64>,
        out: &mut Outside<'_>,
    ) -> Result<Event, ApiError> {
        let parts = self.parts_dir();
        let Some(Transfer {
            row,
            motion: Motion::Pull(pull),
            share,
            ..
        }) = self.transfers.get_mut(&key)
        else {
            return Err(wrong_state("accepted"));
        };
        if pull.task.is_some() {
            return Err(wrong_state("accepted"));
        }
        let room = share.as_ref().map(|it| Part::room(&parts, it.file()));
        let needed = row.size.saturating_sub(room.unwrap_or(0));
        if let Some(free) = free.filter(|free| *free < needed) {
            let reason = Reason::NoRoom { needed, free };
            return Err(ApiError::new(ErrorCode::DiskFull, reason.to_string()));
        }
        pull.accepted = true;
        pull.pause.end();
        (row.state, row.reason) = (TransferState::Active, None);
        let id = row.id.clone();
        self.quota.close(&id);
        self.pull_all(out);
        self.answer(key, out)
    }

    /// Refuses an offer that a device makes over v2.
    pub(crate) fn decline_pull(
        &mut self,
        key: u64,
        out: &mut Outside<'_>,
    ) -> Result<Event, ApiError> {
        match self.transfers.get_mut(&key) {
            Some(Transfer {
                motion: Motion::Pull(pull),
                share: Some(share),
                ..
            }) if !pull.accepted => share.close(PartyState::Declined),
            _ => return Err(wrong_state("declined")),
        }
        let reason = Some(Reason::DeclinedHere);
        self.end(key, TransferState::Cancelled, reason);
        self.reach_out(out);
        self.answer(key, out)
    }

    /// A device offers a file. Gives its transfer, which is to be written down.
    ///
    /// # Errors
    /// Says why it is not taken.
    pub(super) fn take_offer(
        &mut self,
        peer: DeviceId,
        offer: &Offer,
        out: &Outside<'_>,
    ) -> Result<u64, Refusal> {
        let known = self.v2.by_file.get(&offer.file);
        if let Some((key, known)) = known.and_then(|key| Some((*key, self.transfers.get(key)?))) {
            let parties = known.share.as_ref().map(|share| &share.parties);
            let same = known.row.direction == Direction::In
                && known.row.size == offer.size
                && parties.is_some_and(|parties| parties.contains_key(&peer));
            return same.then_some(key).ok_or(Refusal::Unacceptable);
        }
        let checked = offer.check().map_err(|_| Refusal::Unacceptable)?;
        if self.pulls_of(&peer).count() >= OPEN {
            return Err(Refusal::Crowded);
        }
        let id = Uuid::new_v4().to_string();
        self.quota.open(&id, &peer.to_string())?;
        let fits = self.free().is_none_or(|free| free >= offer.size);
        let accepted = self.accept == AcceptMode::All && fits;
        if accepted {
            self.quota.close(&id);
        }
        let row = TransferRow {
            id,
            file_id: row_id(offer.file),
            direction: Direction::In,
            conversation: EVERYONE.to_owned(),
            from_id: peer.to_string(),
            from_name: out.devices.name(&peer),
            name: checked.name,
            state: if accepted {
                TransferState::Active
            } else {
                TransferState::Offered
            },
            bytes: 0,
            size: offer.size,
            path: None,
            spool: None,
            intended: None,
            sha256: None,
            reason: None,
            reached: 0,
            started_at: wall_ms(),
            ended_at: None,
        };
        Ok(self.insert(Transfer {
            row,
            motion: Motion::Pull(Pull::new(peer, accepted, 0)),
            meter: Meter::default(),
            share: Some(Share::coming(offer, peer)),
        }))
    }

    fn pulls_of<'a>(&'a self, device: &'a DeviceId) -> impl Iterator<Item = &'a Pull> {
        self.transfers
            .values()
            .filter_map(move |it| match &it.motion {
                Motion::Pull(pull) if pull.device == *device => Some(pull),
                Motion::Pull(_) | Motion::In(_) | Motion::Out(_) | Motion::None => None,
            })
    }

    /// Starts the pulls that can be, and says what the others wait for.
    pub(super) fn pull_all(&mut self, out: &mut Outside<'_>) {
        let idle = |(key, transfer): (&u64, &Transfer)| match &transfer.motion {
            Motion::Pull(pull) if pull.accepted && pull.task.is_none() => Some((*key, pull.device)),
            Motion::Pull(_) | Motion::In(_) | Motion::Out(_) | Motion::None => None,
        };
        let idle: Vec<_> = self.transfers.iter().filter_map(idle).collect();
        let parts = (!idle.is_empty()).then(|| self.parts_dir());
        for (key, device) in idle {
            if self.end_if_placed(key, out) {
                continue;
            }
            let running = self.pulls_of(&device).filter(|pull| pull.task.is_some());
            let is_full = running.count() >= AT_ONCE;
            let is_whole =
                |it: &Transfer| matches!(&it.motion, Motion::Pull(pull) if pull.whole.is_some());
            let wait = if self.transfers.get(&key).is_some_and(is_whole) {
                None
            } else if !self.v2.here.contains(&device) {
                Some(Reason::WaitsForSender.stored())
            } else {
                is_full.then(|| Reason::WaitsForTurn.stored())
            };
            let Some(Transfer {
                row,
                motion: Motion::Pull(pull),
                share: Some(share),
                ..
            }) = self.transfers.get_mut(&key)
            else {
                continue;
            };
            if !pull.pause.is_over() {
                continue;
            }
            let state = match &wait {
                Some(_) => TransferState::Paused,
                None => TransferState::Active,
            };
            let part = parts.as_deref().filter(|_| wait.is_none());
            let part = part.map(|dir| Part::path(dir, share.file()).display().to_string());
            let part = part.or_else(|| row.spool.clone());
            let changed = row.state != state || row.reason != wait || row.spool != part;
            (row.state, row.reason) = (state, wait);
            row.spool = part;
            if state == TransferState::Active {
                self.pull(key);
            }
            if changed {
                self.tell(key, out);
            }
        }
    }

    fn pull(&mut self, key: u64) {
        let parts = self.parts_dir();
        let Some(Transfer {
            row,
            motion: Motion::Pull(pull),
            share: Some(share),
            meter,
        }) = self.transfers.get_mut(&key)
        else {
            return;
        };
        *meter = Meter::default();
        pull.moved = (pull.bytes(), self.now.mono);
        pull.stop = Arc::default();
        let (streams, device) = (self.v2.streams.clone(), pull.device);
        let job = Job {
            offer: share.offer(row),
            parts,
            berth: pull.berth.clone(),
            whole: pull.whole.take(),
            downloads: self.downloads.clone(),
            progress: pull.progress.clone(),
            timers: self.v2.timers,
            book: Book::new(self.reports.clone()),
            stop: Arc::clone(&pull.stop),
        };
        let (transfer, reports) = (row.id.clone(), self.reports.clone());
        let task = self.v2.tasks.spawn(async move {
            let end = job
                .run(async { streams.open(FILE, device).await.ok() })
                .await;
            report(&reports, V2Report::Pulled { transfer, end }).await;
        });
        pull.task = Some(task);
    }

    /// A file is in its place. Gives its transfer, which is to be written down.
    pub(super) fn kept(&mut self, file: FileId, path: &Path) -> Option<u64> {
        let key = *self.v2.by_file.get(&file)?;
        let Transfer {
            motion: Motion::Pull(pull),
            ..
        } = self.transfers.get(&key)?
        else {
            return None;
        };
        let device = pull.device;
        self.keep_at(key, path.display().to_string());
        let share = self.transfers.get_mut(&key)?.share.as_mut()?;
        // The stream that brought it says so first.
        if let Some(party) = share.parties.get_mut(&device) {
            party.pause.lengthen();
        }
        Some(key)
    }

    pub(super) fn pulled(&mut self, id: &str, end: PullEnd, out: &mut Outside<'_>) {
        let Ok(key) = self.find(id) else { return };
        let Some(Transfer {
            row, motion, share, ..
        }) = self.transfers.get_mut(&key)
        else {
            return;
        };
        if let PullEnd::Kept { told } = end {
            let parties = share
                .iter_mut()
                .flat_map(|share| share.parties.values_mut());
            parties.for_each(|party| party.owed = !told);
            return self.record(key, out);
        }
        let Motion::Pull(pull) = motion else { return };
        pull.task = None;
        match end {
            PullEnd::Kept { .. } => {}
            PullEnd::Over => {
                let reason = Some(Reason::SenderCancelled);
                self.end(key, TransferState::Cancelled, reason);
                self.tell(key, out);
            }
            PullEnd::Lost { relay } => {
                self.v2.streams.lost(relay);
                pull.pause.lengthen();
                if pull.bytes() == 0 && !pull.pause.is_repeated() {
                    return;
                }
                row.state = TransferState::Paused;
                row.reason = Some(Reason::ConnectionLost.stored());
                self.tell(key, out);
            }
            PullEnd::NoPlace(reason) => {
                pull.accepted = false;
                (row.state, row.reason) = (TransferState::Paused, Some(reason.stored()));
                self.tell(key, out);
            }
            PullEnd::Failed(reason) => self.fail(key, reason, out),
        }
    }

    /// Where arriving files are kept: on the file system of the downloads, so that a file moves to
    /// its place without a copy.
    pub(crate) fn parts_dir(&self) -> PathBuf {
        let existing = |dir: &Path| dir.ancestors().find(|dir| dir.exists()).map(Path::to_owned);
        let device = |dir: &Path| existing(dir).and_then(|dir| file_system(&dir));
        if self.downloads.is_file() || device(&self.spool_dir) == device(&self.downloads) {
            return self.spool_dir.clone();
        }
        arriving(&self.downloads, &self.spool_dir)
    }
}

/// What tells file systems apart; alike where the system does not say.
fn file_system(dir: &Path) -> Option<u64> {
    let metadata = dir.metadata();
    #[cfg(unix)]
    return metadata
        .ok()
        .map(|it| std::os::unix::fs::MetadataExt::dev(&it));
    #[cfg(not(unix))]
    return metadata.ok().map(|_| 0);
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn only_a_stream_that_is_stuck_gives_way_to_another_way() {
        let second = Duration::from_secs;
        let mut pull = Pull::new(DeviceId::new([1; 32]), true, 10);
        let running = tokio::spawn(std::future::pending::<()>());
        pull.task = Some(running.abort_handle());
        pull.watch(second(5));
        pull.progress = Progress::from(11);
        pull.watch(second(6));

        pull.try_now(100, second(6));
        let stopped = timeout(Duration::ZERO, pull.stop.notified()).await;
        assert!(stopped.is_err(), "it has just moved");

        pull.watch(second(7));
        pull.try_now(11, second(7));
        let stopped = timeout(Duration::ZERO, pull.stop.notified()).await;
        assert!(stopped.is_err(), "all of it is here");

        pull.try_now(100, second(7));
        pull.stop.notified().await;
        running.abort();
    }
}
