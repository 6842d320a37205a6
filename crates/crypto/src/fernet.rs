//! Fernet under a key made from the network's password, as classic nodes use it.

use std::fmt;

use aes::Aes128;
use base64::{Engine, engine::general_purpose::URL_SAFE};
use cbc::cipher::{BlockEncryptMut, KeyIvInit, block_padding::Pkcs7};
use hmac::{Hmac, KeyInit, Mac};
use pbkdf2::pbkdf2_hmac;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{CryptoProvider, NetworkKey, OpenError, Password, SealError};

/// The salt is the same in every classic network: a recorded message lets anyone try passwords
/// at their leisure. The wire leaves no choice.
const CLASSIC_SALT: &[u8] = b"mesh_network_salt_2024";
const CLASSIC_ROUNDS: u32 = 100_000;

/// The first byte of every token.
pub(crate) const VERSION: u8 = 0x80;

/// The largest clock the library can add its minute of tolerance to.
const END_OF_TIME: u64 = u64::MAX - 60;

/// The 32 bytes of a Fernet key: never printed, wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct FernetKey(Zeroizing<[u8; 32]>);

impl FernetKey {
    /// Derives the key every classic node derives from this password. Takes tens of
    /// milliseconds.
    #[must_use]
    pub fn from_password(password: &Password) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        let secret = password.expose().as_bytes();
        pbkdf2_hmac::<Sha256>(secret, CLASSIC_SALT, CLASSIC_ROUNDS, key.as_mut());
        Self(key)
    }
}

impl From<[u8; 32]> for FernetKey {
    fn from(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl From<&NetworkKey> for FernetKey {
    fn from(key: &NetworkKey) -> Self {
        Self(Zeroizing::new(*key.expose_secret()))
    }
}

impl fmt::Debug for FernetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FernetKey(..)")
    }
}

/// Seals content as Fernet tokens (URL-safe base64 text).
#[derive(Clone)]
pub struct Fernet {
    // The library wipes its keys when dropped.
    cipher: fernet::Fernet,
}

impl Fernet {
    /// A provider under this key.
    #[must_use]
    pub fn new(key: &FernetKey) -> Self {
        let encoded = Zeroizing::new(URL_SAFE.encode(key.0.as_ref()));
        let cipher = fernet::Fernet::new(&encoded).expect("32 bytes in URL-safe base64 are a key");
        Self { cipher }
    }

    /// A provider under the key classic nodes derive from this password; see
    /// [`FernetKey::from_password`].
    #[must_use]
    pub fn from_password(password: &Password) -> Self {
        Self::new(&FernetKey::from_password(password))
    }
}

impl CryptoProvider for Fernet {
    fn name(&self) -> &'static str {
        "fernet"
    }

    fn is_confidential(&self) -> bool {
        true
    }

    fn seal(&self, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        Ok(self.cipher.encrypt(plaintext).into_bytes())
    }

    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let token = str::from_utf8(sealed).map_err(|_| OpenError)?;
        // A token says when it was made, by the clock of who made it. Clocks of offline devices
        // are often wrong, so the token is read as if at the end of time, when none is too new.
        self.cipher
            .decrypt_at_time(token, None, END_OF_TIME)
            .map_err(|_| OpenError)
    }
}

impl fmt::Debug for Fernet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fernet(..)")
    }
}

/// The token with this time and IV, which the library draws itself. An IV that is not random
/// must depend on all of the plaintext.
pub(crate) fn token(key: &FernetKey, time_s: u64, iv: &[u8; 16], plaintext: &[u8]) -> Vec<u8> {
    let (signing, encryption) = key.0.split_at(16);
    let ciphertext = cbc::Encryptor::<Aes128>::new_from_slices(encryption, iv)
        .expect("AES-128 takes a key and an IV of 16 bytes")
        .encrypt_padded_vec_mut::<Pkcs7>(plaintext);
    let fields = [&[VERSION], &time_s.to_be_bytes()[..], iv, &ciphertext].concat();
    let mac = Hmac::<Sha256>::new_from_slice(signing)
        .expect("HMAC takes keys of any size")
        .chain_update(&fields)
        .finalize();
    URL_SAFE
        .encode([&fields[..], &mac.into_bytes()].concat())
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with the `cryptography` package of Python from this password, the IV 00 01 .. 0f and
    /// the Unix times 1699123456 and 4102444800 (the year 2100).
    const PASSWORD: &str = "correct horse ✓";
    const KEY: &str = "kTD6t8G81VNaZRr_yZIu9J2V4ngO70GGYZglUCX58ms=";
    const TOKEN: &[u8] = b"gAAAAABlRpEAAAECAwQFBgcICQoLDA0OD6BEj-qWU8udWX6ObUTz8PvlOor7QfJRcfti\
                           ktP50tdC1JO1eLxzTl4wOomcl1x8sQ==";
    const TOKEN_FROM_2100: &[u8] = b"gAAAAAD0hlcAAAECAwQFBgcICQoLDA0OD1tHl5Vm7Ql1ksAjPlBWu8a0tH\
                                     kDzN52xITo_Y0DJsxKKrFw2vWtrq_rLIsd-MtxDw==";

    #[test]
    fn passes_the_suite() {
        let ours = Fernet::from_password(&Password::new("of the network"));
        let theirs = Fernet::from_password(&Password::new("of another network"));
        crate::suite::certify(&ours, &theirs);
    }

    #[test]
    fn derives_the_key_classic_nodes_derive() {
        let key = FernetKey::from_password(&Password::new(PASSWORD));
        assert_eq!(URL_SAFE.encode(key.0.as_ref()), KEY);
    }

    #[test]
    fn opens_what_a_classic_node_sealed() {
        let fernet = Fernet::from_password(&Password::new(PASSWORD));
        assert_eq!(fernet.open(TOKEN).unwrap(), "Grüße an Ben".as_bytes());
    }

    #[test]
    fn makes_the_token_a_classic_node_made() {
        let key = FernetKey::from_password(&Password::new(PASSWORD));
        let iv = std::array::from_fn(|i| i as u8);
        let made = token(&key, 1_699_123_456, &iv, "Grüße an Ben".as_bytes());
        assert_eq!(made, TOKEN);
    }

    #[test]
    fn opens_what_a_node_with_a_fast_clock_sealed() {
        let fernet = Fernet::from_password(&Password::new(PASSWORD));
        assert_eq!(fernet.open(TOKEN_FROM_2100).unwrap(), b"from the future");
    }

    #[test]
    fn shows_no_key_when_printed() {
        let key = FernetKey::from([0xab; 32]);
        assert_eq!(format!("{key:?}"), "FernetKey(..)");
        assert_eq!(format!("{:?}", Fernet::new(&key)), "Fernet(..)");
        assert_eq!(format!("{:?}", Password::new("hunter2")), "Password(..)");
    }
}
