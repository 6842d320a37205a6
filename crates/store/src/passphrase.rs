//! The key wrapped under a passphrase.
//!
//! `database.wrapped` holds one line of four words: the format's name, and in hexadecimal a salt,
//! the sealed key, and a sum that tells a damaged file from a wrong passphrase. The key is sealed
//! with ChaCha20-Poly1305 under Argon2id of passphrase and salt.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::AeadInOut};
use gossamer_crypto::DatabaseKey;
use zeroize::Zeroizing;

use crate::{OpenError, error::unavailable, private_file, random};

/// The format. Other costs would be another format, so that no file can ask for absurd ones.
const FORMAT: &str = "gossamer-key-1";
/// What Argon2id takes of memory, in KiB, and how often it goes through it: about a quarter of a
/// second, once for each start. A stolen file is guessed at that price.
const MEMORY_KIB: u32 = 65_536;
const PASSES: u32 = 3;

const SALT: usize = 16;
const TAG: usize = 16;
/// The key's 64 hexadecimal digits, sealed.
const SEALED: usize = 64 + TAG;

/// What a person locks their history with: never printed, wiped from memory when dropped.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes a passphrase as the person typed it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// Where the key of the database in `dir` is when a passphrase protects it.
pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join("database.wrapped")
}

/// Reads the key; `None` when none is wrapped.
pub(crate) fn read(dir: &Path, passphrase: &Passphrase) -> Result<Option<DatabaseKey>, OpenError> {
    let path = path(dir);
    let Some(line) = private_file::read(&path).map_err(unavailable(&path))? else {
        return Ok(None);
    };
    let Some((salt, sealed)) = parse(&line) else {
        return Err(OpenError::KeyDamaged(path));
    };
    open(passphrase, &salt, sealed)
        .map(Some)
        .ok_or(OpenError::PassphraseWrong)
}

/// Wraps and keeps the key, then reads it back: when this returns, the passphrase opens it.
pub(crate) fn write(
    dir: &Path,
    passphrase: &Passphrase,
    key: &DatabaseKey,
) -> Result<(), OpenError> {
    let path = path(dir);
    let salt = random().map_err(OpenError::Randomness)?;
    let sealed = seal(passphrase, &salt, key).ok_or(OpenError::KeyDamaged(path.clone()))?;
    private_file::write(&path, &line(&salt, &sealed)).map_err(unavailable(&path))?;
    match read(dir, passphrase)? {
        Some(kept) if kept == *key => Ok(()),
        _ => Err(OpenError::KeyDamaged(path)),
    }
}

fn line(salt: &[u8; SALT], sealed: &[u8]) -> String {
    let sum = sum(salt, sealed);
    let [salt, sealed, sum] = [&salt[..], sealed, &sum].map(hex::encode);
    format!("{FORMAT} {salt} {sealed} {sum}")
}

fn parse(line: &str) -> Option<([u8; SALT], [u8; SEALED])> {
    let mut words = line.split(' ');
    if words.next() != Some(FORMAT) {
        return None;
    }
    let mut word = || words.next().and_then(|word| hex::decode(word).ok());
    let (salt, sealed, sum_there) = (word()?, word()?, word()?);
    let salt: [u8; SALT] = salt.try_into().ok()?;
    let sealed: [u8; SEALED] = sealed.try_into().ok()?;
    let whole = words.next().is_none() && sum_there == sum(&salt, &sealed);
    whole.then_some((salt, sealed))
}

fn sum(salt: &[u8; SALT], sealed: &[u8]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new_derive_key("gossamer wrapped key sum");
    hasher.update(salt).update(sealed);
    let mut sum = [0; 8];
    hasher.finalize_xof().fill(&mut sum);
    sum
}

fn seal(passphrase: &Passphrase, salt: &[u8; SALT], key: &DatabaseKey) -> Option<Vec<u8>> {
    // Room for the tag at once: growing would leave a copy behind.
    let mut sealed = Zeroizing::new(Vec::with_capacity(SEALED));
    sealed.extend_from_slice(key.to_hex().as_bytes());
    cipher(passphrase, salt)?
        .encrypt_in_place(&NONCE.into(), FORMAT.as_bytes(), &mut *sealed)
        .ok()?;
    Some(std::mem::take(&mut *sealed))
}

fn open(passphrase: &Passphrase, salt: &[u8; SALT], sealed: [u8; SEALED]) -> Option<DatabaseKey> {
    let mut opened = Zeroizing::new(sealed.to_vec());
    cipher(passphrase, salt)?
        .decrypt_in_place(&NONCE.into(), FORMAT.as_bytes(), &mut *opened)
        .ok()?;
    DatabaseKey::from_hex(str::from_utf8(&opened).ok()?)
}

/// Each wrapping has a salt and so a cipher of its own, which seals once.
const NONCE: [u8; 12] = [0; 12];

fn cipher(passphrase: &Passphrase, salt: &[u8; SALT]) -> Option<ChaCha20Poly1305> {
    let mut key = Zeroizing::new([0; 32]);
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(key.len())).ok()?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.0.as_bytes(), salt, key.as_mut())
        .ok()?;
    ChaCha20Poly1305::new_from_slice(key.as_ref()).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn wrapped() -> (tempfile::TempDir, DatabaseKey) {
        let dir = tempfile::tempdir().unwrap();
        let key = DatabaseKey::new([5; 32]);
        write(dir.path(), &Passphrase::new("old bridge"), &key).unwrap();
        (dir, key)
    }

    #[test]
    fn the_passphrase_opens_what_it_wrapped_and_no_other_does() {
        let (dir, key) = wrapped();
        let right = Passphrase::new("old bridge");
        assert_eq!(read(dir.path(), &right).unwrap(), Some(key));
        let error = read(dir.path(), &Passphrase::new("old bridges")).unwrap_err();
        assert!(matches!(error, OpenError::PassphraseWrong), "{error}");
    }

    #[test]
    fn a_damaged_file_is_not_a_wrong_passphrase() {
        let (dir, _) = wrapped();
        let path = path(dir.path());
        let whole = fs::read(&path).unwrap();
        let right = Passphrase::new("old bridge");
        for at in 0..whole.len() - 1 {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&path, damaged).unwrap();
            let error = read(dir.path(), &right).unwrap_err();
            assert!(matches!(error, OpenError::KeyDamaged(_)), "{at}: {error}");
        }
        for length in 0..whole.len() - 1 {
            fs::write(&path, &whole[..length]).unwrap();
            let error = read(dir.path(), &right).unwrap_err();
            assert!(
                matches!(error, OpenError::KeyDamaged(_)),
                "{length}: {error}"
            );
        }
    }

    #[test]
    fn the_file_shows_neither_key_nor_passphrase_and_is_new_each_time() {
        let (dir, key) = wrapped();
        let first = fs::read_to_string(path(dir.path())).unwrap();
        assert!(!first.contains(key.to_hex().as_str()) && !first.contains("bridge"));
        write(dir.path(), &Passphrase::new("old bridge"), &key).unwrap();
        assert_ne!(fs::read_to_string(path(dir.path())).unwrap(), first);
    }

    #[test]
    fn a_passphrase_shows_nothing_when_printed() {
        assert_eq!(format!("{:?}", Passphrase::new("secret")), "Passphrase(..)");
    }
}
