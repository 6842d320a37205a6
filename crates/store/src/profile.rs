//! The `profile` table: who this device is. It has one row.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    StoreError,
    column::{loaded, stored},
};

/// Who this device is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileRow {
    /// 8 hexadecimal characters, for as long as the profile lives.
    pub node_id: String,
    /// The name used last.
    pub name: String,
    /// When the profile was created, Unix milliseconds.
    pub created_at: u64,
}

/// The queries of the `profile` table.
#[derive(Debug)]
pub struct Profiles<'a> {
    pub(crate) db: &'a Connection,
}

impl Profiles<'_> {
    /// The profile; when there is none yet, one of this id, made at `now`. Its name is `name`
    /// from now on.
    ///
    /// # Errors
    /// When the database cannot be read or written, or `node_id` is not 8 characters long.
    pub fn get_or_create(
        &self,
        node_id: &str,
        name: &str,
        now: u64,
    ) -> Result<ProfileRow, StoreError> {
        self.db.execute(
            "INSERT INTO profile (id, node_id, name, created_at) VALUES (1, ?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE name <> excluded.name",
            params![node_id, name, stored(now)],
        )?;
        Ok(self.db.query_row(SELECT, [], from_row)?)
    }

    /// The profile, if there is one yet.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn get(&self) -> Result<Option<ProfileRow>, StoreError> {
        Ok(self.db.query_row(SELECT, [], from_row).optional()?)
    }
}

const SELECT: &str = "SELECT node_id, name, created_at FROM profile";

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<ProfileRow> {
    Ok(ProfileRow {
        node_id: row.get("node_id")?,
        name: row.get("name")?,
        created_at: loaded(row.get("created_at")?),
    })
}

#[cfg(test)]
mod tests {
    use crate::Store;

    #[test]
    fn the_first_id_stays_and_the_last_name_wins() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        assert_eq!(store.profile().get().unwrap(), None);
        let first = store.profile().get_or_create("aaaaaaaa", "ana", 5).unwrap();
        assert_eq!((first.name.as_str(), first.created_at), ("ana", 5));

        let again = store
            .profile()
            .get_or_create("bbbbbbbb", "ana b", 9)
            .unwrap();
        assert_eq!(again.node_id, "aaaaaaaa");
        assert_eq!(again.name, "ana b");
        assert_eq!(again.created_at, 5);
        assert_eq!(store.profile().get().unwrap(), Some(again));
    }

    #[test]
    fn an_id_of_another_length_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        store.profile().get_or_create("abc", "ana", 5).unwrap_err();
    }
}
