//! The files beside the database: its key, and a value that tells a wrong key from damage.
//!
//! `database.key` holds the key as 64 hexadecimal digits, readable by its owner only (on Windows
//! by whoever may read the profile's directory). `database.check` holds [`DatabaseKey::check`] of
//! the key that the database was created under. SQLCipher gives the same error for a wrong key
//! and for damaged bytes; with the check value the two can be told apart.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use gossamer_crypto::DatabaseKey;
use zeroize::Zeroizing;

use crate::OpenError;

/// Where the key of the database in `dir` is.
pub(crate) fn key_path(dir: &Path) -> PathBuf {
    dir.join("database.key")
}

/// Reads the key; `None` when there is no key file.
pub(crate) fn read_key(dir: &Path) -> Result<Option<DatabaseKey>, OpenError> {
    let path = key_path(dir);
    match fs::read(&path).map(Zeroizing::new) {
        Ok(bytes) => str::from_utf8(&bytes)
            .ok()
            .and_then(|text| DatabaseKey::from_hex(text.trim_end()))
            .map(Some)
            .ok_or(OpenError::KeyDamaged(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(OpenError::Unavailable { path, source }),
    }
}

/// Makes a new key and keeps it on disk before it returns.
pub(crate) fn create_key(dir: &Path) -> Result<DatabaseKey, OpenError> {
    let path = key_path(dir);
    let mut random = Zeroizing::new([0; 32]);
    getrandom::fill(random.as_mut()).map_err(|error| OpenError::Unavailable {
        path: path.clone(),
        source: io::Error::other(error.to_string()),
    })?;
    let key = DatabaseKey::new(*random);
    write_private(&path, &key.to_hex())
        .map_err(|source| OpenError::Unavailable { path, source })?;
    Ok(key)
}

/// Whether a check value was kept: from then on the database has been there.
pub(crate) fn has_check(dir: &Path) -> bool {
    check_path(dir).exists()
}

/// Whether `key` is the one the database was created under, as far as the check value knows.
pub(crate) fn check_fits(dir: &Path, key: &DatabaseKey) -> bool {
    match fs::read_to_string(check_path(dir)) {
        Ok(check) => check.trim_end() == key.check(),
        // A lost check value costs a precise error message, not the history.
        Err(_) => true,
    }
}

/// Keeps the check value of `key`, unless it is there already.
pub(crate) fn keep_check(dir: &Path, key: &DatabaseKey) -> Result<(), OpenError> {
    let path = check_path(dir);
    if fs::read_to_string(&path).is_ok_and(|check| check.trim_end() == key.check()) {
        return Ok(());
    }
    write_private(&path, &key.check()).map_err(|source| OpenError::Unavailable { path, source })
}

/// Makes a rename or a new file in `dir` survive a power cut.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(dir)?.sync_all()
    } else {
        // Windows has no such call; NTFS journals its directories.
        Ok(())
    }
}

fn check_path(dir: &Path) -> PathBuf {
    dir.join("database.check")
}

/// Writes one line to `path`, whole or not at all, readable by its owner only.
fn write_private(path: &Path, line: &str) -> io::Result<()> {
    let partial = path.with_extension("new");
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&partial)?;
    file.write_all(line.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    path.parent().map_or(Ok(()), sync_dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_can_be_read_again() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read_key(dir.path()).unwrap().is_none());
        let key = create_key(dir.path()).unwrap();
        assert_eq!(read_key(dir.path()).unwrap(), Some(key.clone()));
        assert_ne!(create_key(dir.path()).unwrap(), key);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_can_read_the_key() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        create_key(dir.path()).unwrap();
        let mode = fs::metadata(key_path(dir.path())).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_is_not_a_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for content in [&b""[..], b"short\n", &[0xff; 64]] {
            fs::write(key_path(dir.path()), content).unwrap();
            let error = read_key(dir.path()).unwrap_err();
            assert!(matches!(error, OpenError::KeyDamaged(_)), "{error}");
        }
    }

    #[test]
    fn the_check_fits_its_own_key_only() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, theirs) = (DatabaseKey::new([1; 32]), DatabaseKey::new([2; 32]));
        assert!(check_fits(dir.path(), &ours) && !has_check(dir.path()));
        keep_check(dir.path(), &ours).unwrap();
        assert!(has_check(dir.path()));
        assert!(check_fits(dir.path(), &ours));
        assert!(!check_fits(dir.path(), &theirs));
    }
}
