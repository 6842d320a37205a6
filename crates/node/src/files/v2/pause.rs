//! When something that did not work is tried again.

use std::time::{Duration, Instant};

/// A device has few places for the connections of one address, and a place that was just left may
/// be taken at once.
const FIRST: Duration = Duration::from_millis(250);
/// The pause doubles up to this.
const LONGEST: Duration = Duration::from_secs(5);

/// A pause between tries, none at first.
#[derive(Debug, Default)]
pub(super) struct Pause {
    until: Option<Instant>,
    tries: u32,
}

impl Pause {
    /// It did not work once more.
    pub(super) fn lengthen(&mut self) {
        let doubled = FIRST.saturating_mul(2_u32.saturating_pow(self.tries));
        self.until = Some(Instant::now() + doubled.min(LONGEST));
        self.tries = self.tries.saturating_add(1);
    }

    /// There is a reason to try now.
    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_over(&self) -> bool {
        self.until.is_none_or(|until| until <= Instant::now())
    }

    /// Whether it failed more than once.
    pub(super) fn is_repeated(&self) -> bool {
        self.tries > 1
    }
}
