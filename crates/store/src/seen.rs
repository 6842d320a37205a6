//! The `seen` table: when each device of a network was here last.

use gossamer_crypto::{DeviceId, NetworkId};
use rusqlite::{Connection, params};

use crate::{
    StoreError,
    column::{Id, loaded, stored},
};

/// How many devices are kept of a network; those away longest go first. People read them as a list.
const KEPT: u32 = 500;

/// A device that was here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRow {
    /// The device.
    pub device: DeviceId,
    /// When it was here last, Unix milliseconds.
    pub at: u64,
    /// What it was called then.
    pub name: String,
}

/// The queries of the `seen` table.
#[derive(Debug)]
pub struct Seen<'a> {
    pub(crate) db: &'a mut Connection,
}

impl Seen<'_> {
    /// Notes when devices of a network were here. Of more than 500 those away
    /// longest are forgotten.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn note(&mut self, network: &NetworkId, seen: &[SeenRow]) -> Result<(), StoreError> {
        let transaction = self.db.transaction()?;
        for row in seen {
            transaction
                .prepare_cached(
                    "INSERT INTO seen (network, device, at, name) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (network, device) DO UPDATE
                     SET at = excluded.at, name = excluded.name",
                )?
                .execute(params![
                    network.as_bytes(),
                    row.device.as_bytes(),
                    stored(row.at),
                    row.name
                ])?;
        }
        transaction
            .prepare_cached(
                "DELETE FROM seen WHERE network = ?1 AND device IN (
                     SELECT device FROM seen WHERE network = ?1
                     ORDER BY at DESC LIMIT -1 OFFSET ?2
                 )",
            )?
            .execute(params![network.as_bytes(), KEPT])?;
        transaction.commit()?;
        Ok(())
    }

    /// The devices of a network, the one that was here last first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn all(&self, network: &NetworkId) -> Result<Vec<SeenRow>, StoreError> {
        let rows = self
            .db
            .prepare_cached(
                "SELECT device, at, name FROM seen WHERE network = ?1 ORDER BY at DESC",
            )?
            .query_map([network.as_bytes()], |row| {
                Ok(SeenRow {
                    device: row.get::<_, Id<_>>(0)?.0,
                    at: loaded(row.get(1)?),
                    name: row.get(2)?,
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

    fn seen(number: u32, at: u64) -> SeenRow {
        let mut id = [0; 32];
        id[..4].copy_from_slice(&number.to_be_bytes());
        SeenRow {
            device: DeviceId::new(id),
            at,
            name: format!("ben {number} at {at}"),
        }
    }

    #[test]
    fn the_last_time_counts_and_each_network_has_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let (home, work) = (NetworkId::of("home"), NetworkId::of("work"));
        let mut store = open(&dir);
        let first = [seen(1, 1000), seen(2, 1000)];
        store.seen().note(&home, &first).unwrap();
        store.seen().note(&home, &[seen(1, 2000)]).unwrap();
        drop(store);
        let mut store = open(&dir);
        let expected = [seen(1, 2000), seen(2, 1000)];
        assert_eq!(store.seen().all(&home).unwrap(), expected);
        assert_eq!(store.seen().all(&work).unwrap(), []);
    }

    #[test]
    fn those_away_longest_make_room() {
        let dir = tempfile::tempdir().unwrap();
        let home = NetworkId::of("home");
        let mut store = open(&dir);
        let many: Vec<_> = (0..=KEPT).map(|n| seen(n, n.into())).collect();
        store.seen().note(&home, &many).unwrap();
        let kept = store.seen().all(&home).unwrap();
        assert_eq!(kept.len(), KEPT as usize);
        assert!(!kept.contains(&seen(0, 0)));
    }
}
