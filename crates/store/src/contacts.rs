//! The `contacts` table: the people whom the user prefers.

use gossamer_crypto::UserId;
use rusqlite::{Connection, params};

use crate::{
    StoreError,
    column::{Id, loaded, stored},
};

/// Somebody whom the user prefers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// The person.
    pub user: UserId,
    /// Since when, Unix milliseconds.
    pub since: u64,
}

/// The queries of the `contacts` table.
#[derive(Debug)]
pub struct Contacts<'a> {
    pub(crate) db: &'a Connection,
}

impl Contacts<'_> {
    /// Makes a person a contact. One who is stays one since the first time.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn add(&self, user: &UserId, since: u64) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "INSERT INTO contacts (user, since) VALUES (?1, ?2)
                 ON CONFLICT (user) DO NOTHING",
            )?
            .execute(params![user.as_bytes(), stored(since)])?;
        Ok(())
    }

    /// Makes a person a contact no more, if they are one.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn remove(&self, user: &UserId) -> Result<(), StoreError> {
        self.db
            .prepare_cached("DELETE FROM contacts WHERE user = ?1")?
            .execute([user.as_bytes()])?;
        Ok(())
    }

    /// All of them, the first one first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn all(&self) -> Result<Vec<ContactRow>, StoreError> {
        let rows = self
            .db
            .prepare_cached("SELECT user, since FROM contacts ORDER BY since, user")?
            .query_map([], |row| {
                Ok(ContactRow {
                    user: row.get::<_, Id<_>>(0)?.0,
                    since: loaded(row.get(1)?),
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::open;

    const BEN: UserId = UserId::new([2; 32]);
    const CLEO: UserId = UserId::new([3; 32]);

    fn contact(user: UserId, since: u64) -> ContactRow {
        ContactRow { user, since }
    }

    #[test]
    fn contacts_stay_until_they_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store.contacts().add(&CLEO, 1000).unwrap();
        store.contacts().add(&BEN, 2000).unwrap();
        drop(store);
        let mut store = open(&dir);
        let both = [contact(CLEO, 1000), contact(BEN, 2000)];
        assert_eq!(store.contacts().all().unwrap(), both);
        store.contacts().remove(&CLEO).unwrap();
        assert_eq!(store.contacts().all().unwrap(), [contact(BEN, 2000)]);
    }

    #[test]
    fn doing_it_twice_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store.contacts().add(&BEN, 1000).unwrap();
        store.contacts().add(&BEN, 2000).unwrap();
        assert_eq!(store.contacts().all().unwrap(), [contact(BEN, 1000)]);
        store.contacts().remove(&BEN).unwrap();
        store.contacts().remove(&BEN).unwrap();
        assert_eq!(store.contacts().all().unwrap(), []);
    }
}
