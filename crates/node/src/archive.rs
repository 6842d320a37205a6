//! The store on a thread of its own: the disk may be slow, the actor may not.

use std::{path::Path, thread};

use gossamer_store::{OpenError, Store, StoreError, Unlock};
use tokio::sync::{mpsc, oneshot};

use crate::api::{ApiError, ErrorCode};

enum Job {
    Run(Box<dyn FnOnce(&mut Store) + Send>),
    Close(oneshot::Sender<()>),
}

/// Runs jobs on the store, one after the other, in the order in which they were handed in.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    jobs: mpsc::UnboundedSender<Job>,
}

impl Archive {
    /// Opens the store of a profile's directory and starts its thread.
    pub(crate) async fn open(dir: &Path, unlock: Unlock) -> Result<Self, ApiError> {
        let (opened, outcome) = oneshot::channel();
        let (jobs, mut queue) = mpsc::unbounded_channel::<Job>();
        let dir = dir.to_owned();
        let work = move || {
            let mut store = match Store::open(&dir, &unlock) {
                Ok(store) => store,
                Err(error) => return drop(opened.send(Err(error))),
            };
            let _ = opened.send(Ok(()));
            let mut closed = None;
            while let Some(job) = queue.blocking_recv() {
                match job {
                    Job::Run(run) => run(&mut store),
                    Job::Close(done) => {
                        closed = Some(done);
                        break;
                    }
                }
            }
            if let Err(error) = store.close() {
                tracing::warn!(%error, "the database was not folded into one file");
            }
            drop(closed);
        };
        let spawned = thread::Builder::new().name("archive".into()).spawn(work);
        spawned.map_err(|error| internal(&error))?;
        match outcome.await {
            Ok(Ok(())) => Ok(Self { jobs }),
            Ok(Err(error)) => Err(open_error(&error)),
            Err(_) => Err(internal(&"the archive thread ended")),
        }
    }

    /// Hands in a job at once; what is returned waits for its result.
    pub(crate) fn run<T, J>(&self, job: J) -> impl Future<Output = Result<T, ApiError>> + use<T, J>
    where
        T: Send + 'static,
        J: FnOnce(&mut Store) -> Result<T, StoreError> + Send + 'static,
    {
        let (done, result) = oneshot::channel();
        let _ = self
            .jobs
            .send(Job::Run(Box::new(move |store| drop(done.send(job(store))))));
        async move {
            match result.await {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(error)) => Err(store_error(&error)),
                Err(_) => Err(internal(&"the archive thread ended")),
            }
        }
    }

    /// Runs a job whose result nobody waits for. A failure is logged.
    pub(crate) fn note(
        &self,
        job: impl FnOnce(&mut Store) -> Result<(), StoreError> + Send + 'static,
    ) {
        let _ = self.jobs.send(Job::Run(Box::new(|store| {
            if let Err(error) = job(store) {
                tracing::error!(%error, "the database could not be written");
            }
        })));
    }

    /// Runs what was handed in, then closes the store. Jobs that come later are not run.
    pub(crate) async fn close(self) {
        let (done, closed) = oneshot::channel();
        let _ = self.jobs.send(Job::Close(done));
        // The thread drops its end once the store is closed.
        let _ = closed.await;
    }
}

fn open_error(error: &OpenError) -> ApiError {
    let code = match error {
        OpenError::KeyMissing(_)
        | OpenError::KeyDamaged(_)
        | OpenError::KeyWrong(_)
        | OpenError::KeychainEntryMissing(_)
        | OpenError::Damaged(_)
        | OpenError::Missing(_)
        | OpenError::TooNew { .. } => ErrorCode::StoreUnreadable,
        OpenError::PassphraseNeeded => ErrorCode::PassphraseNeeded,
        OpenError::PassphraseWrong => ErrorCode::PassphraseWrong,
        OpenError::Unavailable { .. }
        | OpenError::KeychainUnavailable(_)
        | OpenError::Randomness(_)
        | OpenError::Database(_) => ErrorCode::StoreUnavailable,
    };
    ApiError::new(code, error.to_string())
}

fn store_error(error: &StoreError) -> ApiError {
    let code = match error {
        StoreError::Full => ErrorCode::DiskFull,
        StoreError::Damaged => ErrorCode::StoreUnreadable,
        StoreError::Database(_) | StoreError::Randomness(_) => ErrorCode::StoreUnavailable,
    };
    ApiError::new(code, error.to_string())
}

fn internal(error: &dyn std::fmt::Display) -> ApiError {
    ApiError::new(
        ErrorCode::Internal,
        format!("Something in Gossamer failed: {error}."),
    )
}
