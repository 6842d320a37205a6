//! A classic message inside an envelope (docs/protocol-v2.md 7.2).
//!
//! Every bridge that hears a message makes the same bytes of it, so that it has one id however
//! many of them there are.

use bytes::Bytes;

use super::{DecodeError, EncodeError, cbor};
use crate::limits;

/// The payload of a `Classic` envelope. `Debug` shows nothing of what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct ClassicMessage {
    /// Its id on the classic wire; 1 to [`limits::ID`] bytes, none of them 0.
    pub message_id: String,
    /// The classic id of the node that wrote it; 1 to [`limits::ID`] bytes.
    pub sender_id: String,
    /// What that node calls itself; at most [`limits::NAME`] bytes.
    pub sender_name: String,
    /// The text, sealed for the network.
    pub text: Bytes,
}

impl ClassicMessage {
    /// The `created` of the envelope: a classic timestamp, Unix seconds, in whole milliseconds.
    ///
    /// Rounded to the nearest, so that a time which a bridge wrote to the classic wire is read by
    /// the next one as it was. What is negative or no number is 0.
    #[must_use]
    pub fn created(timestamp: f64) -> u64 {
        let milliseconds = (timestamp * 1000.0).round() as u64;
        milliseconds.min(limits::INTEGER)
    }

    /// Writes the payload.
    ///
    /// # Errors
    /// When a field is out of bounds: such a message is not bridged.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        self.check().map_err(EncodeError::BadField)?;
        cbor::fits(self.sender_name.as_bytes(), limits::NAME)?;
        cbor::fits(&self.text, limits::ENVELOPE)?;
        let payload = cbor::write(|to| {
            to.map(4);
            to.key(0).text(&self.message_id);
            to.key(1).text(&self.sender_id);
            to.key(2).text(&self.sender_name);
            to.key(3).bytes(&self.text);
        });
        Ok(payload.into())
    }

    /// Reads a payload. The text shares its bytes.
    ///
    /// # Errors
    /// Says what is wrong with it: the fault of the bridge that signed it.
    pub fn decode(payload: &Bytes) -> Result<Self, DecodeError> {
        let message = cbor::read(payload, |item| {
            item.map(|map| {
                Ok(Self {
                    message_id: map.need(0, |item| item.text(limits::ID))?.to_owned(),
                    sender_id: map.need(1, |item| item.text(limits::ID))?.to_owned(),
                    sender_name: map.need(2, |item| item.text(limits::NAME))?.to_owned(),
                    text: payload.slice_ref(map.need(3, |item| item.bytes(limits::ENVELOPE))?),
                })
            })
        })?;
        message.check().map_err(DecodeError::BadField)?;
        Ok(message)
    }

    /// The first id that cannot be one. A 0 ends the message id where its text is sealed, so one
    /// within it would make two messages look alike.
    fn check(&self) -> Result<(), &'static str> {
        let fits = |id: &str| (1..=limits::ID).contains(&id.len());
        if !fits(&self.message_id) || self.message_id.contains('\0') {
            return Err("message_id");
        }
        if !fits(&self.sender_id) {
            return Err("sender_id");
        }
        Ok(())
    }
}

impl std::fmt::Debug for ClassicMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClassicMessage")
            .field("message_id", &self.message_id)
            .field("sender_id", &self.sender_id)
            .finish_non_exhaustive()
    }
}
