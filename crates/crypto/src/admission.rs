//! Proof that both ends of a link know the network's password, without telling it to anyone who
//! does not (docs/protocol-v2.md 5.3).
//!
//! ```
//! # use gossamer_crypto::{Admission, DeviceId, Password, PasswordKey, Role, Transcript};
//! # let (client, server) = (DeviceId::new([1; 32]), DeviceId::new([2; 32]));
//! # let transcript = Transcript { exporter: [3; 32], client_hello: b"", server_hello: b"" };
//! let key = PasswordKey::derive(&Password::new("of the network"), "mesh");
//! let (ana, from_ana) = Admission::start(Role::Client, &key, &client, &server);
//! let (ben, from_ben) = Admission::start(Role::Server, &key, &client, &server);
//!
//! let ana = ana.finish(&from_ben, &transcript)?;
//! let ben = ben.finish(&from_ana, &transcript)?;
//! assert!(ben.check(&ana.ours()));
//! assert!(ana.check(&ben.ours()));
//! # Ok::<(), gossamer_crypto::BadPake>(())
//! ```

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use spake2::{Ed25519Group, Identity, Spake2};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{DeviceId, Password};

const ARGON2_MEMORY_KIB: u32 = 19_456;
const ARGON2_PASSES: u32 = 2;
const ARGON2_LANES: u32 = 1;

/// What a password becomes before it meets a peer: slow to make, so that guesses are. Never
/// printed, wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordKey(Zeroizing<[u8; 32]>);

impl PasswordKey {
    /// Derives the key of this password in the network with this name. Takes tens of
    /// milliseconds and 19 MiB.
    #[must_use]
    pub fn derive(password: &Password, network_name: &str) -> Self {
        let salt = blake3::derive_key("gossamer2 password salt", network_name.as_bytes());
        let (salt, _) = salt.split_at(16);
        let params = Params::new(ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_LANES, Some(32))
            .expect("the costs are within the bounds of Argon2");
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(password.expose().as_bytes(), salt, key.as_mut())
            .expect("a password is shorter than 4 GiB");
        Self(key)
    }

    /// Tells this password from another one of the network, but for one pair in 65 536. It may be
    /// stored: so few bits let nobody be sure of a guess.
    #[must_use]
    pub fn tag(&self) -> PasswordTag {
        let [a, b, ..] = blake3::derive_key("gossamer2 password tag", self.0.as_ref());
        [a, b]
    }
}

/// See [`PasswordKey::tag`].
pub type PasswordTag = [u8; 2];

impl fmt::Debug for PasswordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordKey(..)")
    }
}

/// Which end of the TLS connection this device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The one that dialled.
    Client,
    /// The one that was dialled.
    Server,
}

/// What ties a confirmation to one connection: without it one could be carried to another.
#[derive(Clone)]
pub struct Transcript<'a> {
    /// 32 bytes of TLS exporter with the label [`EXPORTER_LABEL`] and no context.
    pub exporter: [u8; 32],
    /// The body of the client's HELLO as it was on the wire.
    pub client_hello: &'a [u8],
    /// The body of the server's HELLO as it was on the wire.
    pub server_hello: &'a [u8],
}

/// The label of the TLS exporter in a [`Transcript`].
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-gossamer2-admission";

/// Shows nothing: the exporter is a secret of the connection's two ends.
impl fmt::Debug for Transcript<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transcript(..)")
    }
}

/// A SPAKE2 exchange that waits for the peer's message.
pub struct Admission {
    role: Role,
    exchange: Spake2<Ed25519Group>,
}

impl Admission {
    /// How many bytes the message of a PAKE frame has.
    pub const MESSAGE_SIZE: usize = 33;

    /// Starts the exchange; the message goes to the peer in a PAKE frame.
    ///
    /// The library draws the secret of the exchange from the operating system, and does not wipe
    /// it or its copy of the key when dropped: an exchange is not to be kept.
    #[must_use]
    pub fn start(
        role: Role,
        key: &PasswordKey,
        client: &DeviceId,
        server: &DeviceId,
    ) -> (Self, [u8; Self::MESSAGE_SIZE]) {
        let password = spake2::Password::new(key.0.as_ref());
        let client = Identity::new(client.as_bytes());
        let server = Identity::new(server.as_bytes());
        let (exchange, message) = match role {
            Role::Client => Spake2::start_a(&password, &client, &server),
            Role::Server => Spake2::start_b(&password, &client, &server),
        };
        let message = message.try_into().expect("a side and a point");
        (Self { role, exchange }, message)
    }

    /// Takes the peer's PAKE message. That it is a message says nothing yet about the password:
    /// [`Confirmation::check`] does.
    ///
    /// # Errors
    /// When the message has the wrong size, comes from the wrong side (our own one sent back,
    /// for example) or is no point of the group.
    pub fn finish(
        self,
        theirs: &[u8],
        transcript: &Transcript<'_>,
    ) -> Result<Confirmation, BadPake> {
        let secret = self.exchange.finish(theirs).map_err(|_| BadPake)?;
        let secret = Zeroizing::new(secret);
        let client = confirmation(&secret, b"gossamer2 confirm client", transcript);
        let server = confirmation(&secret, b"gossamer2 confirm server", transcript);
        let (ours, theirs) = match self.role {
            Role::Client => (client, server),
            Role::Server => (server, client),
        };
        Ok(Confirmation { ours, theirs })
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Admission(..)")
    }
}

