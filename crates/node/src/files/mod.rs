//! File transfers of both directions, as the actor sees them.
//!
//! Every [`transfer`] is a row of the store plus, while it lives, a machine that moves its
//! bytes: [`outgoing`] with its pumps to classic nodes, [`incoming`] with its worker for what they
//! send, or a pull for a file that a node of ours offers ([`v2`]). Rows are written when the state
//! changes; bytes in between are told to faces only.

mod incoming;
mod ledger;
mod leftovers;
mod meter;
mod modified;
mod outgoing;
mod placing;
mod rates;
mod reasons;
mod receiving;
mod restart;
mod sending;
mod transfer;
mod v2;
mod view;

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    time::{Duration, SystemTime},
};

use gossamer_crypto::DeviceId;
use gossamer_mesh::Now;
use gossamer_net::Backlog;
use gossamer_store::TransferState;
use gossamer_transfer::{placing::Place, quota::Quota};
use tokio::sync::mpsc;

pub(crate) use self::incoming::Gate;
use self::{
    incoming::Failure,
    ledger::wrong_state,
    meter::Meter,
    outgoing::PumpEnd,
    placing::Noted,
    rates::Rates,
    transfer::{Motion, Transfer},
    v2::{Lines, Share, V2Report},
};
use crate::{
    AcceptMode, Config,
    actor::Report,
    api::{ApiError, Event, Reason},
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
    /// A whole file is about to go to a place, once that is written down.
    Placing {
        transfer: String,
        place: Place,
        noted: Noted,
    },
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
    rates: Rates,
    /// Classic nodes that are here.
    lanes: BTreeMap<String, Backlog>,
    v2: Lines,
    now: Now,
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
            rates: Rates::default(),
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
        let fixed = |transfer: &Transfer| transfer.is_over() || transfer.is_being_placed();
        if self.transfers.get(&key).is_none_or(fixed) {
            return Err(wrong_state("cancelled"));
        }
        self.end(key, TransferState::Cancelled, Some(Reason::CancelledHere));
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

    /// It is known what a device is called: so are the files that it offered before.
    pub(crate) fn named(&mut self, device: &DeviceId, out: &mut Outside<'_>) {
        let name = out.devices.name(device);
        let learn = |transfer: &mut Transfer| transfer.learn_name(device, &name);
        let transfers = self.transfers.iter_mut();
        let changed = transfers.filter_map(|(key, transfer)| learn(transfer).then_some(*key));
        let changed: Vec<u64> = changed.collect();
        changed.into_iter().for_each(|key| self.tell(key, out));
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
            FileReport::Placing {
                transfer,
                place,
                noted,
            } => {
                if let Ok(key) = self.find(&transfer) {
                    self.intend(key, &place, noted, out);
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
                        self.keep_at(key, path.display().to_string());
                        self.tell(key, out);
                    }
                    Err(failure) if failure.kept => self.set_aside(key, &failure.reason, out),
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
            } else {
                // A pause is no part of the speed of what comes after it.
                transfer.meter = Meter::default();
            }
            match &mut transfer.motion {
                Motion::Pull(pull) => pull.watch(now.mono),
                Motion::Out(classic) => {
                    classic.measure(now.mono);
                    transfer
                        .share
                        .iter_mut()
                        .for_each(|it| it.measure(now.mono));
                }
                Motion::In(_) | Motion::None => {}
            }
            let changed = bytes != before || transfer.meter.rate() != rate;
            if transfer.is_being_placed() {
                self.verify(key, out);
            } else if changed {
                self.show(key, out);
            }
            if self.is_silent(key) {
                self.fail(key, Reason::Incomplete, out);
            }
        }
        self.tell_rates(out);
    }

    /// Whether any file is being checked and put in its place.
    pub(crate) fn is_verifying(&self) -> bool {
        let verifying = |transfer: &Transfer| transfer.row.state == TransferState::Verifying;
        self.transfers.values().any(verifying)
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
}
