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
        let place: Option<i64> = self
            .db
            .prepare_cached("SELECT place FROM messages WHERE conversation = ?1 AND id = ?2")?
            .query_row([conversation, message], |row| row.get(0))
            .optional()?;
        let Some(place) = place else {
            return Ok(false);
        };
        self.db
            .prepare_cached(
                "INSERT INTO read_markers (conversation, message_id, place)
                 VALUES (?1, ?2, ?3)
                 ON CONFLICT (conversation) DO UPDATE
                 SET message_id = excluded.message_id, place = excluded.place
                 WHERE (excluded.place, excluded.message_id) > (place, message_id)",
            )?
            .execute((conversation, message, place))?;
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
    use crate::test::{from_ben, open};

    #[test]
    fn the_marker_moves_forward_only() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store.record(&[from_ben(1), from_ben(2)], &[]).unwrap();
        let markers = store.read_markers();
        assert_eq!(markers.get("everyone").unwrap(), None);
        for (message, marker) in [("ben-1", "ben-1"), ("ben-2", "ben-2"), ("ben-1", "ben-2")] {
            assert!(markers.advance("everyone", message).unwrap());
            assert_eq!(markers.get("everyone").unwrap().as_deref(), Some(marker));
        }
    }

    #[test]
    fn a_message_that_came_late_does_not_take_the_marker_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store.record(&[from_ben(2)], &[]).unwrap();
        store.record(&[from_ben(1)], &[]).unwrap();
        let markers = store.read_markers();
        for message in ["ben-2", "ben-1"] {
            assert!(markers.advance("everyone", message).unwrap());
        }
        assert_eq!(markers.get("everyone").unwrap().as_deref(), Some("ben-2"));
    }

    #[test]
    fn a_message_of_another_conversation_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store.record(&[from_ben(1)], &[]).unwrap();
        let markers = store.read_markers();
        assert!(!markers.advance("everyone", "unknown").unwrap());
        assert!(!markers.advance("room", "ben-1").unwrap());
        assert_eq!(markers.get("room").unwrap(), None);
    }
}
