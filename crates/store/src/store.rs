//! Opening the database.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use gossamer_crypto::DatabaseKey;
use rusqlite::Connection;
use zeroize::Zeroizing;

use crate::{
    AtRest, Contacts, Drafts, EnvelopeRow, Envelopes, Identities, Messages, Networks, NewMessage,
    OpenError, Reached, ReadMarkers, Recorded, Seen, Shares, StoreError, Transfers, Unlock, Uptime,
    at_rest, envelopes,
    error::{is_damage, unavailable},
    key_file, messages, migrations,
    private_dir::{keep_private, private_dir},
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
        private_dir(dir)?;
        let path = dir.join(Self::FILE_NAME);
        let exists = is_there(dir, &path)?;
        let (key, at_rest) = at_rest::key(dir, exists, unlock)?;

        keep_private(&path)?;
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

    /// Rows written, changed and removed since it was opened: more of them than before a call mean
    /// that the call wrote.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.db.total_changes()
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

    /// Whom the user prefers.
    pub fn contacts(&mut self) -> Contacts<'_> {
        Contacts { db: &self.db }
    }

    /// When devices were here last.
    pub fn seen(&mut self) -> Seen<'_> {
        Seen { db: &mut self.db }
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

    /// What was typed and not sent yet.
    pub fn drafts(&mut self) -> Drafts<'_> {
        Drafts { db: &self.db }
    }

    /// Current and past file transfers.
    pub fn transfers(&mut self) -> Transfers<'_> {
        Transfers { db: &mut self.db }
    }

    /// What transfers over v2 need beyond their rows.
    pub fn shares(&mut self) -> Shares<'_> {
        Shares { db: &mut self.db }
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

/// Whether there is a database. None, or an empty file, is one that was just about to be created,
/// unless something beside it says that creation was finished: then it was removed or cut to
/// nothing. A key says no such thing, for it is kept before the database is created.
fn is_there(dir: &Path, path: &PathBuf) -> Result<bool, OpenError> {
    match fs::metadata(path) {
        Ok(file) if file.len() == 0 && was_there(dir, path)? => {
            Err(OpenError::Damaged(path.clone()))
        }
        Ok(file) => Ok(file.len() > 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if was_there(dir, path)? {
                return Err(OpenError::Missing(path.clone()));
            }
            Ok(false)
        }
        Err(error) => Err(unavailable(path)(error)),
    }
}

/// Whether `dir` holds what only a finished database leaves: its check value, its log, which
/// SQLite starts only once the file has its first page and would throw away beside a new file, or
/// a copy from before a migration.
fn was_there(dir: &Path, path: &Path) -> Result<bool, OpenError> {
    if key_file::has_check(dir) || path.with_extension("sqlite-wal").exists() {
        return Ok(true);
    }
    migrations::has_copy(path).map_err(unavailable(dir))
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
         PRAGMA cache_size = -8192;
         PRAGMA foreign_keys = ON;",
    )?;
    // The first read shows whether the key fits.
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

#[cfg(test)]
mod tests {
    use gossamer_crypto::{DeviceId, Keyring, NetworkKey};

    use super::*;
    use crate::{
        AdmittedRow,
        test::{envelope, from_ben, home, open},
    };

    #[test]
    fn a_full_disk_is_an_error_and_leaves_everything_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store.identity().get_or_create("ana", 0).unwrap();
        store.record(&[from_ben(0)], &[envelope(0)]).unwrap();
        let seq = store.identity().next_seq(0).unwrap();
        fill(&store);

        let messages: Vec<_> = (0..2000).map(from_ben).collect();
        let envelopes: Vec<_> = (0..2000).map(envelope).collect();
        let error = store.record(&messages, &envelopes).unwrap_err();
        assert!(matches!(error, StoreError::Full), "{error}");
        // A message alone would fit: it is refused because its envelope does not.
        let error = store.record(&[from_ben(1)], &envelopes).unwrap_err();
        assert!(matches!(error, StoreError::Full), "{error}");
        let mut keyring = Keyring::new();
        keyring.merge([NetworkKey::new([1; 32])]);
        let mut refused = 0;
        for number in 0..2000_u16 {
            let mut id = [0; 32];
            id[..2].copy_from_slice(&number.to_be_bytes());
            let row = AdmittedRow {
                device: DeviceId::new(id),
                uptime: 0,
                address: None,
            };
            match store.networks().admit(&home(), None, &row) {
                Ok(()) => assert_eq!(refused, 0),
                Err(StoreError::Full) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
        assert!(refused > 0);

        store
            .db
            .pragma_update(None, "max_page_count", 1_000_000)
            .unwrap();
        let page = store.messages().page("everyone", None, 9).unwrap();
        assert_eq!(page.rows, [from_ben(0).row]);
        assert_eq!(
            store.envelopes().body_bytes().unwrap(),
            u64::from(envelope(0).meta.size)
        );
        assert_eq!(store.identity().next_seq(0).unwrap(), seq + 1);
        store.record(&messages, &envelopes).unwrap();
        store.networks().save_keyring(&home(), &keyring).unwrap();
    }

    #[test]
    fn a_history_of_the_first_format_opens_with_its_messages() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(Store::FILE_NAME);
        let (key, _) = at_rest::key(dir.path(), false, &Unlock::default()).unwrap();
        let mut db = Connection::open(&path).unwrap();
        enter(&db, &key).unwrap();
        let first = migrations::ALL.get(..1).unwrap();
        migrations::run(&mut db, &path, first, OpenError::Database).unwrap();
        db.execute_batch(
            "INSERT INTO profile (id, node_id, name, created_at) VALUES (1, 'aaaaaaaa', 'ana', 5);
             INSERT INTO messages (
                 id, conversation, from_id, from_name, text, own, readable, sent_at, received_at
             ) VALUES
                 ('two', 'everyone', 'bbbbbbbb', 'ben', 'two', 0, 1, 2000, 1),
                 ('one', 'everyone', 'bbbbbbbb', 'ben', 'one', 0, 1, 1000, 2);
             INSERT INTO read_markers (conversation, message_id, message_seq)
             VALUES ('everyone', 'one', 2);",
        )
        .unwrap();
        drop(db);

        let mut store = open(&dir);
        assert!(store.identity().get().unwrap().is_none());
        let page = store.messages().page("everyone", None, 9).unwrap();
        let places: Vec<_> = page
            .rows
            .iter()
            .map(|row| (row.id.as_str(), row.place))
            .collect();
        assert_eq!(places, [("one", 1000), ("two", 2000)]);
        assert!(store.read_markers().advance("everyone", "two").unwrap());
        let marker = store.read_markers().get("everyone").unwrap();
        assert_eq!(marker.as_deref(), Some("two"));
        assert!(dir.path().join("database.before-2.sqlite").exists());
    }

    #[test]
    fn a_store_shows_nothing_when_printed() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(format!("{:?}", open(&dir)), "Store(..)");
    }

    /// Leaves the database no room to grow.
    fn fill(store: &Store) {
        let pages: i64 = store
            .db
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap();
        store
            .db
            .pragma_update(None, "max_page_count", pages)
            .unwrap();
    }
}
