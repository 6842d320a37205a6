//! The `shares` and `transfer_recipients` tables: what a transfer over v2 needs beyond its row.

use std::fmt;

use gossamer_crypto::{DeviceId, FileKey};
use rusqlite::{Connection, params};

use crate::{
    StoreError, TransferRow,
    column::{Id, text_enum},
    transfers,
};

/// A transfer over v2 (docs/protocol-v2.md 9).
#[derive(Clone, PartialEq, Eq)]
pub struct ShareRow {
    /// The id of its [`TransferRow`].
    pub transfer: String,
    /// What its chunks are sealed under.
    pub key: FileKey,
    /// When sending: when the file was changed last, nanoseconds since 1970, if the system tells.
    pub modified: Option<i64>,
    /// The other side.
    pub parties: Vec<Party>,
}

/// A device at the other end of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The device.
    pub device: DeviceId,
    /// Where the transfer is with it.
    pub state: PartyState,
    /// Whether it has still to be told of that.
    pub owed: bool,
}

text_enum! {
    /// Where a transfer is with one device.
    PartyState {
        /// Its offer is not known to be on the receiver's disk.
        Waiting = "waiting",
        /// The receiver has the offer.
        Offered = "offered",
        /// The receiver wants the file, and does not have all of it.
        Begun = "begun",
        /// The receiver has the file.
        Done = "done",
        /// The receiver does not want it.
        Declined = "declined",
        /// One side stopped it.
        Cancelled = "cancelled",
        /// The receiver does not take such an offer.
        Refused = "refused",
    }
}

/// The queries of the `shares` and `transfer_recipients` tables.
#[derive(Debug)]
pub struct Shares<'a> {
    pub(crate) db: &'a mut Connection,
}

impl Shares<'_> {
    /// Inserts a transfer with its share, or brings both up to date: all of it or nothing.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn upsert(&mut self, row: &TransferRow, share: &ShareRow) -> Result<(), StoreError> {
        let transaction = self.db.transaction()?;
        transfers::keep(&transaction, row)?;
        transaction
            .prepare_cached(
                "INSERT INTO shares (transfer, key, modified) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![row.id, share.key.expose_secret(), share.modified])?;
        for party in &share.parties {
            transaction
                .prepare_cached(
                    "INSERT INTO transfer_recipients (transfer, device, state, owed)
                     VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (transfer, device) DO UPDATE
                     SET state = excluded.state, owed = excluded.owed",
                )?
                .execute(params![
                    row.id,
                    party.device.as_bytes(),
                    party.state,
                    party.owed
                ])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Every share, in no order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn all(&mut self) -> Result<Vec<ShareRow>, StoreError> {
        let mut shares = self
            .db
            .prepare_cached("SELECT transfer, key, modified FROM shares")?
            .query_map([], |row| {
                Ok(ShareRow {
                    transfer: row.get(0)?,
                    key: FileKey::new(row.get(1)?),
                    modified: row.get(2)?,
                    parties: Vec::new(),
                })
            })?
            .collect::<Result<Vec<_>, _>>()?;
        let mut parties = self.db.prepare_cached(
            "SELECT device, state, owed FROM transfer_recipients WHERE transfer = ?1",
        )?;
        for share in &mut shares {
            let found = parties.query_map([&share.transfer], |row| {
                Ok(Party {
                    device: row.get::<_, Id<_>>(0)?.0,
                    state: row.get(1)?,
                    owed: row.get(2)?,
                })
            })?;
            share.parties = found.collect::<Result<_, _>>()?;
        }
        Ok(shares)
    }
}

/// Without the key.
impl fmt::Debug for ShareRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShareRow")
            .field("transfer", &self.transfer)
            .field("parties", &self.parties)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{test::open, transfers::tests::offer};

    fn share(number: u32, state: PartyState, owed: bool) -> ShareRow {
        let party = |byte| Party {
            device: DeviceId::new([byte; 32]),
            state,
            owed,
        };
        ShareRow {
            transfer: format!("transfer-{number}"),
            key: FileKey::new([7; 32]),
            modified: Some(1_700_000_000_123_456_789),
            parties: vec![party(1), party(2)],
        }
    }

    #[test]
    fn a_share_is_there_after_a_restart_with_everyone_it_is_for() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let (first, then) = (
            share(1, PartyState::Waiting, false),
            share(1, PartyState::Done, true),
        );
        store.shares().upsert(&offer(1), &first).unwrap();
        assert_eq!(store.shares().all().unwrap(), [first]);
        store.shares().upsert(&offer(1), &then).unwrap();
        drop(store);
        let mut store = open(&dir);
        assert_eq!(store.shares().all().unwrap(), [then]);
        assert_eq!(store.transfers().all().unwrap(), [offer(1)]);
    }

    #[test]
    fn it_goes_with_its_transfer() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut ended = offer(1);
        ended.ended_at = Some(2000);
        let done = share(1, PartyState::Done, false);
        store.shares().upsert(&ended, &done).unwrap();
        store.transfers().delete_ended().unwrap();
        assert_eq!(store.shares().all().unwrap(), []);
        let left = "SELECT count(*) FROM transfer_recipients";
        let left: u32 = store.db.query_row(left, [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0);
    }

    #[test]
    fn the_key_of_a_file_is_never_printed() {
        let printed = format!("{:?}", share(1, PartyState::Offered, false));
        assert!(printed.contains("transfer-1"));
        assert!(
            !printed.contains("key") && !printed.contains("7, 7"),
            "{printed}"
        );
    }
}
