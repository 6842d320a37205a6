//! The directory of a profile: made for its owner alone, and used only if no other user of the
//! computer can put files into it.

use std::{
    fs::{self, DirBuilder, Metadata},
    path::Path,
};

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

#[cfg(unix)]
fn others_write(dir: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    dir.permissions().mode() & 0o022 != 0
}

#[cfg(not(unix))]
fn others_write(_: &Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
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
    fn a_link_is_as_good_as_what_it_leads_to() {
        let home = tempfile::tempdir().unwrap();
        let (dir, link) = (home.path().join("ana"), home.path().join("link"));
        fs::create_dir(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
        std::os::unix::fs::symlink(&dir, &link).unwrap();
        private_dir(&link).unwrap_err();
    }
}
