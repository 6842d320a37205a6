//! File transfers of both directions, as the actor sees them.
//!
//! Every transfer is a row of the store plus, while it lives, a machine that moves its bytes:
//! [`Outgoing`] with its pumps to classic nodes, [`Incoming`] with its worker for what they send,
//! or [`Pull`] for a file that a node of ours offers ([`v2`]). Rows are written when the state
//! changes; bytes in between are told to faces only.

mod incoming;
mod meter;
mod outgoing;
mod receiving;
mod restart;
mod sending;
mod v2;
mod view;

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    time::{Duration, SystemTime},
};

use gossamer_mesh::Now;
use gossamer_net::Backlog;
use gossamer_store::{Direction, PartyState, TransferRow, TransferState};
use gossamer_transfer::quota::Quota;
use tokio::sync::mpsc;

pub(crate) use self::incoming::Gate;
use self::{
    incoming::{Failure, Incoming},
    meter::Meter,
    outgoing::{Outgoing, PumpEnd},
    v2::{Lines, Pull, Share, V2Report},
};
use crate::{
    AcceptMode, Config,
    actor::Report,
    api::{ApiError, ErrorCode, Event, TransferView},
    archive::Archive,
    clock::wall_ms,
    devices::Devices,
    profile::Profile,
    recent::Recent,
    sink::EventSink,
    streams::Streams,
};

/// Files that are over remembered at most. One forgotten here would be offered anew.
const OVER: usize = 4096;
/// Transfers remembered at most; the oldest ended ones give way.
const REMEMBERED: usize = 1000;

/// What a task of a transfer has to say.
#[derive(Debug)]
pub(crate) enum FileReport {
    /// The SHA-256 of a file to send.
    Hashed {
        transfer: String,
        hash: Result<(String, Option<SystemTime>), String>,
    },
    /// A pump ended.
    Pumped {
        transfer: String,
        peer: String,
        lane: Backlog,
        end: PumpEnd,
    },
    /// Every chunk has arrived.
    Whole { transfer: String },
    /// The file is in its place, or will never be.
    Finished {
        transfer: String,
        published: Result<PathBuf, Failure>,
    },
    /// Something about a transfer over v2.
    V2(V2Report),
}

/// What changes need to be told to.
pub(crate) struct Outside<'a> {
    pub(crate) archive: &'a Archive,
    pub(crate) sink: &'a mut EventSink,
    pub(crate) devices: &'a Devices,
}

#[derive(Debug)]
pub(crate) struct Files {
    me: gossamer_mesh::Config,
    downloads: PathBuf,
    spool_dir: PathBuf,
    accept: AcceptMode,
    silence: Duration,
    reports: mpsc::Sender<Report>,
    /// By order of appearance.
    transfers: BTreeMap<u64, Transfer>,
    by_id: HashMap<String, u64>,
    /// Incoming transfers that are not over, by the file's id on the wire.
    by_file: HashMap<String, u64>,
    next: u64,
    /// What is over by its id on the wire: late chunks of it are passed on, not kept.
    over: Recent<String, ()>,
    quota: Quota,
    /// Refused files that were shown.
    refused: u32,
    /// Classic nodes that are here.
    lanes: BTreeMap<String, Backlog>,
    v2: Lines,
    now: Now,
}

#[derive(Debug)]
struct Transfer {
    row: TransferRow,
    motion: Motion,
    meter: Meter,
    /// Present where v2 has a part in it.
    share: Option<Share>,
}

/// What moves the bytes of a transfer.
#[derive(Debug)]
enum Motion {
    In(Incoming),
    Out(Outgoing),
    Pull(Pull),
    /// It is over.
    None,
}

impl Files {
    /// Reads the history. What was under way over v2 goes on; of the rest, what was under way when
    /// the node last stopped has failed, except whole files that wait for an answer.
    pub(crate) async fn open(
        config: &Config,
        profile: &Profile,
        me: gossamer_mesh::Config,
        archive: &Archive,
        streams: Streams,
        reports: mpsc::Sender<Report>,
    ) -> Result<Self, ApiError> {
        let mut files = Self {
            me,
            downloads: profile.downloads.clone(),
            spool_dir: profile.spool_dir(),
            accept: config.accept,
            silence: config.timers.transfer_silence,
            reports,
            transfers: BTreeMap::new(),
            by_id: HashMap::new(),
            by_file: HashMap::new(),
            next: 0,
            over: Recent::new(OVER),
            quota: Quota::default(),
            refused: 0,
            lanes: BTreeMap::new(),
            v2: Lines::new(streams, config),
            now: Now {
                mono: Duration::ZERO,
                wall_ms: wall_ms(),
            },
        };
        files.restore(archive).await?;
        Ok(files)
    }

