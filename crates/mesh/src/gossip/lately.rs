//! Devices of which something holds for a while.

use std::{collections::BTreeMap, time::Duration};

use gossamer_crypto::DeviceId;

/// Devices, each with when it was noted last. There are at most so many of them: the one noted
/// longest ago gives way to a new one. None is kept for longer than it counts.
#[derive(Debug)]
pub(crate) struct Lately {
    most: usize,
    lasts: Duration,
    /// When each was noted, and as which: several are at once.
    noted: BTreeMap<DeviceId, (Duration, u64)>,
    next: u64,
}

impl Lately {
    pub(crate) fn new(most: usize, lasts: Duration) -> Self {
        Self {
            most,
            lasts,
            noted: BTreeMap::new(),
            next: 0,
        }
    }

    /// Notes a device, again or for the first time. Returns whether it was not there.
    pub(crate) fn note(&mut self, device: DeviceId, now: Duration) -> bool {
        let place = self.next;
        self.next = self.next.saturating_add(1);
        let is_new = self.noted.insert(device, (now, place)).is_none();
        if self.noted.len() > self.most {
            let oldest = self.noted.iter().min_by_key(|(_, noted)| **noted);
            let oldest = oldest.map(|(device, _)| *device);
            oldest.and_then(|device| self.noted.remove(&device));
        }
        is_new
    }

    /// Whether a device is there, and counts.
    pub(crate) fn has(&self, device: &DeviceId, now: Duration) -> bool {
        let noted = self.noted.get(device);
        noted.is_some_and(|(at, _)| counts(*at, now, self.lasts))
    }

    /// Whether a device is there: those that do not count any more are, until they are forgotten.
    pub(crate) fn contains(&self, device: &DeviceId) -> bool {
        self.noted.contains_key(device)
    }

    /// Forgets those that do not count any more. Returns whether there were any.
    pub(crate) fn forget(&mut self, now: Duration) -> bool {
        let (before, lasts) = (self.noted.len(), self.lasts);
        self.noted.retain(|_, (at, _)| counts(*at, now, lasts));
        self.noted.len() < before
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &DeviceId> {
        self.noted.keys()
    }

    #[cfg(any(test, feature = "sim"))]
    pub(crate) fn len(&self) -> usize {
        self.noted.len()
    }
}

fn counts(at: Duration, now: Duration, lasts: Duration) -> bool {
    now.saturating_sub(at) < lasts
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn device(n: u16) -> DeviceId {
        let mut id = [0; 32];
        id[..2].copy_from_slice(&n.to_le_bytes());
        DeviceId::new(id)
    }

    #[test]
    fn whoever_makes_up_devices_pushes_out_the_oldest_and_not_ben_who_is_here() {
        let (ben, cleo) = (device(60_000), device(60_001));
        let mut lately = Lately::new(100, MINUTE);
        lately.note(cleo, Duration::ZERO);
        for n in 0..10_000 {
            lately.note(ben, Duration::ZERO);
            lately.note(device(n), Duration::ZERO);
            assert!(lately.len() <= 100);
        }
        assert!(lately.has(&ben, Duration::ZERO));
        assert!(!lately.has(&cleo, Duration::ZERO));
        assert!(lately.has(&device(9_999), Duration::ZERO));
    }

    #[test]
    fn a_device_counts_for_so_long_after_it_was_noted_last() {
        let mut lately = Lately::new(100, MINUTE);
        assert!(lately.note(device(1), Duration::ZERO));
        assert!(!lately.note(device(1), MINUTE / 2));
        assert!(lately.has(&device(1), MINUTE));
        assert!(!lately.forget(MINUTE));
        assert!(!lately.has(&device(1), MINUTE * 3 / 2));
        assert!(lately.forget(MINUTE * 3 / 2));
        assert_eq!(lately.len(), 0);
    }
}
