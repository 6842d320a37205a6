//! The last used Join form, kept in the profile. Never the password.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::session::JoinForm;

const FILE: &str = "settings.json";

/// The form as saved in the profile's directory. A missing or damaged file is no form: the
/// defaults serve as well, and the next join writes it anew.
pub(crate) fn load(profile: &Path) -> Option<JoinForm> {
    let text = fs::read(profile.join(FILE)).ok()?;
    match serde_json::from_slice(&text) {
        Ok(form) => Some(form),
        Err(error) => {
            tracing::warn!(%error, "the saved settings cannot be read and are ignored");
            None
        }
    }
}

/// Saves the form; the old file stays until the new one is whole.
pub(crate) fn save(profile: &Path, form: &JoinForm) -> io::Result<()> {
    let path: PathBuf = profile.join(FILE);
    let new = path.with_extension("json.new");
    fs::write(&new, serde_json::to_vec_pretty(form)?)?;
    fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> JoinForm {
        JoinForm {
            name: "ana".to_owned(),
            port: 10001,
            network: "boat".to_owned(),
            bind: Some("10.0.0.1".to_owned()),
        }
    }

    #[test]
    fn what_was_saved_is_found_again() {
        let profile = tempfile::tempdir().unwrap();
        assert_eq!(load(profile.path()), None);
        save(profile.path(), &form()).unwrap();
        save(profile.path(), &form()).unwrap();
        assert_eq!(load(profile.path()), Some(form()));
    }

    #[test]
    fn a_damaged_file_is_no_form() {
        let profile = tempfile::tempdir().unwrap();
        fs::write(profile.path().join(FILE), r#"{"name":"ana","port":"#).unwrap();
        assert_eq!(load(profile.path()), None);
    }
}
