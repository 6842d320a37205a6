//! What protects the database's key (docs/decisions/0004-database-key.md).
//!
//! The key is in one of three places, each better than the one before: a file, the system's
//! keychain, a file wrapped under a passphrase. [`key`] finds it and moves it to the best place
//! that is offered. A place is left only once the next one was read back, and a move that was cut
//! short is finished by the next start: until then the key is in both.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use gossamer_crypto::DatabaseKey;

use crate::{
    Keychain, KeychainError, OpenError, Passphrase, SystemKeychain, error::unavailable, key_file,
    passphrase, private_file, random,
};

/// What may be used to open the history, and to protect it. By default nothing: the key is in a
/// file that only its owner can read.
#[derive(Clone, Default)]
pub struct Unlock {
    /// The system's keychain.
    pub keychain: Option<Arc<dyn Keychain>>,
    /// What the person gave.
    pub passphrase: Option<Passphrase>,
}

impl Unlock {
    /// The keychain of this system, and a passphrase if there is one.
    #[must_use]
    pub fn system(passphrase: Option<Passphrase>) -> Self {
        Self {
            keychain: Some(Arc::new(SystemKeychain)),
            passphrase,
        }
    }
}

impl fmt::Debug for Unlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unlock(..)")
    }
}

/// What protects the key of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtRest {
    /// The permissions of a file only: who can read the disk can read the history.
    KeyFile,
    /// The system's keychain, which opens when the person logs in.
    Keychain,
    /// A passphrase.
    Passphrase,
}

/// As the API names it.
impl fmt::Display for AtRest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyFile => "key-file",
            Self::Keychain => "keychain",
            Self::Passphrase => "passphrase",
        })
    }
}

/// The key of the database in `dir`, a new one when there is neither key nor database, and what
/// protects it from now on.
pub(crate) fn key(
    dir: &Path,
    database_exists: bool,
    unlock: &Unlock,
) -> Result<(DatabaseKey, AtRest), OpenError> {
    match find(dir, unlock)? {
        Some((key, place)) if key_file::check_fits(dir, &key) || !database_exists => {
            let place = improve(dir, &key, place, unlock)?;
            Ok((key, place))
        }
        Some((_, AtRest::KeyFile)) => Err(OpenError::KeyWrong(key_file::path(dir))),
        Some((_, AtRest::Keychain)) => Err(OpenError::KeyWrong(keychain_path(dir))),
        Some((_, AtRest::Passphrase)) => Err(OpenError::KeyWrong(passphrase::path(dir))),
        None if database_exists => Err(OpenError::KeyMissing(key_file::path(dir))),
        None => create(dir, unlock),
    }
}

fn find(dir: &Path, unlock: &Unlock) -> Result<Option<(DatabaseKey, AtRest)>, OpenError> {
    if let Some(given) = &unlock.passphrase
        && let Some(key) = passphrase::read(dir, given)?
    {
        return Ok(Some((key, AtRest::Passphrase)));
    }
    if let Some(key) = key_file::read(dir)? {
        return Ok(Some((key, AtRest::KeyFile)));
    }
    if let Some(key) = read_keychain(dir, unlock)? {
        return Ok(Some((key, AtRest::Keychain)));
    }
    if passphrase::path(dir).exists() {
        return Err(OpenError::PassphraseNeeded);
    }
    Ok(None)
}

fn create(dir: &Path, unlock: &Unlock) -> Result<(DatabaseKey, AtRest), OpenError> {
    let key = DatabaseKey::new(*random().map_err(OpenError::Randomness)?);
    if let Some(given) = &unlock.passphrase {
        passphrase::write(dir, given, &key)?;
        return Ok((key, AtRest::Passphrase));
    }
    if move_to_keychain(dir, &key, unlock)? {
        return Ok((key, AtRest::Keychain));
    }
    key_file::write(dir, &key)?;
    Ok((key, AtRest::KeyFile))
}

/// Moves the key from the place it was found in to a better one, if one is offered.
fn improve(
    dir: &Path,
    key: &DatabaseKey,
    place: AtRest,
    unlock: &Unlock,
) -> Result<AtRest, OpenError> {
    if let Some(given) = &unlock.passphrase {
        if place != AtRest::Passphrase {
            passphrase::write(dir, given, key)?;
        }
        leave_key_file(dir, key)?;
        leave_keychain(dir, unlock)?;
        return Ok(AtRest::Passphrase);
    }
    if place == AtRest::KeyFile && move_to_keychain(dir, key, unlock)? {
        leave_key_file(dir, key)?;
        return Ok(AtRest::Keychain);
    }
    Ok(place)
}

/// Removes the key file. One that holds another key is not ours to judge.
fn leave_key_file(dir: &Path, key: &DatabaseKey) -> Result<(), OpenError> {
    if !matches!(key_file::read(dir), Ok(Some(there)) if there == *key) {
        return Ok(());
    }
    let path = key_file::path(dir);
    private_file::remove(&path).map_err(unavailable(&path))
}

/// Where it is noted under which name the keychain has the key of the database in `dir`.
fn keychain_path(dir: &Path) -> PathBuf {
    dir.join("database.keychain")
}

/// The name under which the keychain has the key; `None` when it was not given to it.
fn keychain_name(dir: &Path) -> Result<Option<String>, OpenError> {
    let path = keychain_path(dir);
    let line = private_file::read(&path).map_err(unavailable(&path))?;
    match line {
        Some(name) if name.is_empty() => Err(OpenError::KeyDamaged(path)),
        line => Ok(line.map(|name| (*name).clone())),
    }
}

fn read_keychain(dir: &Path, unlock: &Unlock) -> Result<Option<DatabaseKey>, OpenError> {
    let Some(name) = keychain_name(dir)? else {
        return Ok(None);
    };
    let Some(keychain) = &unlock.keychain else {
        let error = KeychainError("it is switched off".to_owned());
        return Err(OpenError::KeychainUnavailable(error));
    };
    let secret = keychain
        .get(&name)
        .map_err(OpenError::KeychainUnavailable)?
        .ok_or(OpenError::KeychainEntryMissing(name))?;
    DatabaseKey::from_hex(&secret)
        .map(Some)
        .ok_or(OpenError::KeyWrong(keychain_path(dir)))
}

/// Gives the key to the keychain and reads it back. False when there is none that takes it.
fn move_to_keychain(dir: &Path, key: &DatabaseKey, unlock: &Unlock) -> Result<bool, OpenError> {
    let Some(keychain) = &unlock.keychain else {
        return Ok(false);
    };
    // The name says which key it is, so that profiles that move or multiply never meet.
    let (name, secret) = (key.check(), key.to_hex());
    let kept = keychain
        .set(&name, &secret)
        .and_then(|()| keychain.get(&name));
    if !matches!(kept, Ok(Some(kept)) if kept == secret) {
        return Ok(false);
    }
    let path = keychain_path(dir);
    private_file::write(&path, &name).map_err(unavailable(&path))?;
    Ok(true)
}

fn leave_keychain(dir: &Path, unlock: &Unlock) -> Result<(), OpenError> {
    let Some(name) = keychain_name(dir)? else {
        return Ok(());
    };
    if let Some(keychain) = &unlock.keychain {
        // An entry that stays is as good as the keychain it is in: no reason not to start.
        let _ = keychain.remove(&name);
    }
    let path = keychain_path(dir);
    private_file::remove(&path).map_err(unavailable(&path))
}
