//! Whom a device has links to, as it tells everyone (docs/protocol-v2.md 10.1).

use bytes::Bytes;
use gossamer_crypto::DeviceId;

use super::{
    DecodeError, EncodeError,
    cbor::{self, Reader, Writer},
};
use crate::limits;

/// The payload of a `LinkState` envelope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkState {
    /// Devices it has links to; at most [`limits::EDGES`].
    pub edges: Vec<Edge>,
    /// Whether it passes nothing on for others.
    pub leaf: bool,
}

/// One link, as one of its ends tells it. It counts when both do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The other end.
    pub device: DeviceId,
    /// The round trip, milliseconds; 1 for less.
    pub cost: u16,
}

impl LinkState {
    /// Writes the payload.
    ///
    /// # Errors
    /// When there are more edges than any node would take.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        if self.edges.len() > limits::EDGES {
            return Err(EncodeError::BadField("edges"));
        }
        let edge = |to: &mut Writer, edge: &Edge| {
            to.map(2);
            to.key(0).bytes(edge.device.as_bytes());
            to.key(1).uint(edge.cost.into());
        };
        let payload = cbor::write(|to| {
            to.map(2);
            to.key(0).list(&self.edges, edge);
            to.key(1).uint(if self.leaf { LEAF } else { 0 });
        });
        Ok(payload.into())
    }

    /// Reads a payload. Flags that this version does not know are passed over.
    ///
    /// # Errors
    /// Says what is wrong with it: the author's fault, not that of whoever passed it on.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let edge = |item: &mut Reader<'_>| {
            item.map(|map| {
                Ok(Edge {
                    device: map.need(0, Reader::fixed)?,
                    cost: map.need(1, Reader::uint)?.try_into().unwrap_or(u16::MAX),
                })
            })
        };
        cbor::read(payload, |item| {
            item.map(|map| {
                Ok(Self {
                    edges: map.need(0, |item| item.list(limits::EDGES, edge))?,
                    leaf: map.need(1, Reader::uint)? & LEAF != 0,
                })
            })
        })
    }
}

/// The flag of a device that passes nothing on.
const LEAF: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(n: u8) -> Edge {
        Edge {
            device: DeviceId::new([n; 32]),
            cost: n.into(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for leaf in [false, true] {
            let edges = (0..32).map(edge).collect();
            let state = LinkState { edges, leaf };
            let read = state.encode().map(|bytes| LinkState::decode(&bytes));
            assert_eq!(read, Ok(Ok(state)));
        }
    }

    #[test]
    fn nobody_has_more_links_than_a_device_may_have() {
        let edges = (0..33).map(edge).collect();
        let state = LinkState { edges, leaf: false };
        assert_eq!(state.encode(), Err(EncodeError::BadField("edges")));
    }

    #[test]
    fn flags_and_costs_of_later_versions_are_read_as_far_as_they_mean_something() {
        let payload = cbor::write(|to| {
            to.map(2);
            to.key(0).list(&[()], |to, ()| {
                to.map(2);
                to.key(0).bytes(&[7; 32]);
                to.key(1).uint(1 << 40);
            });
            to.key(1).uint(6);
        });
        let state = LinkState::decode(&payload).unwrap();
        assert!(!state.leaf);
        assert_eq!(state.edges.first().map(|edge| edge.cost), Some(u16::MAX));
    }
}
