//! The discovery datagram.

use std::{fmt, net::IpAddr};

use bytes::Bytes;
use gossamer_crypto::DeviceId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{DecodeError, EncodeError, cut, encode};
use crate::{limits, v2::VERSION};

/// "I am here": broadcast every few seconds on the UDP port one above the TCP port.
///
/// The first six fields are the original program's; the others are ours, which it ignores.
#[derive(Debug, Clone, PartialEq)]
pub struct Beacon {
    /// The announcing node.
    pub node_id: String,
    /// Its display name; at most [`limits::NAME`] bytes.
    pub node_name: String,
    /// The address it believes it has. A hint for the original program; we use the datagram's
    /// source.
    pub ip: String,
    /// Its TCP port.
    pub port: u16,
    /// Its clock, Unix seconds.
    pub timestamp: f64,
    /// Which network it is in; absent from nodes that know only the classic dialect.
    pub network: Option<NetworkHash>,
    /// Whether it takes many messages on one connection.
    pub multi: bool,
    /// Whether it is leaving.
    pub bye: bool,
    /// Whether it speaks v2 (docs/protocol-v2.md 4).
    pub v2: bool,
    /// Its device, of nodes that speak v2. A hint until a TLS handshake shows the same key.
    pub device: Option<DeviceId>,
}

/// The first four bytes of the SHA-256 of a network's name: tells networks apart without telling
/// their names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NetworkHash(pub [u8; 4]);

impl NetworkHash {
    /// The hash of a network's name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(name.as_bytes()).into();
        Self([a, b, c, d])
    }

    /// Reads 8 hexadecimal characters.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 4];
        hex::decode_to_slice(text, &mut hash).ok()?;
        Some(Self(hash))
    }
}

impl fmt::Display for NetworkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for NetworkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NetworkHash({self})")
    }
}

impl Beacon {
    /// Writes the datagram.
    ///
    /// # Errors
    /// When it would exceed [`limits::DATAGRAM`]; impossible with an id and a name within limits
    /// that hold no control characters.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        let datagram = Datagram {
            kind: KIND.into(),
            node_id: self.node_id.as_str().into(),
            node_name: cut(&self.node_name, limits::NAME).into(),
            ip: self.ip.as_str().into(),
            port: self.port,
            timestamp: self.timestamp,
            v: Some(Value::from(if self.v2 { &[1, 2][..] } else { &[1] })),
            net: self.network.map(|hash| hash.to_string()),
            multi: u8::from(self.multi),
            bye: self.bye,
            device: self.device.map(|device| device.to_string().into()),
        };
        encode(&datagram, limits::DATAGRAM)
    }

    /// Reads a datagram.
    ///
    /// # Errors
    /// Says what is wrong with it; the datagram is then ignored.
    pub fn decode(datagram: &[u8]) -> Result<Self, DecodeError> {
        if datagram.len() > limits::DATAGRAM {
            return Err(DecodeError::TooLong {
                limit: limits::DATAGRAM,
            });
        }
        let read: Datagram<'_> =
            serde_json::from_slice(datagram).map_err(|_| DecodeError::NotAnObject)?;
        if read.kind != KIND {
            return Err(DecodeError::UnknownType);
        }
        if read.node_id.is_empty() || read.node_id.len() > limits::ID {
            return Err(DecodeError::BadField("node_id"));
        }
        if read.port < limits::MIN_PORT {
            return Err(DecodeError::BadField("port"));
        }
        let network = read.net.as_deref().map(NetworkHash::parse);
        if network == Some(None) {
            return Err(DecodeError::BadField("net"));
        }
        Ok(Self {
            node_id: read.node_id.into_owned(),
            node_name: cut(&read.node_name, limits::NAME).to_owned(),
            ip: read
                .ip
                .parse::<IpAddr>()
                .map(|ip| ip.to_string())
                .unwrap_or_default(),
            port: read.port,
            timestamp: read.timestamp,
            network: network.flatten(),
            multi: read.multi != 0,
            bye: read.bye,
            v2: read.v.as_ref().is_some_and(names_v2),
            device: read.device.as_ref().and_then(device),
        })
    }
}

const KIND: &str = "discovery";

