//! File transfers of both directions, as the actor sees them.
//!
//! Every transfer is a row of the store plus, while it lives, a machine that moves its bytes:
//! [`Outgoing`] with its pumps, or [`Incoming`] with its worker. Rows are written when the state
//! changes; bytes in between are told to faces only.

mod incoming;
mod meter;
mod outgoing;
mod over;
mod view;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use gossamer_mesh::Now;
use gossamer_net::Backlog;
use gossamer_store::{Direction, TransferRow, TransferState};
use gossamer_transfer::{
    names::safe_name,
    quota::Quota,
    spool::Spool,
    v1::{Claims, MAX_FILE, Outgoing as Plan},
};
use gossamer_wire::v1::{FileChunk, FileMetadata, Header};
use tokio::sync::mpsc;
use uuid::Uuid;

pub(crate) use self::incoming::Gate;
use self::{
    incoming::{Failure, Incoming},
    meter::Meter,
    outgoing::{Outgoing, PumpEnd, Source},
    over::Over,
};
use crate::{
    AcceptMode, Config,
    actor::Report,
    api::{ApiError, ErrorCode, Event, TransferView},
    archive::Archive,
    clock::wall_ms,
    convert::{self, EVERYONE},
    profile::Profile,
    sink::EventSink,
};

/// Transfers remembered at most; the oldest ended ones give way.
const REMEMBERED: usize = 1000;
/// Files sent at once; further ones are refused.
const SENDING: usize = 64;

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
        end: PumpEnd,
    },
    /// Every chunk has arrived.
    Whole { transfer: String },
    /// The file is in its place, or will never be.
    Finished {
        transfer: String,
        published: Result<PathBuf, Failure>,
    },
}

/// What changes need to be told to.
pub(crate) struct Outside<'a> {
    pub(crate) archive: &'a Archive,
    pub(crate) sink: &'a mut EventSink,
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
    over: Over,
    quota: Quota,
    /// Devices that are here.
    lanes: BTreeMap<String, Backlog>,
    now: Now,
}

#[derive(Debug)]
struct Transfer {
    row: TransferRow,
    motion: Motion,
    meter: Meter,
}

/// What moves the bytes of a transfer.
#[derive(Debug)]
enum Motion {
    In(Incoming),
    Out(Outgoing),
    /// It is over.
    None,
}

