//! Which direct messages have arrived (docs/protocol-v2.md 6.6).

use bytes::Bytes;
use gossamer_crypto::{EnvelopeId, PurgeSecret};

use super::{
    DecodeError, EncodeError,
    cbor::{self, Reader, Writer},
};
use crate::limits;

/// The payload of a `Purge` envelope. Whether it is true is known to who knows the messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purge {
    /// The messages; at most [`limits::PURGED`].
    pub entries: Vec<Purged>,
}

/// One message that need not be carried any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purged {
    /// The message.
    pub id: EnvelopeId,
    /// What was inside it. It is true when its [`ack`](PurgeSecret::ack) is the message's.
    pub secret: PurgeSecret,
}

impl Purge {
    /// Writes the payload.
    ///
    /// # Errors
    /// When there are more entries than any node would take.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        if self.entries.len() > limits::PURGED {
            return Err(EncodeError::BadField("entries"));
        }
        let entry = |to: &mut Writer, entry: &Purged| {
            to.map(2);
            to.key(0).bytes(entry.id.as_bytes());
            to.key(1).bytes(entry.secret.expose_secret());
        };
        let payload = cbor::write(|to| {
            to.map(1).key(0).list(&self.entries, entry);
        });
        Ok(payload.into())
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// Says what is wrong with it: the author's fault, not that of whoever passed it on.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let entry = |item: &mut Reader<'_>| {
            item.map(|map| {
                Ok(Purged {
                    id: map.need(0, Reader::fixed)?,
                    secret: map.need(1, Reader::fixed)?,
                })
            })
        };
        cbor::read(payload, |item| {
            item.map(|map| {
                Ok(Self {
                    entries: map.need(0, |item| item.list(limits::PURGED, entry))?,
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purge(entries: usize) -> Purge {
        let entry = Purged {
            id: EnvelopeId::new([1; 32]),
            secret: PurgeSecret::new([2; 32]),
        };
        Purge {
            entries: vec![entry; entries],
        }
    }

    #[test]
    fn the_longest_travels_unasked() {
        // Beside the payload a body of this kind has at most 88 bytes.
        let payload = purge(limits::PURGED).encode().unwrap();
        assert!(payload.len() + 88 <= limits::INLINE, "{}", payload.len());
    }

    #[test]
    fn nobody_takes_a_longer_one() {
        let too_long = purge(limits::PURGED + 1);
        assert_eq!(too_long.encode(), Err(EncodeError::BadField("entries")));
    }
}
