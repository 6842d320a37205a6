//! A bounded queue of messages for one peer.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
}

#[derive(Debug, Default)]
struct State {
    entries: VecDeque<Entry>,
    /// Of the entries.
    bytes: usize,
    /// Taken out and being written.
    in_flight: usize,
    /// How often everything in it was given up.
    given_up: u64,
    /// The last write failed: until one works, one entry at a time is tried.
    stuck: bool,
    ended: bool,
}

impl Queue {
    /// Puts an entry in; gives it back when the queue is full or has ended.
    pub(crate) fn push(&self, entry: Entry, cap: usize) -> Result<(), Entry> {
        let mut state = self.lock();
        let full = if state.stuck {
            state.is_busy()
        } else {
            state.entries.len() >= cap || state.bytes + entry.bytes.len() > limits::LANE_BYTES
        };
        if state.ended || full {
            return Err(entry);
        }
        state.bytes += entry.bytes.len();
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
        state.in_flight = 0;
        state.stuck = false;
        drop(state);
        self.drained.notify_waiters();
    }

    /// What was taken and what waits will not be written. Returns what waited.
    pub(crate) fn give_up(&self) -> VecDeque<Entry> {
        let mut state = self.lock();
        state.in_flight = 0;
        state.stuck = true;
        state.given_up += 1;
        let rest = std::mem::take(&mut state.entries);
        state.bytes = 0;
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

    /// How often everything in it was given up so far.
    fn given_up(&self) -> u64 {
        self.lock().given_up
    }

    pub(crate) fn is_stuck(&self) -> bool {
        self.lock().stuck
    }

    /// Waits until at most `most` entries are left, none when it is stuck. Fails when it ends, or
    /// has been given up since `before`.
    pub(crate) async fn at_most(&self, most: usize, before: u64) -> Result<(), GaveUp> {
        loop {
            let drained = self.drained.notified();
            tokio::pin!(drained);
            drained.as_mut().enable();
            {
                let state = self.lock();
                if state.ended || state.given_up != before {
                    return Err(GaveUp);
                }
                let most = if state.stuck { 0 } else { most };
                if state.entries.len() + state.in_flight <= most {
                    return Ok(());
                }
            }
            drained.await;
        }
    }

    /// Waits until everything is written or given up.
    pub(crate) async fn settled(&self) {
        let _ = self.at_most(0, self.given_up()).await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_busy(&self) -> bool {
        !self.entries.is_empty() || self.in_flight > 0
    }

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
        self.bytes = self.bytes.saturating_sub(bytes);
        batch
    }
}

/// The lane of chunks to one peer, for whoever feeds it.
#[derive(Debug, Clone)]
pub struct Backlog {
    queue: Arc<Queue>,
    /// How often it had been given up when this was made: what was fed before is not asked about.
    before: u64,
}

/// The peer is away or took nothing for too long; what waited for it was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the device takes nothing any more")]
pub struct GaveUp;

impl Backlog {
    pub(crate) fn new(queue: Arc<Queue>) -> Self {
        let before = queue.given_up();
        Self { queue, before }
    }

    /// The same lane, with what happened to it so far forgotten.
    #[must_use]
    pub fn renewed(&self) -> Self {
        Self::new(Arc::clone(&self.queue))
    }

    /// Whether this is the lane of the same appearance of the same peer.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.queue, &other.queue)
    }

    /// Whether the last write to the peer failed.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.queue.is_stuck()
    }

    /// Queues a chunk, after waiting for room.
    ///
    /// # Errors
    /// When the peer is given up meanwhile.
    pub async fn push(&self, bytes: Bytes) -> Result<(), GaveUp> {
        self.queue.at_most(limits::BULK_LANE, self.before).await?;
        let entry = Entry {
            bytes,
            ticket: None,
        };
        self.queue
            .push(entry, limits::BULK_LANE_HARD)
            .map_err(|_| GaveUp)
    }

    /// Waits until there is room. Nobody waits for a peer that takes nothing.
    pub(crate) async fn room(&self) {
        if !self.queue.is_stuck() {
            let _ = self.queue.at_most(limits::BULK_LANE, self.before).await;
        }
    }

    /// Waits until everything queued is written to the socket.
    ///
    /// # Errors
    /// When the peer is given up meanwhile.
    pub async fn drained(&self) -> Result<(), GaveUp> {
        self.queue.at_most(0, self.before).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            bytes: Bytes::from_static(b"x"),
            ticket: None,
        }
    }

    #[tokio::test]
    async fn what_waits_for_one_peer_is_bounded_in_bytes() {
        let queue = Queue::default();
        let large = || Entry {
            bytes: Bytes::from(vec![0; limits::LANE_BYTES / 4]),
            ticket: None,
        };
        let taken = (0..9).filter(|_| queue.push(large(), 100).is_ok());
        assert_eq!(taken.count(), 4);
        queue.take(1).await.unwrap();
        assert!(queue.push(large(), 100).is_ok() && queue.push(large(), 100).is_err());
        queue.give_up();
        queue.finish();
        assert!(queue.push(large(), 100).is_ok());
    }

    #[tokio::test]
    async fn after_a_failure_one_entry_at_a_time_is_tried_and_nobody_waits() {
        let queue = Arc::new(Queue::default());
        let lane = Backlog::new(Arc::clone(&queue));
        queue.push(entry(), 10).unwrap();
        queue.take(1).await.unwrap();
        queue.give_up();
        assert!(lane.is_stuck());
        assert_eq!(lane.push(entry().bytes).await, Err(GaveUp));

        let lane = lane.renewed();
        lane.push(entry().bytes).await.unwrap();
        assert!(queue.push(entry(), 10).is_err(), "one is being tried");
        lane.room().await;
        queue.take(1).await.unwrap();
        queue.finish();
        assert!(!lane.is_stuck());
        assert!(queue.push(entry(), 10).is_ok() && queue.push(entry(), 10).is_ok());
    }
}
