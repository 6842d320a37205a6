//! The store on a thread of its own: the disk may be slow, the actor may not.

use std::{path::Path, thread, time::Instant};

use gossamer_store::{OpenError, Store, StoreError, Unlock};
use tokio::sync::{mpsc, oneshot};

use crate::{
    api::{ApiError, ErrorCode},
    trouble::{Trouble, Turn},
};

enum Job {
    Run(Box<dyn FnOnce(&mut Store) -> Done + Send>),
    Close(oneshot::Sender<()>),
}

/// What became of a job: why the store failed, if it did.
type Done = Result<(), ApiError>;

/// Runs jobs on the store, one after the other, in the order in which they were handed in.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    jobs: mpsc::UnboundedSender<Job>,
}

impl Archive {
    /// Opens the store of a profile's directory and starts its thread. What is returned beside it
    /// tells when the store begins to fail and when that is over: at most a few times a minute,
    /// however many jobs there are.
    pub(crate) async fn open(
        dir: &Path,
        unlock: Unlock,
    ) -> Result<(Self, mpsc::UnboundedReceiver<Turn>), ApiError> {
        let (turn, turns) = mpsc::unbounded_channel();
        let (opened, outcome) = oneshot::channel();
        let (jobs, mut queue) = mpsc::unbounded_channel::<Job>();
        let dir = dir.to_owned();
        let work = move || {
            let mut store = match Store::open(&dir, &unlock) {
                Ok(store) => store,
                Err(error) => return drop(opened.send(Err(error))),
            };
            let _ = opened.send(Ok(()));
            let (mut closed, mut trouble) = (None, Trouble::default());
            while let Some(job) = queue.blocking_recv() {
                match job {
                    Job::Run(run) => {
                        let told = watched(run, &mut store, &mut trouble);
                        let _ = told.map(|told| turn.send(told));
                    }
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
            Ok(Ok(())) => Ok((Self { jobs }, turns)),
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
        let _ = self.jobs.send(Job::Run(Box::new(move |store| {
            let result = job(store).map_err(|error| store_error(&error));
            let became = result.as_ref().map(drop).map_err(ApiError::clone);
            let _ = done.send(result);
            became
        })));
        async move {
            match result.await {
                Ok(result) => result,
                Err(_) => Err(internal(&"the archive thread ended")),
            }
        }
    }

    /// Runs a job whose result nobody waits for.
    pub(crate) fn note(
        &self,
        job: impl FnOnce(&mut Store) -> Result<(), StoreError> + Send + 'static,
    ) {
        let _ = self.jobs.send(Job::Run(Box::new(|store| {
            job(store).map_err(|error| store_error(&error))
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

/// Runs a job, and says what it means for the store's health. One that only reads means nothing
/// when it succeeds: a full disk can be read.
fn watched(
    run: impl FnOnce(&mut Store) -> Done,
    store: &mut Store,
    trouble: &mut Trouble,
) -> Option<Turn> {
    let before = store.changes();
    let told = match run(store) {
        Err(error) => trouble.failed(error, Instant::now()),
        Ok(()) if store.changes() > before => trouble.wrote(Instant::now()),
        Ok(()) => None,
    };
    match &told {
        Some(Turn::Fails(error)) => tracing::error!(%error, "the database could not be written"),
        Some(Turn::WritesAgain) => tracing::info!("the database can be written again"),
        None => {}
    }
    told
}

pub(crate) fn open_error(error: &OpenError) -> ApiError {
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
        | OpenError::OthersWrite(_)
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Writes until the next turn is told.
    async fn next(archive: &Archive, turns: &mut mpsc::UnboundedReceiver<Turn>) -> Turn {
        let told = async {
            for uptime in 1.. {
                let saved = archive.run(move |store| store.uptime().save(uptime));
                saved.await.unwrap();
                let soon = tokio::time::timeout(Duration::from_millis(50), turns.recv());
                if let Ok(turn) = soon.await {
                    return turn.unwrap();
                }
            }
            panic!("nothing is told")
        };
        tokio::time::timeout(Duration::from_secs(20), told)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_full_disk_is_said_once_for_all_jobs_and_again_when_it_is_over() {
        let dir = tempfile::tempdir().unwrap();
        let opened = Archive::open(dir.path(), Unlock::default()).await;
        let (archive, mut turns) = opened.unwrap();
        for _ in 0..100 {
            archive.note(|_| Err(StoreError::Full));
            let answer = archive.run(|_| Err::<(), _>(StoreError::Full)).await;
            assert_eq!(answer.unwrap_err().code, ErrorCode::DiskFull);
            // Reading goes on meanwhile, and says nothing of writing.
            archive.run(|store| store.uptime().load()).await.unwrap();
        }
        let Some(Turn::Fails(error)) = turns.recv().await else {
            panic!("nobody is told that the disk is full");
        };
        assert_eq!(error.code, ErrorCode::DiskFull);
        assert!(turns.try_recv().is_err(), "it is said once");
        let again = next(&archive, &mut turns).await;
        assert!(matches!(again, Turn::WritesAgain), "{again:?}");
        archive.close().await;
        assert!(turns.recv().await.is_none(), "it is said once");
    }
}
