//! Devices that speak v2, as people see them.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use gossamer_crypto::{DeviceId, Signed};
use gossamer_mesh::{Now, gossip::Route, limits::ORIGINS};
use gossamer_store::SeenRow;
use gossamer_wire::v2::{Body, DeviceRecord, SignedRecord};

use crate::{
    api::{Dialect, PeerStatus, PeerView},
    contacts::Contacts,
    kept::Kept,
    legible,
};

/// Devices seen in this session or an earlier one, the names of all that are known, and whose they
/// are.
#[derive(Debug)]
pub(crate) struct Devices {
    seen: Kept<Device>,
    /// Those of them that only beaconed. Anyone can make such up, so they are forgotten with their
    /// beacons.
    strangers: BTreeSet<DeviceId>,
    /// What devices say of themselves under their signature.
    names: Kept<String>,
    pub(crate) contacts: Contacts,
    /// Those that came or went since this was asked for.
    moved: BTreeSet<DeviceId>,
}

/// Devices that are remembered, and names: twice as many as can be here at once, so that those who are
/// here, and contacts, keep their places however many somebody makes up. Who came or went longest ago
/// goes first.
const REMEMBERED: usize = 2 * ORIGINS;

impl Default for Devices {
    fn default() -> Self {
        Self {
            seen: Kept::new(REMEMBERED),
            strangers: BTreeSet::new(),
            names: Kept::new(REMEMBERED),
            contacts: Contacts::default(),
            moved: BTreeSet::new(),
        }
    }
}

#[derive(Debug, Default)]
struct Device {
    /// What its beacon says.
    name: Option<String>,
    /// Where it was last heard or linked.
    addr: Option<SocketAddr>,
    last_seen: u64,
    /// When it was last lost.
    down_at: u64,
    is_linked: bool,
    /// Its link does not answer.
    is_silent: bool,
    /// The way there over others.
    route: Option<Route>,
    /// When it could not be dialled for the first time since it was linked or began to beacon.
    failed_at: Option<u64>,
    /// It beacons, and cannot be dialled.
    is_blocked: bool,
    /// Whether it was ever linked or reached: others are told of only while they cannot be dialled.
    is_known: bool,
    /// Since when it is here and not told of, on the monotonic clock: its name is waited for.
    nameless: Option<Duration>,
}

impl Device {
    fn status(&self) -> Option<PeerStatus> {
        let has_way_around = self.is_silent && self.route.is_some();
        if self.is_linked && !has_way_around {
            Some(PeerStatus::Direct)
        } else if self.route.is_some() {
            Some(PeerStatus::Relayed)
        } else if self.is_blocked {
            Some(PeerStatus::Unreachable)
        } else {
            self.is_known.then_some(PeerStatus::Offline)
        }
    }

    /// What people see change: how it is reached, and through whom.
    fn way(&self) -> (Option<PeerStatus>, Option<(DeviceId, u8)>) {
        let way = self.route.map(|route| (route.via, route.hops));
        let status = self.status();
        (status, way.filter(|_| status == Some(PeerStatus::Relayed)))
    }

    fn is_here(&self) -> bool {
        self.is_linked || self.route.is_some()
    }
}

/// How long a name is waited for: what a device says of itself comes with the first comparison of
/// what both sides know, mostly at once. One that does not say is told of by its id.
const NAMELESS: Duration = Duration::from_secs(2);

/// A device that did not beacon for so long, in milliseconds, begins anew: three beacons were missed.
const ANEW: u64 = 30_000;

impl Devices {
    /// A device was here in an earlier run.
    pub(crate) fn remember(&mut self, row: SeenRow) {
        let known = self.known(row.device);
        (known.last_seen, known.down_at) = (row.at, row.at);
        known.name = Some(row.name);
        known.is_known = true;
    }

    /// When those were here last who came or went since this was asked for.
    pub(crate) fn moved(&mut self) -> Vec<SeenRow> {
        let moved = std::mem::take(&mut self.moved);
        let seen = |device| Some(self.row(device, self.seen.get(&device)?.last_seen));
        moved.into_iter().filter_map(seen).collect()
    }

    /// Everyone who is here now.
    pub(crate) fn present(&self, now: u64) -> Vec<SeenRow> {
        let here = self.seen.iter().filter(|(_, known)| known.is_here());
        here.map(|(device, _)| self.row(*device, now)).collect()
    }

    fn row(&self, device: DeviceId, at: u64) -> SeenRow {
        let name = self.name(&device);
        SeenRow { device, at, name }
    }

