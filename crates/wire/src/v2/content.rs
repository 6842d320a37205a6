//! What is said to everyone, before it is sealed and after it is opened (docs/protocol-v2.md 7.1).

use bytes::Bytes;
use gossamer_crypto::EnvelopeId;

use super::{
    DecodeError, EncodeError,
    cbor::{self, Reader, Writer},
};
use crate::limits;

/// A text. `Debug` shows nothing of what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// What the author calls themself; at most [`limits::NAME`] bytes.
    pub name: String,
    /// At most [`limits::TEXT`] bytes.
    pub text: String,
    /// The newest messages the author had seen; at most [`limits::AFTER`].
    pub after: Vec<EnvelopeId>,
}

impl Text {
    /// Writes the content, to be sealed.
    ///
    /// # Errors
    /// When a field is longer than any node would take.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        cbor::fits(self.name.as_bytes(), limits::NAME)?;
        cbor::fits(self.text.as_bytes(), limits::TEXT)?;
        if self.after.len() > limits::AFTER {
            return Err(EncodeError::BadField("after"));
        }
        let id = |to: &mut Writer, id: &EnvelopeId| _ = to.bytes(id.as_bytes());
        let content = cbor::write(|to| {
            to.map(4);
            to.key(0).uint(TEXT);
            to.key(1).text(&self.name);
            to.key(2).text(&self.text);
            to.key(3).list(&self.after, id);
        });
        Ok(content.into())
    }

    /// Reads content; `None` when it is of a type that this version does not know.
    ///
    /// # Errors
    /// Says what is wrong with it: the author's fault, not that of whoever passed it on.
    pub fn decode(content: &[u8]) -> Result<Option<Self>, DecodeError> {
        cbor::read(content, |item| {
            item.map(|map| {
                if map.need(0, Reader::uint)? != TEXT {
                    return Ok(None);
                }
                Ok(Some(Self {
                    name: map.need(1, |item| item.text(limits::NAME))?.to_owned(),
                    text: map.need(2, |item| item.text(limits::TEXT))?.to_owned(),
                    after: map.need(3, |item| item.list(limits::AFTER, Reader::fixed))?,
                }))
            })
        })
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Text")
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

/// The type of content that is a text.
const TEXT: u64 = 1;
