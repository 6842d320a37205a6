//! Names of people, devices, networks and envelopes: fixed-size bytes, one type for each.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $size:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $size]);

        impl $name {
            /// How many bytes it has.
            pub const SIZE: usize = $size;

            /// Takes its bytes.
            #[must_use]
            pub const fn new(bytes: [u8; $size]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $size] {
                &self.0
            }

            /// Reads what [`Display`](fmt::Display) wrote; `None` when it is anything else.
            #[must_use]
            pub fn from_hex(text: &str) -> Option<Self> {
                let mut bytes = [0; $size];
                hex::decode_to_slice(text, &mut bytes).ok()?;
                Some(Self(bytes))
            }
        }

        impl From<[u8; $size]> for $name {
            fn from(bytes: [u8; $size]) -> Self {
                Self(bytes)
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = std::array::TryFromSliceError;

            fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
                bytes.try_into().map(Self)
            }
        }

        /// Lower-case hexadecimal, all of it.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        /// Its first four bytes: enough to tell ids apart in a log.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let short = self.0.get(..4).unwrap_or_default();
                write!(f, concat!(stringify!($name), "({})"), hex::encode(short))
            }
        }
    };
}

id!(
    /// A device: the public key of its `DeviceKey`.
    DeviceId,
    32
);
id!(
    /// A person: the public key of their `UserKey`.
    UserId,
    32
);
id!(
    /// An envelope: the hash of its signed body.
    EnvelopeId,
    32
);
id!(
    /// A network: the hash of its name.
    NetworkId,
    16
);

impl EnvelopeId {
    /// The id of the envelope with this body (docs/protocol-v2.md 6.1).
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        Self(blake3::derive_key("gossamer2 envelope id", body))
    }
}

impl NetworkId {
    /// The id of the network with this name (docs/protocol-v2.md 3).
    #[must_use]
    pub fn of(name: &str) -> Self {
        let hash = blake3::derive_key("gossamer2 network", name.as_bytes());
        let [short @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = hash;
        Self(short)
    }
}

impl DeviceId {
    /// The id this device has on the classic wire: 8 hexadecimal characters.
    #[must_use]
    pub fn classic(&self) -> String {
        let short = self.0.get(..4).unwrap_or_default();
        hex::encode(short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_hexadecimal_form() {
        let id = DeviceId::new(std::array::from_fn(|i| i as u8));
        assert_eq!(DeviceId::from_hex(&id.to_string()), Some(id));
        assert_eq!(format!("{id:?}"), "DeviceId(00010203)");
        assert_eq!(id.classic(), "00010203");
        assert_eq!(DeviceId::from_hex("00"), None);
    }

    #[test]
    fn an_id_depends_on_all_that_it_names() {
        assert_ne!(EnvelopeId::of(b"hello"), EnvelopeId::of(b"hello "));
        assert_ne!(NetworkId::of("mesh"), NetworkId::of("Mesh"));
    }
}
