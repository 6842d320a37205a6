//! What opens a stream, on both sides, and who may: docs/protocol-v2.md 8.

use gossamer_crypto::{DeviceId, NetworkId};
use gossamer_mesh::limits::ACQUAINTANCES;
use gossamer_net::{Dialer, OpenError, Stream, Visit, Way};
use gossamer_wire::v2::Reason;
use tokio::sync::{mpsc, oneshot};

use crate::{actor::Report, kept::Kept};

/// The service that [files](crate::files) use.
pub(crate) const FILE: &str = "file";

/// A device whose link ended longer ago than this may not open streams, in seconds of uptime.
const ADMITTED: i64 = 24 * 60 * 60;

/// Opens streams in the name of this node. Clones are cheap, and work in any task.
#[derive(Debug, Clone)]
pub(crate) struct Streams {
    dialer: Dialer,
    network: NetworkId,
    reports: mpsc::Sender<Report>,
}

impl Streams {
    pub(crate) fn new(dialer: Dialer, network: NetworkId, reports: mpsc::Sender<Report>) -> Self {
        Self {
            dialer,
            network,
            reports,
        }
    }

    /// Opens a stream to a service of a device, by the best way there is now: what is read and
    /// written then is the service's.
    ///
    /// # Errors
    /// When the device cannot be reached, does not answer in time, or refuses.
    pub(crate) async fn open(&self, service: &str, device: DeviceId) -> Result<Stream, OpenError> {
        let way = self.way_to(device).await;
        let network = self.network;
        self.dialer.open(device, &way, service, network).await
    }

    /// A stream broke: if it went through a relay, others are tried first for a while.
    pub(crate) fn lost(&self, relay: Option<DeviceId>) {
        relay.inspect(|relay| self.dialer.shun(*relay));
    }

    /// Answers what opens a stream that came in. `None` when it was refused.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) async fn welcome(
        &self,
        visit: Visit,
        ours: &str,
        is_admitted: bool,
    ) -> Result<Option<Stream>, OpenError> {
        let asked = (visit.service(), visit.network());
        match refusal((ours, self.network), asked, is_admitted) {
            Some(reason) => visit.refuse(reason).await.map(|()| None),
            None => visit.welcome().await.map(Some),
        }
    }

    /// The actor knows; nowhere while it stops.
    async fn way_to(&self, device: DeviceId) -> Way {
        let (answer, way) = oneshot::channel();
        let _ = self.reports.send(Report::Way(device, answer)).await;
        way.await.unwrap_or_default()
    }
}

/// Why a stream is not opened, if it is not: for what service and network it is asked, and which
/// there are.
fn refusal(ours: (&str, NetworkId), asked: (&str, NetworkId), is_admitted: bool) -> Option<Reason> {
    if !is_admitted {
        Some(Reason::NotAdmitted)
    } else if asked.1 != ours.1 {
        Some(Reason::Network)
    } else if asked.0 != ours.0 {
        Some(Reason::UnknownService)
    } else {
        None
    }
}

/// The devices that were admitted to the network, and when they last had a link: as many as the brain
/// remembers.
#[derive(Debug)]
pub(crate) struct Admitted(Kept<i64>);

impl Default for Admitted {
    fn default() -> Self {
        Self(Kept::new(ACQUAINTANCES))
    }
}

impl Admitted {
    /// A device has a link, or had one until `uptime`.
    pub(crate) fn linked(&mut self, device: DeviceId, uptime: i64) {
        self.0.note(device, uptime, |_, _| false);
    }

    /// Whether a device without a link may open streams.
    pub(crate) fn is_recent(&self, device: &DeviceId, uptime: i64) -> bool {
        let last = self.0.get(device);
        last.is_some_and(|last| uptime.saturating_sub(*last) <= ADMITTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_other_networks_and_unknown_services_are_refused_by_name() {
        let (home, away) = (NetworkId::of("home"), NetworkId::of("away"));
        let asked =
            |service, network, is_admitted| refusal((FILE, home), (service, network), is_admitted);
        assert_eq!(asked(FILE, home, true), None);
        assert_eq!(asked(FILE, home, false), Some(Reason::NotAdmitted));
        assert_eq!(asked(FILE, away, true), Some(Reason::Network));
        assert_eq!(asked("shell", home, true), Some(Reason::UnknownService));
    }

    #[test]
    fn a_device_is_let_in_for_a_day_after_its_last_link() {
        let mut admitted = Admitted::default();
        let ben = DeviceId::new([2; 32]);
        assert!(!admitted.is_recent(&ben, 0));
        admitted.linked(ben, 100);
        assert!(admitted.is_recent(&ben, 100 + ADMITTED));
        assert!(!admitted.is_recent(&ben, 101 + ADMITTED));
    }

    #[test]
    fn whoever_makes_up_devices_takes_the_place_of_those_who_were_here_longest_ago() {
        let mut admitted = Admitted::default();
        let [ben, cleo] = [[2; 32], [3; 32]].map(DeviceId::new);
        admitted.linked(cleo, 0);
        for n in 0..2 * ACQUAINTANCES {
            let mut made_up = [9; 32];
            made_up[..8].copy_from_slice(&n.to_le_bytes());
            admitted.linked(DeviceId::new(made_up), 100);
            admitted.linked(ben, 100);
        }
        assert_eq!(admitted.0.len(), ACQUAINTANCES);
        assert!(admitted.is_recent(&ben, 100) && !admitted.is_recent(&cleo, 100));
    }
}