/// The peer's PAKE message is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the peer's password exchange message is malformed")]
pub struct BadPake;

/// What each side sends in its CONFIRM frame when both used the same password. Never printed,
/// wiped from memory when dropped: until it is sent, ours proves that we know the password.
pub struct Confirmation {
    ours: Zeroizing<[u8; 32]>,
    theirs: Zeroizing<[u8; 32]>,
}

impl Confirmation {
    /// What we send. The client sends first; the server only after the client's was right.
    #[must_use]
    pub fn ours(&self) -> [u8; 32] {
        *self.ours
    }

    /// Whether what the peer sent proves that it knows the password. Takes as long for a wrong
    /// one as for the right one.
    #[must_use]
    pub fn check(&self, theirs: &[u8]) -> bool {
        self.theirs.as_ref().ct_eq(theirs).into()
    }
}

impl fmt::Debug for Confirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Confirmation(..)")
    }
}

/// The label differs by side, so that a peer that sends our own confirmation back proves nothing.
fn confirmation(secret: &[u8], label: &[u8], transcript: &Transcript<'_>) -> Zeroizing<[u8; 32]> {
    let mac = Hmac::<Sha256>::new_from_slice(secret)
        .expect("HMAC takes keys of any size")
        .chain_update(label)
        .chain_update(transcript.exporter)
        .chain_update(transcript.client_hello)
        .chain_update(transcript.server_hello);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_core::{CryptoRng, RngCore};
    use serde_json::Value;

    use super::*;

    const ANA: DeviceId = DeviceId::new([1; 32]);
    const BEN: DeviceId = DeviceId::new([2; 32]);
    const TRANSCRIPT: Transcript<'_> = Transcript {
        exporter: [3; 32],
        client_hello: b"hello from ana",
        server_hello: b"hello from ben",
    };

    /// One end of an admission of ana, the client, by ben, the server.
    #[derive(Clone)]
    struct End {
        key: PasswordKey,
        client: DeviceId,
        server: DeviceId,
        transcript: Transcript<'static>,
    }

    impl End {
        /// The key is made up: its derivation is slow and tested apart.
        fn new() -> Self {
            Self {
                key: PasswordKey(Zeroizing::new([7; 32])),
                client: ANA,
                server: BEN,
                transcript: TRANSCRIPT,
            }
        }

        fn start(&self, role: Role) -> (Admission, [u8; 33]) {
            Admission::start(role, &self.key, &self.client, &self.server)
        }
    }

    /// Whether the server takes the client's confirmation, and the client the server's.
    fn admitted(client: &End, server: &End) -> (bool, bool) {
        let (ana, from_ana) = client.start(Role::Client);
        let (ben, from_ben) = server.start(Role::Server);
        let ana = ana.finish(&from_ben, &client.transcript).unwrap();
        let ben = ben.finish(&from_ana, &server.transcript).unwrap();
        (ben.check(&ana.ours()), ana.check(&ben.ours()))
    }

    /// Neither side takes the other when one of them differs by `change`.
    fn refused_after(change: impl Fn(&mut End)) {
        let mut other = End::new();
        change(&mut other);
        assert_eq!(admitted(&End::new(), &other), (false, false));
        assert_eq!(admitted(&other, &End::new()), (false, false));
    }

    #[test]
    fn devices_with_the_same_password_admit_each_other() {
        assert_eq!(admitted(&End::new(), &End::new()), (true, true));
    }

    #[test]
    fn another_password_or_network_is_another_key() {
        let password = Password::new("correct horse ✓");
        let key = PasswordKey::derive(&password, "mesh");
        assert_eq!(key, PasswordKey::derive(&password, "mesh"));
        let other = PasswordKey::derive(&Password::new("battery staple"), "mesh");
        assert_ne!(key.tag(), other.tag());
        assert_ne!(key, PasswordKey::derive(&password, "Mesh"));
        assert_ne!(
            key,
            PasswordKey::derive(&Password::new("correct horse"), "mesh")
        );
    }

    #[test]
    fn another_key_is_refused() {
        refused_after(|end| end.key = PasswordKey(Zeroizing::new([8; 32])));
    }

    #[test]
    fn a_confirmation_of_another_connection_is_refused() {
        refused_after(|end| end.transcript.exporter = [4; 32]);
    }

    #[test]
    fn a_changed_hello_is_refused() {
        refused_after(|end| end.transcript.client_hello = b"hello from ann");
        refused_after(|end| end.transcript.server_hello = b"hello from bob");
    }

    #[test]
    fn other_devices_than_those_of_the_handshake_are_refused() {
        refused_after(|end| (end.client, end.server) = (BEN, ANA));
        refused_after(|end| end.client = DeviceId::new([9; 32]));
        refused_after(|end| end.server = DeviceId::new([9; 32]));
    }

    #[test]
    fn our_own_message_sent_back_is_refused() {
        for role in [Role::Client, Role::Server] {
            let (admission, ours) = End::new().start(role);
            assert!(admission.finish(&ours, &TRANSCRIPT).is_err());
        }
    }

    #[test]
    fn our_own_confirmation_sent_back_is_refused() {
        let end = End::new();
        let (ana, _) = end.start(Role::Client);
        let (_, from_ben) = end.start(Role::Server);
        let ana = ana.finish(&from_ben, &TRANSCRIPT).unwrap();
        assert!(!ana.check(&ana.ours()));
    }

    #[test]
    fn every_changed_or_missing_bit_of_a_confirmation_is_noticed() {
        let end = End::new();
        let (ana, from_ana) = end.start(Role::Client);
        let (ben, from_ben) = end.start(Role::Server);
        let ana = ana.finish(&from_ben, &TRANSCRIPT).unwrap();
        let ben = ben.finish(&from_ana, &TRANSCRIPT).unwrap();

        for bit in 0..256 {
            let mut changed = ana.ours();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!ben.check(&changed), "bit {bit}");
        }
        assert!(!ben.check(&[]));
        assert!(!ben.check(&ana.ours()[..31]));
        assert!(!ben.check(&[&ana.ours()[..], &[0]].concat()));
    }

    #[test]
    fn a_message_of_the_wrong_size_is_refused() {
        let (_, from_ben) = End::new().start(Role::Server);
        for size in [0, 1, 32, 34] {
            let (ana, _) = End::new().start(Role::Client);
            let mut message = from_ben.to_vec();
            message.resize(size, 0);
            assert!(ana.finish(&message, &TRANSCRIPT).is_err(), "{size} bytes");
        }
    }

    /// Stands in for the operating system: gives one scalar.
    struct Scalar([u8; 32]);

    impl RngCore for Scalar {
        fn next_u32(&mut self) -> u32 {
            unreachable!("a scalar is drawn as bytes")
        }

        fn next_u64(&mut self) -> u64 {
            unreachable!("a scalar is drawn as bytes")
        }

        fn fill_bytes(&mut self, dest: &mut [u8]) {
            dest.fill(0);
            dest[..32].copy_from_slice(&self.0);
        }

        fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
            self.fill_bytes(dest);
            Ok(())
        }
    }

    impl CryptoRng for Scalar {}

    #[test]
    fn an_admission_goes_as_written() {
        let vector: Value =
            serde_json::from_str(include_str!("../tests/vectors/admission.json")).unwrap();
        let text = |name: &str| vector[name].as_str().unwrap();
        let bytes = |name: &str| hex::decode(text(name)).unwrap();
        let array = |name: &str| <[u8; 32]>::try_from(bytes(name)).unwrap();

        let key = PasswordKey::derive(&Password::new(text("password")), text("network_name"));
        assert_eq!(*key.0, array("password_key"));

        let password = spake2::Password::new(key.0.as_ref());
        let ids = (
            &Identity::new(&array("client")),
            &Identity::new(&array("server")),
        );
        let (ana, from_ana) =
            Spake2::start_a_with_rng(&password, ids.0, ids.1, Scalar(array("client_scalar")));
        let (ben, from_ben) =
            Spake2::start_b_with_rng(&password, ids.0, ids.1, Scalar(array("server_scalar")));
        assert_eq!(from_ana, bytes("client_message"));
        assert_eq!(from_ben, bytes("server_message"));

        let transcript = Transcript {
            exporter: array("exporter"),
            client_hello: &bytes("client_hello"),
            server_hello: &bytes("server_hello"),
        };
        let finish = |role, exchange, theirs: &[u8]| {
            let admission = Admission { role, exchange };
            admission.finish(theirs, &transcript).unwrap()
        };
        let ana = finish(Role::Client, ana, &from_ben);
        let ben = finish(Role::Server, ben, &from_ana);
        assert_eq!(ana.ours(), array("client_confirmation"));
        assert_eq!(ben.ours(), array("server_confirmation"));
        assert!(ana.check(&ben.ours()) && ben.check(&ana.ours()));
    }

    proptest! {
        #[test]
        fn no_message_makes_it_panic(message in proptest::collection::vec(any::<u8>(), 0..70)) {
            let (ana, _) = End::new().start(Role::Client);
            let _ = ana.finish(&message, &TRANSCRIPT);
        }

        /// Half of all points are valid: the exchange then ends, and with nobody admitted.
        #[test]
        fn no_point_made_up_is_admitted(point: [u8; 32], confirmation: [u8; 32]) {
            let message = [b"B", &point[..]].concat();
            let (ana, _) = End::new().start(Role::Client);
            if let Ok(ana) = ana.finish(&message, &TRANSCRIPT) {
                prop_assert!(!ana.check(&confirmation));
            }
        }
    }
}
