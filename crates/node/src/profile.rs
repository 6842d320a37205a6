//! A profile: one directory with everything a device keeps, used by one node at a time.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use crate::{
    Config,
    api::{ApiError, ErrorCode},
    archive::open_error,
};

/// An opened profile. The lock ends with it, also when the process is killed.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) dir: PathBuf,
    pub(crate) downloads: PathBuf,
    _lock: File,
}

impl Profile {
    pub(crate) fn open(config: &Config) -> Result<Self, ApiError> {
        let dir = config.make_profile_dir()?;
        let unavailable = |error: std::io::Error| {
            let message = format!(
                "The profile folder {} cannot be used: {error}.",
                dir.display()
            );
            ApiError::new(ErrorCode::StoreUnavailable, message)
        };
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join("lock"))
            .map_err(unavailable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(&config.profile_name())),
            Err(TryLockError::Error(error)) => return Err(unavailable(error)),
        }
        let downloads = config.downloads_dir()?;
        Ok(Self {
            name: config.profile_name(),
            dir,
            downloads,
            _lock: lock,
        })
    }

    /// Where bytes of files not accepted yet wait.
    pub(crate) fn spool_dir(&self) -> PathBuf {
        self.dir.join("spool")
    }
}

impl Config {
    /// The profile in use: the one given, else `default`, or `port-N` on another port than 9999.
    #[must_use]
    pub fn profile_name(&self) -> String {
        match (&self.profile, self.port) {
            (Some(name), _) => name.clone(),
            (None, Self::DEFAULT_PORT) => "default".to_owned(),
            (None, port) => format!("port-{port}"),
        }
    }

    /// The directory of the profile.
    ///
    /// # Errors
    /// When the profile's name cannot be a directory's, or the system names no home.
    pub fn profile_dir(&self) -> Result<PathBuf, ApiError> {
        if let Some(dir) = &self.data_dir {
            return Ok(dir.clone());
        }
        let name = self.profile_name();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.chars().all(plain) {
            return Err(ApiError::new(
                ErrorCode::BadArgument,
                "A profile's name has 1 to 64 letters, digits, dots, hyphens or underscores and \
                 does not begin with a dot.",
            ));
        }
        let dirs =
            directories::ProjectDirs::from("app", "Gossamer", "Gossamer").ok_or_else(no_home)?;
        Ok(dirs.data_dir().join("profiles").join(name))
    }

    /// Makes the directory of the profile, for this user alone, unless it is there.
    ///
    /// # Errors
    /// As [`profile_dir`](Self::profile_dir), and when it cannot be made or others can write in it.
    pub fn make_profile_dir(&self) -> Result<PathBuf, ApiError> {
        let dir = self.profile_dir()?;
        gossamer_store::private_dir(&dir).map_err(|error| open_error(&error))?;
        Ok(dir)
    }

    /// Where accepted files land.
    ///
    /// # Errors
    /// When none was given and the system names no home.
    pub fn downloads_dir(&self) -> Result<PathBuf, ApiError> {
        if let Some(dir) = &self.downloads {
            return Ok(dir.clone());
        }
        let dirs = directories::UserDirs::new().ok_or_else(no_home)?;
        let downloads = dirs.download_dir().map(Path::to_owned);
        Ok(downloads
            .unwrap_or_else(|| dirs.home_dir().join("Downloads"))
            .join("mesh_downloads"))
    }
}

fn in_use(name: &str) -> ApiError {
    ApiError::new(
        ErrorCode::ProfileInUse,
        format!(
            "Gossamer already runs with the profile \"{name}\". Use that one, or start another \
             with --profile and another --port."
        ),
    )
}

fn no_home() -> ApiError {
    ApiError::new(
        ErrorCode::StoreUnavailable,
        "This system names no home folder. Say where to keep data with --data-dir and --downloads.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(port: u16, profile: Option<&str>) -> Config {
        Config {
            port,
            profile: profile.map(Into::into),
            ..Config::new("ana")
        }
    }

    #[test]
    fn another_port_is_another_profile_unless_one_is_named() {
        assert_eq!(config(9999, None).profile_name(), "default");
        assert_eq!(config(10001, None).profile_name(), "port-10001");
        assert_eq!(config(10001, Some("work")).profile_name(), "work");
    }

    #[test]
    fn a_profile_name_cannot_leave_its_folder() {
        for name in ["../x", "a/b", "", ".hidden", "a\\b"] {
            assert!(config(9999, Some(name)).profile_dir().is_err(), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_profile_that_others_can_write_is_refused_before_anything_is_in_it() {
        use std::{fs, os::unix::fs::PermissionsExt};
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let config = Config {
            data_dir: Some(dir.path().to_owned()),
            ..config(9999, None)
        };
        let error = Profile::open(&config).unwrap_err();
        assert_eq!(error.code, ErrorCode::StoreUnavailable);
        assert!(error.message.contains("chmod go-w"), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_profile_is_used_by_one_node_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            data_dir: Some(dir.path().join("p")),
            ..config(9999, None)
        };
        let first = Profile::open(&config).unwrap();
        assert_eq!(
            Profile::open(&config).unwrap_err().code,
            ErrorCode::ProfileInUse
        );
        drop(first);
        assert!(Profile::open(&config).is_ok());
    }
}
