//! The `uptime` table: how long the node has run in all. It has one row.
//!
//! An envelope ages only while its holder runs (docs/protocol-v2.md 6.2). The node counts the
//! seconds by a clock that does not jump, and keeps the sum here. After a crash the count goes on
//! from what was kept last: envelopes live longer by the seconds since, and none is lost.

use rusqlite::{Connection, OptionalExtension};

use crate::{
    StoreError,
    column::{loaded, stored},
};

/// The queries of the `uptime` table.
#[derive(Debug)]
pub struct Uptime<'a> {
    pub(crate) db: &'a Connection,
}

impl Uptime<'_> {
    /// The seconds kept last; 0 when there are none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn load(&self) -> Result<u64, StoreError> {
        let seconds: Option<i64> = self
            .db
            .query_row("SELECT seconds FROM uptime", [], |row| row.get(0))
            .optional()?;
        Ok(seconds.map_or(0, loaded))
    }

    /// Keeps the seconds counted so far; fewer than were kept before change nothing.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn save(&self, seconds: u64) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "INSERT INTO uptime (id, seconds) VALUES (1, ?1)
                 ON CONFLICT (id) DO UPDATE
                 SET seconds = excluded.seconds WHERE excluded.seconds > seconds",
            )?
            .execute([stored(seconds)])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::test::open;

    #[test]
    fn the_count_goes_on_after_a_restart_and_never_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        assert_eq!(store.uptime().load().unwrap(), 0);
        store.uptime().save(60).unwrap();
        store.uptime().save(30).unwrap();
        drop(store);
        assert_eq!(open(&dir).uptime().load().unwrap(), 60);
    }
}
