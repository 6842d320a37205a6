//! How long 100 000 envelopes and messages take to write, and their index and a page to read:
//! `cargo run --release -p gossamer-store --example index`.

#![allow(clippy::print_stdout, reason = "it prints what it measures")]

use std::{error::Error, time::Instant};

use bytes::Bytes;
use gossamer_crypto::{DeviceId, EnvelopeId, NetworkId, Signature};
use gossamer_store::{
    EnvelopeBody, EnvelopeMeta, EnvelopeRow, MessageRow, NewMessage, Store, Unlock,
};

const ROWS: u64 = 100_000;
const BATCH: u64 = 1_000;
/// Bytes of a body: a chat message with its envelope.
const BODY: usize = 400;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let mut store = Store::open(dir.path(), &Unlock::default())?;
    let ids: Vec<_> = (0..ROWS).map(|number| envelope(number).meta.id).collect();

    let start = Instant::now();
    for batch in 0..ROWS / BATCH {
        let numbers = batch * BATCH..(batch + 1) * BATCH;
        let envelopes: Vec<_> = numbers.clone().map(envelope).collect();
        let messages: Vec<_> = numbers
            .zip(&envelopes)
            .map(|(n, e)| message(n, e, &ids))
            .collect();
        store.record(&messages, &envelopes)?;
    }
    println!("write {ROWS} in batches of {BATCH}: {:?}", start.elapsed());
    store.close()?;

    for _ in 0..5 {
        let start = Instant::now();
        let mut store = Store::open(dir.path(), &Unlock::default())?;
        let opened = start.elapsed();
        let start = Instant::now();
        let mut index = Vec::new();
        store
            .envelopes()
            .index(&home(), |entry| index.push(entry))?;
        let (read, rows) = (start.elapsed(), index.len());
        let start = Instant::now();
        store.messages().page("everyone", None, 100)?;
        let newest = start.elapsed();
        let middle = ids.get(ids.len() / 2).map(ToString::to_string);
        let start = Instant::now();
        store.messages().page("everyone", middle.as_deref(), 100)?;
        let old = start.elapsed();
        println!("open {opened:?}, index of {rows} {read:?}, page {newest:?}, old page {old:?}");
    }
    Ok(())
}

fn home() -> NetworkId {
    NetworkId::of("home")
}

fn envelope(number: u64) -> EnvelopeRow {
    let body = Bytes::from(format!("{number:0BODY$}"));
    EnvelopeRow {
        meta: EnvelopeMeta {
            id: EnvelopeId::of(&body),
            network: home(),
            bucket: 3,
            audience: None,
            ack: None,
            kind: 4,
            origin: Some(DeviceId::new([2; 32])),
            seq: number,
            created: number,
            lifetime: 604_800,
            birth: 0,
            size: BODY as u32,
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

fn message(number: u64, envelope: &EnvelopeRow, ids: &[EnvelopeId]) -> NewMessage {
    let row = MessageRow {
        id: envelope.meta.id.to_string(),
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
        .and_then(|n| ids.get(usize::try_from(n).ok()?));
    let after = earlier.map(ToString::to_string).into_iter().collect();
    NewMessage { row, after }
}
