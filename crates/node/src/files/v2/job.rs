//! One pull: from an open part to a file in its place, or the reason why not.

use std::{path::PathBuf, sync::Arc};

use gossamer_crypto::DeviceId;
use gossamer_net::Stream;
use gossamer_transfer::{
    placing::Place,
    v2::{
        Offer, PartError, Progress, Refusal,
        pump::{self, PullError, Pulled, StreamError, Timers},
    },
};
use tokio::sync::Notify;

use super::{berth::Berth, journal::Book};
use crate::{api::Reason, files::incoming::Failure};

/// How a pull ended.
#[derive(Debug)]
pub(crate) enum PullEnd {
    /// The file is in its place; whether the sender knows.
    Kept { told: bool },
    /// The sender stopped it.
    Over,
    /// The stream was lost, perhaps by the relay it went through: it goes on later.
    Lost { relay: Option<DeviceId> },
    /// The disk said no: it goes on when the user says so.
    NoPlace(Reason),
    /// It will never come.
    Failed(Reason),
}

/// What one pull works with.
pub(super) struct Job {
    pub(super) offer: Offer,
    /// Where the part is.
    pub(super) parts: PathBuf,
    pub(super) berth: Berth,
    /// The part, if every byte of the file is in it.
    pub(super) whole: Option<Place>,
    pub(super) downloads: PathBuf,
    pub(super) progress: Progress,
    pub(super) timers: Timers,
    pub(super) book: Book,
    /// Ends it as if its stream had broken.
    pub(super) stop: Arc<Notify>,
}

impl Job {
    /// Pulls the file over the stream that `open` gives, or only places it if it is whole.
    pub(super) async fn run(self, open: impl Future<Output = Option<Stream>>) -> PullEnd {
        let (parts, file, size) = (self.parts, self.offer.file, self.offer.size);
        let berth = self.berth;
        let whole = self.whole;
        let opened = tokio::task::spawn_blocking(move || {
            let is_whole = whole.is_some_and(|part| part.holds(size));
            (berth.open(&parts, file, size), is_whole)
        });
        let (part, is_whole) = match opened.await {
            Ok((Some(Ok(part)), is_whole)) => (part, is_whole),
            Ok((Some(Err(error)), _)) => return PullEnd::NoPlace(no_place(&error)),
            Ok((None, _)) | Err(_) => return PullEnd::Lost { relay: None },
        };
        if is_whole {
            let (downloads, book) = (&self.downloads, &self.book);
            let placed = pump::place(&self.offer, part, downloads, book, &self.progress);
            return match placed.await {
                Ok(_) => PullEnd::Kept { told: false },
                Err(error) => end_of(&error, None),
            };
        }
        let mut relay = None;
        let pulled = async {
            let stream = open.await.ok_or(StreamError::Ended)?;
            relay = stream.relay();
            pump::pull(
                stream,
                &self.offer,
                part,
                &self.downloads,
                &self.book,
                &self.progress,
                self.timers,
            )
            .await
        };
        let pulled = tokio::select! {
            pulled = pulled => pulled,
            () = self.stop.notified() => return PullEnd::Lost { relay },
        };
        match pulled {
            Ok(Pulled { told, .. }) => PullEnd::Kept { told },
            Err(error) => {
                tracing::debug!(?file, %error, "a file did not arrive");
                end_of(&error, relay)
            }
        }
    }
}

fn end_of(error: &PullError, relay: Option<DeviceId>) -> PullEnd {
    match error {
        PullError::Over(_) => PullEnd::Over,
        // It is in its place, and its sender is told later.
        PullError::Unwritten(_) => PullEnd::Kept { told: false },
        PullError::Part(error) => PullEnd::NoPlace(no_place(error)),
        PullError::Offer(error) => PullEnd::Failed((*error).into()),
        PullError::Stream(StreamError::Misbehaved(_)) => PullEnd::Failed(Reason::NotAsOffered),
        PullError::Stream(StreamError::Refused(refusal)) => match refusal {
            Refusal::Changed => PullEnd::Failed(Reason::ChangedThere),
            Refusal::Gone => PullEnd::Failed(Reason::GoneThere),
            // Its sender stopped it, and says so on a stream of its own too.
            Refusal::NotOffered => PullEnd::Over,
            Refusal::Later | Refusal::Crowded => PullEnd::Lost { relay: None },
            Refusal::Unacceptable | Refusal::Misbehaved | Refusal::Other(_) => {
                PullEnd::Failed(Reason::SenderRefused)
            }
        },
        PullError::Stream(StreamError::Silent(_) | StreamError::Lost(_) | StreamError::Ended) => {
            PullEnd::Lost { relay }
        }
    }
}

fn no_place(error: &PartError) -> Reason {
    match error {
        PartError::NoRoom { needed, free } => Reason::NoRoom {
            needed: *needed,
            free: *free,
        },
        PartError::Disk(error) => Failure::of(error, true).reason,
        PartError::TooLarge(error) => (*error).into(),
    }
}
