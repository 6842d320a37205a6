//! The `messages` table.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::{
    StoreError,
    column::{loaded, stored, text_enum},
    order,
};

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// The envelope's id in hexadecimal.
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
    /// False when it is encrypted under a key that this node does not have.
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
    /// Where it stands: a conversation is read by (`place`, `id`). Set by the store.
    pub place: u64,
    /// Whether something that stands below it was here before it came. Set by the store.
    pub late: bool,
}

impl MessageRow {
    /// Whether its author's clock, or this node's, was wrong by more than a day: the time it says
    /// did not count for its place.
    #[must_use]
    pub fn is_misdated(&self) -> bool {
        self.place < self.sent_at
    }
}

/// A message that comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// The message.
    pub row: MessageRow,
    /// The ids of messages that its author had seen (docs/protocol-v2.md 7.1). They need not be
    /// here.
    pub after: Vec<String>,
}

/// What became of messages that came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// For each where it stands; `None` when it was there already.
    pub placed: Vec<Option<Placed>>,
    /// Messages from before that stand in another place now because these came.
    pub moved: Vec<String>,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// See [`MessageRow::place`].
    pub place: u64,
    /// See [`MessageRow::late`].
    pub late: bool,
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Oldest first.
    pub rows: Vec<MessageRow>,
    /// Whether there are older ones.
    pub more: bool,
}

/// The queries of the `messages` table. New ones come in by
/// [`Store::record`](crate::Store::record).
#[derive(Debug)]
pub struct Messages<'a> {
    pub(crate) db: &'a mut Connection,
}

