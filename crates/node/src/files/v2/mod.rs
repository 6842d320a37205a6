//! Files between nodes of ours: what the actor does for the `file` service of docs/protocol-v2.md 9.
//!
//! A transfer over v2 is a row like any other with a [`Share`] beside it: the file's key, and how
//! far each device at the other end is. What comes over streams is asked of the actor through
//! [`Book`]; what has to be said to a device waits in its share until it was said ([`says`]), so
//! that neither a lost connection nor a restart loses it. [`sharing`] is the sender's side,
//! [`pulls`] the receiver's.

mod berth;
mod job;
mod journal;
mod pause;
mod pulls;
mod says;
mod share;
mod sharing;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use gossamer_crypto::{DeviceId, FileId};
use gossamer_net::Visit;
use gossamer_store::TransferState;
use gossamer_transfer::v2::{
    Refusal,
    pump::{self, Answered, Timers},
};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    task::JoinSet,
};
use uuid::Uuid;

pub(super) use self::pulls::Pull;
pub(crate) use self::share::Share;
use self::{
    job::PullEnd,
    journal::{Book, Question},
    says::{Heard, Word},
};
use super::{FileReport, Files, Motion, Outside};
use crate::{
    Config,
    actor::Report,
    streams::{FILE, Streams},
};

/// What a task of a transfer over v2 has to say.
#[derive(Debug)]
pub(crate) enum V2Report {
    /// A stream asks.
    Asked(Question),
    /// A transfer was written down in this state, or could not be.
    Written {
        transfer: String,
        state: TransferState,
        is_written: bool,
    },
    /// Something was said to a device.
    Said {
        transfer: String,
        device: DeviceId,
        word: Word,
        heard: Heard,
    },
    /// A stream that came in has ended; `stop` is how it could have been ended.
    Answered {
        stop: Arc<Notify>,
        refused: Option<(FileId, Refusal)>,
    },
    /// A pull ended.
    Pulled { transfer: String, end: PullEnd },
}

/// The devices that are here, and the streams to and from them.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) streams: Streams,
    timers: Timers,
    /// Devices that can be reached, directly or through others.
    here: BTreeSet<DeviceId>,
    /// Devices that are being told something.
    saying: BTreeSet<DeviceId>,
    /// Transfers by the file's id on the wire.
    pub(super) by_file: HashMap<FileId, u64>,
    /// Whatever runs ends with this.
    tasks: JoinSet<()>,
}

impl Lines {
    pub(super) fn new(streams: Streams, config: &Config) -> Self {
        let usual = Timers::default();
        Self {
            streams,
            timers: Timers {
                silence: usual.silence.min(config.timers.transfer_silence),
                ..usual
            },
            here: BTreeSet::new(),
            saying: BTreeSet::new(),
            by_file: HashMap::new(),
            tasks: JoinSet::new(),
        }
    }
}

impl Files {
    /// A device can be reached, or in another way than before: whatever waits for it goes on.
    pub(crate) fn is_here(&mut self, device: DeviceId, out: &mut Outside<'_>) {
        self.v2.here.insert(device);
        for transfer in self.transfers.values_mut() {
            if let Some(share) = &mut transfer.share {
                share.try_now(&device);
            }
            if let Motion::Pull(pull) = &mut transfer.motion
                && pull.device == device
            {
                pull.try_now(transfer.row.size, self.now.mono);
            }
        }
        self.reach_out(out);
        self.settle_all(out);
    }

    /// A device cannot be reached any more. Its streams end by themselves.
    pub(crate) fn is_away(&mut self, device: &DeviceId, out: &mut Outside<'_>) {
        self.v2.here.remove(device);
        self.reach_out(out);
        self.settle_all(out);
    }

    /// A device has opened a stream.
    pub(crate) fn visit(&mut self, visit: Visit, is_admitted: bool) {
        let book = Book::new(self.reports.clone());
        let (streams, timers) = (self.v2.streams.clone(), self.v2.timers);
        let reports = self.reports.clone();
        self.v2.tasks.spawn(async move {
            let device = visit.device();
            let Ok(Some(stream)) = streams.welcome(visit, FILE, is_admitted).await else {
                return;
            };
            let stop = book.stop();
            let refused = tokio::select! {
                answered = pump::answer(stream, device, &book, timers) => match answered {
                    Ok(Answered::Refused(file, refusal)) => Some((file, refusal)),
                    Ok(Answered::Offered(_) | Answered::Ended(..) | Answered::Left(_)) => None,
                    Err(error) => {
                        tracing::debug!(?device, %error, "a file stream broke");
                        None
                    }
                },
                () = stop.notified() => None,
            };
            report(&reports, V2Report::Answered { stop, refused }).await;
        });
    }

    /// A task has something to say.
    pub(super) fn v2_report(&mut self, report: V2Report, out: &mut Outside<'_>) {
        match report {
            V2Report::Asked(question) => self.asked(question, out),
            V2Report::Written {
                transfer,
                state,
                is_written,
            } => self.written(&transfer, state, is_written, out),
            V2Report::Said {
                transfer,
                device,
                word,
                heard,
            } => self.said(&transfer, &device, word, heard, out),
            V2Report::Answered { stop, refused } => self.answered(&stop, refused, out),
            V2Report::Pulled { transfer, end } => self.pulled(&transfer, end, out),
        }
        self.reach_out(out);
    }

    /// Starts whatever can be: files are offered to devices that are here, what is owed to them is
    /// said, and accepted files are pulled.
    pub(super) fn reach_out(&mut self, out: &mut Outside<'_>) {
        while self.v2.tasks.try_join_next().is_some() {}
        self.address_all(out);
        self.say();
        self.pull_all(out);
    }

    /// Writes a transfer down and then calls `then` with whether that worked.
    fn commit(&self, key: u64, out: &Outside<'_>, then: impl FnOnce(bool) + Send + 'static) {
        let Some(transfer) = self.transfers.get(&key) else {
            return then(false);
        };
        let Some(share) = &transfer.share else {
            return then(false);
        };
        let (row, share) = (transfer.row.clone(), share.row(&transfer.row.id));
        let (done, written) = oneshot::channel();
        let (reports, id, state) = (self.reports.clone(), row.id.clone(), row.state);
        out.archive.note(move |store| {
            let written = store.shares().upsert(&row, &share);
            let _ = done.send(written.is_ok());
            written
        });
        tokio::spawn(async move {
            let is_written = written.await.unwrap_or(false);
            then(is_written);
            let written = V2Report::Written {
                transfer: id,
                state,
                is_written,
            };
            report(&reports, written).await;
        });
    }
}

/// The id of a file on the wire, from that in its row: the same bytes.
pub(super) fn file_of(row_id: &str) -> Option<FileId> {
    let id = Uuid::parse_str(row_id).ok()?;
    Some(FileId::new(*id.as_bytes()))
}

/// The other way round. Classic nodes know a file of ours by this one.
fn row_id(file: FileId) -> String {
    Uuid::from_bytes(*file.as_bytes()).to_string()
}

async fn report(reports: &mpsc::Sender<Report>, report: V2Report) {
    let _ = reports.send(Report::File(FileReport::V2(report))).await;
}
