//! What the window remembers, kept in the profile. Never the password.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use gossamer_node::RelayMode;
use serde::{Deserialize, Serialize};

use crate::session::JoinForm;

/// What was used last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// The Join form.
    #[serde(flatten)]
    pub(crate) form: JoinForm,
    /// For whom this device passes streams on.
    #[serde(default)]
    pub(crate) relay: RelayMode,
}

const FILE: &str = "settings.json";

/// The settings as saved in the profile's directory. A missing or damaged file is no settings: the
/// defaults serve as well, and the next join writes it anew.
pub(crate) fn load(profile: &Path) -> Option<Settings> {
    let text = fs::read(profile.join(FILE)).ok()?;
    match serde_json::from_slice(&text) {
        Ok(settings) => Some(settings),
        Err(error) => {
            tracing::warn!(%error, "the saved settings cannot be read and are ignored");
            None
        }
    }
}

/// Saves them; the old file stays until the new one is whole.
pub(crate) fn save(profile: &Path, settings: &Settings) -> io::Result<()> {
    let path: PathBuf = profile.join(FILE);
    let new = path.with_extension("json.new");
    fs::write(&new, serde_json::to_vec_pretty(settings)?)?;
    fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            form: JoinForm {
                name: "ana".to_owned(),
                port: 10001,
                network: "boat".to_owned(),
                bind: Some("10.0.0.1".to_owned()),
            },
            relay: RelayMode::Contacts,
        }
    }

    #[test]
    fn what_was_saved_is_found_again() {
        let profile = tempfile::tempdir().unwrap();
        assert_eq!(load(profile.path()), None);
        save(profile.path(), &settings()).unwrap();
        save(profile.path(), &settings()).unwrap();
        assert_eq!(load(profile.path()), Some(settings()));
    }

    #[test]
    fn a_file_from_before_there_was_a_choice_passes_on_for_everyone() {
        let profile = tempfile::tempdir().unwrap();
        let old = r#"{"name":"ana","port":10001,"network":"boat","bind":"10.0.0.1"}"#;
        fs::write(profile.path().join(FILE), old).unwrap();
        let relay = RelayMode::Everyone;
        assert_eq!(
            load(profile.path()),
            Some(Settings {
                relay,
                ..settings()
            })
        );
    }

    #[test]
    fn a_damaged_file_is_no_settings() {
        let profile = tempfile::tempdir().unwrap();
        fs::write(profile.path().join(FILE), r#"{"name":"ana","port":"#).unwrap();
        assert_eq!(load(profile.path()), None);
    }
}
