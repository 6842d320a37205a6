//! Counters for a status bar, told when they change and at most once a second.

use std::time::Duration;

use crate::api::StatusView;

#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) online: u32,
    pub(crate) queued: u32,
    pub(crate) other_password: u32,
    pub(crate) relaying: u32,
    pub(crate) network: bool,
    pub(crate) addrs: Vec<String>,
    traffic: (u64, u64),
    at: Duration,
    told: Option<StatusView>,
}

const PAUSE: Duration = Duration::from_secs(1);

impl Status {
    pub(crate) fn new(addrs: Vec<String>) -> Self {
        let at = Duration::ZERO;
        Self {
            online: 0,
            queued: 0,
            other_password: 0,
            relaying: 0,
            network: true,
            addrs,
            traffic: (0, 0),
            at,
            told: None,
        }
    }

    /// What changed, if a second has passed and anything did. `traffic` is (received, sent).
    pub(crate) fn view(&mut self, now: Duration, traffic: (u64, u64)) -> Option<StatusView> {
        let passed = now.saturating_sub(self.at);
        if passed < PAUSE {
            return None;
        }
        let rate = |total: u64, before: u64| {
            ((total.saturating_sub(before)) as f64 / passed.as_secs_f64()) as u64
        };
        let (down, up) = (
            rate(traffic.0, self.traffic.0),
            rate(traffic.1, self.traffic.1),
        );
        (self.at, self.traffic) = (now, traffic);
        // Beacons and lists trickle all the time: only what a person would call traffic is told.
        let quiet = |rate: u64| if rate < 1024 { 0 } else { rate };
        let view = StatusView {
            online: self.online,
            queued: self.queued,
            other_password: self.other_password,
            relaying: self.relaying,
            down: quiet(down),
            up: quiet(up),
            network: self.network,
            addrs: self.addrs.clone(),
        };
        if self.told.as_ref() == Some(&view) {
            return None;
        }
        self.told = Some(view.clone());
        Some(view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_per_second_and_silence_is_told_once() {
        let mut status = Status::new(Vec::new());
        let second = Duration::from_secs(1);
        assert_eq!(status.view(second, (0, 0)).unwrap().down, 0);
        assert_eq!(
            status.view(3 * second, (1_000_000, 0)).unwrap().down,
            500_000
        );
        assert_eq!(status.view(4 * second, (1_000_000, 0)).unwrap().down, 0);
        assert_eq!(status.view(5 * second, (1_000_100, 0)), None);
    }
}
