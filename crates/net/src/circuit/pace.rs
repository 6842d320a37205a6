//! How fast bytes may be passed on.

use std::{
    num::NonZeroU64,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// So many bytes in a second, shared by all who take from it; no limit by default.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    rate: Option<NonZeroU64>,
    /// When what was taken so far has been paid for.
    paid_at: Mutex<Option<Instant>>,
}

impl Pace {
    pub(crate) fn of(rate: Option<NonZeroU64>) -> Self {
        Self {
            rate,
            paid_at: Mutex::default(),
        }
    }

    /// Waits until these bytes may go. Who comes first goes first, so that all get their turn.
    pub(crate) async fn take(&self, bytes: usize) {
        if let Some(rate) = self.rate {
            sleep_until(self.book(bytes, rate)).await;
        }
    }

    fn book(&self, bytes: usize, rate: NonZeroU64) -> Instant {
        let mut paid_at = self.paid_at.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let start = paid_at.map_or(now, |at| at.max(now));
        let nanoseconds = (bytes as u64).saturating_mul(1_000_000_000) / rate;
        *paid_at = Some(start + Duration::from_nanos(nanoseconds));
        start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn all_who_take_share_the_rate() {
        let pace = Pace::of(NonZeroU64::new(1_000_000));
        let begun = Instant::now();
        let many = async {
            for _ in 0..10 {
                pace.take(100_000).await;
            }
        };
        tokio::join!(many, pace.take(1_000_000), pace.take(1_000_000));
        let took = begun.elapsed();
        assert!(took >= Duration::from_millis(2_800), "{took:?}");
        assert!(took <= Duration::from_millis(3_100), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_rate_nobody_waits() {
        let begun = Instant::now();
        Pace::default().take(usize::MAX).await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}
