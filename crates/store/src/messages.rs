//! The `messages` table.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    StoreError,
    column::{loaded, stored, text_enum},
};

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// The id on the wire.
    pub id: String,
    /// `everyone`.
    pub conversation: String,
    /// The id its author claims.
    pub from_id: String,
    /// The name its author claims.
    pub from_name: String,
    /// Its text; empty when `readable` is false.
    pub text: String,
    /// Whether this node wrote it.
    pub own: bool,
    /// False when it is encrypted under another password.
    pub readable: bool,
    /// When its author says it was sent, Unix milliseconds.
    pub sent_at: u64,
    /// When it reached this node, Unix milliseconds.
    pub received_at: u64,
    /// How many devices passed it on, if that is known.
    pub hops: Option<u32>,
    /// How far it got; for own messages only.
    pub state: Option<MessageState>,
    /// How many devices have it; for own messages only.
    pub reached: u32,
    /// Why it failed, for people.
    pub reason: Option<String>,
}

text_enum! {
    /// How far a message of our own got.
    MessageState {
        /// On this device only.
        Queued = "queued",
        /// At least one device has it.
        Sent = "sent",
        /// Others hold it for someone who is away.
        Carried = "carried",
        /// The recipient's device has it.
        Delivered = "delivered",
        /// The recipient has seen it.
        Read = "read",
        /// Nothing holds it any more.
        Failed = "failed",
    }
}

/// A stretch of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Oldest first.
    pub rows: Vec<MessageRow>,
    /// Whether there are older ones.
    pub more: bool,
}

/// The queries of the `messages` table. Order is the order in which messages were inserted.
#[derive(Debug)]
pub struct Messages<'a> {
    pub(crate) db: &'a mut Connection,
}

