//! How much it costs two nodes to find out what each lacks:
//! `cargo run --release -p gossamer-mesh --example reconcile -- [ENVELOPES] [DIFFERENCES]`.
//!
//! Prints the processor time of both sides together and the bytes of DIGEST, RECON and RECON_WANT,
//! against sending all ids.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    reason = "prints what it measures"
)]

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use gossamer_crypto::{DeviceId, DeviceKey, EnvelopeId, NetworkId};
use gossamer_mesh::{
    Now,
    gossip::{Config, Ed25519, Entry, Gossip, Held, Input, LinkId, Output, Quota, Start},
};
use gossamer_wire::v2::{Bucket, Kind, Splitter};
use rand::{SeedableRng, rngs::StdRng};

const LINK: LinkId = LinkId(1);
/// The types of reconciliation, from DIGEST on.
const FIRST: u8 = 0x18;

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok());
    let envelopes: u32 = numbers.next().unwrap_or(100_000);
    let differences: u32 = numbers.next().unwrap_or(10);
    let half = differences / 2;
    // Each lacks its own half of the differences.
    let mut nodes = [
        node(1, (0..envelopes).filter(|n| *n >= half)),
        node(
            2,
            (0..envelopes).filter(|n| *n < envelopes - (differences - half)),
        ),
    ];
    let begun = std::time::Instant::now();
    let (bytes, wanted) = link(&mut nodes);
    let took = begun.elapsed();
    let all = envelopes as usize * EnvelopeId::SIZE;
    println!("{envelopes} envelopes, {differences} differences, {wanted} asked for");
    println!("both sides: {:.1} ms", took.as_secs_f64() * 1000.0);
    println!(
        "{bytes} bytes, {:.2} % of all ids",
        bytes as f64 * 100.0 / all as f64
    );
}

fn node(n: u8, known: impl Iterator<Item = u32>) -> (DeviceId, Gossip<StdRng>) {
    let device = DeviceKey::from_secret(&[n; 32]).id();
    let config = Config {
        device,
        network: NetworkId::of("mesh"),
        password: None,
        port: 9999,
        stale: Duration::from_secs(30),
        leaf: false,
        quota: Quota::default(),
        verifier: Box::new(Ed25519),
    };
    let mut brain = Gossip::new(config, StdRng::seed_from_u64(n.into()));
    let index = known.map(entry).collect();
    let start = Start {
        index,
        ..Start::default()
    };
    brain.handle(Input::Start(start), now());
    (device, brain)
}

fn entry(n: u32) -> Entry {
    Entry {
        id: EnvelopeId::of(&n.to_le_bytes()),
        kind: Kind::Everyone,
        bucket: Bucket::Everyone,
        author: DeviceId::new([9; 32]),
        seq: n.into(),
        created: u64::from(n) * 1_000,
        birth: 0,
        lifetime: 604_800,
        size: 300,
        hops: 0,
        ttl: 0,
        held: Held::Body,
        own: false,
        mail: None,
    }
}

/// Links the two until nothing is left to say; returns the bytes of reconciliation, and how many
/// envelopes were asked for.
fn link(nodes: &mut [(DeviceId, Gossip<StdRng>); 2]) -> (usize, usize) {
    let ids = [nodes[0].0, nodes[1].0];
    let mut todo = VecDeque::new();
    for side in 0..2 {
        let up = Input::LinkUp {
            link: LINK,
            device: ids[1 - side],
            addr: ([10, 0, 0, 1], 9999).into(),
            dialled: side == 0,
            exporter: [0; 32],
        };
        todo.push_back((side, up));
    }
    let (mut bytes, mut wanted) = (0, 0);
    while let Some((side, input)) = todo.pop_front() {
        nodes[side].1.handle(input, now());
        while let Some(output) = nodes[side].1.poll() {
            match output {
                Output::Send { frame, .. } => {
                    let (kind, body) = split(&frame);
                    bytes += if kind >= FIRST { frame.len() } else { 0 };
                    let link = LINK;
                    todo.push_back((1 - side, Input::Frame { link, kind, body }));
                }
                Output::Serve { .. } => wanted += 1,
                _ => {}
            }
        }
    }
    (bytes, wanted)
}

fn split(frame: &Bytes) -> (u8, Bytes) {
    let mut splitter = Splitter::new();
    splitter.buffer().extend_from_slice(frame);
    let frame = splitter.take().ok().flatten().expect("one whole frame");
    (frame.kind, frame.body)
}

fn now() -> Now {
    Now {
        mono: Duration::from_secs(1),
        wall_ms: 0,
    }
}
