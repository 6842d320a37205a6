//! Who is reached by which way, and what is passed on for others (docs/protocol-v2.md 11).

use gossamer_crypto::DeviceId;
use gossamer_mesh::gossip;
use gossamer_net::{CircuitRequest, Hop, LinkId, Way};
use gossamer_wire::v2::Reason;

use crate::{RelayMode, actor::Actor, api::Event};

impl Actor {
    /// A neighbour asks for a circuit.
    pub(super) fn circuit(&mut self, request: CircuitRequest) {
        match self.next_hop_for(&request) {
            Ok(None) => self.net.accept_circuit(request),
            Ok(Some(hop)) => self.net.pass_on(request, hop),
            Err(reason) => self.net.refuse_circuit(request, reason),
        }
    }

    /// Where a circuit goes on; nowhere when it leads to this device.
    fn next_hop_for(&self, request: &CircuitRequest) -> Result<Option<Hop>, Reason> {
        let (from, target) = (request.from(), request.target());
        if !self.is_admitted(&from) {
            return Err(Reason::NotAdmitted);
        }
        if target == self.v2.author.device.id() {
            return Ok(None);
        }
        let is_contact = |device| self.v2.devices.contacts.has(device);
        let relays = match self.relay {
            RelayMode::Everyone => true,
            RelayMode::Contacts => is_contact(&from) || is_contact(&target),
            RelayMode::Nobody => false,
        };
        if !relays {
            return Err(Reason::NoRelay);
        }
        let next = self.v2.brain.next_hop(&target);
        let onward = next.filter(|next| next.device != from);
        onward.map(|next| Some(hop(next))).ok_or(Reason::NoWay)
    }

    /// Passes on for these from now on. Whoever still may asks again for what is ended.
    pub(crate) fn set_relay(&mut self, relay: RelayMode) -> Event {
        self.relay = relay;
        self.gossip(gossip::Input::Leaf(relay == RelayMode::Nobody));
        if relay != RelayMode::Everyone {
            self.net.end_circuits();
        }
        self.sink.emit(Event::Relay { relay });
        Event::Relay { relay }
    }

    /// How a device can be reached now.
    pub(crate) fn way_to(&self, device: &DeviceId) -> Way {
        let hops = self.v2.brain.hops_towards(device);
        let has_link = self.v2.devices.is_linked(device);
        let heard_at = self.v2.brain.heard_at(device);
        Way {
            addrs: if has_link { &[] } else { heard_at }.to_vec(),
            hops: hops.into_iter().map(hop).collect(),
        }
    }

    /// Whether a device has a link, or had one not long ago.
    pub(super) fn is_admitted(&self, device: &DeviceId) -> bool {
        let uptime = self.v2.brain.uptime(self.clock.now());
        self.v2.devices.is_linked(device) || self.v2.admitted.is_recent(device, uptime)
    }

    /// Files wait for devices, and go on when those can be reached.
    pub(super) fn presence(&mut self, device: &DeviceId) {
        let is_here = self.v2.devices.is_here(device);
        self.with_files(|files, out| {
            if is_here {
                files.is_here(*device, out);
            } else {
                files.is_away(device, out);
            }
        });
    }

    /// Neighbours may have more connections than others.
    pub(super) fn tell_neighbours(&self) {
        let addrs = self.v2.brain.linked().map(|(_, addr, _)| addr.ip());
        self.net.know(addrs.collect());
    }
}

fn hop(next: gossip::Hop) -> Hop {
    Hop {
        device: next.device,
        addr: next.addr,
        link: LinkId(next.link.0),
    }
}
