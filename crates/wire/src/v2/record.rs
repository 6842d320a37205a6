//! Which person a device belongs to (docs/protocol-v2.md 2).

use bytes::Bytes;
use gossamer_crypto::{DeviceId, Signature, UserId};

use super::{
    DecodeError, EncodeError,
    cbor::{self, Reader, Writer},
};
use crate::limits;

/// The payload of a `DeviceRecord` envelope: a record as its user signed it. The signature is not
/// checked here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRecord {
    /// The signed bytes, as received; [`DeviceRecord::decode`] reads them.
    pub record: Bytes,
    /// Of the record's user, over the record.
    pub signature: Signature,
}

impl SignedRecord {
    /// Writes the payload.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let payload = cbor::write(|to| {
            to.map(2);
            to.key(0).bytes(&self.record);
            to.key(1).bytes(self.signature.as_bytes());
        });
        payload.into()
    }

    /// Reads a payload. The record shares its bytes.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn decode(payload: &Bytes) -> Result<Self, DecodeError> {
        cbor::read(payload, |item| {
            item.map(|map| {
                Ok(Self {
                    record: payload.slice_ref(map.need(0, |item| item.bytes(limits::ENVELOPE))?),
                    signature: map.need(1, Reader::fixed)?,
                })
            })
        })
    }
}

/// What a person says of one of their devices. `Debug` does not show the name.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceRecord {
    /// The person, whose key signs the record.
    pub user: UserId,
    /// The device, which must be the envelope's origin.
    pub device: DeviceId,
    /// What the person calls themself; 1 to [`limits::NAME`] bytes.
    pub name: String,
    /// Unix milliseconds; at most [`limits::INTEGER`].
    pub created: u64,
    /// The newest of a device counts; at most [`limits::INTEGER`].
    pub seq: u64,
    /// What the device can do beyond this protocol; at most [`limits::CAPABILITIES`] of at most
    /// [`limits::WORD`] bytes.
    pub capabilities: Vec<String>,
}

impl DeviceRecord {
    /// Writes the bytes that are to be signed.
    ///
    /// # Errors
    /// When a field is out of bounds.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        self.check().map_err(EncodeError::BadField)?;
        let capability = |to: &mut Writer, word: &String| _ = to.text(word);
        let record = cbor::write(|to| {
            to.map(6);
            to.key(0).bytes(self.user.as_bytes());
            to.key(1).bytes(self.device.as_bytes());
            to.key(2).text(&self.name);
            to.key(3).uint(self.created);
            to.key(4).uint(self.seq);
            to.key(5).list(&self.capabilities, capability);
        });
        Ok(record.into())
    }

    /// Reads signed bytes.
    ///
    /// # Errors
    /// Says what is wrong with them.
    pub fn decode(record: &[u8]) -> Result<Self, DecodeError> {
        let word = |item: &mut Reader<'_>| item.text(limits::WORD).map(str::to_owned);
        let record = cbor::read(record, |item| {
            item.map(|map| {
                Ok(Self {
                    user: map.need(0, Reader::fixed)?,
                    device: map.need(1, Reader::fixed)?,
                    name: map.need(2, |item| item.text(limits::NAME))?.to_owned(),
                    created: map.need(3, Reader::uint)?,
                    seq: map.need(4, Reader::uint)?,
                    capabilities: map.need(5, |item| item.list(limits::CAPABILITIES, word))?,
                })
            })
        })?;
        record.check().map_err(DecodeError::BadField)?;
        Ok(record)
    }

    /// The first field that is out of bounds.
    fn check(&self) -> Result<(), &'static str> {
        let words = &self.capabilities;
        let rules = [
            ((1..=limits::NAME).contains(&self.name.len()), "name"),
            (self.created <= limits::INTEGER, "created"),
            (self.seq <= limits::INTEGER, "seq"),
            (words.len() <= limits::CAPABILITIES, "capabilities"),
            (
                words.iter().all(|word| word.len() <= limits::WORD),
                "capabilities",
            ),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, field)) => Err(field),
            None => Ok(()),
        }
    }
}

impl std::fmt::Debug for DeviceRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceRecord")
            .field("user", &self.user)
            .field("device", &self.device)
            .field("seq", &self.seq)
            .finish_non_exhaustive()
    }
}
