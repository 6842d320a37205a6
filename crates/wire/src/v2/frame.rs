//! Finds the frames in a byte stream (docs/protocol-v2.md 5.2).

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};

use super::cbor::{Writer, write_after};
use crate::limits;

/// `u24 length, u8 type, body`: the unit of links, and of streams until their service begins.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// What the body is; links and streams number their types each for themselves.
    pub kind: u8,
    /// At most [`limits::FRAME`] bytes.
    pub body: Bytes,
}

/// Bodies hold keys and words of people: only their size is shown.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({:#04x}, {} bytes)", self.kind, self.body.len())
    }
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
    encode_sized(kind, 0, body)
}

/// The same where it is known about how long the body is.
pub(super) fn encode_sized(kind: u8, size: usize, body: impl FnOnce(&mut Writer)) -> Bytes {
    let mut frame = Vec::with_capacity(HEAD + size);
    frame.resize(HEAD, 0);
    let mut frame = write_after(frame, body);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(kind: u8, body: &[u8]) -> Vec<u8> {
        encode(kind, |to| _ = to.raw(body)).to_vec()
    }

    fn split(pieces: &[&[u8]]) -> Result<Vec<Frame>, FrameError> {
        let mut splitter = Splitter::new();
        let mut frames = Vec::new();
        for piece in pieces {
            splitter.buffer().extend_from_slice(piece);
            while let Some(frame) = splitter.take()? {
                frames.push(frame);
            }
        }
        Ok(frames)
    }

    #[test]
    fn a_frame_that_is_too_long_is_refused_by_its_head() {
        let [_, high, middle, low] = (limits::FRAME as u32 + 1).to_be_bytes();
        let length = limits::FRAME + 1;
        assert_eq!(
            split(&[&[high, middle, low, 1]]),
            Err(FrameError { length })
        );
        let longest = written(1, &vec![0; limits::FRAME]);
        assert_eq!(split(&[&longest]).unwrap().len(), 1);
    }

    #[test]
    fn a_frame_in_a_log_says_nothing_of_its_body() {
        let frame = split(&[&written(0x10, b"hello")]).unwrap();
        assert_eq!(format!("{frame:?}"), "[Frame(0x10, 5 bytes)]");
    }

    #[test]
    fn what_comes_after_a_frame_is_left_for_the_service() {
        let mut splitter = Splitter::new();
        splitter.buffer().extend_from_slice(&written(2, &[0xa0]));
        splitter.buffer().extend_from_slice(b"rest");
        assert!(splitter.take().unwrap().is_some());
        assert!(splitter.is_mid_frame());
        assert_eq!(splitter.into_rest(), "rest");
    }

    proptest! {
        #[test]
        fn cuts_anywhere_change_nothing(
            bodies in proptest::collection::vec(
                (any::<u8>(), proptest::collection::vec(any::<u8>(), 0..400)), 1..5),
            cuts in any::<[prop::sample::Index; 2]>(),
        ) {
            let stream: Vec<u8> = bodies.iter().flat_map(|(kind, body)| written(*kind, body)).collect();
            let mut at = cuts.map(|cut| cut.index(stream.len()));
            at.sort_unstable();
            let pieces = [&stream[..at[0]], &stream[at[0]..at[1]], &stream[at[1]..]];
            let frames: Vec<Frame> = bodies
                .into_iter()
                .map(|(kind, body)| Frame { kind, body: body.into() })
                .collect();
            prop_assert_eq!(split(&pieces).unwrap(), frames);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
            let _ = split(&[&bytes]);
        }
    }
}
