//! The directory of a profile: made for its owner alone, and used only if no other user of the
//! computer can put files into it.

use std::{
    fs::{self, DirBuilder, Metadata, OpenOptions},
    path::Path,
};
#[cfg(unix)]
use std::{io, os::unix::ffi::OsStrExt};

use crate::{OpenError, error::unavailable};

/// Makes a profile's directory, which only its owner can read, unless it is there.
///
/// # Errors
/// When it cannot be made, and on Unix when others may write in it: who can exchange its files
/// can exchange the keys. Whether they may do so on Windows is not looked at.
pub fn private_dir(dir: &Path) -> Result<(), OpenError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(unavailable(dir))?;
    let known = fs::metadata(dir).map_err(unavailable(dir))?;
    if others_write(&known) {
        return Err(OpenError::OthersWrite(dir.to_owned()));
    }
    Ok(())
}

/// Sees to it that only its owner can read the database at `path`: it is made so when there is
/// none, and all files beside it that bear its name, such as its log and its copies, become so.
/// SQLite gives the files it makes the mode of the database.
pub(crate) fn keep_private(path: &Path) -> Result<(), OpenError> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(unavailable(path))?;
    #[cfg(unix)]
    narrow(path).map_err(unavailable(path))?;
    Ok(())
}

#[cfg(unix)]
fn narrow(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let (Some(dir), Some(name)) = (path.parent(), path.file_stem()) else {
        return Ok(());
    };
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let ours = path.file_name().is_some_and(|file| {
            let rest = file.as_bytes().strip_prefix(name.as_bytes());
            rest.is_some_and(|rest| rest.starts_with(b"."))
        });
        // A link leads to what is not ours to change.
        if ours
            && let Ok(known) = fs::symlink_metadata(&path)
            && known.is_file()
            && known.permissions().mode() & 0o077 != 0
        {
            // A file system without modes refuses: there the directory decides who reads.
            let _ = fs::set_permissions(&path, fs::Permissions::from_mode(0o600));
        }
    }
    Ok(())
}

#[cfg(unix)]
fn others_write(dir: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    dir.permissions().mode() & 0o022 != 0
}

#[cfg(not(unix))]
fn others_write(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_directory_that_is_made_is_its_owners_alone() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("profiles").join("ana");
        private_dir(&dir).unwrap();
        assert_eq!(mode(&dir), 0o700);
        private_dir(&dir).unwrap();
    }

    #[test]
    fn a_directory_in_which_others_can_write_is_refused_with_what_mends_it() {
        let home = tempfile::tempdir().unwrap();
        for open in [0o770, 0o702, 0o777, 0o1777, 0o2775] {
            fs::set_permissions(home.path(), fs::Permissions::from_mode(open)).unwrap();
            let error = private_dir(home.path()).unwrap_err();
            let fix = format!("chmod go-w \"{}\"", home.path().display());
            assert!(error.to_string().contains(&fix), "{error}");
            assert_eq!(mode(home.path()), open, "it is left as it is");
        }
        for narrow in [0o700, 0o755, 0o2750] {
            fs::set_permissions(home.path(), fs::Permissions::from_mode(narrow)).unwrap();
            private_dir(home.path()).unwrap();
        }
    }

    #[test]
    fn only_its_owner_can_read_a_history_and_what_is_beside_it() {
        let home = tempfile::tempdir().unwrap();
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let open = || crate::test::open(&home);
        let files = || -> Vec<_> {
            let entries = fs::read_dir(home.path()).unwrap();
            entries.map(|entry| entry.unwrap().path()).collect()
        };
        let mut ana = open();
        ana.uptime().save(1).unwrap();
        let names = files();
        for ending in ["sqlite", "sqlite-wal", "sqlite-shm"] {
            let path = home.path().join("database").with_extension(ending);
            assert!(names.contains(&path), "{ending} is there");
        }
        for path in names {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }

        // As an earlier version left it, its log still there, and what else may be there.
        fs::write(home.path().join("database.before-3.sqlite"), "").unwrap();
        fs::write(home.path().join("other"), "").unwrap();
        for path in files() {
            fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        }
        let again = open();
        for path in files() {
            let other = path.ends_with("other");
            let wanted = if other { 0o644 } else { 0o600 };
            assert_eq!(mode(&path), wanted, "{}", path.display());
        }
        drop((ana, again));
    }

    #[test]
    fn a_link_is_as_good_as_what_it_leads_to() {
        let home = tempfile::tempdir().unwrap();
        let (dir, link) = (home.path().join("ana"), home.path().join("link"));
        fs::create_dir(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
        std::os::unix::fs::symlink(&dir, &link).unwrap();
        private_dir(&link).unwrap_err();
    }
}