impl Messages<'_> {
    /// Records that an own message is queued again, or failed and why. False when there is no such
    /// message. That it reached someone is noted by [`Reached`](crate::Reached).
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn set_state(
        &mut self,
        id: &str,
        state: MessageState,
        reason: Option<&str>,
    ) -> Result<bool, StoreError> {
        let changed = self
            .db
            .prepare_cached("UPDATE messages SET state = ?2, reason = ?3 WHERE id = ?1 AND own")?
            .execute(params![id, state, reason])?;
        Ok(changed > 0)
    }

    /// Notes how far an own message got, unless it went further before. Says whether that is news.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn advance(
        &mut self,
        id: &str,
        state: MessageState,
        reason: Option<&str>,
    ) -> Result<bool, StoreError> {
        let changed = self
            .db
            .prepare_cached(
                "UPDATE messages SET state = ?2, reason = ?3
                 WHERE id = ?1 AND own AND state != ?2 AND state != 'read'
                     AND (state != 'delivered' OR ?2 = 'read')",
            )?
            .execute(params![id, state, reason])?;
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
        let (place, id) = match before {
            None => (i64::MAX, AFTER_ALL.to_owned()),
            Some(before) => match order::position(self.db, before)? {
                Some(position) => position,
                None => return Ok(Page::default()),
            },
        };
        // One more than asked for tells whether there are older ones.
        let mut rows = self
            .db
            .prepare_cached(
                "SELECT * FROM messages
                 WHERE conversation = ?1 AND (place, id) < (?2, ?3)
                 ORDER BY place DESC, id DESC LIMIT ?4",
            )?
            .query_map(
                params![conversation, place, id, i64::from(limit) + 1],
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

    /// The messages that a new one should name: the newest of a conversation that no other names,
    /// newest first; at most `limit`. Only ids of envelopes can be named.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn heads(&mut self, conversation: &str, limit: u32) -> Result<Vec<String>, StoreError> {
        let ids = self
            .db
            .prepare_cached(
                "SELECT id FROM (
                     SELECT id, place FROM messages WHERE conversation = ?1
                     ORDER BY place DESC, id DESC LIMIT ?3
                 )
                 WHERE length(id) = 64
                   AND NOT EXISTS (SELECT 1 FROM message_after WHERE earlier = id)
                 ORDER BY place DESC, id DESC LIMIT ?2",
            )?
            .query_map(params![conversation, limit, RECENT], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(ids)
    }

    /// The ids of unreadable messages, newest first, from right before `before` on; at most
    /// `limit`. Some may become readable when the keyring grows.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn unreadable(
        &mut self,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let ids = self
            .db
            .prepare_cached(
                "SELECT id FROM messages
                 WHERE readable = 0
                   AND (?1 IS NULL OR seq < (SELECT seq FROM messages WHERE id = ?1))
                 ORDER BY seq DESC LIMIT ?2",
            )?
            .query_map(params![before, limit], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(ids)
    }

    /// Gives an unreadable message what it says, and its place. Says which others moved below it;
    /// `None` when there is no such message or it is readable already.
    ///
    /// # Errors
    /// When the database cannot be written; then it is as unreadable as before.
    pub fn reveal(
        &mut self,
        id: &str,
        from_name: &str,
        text: &str,
        after: &[String],
    ) -> Result<Option<Vec<String>>, StoreError> {
        let transaction = self.db.transaction()?;
        let found: Option<(i64, i64, i64)> = transaction
            .prepare_cached(
                "SELECT seq, sent_at, received_at FROM messages WHERE id = ?1 AND readable = 0",
            )?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((seq, sent_at, received_at)) = found else {
            return Ok(None);
        };
        let (sent_at, received_at) = (loaded(sent_at), loaded(received_at));
        let place = order::place(&transaction, sent_at, received_at, after)?;
        transaction
            .prepare_cached(
                "UPDATE messages SET from_name = ?2, text = ?3, place = ?4, readable = 1
                 WHERE seq = ?1",
            )?
            .execute(params![seq, from_name, text, place])?;
        order::note(&transaction, seq, after)?;
        let moved = order::move_followers(&transaction, id, place)?;
        transaction.commit()?;
        Ok(Some(moved))
    }

    /// Removes the oldest messages until at most `keep` are left, and says how many it removed.
    /// Queued ones stay.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn prune(&mut self, keep: u32) -> Result<usize, StoreError> {
        let transaction = self.db.transaction()?;
        let removed = transaction
            .prepare_cached(
                "DELETE FROM messages
                 WHERE seq <= (SELECT seq FROM messages ORDER BY seq DESC LIMIT 1 OFFSET ?1)
                   AND state IS NOT 'queued'",
            )?
            .execute([keep])?;
        if removed > 0 {
            let orphans = "DELETE FROM message_after WHERE later NOT IN (SELECT seq FROM messages)";
            transaction.execute(orphans, [])?;
        }
        transaction.commit()?;
        Ok(removed)
    }

    /// Removes some of the oldest messages when the database takes more than `most` bytes; those
    /// queued stay. Returns how many went: to be called again from time to time.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn shrink(&mut self, most: u64) -> Result<usize, StoreError> {
        let number = |what| {
            self.db
                .pragma_query_value(None, what, |row| row.get::<_, i64>(0))
        };
        let pages = number("page_count")?.saturating_sub(number("freelist_count")?);
        let bytes = pages.saturating_mul(PAGE);
        if u64::try_from(bytes).unwrap_or_default() <= most {
            return Ok(0);
        }
        let transaction = self.db.transaction()?;
        let removed = transaction
            .prepare_cached(
                "DELETE FROM messages WHERE seq IN (SELECT seq FROM messages
                 WHERE state IS NOT 'queued' ORDER BY seq LIMIT ?1)",
            )?
            .execute([SHRINK])?;
        let orphans = "DELETE FROM message_after WHERE later NOT IN (SELECT seq FROM messages)";
        transaction.execute(orphans, [])?;
        transaction.commit()?;
        Ok(removed)
    }
}

/// Bytes of a page of the database: SQLCipher's own, and it tells no other.
const PAGE: i64 = 4096;

/// Messages that are removed at once: more than come in a minute, few enough not to hold up others.
const SHRINK: u32 = 10_000;

/// An id that none comes after.
const AFTER_ALL: &str = "\u{10ffff}";
/// How far back a message is looked for that nobody names yet: further up each was seen long ago.
const RECENT: u32 = 256;

