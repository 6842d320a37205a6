//! Speed and time left, steady enough to read.

use std::time::Duration;

/// No time left is said before this much is known.
const SETTLE: Duration = Duration::from_secs(3);
/// How far back the average looks.
const WINDOW: f64 = 3.0;

/// Watches a growing count of bytes.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    begun: Option<Duration>,
    last: (Duration, u64),
    rate: f64,
}

impl Meter {
    /// Takes the count at a moment; what comes before the first is not speed.
    pub(crate) fn update(&mut self, now: Duration, bytes: u64) {
        let Some(_) = self.begun else {
            self.begun = Some(now);
            self.last = (now, bytes);
            return;
        };
        let seconds = now.saturating_sub(self.last.0).as_secs_f64();
        if seconds <= 0.0 {
            return;
        }
        let latest = bytes.saturating_sub(self.last.1) as f64 / seconds;
        let weight = 1.0 - (-seconds / WINDOW).exp();
        self.rate = if self.rate == 0.0 {
            latest
        } else {
            self.rate + weight * (latest - self.rate)
        };
        self.last = (now, bytes);
    }

    /// Bytes per second.
    pub(crate) fn rate(&self) -> u64 {
        self.rate as u64
    }

    /// Milliseconds left for `left` bytes, once that can be said.
    pub(crate) fn eta(&self, now: Duration, left: u64) -> Option<u64> {
        let settled = self
            .begun
            .is_some_and(|begun| now.saturating_sub(begun) >= SETTLE);
        (settled && self.rate >= 1.0).then(|| (left as f64 / self.rate * 1000.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_transfer_shows_its_speed_and_after_a_while_the_time_left() {
        let mut meter = Meter::default();
        for quarter in 0..=16_u64 {
            let now = Duration::from_millis(250 * quarter);
            meter.update(now, 250_000 * quarter);
            assert_eq!(meter.eta(now, 1_000_000).is_some(), quarter >= 12);
        }
        assert_eq!(meter.rate(), 1_000_000);
        assert_eq!(meter.eta(Duration::from_secs(4), 2_000_000), Some(2000));
    }
}