    /// Whether a device was ever linked or reached.
    pub(crate) fn is_known(&self, device: &DeviceId) -> bool {
        self.seen.get(device).is_some_and(|known| known.is_known)
    }

    /// A beacon came, of a device that is known or that the brain has room for. Returns what to
    /// tell, if it gives a name to a device that is here.
    pub(crate) fn heard(
        &mut self,
        device: DeviceId,
        name: String,
        addr: SocketAddr,
        now: u64,
    ) -> Option<PeerView> {
        if !self.is_known(&device) {
            self.strangers.insert(device);
        }
        let is_news = !self.has_name(&device);
        let known = self.known(device);
        known.addr.get_or_insert(addr);
        known.name = Some(name);
        if now.saturating_sub(known.last_seen) > ANEW {
            known.failed_at = None;
        }
        known.last_seen = now;
        is_news.then(|| self.renamed(&device)).flatten()
    }

    /// A device is linked. Returns what to tell; nothing yet when its name is not known.
    pub(crate) fn up(&mut self, device: DeviceId, addr: SocketAddr, now: Now) -> Option<PeerView> {
        self.change(device, now, |known| {
            known.addr = Some(addr);
            known.is_linked = true;
            known.is_silent = false;
            known.is_blocked = false;
            known.failed_at = None;
        })
    }

    /// A device has no link any more. Returns what to tell.
    pub(crate) fn down(&mut self, device: &DeviceId, now: Now) -> Option<PeerView> {
        self.change(*device, now, |known| known.is_linked = false)
    }

    /// The link to a device does not answer, or does again. It is reached through others meanwhile
    /// if there is a way. Returns what to tell.
    pub(crate) fn doubted(&mut self, device: DeviceId, silent: bool, now: Now) -> Option<PeerView> {
        self.change(device, now, |known| known.is_silent = silent)
    }

    /// The way to a device over others is another one now. Returns what to tell.
    pub(crate) fn routed(
        &mut self,
        device: DeviceId,
        route: Option<Route>,
        now: Now,
    ) -> Option<PeerView> {
        self.change(device, now, |known| known.route = route)
    }

    /// Changes what is known of how a device is reached. Returns what to tell of it, if that is
    /// something else than before.
    fn change(
        &mut self,
        device: DeviceId,
        now: Now,
        change: impl FnOnce(&mut Device),
    ) -> Option<PeerView> {
        let has_name = self.has_name(&device);
        let known = self.known(device);
        let (was_here, before) = (known.is_here(), known.way());
        change(known);
        known.is_known |= known.is_here();
        let (is_here, is_known) = (known.is_here(), known.is_known);
        if is_known {
            self.strangers.remove(&device);
        } else {
            self.strangers.insert(device);
        }
        if was_here != is_here {
            self.moved.insert(device);
            self.seen.renew(&device);
        }
        let known = self.seen.get_mut(&device)?;
        match (was_here, is_here) {
            (false, true) => {
                known.last_seen = now.wall_ms;
                known.nameless = (!has_name).then_some(now.mono);
            }
            (true, false) => {
                (known.last_seen, known.down_at) = (now.wall_ms, now.wall_ms);
            }
            (true, true) => known.last_seen = now.wall_ms,
            (false, false) => {}
        }
        if known.way() == before {
            return None;
        }
        self.view(&device)
    }

    /// Linked devices whose names were waited for long enough: they are told of all the same.
    pub(crate) fn overdue(&mut self, now: Duration) -> Vec<PeerView> {
        let is_overdue = |known: &Device| {
            let since = known.nameless;
            known.is_here() && since.is_some_and(|since| now.saturating_sub(since) >= NAMELESS)
        };
        let overdue = self.seen.iter().filter(|(_, known)| is_overdue(known));
        let overdue: Vec<DeviceId> = overdue.map(|(device, _)| *device).collect();
        overdue
            .iter()
            .filter_map(|device| self.renamed(device))
            .collect()
    }

    /// No link could be made. That is news of a device which beacons all the same, and went on
    /// when it had failed: whoever joins and quits cannot be dialled either.
    pub(crate) fn unreachable(&mut self, device: &DeviceId, now: Now) -> Option<PeerView> {
        let known = self.seen.get_mut(device)?;
        let beacons = known.last_seen > known.down_at;
        if !beacons || known.is_here() {
            return None;
        }
        let failed_at = *known.failed_at.get_or_insert(now.wall_ms);
        if known.last_seen <= failed_at {
            return None;
        }
        self.change(*device, now, |known| known.is_blocked = true)
    }

