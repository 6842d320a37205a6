//! The `identity` table: who this device and its person are. It has one row.

use std::fmt;

use gossamer_crypto::{DeviceKey, UserKey};
use rusqlite::{Connection, OptionalExtension, Row, params};
use zeroize::Zeroizing;

use crate::{
    StoreError,
    column::{loaded, stored},
    random,
};

/// Who this device and its person are (docs/protocol-v2.md 2).
pub struct IdentityRow {
    /// The person, for as long as the profile lives.
    pub user: UserKey,
    /// This installation, for as long as the profile lives.
    pub device: DeviceKey,
    /// The name used last.
    pub name: String,
    /// When the profile was created, Unix milliseconds.
    pub created_at: u64,
}

/// Shows neither keys nor the name.
impl fmt::Debug for IdentityRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityRow({:?})", self.device.id())
    }
}

/// The queries of the `identity` table.
#[derive(Debug)]
pub struct Identities<'a> {
    pub(crate) db: &'a Connection,
}

impl Identities<'_> {
    /// The identity; when there is none yet, one with fresh keys, made at `now`. Its name is
    /// `name` from now on.
    ///
    /// # Errors
    /// When the database cannot be read or written, or the system gives no random numbers.
    pub fn get_or_create(&self, name: &str, now: u64) -> Result<IdentityRow, StoreError> {
        self.db.execute(
            "UPDATE identity SET name = ?1 WHERE name <> ?1",
            params![name],
        )?;
        if let Some(row) = self.get()? {
            return Ok(row);
        }
        let row = IdentityRow {
            user: UserKey::from_secret(&*random().map_err(StoreError::Randomness)?),
            device: DeviceKey::from_secret(&*random().map_err(StoreError::Randomness)?),
            name: name.to_owned(),
            created_at: now,
        };
        self.db.execute(
            "INSERT INTO identity (id, user_key, device_key, name, created_at)
             VALUES (1, ?1, ?2, ?3, ?4)",
            params![
                row.user.expose_secret().as_slice(),
                row.device.expose_secret().as_slice(),
                row.name,
                stored(now),
            ],
        )?;
        Ok(row)
    }

    /// The identity, if there is one yet.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn get(&self) -> Result<Option<IdentityRow>, StoreError> {
        let select = "SELECT user_key, device_key, name, created_at FROM identity";
        Ok(self.db.query_row(select, [], from_row).optional()?)
    }

    /// The number of this device's next envelope or record: `max(last + 1, now)`, `now` in Unix
    /// milliseconds. It is on disk when this returns, so that none is ever given twice
    /// (docs/protocol-v2.md 2, 6.1).
    ///
    /// # Errors
    /// When the database cannot be written, or there is no identity yet.
    pub fn next_seq(&self, now: u64) -> Result<u64, StoreError> {
        let seq = self
            .db
            .prepare_cached("UPDATE identity SET seq = max(seq + 1, ?1) RETURNING seq")?
            .query_row([stored(now)], |row| row.get(0))?;
        Ok(loaded(seq))
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<IdentityRow> {
    Ok(IdentityRow {
        user: UserKey::from_secret(&Zeroizing::new(row.get::<_, [u8; 32]>("user_key")?)),
        device: DeviceKey::from_secret(&Zeroizing::new(row.get::<_, [u8; 32]>("device_key")?)),
        name: row.get("name")?,
        created_at: loaded(row.get("created_at")?),
    })
}

#[cfg(test)]
mod tests {
    use crate::test::open;

    #[test]
    fn the_first_keys_stay_and_the_last_name_wins() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        assert!(store.identity().get().unwrap().is_none());
        let first = store.identity().get_or_create("ana", 5).unwrap();
        assert_eq!((first.name.as_str(), first.created_at), ("ana", 5));
        assert_ne!(first.user.id().as_bytes(), first.device.id().as_bytes());
        store.close().unwrap();

        let mut store = open(&dir);
        let again = store.identity().get_or_create("ana b", 9).unwrap();
        assert_eq!(again.device.id(), first.device.id());
        assert_eq!(again.user.id(), first.user.id());
        assert_eq!((again.name.as_str(), again.created_at), ("ana b", 5));
        let kept = store.identity().get().unwrap().unwrap();
        assert_eq!(kept.name, "ana b");
    }

    #[test]
    fn two_profiles_have_different_keys() {
        let [ana, ben] = ["ana", "ben"].map(|name| {
            let dir = tempfile::tempdir().unwrap();
            open(&dir).identity().get_or_create(name, 0).unwrap()
        });
        assert_ne!(ana.device.id(), ben.device.id());
        assert_ne!(ana.user.id(), ben.user.id());
    }

    #[test]
    fn numbers_follow_the_clock_and_never_go_back_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store.identity().next_seq(1).unwrap_err();
        store.identity().get_or_create("ana", 0).unwrap();
        let mut next = |now| store.identity().next_seq(now).unwrap();
        assert_eq!(
            [next(1000), next(1000), next(5), next(2000)],
            [1000, 1001, 1002, 2000]
        );
        drop(store);
        assert_eq!(open(&dir).identity().next_seq(0).unwrap(), 2001);
    }

    #[test]
    fn an_identity_shows_neither_keys_nor_name_when_printed() {
        let dir = tempfile::tempdir().unwrap();
        let ana = open(&dir).identity().get_or_create("ana", 0).unwrap();
        let shown = format!("{ana:?}");
        assert_eq!(shown, format!("IdentityRow({:?})", ana.device.id()));
    }
}