    /// Stops a transfer that is not over.
    pub(crate) fn cancel(&mut self, id: &str, out: &mut Outside<'_>) -> Result<Event, ApiError> {
        let key = self.find(id)?;
        let over = |transfer: &Transfer| matches!(transfer.motion, Motion::None);
        if self.transfers.get(&key).is_none_or(over) || self.is_being_placed(key) {
            return Err(wrong_state("cancelled"));
        }
        self.end(
            key,
            TransferState::Cancelled,
            Some("You cancelled it.".to_owned()),
        );
        self.reach_out(out);
        self.answer(key, out)
    }

    /// Every transfer, oldest first.
    pub(crate) fn all(&self) -> Event {
        let views = self.transfers.keys().filter_map(|key| self.view(*key));
        Event::Transfers {
            transfers: views.collect(),
        }
    }

    /// Forgets what is over. Files stay.
    pub(crate) fn clear(&mut self, archive: &Archive) -> Event {
        self.transfers
            .retain(|_, transfer| transfer.row.ended_at.is_none());
        self.by_id.retain(|_, key| self.transfers.contains_key(key));
        let by_file = &mut self.v2.by_file;
        by_file.retain(|_, key| self.transfers.contains_key(key));
        archive.note(|store| store.transfers().delete_ended().map(drop));
        self.all()
    }

    /// A classic node is here, or is here again.
    pub(crate) fn peer_up(&mut self, peer: &str, lane: Backlog, out: &mut Outside<'_>) {
        self.lanes.insert(peer.to_owned(), lane);
        self.advance(out);
    }

    /// A classic node is away. Its pumps end by themselves: their lane is given up.
    pub(crate) fn peer_down(&mut self, peer: &str) {
        self.lanes.remove(peer);
    }

    /// A task has something to say.
    pub(crate) fn report(&mut self, report: FileReport, out: &mut Outside<'_>) {
        match report {
            FileReport::Hashed { transfer, hash } => self.hashed(&transfer, hash, out),
            FileReport::Pumped {
                transfer,
                peer,
                lane,
                end,
            } => {
                self.pumped(&transfer, &peer, (&lane, end), out);
            }
            FileReport::V2(report) => self.v2_report(report, out),
            FileReport::Whole { transfer } => {
                let Ok(key) = self.find(&transfer) else {
                    return;
                };
                if let Some(Transfer {
                    row,
                    motion: Motion::In(incoming),
                    ..
                }) = self.transfers.get_mut(&key)
                {
                    incoming.whole = true;
                    row.bytes = row.size;
                    self.finish_if_whole(key);
                    self.tell(key, out);
                }
            }
            FileReport::Finished {
                transfer,
                published,
            } => {
                let Ok(key) = self.find(&transfer) else {
                    return;
                };
                match published {
                    Ok(path) => {
                        if let Some(transfer) = self.transfers.get_mut(&key) {
                            transfer.row.path = Some(path.display().to_string());
                            transfer.row.bytes = transfer.row.size;
                        }
                        self.end(key, TransferState::Done, None);
                        self.tell(key, out);
                    }
                    Err(failure) if failure.kept => self.set_aside(key, failure.reason, out),
                    Err(failure) => self.fail(key, failure.reason, out),
                }
            }
        }
    }

    /// Looks at everything under way: progress is told, silence ends what waits for more.
    pub(crate) fn beat(&mut self, now: Now, out: &mut Outside<'_>) {
        self.now = now;
        self.advance(out);
        self.reach_out(out);
        let moving = self
            .transfers
            .iter()
            .filter(|(_, transfer)| !transfer.is_over());
        for key in moving.map(|(key, _)| *key).collect::<Vec<_>>() {
            let Some(transfer) = self.transfers.get_mut(&key) else {
                continue;
            };
            let before = transfer.row.bytes;
            transfer.row.bytes = transfer.bytes();
            let bytes = transfer.row.bytes;
            let rate = transfer.meter.rate();
            if transfer.row.state == TransferState::Active {
                transfer.meter.update(now.mono, bytes);
            }
            let changed = bytes != before || transfer.meter.rate() != rate;
            if self.is_being_placed(key) {
                self.verify(key, out);
            } else if changed {
                self.show(key, out);
            }
            if self.is_silent(key) {
                let reason = "The file is incomplete: nothing more of it came. Ask for it again.";
                self.fail(key, reason.to_owned(), out);
            }
        }
    }

    /// Whether any file is being checked and put in its place.
    pub(crate) fn is_verifying(&self) -> bool {
        let verifying = |transfer: &Transfer| transfer.row.state == TransferState::Verifying;
        self.transfers.values().any(verifying)
    }

    /// Whether all of a file has come over v2 and it is on the way to its place.
    fn is_being_placed(&self, key: u64) -> bool {
        let transfer = self.transfers.get(&key);
        transfer.is_some_and(|it| match &it.motion {
            Motion::Pull(pull) => pull.is_whole(it.row.size),
            Motion::In(_) | Motion::Out(_) | Motion::None => false,
        })
    }