    /// Devices without a link that beaconed and do not any more.
    pub(crate) fn silent(&mut self, now: Now, stale: Duration) -> Vec<PeerView> {
        let stale = u64::try_from(stale.as_millis()).unwrap_or(u64::MAX);
        let is_silent = |known: &Device| {
            known.is_blocked && now.wall_ms.saturating_sub(known.last_seen) > stale
        };
        let silent = self.seen.iter().filter(|(_, known)| is_silent(known));
        let silent: Vec<DeviceId> = silent.map(|(device, _)| *device).collect();
        silent
            .into_iter()
            .filter_map(|device| self.falls_silent(device, now))
            .collect()
    }

    fn falls_silent(&mut self, device: DeviceId, now: Now) -> Option<PeerView> {
        if self.strangers.contains(&device) {
            return self.forget(&device);
        }
        self.change(device, now, |known| known.is_blocked = false)
    }

    /// Forgets strangers that do not beacon any more, or that there is no room for. Returns what to
    /// tell of those that were told of.
    pub(crate) fn forget_strangers(
        &mut self,
        beacons: impl Fn(&DeviceId) -> bool,
    ) -> Vec<PeerView> {
        let gone = self.strangers.iter().filter(|device| !beacons(device));
        let gone: Vec<DeviceId> = gone.copied().collect();
        gone.iter()
            .filter_map(|device| self.forget(device))
            .collect()
    }

    /// What is known of a device. Where too many are, another one is forgotten for it.
    fn known(&mut self, device: DeviceId) -> &mut Device {
        let Self {
            seen,
            strangers,
            contacts,
            moved,
            ..
        } = self;
        let stays = |one: &DeviceId, known: &Device| known.is_here() || contacts.has(one);
        let (known, gone) = seen.get_or_note(device, Device::default, stays);
        if let Some((gone, _)) = gone {
            strangers.remove(&gone);
            moved.remove(&gone);
        }
        known
    }

    /// Forgets a stranger. Returns what to tell, if it was told of.
    fn forget(&mut self, device: &DeviceId) -> Option<PeerView> {
        let last = self.view(device);
        self.strangers.remove(device);
        self.seen.remove(device);
        let status = PeerStatus::Offline;
        last.map(|last| PeerView { status, ..last })
    }

    /// A device says under its signature what it is called. Returns what to tell, if it is here.
    pub(crate) fn named(&mut self, device: DeviceId, name: &str) -> Option<PeerView> {
        let is_same = self.names.get(&device).is_some_and(|known| known == name);
        let (seen, contacts) = (&self.seen, &self.contacts);
        let stays = |one: &DeviceId, _: &String| {
            contacts.has(one) || seen.get(one).is_some_and(Device::is_here)
        };
        let forgotten = self.names.note(device, name.to_owned(), stays);
        if let Some((other, name)) = forgotten
            && let Some(known) = self.seen.get_mut(&other)
        {
            known.name = Some(name);
        }
        if is_same {
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
        self.names.contains(device) || heard()
    }

    pub(crate) fn is_linked(&self, device: &DeviceId) -> bool {
        self.seen.get(device).is_some_and(|known| known.is_linked)
    }

    /// Whether a device can be reached, directly or through others.
    pub(crate) fn is_here(&self, device: &DeviceId) -> bool {
        self.seen.get(device).is_some_and(Device::is_here)
    }

    /// How many can be reached.
    pub(crate) fn here(&self) -> usize {
        self.seen
            .iter()
            .filter(|(_, known)| known.is_here())
            .count()
    }

    /// What a device is called, as far as it is known.
    pub(crate) fn name(&self, device: &DeviceId) -> String {
        let heard = || self.seen.get(device)?.name.as_ref();
        let name = self.names.get(device).or_else(heard);
        legible::name(name.map_or("", String::as_str), &device.classic())
    }

    /// Everyone of this session, and of earlier ones.
    pub(crate) fn views(&self) -> impl Iterator<Item = (DeviceId, PeerView)> + '_ {
        let view = |device: &DeviceId| Some((*device, self.view(device)?));
        self.seen.iter().filter_map(move |(device, _)| view(device))
    }

