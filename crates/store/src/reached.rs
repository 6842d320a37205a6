//! The `reached` table: which devices have which own message on disk. How many have it in all is
//! kept with the message.

use gossamer_crypto::DeviceId;
use rusqlite::{Connection, OptionalExtension, params};

use crate::{StoreError, column::Id};

/// Devices that are counted for one message: a member may make them up.
const COUNTED: u32 = 1_024;

/// The queries of the `reached` table.
#[derive(Debug)]
pub struct Reached<'a> {
    pub(crate) db: &'a mut Connection,
}

impl Reached<'_> {
    /// Notes that a device has an own message on disk, if not too many do: a queued or failed one is
    /// sent from now on. Says how many have it; `None` when there is no such own message.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn add(&mut self, message: &str, device: &DeviceId) -> Result<Option<u32>, StoreError> {
        let transaction = self.db.transaction()?;
        let new = transaction
            .prepare_cached(
                "INSERT INTO reached (message_id, device)
                 SELECT id, ?2 FROM messages WHERE id = ?1 AND own
                 AND (SELECT count(*) FROM reached WHERE message_id = ?1) < ?3
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![message, device.as_bytes(), COUNTED])?;
        let reached = sent(&transaction, message, u32::from(new > 0), 0)?;
        transaction.commit()?;
        Ok(reached)
    }

    /// Notes that an own message was written to so many classic nodes, which count beside the
    /// devices that [`add`](Self::add) notes: nobody knows who they are. Otherwise like that.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn add_classic(&mut self, message: &str, nodes: u32) -> Result<Option<u32>, StoreError> {
        Ok(sent(self.db, message, 0, nodes)?)
    }

    /// The devices that have a message.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn devices(&self, message: &str) -> Result<Vec<DeviceId>, StoreError> {
        let devices = self
            .db
            .prepare_cached("SELECT device FROM reached WHERE message_id = ?1 ORDER BY device")?
            .query_map([message], |row| Ok(row.get::<_, Id<_>>(0)?.0))?
            .collect::<Result<_, _>>()?;
        Ok(devices)
    }
}

/// An own message is sent: to `more` than before, and to at least so many classic nodes.
fn sent(db: &Connection, message: &str, more: u32, classic: u32) -> rusqlite::Result<Option<u32>> {
    db.prepare_cached(
        "UPDATE messages
         SET reached = max(
                 reached + ?2,
                 ?3 + (SELECT count(*) FROM reached WHERE message_id = ?1)
             ),
             state = CASE WHEN state IN ('queued', 'failed') THEN 'sent' ELSE state END,
             reason = NULL
         WHERE id = ?1 AND own RETURNING reached",
    )?
    .query_row(params![message, more, classic], |row| row.get(0))
    .optional()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        MessageState,
        test::{from_ben, open, our_own},
    };

    const BEN: DeviceId = DeviceId::new([2; 32]);
    const CLEO: DeviceId = DeviceId::new([3; 32]);

    #[test]
    fn who_has_a_message_is_counted_once_and_survives_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let own = our_own(1, MessageState::Queued);
        store.record(&[own], &[]).unwrap();
        let mut add = |device| store.reached().add("own-1", device).unwrap();
        assert_eq!(
            [add(&CLEO), add(&CLEO), add(&BEN)],
            [Some(1), Some(1), Some(2)]
        );
        drop(store);

        let mut store = open(&dir);
        assert_eq!(store.reached().devices("own-1").unwrap(), [BEN, CLEO]);
        let row = store.messages().get("own-1").unwrap().unwrap();
        assert_eq!((row.state, row.reached), (Some(MessageState::Sent), 2));
    }

    #[test]
    fn however_many_devices_somebody_makes_up_few_rows_are_kept_of_a_message() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        for n in [1, 2] {
            let own = our_own(n, MessageState::Queued);
            store.record(&[own], &[]).unwrap();
        }
        for n in 0..COUNTED + 100 {
            let mut made_up = [9; 32];
            made_up[..4].copy_from_slice(&n.to_le_bytes());
            let made_up = DeviceId::new(made_up);
            store.reached().add("own-1", &made_up).unwrap();
        }
        let kept = store.reached().devices("own-1").unwrap().len();
        assert_eq!(u32::try_from(kept), Ok(COUNTED));
        assert_eq!(store.reached().add("own-2", &BEN).unwrap(), Some(1));
    }

    #[test]
    fn classic_nodes_count_beside_devices_and_survive_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let own = our_own(1, MessageState::Queued);
        store.record(&[own], &[]).unwrap();
        assert_eq!(store.reached().add_classic("own-1", 1).unwrap(), Some(1));
        let row = store.messages().get("own-1").unwrap().unwrap();
        assert_eq!(row.state, Some(MessageState::Sent));
        assert_eq!(store.reached().add("own-1", &CLEO).unwrap(), Some(2));
        assert_eq!(store.reached().add_classic("own-1", 2).unwrap(), Some(3));
        drop(store);

        let mut store = open(&dir);
        assert_eq!(store.reached().add("own-1", &BEN).unwrap(), Some(4));
        assert_eq!(store.reached().add("own-1", &BEN).unwrap(), Some(4));
        assert_eq!(store.reached().add_classic("own-1", 1).unwrap(), Some(4));
    }

    #[test]
    fn a_message_that_went_further_does_not_go_back_to_sent() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let own = our_own(1, MessageState::Read);
        store.record(&[own], &[]).unwrap();
        store.reached().add("own-1", &BEN).unwrap();
        let row = store.messages().get("own-1").unwrap().unwrap();
        assert_eq!(row.state, Some(MessageState::Read));
    }

    #[test]
    fn only_own_messages_are_counted() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store.record(&[from_ben(1)], &[]).unwrap();
        for id in ["ben-1", "unknown"] {
            assert_eq!(store.reached().add(id, &CLEO).unwrap(), None);
            assert_eq!(store.reached().add_classic(id, 1).unwrap(), None);
            assert!(store.reached().devices(id).unwrap().is_empty());
        }
    }
}
