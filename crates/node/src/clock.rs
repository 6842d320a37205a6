//! Where the node takes its time from, once for everyone below.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gossamer_mesh::Now;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    begun: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            begun: Instant::now(),
        }
    }

    pub(crate) fn now(&self) -> Now {
        Now {
            mono: self.begun.elapsed(),
            wall_ms: wall_ms(),
        }
    }

    /// When a moment of the monotonic clock is.
    pub(crate) fn at(&self, mono: Duration) -> Instant {
        self.begun + mono
    }
}

/// Unix milliseconds.
pub(crate) fn wall_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
