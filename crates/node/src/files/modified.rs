//! When a file was changed last, as the store keeps it.

use std::time::{Duration, SystemTime};

/// Nanoseconds since 1970, for times that fit.
pub(super) fn nanoseconds(time: SystemTime) -> Option<i64> {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).ok(),
        Err(before) => i64::try_from(before.duration().as_nanos())
            .ok()?
            .checked_neg(),
    }
}

/// The other way round.
pub(super) fn moment(nanoseconds: i64) -> Option<SystemTime> {
    let distance = Duration::from_nanos(nanoseconds.unsigned_abs());
    if nanoseconds >= 0 {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_file_is_the_same_after_a_restart() {
        for nanoseconds_then in [0, 1, -1, 1_700_000_000_123_456_789] {
            let then = moment(nanoseconds_then).unwrap();
            assert_eq!(nanoseconds(then), Some(nanoseconds_then));
        }
    }
}
