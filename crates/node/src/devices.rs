//! Devices that speak v2, as people see them.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use gossamer_crypto::{DeviceId, Signed};
use gossamer_mesh::Now;
use gossamer_wire::v2::{Body, DeviceRecord, SignedRecord};

use crate::api::{Dialect, PeerStatus, PeerView};

/// Devices seen in this session, and the names of all that are known.
#[derive(Debug, Default)]
pub(crate) struct Devices {
    seen: BTreeMap<DeviceId, Device>,
    /// What devices say of themselves under their signature.
    names: BTreeMap<DeviceId, String>,
}

#[derive(Debug)]
struct Device {
    /// What its beacon says.
    name: Option<String>,
    addr: SocketAddr,
    last_seen: u64,
    /// When it was last lost.
    down_at: u64,
    /// `None` until it was linked or could not be.
    status: Option<PeerStatus>,
    /// Since when it is linked and not told of, on the monotonic clock: its name is waited for.
    nameless: Option<Duration>,
}

/// How long a name is waited for: what a device says of itself comes with the first comparison of
/// what both sides know, mostly at once. One that does not say is told of by its id.
const NAMELESS: Duration = Duration::from_secs(2);

impl Devices {
    /// A beacon came. Returns what to tell, if it gives a name to a device that is here.
    pub(crate) fn heard(
        &mut self,
        device: DeviceId,
        name: String,
        addr: SocketAddr,
        now: u64,
    ) -> Option<PeerView> {
        let is_news = !self.has_name(&device);
        let known = self.seen.entry(device).or_insert(Device {
            name: None,
            addr,
            last_seen: now,
            down_at: 0,
            status: None,
            nameless: None,
        });
        known.name = Some(name);
        known.last_seen = now;
        is_news.then(|| self.renamed(&device)).flatten()
    }

    /// A device is linked. Returns what to tell; nothing yet when its name is not known.
    pub(crate) fn up(&mut self, device: DeviceId, addr: SocketAddr, now: Now) -> Option<PeerView> {
        let nameless = (!self.has_name(&device)).then_some(now.mono);
        let name = self.seen.remove(&device).and_then(|known| known.name);
        let known = Device {
            name,
            addr,
            last_seen: now.wall_ms,
            down_at: 0,
            status: Some(PeerStatus::Direct),
            nameless,
        };
        self.seen.insert(device, known);
        self.view(&device)
    }

    /// Linked devices whose names were waited for long enough: they are told of all the same.
    pub(crate) fn overdue(&mut self, now: Duration) -> Vec<PeerView> {
        let is_overdue = |known: &Device| {
            let since = known.nameless;
            known.status == Some(PeerStatus::Direct)
                && since.is_some_and(|since| now.saturating_sub(since) >= NAMELESS)
        };
        let overdue = self.seen.iter().filter(|(_, known)| is_overdue(known));
        let overdue: Vec<DeviceId> = overdue.map(|(device, _)| *device).collect();
        overdue
            .iter()
            .filter_map(|device| self.renamed(device))
            .collect()
    }

    /// A device has no link any more. Returns what to tell.
    pub(crate) fn down(&mut self, device: &DeviceId, now: u64) -> Option<PeerView> {
        let known = self.seen.get_mut(device)?;
        known.down_at = now;
        self.turn(device, PeerStatus::Offline)
    }

    /// No link could be made. That is news of a device which beacons all the same.
    pub(crate) fn unreachable(&mut self, device: &DeviceId) -> Option<PeerView> {
        let known = self.seen.get(device)?;
        let beacons = known.last_seen > known.down_at;
        if !beacons || known.status == Some(PeerStatus::Direct) {
            return None;
        }
        self.turn(device, PeerStatus::Unreachable)
    }

    /// Devices without a link that beaconed and do not any more.
    pub(crate) fn silent(&mut self, now: u64, stale: Duration) -> Vec<PeerView> {
        let stale = u64::try_from(stale.as_millis()).unwrap_or(u64::MAX);
        let is_silent = |known: &Device| {
            known.status == Some(PeerStatus::Unreachable)
                && now.saturating_sub(known.last_seen) > stale
        };
        let silent = self.seen.iter().filter(|(_, known)| is_silent(known));
        let silent: Vec<DeviceId> = silent.map(|(device, _)| *device).collect();
        silent
            .iter()
            .filter_map(|device| self.down(device, now))
            .collect()
    }

    fn turn(&mut self, device: &DeviceId, status: PeerStatus) -> Option<PeerView> {
        let known = self.seen.get_mut(device)?;
        if known.status == Some(status) {
            return None;
        }
        known.status = Some(status);
        self.view(device)
    }

    /// A device says under its signature what it is called. Returns what to tell, if it is here.
    pub(crate) fn named(&mut self, device: DeviceId, name: &str) -> Option<PeerView> {
        let before = self.names.insert(device, name.to_owned());
        if before.as_deref() == Some(name) {
            return None;
        }
        self.renamed(&device)
    }

    /// What to tell of a device that goes by another name now.
    fn renamed(&mut self, device: &DeviceId) -> Option<PeerView> {
        self.seen.get_mut(device)?.nameless = None;
        // Who is away is not announced for a new name.
        let view = self.view(device)?;
        (view.status != PeerStatus::Offline).then_some(view)
    }

    fn has_name(&self, device: &DeviceId) -> bool {
        let heard = || self.seen.get(device).is_some_and(|it| it.name.is_some());
        self.names.contains_key(device) || heard()
    }