#[derive(Serialize, Deserialize)]
struct Datagram<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    node_id: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    node_name: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    ip: std::borrow::Cow<'a, str>,
    port: u16,
    #[serde(default)]
    timestamp: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    v: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    net: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    multi: u8,
    #[serde(default, skip_serializing_if = "is_default")]
    bye: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<Value>,
}

/// Whether a list of versions has ours. The fields of v2 are hints: what is no list is no reason
/// to ignore a classic node.
fn names_v2(versions: &Value) -> bool {
    let list = versions.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().any(|version| version.as_u64() == Some(VERSION))
}

/// A device by its 64 hexadecimal characters; anything else is as if it were not there.
fn device(text: &Value) -> Option<DeviceId> {
    DeviceId::from_hex(text.as_str()?)
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ana() -> Beacon {
        Beacon {
            node_id: "abcd1234".into(),
            node_name: "Ana's laptop".into(),
            ip: "192.168.1.100".into(),
            port: 9999,
            timestamp: 1_699_123_456.789,
            network: Some(NetworkHash([1, 2, 3, 0xff])),
            multi: true,
            bye: false,
            v2: true,
            device: Some(DeviceId::new([0xab; 32])),
        }
    }

    #[test]
    fn a_beacon_survives_the_wire() {
        let bytes = ana().encode().unwrap();
        assert_eq!(Beacon::decode(&bytes).unwrap(), ana());
    }

    #[test]
    fn a_beacon_of_the_original_program_is_understood() {
        let datagram = br#"{"type":"discovery","node_id":"abcd1234","node_name":"User-Device","ip":"192.168.1.100","port":9999,"timestamp":1699123456.789}"#;
        let beacon = Beacon::decode(datagram).unwrap();
        assert_eq!(beacon.node_name, "User-Device");
        assert_eq!(
            (beacon.network, beacon.multi, beacon.bye),
            (None, false, false)
        );
        assert_eq!((beacon.v2, beacon.device), (false, None));
    }

    #[test]
    fn the_longest_name_still_fits_the_datagram() {
        let mut beacon = ana();
        beacon.bye = true;
        beacon.port = 65534;
        beacon.node_id = "x".repeat(limits::ID);
        beacon.ip = "fe80:1234:1234:1234:1234:1234:1234:1234".into();
        for name in ["👩‍👩‍👧‍👦", "\"", "\\"] {
            beacon.node_name = name.repeat(limits::NAME);
            let bytes = beacon.encode().unwrap();
            assert!(bytes.len() < limits::DATAGRAM, "{} bytes", bytes.len());
            let read = Beacon::decode(&bytes).unwrap();
            assert!(!read.node_name.is_empty() && beacon.node_name.starts_with(&read.node_name));
            assert_eq!(read.device, beacon.device);
        }
    }

    #[test]
    fn an_unreadable_hint_of_v2_leaves_a_classic_node() {
        let device = format!("\"{}\"", "ab".repeat(32));
        for (versions, id) in [
            ("[1,2]", "\"ab\""),
            ("[1,2]", "7"),
            ("[1,2]", "null"),
            ("2", device.as_str()),
            ("[1,\"2\",-2,{},3000]", device.as_str()),
            ("[]", device.as_str()),
        ] {
            let text = String::from_utf8(ana().encode().unwrap().to_vec()).unwrap();
            let text = text.replace("[1,2]", versions).replace(&device, id);
            let beacon = Beacon::decode(text.as_bytes()).unwrap();
            assert_eq!(beacon.node_name, "Ana's laptop");
            assert_eq!(beacon.v2, versions == "[1,2]", "{versions}");
            assert_eq!(beacon.device.is_some(), id == device, "{id}");
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_by_name() {
        let edit = |from: &str, to: &str| {
            let text = String::from_utf8(ana().encode().unwrap().to_vec()).unwrap();
            Beacon::decode(text.replace(from, to).as_bytes())
        };
        assert_eq!(edit("9999", "80"), Err(DecodeError::BadField("port")));
        assert_eq!(edit("9999", "99999"), Err(DecodeError::NotAnObject));
        assert_eq!(edit("abcd1234", ""), Err(DecodeError::BadField("node_id")));
        assert_eq!(edit("discovery", "chat"), Err(DecodeError::UnknownType));
        assert_eq!(
            Beacon::decode(&[b' '; limits::DATAGRAM + 1]),
            Err(DecodeError::TooLong {
                limit: limits::DATAGRAM
            })
        );
    }
}
