//! What waits to be written to one link.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::{sync::Notify, time::sleep};

use crate::limits;

/// The frame will not be sent: the link is gone or closing, or the other side takes so little
/// that the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link takes nothing now")]
pub struct NotQueued;

/// A frame on its way out.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) bytes: Bytes,
    pub(super) ticket: Option<u64>,
}

/// The queue between the node and the task of a link. Shared by both.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Something was put in, or no more will be. The writer waits for it.
    filled: Notify,
    /// Something was written, or the phase changed.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Outgoing>,
    /// Of what waits and what is being written.
    bytes: usize,
    in_flight: usize,
    phase: Phase,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    /// What waits is still written, nothing is added.
    Closing,
    Ended,
}

impl Queue {
    /// Puts a frame in.
    pub(super) fn push(&self, bytes: Bytes, ticket: Option<u64>) -> Result<(), NotQueued> {
        let mut state = self.lock();
        if state.phase != Phase::Open || state.bytes + bytes.len() > limits::LINK_QUEUE {
            return Err(NotQueued);
        }
        state.put(Outgoing { bytes, ticket });
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Lets what waits be written, and then `last`, however full it is; nothing after that.
    pub(super) fn close(&self, last: Option<Bytes>) {
        let mut state = self.lock();
        if state.phase != Phase::Open {
            return;
        }
        state.phase = Phase::Closing;
        if let Some(bytes) = last {
            let ticket = None;
            state.put(Outgoing { bytes, ticket });
        }
        drop(state);
        self.filled.notify_one();
        self.changed.notify_waiters();
    }

    /// The link is no more, and what waits is given up.
    pub(super) fn end(&self) {
        *self.lock() = State {
            phase: Phase::Ended,
            ..State::default()
        };
        self.filled.notify_one();
        self.changed.notify_waiters();
    }

    pub(super) fn is_open(&self) -> bool {
        self.lock().phase == Phase::Open
    }

    /// Waits for frames and takes as many as go into one write; `None` when no more will come.
    /// Follow with [`written`](Self::written).
    pub(super) async fn take(&self) -> Option<Vec<Outgoing>> {
        loop {
            {
                let mut state = self.lock();
                if !state.frames.is_empty() {
                    return Some(state.take_batch());
                }
                if state.phase != Phase::Open {
                    return None;
                }
            }
            self.filled.notified().await;
        }
    }

    /// What was taken is on the socket.
    pub(super) fn written(&self) {
        let mut state = self.lock();
        state.bytes = state.bytes.saturating_sub(state.in_flight);
        state.in_flight = 0;
        drop(state);
        self.changed.notify_waiters();
    }

    /// Waits until everything is written, and a closing queue is ended.
    pub(super) async fn settled(&self) {
        self.until(|state| match state.phase {
            Phase::Open => state.bytes == 0,
            Phase::Closing => false,
            Phase::Ended => true,
        })
        .await;
    }

    /// Waits until it was closed and there was time to write what was left.
    pub(super) async fn overdue(&self) {
        self.until(|state| state.phase == Phase::Closing).await;
        sleep(limits::CLOSE).await;
    }

    async fn until(&self, is_so: impl Fn(&State) -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if is_so(&self.lock()) {
                return;
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn put(&mut self, frame: Outgoing) {
        self.bytes += frame.bytes.len();
        self.frames.push_back(frame);
    }

    fn take_batch(&mut self) -> Vec<Outgoing> {
        let mut batch = Vec::new();
        while let Some(frame) = self.frames.pop_front() {
            self.in_flight += frame.bytes.len();
            batch.push(frame);
            if self.in_flight >= limits::BATCH {
                break;
            }
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(size: usize) -> Bytes {
        vec![0; size].into()
    }

    #[tokio::test]
    async fn a_full_queue_refuses_until_something_is_written() {
        let queue = Queue::default();
        while queue.push(frame(limits::BATCH), None).is_ok() {}
        queue.take().await.unwrap();
        let refused = queue.push(frame(limits::BATCH), None);
        assert_eq!(refused, Err(NotQueued), "what is being written counts");
        queue.written();
        assert_eq!(queue.push(frame(limits::BATCH), None), Ok(()));
    }

    #[tokio::test]
    async fn small_frames_leave_together() {
        let queue = Queue::default();
        (0..100).for_each(|ticket| queue.push(frame(10), Some(ticket)).unwrap());
        assert_eq!(queue.take().await.unwrap().len(), 100);
    }

    #[tokio::test]
    async fn the_last_frame_leaves_after_all_others_and_nothing_after_it() {
        let queue = Queue::default();
        while queue.push(frame(limits::BATCH), None).is_ok() {}
        queue.close(Some(Bytes::from_static(b"last")));
        assert_eq!(queue.push(frame(1), None), Err(NotQueued));
        let mut frames = Vec::new();
        while let Some(batch) = queue.take().await {
            frames.extend(batch);
            queue.written();
        }
        assert_eq!(frames.pop().unwrap().bytes, "last");
        assert_eq!(frames.len(), limits::LINK_QUEUE / limits::BATCH);
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_queue_is_overdue_in_time_and_an_open_one_never() {
        let queue = Queue::default();
        let patience = 10 * limits::CLOSE;
        let overdue = tokio::time::timeout(patience, queue.overdue()).await;
        assert!(overdue.is_err());
        queue.close(None);
        let overdue = tokio::time::timeout(patience, queue.overdue()).await;
        assert!(overdue.is_ok());
    }
}