/// Inserts messages and says where they stand; those whose id is there already are left as they
/// are.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    messages: &[NewMessage],
) -> rusqlite::Result<Recorded> {
    // What came in together is shown together: only what was there before makes a message late.
    let mut last = BTreeMap::new();
    for NewMessage { row, .. } in messages {
        if !last.contains_key(row.conversation.as_str()) {
            let found = order::last(transaction, &row.conversation)?;
            last.insert(row.conversation.as_str(), found);
        }
    }
    let mut placed = Vec::with_capacity(messages.len());
    let mut moved = BTreeSet::new();
    for NewMessage { row, after } in messages {
        let last = last.get(row.conversation.as_str()).and_then(Option::as_ref);
        let place = order::place(transaction, row.sent_at, row.received_at, after)?;
        let late = last.is_some_and(|(below, id)| (place, &row.id) < (*below, id));
        let new = insert_row(transaction, row, place, late)?;
        if new {
            order::note(transaction, transaction.last_insert_rowid(), after)?;
            moved.extend(order::move_followers(transaction, &row.id, place)?);
        }
        let place = loaded(place);
        placed.push(new.then_some(Placed { place, late }));
    }
    // What moved right after it came in stands where it stands now.
    for (NewMessage { row, .. }, placed) in messages.iter().zip(&mut placed) {
        if let Some(placed) = placed
            && moved.remove(&row.id)
            && let Some((place, _)) = order::position(transaction, &row.id)?
        {
            placed.place = loaded(place);
        }
    }
    let moved = moved.into_iter().collect();
    Ok(Recorded { placed, moved })
}

