//! Where messages stand in their conversation.
//!
//! A message's *place* is
//!
//! `place(m) = max(created(m), 1 + the largest place of the messages that m names and that are here)`
//!
//! and a conversation is read by (place, id). So the order respects what each author had seen,
//! then what they say the time was, then the id (docs/protocol-v2.md 7.1). Where clocks are right
//! a place is simply the time; a device whose clock is behind still answers below what it answers.
//!
//! A `created` that is more than a day after the moment at which the message reached us counts as 0:
//! one clock in the year 2106 would otherwise stand below everything that others ever write, and with it what
//! answers it. The moment is that of our own clock, which nobody else can move. Such a message
//! stands right below what it names, on every device alike. Only one that names nothing has no
//! place of its own: it stands where it came.
//!
//! Places depend only on which messages are here, not on the order in which they came: when a
//! message comes after one that names it, the later one moves up, and what names that one. So
//! every device that has the same messages shows them in the same order, and what is shown moves
//! only when something was missing before it. A page is one stretch of an index, however long the
//! conversation is.

use rusqlite::{Connection, OptionalExtension, Statement, params};

use crate::column::stored;

/// The latest instant that orders: 2^53 - 1, the largest integer every face can count with. It
/// leaves room above for messages that follow one from a clock that is far ahead.
const LATEST: i64 = 9_007_199_254_740_991;

/// How many messages may move because one came. People's clocks move a few; an author who sends a
/// long history backwards must not make every message of it move all others.
const MOVES: usize = 1_000;

/// How far a clock may be ahead of ours and still be believed, milliseconds: a day, more than any
/// confusion of time zones explains.
const AHEAD: u64 = 24 * 60 * 60 * 1000;

/// The place of a message that was made at `created`, came at `received` and names `after`.
pub(crate) fn place(
    db: &Connection,
    created: u64,
    received: u64,
    after: &[String],
) -> rusqlite::Result<i64> {
    let believed = if created <= received.saturating_add(AHEAD) {
        created
    } else if after.is_empty() {
        received
    } else {
        0
    };
    let mut place = stored(believed).min(LATEST);
    for earlier in after {
        if let Some((above, _)) = position(db, earlier)? {
            place = place.max(above.saturating_add(1));
        }
    }
    Ok(place)
}

