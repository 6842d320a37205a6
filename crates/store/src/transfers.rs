//! The `transfers` table: current and past file transfers.

use rusqlite::{Connection, Row, params};

use crate::{
    StoreError,
    column::{loaded, stored, text_enum},
};

/// How many ended transfers are kept; the oldest go first.
const KEPT: u32 = 1000;

/// One transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferRow {
    /// Opaque.
    pub id: String,
    /// The file's id on the wire.
    pub file_id: String,
    /// To or from this node.
    pub direction: Direction,
    /// `everyone`.
    pub conversation: String,
    /// The id its sender claims.
    pub from_id: String,
    /// The name its sender claims.
    pub from_name: String,
    /// The file's name, made safe.
    pub name: String,
    /// Where it is.
    pub state: TransferState,
    /// Bytes moved so far.
    pub bytes: u64,
    /// Bytes in all.
    pub size: u64,
    /// The local file: the source when sending, the result once done when receiving.
    pub path: Option<String>,
    /// Where an incoming file is kept until it is accepted and whole.
    pub spool: Option<String>,
    /// What an incoming file that is whole is about to be called.
    pub intended: Option<Intended>,
    /// SHA-256 of the whole file in hexadecimal, once known.
    pub sha256: Option<String>,
    /// Why it is paused, failed or cancelled, for people.
    pub reason: Option<String>,
    /// When sending: how many devices have all of it.
    pub reached: u32,
    /// When it appeared, Unix milliseconds.
    pub started_at: u64,
    /// When it ended, Unix milliseconds; `None` while it has not.
    pub ended_at: Option<u64>,
}

/// A name that a file is about to get, and how the file is known under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intended {
    /// The whole path.
    pub path: String,
    /// When its bytes were changed last, nanoseconds since 1970, if the system tells.
    pub modified: Option<i64>,
}

text_enum! {
    /// Which way a file travels.
    Direction {
        /// To this node.
        In = "in",
        /// From this node.
        Out = "out",
    }
}

text_enum! {
    /// Where a transfer is.
    TransferState {
        /// Nothing of it was accepted yet: waits for an answer, or for a device to offer it to.
        Offered = "offered",
        /// Bytes move.
        Active = "active",
        /// Waits for something named in `reason`.
        Paused = "paused",
        /// All bytes are here and are being checked and synced.
        Verifying = "verifying",
        /// Intact and in its place.
        Done = "done",
        /// Ended without success.
        Failed = "failed",
        /// Ended by someone's choice.
        Cancelled = "cancelled",
    }
}

/// The queries of the `transfers` table.
#[derive(Debug)]
pub struct Transfers<'a> {
    pub(crate) db: &'a mut Connection,
}

impl Transfers<'_> {
    /// Inserts a transfer, or brings the one of this id up to date. When it has ended, the
    /// oldest ended ones beyond 1000 are forgotten.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn upsert(&mut self, row: &TransferRow) -> Result<(), StoreError> {
        let transaction = self.db.transaction()?;
        keep(&transaction, row)?;
        transaction.commit()?;
        Ok(())
    }

    /// Every transfer, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn all(&mut self) -> Result<Vec<TransferRow>, StoreError> {
        self.select("SELECT * FROM transfers ORDER BY seq")
    }

    /// The transfers that have not ended, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn unfinished(&mut self) -> Result<Vec<TransferRow>, StoreError> {
        self.select("SELECT * FROM transfers WHERE ended_at IS NULL ORDER BY seq")
    }

    /// Forgets the transfers that have ended, and says how many there were. Files stay.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn delete_ended(&mut self) -> Result<usize, StoreError> {
        let delete = "DELETE FROM transfers WHERE ended_at IS NOT NULL";
        Ok(self.db.execute(delete, [])?)
    }

    fn select(&mut self, query: &str) -> Result<Vec<TransferRow>, StoreError> {
        let rows = self
            .db
            .prepare_cached(query)?
            .query_map([], from_row)?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }
}

/// Inserts or updates a transfer, and forgets those that are too many.
pub(crate) fn keep(db: &Connection, row: &TransferRow) -> rusqlite::Result<()> {
    upsert(db, row)?;
    if row.ended_at.is_some() {
        prune(db)?;
    }
    Ok(())
}

fn upsert(db: &Connection, row: &TransferRow) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO transfers (
             id, file_id, direction, conversation, from_id, from_name, name, state, bytes, size,
             path, spool, sha256, reason, reached, started_at, ended_at, intended,
             intended_modified
         ) VALUES (
             ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19
         )
         ON CONFLICT (id) DO UPDATE SET
             from_name = excluded.from_name, name = excluded.name, state = excluded.state,
             bytes = excluded.bytes, size = excluded.size, path = excluded.path, spool = excluded.spool,
             sha256 = excluded.sha256, reason = excluded.reason, reached = excluded.reached,
             ended_at = excluded.ended_at, intended = excluded.intended,
             intended_modified = excluded.intended_modified",
    )?
    .execute(params![
        row.id,
        row.file_id,
        row.direction,
        row.conversation,
        row.from_id,
        row.from_name,
        row.name,
        row.state,
        stored(row.bytes),
        stored(row.size),
        row.path,
        row.spool,
        row.sha256,
        row.reason,
        row.reached,
        stored(row.started_at),
        row.ended_at.map(stored),
        row.intended.as_ref().map(|it| &it.path),
        row.intended.as_ref().and_then(|it| it.modified),
    ])?;
    Ok(())
}

