//! Whether the store takes what is written: its changes are told, not each failure.

use std::time::{Duration, Instant};

use crate::api::ApiError;

/// The store has begun to fail, or is over it.
#[derive(Debug)]
pub(crate) enum Turn {
    /// It failed, for this reason.
    Fails(ApiError),
    /// It was written again.
    WritesAgain,
}

/// What is known of the store's failures.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    /// When it failed last, while it is not over.
    last: Option<Instant>,
}

/// For so long nothing may have failed before it is over: on a full disk what fits into room that
/// the database has already is still written now and then, between failures.
const CALM: Duration = Duration::from_secs(2);

impl Trouble {
    /// A job failed: what is to be told, if it is the first.
    pub(crate) fn failed(&mut self, error: ApiError, now: Instant) -> Option<Turn> {
        let first = self.last.replace(now).is_none();
        first.then_some(Turn::Fails(error))
    }

    /// A job wrote something: what is to be told, if that ends what failed before.
    pub(crate) fn wrote(&mut self, now: Instant) -> Option<Turn> {
        self.last
            .take_if(|last| now.saturating_duration_since(*last) >= CALM)
            .map(|_| Turn::WritesAgain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ErrorCode;

    fn full() -> ApiError {
        ApiError::new(ErrorCode::DiskFull, "The disk is full.")
    }

    #[test]
    fn a_thousand_failures_are_one_and_so_is_their_end() {
        let (mut trouble, start) = (Trouble::default(), Instant::now());
        assert!(trouble.wrote(start).is_none());
        let told = (0..1000)
            .filter_map(|_| trouble.failed(full(), start))
            .count();
        assert_eq!(told, 1);
        let later = start + CALM;
        assert!(matches!(trouble.wrote(later), Some(Turn::WritesAgain)));
        assert!(trouble.wrote(later).is_none());
        assert!(matches!(
            trouble.failed(full(), later),
            Some(Turn::Fails(_))
        ));
    }

    #[test]
    fn what_still_fits_between_failures_does_not_end_them() {
        let (mut trouble, start) = (Trouble::default(), Instant::now());
        assert!(trouble.failed(full(), start).is_some());
        for step in 1..100 {
            let now = start + CALM / 2 * step;
            assert!(trouble.wrote(now).is_none());
            assert!(trouble.failed(full(), now).is_none());
        }
        assert!(trouble.wrote(start + CALM * 51).is_some());
    }
}