impl Files {
    /// Reads the history. What was under way when the node last stopped has failed, except whole
    /// files that wait for an answer.
    pub(crate) async fn open(
        config: &Config,
        profile: &Profile,
        me: gossamer_mesh::Config,
        archive: &Archive,
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
            over: Over::default(),
            quota: Quota::default(),
            lanes: BTreeMap::new(),
            now: Now {
                mono: Duration::ZERO,
                wall_ms: wall_ms(),
            },
        };
        let rows = archive.run(|store| store.transfers().all()).await?;
        let mut kept = HashSet::new();
        for mut row in rows {
            let motion = files.resume(&row).map_or(Motion::None, Motion::In);
            if let Motion::In(_) = motion {
                kept.extend(row.spool.clone());
            } else if row.ended_at.is_none() {
                interrupt(&mut row);
                let failed = row.clone();
                archive.note(move |store| store.transfers().upsert(&failed));
            }
            files.insert(Transfer {
                row,
                motion,
                meter: Meter::default(),
            });
        }
        clear_spool(&files.spool_dir, &kept);
        Ok(files)
    }

    /// Offers a file to everyone who is here, or comes while it is being sent.
    pub(crate) fn send(&mut self, path: PathBuf, out: &mut Outside<'_>) -> Result<Event, ApiError> {
        let sending = |transfer: &&Transfer| matches!(transfer.motion, Motion::Out(_));
        if self.transfers.values().filter(sending).count() >= SENDING {
            let message = format!(
                "{SENDING} files are being sent already. Wait for one to finish, or cancel one."
            );
            return Err(ApiError::new(ErrorCode::LimitReached, message));
        }
        let (name, size) = check_source(&path)?;
        let id = Uuid::new_v4().to_string();
        let row = TransferRow {
            id: id.clone(),
            file_id: Uuid::new_v4().to_string(),
            direction: Direction::Out,
            conversation: EVERYONE.to_owned(),
            from_id: self.me.node_id.0.clone(),
            from_name: self.me.name.clone(),
            name,
            state: TransferState::Offered,
            bytes: 0,
            size,
            path: Some(path.display().to_string()),
            spool: None,
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
        });
        let (reports, transfer) = (self.reports.clone(), id);
        tokio::task::spawn_blocking(move || {
            let hash = outgoing::hash(&path, size).map_err(|error| error.to_string());
            let _ = reports.blocking_send(Report::File(FileReport::Hashed { transfer, hash }));
        });
        self.answer(key, out)
    }

    /// Takes an offer.
    pub(crate) fn accept(&mut self, id: &str, out: &mut Outside<'_>) -> Result<Event, ApiError> {
        let key = self.find(id)?;
        let free = self.free();
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
        match self.transfers.get(&key).map(|transfer| &transfer.motion) {
            Some(Motion::In(incoming)) if !incoming.accepted => {}
            _ => return Err(wrong_state("declined")),
        }
        self.end(
            key,
            TransferState::Cancelled,
            Some("You declined it.".to_owned()),
        );
        self.answer(key, out)
    }

    /// Stops a transfer that is not over.
    pub(crate) fn cancel(&mut self, id: &str, out: &mut Outside<'_>) -> Result<Event, ApiError> {
        let key = self.find(id)?;
        let over = |transfer: &Transfer| matches!(transfer.motion, Motion::None);
        if self.transfers.get(&key).is_none_or(over) {
            return Err(wrong_state("cancelled"));
        }
        self.end(
            key,
            TransferState::Cancelled,
            Some("You cancelled it.".to_owned()),
        );
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
        archive.note(|store| store.transfers().delete_ended().map(drop));
        self.all()
    }

    /// A device is here, or is here again.
    pub(crate) fn peer_up(&mut self, peer: &str, lane: Backlog, out: &mut Outside<'_>) {
        self.lanes.insert(peer.to_owned(), lane);
        self.pump_all(out);
    }

    /// A device is away. Its pumps end by themselves: their lane is given up.
    pub(crate) fn peer_down(&mut self, peer: &str) {
        self.lanes.remove(peer);
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
            None if self.over.contains(&chunk.file_id) => return gate.open(),
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
            let reason = "It is too large to hold before you answer: 1 GiB of unanswered files is \
                          here. Ask for it again and accept it sooner.";
            return self.fail(key, reason.to_owned(), out);
        }
        incoming.chunk(chunk.index, chunk.data, gate, self.now.mono);
    }

    /// A task has something to say.
    pub(crate) fn report(&mut self, report: FileReport, out: &mut Outside<'_>) {
        match report {
            FileReport::Hashed { transfer, hash } => self.hashed(&transfer, hash, out),
            FileReport::Pumped {
                transfer,
                peer,
                end,
            } => self.pumped(&transfer, &peer, end, out),
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
            if bytes != before || transfer.meter.rate() != rate {
                self.show(key, out);
            }
            if self.is_silent(key) {
                let reason = "The file is incomplete: nothing more of it came. Ask for it again.";
                self.fail(key, reason.to_owned(), out);
            }
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

    // ---- incoming ----

    /// The first chunk of a file. `None` when it is refused.
    fn offer(&mut self, header: &Header, chunk: &FileChunk, out: &mut Outside<'_>) -> Option<u64> {
        let id = Uuid::new_v4().to_string();
        let file = &chunk.file;
        // Offers over the limits are not even recorded: that would be a way to fill the history.
        if self.quota.open(&id, &header.sender_id).is_err() {
            return None;
        }
        let checked = safe_name(&file.filename)
            .map_err(|error| error.to_string())
            .and_then(|name| {
                let claims = Claims::check(file.file_size, file.total_chunks, &file.file_hash);
                Ok((name, claims.map_err(|error| error.to_string())?))
            })
            .and_then(|(name, claims)| {
                let spool =
                    Spool::create(&self.spool_dir, &id).map_err(|error| error.to_string())?;
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
            sha256: Some(file.file_hash.to_ascii_lowercase()),
            reason: None,
            reached: 0,
            started_at: wall_ms(),
            ended_at: None,
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
                });
                self.tell(key, out);
                Some(key)
            }
            Err(reason) => {
                row.name = "(refused)".to_owned();
                let motion = Motion::None;
                let key = self.insert(Transfer {
                    row,
                    motion,
                    meter: Meter::default(),
                });
                self.fail(key, format!("The file was refused: {reason}."), out);
                None
            }
        }
    }

    fn finish_if_whole(&mut self, key: u64) {
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
    fn set_aside(&mut self, key: u64, reason: String, out: &mut Outside<'_>) {
        if let Some(Transfer {
            row,
            motion: Motion::In(incoming),
            ..
        }) = self.transfers.get_mut(&key)
        {
            incoming.accepted = false;
            (row.state, row.reason) = (TransferState::Paused, Some(reason));
            self.tell(key, out);
        }
    }

    /// A whole file whose offer was still open when the node last stopped.
    fn resume(&self, row: &TransferRow) -> Option<Incoming> {
        let waits = matches!(row.state, TransferState::Offered | TransferState::Paused);
        if !waits || row.direction != Direction::In || row.bytes != row.size {
            return None;
        }
        let total = gossamer_transfer::v1::chunk_count(row.size);
        let claims = Claims::check(row.size, total, row.sha256.as_deref()?).ok()?;
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

    fn is_silent(&self, key: u64) -> bool {
        let Some(Transfer {
            motion: Motion::In(incoming),
            ..
        }) = self.transfers.get(&key)
        else {
            return false;
        };
        !incoming.whole && self.now.mono.saturating_sub(incoming.heard) > self.silence
    }

    // ---- outgoing ----

    fn hashed(
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
            let reason = "The file could not be read to its end. Check it, then send it again.";
            return self.fail(key, reason.to_owned(), out);
        };
        row.sha256 = Some(sha256.clone());
        outgoing.begin(Source {
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
        self.pump_all(out);
        self.settle(key, out);
    }

    /// Gives every file under way to every device that is here.
    fn pump_all(&mut self, out: &mut Outside<'_>) {
        let mut started = Vec::new();
        for (key, transfer) in &mut self.transfers {
            let Motion::Out(outgoing) = &mut transfer.motion else {
                continue;
            };
            for (peer, lane) in &self.lanes {
                outgoing.pump(peer, lane.clone(), &self.reports);
            }
            if outgoing.is_running() && transfer.row.state != TransferState::Active {
                transfer.row.state = TransferState::Active;
                transfer.row.reason = None;
                started.push(*key);
            }
        }
        started.into_iter().for_each(|key| self.tell(key, out));
    }

    fn pumped(&mut self, id: &str, peer: &str, end: PumpEnd, out: &mut Outside<'_>) {
        let Ok(key) = self.find(id) else { return };
        let Some(Transfer {
            row,
            motion: Motion::Out(outgoing),
            ..
        }) = self.transfers.get_mut(&key)
        else {
            return;
        };
        outgoing.ended(peer, end);
        row.reached = convert::count(outgoing.reached());
        if end == PumpEnd::FileChanged {
            let reason = "The file changed while it was being sent. Send it again.";
            return self.fail(key, reason.to_owned(), out);
        }
        self.settle(key, out);
    }

    /// Decides what a file of ours is once nothing moves it.
    fn settle(&mut self, key: u64, out: &mut Outside<'_>) {
        let Some(Transfer {
            row,
            motion: Motion::Out(outgoing),
            ..
        }) = self.transfers.get_mut(&key)
        else {
            return;
        };
        if outgoing.is_running() {
            return;
        }
        if row.reached == 0 {
            // Nobody has it: it waits for someone to come, or to come back.
            row.state = if outgoing.missed() == 0 {
                TransferState::Offered
            } else {
                TransferState::Paused
            };
            row.reason = Some("Waits for a device to send it to.".to_owned());
        } else {
            row.bytes = row.size;
            let missed = outgoing.missed();
            let reason = match missed {
                0 => None,
                1 => Some("1 device went away before it had everything.".to_owned()),
                n => Some(format!("{n} devices went away before they had everything.")),
            };
            self.end(key, TransferState::Done, reason);
        }
        self.tell(key, out);
    }

    // ---- all ----

    fn insert(&mut self, transfer: Transfer) -> u64 {
        let key = self.next;
        self.next += 1;
        self.by_id.insert(transfer.row.id.clone(), key);
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
        transfer.motion = Motion::None;
        (row.state, row.reason, row.spool) = (state, reason, None);
        row.ended_at = Some(wall_ms());
        self.quota.close(&row.id);
        if row.direction == Direction::In {
            self.by_file.remove(&row.file_id);
            self.over.insert(row.file_id.clone());
        }
    }

    /// Writes a transfer's row and tells faces.
    fn tell(&self, key: u64, out: &mut Outside<'_>) {
        self.record(key, out);
        self.show(key, out);
    }

    fn record(&self, key: u64, out: &Outside<'_>) {
        if let Some(transfer) = self.transfers.get(&key) {
            let row = transfer.row.clone();
            out.archive
                .note(move |store| store.transfers().upsert(&row));
        }
    }

    fn show(&self, key: u64, out: &mut Outside<'_>) {
        if let Some(view) = self.view(key) {
            out.sink.emit(Event::Transfer(view));
        }
    }

    /// Writes a transfer's row and answers a command with how it looks now.
    fn answer(&self, key: u64, out: &Outside<'_>) -> Result<Event, ApiError> {
        self.record(key, out);
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
            Motion::Out(outgoing) => outgoing.bytes(),
            Motion::None => self.row.bytes,
        }
    }
}

/// Looks at a file to send: its name as others will see it, and its size.
fn check_source(path: &Path) -> Result<(String, u64), ApiError> {
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
    fs::File::open(path)
        .map_err(|error| unreadable(format!("{shown} cannot be read: {error}.")))?;
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let name = name.ok_or_else(|| unreadable(format!("{shown} has no file name.")))?;
    Ok((name, metadata.len()))
}

/// What a transfer becomes that was under way when the node stopped.
fn interrupt(row: &mut TransferRow) {
    row.state = TransferState::Failed;
    row.spool = None;
    row.ended_at = Some(wall_ms());
    row.reason = Some(match row.direction {
        Direction::In => {
            "Gossamer was closed before the file was complete. Ask for it again.".to_owned()
        }
        Direction::Out => {
            "Gossamer was closed before anyone had the file. Send it again.".to_owned()
        }
    });
}

/// Removes what earlier runs left, except files that wait for an answer.
fn clear_spool(dir: &Path, kept: &HashSet<String>) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if !kept.contains(&path.display().to_string())
            && let Err(error) = fs::remove_file(&path)
        {
            tracing::warn!(%error, "a leftover of an earlier run could not be removed");
        }
    }
}

fn wrong_state(what: &str) -> ApiError {
    ApiError::new(
        ErrorCode::WrongState,
        format!("This file transfer cannot be {what} now: it is over, or it is not an offer."),
    )
}
