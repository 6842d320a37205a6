//! Files that hold a password or a passphrase.

use std::{
    fs::{File, Metadata},
    io::{self, Read},
    path::Path,
};

/// The text of a file and, when others on this computer can get at it, a warning that says what
/// mends that.
///
/// # Errors
/// When it cannot be read, or is no text.
pub(crate) fn read(path: &Path, what: &str) -> io::Result<(String, Option<String>)> {
    let mut file = File::open(path)?;
    let open = is_open_to_others(&file.metadata()?);
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let warning = open.then(|| {
        let path = path.display();
        format!(
            "Others on this computer can get at the {what} file {path}. Take that from them with: \
             chmod go= \"{path}\""
        )
    });
    Ok((text, warning))
}

#[cfg(unix)]
fn is_open_to_others(file: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    // What is no regular file, such as a pipe, is there for the moment only.
    file.is_file() && file.permissions().mode() & 0o066 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_file_that_others_can_read_or_write_is_warned_about_with_what_mends_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "anas word").unwrap();
        let warned = |mode| {
            fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
            let (text, warning) = read(file.path(), "passphrase").unwrap();
            assert_eq!(text, "anas word");
            warning
        };
        for open in [0o644, 0o640, 0o604, 0o620, 0o602] {
            let warning = warned(open).unwrap();
            let fix = format!("chmod go= \"{}\"", file.path().display());
            assert!(warning.contains("passphrase file"), "{warning}");
            assert!(warning.contains(&fix), "{warning}");
            assert!(!warning.contains("anas word"), "{warning}");
        }
        for narrow in [0o600, 0o400] {
            assert_eq!(warned(narrow), None);
        }
    }
}
