//! What opens a stream, whichever way it goes (docs/protocol-v2.md 8 and 11).

use bytes::Bytes;
use gossamer_crypto::{CircuitId, DeviceId, NetworkId};

use super::{
    DecodeError, DialBackToken, Reason,
    cbor::{self, Map, Reader},
    frame,
};
use crate::limits;

/// A frame of a stream. After [`Opened`](Self::Opened) the bytes are the service's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamFrame {
    /// The dialler's first: what it comes for.
    Open {
        /// At most [`limits::WORD`] bytes.
        service: String,
        /// The network it is in.
        network: NetworkId,
    },
    /// It is there: the service, or the device that the circuit leads to.
    Opened,
    /// The dialler was asked to dial, and is now the one who is asked.
    Back(DialBackToken),
    /// Asks to be passed on to another device.
    Circuit {
        /// Of this circuit, the same at each of its relays.
        id: CircuitId,
        /// Where it leads.
        target: DeviceId,
        /// How many relays it may still pass; at most [`limits::RELAYS`].
        ttl: u8,
    },
    /// It is not there; the connection is closed.
    Refuse(Reason),
}

impl StreamFrame {
    /// Writes the whole frame, head and body.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        frame::encode(self.kind(), |to| match self {
            Self::Open { service, network } => {
                to.map(2);
                to.key(0).text(service).key(1).bytes(network.as_bytes());
            }
            Self::Opened => {
                to.map(0);
            }
            Self::Back(token) => {
                to.map(1).key(0).bytes(token.expose_secret());
            }
            Self::Circuit { id, target, ttl } => {
                to.map(3).key(0).bytes(id.as_bytes());
                to.key(1).bytes(target.as_bytes());
                to.key(2).uint((*ttl).into());
            }
            Self::Refuse(reason) => {
                to.map(1).key(0).uint(reason.number());
            }
        })
    }

    /// Reads the body of a frame of this type; `None` when the type is unknown, so that the frame
    /// is skipped.
    ///
    /// # Errors
    /// Says what is wrong with it; the stream is then closed.
    pub fn decode(kind: u8, body: &[u8]) -> Result<Option<Self>, DecodeError> {
        let read: Fields = match kind {
            OPEN => |map| {
                Ok(Self::Open {
                    service: map.need(0, |item| item.text(limits::WORD))?.to_owned(),
                    network: map.need(1, Reader::fixed)?,
                })
            },
            OPENED => |_| Ok(Self::Opened),
            BACK => |map| Ok(Self::Back(map.need(0, Reader::fixed)?)),
            CIRCUIT => |map| {
                Ok(Self::Circuit {
                    id: map.need(0, Reader::fixed)?,
                    target: map.need(1, Reader::fixed)?,
                    ttl: map.need(2, ttl)?,
                })
            },
            REFUSE => |map| Ok(Self::Refuse(map.need(0, Reader::uint)?.into())),
            _ => return Ok(None),
        };
        cbor::read(body, |item| item.map(read)).map(Some)
    }

    /// The type in the head of the frame.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        match self {
            Self::Open { .. } => OPEN,
            Self::Opened => OPENED,
            Self::Back(_) => BACK,
            Self::Circuit { .. } => CIRCUIT,
            Self::Refuse(_) => REFUSE,
        }
    }
}

fn ttl(from: &mut Reader<'_>) -> Result<u8, DecodeError> {
    let ttl = u8::try_from(from.uint()?).ok();
    ttl.filter(|ttl| *ttl <= limits::RELAYS)
        .ok_or(DecodeError::BadField("ttl"))
}

type Fields = fn(&mut Map<'_, '_>) -> Result<StreamFrame, DecodeError>;

const OPEN: u8 = 0x01;
const OPENED: u8 = 0x02;
const BACK: u8 = 0x03;
const CIRCUIT: u8 = 0x04;
const REFUSE: u8 = 0x05;