fn prune(db: &Connection) -> rusqlite::Result<()> {
    db.prepare_cached(
        "DELETE FROM transfers
         WHERE ended_at IS NOT NULL
           AND seq <= (
               SELECT seq FROM transfers WHERE ended_at IS NOT NULL
               ORDER BY seq DESC LIMIT 1 OFFSET ?1
           )",
    )?
    .execute([KEPT])?;
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<TransferRow> {
    let modified = row.get("intended_modified")?;
    let intended = row.get::<_, Option<String>>("intended")?;
    Ok(TransferRow {
        id: row.get("id")?,
        file_id: row.get("file_id")?,
        direction: row.get("direction")?,
        conversation: row.get("conversation")?,
        from_id: row.get("from_id")?,
        from_name: row.get("from_name")?,
        name: row.get("name")?,
        state: row.get("state")?,
        bytes: loaded(row.get("bytes")?),
        size: loaded(row.get("size")?),
        path: row.get("path")?,
        spool: row.get("spool")?,
        intended: intended.map(|path| Intended { path, modified }),
        sha256: row.get("sha256")?,
        reason: row.get("reason")?,
        reached: row.get("reached")?,
        started_at: loaded(row.get("started_at")?),
        ended_at: row.get::<_, Option<i64>>("ended_at")?.map(loaded),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::test::open;

    pub(crate) fn offer(number: u32) -> TransferRow {
        TransferRow {
            id: format!("transfer-{number}"),
            file_id: format!("file-{number}"),
            direction: Direction::In,
            conversation: "everyone".to_owned(),
            from_id: "cccccccc".to_owned(),
            from_name: "cleo".to_owned(),
            name: "plan.pdf".to_owned(),
            state: TransferState::Offered,
            bytes: 0,
            size: 5000,
            path: None,
            spool: Some("/tmp/spool".to_owned()),
            intended: None,
            sha256: None,
            reason: None,
            reached: 0,
            started_at: 1000,
            ended_at: None,
        }
    }

    fn done(number: u32) -> TransferRow {
        TransferRow {
            state: TransferState::Done,
            bytes: 5000,
            path: Some("/home/ana/plan.pdf".to_owned()),
            spool: None,
            sha256: Some("ab".repeat(32)),
            ended_at: Some(2000),
            ..offer(number)
        }
    }

    #[test]
    fn a_transfer_is_followed_from_offer_to_end() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut transfers = store.transfers();
        transfers.upsert(&offer(1)).unwrap();
        assert_eq!(transfers.unfinished().unwrap(), [offer(1)]);
        transfers.upsert(&done(1)).unwrap();
        assert_eq!(transfers.unfinished().unwrap(), []);
        assert_eq!(transfers.all().unwrap(), [done(1)]);
    }

    #[test]
    fn what_a_file_is_about_to_be_called_is_kept_until_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut transfers = store.transfers();
        for modified in [Some(1_700_000_000_123_456_789), None] {
            let intended = Some(Intended {
                path: "/home/ana/plan.pdf".to_owned(),
                modified,
            });
            let verifying = TransferRow {
                state: TransferState::Verifying,
                intended,
                ..offer(1)
            };
            transfers.upsert(&verifying).unwrap();
            assert_eq!(transfers.all().unwrap(), [verifying]);
        }
        transfers.upsert(&done(1)).unwrap();
        assert_eq!(transfers.all().unwrap(), [done(1)]);
    }

    #[test]
    fn a_change_keeps_the_place_in_the_order() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut transfers = store.transfers();
        for row in [offer(1), offer(2), done(1)] {
            transfers.upsert(&row).unwrap();
        }
        assert_eq!(transfers.all().unwrap(), [done(1), offer(2)]);
    }

    #[test]
    fn whoever_was_named_by_an_id_is_named_once_the_name_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut transfers = store.transfers();
        let nameless = TransferRow {
            from_name: "cccccccc".to_owned(),
            ..offer(1)
        };
        for row in [nameless, offer(1)] {
            transfers.upsert(&row).unwrap();
        }
        assert_eq!(transfers.all().unwrap(), [offer(1)]);
    }

    #[test]
    fn clearing_forgets_only_what_has_ended() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut transfers = store.transfers();
        for row in [done(1), offer(2), done(3)] {
            transfers.upsert(&row).unwrap();
        }
        assert_eq!(transfers.delete_ended().unwrap(), 2);
        assert_eq!(transfers.all().unwrap(), [offer(2)]);
    }

    #[test]
    fn the_oldest_ended_ones_make_room_and_offers_stay() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut transfers = store.transfers();
        transfers.upsert(&offer(0)).unwrap();
        let batch = transfers.db.transaction().unwrap();
        for number in 1..=KEPT {
            upsert(&batch, &done(number)).unwrap();
        }
        batch.commit().unwrap();
        transfers.upsert(&done(KEPT + 1)).unwrap();

        let all = transfers.all().unwrap();
        assert_eq!(all.len(), 1 + KEPT as usize);
        assert_eq!(all[0], offer(0));
        assert_eq!(all[1], done(2));
    }
}
