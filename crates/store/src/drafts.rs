//! The `drafts` table: what was typed and not sent yet.

use rusqlite::Connection;

use crate::StoreError;

/// What was typed for a conversation.
#[derive(Clone, PartialEq, Eq)]
pub struct DraftRow {
    /// The conversation.
    pub conversation: String,
    /// Never empty.
    pub text: String,
}

impl std::fmt::Debug for DraftRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DraftRow(..)")
    }
}

/// The queries of the `drafts` table.
#[derive(Debug)]
pub struct Drafts<'a> {
    pub(crate) db: &'a Connection,
}

impl Drafts<'_> {
    /// Keeps what is typed for a conversation instead of what was; an empty text removes it.
    ///
    /// # Errors
    /// When the database cannot be written; then the one before stays.
    pub fn keep(&self, conversation: &str, text: &str) -> Result<(), StoreError> {
        if text.is_empty() {
            self.db
                .prepare_cached("DELETE FROM drafts WHERE conversation = ?1")?
                .execute([conversation])?;
        } else {
            self.db
                .prepare_cached(
                    "INSERT INTO drafts (conversation, text) VALUES (?1, ?2)
                     ON CONFLICT (conversation) DO UPDATE SET text = excluded.text",
                )?
                .execute([conversation, text])?;
        }
        Ok(())
    }

    /// All of them, by conversation.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn all(&self) -> Result<Vec<DraftRow>, StoreError> {
        let rows = self
            .db
            .prepare_cached("SELECT conversation, text FROM drafts ORDER BY conversation")?
            .query_map([], |row| {
                Ok(DraftRow {
                    conversation: row.get(0)?,
                    text: row.get(1)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{Store, test::open};

    fn draft(conversation: &str, text: &str) -> DraftRow {
        DraftRow {
            conversation: conversation.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn the_last_draft_of_each_conversation_stays_until_it_is_emptied() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        for (conversation, text) in [("everyone", "hal"), ("room", " "), ("everyone", "half")] {
            store.drafts().keep(conversation, text).unwrap();
        }
        drop(store);
        let mut store = open(&dir);
        let both = [draft("everyone", "half"), draft("room", " ")];
        assert_eq!(store.drafts().all().unwrap(), both);
        for _ in 0..2 {
            store.drafts().keep("everyone", "").unwrap();
            assert_eq!(store.drafts().all().unwrap(), [draft("room", " ")]);
        }
    }

    #[test]
    fn a_draft_cannot_be_read_off_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store.drafts().keep("everyone", "half a thought").unwrap();
        store.close().unwrap();
        let file = fs::read(dir.path().join(Store::FILE_NAME)).unwrap();
        let words = b"half a thought";
        assert!(!file.windows(words.len()).any(|bytes| bytes == words));
    }

    #[test]
    fn a_draft_is_not_shown_when_printed() {
        let printed = format!("{:?}", draft("everyone", "half a thought"));
        assert_eq!(printed, "DraftRow(..)");
    }
}
