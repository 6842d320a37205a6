//! A writer that is killed at any instant has on disk what it said it had, and no half of
//! anything.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use bytes::Bytes;
use gossamer_crypto::{EnvelopeId, NetworkId, Signature};
use gossamer_store::{
    EnvelopeBody, EnvelopeMeta, EnvelopeRow, MessageRow, NewMessage, Store, Unlock,
};
use tempfile::TempDir;

/// Names the directory to write in; without it there is nothing to write.
const WRITER: &str = "GOSSAMER_TEST_WRITER";
/// How often the writer is killed.
const KILLS: u64 = 40;
/// The kills are spread over so many microseconds after an acknowledgement: about what a batch takes.
const SPREAD: u64 = 12_000;
/// Rows of one transaction: more than one page of the database, so that it can be torn.
const BATCH: u64 = 20;

#[test]
fn what_a_killed_writer_acknowledged_is_there_and_nothing_by_halves() {
    if env::var_os(WRITER).is_some() {
        return;
    }
    let dir = TempDir::new().unwrap();
    let mut acknowledged = 0;
    for kill in 0..KILLS {
        let instant = Duration::from_micros(SPREAD * kill / KILLS);
        acknowledged = write_and_kill(dir.path(), instant).max(acknowledged);
        let mut store = Store::open(dir.path(), &Unlock::default()).unwrap();
        let batches = whole_batches(&mut store);
        assert!(batches >= acknowledged, "{batches} of {acknowledged}");
        let seq = store.identity().next_seq(0).unwrap();
        assert!(seq > acknowledged, "{seq} was given before");
    }
    assert!(acknowledged >= KILLS);
}

/// Not a test: the process that the one above kills.
#[test]
fn the_writer() {
    let Some(dir) = env::var_os(WRITER) else {
        return;
    };
    let mut store = Store::open(Path::new(&dir), &Unlock::default()).unwrap();
    store.identity().get_or_create("ana", 0).unwrap();
    for batch in whole_batches(&mut store).. {
        let numbers = batch * BATCH..(batch + 1) * BATCH;
        let messages: Vec<_> = numbers.clone().map(message).collect();
        let envelopes: Vec<_> = numbers.map(envelope).collect();
        store.identity().next_seq(0).unwrap();
        store.record(&messages, &envelopes).unwrap();
        let mut out = io::stdout().lock();
        writeln!(out, "\nbatches {}", batch + 1).unwrap();
        out.flush().unwrap();
    }
}

/// Lets a writer acknowledge a batch, kills it this much later, and returns the last number it
/// said.
fn write_and_kill(dir: &Path, instant: Duration) -> u64 {
    let mut writer = Command::new(env::current_exe().unwrap())
        .args(["--exact", "the_writer", "--nocapture"])
        .env(WRITER, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(writer.stdout.take().unwrap());
    let mut said = out.lines().map_while(Result::ok).filter_map(|line| {
        let number = line.strip_prefix("batches ")?;
        number.parse::<u64>().ok()
    });
    let Some(last) = said.next() else {
        panic!("the writer ended by itself");
    };
    // Not waiting for anything: which instant it is, is what this test varies.
    thread::sleep(instant);
    writer.kill().unwrap();
    writer.wait().unwrap();
    // What it said between that and the kill counts as well.
    said.last().unwrap_or(last)
}

/// How many batches the store has. Each is there with all its messages, envelopes and bodies, or
/// not at all.
fn whole_batches(store: &mut Store) -> u64 {
    let limit = u32::MAX;
    let messages = store.messages().page("everyone", None, limit).unwrap();
    let messages = messages.rows.len() as u64;
    assert_eq!(messages % BATCH, 0, "a batch was torn");
    let mut held = 0;
    store
        .envelopes()
        .index(&home(), |entry| held += u64::from(entry.held))
        .unwrap();
    assert_eq!(held, messages, "a message without its envelope");
    for number in 0..messages {
        let id = envelope(number).meta.id;
        assert_eq!(store.envelopes().get(&id).unwrap(), Some(envelope(number)));
        assert!(store.messages().get(&id.to_string()).unwrap().is_some());
    }
    messages / BATCH
}

fn home() -> NetworkId {
    NetworkId::of("home")
}

fn message(number: u64) -> NewMessage {
    let row = MessageRow {
        id: envelope(number).meta.id.to_string(),
        conversation: "everyone".to_owned(),
        from_id: "bbbbbbbb".to_owned(),
        from_name: "ben".to_owned(),
        text: "a line of about the usual length, give or take".to_owned(),
        own: false,
        readable: true,
        sent_at: number,
        received_at: number,
        hops: None,
        state: None,
        reached: 0,
        reason: None,
        place: 0,
        late: false,
    };
    let earlier = number
        .checked_sub(1)
        .map(|n| envelope(n).meta.id.to_string());
    let after = earlier.into_iter().collect();
    NewMessage { row, after }
}

fn envelope(number: u64) -> EnvelopeRow {
    let body = Bytes::from(format!("{number:0500}"));
    EnvelopeRow {
        meta: EnvelopeMeta {
            id: EnvelopeId::of(&body),
            network: home(),
            bucket: 3,
            audience: None,
            ack: None,
            kind: 4,
            origin: None,
            seq: number,
            created: number,
            lifetime: 604_800,
            birth: 0,
            size: 500,
            own: false,
            hops: 1,
        },
        body: Some(EnvelopeBody {
            body,
            signature: Signature::new([7; 64]),
            signer: None,
        }),
    }
}
