//! Finds the messages in a byte stream: objects back to back, white space allowed between.

use bytes::{Buf, Bytes, BytesMut};

use super::DecodeError;
use crate::limits;

/// Accumulates what a connection brings and cuts it into JSON objects without parsing them.
///
/// Put bytes in through [`buffer`](Self::buffer), take objects out with [`take`](Self::take)
/// until it has none. Never holds more than one message of [`limits::MESSAGE`] plus what one read
/// brought.
#[derive(Debug, Default)]
pub struct Splitter {
    buffer: BytesMut,
    /// How much of `buffer` the state below covers.
    scanned: usize,
    depth: u32,
    in_string: bool,
    escaped: bool,
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

    /// Whether a message has begun and not ended.
    #[must_use]
    pub fn is_mid_message(&self) -> bool {
        self.scanned > 0 || !self.buffer.is_empty()
    }

    /// The next whole object, or `None` until more bytes are put in.
    ///
    /// # Errors
    /// When the stream is not a sequence of objects, or one is over the limit. The connection is
    /// of no use afterwards.
    pub fn take(&mut self) -> Result<Option<Bytes>, DecodeError> {
        if self.scanned == 0 {
            let blank = self
                .buffer
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
            self.buffer.advance(blank);
            match self.buffer.first() {
                None => return Ok(None),
                Some(b'{') => {}
                Some(_) => return Err(DecodeError::NotAnObject),
            }
        }
        while let Some(&byte) = self.buffer.get(self.scanned) {
            self.scanned += 1;
            if self.step(byte) {
                if self.scanned > limits::MESSAGE {
                    break;
                }
                let object = self.buffer.split_to(self.scanned).freeze();
                self.scanned = 0;
                return Ok(Some(object));
            }
            if self.in_string && !self.escaped {
                self.skip_plain_text();
            }
        }
        if self.scanned > limits::MESSAGE {
            return Err(DecodeError::TooLong {
                limit: limits::MESSAGE,
            });
        }
        Ok(None)
    }

    /// Takes one byte; true when it closes the object.
    fn step(&mut self, byte: u8) -> bool {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.depth == 0
    }

    /// Jumps to the next quote or backslash: nearly all bytes of a chunk are plain base64.
    fn skip_plain_text(&mut self) {
        let rest = self.buffer.get(self.scanned..).unwrap_or_default();
        self.scanned += memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(pieces: &[&[u8]]) -> Result<Vec<String>, DecodeError> {
        let mut splitter = Splitter::new();
        let mut objects = Vec::new();
        for piece in pieces {
            splitter.buffer().extend_from_slice(piece);
            while let Some(object) = splitter.take()? {
                objects.push(String::from_utf8_lossy(&object).into_owned());
            }
        }
        Ok(objects)
    }

    #[test]
    fn objects_back_to_back_come_out_one_by_one() {
        let stream = br#"{"a":1} {"b":"}\"{"}
            {"c":[{}]}"#;
        assert_eq!(
            split(&[stream]).unwrap(),
            [r#"{"a":1}"#, r#"{"b":"}\"{"}"#, r#"{"c":[{}]}"#]
        );
    }

    #[test]
    fn anything_but_an_object_ends_the_connection() {
        for stream in [
            &b"GET / HTTP/1.1"[..],
            b"[1]",
            b"\x16\x03\x01",
            b"}",
            b"\"x\"",
        ] {
            assert_eq!(
                split(&[stream]),
                Err(DecodeError::NotAnObject),
                "{stream:?}"
            );
        }
    }

    #[test]
    fn a_message_over_the_limit_ends_the_connection() {
        let long = [b"{\"a\":\"".as_slice(), &vec![b'x'; limits::MESSAGE]].concat();
        assert_eq!(
            split(&[&long]),
            Err(DecodeError::TooLong {
                limit: limits::MESSAGE
            })
        );
    }

    proptest! {
        #[test]
        fn cuts_anywhere_change_nothing(
            texts in proptest::collection::vec("\\PC{0,40}", 1..5), cuts in any::<[prop::sample::Index; 3]>()
        ) {
            let objects: Vec<String> =
                texts.iter().map(|text| serde_json::json!({ "t": text, "n": [text] }).to_string()).collect();
            let stream = objects.join("\n");
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
            at.sort_unstable();
            let bytes = stream.as_bytes();
            let pieces = [&bytes[..at[0]], &bytes[at[0]..at[1]], &bytes[at[1]..at[2]], &bytes[at[2]..]];
            prop_assert_eq!(split(&pieces).unwrap(), objects);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
            let _ = split(&[&bytes]);
        }
    }
}
