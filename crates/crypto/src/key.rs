//! The keys of devices and people, what they sign, and the check of it.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::{DeviceId, UserId};

/// What a signature is for. A signature for one kind is none for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// The body of an envelope, by the DeviceKey of its origin (docs/protocol-v2.md 6.1).
    Envelope,
    /// The record that ties a device to a person, by their UserKey (docs/protocol-v2.md 2).
    DeviceRecord,
}

impl Signed {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Envelope => "envelope",
            Self::DeviceRecord => "device-record",
        }
    }

    /// The bytes that are signed for `bytes` (docs/protocol-v2.md 1).
    fn message(self, bytes: &[u8]) -> Vec<u8> {
        [b"gossamer2/", self.as_str().as_bytes(), b"\0", bytes].concat()
    }
}

/// An Ed25519 signature. It says nothing until it is verified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// How many bytes it has.
    pub const SIZE: usize = 64;

    /// Takes its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl From<[u8; 64]> for Signature {
    fn from(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }
}

impl TryFrom<&[u8]> for Signature {
    type Error = std::array::TryFromSliceError;

    fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
        bytes.try_into().map(Self)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = self.0.get(..4).unwrap_or_default();
        write!(f, "Signature({})", hex::encode(short))
    }
}

/// The signature was not made by this key, for this kind, over these bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not the one of this key over these bytes")]
pub struct BadSignature;

