//! The frames of docs/protocol-v2.md 9 over byte streams that someone else has opened.
//!
//! Disk, sealing and hashing run on threads of their own beside the task that drives the stream;
//! a few buffers go round between the two, so that memory is bounded and the slower side sets the
//! pace. Every function may be dropped at any moment: what is on disk then is what a later stream
//! may find there.

mod answer;
mod channel;
mod pull;
mod serve;
mod tell;
#[cfg(test)]
mod tests;

use std::{io, time::Duration};

pub use self::{
    answer::{Answered, answer},
    pull::{PullError, Pulled, place, pull},
    tell::{offer, tell},
};
use super::{BadFrame, Misbehaved, Refusal};

/// Buffers that go round between a stream and a thread: one at each side, and one on the way.
const BUFFERS: usize = 4;

/// How long a stream waits.
#[derive(Debug, Clone, Copy)]
pub struct Timers {
    /// For a byte that is due to come or to leave.
    pub silence: Duration,
    /// For the receiver of a whole file to check, sync and place it.
    pub settle: Duration,
}

impl Default for Timers {
    /// The times of docs/protocol-v2.md 9.6.
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(30),
            settle: Duration::from_secs(600),
        }
    }
}

/// Why a stream did not do what it was opened for.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// Nothing moved.
    #[error("nothing came or went for {} s", .0.as_secs())]
    Silent(Duration),
    /// The connection broke.
    #[error("the connection was lost: {0}")]
    Lost(#[from] io::Error),
    /// The other side ended it too early.
    #[error("the other device ended the connection")]
    Ended,
    /// The other side says no.
    #[error(transparent)]
    Refused(Refusal),
    /// The other side does not keep to the protocol.
    #[error(transparent)]
    Misbehaved(#[from] Misbehaved),
}

impl From<BadFrame> for StreamError {
    fn from(bad: BadFrame) -> Self {
        Self::Misbehaved(bad.into())
    }
}