    fn verify(&mut self, key: u64, out: &mut Outside<'_>) {
        let transfer = self.transfers.get_mut(&key);
        let active = transfer.filter(|it| it.row.state == TransferState::Active);
        if let Some(transfer) = active {
            transfer.row.state = TransferState::Verifying;
            self.tell(key, out);
        }
    }

    /// The node stops: whole files that wait for an answer stay.
    pub(crate) fn stop(&mut self) {
        for transfer in self.transfers.values() {
            if let Motion::In(incoming) = &transfer.motion
                && incoming.whole
                && !incoming.accepted
            {
                incoming.keep();
            }
        }
    }

    fn insert(&mut self, transfer: Transfer) -> u64 {
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

    fn find(&self, id: &str) -> Result<u64, ApiError> {
        self.by_id.get(id).copied().ok_or_else(|| {
            ApiError::new(
                ErrorCode::UnknownTransfer,
                "There is no such file transfer any more.",
            )
        })
    }

    fn fail(&mut self, key: u64, reason: String, out: &mut Outside<'_>) {
        self.end(key, TransferState::Failed, Some(reason));
        self.tell(key, out);
    }

    /// Ends a transfer: what moved its bytes stops, and late chunks of it are not kept.
    fn end(&mut self, key: u64, state: TransferState, reason: Option<String>) {
        let Some(transfer) = self.transfers.get_mut(&key) else {
            return;
        };
        let row = &mut transfer.row;
        let motion = std::mem::replace(&mut transfer.motion, Motion::None);
        let mut unfinished = None;
        if let Some(share) = &mut transfer.share {
            // Whoever is still waiting learns that nothing more comes.
            share.close(PartyState::Cancelled);
            if let Motion::Pull(pull) = &motion
                && state != TransferState::Done
            {
                pull.stop();
                unfinished = Some(share.file());
            }
        }
        (row.state, row.reason, row.spool) = (state, reason, None);
        row.ended_at = Some(wall_ms());
        self.quota.close(&row.id);
        if row.direction == Direction::In && transfer.share.is_none() {
            self.by_file.remove(&row.file_id);
            self.over.insert(row.file_id.clone(), ());
        }
        if let Some(file) = unfinished {
            self.discard_part(file);
        }
    }

    /// Writes a transfer's row and tells faces.
    fn tell(&self, key: u64, out: &mut Outside<'_>) {
        self.record(key, out);
        self.show(key, out);
    }

    fn record(&self, key: u64, out: &Outside<'_>) {
        let Some(Transfer { row, share, .. }) = self.transfers.get(&key) else {
            return;
        };
        let (row, share) = (row.clone(), share.as_ref().map(|share| share.row(&row.id)));
        out.archive.note(move |store| match share {
            Some(share) => store.shares().upsert(&row, &share),
            None => store.transfers().upsert(&row),
        });
    }

    fn show(&self, key: u64, out: &mut Outside<'_>) {
        if let Some(view) = self.view(key) {
            out.sink.emit(Event::Transfer(view));
        }
    }

    /// Writes a transfer's row, tells faces, and answers the command of one of them.
    fn answer(&self, key: u64, out: &mut Outside<'_>) -> Result<Event, ApiError> {
        self.tell(key, out);
        let gone = || ApiError::new(ErrorCode::UnknownTransfer, "The transfer is gone.");
        self.view(key).map(Event::Transfer).ok_or_else(gone)
    }

    fn view(&self, key: u64) -> Option<TransferView> {
        let transfer = self.transfers.get(&key)?;
        let row = &transfer.row;
        let offer = row.direction == Direction::In && row.state == TransferState::Offered;
        let free = if offer { self.free() } else { None };
        Some(view::transfer_view(row, &transfer.meter, free, self.now))
    }

    /// Free bytes where files land.
    fn free(&self) -> Option<u64> {
        let existing = self.downloads.ancestors().find(|dir| dir.exists())?;
        fs4::available_space(existing).ok()
    }
}

impl Transfer {
    fn is_over(&self) -> bool {
        matches!(self.motion, Motion::None)
    }

    fn bytes(&self) -> u64 {
        match &self.motion {
            Motion::In(incoming) => incoming.bytes(),
            Motion::Out(outgoing) => {
                let shared = self.share.as_ref().map_or(0, Share::bytes);
                outgoing.bytes().max(shared).min(self.row.size)
            }
            Motion::Pull(pull) => pull.bytes(),
            Motion::None => self.row.bytes,
        }
    }
}

fn wrong_state(what: &str) -> ApiError {
    ApiError::new(
        ErrorCode::WrongState,
        format!("This file transfer cannot be {what} now: it is over, or it is not an offer."),
    )
}
