//! What opens a stream (docs/protocol-v2.md 8).

use bytes::Bytes;
use gossamer_crypto::NetworkId;

use super::{
    DecodeError, Reason,
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
    /// The service is there.
    Opened,
    /// It is not; the connection is closed.
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
            Self::Refuse(_) => REFUSE,
        }
    }
}

type Fields = fn(&mut Map<'_, '_>) -> Result<StreamFrame, DecodeError>;

const OPEN: u8 = 0x01;
const OPENED: u8 = 0x02;
const REFUSE: u8 = 0x05;
