//! The key in a file of its own, and a value that tells a wrong key from damage.
//!
//! `database.key` holds the key as 64 hexadecimal digits. `database.check` holds
//! [`DatabaseKey::check`] of the key that the database was created under. SQLCipher gives the same
//! error for a wrong key and for damaged bytes; with the check value the two can be told apart.

use std::path::{Path, PathBuf};

use gossamer_crypto::DatabaseKey;

use crate::{OpenError, error::unavailable, private_file};

/// Where the key of the database in `dir` is when nothing protects it.
pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join("database.key")
}

/// Reads the key; `None` when there is no key file.
pub(crate) fn read(dir: &Path) -> Result<Option<DatabaseKey>, OpenError> {
    let path = path(dir);
    let Some(line) = private_file::read(&path).map_err(unavailable(&path))? else {
        return Ok(None);
    };
    DatabaseKey::from_hex(&line)
        .map(Some)
        .ok_or(OpenError::KeyDamaged(path))
}

/// Keeps the key.
pub(crate) fn write(dir: &Path, key: &DatabaseKey) -> Result<(), OpenError> {
    let path = path(dir);
    private_file::write(&path, &key.to_hex()).map_err(unavailable(&path))
}

/// Whether a check value was kept: from then on the database has been there.
pub(crate) fn has_check(dir: &Path) -> bool {
    check_path(dir).exists()
}

/// Whether `key` is the one the database was created under, as far as the check value knows.
pub(crate) fn check_fits(dir: &Path, key: &DatabaseKey) -> bool {
    match private_file::read(&check_path(dir)) {
        Ok(Some(check)) => *check == key.check(),
        // A lost check value costs a precise error message, not the history.
        Ok(None) | Err(_) => true,
    }
}

/// Keeps the check value of `key`, unless it is there already.
pub(crate) fn keep_check(dir: &Path, key: &DatabaseKey) -> Result<(), OpenError> {
    let path = check_path(dir);
    if path.exists() && check_fits(dir, key) {
        return Ok(());
    }
    private_file::write(&path, &key.check()).map_err(unavailable(&path))
}

fn check_path(dir: &Path) -> PathBuf {
    dir.join("database.check")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_kept_key_can_be_read_again() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read(dir.path()).unwrap().is_none());
        let key = DatabaseKey::new([5; 32]);
        write(dir.path(), &key).unwrap();
        assert_eq!(read(dir.path()).unwrap(), Some(key));
    }

    #[test]
    fn a_file_that_is_not_a_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for content in [&b""[..], b"short\n", &[0xff; 64]] {
            fs::write(path(dir.path()), content).unwrap();
            let error = read(dir.path()).unwrap_err();
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
