//! How fast files go between us and each device.

use std::{collections::BTreeMap, time::Duration};

use super::{Files, Motion, Outside, Share, Transfer};
use crate::api::{Event, PeerRateView, RateView};

/// Rates are told this often at most: they are read by people.
const EVERY: Duration = Duration::from_millis(500);
/// Slower than this, in bytes per second, counts as nothing: an average takes long to end.
const QUIET: u64 = 1024;

/// The rates that faces know of.
#[derive(Debug, Default)]
pub(super) struct Rates {
    told: BTreeMap<String, RateView>,
    at: Duration,
}

impl Rates {
    /// What there is to tell of the rates as they are `now`, by device.
    fn news(&mut self, current: BTreeMap<String, RateView>, now: Duration) -> Option<Event> {
        if current == self.told || now.saturating_sub(self.at) < EVERY {
            return None;
        }
        (self.told, self.at) = (current, now);
        let view = |(id, rate): (&String, &RateView)| PeerRateView {
            id: id.clone(),
            rate: *rate,
        };
        let rates = self.told.iter().map(view).collect();
        Some(Event::PeerRates { rates })
    }
}

impl Files {
    /// Bytes per second between us and a device, as they were told last.
    pub(crate) fn rate(&self, device: &str) -> Option<RateView> {
        self.rates.told.get(device).copied()
    }

    /// Tells faces if rates are others than before.
    pub(super) fn tell_rates(&mut self, out: &mut Outside<'_>) {
        let mut rates = BTreeMap::<String, RateView>::new();
        for transfer in self.transfers.values() {
            flows(transfer, |device, RateView { down, up }| {
                let rate = rates.entry(device).or_default();
                rate.down += down;
                rate.up += up;
            });
        }
        let quiet = |rate: u64| if rate < QUIET { 0 } else { rate };
        rates.retain(|_, rate| {
            (rate.down, rate.up) = (quiet(rate.down), quiet(rate.up));
            *rate != RateView::default()
        });
        if let Some(event) = self.rates.news(rates, self.now.mono) {
            out.sink.emit(event);
        }
    }
}

/// What a transfer moves between us and each device. The meter of one that does not move reads 0.
fn flows(transfer: &Transfer, mut each: impl FnMut(String, RateView)) {
    let up = |up| RateView { down: 0, up };
    let down = RateView {
        down: transfer.meter.rate(),
        up: 0,
    };
    match &transfer.motion {
        Motion::Pull(pull) => each(pull.device().to_string(), down),
        Motion::In(_) => each(transfer.row.from_id.clone(), down),
        Motion::Out(classic) => {
            let pumped = classic.rates();
            pumped.for_each(|(peer, rate)| each(peer.to_owned(), up(rate)));
            let shared = transfer.share.iter().flat_map(Share::rates);
            shared.for_each(|(device, rate)| each(device.to_string(), up(rate)));
        }
        Motion::None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn ben(down: u64) -> BTreeMap<String, RateView> {
        [("ben".to_owned(), RateView { down, up: 0 })].into()
    }

    #[test]
    fn rates_are_told_now_and_then_while_they_change_and_once_when_nothing_flows_any_more() {
        let mut rates = Rates::default();
        assert_eq!(rates.news(BTreeMap::new(), at(1000)), None);
        let Some(Event::PeerRates { rates: told }) = rates.news(ben(5000), at(1000)) else {
            panic!("it is news")
        };
        assert_eq!((told[0].id.as_str(), told[0].rate.down), ("ben", 5000));
        assert_eq!(rates.news(ben(6000), at(1250)), None, "too soon");
        assert_eq!(rates.news(ben(5000), at(1500)), None, "the same");
        assert!(rates.news(ben(6000), at(1500)).is_some());
        let nothing = rates.news(BTreeMap::new(), at(2000));
        assert_eq!(nothing, Some(Event::PeerRates { rates: vec![] }));
        assert_eq!(rates.news(BTreeMap::new(), at(9000)), None);
    }
}
