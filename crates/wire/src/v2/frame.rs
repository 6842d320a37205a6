//! Finds the frames in a byte stream (docs/protocol-v2.md 5.2).

use bytes::{Buf, Bytes, BytesMut};

use super::cbor::{Writer, write_after};
use crate::limits;

/// `u24 length, u8 type, body`: the unit of links, and of streams until their service begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What the body is; links and streams number their types each for themselves.
    pub kind: u8,
    /// At most [`limits::FRAME`] bytes.
    pub body: Bytes,
}

/// A frame longer than [`limits::FRAME`] was announced. The connection is of no use afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {length} bytes, more than {}", limits::FRAME)]
pub struct FrameError {
    /// Its length.
    pub length: usize,
}

/// Accumulates what a connection brings and cuts it into frames.
///
/// Put bytes in through [`buffer`](Self::buffer), take frames out with [`take`](Self::take) until
/// it has none. Never holds more than one frame plus what one read brought.
#[derive(Debug, Default)]
pub struct Splitter {
    buffer: BytesMut,
}

impl Splitter {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the next read goes.
    pub fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// Whether a frame has begun and not ended.
    #[must_use]
    pub fn is_mid_frame(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The next whole frame, or `None` until more bytes are put in.
    ///
    /// # Errors
    /// When a frame is over the limit, as soon as its head says so.
    pub fn take(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some(&[high, middle, low, kind]) = self.buffer.first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([0, high, middle, low]) as usize;
        if length > limits::FRAME {
            return Err(FrameError { length });
        }
        if self.buffer.len() < HEAD + length {
            self.buffer.reserve(HEAD + length - self.buffer.len());
            return Ok(None);
        }
        self.buffer.advance(HEAD);
        let body = self.buffer.split_to(length).freeze();
        Ok(Some(Frame { kind, body }))
    }

    /// What came after the last frame: the first bytes of a service.
    #[must_use]
    pub fn into_rest(self) -> BytesMut {
        self.buffer
    }
}

/// Writes a frame whose body is one CBOR item, in one piece.
///
/// What goes in is within the limits of its fields, so that it fits [`limits::FRAME`].
pub(super) fn encode(kind: u8, body: impl FnOnce(&mut Writer)) -> Bytes {
    let mut frame = write_after(vec![0; HEAD], body);
    let length = frame.len() - HEAD;
    debug_assert!(length <= limits::FRAME, "{length} bytes in frame {kind}");
    let [_, high, middle, low] = (length as u32).to_be_bytes();
    if let Some(head) = frame.first_chunk_mut() {
        *head = [high, middle, low, kind];
    }
    frame.into()
}

/// Length and type.
const HEAD: usize = 4;