    pub(crate) fn is_linked(&self, device: &DeviceId) -> bool {
        let known = self.seen.get(device);
        known.is_some_and(|known| known.status == Some(PeerStatus::Direct))
    }

    /// What a device is called, as far as it is known.
    pub(crate) fn name(&self, device: &DeviceId) -> String {
        let heard = || self.seen.get(device)?.name.as_ref();
        let name = self.names.get(device).or_else(heard);
        name.cloned().unwrap_or_else(|| device.classic())
    }

    /// Everyone of this session.
    pub(crate) fn views(&self) -> impl Iterator<Item = PeerView> + '_ {
        self.seen.keys().filter_map(|device| self.view(device))
    }

    fn view(&self, device: &DeviceId) -> Option<PeerView> {
        let known = self.seen.get(device)?;
        if known.nameless.is_some() {
            return None;
        }
        Some(PeerView {
            id: device.to_string(),
            name: self.name(device),
            addr: known.addr.to_string(),
            dialect: Dialect::V2,
            status: known.status?,
            last_seen: known.last_seen,
        })
    }
}

/// What a device says of itself, if it and its person signed that.
pub(crate) fn read_record(body: &Body) -> Option<DeviceRecord> {
    let signed = SignedRecord::decode(&body.payload).ok()?;
    let record = DeviceRecord::decode(&signed.record).ok()?;
    let genuine = record
        .user
        .verify(Signed::DeviceRecord, &signed.record, &signed.signature)
        .is_ok();
    let consistent = Some(record.device) == body.origin && record.seq == body.seq;
    (genuine && consistent).then_some(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Now {
        Now {
            mono: Duration::from_millis(ms),
            wall_ms: ms,
        }
    }

    #[test]
    fn a_signed_name_counts_more_than_a_beacon() {
        let mut devices = Devices::default();
        let ana = DeviceId::new([1; 32]);
        let addr = "10.0.0.2:9999".parse().unwrap();
        assert!(devices.heard(ana, "anna".into(), addr, 1).is_none());
        assert_eq!(devices.views().count(), 0, "not linked yet");
        assert_eq!(devices.up(ana, addr, at(2)).unwrap().name, "anna");
        assert_eq!(devices.named(ana, "Ana").unwrap().name, "Ana");
        assert!(devices.named(ana, "Ana").is_none());
        assert!(devices.heard(ana, "someone".into(), addr, 3).is_none());
        let gone = devices.down(&ana, 4).unwrap();
        assert_eq!((gone.name.as_str(), gone.last_seen), ("Ana", 3));
        assert!(devices.down(&ana, 4).is_none());
        assert!(devices.named(ana, "Anna").is_none(), "she is away");
    }

    #[test]
    fn a_device_is_told_of_once_its_name_is_known() {
        let (ana, ben) = (DeviceId::new([1; 32]), DeviceId::new([2; 32]));
        let addr = "10.0.0.2:9999".parse().unwrap();
        let mut devices = Devices::default();
        assert!(devices.up(ana, addr, at(0)).is_none());
        assert!(devices.up(ben, addr, at(0)).is_none());
        assert_eq!(devices.views().count(), 0);
        assert!(devices.is_linked(&ana), "and may open streams");
        assert_eq!(devices.named(ana, "Ana").unwrap().name, "Ana");
        assert_eq!(
            devices.heard(ben, "ben".into(), addr, 1).unwrap().name,
            "ben"
        );
        assert_eq!(devices.views().count(), 2);
        assert!(devices.overdue(2 * NAMELESS).is_empty());
    }

    #[test]
    fn a_device_that_does_not_say_its_name_is_told_of_by_its_id() {
        let ana = DeviceId::new([1; 32]);
        let addr = "10.0.0.2:9999".parse().unwrap();
        let mut devices = Devices::default();
        devices.up(ana, addr, at(0));
        assert!(devices.overdue(NAMELESS / 2).is_empty());
        let told = devices.overdue(NAMELESS);
        assert!(told.iter().map(|peer| &peer.name).eq([&ana.classic()]));
        assert!(devices.overdue(2 * NAMELESS).is_empty(), "once");
        assert_eq!(
            devices.heard(ana, "ana".into(), addr, 9).unwrap().name,
            "ana"
        );
    }

    #[test]
    fn a_device_that_was_never_told_of_leaves_unnoticed() {
        let ana = DeviceId::new([1; 32]);
        let addr = "10.0.0.2:9999".parse().unwrap();
        let mut devices = Devices::default();
        devices.up(ana, addr, at(0));
        assert!(devices.down(&ana, 1).is_none());
        assert!(devices.overdue(NAMELESS).is_empty());
        assert!(devices.named(ana, "Ana").is_none());
        assert_eq!(devices.up(ana, addr, at(2)).unwrap().name, "Ana");
    }

    #[test]
    fn a_device_is_unreachable_only_while_it_beacons() {
        let mut devices = Devices::default();
        let ana = DeviceId::new([1; 32]);
        let addr = "10.0.0.2:9999".parse().unwrap();
        devices.heard(ana, "ana".into(), addr, 1);
        devices.up(ana, addr, at(1));
        devices.down(&ana, 5);
        assert!(devices.unreachable(&ana).is_none(), "it is just away");
        devices.heard(ana, "ana".into(), addr, 6);
        let status = devices.unreachable(&ana).map(|peer| peer.status);
        assert_eq!(status, Some(PeerStatus::Unreachable));
        let stale = Duration::from_secs(30);
        assert!(devices.silent(30_006, stale).is_empty());
        assert_eq!(devices.silent(30_007, stale).len(), 1);
    }
}
