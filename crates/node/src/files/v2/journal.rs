//! What streams ask of the actor, and its answers.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use gossamer_crypto::{DeviceId, FileId};
use gossamer_store::{Direction, PartyState, TransferState};
use gossamer_transfer::{
    placing::Place,
    v2::{Ending, Journal, Offer, Outgoing, Refusal, Unwritten},
};
use tokio::sync::{Notify, mpsc, oneshot};

use super::{Files, Motion, Outside, V2Report, report};
use crate::{actor::Report, api::Reason, files::placing::Noted};

/// The memory of transfers for the stream that holds it: the actor's.
#[derive(Debug)]
pub(super) struct Book {
    reports: mpsc::Sender<Report>,
    stop: Arc<Notify>,
}

/// What a stream wants to know, or wants written down. An answer that never comes is a no.
#[derive(Debug)]
pub(crate) enum Question {
    Offered {
        peer: DeviceId,
        offer: Offer,
        answer: oneshot::Sender<Result<(), Refusal>>,
    },
    Outgoing {
        peer: DeviceId,
        file: FileId,
        stop: Arc<Notify>,
        answer: oneshot::Sender<Arc<Outgoing>>,
    },
    Ended {
        peer: DeviceId,
        file: FileId,
        ending: Ending,
        answer: oneshot::Sender<Result<(), Unwritten>>,
    },
    Placing {
        file: FileId,
        place: Place,
        noted: Noted,
    },
    Kept {
        file: FileId,
        path: PathBuf,
        answer: oneshot::Sender<Result<(), Unwritten>>,
    },
}

impl Book {
    pub(super) fn new(reports: mpsc::Sender<Report>) -> Self {
        Self {
            reports,
            stop: Arc::default(),
        }
    }

    /// Told when the actor wants the stream to end.
    pub(super) fn stop(&self) -> Arc<Notify> {
        Arc::clone(&self.stop)
    }

    async fn ask<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Question) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        report(&self.reports, V2Report::Asked(question(answer))).await;
        answered.await.ok()
    }
}

impl Journal for Book {
    async fn offered(&self, peer: DeviceId, offer: Offer) -> Result<(), Refusal> {
        let asked = self.ask(|answer| Question::Offered {
            peer,
            offer,
            answer,
        });
        asked.await.unwrap_or(Err(Refusal::Later))
    }

    async fn outgoing(&self, peer: DeviceId, file: FileId) -> Option<Arc<Outgoing>> {
        let stop = self.stop();
        self.ask(|answer| Question::Outgoing {
            peer,
            file,
            stop,
            answer,
        })
        .await
    }

    async fn ended(&self, peer: DeviceId, file: FileId, ending: Ending) -> Result<(), Unwritten> {
        let asked = self.ask(|answer| Question::Ended {
            peer,
            file,
            ending,
            answer,
        });
        asked.await.unwrap_or(Err(Unwritten))
    }

    async fn placing(&self, file: FileId, place: &Place) -> Result<(), Unwritten> {
        let place = place.clone();
        let asked = self.ask(|noted| Question::Placing { file, place, noted });
        asked.await.unwrap_or(Err(Unwritten))
    }

    async fn kept(&self, file: FileId, path: &Path) -> Result<(), Unwritten> {
        let path = path.to_owned();
        let asked = self.ask(|answer| Question::Kept { file, path, answer });
        asked.await.unwrap_or(Err(Unwritten))
    }
}

impl Files {
    pub(super) fn asked(&mut self, question: Question, out: &mut Outside<'_>) {
        match question {
            Question::Offered {
                peer,
                offer,
                answer,
            } => match self.take_offer(peer, &offer, out) {
                Ok(key) => self.commit(key, out, |written| {
                    let _ = answer.send(written.then_some(()).ok_or(Refusal::Later));
                }),
                Err(refusal) => drop(answer.send(Err(refusal))),
            },
            Question::Outgoing {
                peer,
                file,
                stop,
                answer,
            } => {
                if let Some(outgoing) = self.serve(&peer, file, stop, out) {
                    let _ = answer.send(outgoing);
                }
            }
            Question::Ended {
                peer,
                file,
                ending,
                answer,
            } => {
                let noted = |written: bool| {
                    let _ = answer.send(written.then_some(()).ok_or(Unwritten));
                };
                match self.ended(&peer, file, ending, out) {
                    Some(key) => self.commit(key, out, noted),
                    None => noted(true),
                }
            }
            Question::Placing { file, place, noted } => {
                if let Some(key) = self.v2.by_file.get(&file) {
                    self.intend(*key, &place, noted, out);
                }
            }
            Question::Kept { file, path, answer } => match self.kept(file, &path) {
                Some(key) => self.commit(key, out, |written| {
                    let _ = answer.send(written.then_some(()).ok_or(Unwritten));
                }),
                None => drop(answer.send(Err(Unwritten))),
            },
        }
    }

    /// Something that a stream waits for is on disk, or could not be written: an offer is
    /// forgotten then, and comes again.
    pub(super) fn written(
        &mut self,
        id: &str,
        state: TransferState,
        is_written: bool,
        out: &mut Outside<'_>,
    ) {
        let Ok(key) = self.find(id) else { return };
        if is_written {
            // What it became meanwhile is told once that is on disk.
            if self
                .transfers
                .get(&key)
                .is_some_and(|it| it.row.state == state)
            {
                self.show(key, out);
            }
            return;
        }
        let offer = |row: &gossamer_store::TransferRow| {
            row.direction == Direction::In && row.state == TransferState::Offered
        };
        if self.transfers.get(&key).is_some_and(|it| offer(&it.row)) {
            self.quota.close(id);
            self.transfers.remove(&key);
            self.by_id.remove(id);
        }
    }

    /// A device ends a transfer. Gives the one to write down.
    fn ended(
        &mut self,
        peer: &DeviceId,
        file: FileId,
        ending: Ending,
        out: &mut Outside<'_>,
    ) -> Option<u64> {
        let key = *self.v2.by_file.get(&file)?;
        let transfer = self.transfers.get_mut(&key)?;
        let party = transfer.share.as_mut()?.parties.get_mut(peer)?;
        if !party.is_open() {
            // Said again: the answer waits for what may still be on its way to disk.
            return Some(key);
        }
        match (&transfer.motion, ending) {
            (Motion::Out(_), Ending::Done) => party.state = PartyState::Done,
            (Motion::Out(_), Ending::Declined) => party.state = PartyState::Declined,
            (Motion::Out(_), Ending::Cancelled) => party.state = PartyState::Cancelled,
            // What is being put in its place will be there.
            (Motion::Pull(pull), Ending::Cancelled) if !pull.is_whole(transfer.row.size) => {
                party.state = PartyState::Cancelled;
                let reason = Some(Reason::SenderCancelled);
                self.end(key, TransferState::Cancelled, reason);
                return Some(key);
            }
            (Motion::Pull(_) | Motion::In(_) | Motion::None, _) => return None,
        }
        if ending == Ending::Done {
            party.serving = None;
        }
        // The stream of one who wants no more ends by itself, and may say why: the file changed.
        self.settle(key, out);
        Some(key)
    }
}
