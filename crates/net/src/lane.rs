//! A bounded queue of messages for one peer.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::{Ticket, limits};

/// A message in a lane.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) bytes: Bytes,
    pub(crate) ticket: Option<Ticket>,
}

/// The queue between those who send and the task that writes. Shared by both.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// Something was put in, or the queue ended.
    filled: Notify,
    /// Something was taken out, or the queue ended.
    drained: Notify,
    written: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    entries: VecDeque<Entry>,
    /// Taken out and being written.
    in_flight: usize,
    /// How often everything in it was given up.
    given_up: u64,
    ended: bool,
}

impl Queue {
    /// Puts an entry in; gives it back when the queue is full or has ended.
    pub(crate) fn push(&self, entry: Entry, cap: usize) -> Result<(), Entry> {
        let mut state = self.lock();
        if state.ended || state.entries.len() >= cap {
            return Err(entry);
        }
        state.entries.push_back(entry);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Waits for entries and takes as many as fit into one write; `None` when the queue has
    /// ended. Cancel-safe. Follow with [`finish`](Self::finish) or [`give_up`](Self::give_up).
    pub(crate) async fn take(&self, most: usize) -> Option<Vec<Entry>> {
        loop {
            let filled = self.filled.notified();
            {
                let mut state = self.lock();
                if state.ended {
                    return None;
                }
                if !state.entries.is_empty() {
                    return Some(state.take_batch(most));
                }
            }
            filled.await;
        }
    }

    /// What was taken has been written.
    pub(crate) fn finish(&self) {
        let mut state = self.lock();
        let done = std::mem::take(&mut state.in_flight);
        drop(state);
        self.written.fetch_add(done as u64, Ordering::Relaxed);
        self.drained.notify_waiters();
    }

    /// What was taken and what waits will not be written. Returns what waited.
    pub(crate) fn give_up(&self) -> VecDeque<Entry> {
        let mut state = self.lock();
        state.in_flight = 0;
        state.given_up += 1;
        let rest = std::mem::take(&mut state.entries);
        drop(state);
        self.drained.notify_waiters();
        rest
    }

    /// Ends the queue for good.
    pub(crate) fn end(&self) -> VecDeque<Entry> {
        self.lock().ended = true;
        self.filled.notify_one();
        self.give_up()
    }

    /// Waits until at most `most` entries are left.
    pub(crate) async fn at_most(&self, most: usize) -> Result<(), GaveUp> {
        let before = self.lock().given_up;
        loop {
            let drained = self.drained.notified();
            tokio::pin!(drained);
            drained.as_mut().enable();
            {
                let state = self.lock();
                if state.ended || state.given_up != before {
                    return Err(GaveUp);
                }
                if state.entries.len() + state.in_flight <= most {
                    return Ok(());
                }
            }
            drained.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_batch(&mut self, most: usize) -> Vec<Entry> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(entry) = self.entries.pop_front() {
            bytes += entry.bytes.len();
            batch.push(entry);
            if bytes >= most {
                break;
            }
        }
        self.in_flight = batch.len();
        batch
    }
}

/// The lane of chunks to one peer, for whoever feeds it.
#[derive(Debug, Clone)]
pub struct Backlog {
    queue: Arc<Queue>,
}

/// The peer is away or took nothing for too long; what waited for it was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the device takes nothing any more")]
pub struct GaveUp;

impl Backlog {
    pub(crate) fn new(queue: Arc<Queue>) -> Self {
        Self { queue }
    }

    /// Queues a chunk, after waiting for room.
    ///
    /// # Errors
    /// When the peer is given up meanwhile.
    pub async fn push(&self, bytes: Bytes) -> Result<(), GaveUp> {
        self.room().await?;
        let entry = Entry {
            bytes,
            ticket: None,
        };
        self.queue
            .push(entry, limits::BULK_LANE_HARD)
            .map_err(|_| GaveUp)
    }

    /// Waits until there is room.
    ///
    /// # Errors
    /// When the peer is given up meanwhile.
    pub async fn room(&self) -> Result<(), GaveUp> {
        self.queue.at_most(limits::BULK_LANE).await
    }

    /// Waits until everything queued is written to the socket.
    ///
    /// # Errors
    /// When the peer is given up meanwhile.
    pub async fn drained(&self) -> Result<(), GaveUp> {
        self.queue.at_most(0).await
    }

    /// Messages written to the socket since the peer appeared.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.queue.written.load(Ordering::Relaxed)
    }
}