macro_rules! key {
    ($(#[$doc:meta])* $name:ident, $id:ident) => {
        $(#[$doc])*
        ///
        /// Never printed, wiped from memory when dropped.
        pub struct $name(SigningKey);

        impl $name {
            /// The key with these secret bytes, fresh from the system's random source for a new
            /// one.
            #[must_use]
            pub fn from_secret(secret: &[u8; 32]) -> Self {
                Self(SigningKey::from_bytes(secret))
            }

            /// The secret bytes, for the store only.
            #[must_use]
            pub fn expose_secret(&self) -> Zeroizing<[u8; 32]> {
                Zeroizing::new(self.0.to_bytes())
            }

            /// Its public key.
            #[must_use]
            pub fn id(&self) -> $id {
                $id::new(self.0.verifying_key().to_bytes())
            }

            /// Signs `bytes` as what `signed` says they are.
            #[must_use]
            pub fn sign(&self, signed: Signed, bytes: &[u8]) -> Signature {
                Signature(self.0.sign(&signed.message(bytes)).to_bytes())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl $id {
            /// Checks that this id's key signed `bytes` as what `signed` says they are.
            ///
            /// # Errors
            /// When it did not, or when no key has this id.
            pub fn verify(
                &self,
                signed: Signed,
                bytes: &[u8],
                signature: &Signature,
            ) -> Result<(), BadSignature> {
                verify(self.as_bytes(), signed, bytes, signature)
            }
        }
    };
}

key!(
    /// The key of one installation: its TLS key, and what signs its envelopes.
    DeviceKey,
    DeviceId
);
key!(
    /// The key of a person: what signs the records of their devices.
    UserKey,
    UserId
);

impl DeviceKey {
    /// The key as PKCS #8 in DER, the form TLS libraries take.
    #[must_use]
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([&PKCS8_PREFIX[..], self.0.as_bytes()].concat())
    }
}

/// An Ed25519 private key as a PKCS #8 document in DER is this and its 32 bytes (RFC 8410 7).
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// An Ed25519 public key as a SubjectPublicKeyInfo in DER is this and its 32 bytes (RFC 8410 4).
const SPKI_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

impl DeviceId {
    /// Reads the raw public key of a TLS handshake (RFC 7250); `None` when it is anything but an
    /// Ed25519 key.
    #[must_use]
    pub fn from_spki(der: &[u8]) -> Option<Self> {
        let key = der.strip_prefix(&SPKI_PREFIX)?;
        key.try_into().ok()
    }

    /// The raw public key of a TLS handshake (RFC 7250): what [`from_spki`](Self::from_spki)
    /// reads.
    #[must_use]
    pub fn to_spki(&self) -> [u8; 44] {
        let mut der = [0; 44];
        let (prefix, key) = der.split_at_mut(SPKI_PREFIX.len());
        prefix.copy_from_slice(&SPKI_PREFIX);
        key.copy_from_slice(self.as_bytes());
        der
    }
}

/// Strict: refuses keys of small order, which would let one signature fit many messages, and
/// encodings that other implementations judge differently.
fn verify(
    id: &[u8; 32],
    signed: Signed,
    bytes: &[u8],
    signature: &Signature,
) -> Result<(), BadSignature> {
    let key = VerifyingKey::from_bytes(id).map_err(|_| BadSignature)?;
    let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
    key.verify_strict(&signed.message(bytes), &signature)
        .map_err(|_| BadSignature)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ana() -> DeviceKey {
        DeviceKey::from_secret(&[1; 32])
    }

    #[test]
    fn a_signature_holds_for_its_key_its_kind_and_its_bytes_only() {
        let signature = ana().sign(Signed::Envelope, b"hello");
        let check = |id: DeviceId, signed, bytes| id.verify(signed, bytes, &signature);

        assert_eq!(check(ana().id(), Signed::Envelope, b"hello"), Ok(()));
        assert_eq!(
            check(ana().id(), Signed::Envelope, b"hellp"),
            Err(BadSignature)
        );
        assert_eq!(
            check(ana().id(), Signed::DeviceRecord, b"hello"),
            Err(BadSignature)
        );
        let ben = DeviceKey::from_secret(&[2; 32]);
        assert_eq!(
            check(ben.id(), Signed::Envelope, b"hello"),
            Err(BadSignature)
        );
    }

    #[test]
    fn every_changed_bit_of_a_signature_is_noticed() {
        let signature = ana().sign(Signed::Envelope, b"hello");
        for bit in 0..512 {
            let mut changed = signature;
            changed.0[bit / 8] ^= 1 << (bit % 8);
            let verdict = ana().id().verify(Signed::Envelope, b"hello", &changed);
            assert_eq!(verdict, Err(BadSignature), "bit {bit}");
        }
    }

    #[test]
    fn a_person_signs_the_record_of_a_device() {
        let ana = UserKey::from_secret(&[3; 32]);
        let signature = ana.sign(Signed::DeviceRecord, b"record");
        assert_eq!(
            ana.id().verify(Signed::DeviceRecord, b"record", &signature),
            Ok(())
        );
    }

    /// The identity point is a valid encoding. A lax check takes R = identity, s = 0 as its
    /// signature over every message.
    #[test]
    fn nobody_signs_for_a_key_of_small_order() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&identity);
        let verdict =
            DeviceId::new(identity).verify(Signed::Envelope, b"any", &Signature(signature));
        assert_eq!(verdict, Err(BadSignature));
    }

    #[test]
    fn an_id_that_is_no_point_verifies_nothing() {
        let mut bytes = [0; 32];
        bytes[0] = 2;
        assert!(VerifyingKey::from_bytes(&bytes).is_err());
        let signature = ana().sign(Signed::Envelope, b"hello");
        let verdict = DeviceId::new(bytes).verify(Signed::Envelope, b"hello", &signature);
        assert_eq!(verdict, Err(BadSignature));
    }

    #[test]
    fn a_key_comes_back_from_its_secret() {
        let again = DeviceKey::from_secret(&ana().expose_secret());
        assert_eq!(again.id(), ana().id());
    }

    #[test]
    fn a_device_is_known_by_the_key_of_its_handshake() {
        let der = ana().id().to_spki();
        assert_eq!(DeviceId::from_spki(&der), Some(ana().id()));
    }

    #[test]
    fn nothing_but_an_ed25519_key_is_a_device() {
        let der = ana().id().to_spki();
        assert_eq!(DeviceId::from_spki(&[]), None);
        assert_eq!(DeviceId::from_spki(&der[..43]), None);
        assert_eq!(DeviceId::from_spki(&[&der[..], &[0]].concat()), None);
        for at in 0..SPKI_PREFIX.len() {
            let mut changed = der;
            changed[at] ^= 1;
            assert_eq!(DeviceId::from_spki(&changed), None, "byte {at}");
        }
    }
}
