//! Names of people, devices, networks, envelopes and files: fixed-size bytes, one type for each.

use std::fmt;

use data_encoding::BASE32_NOPAD;

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
id!(
    /// A file that is offered: random, chosen by its sender.
    FileId,
    16
);
id!(
    /// A circuit: random, chosen by the device that opens it.
    CircuitId,
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

macro_rules! human {
    ($name:ident) => {
        /// The form for people (docs/protocol-v2.md 2).
        impl $name {
            /// 52 characters and a check character, in groups of four.
            #[must_use]
            pub fn to_human(&self) -> String {
                to_human(&self.0)
            }

            /// Reads what [`to_human`](Self::to_human) wrote, in either case and however it is
            /// spaced; `None` when a character is wrong, missing or left over.
            #[must_use]
            pub fn from_human(text: &str) -> Option<Self> {
                from_human(text).map(Self)
            }
        }
    };
}

human!(DeviceId);
human!(UserId);

fn to_human(id: &[u8; 32]) -> String {
    let digits = BASE32_NOPAD.encode(id) + &check_digit(id);
    let mut text = String::with_capacity(digits.len() + digits.len() / 4);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(digit.to_ascii_lowercase());
    }
    text
}

fn from_human(text: &str) -> Option<[u8; 32]> {
    let mut digits: String = text
        .chars()
        .filter(|&c| c != '-' && !c.is_whitespace())
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let check = digits.pop()?;
    let id = BASE32_NOPAD.decode(digits.as_bytes()).ok()?;
    let id = id.try_into().ok()?;
    check_digit(&id)
        .eq(check.encode_utf8(&mut [0; 4]))
        .then_some(id)
}

/// Tells most slips of the pen: one in 32 wrong ids still has the right one.
fn check_digit(id: &[u8; 32]) -> String {
    let [first, ..] = blake3::derive_key("gossamer2 id check", id);
    // Of eight bits base32 writes the upper five as one digit and the rest as another.
    let mut digit = BASE32_NOPAD.encode(&[first << 3]);
    digit.truncate(1);
    digit
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

    fn ana() -> UserId {
        UserId::new(std::array::from_fn(|i| i as u8 * 7))
    }

    #[test]
    fn a_person_reads_an_id_in_groups_of_four() {
        let text = ana().to_human();
        let groups: Vec<_> = text.split('-').map(str::len).collect();
        assert_eq!(groups, [4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 1]);
        assert!(text.starts_with("aadq-"), "{text}");
    }

    #[test]
    fn an_id_is_read_in_either_case_and_however_it_is_spaced() {
        let text = ana().to_human();
        for typed in [
            text.clone(),
            text.to_uppercase(),
            text.replace('-', ""),
            text.replace('-', " "),
            format!(" {}\n", text.replace('-', " - ")),
        ] {
            assert_eq!(UserId::from_human(&typed), Some(ana()), "{typed}");
        }
    }

    #[test]
    fn a_wrong_check_character_is_refused() {
        let text = ana().to_human();
        let (rest, right) = text.split_at(text.len() - 1);
        for check in "abcdefghijklmnopqrstuvwxyz234567".chars() {
            let typed = format!("{rest}{check}");
            let read = UserId::from_human(&typed);
            assert_eq!(read.is_some(), right == check.to_string(), "{typed}");
        }
    }

    #[test]
    fn nearly_every_slip_of_the_pen_is_noticed() {
        let text = ana().to_human();
        let slips: Vec<String> = (0..text.len() - 2)
            .filter(|&at| text.as_bytes()[at] != b'-')
            .map(|at| {
                let slip = if &text[at..=at] == "x" { "y" } else { "x" };
                format!("{}{slip}{}", &text[..at], &text[at + 1..])
            })
            .collect();
        let noticed = slips.iter().filter(|s| UserId::from_human(s).is_none());
        assert!(noticed.count() + 4 > slips.len());
    }

    #[test]
    fn what_is_no_id_is_not_read_as_one() {
        let text = ana().to_human();
        for typed in [
            "",
            "-",
            "é",
            &text[..text.len() - 1],
            &format!("{text}a"),
            &text.replacen('a', "1", 1),
            &text.replacen('a', "ä", 1),
            &format!("{}ſ", &text[..text.len() - 1]),
        ] {
            assert_eq!(UserId::from_human(typed), None, "{typed}");
        }
    }

    /// 52 digits have room for 260 bits: the last four must be zero.
    #[test]
    fn an_id_has_one_form_only() {
        let text = ana().to_human();
        assert!(text.ends_with("q-a"), "{text}");
        let other = text.replace("q-a", "r-a");
        assert_eq!(UserId::from_human(&other), None);
    }
}