fn insert_row(db: &Connection, row: &MessageRow, place: i64, late: bool) -> rusqlite::Result<bool> {
    let inserted = db
        .prepare_cached(
            "INSERT INTO messages (
                 id, conversation, from_id, from_name, text, own, readable, sent_at,
                 received_at, hops, state, reached, reason, place, late
             ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
             ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
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
            place,
            late,
        ])?;
    Ok(inserted > 0)
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
        place: loaded(row.get("place")?),
        late: row.get("late")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Store,
        test::{after, from_ben, open, our_own},
    };

    /// An id as envelopes have it.
    fn envelope_id(digit: char) -> String {
        digit.to_string().repeat(64)
    }

    fn with_id(mut message: NewMessage, id: &str) -> NewMessage {
        message.row.id = id.to_owned();
        message
    }

    fn unreadable(number: u64) -> NewMessage {
        let mut message = from_ben(number);
        message.row.readable = false;
        message.row.text.clear();
        message.row.from_name.clear();
        message
    }

    fn ids(rows: &[MessageRow]) -> Vec<&str> {
        rows.iter().map(|row| row.id.as_str()).collect()
    }

    fn all(store: &mut Store) -> Vec<String> {
        let page = store.messages().page("everyone", None, 100).unwrap();
        page.rows.into_iter().map(|row| row.id).collect()
    }

    #[test]
    fn a_message_comes_back_as_it_went_in() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut message = our_own(1, MessageState::Failed);
        message.row.hops = Some(2);
        message.row.reached = 3;
        message.row.reason = Some("no way".to_owned());
        store.record(std::slice::from_ref(&message), &[]).unwrap();
        let row = store.messages().get("own-1").unwrap();
        assert_eq!(row, Some(message.row));
        assert_eq!(store.messages().get("another").unwrap(), None);
    }

    #[test]
    fn a_repeated_message_is_kept_once_as_it_was_first() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let mut forged = from_ben(1);
        forged.row.text = "not what ben wrote".to_owned();
        let new = |recorded: Recorded| {
            let placed = recorded.placed.into_iter();
            placed.map(|placed| placed.is_some()).collect::<Vec<_>>()
        };
        let batch = [from_ben(1), from_ben(2), forged.clone()];
        let recorded = store.record(&batch, &[]).unwrap();
        assert_eq!(new(recorded), [true, true, false]);
        let recorded = store.record(&[forged], &[]).unwrap();
        assert_eq!(new(recorded), [false]);
        let row = store.messages().get("ben-1").unwrap();
        assert_eq!(row, Some(from_ben(1).row));
    }

    #[test]
    fn pages_lead_from_the_newest_to_the_oldest() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let messages: Vec<_> = [3, 0, 4, 1, 2].map(from_ben).to_vec();
        let mut elsewhere = from_ben(9);
        elsewhere.row.conversation = "room".to_owned();
        store.record(&messages, &[]).unwrap();
        store.record(&[elsewhere], &[]).unwrap();

        let newest = store.messages().page("everyone", None, 2).unwrap();
        assert_eq!(ids(&newest.rows), ["ben-3", "ben-4"]);
        assert!(newest.more);
        let middle = store.messages().page("everyone", Some("ben-3"), 2).unwrap();
        assert_eq!(ids(&middle.rows), ["ben-1", "ben-2"]);
        assert!(middle.more);
        let oldest = store.messages().page("everyone", Some("ben-1"), 2).unwrap();
        assert_eq!(ids(&oldest.rows), ["ben-0"]);
        assert!(!oldest.more);

        let nothing = store.messages().page("everyone", Some("unknown"), 2);
        assert_eq!(nothing.unwrap(), Page::default());
    }

    #[test]
    fn a_message_that_belongs_above_what_was_there_is_late() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let late = |recorded: Recorded| {
            let placed = recorded.placed.into_iter().flatten();
            placed.map(|placed| placed.late).collect::<Vec<_>>()
        };
        let together = store.record(&[from_ben(5), from_ben(4)], &[]).unwrap();
        assert_eq!(late(together), [false, false]);
        let mixed = store.record(&[from_ben(3), from_ben(6)], &[]).unwrap();
        assert_eq!(late(mixed), [true, false]);
        let shown = store.messages().get("ben-3").unwrap().unwrap();
        assert!(shown.late);
        let answer = after(from_ben(0), &["ben-6"]);
        assert_eq!(late(store.record(&[answer], &[]).unwrap()), [false]);
    }

    #[test]
    fn what_moved_in_the_same_batch_is_told_where_it_ended_up() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let answer = after(from_ben(1), &["ben-5"]);
        let recorded = store.record(&[answer, from_ben(5)], &[]).unwrap();
        let places: Vec<_> = recorded.placed.iter().flatten().map(|p| p.place).collect();
        assert_eq!(places, [1006, 1005]);
        assert!(recorded.moved.is_empty());
    }

    #[test]
    fn queued_messages_wait_in_their_order_until_someone_has_them() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let batch = [
            our_own(1, MessageState::Queued),
            from_ben(2),
            our_own(3, MessageState::Queued),
            our_own(4, MessageState::Sent),
        ];
        store.record(&batch, &[]).unwrap();
        let mut messages = store.messages();
        assert_eq!(ids(&messages.queued().unwrap()), ["own-1", "own-3"]);

        let failed = messages.set_state("own-1", MessageState::Failed, Some("too long"));
        assert!(failed.unwrap());
        assert_eq!(ids(&messages.queued().unwrap()), ["own-3"]);
        let failed = messages.get("own-1").unwrap().unwrap();
        assert_eq!(failed.state, Some(MessageState::Failed));
        assert_eq!(failed.reason.as_deref(), Some("too long"));
    }

    #[test]
    fn a_message_may_be_carried_again_and_does_not_come_back_from_its_recipient() {
        use MessageState::{Carried, Delivered, Failed, Read, Sent};
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store.record(&[our_own(1, Sent)], &[]).unwrap();
        let mut messages = store.messages();
        let mut advance = |state| messages.advance("own-1", state, None).unwrap();
        assert_eq!(
            [advance(Carried), advance(Carried), advance(Sent)],
            [true, false, true]
        );
        assert_eq!([advance(Delivered), advance(Carried)], [true, false]);
        assert_eq!(
            [advance(Failed), advance(Read), advance(Delivered)],
            [false, true, false]
        );
        assert!(!messages.advance("unknown", Sent, None).unwrap());
    }

    #[test]
    fn only_own_messages_have_a_state() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store.record(&[from_ben(1)], &[]).unwrap();
        let mut messages = store.messages();
        for id in ["ben-1", "unknown"] {
            assert!(!messages.set_state(id, MessageState::Failed, None).unwrap());
        }
        assert_eq!(messages.get("ben-1").unwrap(), Some(from_ben(1).row));
    }

    #[test]
    fn recent_ids_are_those_that_came_last() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store.record(&[0, 3, 1, 2].map(from_ben), &[]).unwrap();
        assert_eq!(store.messages().recent_ids(2).unwrap(), ["ben-2", "ben-1"]);
    }

    #[test]
    fn a_new_message_names_the_newest_that_nobody_named() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let [a, b, c] = ['a', 'b', 'c'].map(envelope_id);
        let batch = [
            with_id(from_ben(1), &a),
            with_id(after(from_ben(2), &[a.as_str()]), &b),
            with_id(from_ben(3), &c),
            from_ben(4),
        ];
        store.record(&batch, &[]).unwrap();
        let mut messages = store.messages();
        assert_eq!(messages.heads("everyone", 8).unwrap(), [c.clone(), b]);
        assert_eq!(messages.heads("everyone", 1).unwrap(), [c]);
        assert!(messages.heads("room", 8).unwrap().is_empty());
    }

    #[test]
    fn an_unreadable_message_is_told_later_and_finds_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let answer = after(from_ben(0), &["ben-1"]);
        let batch = [unreadable(1), unreadable(2), from_ben(3), answer];
        store.record(&batch, &[]).unwrap();
        let mut messages = store.messages();
        assert_eq!(messages.unreadable(None, 9).unwrap(), ["ben-2", "ben-1"]);
        assert_eq!(messages.unreadable(Some("ben-2"), 9).unwrap(), ["ben-1"]);

        let seen = ["ben-3".to_owned()];
        let moved = messages.reveal("ben-1", "ben", "hello", &seen).unwrap();
        assert_eq!(moved, Some(vec!["ben-0".to_owned()]));
        let mut again = |id| messages.reveal(id, "ben", "again", &[]).unwrap();
        assert_eq!([again("ben-1"), again("unknown")], [None, None]);
        assert_eq!(messages.unreadable(None, 9).unwrap(), ["ben-2"]);
        let row = messages.get("ben-1").unwrap().unwrap();
        assert_eq!((row.text.as_str(), row.readable), ("hello", true));
        assert_eq!(all(&mut store), ["ben-2", "ben-3", "ben-1", "ben-0"]);
    }

    #[test]
    fn pruning_keeps_the_newest_and_what_is_still_queued() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let first = our_own(0, MessageState::Queued);
        store.record(&[first], &[]).unwrap();
        let chain: Vec<_> = (1..5)
            .map(|n| after(from_ben(n), &[&format!("ben-{}", n - 1)]))
            .collect();
        store.record(&chain, &[]).unwrap();
        assert_eq!(store.messages().prune(10).unwrap(), 0);
        assert_eq!(store.messages().prune(2).unwrap(), 2);
        assert_eq!(all(&mut store), ["own-0", "ben-3", "ben-4"]);
        let names = "SELECT count(*) FROM message_after";
        assert_eq!(store.db.query_row(names, [], |row| row.get(0)), Ok(2));
    }

    #[test]
    fn messages_that_take_too_much_of_the_disk_go_and_those_queued_stay() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        store
            .record(&[our_own(0, MessageState::Queued), from_ben(1)], &[])
            .unwrap();
        assert_eq!(store.messages().shrink(1 << 30).unwrap(), 0);
        assert_eq!(store.messages().shrink(1).unwrap(), 1);
        assert_eq!(all(&mut store), ["own-0"]);
    }
}
