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
    AtRest, EnvelopeRow, Envelopes, Identities, Messages, Networks, NewMessage, OpenError, Reached,
    ReadMarkers, Recorded, StoreError, Transfers, Unlock, Uptime, at_rest, envelopes,
    error::{is_damage, unavailable},
    key_file, messages, migrations,
};

/// The open history of one profile.
pub struct Store {
    pub(crate) db: Connection,
    at_rest: AtRest,
}

impl Store {
    /// The name of the database file in a profile's directory.
    pub const FILE_NAME: &str = "database.sqlite";

    /// Opens the database in `dir`, or creates directory, key and database when there is none.
    /// A key that `unlock` can protect better than it is protected moves there.
    ///
    /// # Errors
    /// A database that is there is never replaced: see [`OpenError`] for what can be wrong with
    /// it and what the user can do.
    pub fn open(dir: &Path, unlock: &Unlock) -> Result<Self, OpenError> {
        create_dir(dir)?;
        let path = dir.join(Self::FILE_NAME);
        let exists = is_there(dir, &path)?;
        let (key, at_rest) = at_rest::key(dir, exists, unlock)?;

        let explain = |error: rusqlite::Error| {
            if is_damage(&error) {
                OpenError::Damaged(path.clone())
            } else {
                OpenError::Database(error)
            }
        };
        let mut db = Connection::open(&path).map_err(explain)?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        enter(&db, &key).map_err(explain)?;
        migrations::run(&mut db, &path, migrations::ALL, explain)?;
        key_file::keep_check(dir, &key)?;
        Ok(Self { db, at_rest })
    }

    /// What protects the database's key.
    #[must_use]
    pub fn at_rest(&self) -> AtRest {
        self.at_rest
    }

    /// Keeps messages and envelopes that came in or were written, all of them in one transaction.
    /// What is there already stays as it is.
    ///
    /// # Errors
    /// When the database cannot be written; then it holds none of them.
    pub fn record(
        &mut self,
        messages: &[NewMessage],
        envelopes: &[EnvelopeRow],
    ) -> Result<Recorded, StoreError> {
        let transaction = self.db.transaction()?;
        let recorded = messages::insert(&transaction, messages)?;
        for envelope in envelopes {
            envelopes::insert(&transaction, envelope)?;
        }
        transaction.commit()?;
        Ok(recorded)
    }

    /// Who this device and its person are.
    pub fn identity(&mut self) -> Identities<'_> {
        Identities { db: &self.db }
    }

    /// How long the node has run in all.
    pub fn uptime(&mut self) -> Uptime<'_> {
        Uptime { db: &self.db }
    }

    /// Keys of networks, and who was admitted to them.
    pub fn networks(&mut self) -> Networks<'_> {
        Networks { db: &mut self.db }
    }

    /// Every envelope that is known, and the bodies of those held.
    pub fn envelopes(&mut self) -> Envelopes<'_> {
        Envelopes { db: &mut self.db }
    }

    /// Messages of every conversation.
    pub fn messages(&mut self) -> Messages<'_> {
        Messages { db: &mut self.db }
    }

    /// Which devices have which own message.
    pub fn reached(&mut self) -> Reached<'_> {
        Reached { db: &mut self.db }
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
        Err(error) => Err(unavailable(path)(error)),
    }
}

fn create_dir(dir: &Path) -> Result<(), OpenError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(unavailable(dir))
}

/// Statements kept compiled: about as many as there are queries.
const STATEMENTS: usize = 64;

fn enter(db: &Connection, key: &DatabaseKey) -> rusqlite::Result<()> {
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
