//! The first frame of a link (docs/protocol-v2.md 5.3).

use std::ops::Deref;

use bytes::Bytes;
use gossamer_crypto::{DeviceId, NetworkId};

use super::{
    DecodeError,
    cbor::{self, Reader},
};

/// A HELLO with its exact bytes: the confirmations of admission cover what was sent, not what was
/// understood of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    fields: HelloFields,
    body: Bytes,
}

/// What a HELLO says. All of it is a claim until admission is through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelloFields {
    /// The version of the protocol.
    pub version: u64,
    /// The sender; the key of its TLS handshake has to agree.
    pub device: DeviceId,
    /// The network it is in.
    pub network: NetworkId,
    /// Whether that network has a password.
    pub locked: bool,
    /// The TCP port it listens on.
    pub port: u16,
    /// Fresh random bytes.
    pub nonce: [u8; 16],
}

impl Hello {
    /// Writes what is to be said.
    #[must_use]
    pub fn new(fields: HelloFields) -> Self {
        let body = cbor::write(|to| {
            to.map(6);
            to.key(0).uint(fields.version);
            to.key(1).bytes(fields.device.as_bytes());
            to.key(2).bytes(fields.network.as_bytes());
            to.key(3).bool(fields.locked);
            to.key(4).uint(fields.port.into());
            to.key(5).bytes(&fields.nonce);
        });
        let body = body.into();
        Self { fields, body }
    }

    /// Reads the body of a HELLO.
    ///
    /// # Errors
    /// Says what is wrong with it; the link is then closed.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let fields = cbor::read(body, |item| {
            item.map(|map| {
                Ok(HelloFields {
                    version: map.need(0, Reader::uint)?,
                    device: map.need(1, Reader::fixed)?,
                    network: map.need(2, Reader::fixed)?,
                    locked: map.need(3, Reader::bool)?,
                    port: map.need(4, port)?,
                    nonce: map.need(5, Reader::fixed)?,
                })
            })
        })?;
        let body = Bytes::copy_from_slice(body);
        Ok(Self { fields, body })
    }

    /// Its bytes, as they travel in the frame.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

impl Deref for Hello {
    type Target = HelloFields;

    fn deref(&self) -> &HelloFields {
        &self.fields
    }
}

fn port(from: &mut Reader<'_>) -> Result<u16, DecodeError> {
    u16::try_from(from.uint()?).map_err(|_| DecodeError::BadField("port"))
}
