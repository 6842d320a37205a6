//! Opening the database.

use std::{
    fmt,
    fs::{self, DirBuilder},
    path::{Path, PathBuf},
};

use gossamer_crypto::DatabaseKey;
use rusqlite::Connection;
use zeroize::Zeroizing;

use crate::{
    Messages, OpenError, Profiles, ReadMarkers, StoreError, Transfers, error::is_damage, key_file,
    migrations,
};

/// The open history of one profile.
pub struct Store {
    db: Connection,
}

impl Store {
    /// The name of the database file in a profile's directory.
    pub const FILE_NAME: &str = "database.sqlite";

    /// Opens the database in `dir`, or creates directory, key and database when there is none.
    ///
    /// # Errors
    /// A database that is there is never replaced: see [`OpenError`] for what can be wrong with
    /// it and what the user can do.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        create_dir(dir)?;
        let path = dir.join(Self::FILE_NAME);
        let exists = is_there(dir, &path)?;
        let key = match (key_file::read_key(dir)?, exists) {
            (Some(key), true) if !key_file::check_fits(dir, &key) => {
                return Err(OpenError::KeyWrong(key_file::key_path(dir)));
            }
            (Some(key), _) => key,
            (None, true) => return Err(OpenError::KeyMissing(key_file::key_path(dir))),
            (None, false) => key_file::create_key(dir)?,
        };

        let explain = |error: rusqlite::Error| {
            if is_damage(&error) {
                OpenError::Damaged(path.clone())
            } else {
                OpenError::Database(error)
            }
        };
        let mut db = Connection::open(&path).map_err(explain)?;
        unlock(&db, &key).map_err(explain)?;
        migrations::run(&mut db, &path, migrations::ALL, explain)?;
        key_file::keep_check(dir, &key)?;
        Ok(Self { db })
    }

    /// This device's identity.
    pub fn profile(&mut self) -> Profiles<'_> {
        Profiles { db: &self.db }
    }

    /// Messages of every conversation.
    pub fn messages(&mut self) -> Messages<'_> {
        Messages { db: &mut self.db }
    }

    /// How far each conversation has been read.
    pub fn read_markers(&mut self) -> ReadMarkers<'_> {
        ReadMarkers { db: &self.db }
    }

    /// Current and past file transfers.
    pub fn transfers(&mut self) -> Transfers<'_> {
        Transfers { db: &mut self.db }
    }

    /// Closes the database and folds its log into the one file.
    ///
    /// # Errors
    /// When that cannot be written. Nothing is lost: the next open does it.
    pub fn close(self) -> Result<(), StoreError> {
        self.db.close().map_err(|(_, error)| error.into())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store(..)")
    }
}

/// Whether there is a database. An empty file is one that was just about to be created, unless
/// the check value says that creation was finished: then it was cut to nothing.
fn is_there(dir: &Path, path: &PathBuf) -> Result<bool, OpenError> {
    match fs::metadata(path) {
        Ok(file) if file.len() == 0 && key_file::has_check(dir) => {
            Err(OpenError::Damaged(path.clone()))
        }
        Ok(file) => Ok(file.len() > 0),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(OpenError::Unavailable {
            path: path.clone(),
            source,
        }),
    }
}

fn create_dir(dir: &Path) -> Result<(), OpenError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(dir)
        .map_err(|source| OpenError::Unavailable {
            path: dir.to_owned(),
            source,
        })
}

fn unlock(db: &Connection, key: &DatabaseKey) -> rusqlite::Result<()> {
    let digits = key.to_hex();
    let pragma = Zeroizing::new(format!("PRAGMA key = \"x'{}'\"", *digits));
    db.execute_batch(&pragma)?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;",
    )?;
    // The first read shows whether the key fits.
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}
