//! Circuits: streams that go through other devices (docs/protocol-v2.md 11).
//!
//! Each hop is a stream of its own between neighbours, whose first frame names the circuit and
//! where it leads. A relay opens the next hop, or the last one to the device itself, and then
//! copies bytes both ways. Inside runs TLS between the two ends: a relay sees ciphertext, and
//! whoever splices to another device than the one that was named gets no further than its
//! handshake.

mod pace;
mod relays;
mod splice;

use gossamer_crypto::{CircuitId, DeviceId};

pub(crate) use relays::Relays;

use crate::Stream;

/// A neighbour asks for a way to a device, which may be this one. Closed by dropping it.
#[derive(Debug)]
pub struct CircuitRequest {
    pub(crate) stream: Stream,
    pub(crate) id: CircuitId,
    pub(crate) target: DeviceId,
    pub(crate) ttl: u8,
}

impl CircuitRequest {
    /// Who asks. That it is admitted to the network is for others to know.
    #[must_use]
    pub fn from(&self) -> DeviceId {
        self.stream.device()
    }

    /// Where it leads.
    #[must_use]
    pub fn target(&self) -> DeviceId {
        self.target
    }

    /// How many relays it may still pass, this device among them.
    #[must_use]
    pub fn ttl(&self) -> u8 {
        self.ttl
    }
}
