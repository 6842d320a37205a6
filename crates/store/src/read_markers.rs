//! The `read_markers` table: how far each conversation has been read.

use rusqlite::{Connection, OptionalExtension};

use crate::StoreError;

/// The queries of the `read_markers` table.
#[derive(Debug)]
pub struct ReadMarkers<'a> {
    pub(crate) db: &'a Connection,
}

impl ReadMarkers<'_> {
    /// Moves the marker of a conversation to a message of it; it never moves back. False when
    /// the conversation has no such message.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn advance(&self, conversation: &str, message: &str) -> Result<bool, StoreError> {
        let seq: Option<i64> = self
            .db
            .prepare_cached("SELECT seq FROM messages WHERE conversation = ?1 AND id = ?2")?
            .query_row([conversation, message], |row| row.get(0))
            .optional()?;
        let Some(seq) = seq else {
            return Ok(false);
        };
        self.db
            .prepare_cached(
                "INSERT INTO read_markers (conversation, message_id, message_seq)
                 VALUES (?1, ?2, ?3)
                 ON CONFLICT (conversation) DO UPDATE
                 SET message_id = excluded.message_id, message_seq = excluded.message_seq
                 WHERE excluded.message_seq > message_seq",
            )?
            .execute((conversation, message, seq))?;
        Ok(true)
    }

    /// The newest message of a conversation that was marked as read.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn get(&self, conversation: &str) -> Result<Option<String>, StoreError> {
        let message = self
            .db
            .prepare_cached("SELECT message_id FROM read_markers WHERE conversation = ?1")?
            .query_row([conversation], |row| row.get(0))
            .optional()?;
        Ok(message)
    }
}

#[cfg(test)]
mod tests {
    use crate::{MessageRow, Store};

    fn message(id: &str) -> MessageRow {
        MessageRow {
            id: id.to_owned(),
            conversation: "everyone".to_owned(),
            from_id: "bbbbbbbb".to_owned(),
            from_name: "ben".to_owned(),
            text: String::new(),
            own: false,
            readable: true,
            sent_at: 0,
            received_at: 0,
            hops: None,
            state: None,
            reached: 0,
            reason: None,
        }
    }

    #[test]
    fn the_marker_moves_forward_only() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        store
            .messages()
            .insert(&[message("one"), message("two")])
            .unwrap();
        let markers = store.read_markers();
        assert_eq!(markers.get("everyone").unwrap(), None);
        for (message, marker) in [("one", "one"), ("two", "two"), ("one", "two")] {
            assert!(markers.advance("everyone", message).unwrap());
            assert_eq!(markers.get("everyone").unwrap().as_deref(), Some(marker));
        }
    }

    #[test]
    fn a_message_of_another_conversation_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        store.messages().insert(&[message("one")]).unwrap();
        let markers = store.read_markers();
        assert!(!markers.advance("everyone", "unknown").unwrap());
        assert!(!markers.advance("room", "one").unwrap());
        assert_eq!(markers.get("room").unwrap(), None);
    }
}
