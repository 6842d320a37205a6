//! Where connections to a device go, and neighbours that ask to be dialled: what streams and
//! circuits need to know (docs/protocol-v2.md 8 and 11).

use std::{net::SocketAddr, time::Duration};

use gossamer_crypto::DeviceId;
use gossamer_wire::v2::DialBackToken;
use rand::Rng;

use super::{Gossip, LinkId, Output, tokens::Rate};
use crate::limits;

/// A neighbour that is admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    /// Who.
    pub device: DeviceId,
    /// Where it listens.
    pub addr: SocketAddr,
    /// The link to it.
    pub link: LinkId,
}

/// What a neighbour may ask for at once, and again in a while.
pub(crate) const DIAL_BACKS: Rate = Rate {
    burst: limits::DIAL_BACKS,
    refill: limits::DIAL_BACK_PAUSE,
};

impl<R: Rng> Gossip<R> {
    /// The neighbour that leads to a device, or is it; `None` when it cannot be reached.
    #[must_use]
    pub fn next_hop(&self, device: &DeviceId) -> Option<Hop> {
        let via = self.route(device)?.via;
        let mut links = self.links.iter().filter(|(_, link)| link.is_up());
        let (id, link) = links.find(|(_, link)| link.device == via)?;
        Some(Hop {
            device: via,
            addr: link.listens_at,
            link: *id,
        })
    }

    /// All that lead there, the best one first: it alone if the device has a link, others in case
    /// that one does not get there.
    #[must_use]
    pub fn hops_towards(&self, device: &DeviceId) -> Vec<Hop> {
        let best = self.next_hop(device);
        if best.is_none_or(|hop| hop.device == *device) {
            return best.into_iter().collect();
        }
        let others = self.routing.topology.neighbours_towards(device);
        let others = others.iter().filter_map(|other| self.next_hop(other));
        let others = others.filter(|other| best.is_none_or(|best| best.device != other.device));
        best.into_iter().chain(others).collect()
    }

    /// Where a device was heard, newest first: it may be dialled there without a link.
    #[must_use]
    pub fn heard_at(&self, device: &DeviceId) -> &[SocketAddr] {
        self.neighbours.addrs(device)
    }

    /// A neighbour asks to be dialled. It is, at the address it has its link from.
    pub(super) fn dial_back(&mut self, id: LinkId, token: DialBackToken, now: Duration) {
        if let Some(link) = self.links.get_mut(&id)
            && link.dial_backs.take(now)
        {
            let (device, addr) = (link.device, link.listens_at);
            self.outputs.push_back(Output::DialBack {
                device,
                addr,
                token,
            });
        }
    }
}