/// Notes which messages the one in row `seq` names.
pub(crate) fn note(db: &Connection, seq: i64, after: &[String]) -> rusqlite::Result<()> {
    let mut insert = db.prepare_cached(
        "INSERT INTO message_after (earlier, later) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?;
    for earlier in after {
        insert.execute(params![earlier, seq])?;
    }
    Ok(())
}

/// Moves what names message `id`, and what names that, below it. Says which messages moved.
pub(crate) fn move_followers(
    db: &Connection,
    id: &str,
    place: i64,
) -> rusqlite::Result<Vec<String>> {
    let mut followers = db.prepare_cached(
        "SELECT seq, id FROM message_after JOIN messages ON seq = later
         WHERE earlier = ?1 AND place <= ?2",
    )?;
    let mut update = db.prepare_cached("UPDATE messages SET place = ?2 WHERE seq = ?1")?;
    let mut moved = Vec::new();
    let mut ahead = vec![(id.to_owned(), place)];
    while let Some((id, place)) = ahead.pop() {
        for (seq, follower) in above(&mut followers, &id, place)? {
            if moved.len() == MOVES {
                return Ok(moved);
            }
            let below = place.saturating_add(1);
            update.execute(params![seq, below])?;
            moved.push(follower.clone());
            ahead.push((follower, below));
        }
    }
    Ok(moved)
}

/// The followers of a message that stand above it.
fn above(query: &mut Statement<'_>, id: &str, place: i64) -> rusqlite::Result<Vec<(i64, String)>> {
    query
        .query_map(params![id, place], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// The last place of a conversation and whose it is.
pub(crate) fn last(db: &Connection, conversation: &str) -> rusqlite::Result<Option<(i64, String)>> {
    db.prepare_cached(
        "SELECT place, id FROM messages WHERE conversation = ?1
         ORDER BY place DESC, id DESC LIMIT 1",
    )?
    .query_row([conversation], |row| Ok((row.get(0)?, row.get(1)?)))
    .optional()
}

/// Where a message stands, if it is here.
pub(crate) fn position(db: &Connection, id: &str) -> rusqlite::Result<Option<(i64, String)>> {
    db.prepare_cached("SELECT place, id FROM messages WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

#[cfg(test)]
mod tests {
    use crate::{
        NewMessage, Store,
        test::{after, from_ben, open, shuffled},
    };

    #[test]
    fn an_answer_stands_below_what_it_answers_whatever_the_clocks_say() {
        let question = from_ben(9_000);
        let answer = after(from_ben(10), &["ben-9000"]);
        assert_eq!(order_of(&[question, answer]), ["ben-9000", "ben-10"]);
    }

    #[test]
    fn messages_that_know_nothing_of_each_other_stand_by_time_then_id() {
        let mut twin = from_ben(2);
        twin.row.id = "ben-0".to_owned();
        assert_eq!(
            order_of(&[from_ben(3), from_ben(2), twin, from_ben(1)]),
            ["ben-1", "ben-0", "ben-2", "ben-3"]
        );
    }

    #[test]
    fn an_answer_moves_below_its_question_when_that_comes_later() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let answer = after(from_ben(10), &["ben-9000"]);
        let thanks = after(from_ben(11), &["ben-10"]);
        store.record(&[answer, thanks], &[]).unwrap();
        let recorded = store.record(&[from_ben(9_000)], &[]).unwrap();
        assert_eq!(recorded.moved, ["ben-10", "ben-11"]);
        assert_eq!(ids(&mut store), ["ben-9000", "ben-10", "ben-11"]);
    }

    #[test]
    fn a_clock_at_the_end_of_time_does_not_end_the_order() {
        let mut far = from_ben(1);
        far.row.sent_at = u64::MAX;
        let answer = after(from_ben(0), &["ben-1"]);
        assert_eq!(order_of(&[answer, far]), ["ben-1", "ben-0"]);
    }

    #[test]
    fn what_honest_people_write_stands_below_what_came_before_from_the_year_2106() {
        // Ben's clock is in 2106. Ana answers him, cleo has seen neither.
        let year_2106 = 4_291_747_200_000;
        let mut far = after(from_ben(1), &["ben-0"]);
        far.row.sent_at = year_2106;
        let answer = after(from_ben(2), &["ben-1"]);
        let honest = [from_ben(0), far, answer, from_ben(3), from_ben(4)];
        let expected = ["ben-0", "ben-1", "ben-2", "ben-3", "ben-4"];
        for seed in 1..=20 {
            assert_eq!(order_of(&shuffled(&honest, seed)), expected, "seed {seed}");
        }
        // One that names nothing stands where it came.
        let mut far = from_ben(2);
        far.row.sent_at = u64::MAX;
        far.row.received_at = from_ben(2).row.sent_at;
        assert_eq!(
            order_of(&[from_ben(1), far, from_ben(3)]),
            ["ben-1", "ben-2", "ben-3"]
        );
    }

    #[test]
    fn a_clock_that_is_half_a_day_ahead_is_believed_and_one_of_two_days_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        let ahead = |number, hours: u64| {
            let mut message = from_ben(number);
            message.row.sent_at = message.row.received_at + hours * 3_600_000;
            message
        };
        let batch = [ahead(1, 12), ahead(2, 48)];
        store.record(&batch, &[]).unwrap();
        let mut misdated = |id| store.messages().get(id).unwrap().unwrap().is_misdated();
        assert_eq!([misdated("ben-1"), misdated("ben-2")], [false, true]);
    }

    #[test]
    fn messages_that_name_each_other_in_a_circle_do_not_hang_us() {
        let one = after(from_ben(1), &["ben-2", "ben-1"]);
        let two = after(from_ben(2), &["ben-1"]);
        assert_eq!(order_of(&[one, two]).len(), 2);
    }

    #[test]
    fn the_order_does_not_depend_on_the_order_of_arrival() {
        // Three people whose clocks disagree by up to an hour, each having seen some of the rest.
        let messages: Vec<_> = (0..60_u64)
            .map(|n| {
                let clock = n * 1000 + (n % 3) * 1_800_000;
                let seen = [n.checked_sub(1 + n % 4), n.checked_sub(5)];
                let mut message = from_ben(n);
                message.row.sent_at = clock;
                message.after = seen.iter().flatten().map(|n| format!("ben-{n}")).collect();
                message
            })
            .collect();
        let expected = order_of(&messages);
        for message in &messages {
            let at = |id: &String| expected.iter().position(|other| other == id);
            for earlier in &message.after {
                assert!(at(earlier) < at(&message.row.id));
            }
        }
        for seed in 1..=20 {
            assert_eq!(
                order_of(&shuffled(&messages, seed)),
                expected,
                "seed {seed}"
            );
        }
    }

    /// The order in which messages are shown that came one at a time.
    fn order_of(messages: &[NewMessage]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(&dir);
        for message in messages {
            store.record(std::slice::from_ref(message), &[]).unwrap();
        }
        ids(&mut store)
    }

    fn ids(store: &mut Store) -> Vec<String> {
        let page = store.messages().page("everyone", None, 1000).unwrap();
        page.rows.into_iter().map(|row| row.id).collect()
    }
}
