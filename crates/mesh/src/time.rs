//! Time as an argument.

use std::time::Duration;

/// The moment at which an input arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Monotonic, since any fixed moment. Everything that expires is measured on it.
    pub mono: Duration,
    /// The wall clock, Unix milliseconds. May jump; only ever shown or sent.
    pub wall_ms: u64,
}

impl Now {
    /// The wall clock as the classic dialect writes it, in seconds.
    #[must_use]
    pub fn wall_seconds(&self) -> f64 {
        // Milliseconds stay below 2^53 for another 280 000 years.
        self.wall_ms as f64 / 1000.0
    }
}