impl Messages<'_> {
    /// Inserts messages in one transaction and says for each whether it was new; one whose id is
    /// there already is left as it is.
    ///
    /// # Errors
    /// When the database cannot be written; then none of them is in it.
    pub fn insert(&mut self, rows: &[MessageRow]) -> Result<Vec<bool>, StoreError> {
        let transaction = self.db.transaction()?;
        let mut new = Vec::with_capacity(rows.len());
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO messages (
                     id, conversation, from_id, from_name, text, own, readable, sent_at,
                     received_at, hops, state, reached, reason
                 ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
                 ON CONFLICT (id) DO NOTHING",
            )?;
            for row in rows {
                let inserted = insert.execute(params![
                    row.id,
                    row.conversation,
                    row.from_id,
                    row.from_name,
                    row.text,
                    row.own,
                    row.readable,
                    stored(row.sent_at),
                    stored(row.received_at),
                    row.hops,
                    row.state,
                    row.reached,
                    row.reason,
                ])?;
                new.push(inserted > 0);
            }
        }
        transaction.commit()?;
        Ok(new)
    }

    /// Records how far an own message got. False when there is no such message.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn set_state(
        &mut self,
        id: &str,
        state: MessageState,
        reached: u32,
        reason: Option<&str>,
    ) -> Result<bool, StoreError> {
        let changed = self
            .db
            .prepare_cached(
                "UPDATE messages SET state = ?2, reached = ?3, reason = ?4 WHERE id = ?1 AND own",
            )?
            .execute(params![id, state, reached, reason])?;
        Ok(changed > 0)
    }

    /// One message.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn get(&mut self, id: &str) -> Result<Option<MessageRow>, StoreError> {
        let row = self
            .db
            .prepare_cached("SELECT * FROM messages WHERE id = ?1")?
            .query_row([id], from_row)
            .optional()?;
        Ok(row)
    }

    /// The newest messages of a conversation, or those right before `before`; at most `limit`.
    /// There is nothing before a message that does not exist.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn page(
        &mut self,
        conversation: &str,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let mut query = self.db.prepare_cached(
            "SELECT * FROM messages
             WHERE conversation = ?1
               AND (?2 IS NULL OR seq < (SELECT seq FROM messages WHERE id = ?2))
             ORDER BY seq DESC
             LIMIT ?3",
        )?;
        // One more than asked for tells whether there are older ones.
        let mut rows = query
            .query_map(
                params![conversation, before, i64::from(limit) + 1],
                from_row,
            )?
            .collect::<Result<Vec<_>, _>>()?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        rows.reverse();
        Ok(Page { rows, more })
    }

    /// Own messages that nobody else has yet, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn queued(&mut self) -> Result<Vec<MessageRow>, StoreError> {
        let rows = self
            .db
            .prepare_cached("SELECT * FROM messages WHERE state = 'queued' ORDER BY seq")?
            .query_map([], from_row)?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// The ids of the newest messages of all conversations, newest first; at most `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn recent_ids(&mut self, limit: u32) -> Result<Vec<String>, StoreError> {
        let ids = self
            .db
            .prepare_cached("SELECT id FROM messages ORDER BY seq DESC LIMIT ?1")?
            .query_map([limit], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(ids)
    }

    /// Removes the oldest messages until at most `keep` are left, and says how many it removed.
    /// Queued ones stay.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn prune(&mut self, keep: u32) -> Result<usize, StoreError> {
        let removed = self
            .db
            .prepare_cached(
                "DELETE FROM messages
                 WHERE seq <= (SELECT seq FROM messages ORDER BY seq DESC LIMIT 1 OFFSET ?1)
                   AND state IS NOT 'queued'",
            )?
            .execute([keep])?;
        Ok(removed)
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    Ok(MessageRow {
        id: row.get("id")?,
        conversation: row.get("conversation")?,
        from_id: row.get("from_id")?,
        from_name: row.get("from_name")?,
        text: row.get("text")?,
        own: row.get("own")?,
        readable: row.get("readable")?,
        sent_at: loaded(row.get("sent_at")?),
        received_at: loaded(row.get("received_at")?),
        hops: row.get("hops")?,
        state: row.get("state")?,
        reached: row.get("reached")?,
        reason: row.get("reason")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    fn from_ben(number: usize) -> MessageRow {
        MessageRow {
            id: format!("ben-{number}"),
            conversation: "everyone".to_owned(),
            from_id: "bbbbbbbb".to_owned(),
            from_name: "ben".to_owned(),
            text: format!("number {number}"),
            own: false,
            readable: true,
            sent_at: 1000 + number as u64,
            received_at: 2000 + number as u64,
            hops: None,
            state: None,
            reached: 0,
            reason: None,
        }
    }

    fn our_own(number: usize, state: MessageState) -> MessageRow {
        MessageRow {
            id: format!("own-{number}"),
            own: true,
            state: Some(state),
            ..from_ben(number)
        }
    }

    fn ids(rows: &[MessageRow]) -> Vec<&str> {
        rows.iter().map(|row| row.id.as_str()).collect()
    }

    #[test]
    fn a_message_comes_back_as_it_went_in() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        let row = MessageRow {
            hops: Some(2),
            reached: 3,
            reason: Some("no way".to_owned()),
            ..our_own(1, MessageState::Failed)
        };
        store.messages().insert(std::slice::from_ref(&row)).unwrap();
        assert_eq!(store.messages().get(&row.id).unwrap(), Some(row));
        assert_eq!(store.messages().get("another").unwrap(), None);
    }

    #[test]
    fn a_repeated_message_is_kept_once_as_it_was_first() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        let forged = MessageRow {
            text: "not what ben wrote".to_owned(),
            ..from_ben(1)
        };
        let new = store
            .messages()
            .insert(&[from_ben(1), from_ben(2), forged.clone()])
            .unwrap();
        assert_eq!(new, [true, true, false]);
        assert_eq!(store.messages().insert(&[forged]).unwrap(), [false]);
        assert_eq!(store.messages().get("ben-1").unwrap(), Some(from_ben(1)));
    }

    #[test]
    fn pages_lead_from_the_newest_to_the_oldest() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        let rows: Vec<_> = (0..5).map(from_ben).collect();
        let elsewhere = MessageRow {
            id: "elsewhere".to_owned(),
            conversation: "room".to_owned(),
            ..from_ben(9)
        };
        store.messages().insert(&rows).unwrap();
        store.messages().insert(&[elsewhere]).unwrap();

        let newest = store.messages().page("everyone", None, 2).unwrap();
        assert_eq!(ids(&newest.rows), ["ben-3", "ben-4"]);
        assert!(newest.more);
        let middle = store.messages().page("everyone", Some("ben-3"), 2).unwrap();
        assert_eq!(ids(&middle.rows), ["ben-1", "ben-2"]);
        assert!(middle.more);
        let oldest = store.messages().page("everyone", Some("ben-1"), 2).unwrap();
        assert_eq!(ids(&oldest.rows), ["ben-0"]);
        assert!(!oldest.more);

        let nothing = store
            .messages()
            .page("everyone", Some("unknown"), 2)
            .unwrap();
        assert!(nothing.rows.is_empty() && !nothing.more);
    }

    #[test]
    fn queued_messages_wait_in_their_order_until_someone_has_them() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        let mut messages = store.messages();
        messages
            .insert(&[
                our_own(1, MessageState::Queued),
                from_ben(2),
                our_own(3, MessageState::Queued),
                our_own(4, MessageState::Sent),
            ])
            .unwrap();
        assert_eq!(ids(&messages.queued().unwrap()), ["own-1", "own-3"]);

        assert!(
            messages
                .set_state("own-1", MessageState::Sent, 2, None)
                .unwrap()
        );
        assert_eq!(ids(&messages.queued().unwrap()), ["own-3"]);
        let sent = messages.get("own-1").unwrap().unwrap();
        assert_eq!((sent.state, sent.reached), (Some(MessageState::Sent), 2));
    }

    #[test]
    fn only_own_messages_have_a_state() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        let mut messages = store.messages();
        messages.insert(&[from_ben(1)]).unwrap();
        for id in ["ben-1", "unknown"] {
            assert!(!messages.set_state(id, MessageState::Sent, 1, None).unwrap());
        }
        assert_eq!(messages.get("ben-1").unwrap(), Some(from_ben(1)));
    }

    #[test]
    fn recent_ids_are_the_newest() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        let rows: Vec<_> = (0..4).map(from_ben).collect();
        store.messages().insert(&rows).unwrap();
        assert_eq!(store.messages().recent_ids(2).unwrap(), ["ben-3", "ben-2"]);
    }

    #[test]
    fn pruning_keeps_the_newest_and_what_is_still_queued() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        let mut messages = store.messages();
        messages
            .insert(&[our_own(0, MessageState::Queued)])
            .unwrap();
        messages
            .insert(&(1..5).map(from_ben).collect::<Vec<_>>())
            .unwrap();
        assert_eq!(messages.prune(10).unwrap(), 0);
        assert_eq!(messages.prune(2).unwrap(), 2);
        let left = messages.page("everyone", None, 9).unwrap();
        assert_eq!(ids(&left.rows), ["own-0", "ben-3", "ben-4"]);
    }
}
