//! Devices that speak v2, as people see them.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use gossamer_crypto::{DeviceId, Signature, Signed};
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
}

impl Devices {
    /// A beacon came.
    pub(crate) fn heard(&mut self, device: DeviceId, name: String, addr: SocketAddr, now: u64) {
        let known = self.seen.entry(device).or_insert(Device {
            name: None,
            addr,
            last_seen: now,
            down_at: 0,
            status: None,
        });
        known.name = Some(name);
        known.last_seen = now;
    }

    /// A device is linked. Returns what to tell.
    pub(crate) fn up(&mut self, device: DeviceId, addr: SocketAddr, now: u64) -> Option<PeerView> {
        let name = self.seen.remove(&device).and_then(|known| known.name);
        let known = Device {
            name,
            addr,
            last_seen: now,
            down_at: 0,
            status: Some(PeerStatus::Direct),
        };
        self.seen.insert(device, known);
        self.view(&device)
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
        // Who is away is not announced for a new name.
        let view = self.view(&device)?;
        (view.status != PeerStatus::Offline).then_some(view)
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
    let signature = Signature::new(signed.signature);
    let genuine = record
        .user
        .verify(Signed::DeviceRecord, &signed.record, &signature)
        .is_ok();
    let consistent = Some(record.device) == body.origin && record.seq == body.seq;
    (genuine && consistent).then_some(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_name_counts_more_than_a_beacon() {
        let mut devices = Devices::default();
        let ana = DeviceId::new([1; 32]);
        let addr = "10.0.0.2:9999".parse().unwrap();
        devices.heard(ana, "anna".into(), addr, 1);
        assert_eq!(devices.views().count(), 0, "not linked yet");
        assert_eq!(devices.up(ana, addr, 2).unwrap().name, "anna");
        assert_eq!(devices.named(ana, "Ana").unwrap().name, "Ana");
        assert!(devices.named(ana, "Ana").is_none());
        devices.heard(ana, "someone".into(), addr, 3);
        let gone = devices.down(&ana, 4).unwrap();
        assert_eq!((gone.name.as_str(), gone.last_seen), ("Ana", 3));
        assert!(devices.down(&ana, 4).is_none());
        assert!(devices.named(ana, "Anna").is_none(), "she is away");
    }

    #[test]
    fn a_device_is_unreachable_only_while_it_beacons() {
        let mut devices = Devices::default();
        let ana = DeviceId::new([1; 32]);
        let addr = "10.0.0.2:9999".parse().unwrap();
        devices.up(ana, addr, 1);
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