    /// A device as people see it, if they do.
    pub(crate) fn view(&self, device: &DeviceId) -> Option<PeerView> {
        let known = self.seen.get(device)?;
        if known.nameless.is_some() {
            return None;
        }
        let (status, way) = known.way();
        let direct = known.is_linked.then_some(1);
        Some(PeerView {
            id: device.to_string(),
            name: self.name(device),
            addr: known.addr.map(|addr| addr.to_string()).unwrap_or_default(),
            via: way.map(|(via, _)| via.to_string()),
            hops: way.map(|(_, hops)| hops).or(direct),
            rtt_ms: None,
            rate: None,
            contact: self.contacts.has(device),
            dialect: Dialect::V2,
            status: status?,
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
    use gossamer_crypto::UserId;

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
        let gone = devices.down(&ana, at(4)).unwrap();
        assert_eq!((gone.name.as_str(), gone.last_seen), ("Ana", 4));
        assert!(devices.down(&ana, at(4)).is_none());
        assert!(devices.named(ana, "Anna").is_none(), "she is away");
    }

    #[test]
    fn nobody_is_shown_by_a_name_that_shows_nothing_or_looks_like_bens() {
        let mut devices = Devices::default();
        let ana = DeviceId::new([1; 32]);
        let addr = "10.0.0.2:9999".parse().unwrap();
        devices.heard(ana, "b\u{200b}en".into(), addr, 1);
        assert_eq!(devices.up(ana, addr, at(2)).unwrap().name, "b\u{fffd}en");
        let shown = devices.named(ana, "\u{3164}").unwrap().name;
        assert_eq!(shown, ana.classic());
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
        assert!(devices.down(&ana, at(1)).is_none());
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
        devices.down(&ana, at(5));
        assert!(
            devices.unreachable(&ana, at(6)).is_none(),
            "it is just away"
        );
        devices.heard(ana, "ana".into(), addr, 6);
        assert!(devices.unreachable(&ana, at(6)).is_none());
        devices.heard(ana, "ana".into(), addr, 7);
        let status = devices.unreachable(&ana, at(8)).map(|peer| peer.status);
        assert_eq!(status, Some(PeerStatus::Unreachable));
        let stale = Duration::from_secs(30);
        assert!(devices.silent(at(30_007), stale).is_empty());
        assert_eq!(devices.silent(at(30_008), stale).len(), 1);
    }

    #[test]
    fn whoever_quits_a_second_after_joining_is_no_failure() {
        let mut devices = Devices::default();
        let ana = DeviceId::new([1; 32]);
        let addr = "10.0.0.2:9999".parse().unwrap();
        devices.heard(ana, "ana".into(), addr, 1_000);
        assert!(
            devices.unreachable(&ana, at(2_000)).is_none(),
            "one beacon may be the last"
        );
        devices.heard(ana, "ana".into(), addr, 11_000);
        let status = devices
            .unreachable(&ana, at(12_000))
            .map(|peer| peer.status);
        assert_eq!(status, Some(PeerStatus::Unreachable), "she is still there");
    }

    #[test]
    fn who_only_beaconed_is_forgotten_and_who_was_linked_is_not() {
        let (ana, eve, mallory) = (
            DeviceId::new([1; 32]),
            DeviceId::new([2; 32]),
            DeviceId::new([3; 32]),
        );
        let addr = "10.0.0.2:9999".parse().unwrap();
        let mut devices = Devices::default();
        for (device, name) in [(ana, "ana"), (eve, "eve"), (mallory, "mallory")] {
            devices.heard(device, name.into(), addr, 1);
        }
        devices.up(ana, addr, at(2));
        devices.down(&ana, at(3));
        assert!(devices.unreachable(&mallory, at(4)).is_none());
        devices.heard(mallory, "mallory".into(), addr, 5);
        let told = devices.unreachable(&mallory, at(6)).unwrap();
        assert_eq!(told.status, PeerStatus::Unreachable);
        let told = devices.forget_strangers(|_| false);
        let told: Vec<_> = told.iter().map(|it| (&*it.name, it.status)).collect();
        assert_eq!(told, [("mallory", PeerStatus::Offline)]);
        assert_eq!((devices.seen.len(), devices.strangers.len()), (1, 0));
        assert!(devices.is_known(&ana));
    }

    #[test]
    fn who_was_here_in_an_earlier_run_is_away_since_then() {
        let (ana, ben) = (DeviceId::new([1; 32]), DeviceId::new([2; 32]));
        let through_ben = Route {
            via: ben,
            hops: 2,
            cost: 8,
        };
        let mut devices = Devices::default();
        devices.named(ana, "Ana");
        devices.routed(ana, Some(through_ben), at(5));
        let seen = |at| SeenRow {
            device: ana,
            at,
            name: "Ana".into(),
        };
        assert_eq!(devices.moved(), [seen(5)]);
        assert_eq!(devices.present(9), [seen(9)]);
        devices.routed(ana, None, at(7));
        assert_eq!(devices.moved(), [seen(7)]);
        assert_eq!((devices.moved(), devices.present(9)), (vec![], vec![]));

        let mut devices = Devices::default();
        devices.remember(seen(7));
        let (_, peer) = devices.views().next().unwrap();
        assert_eq!((peer.status, peer.last_seen), (PeerStatus::Offline, 7));
        assert_eq!(peer.name, "Ana");
        assert!(devices.unreachable(&ana, at(8)).is_none(), "no beacon came");
    }

    #[test]
    fn who_is_reached_through_others_is_here() {
        let (ana, ben) = (DeviceId::new([1; 32]), DeviceId::new([2; 32]));
        let through_ben = Route {
            via: ben,
            hops: 2,
            cost: 8,
        };
        let mut devices = Devices::default();
        devices.named(ana, "Ana");
        let peer = devices.routed(ana, Some(through_ben), at(1)).unwrap();
        assert_eq!((peer.status, peer.hops), (PeerStatus::Relayed, Some(2)));
        assert_eq!(peer.via, Some(ben.to_string()));
        assert_eq!(peer.addr, "", "she was never near");

        let addr = "10.0.0.2:9999".parse().unwrap();
        let peer = devices.up(ana, addr, at(2)).unwrap();
        assert_eq!((peer.status, peer.hops), (PeerStatus::Direct, Some(1)));
        assert_eq!(peer.via, None);
        let peer = devices.doubted(ana, true, at(3)).unwrap();
        assert_eq!(peer.status, PeerStatus::Relayed, "the link is silent");
        let peer = devices.doubted(ana, false, at(4)).unwrap();
        assert_eq!(peer.status, PeerStatus::Direct, "and answers again");
        let peer = devices.down(&ana, at(5)).unwrap();
        assert_eq!(
            peer.status,
            PeerStatus::Relayed,
            "the way through ben is left"
        );
        let peer = devices.routed(ana, None, at(9)).unwrap();
        assert_eq!((peer.status, peer.last_seen), (PeerStatus::Offline, 9));
        assert!(devices.routed(ana, None, at(10)).is_none());
    }

    #[test]
    fn however_many_devices_are_made_up_ben_who_is_here_and_a_contact_keep_their_names() {
        let [ben, cleo, dora] = [1, 2, 3].map(|n| DeviceId::new([n; 32]));
        let addr = "10.0.0.2:9999".parse().unwrap();
        let mut devices = Devices {
            contacts: Contacts::new([UserId::new([2; 32])].into_iter(), [].iter()),
            ..Devices::default()
        };
        devices.contacts.learn(cleo, UserId::new([2; 32]));
        for (device, name) in [(ben, "ben"), (cleo, "cleo"), (dora, "dora")] {
            devices.up(device, addr, at(1));
            devices.named(device, name);
        }
        devices.down(&cleo, at(2));
        devices.down(&dora, at(2));
        for n in 0..REMEMBERED + 100 {
            let mut made_up = [9; 32];
            made_up[..8].copy_from_slice(&n.to_le_bytes());
            let made_up = DeviceId::new(made_up);
            devices.up(made_up, addr, at(3));
            devices.named(made_up, "eve");
            devices.down(&made_up, at(4));
        }
        assert_eq!(devices.seen.len(), REMEMBERED);
        assert_eq!(devices.names.len(), REMEMBERED);
        assert!(devices.moved.len() <= REMEMBERED);
        assert_eq!(
            (&*devices.name(&ben), &*devices.name(&cleo)),
            ("ben", "cleo")
        );
        assert_eq!(devices.view(&ben).unwrap().status, PeerStatus::Direct);
        assert_eq!(devices.view(&cleo).unwrap().status, PeerStatus::Offline);
        assert!(devices.view(&dora).is_none(), "she was away for longest");
        devices.up(dora, addr, at(5));
        assert_eq!(devices.named(dora, "dora").unwrap().name, "dora");
    }

    #[test]
    fn who_is_silent_and_reached_in_no_other_way_is_still_linked() {
        let ana = DeviceId::new([1; 32]);
        let mut devices = Devices::default();
        devices.named(ana, "Ana");
        devices.up(ana, "10.0.0.2:9999".parse().unwrap(), at(1));
        assert!(devices.doubted(ana, true, at(4)).is_none());
    }
}
