//! The classic dialect among brains: everyone gets everything once, whatever the network's shape.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should end"
)]

mod town;

use std::{collections::BTreeSet, time::Duration};

use gossamer_mesh::{Config, Input, NodeId, classic};
use gossamer_wire::v1::{FileChunk, FileMetadata, NetworkHash};
use proptest::prelude::*;
use town::Town;

const MINUTE: Duration = Duration::from_secs(60);

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn cleo_hears_ana_through_ben_and_nobody_hears_anything_twice() {
    let mut town = Town::new(1, &[("ana", &[1]), ("ben", &[1, 2]), ("cleo", &[2])]);
    town.pass(secs(10));
    town.says("ana", "hello");
    town.says("cleo", "hi");
    town.pass(secs(10));
    assert_eq!(town.people["cleo"].shown, ["hello"]);
    assert_eq!(town.people["ana"].shown, ["hi"]);
    assert_eq!(town.people["ben"].shown.len(), 2);
    assert_eq!(town.people["ana"].reached["hello"], 1);
}

#[test]
fn what_ana_says_alone_reaches_ben_when_he_comes_in_order() {
    let mut town = Town::new(2, &[("ana", &[1]), ("ben", &[1])]);
    town.switch("ben", false);
    town.says("ana", "one");
    town.says("ana", "two");
    town.pass(10 * MINUTE);
    assert_eq!(town.people["ana"].mesh.queued(), 2);
    town.switch("ben", true);
    town.pass(secs(10));
    assert_eq!(BTreeSet::from_iter(&town.people["ben"].shown).len(), 2);
    assert_eq!(town.people["ana"].mesh.queued(), 0);
}

#[test]
fn a_relay_that_was_off_passes_on_what_waited_for_it() {
    let mut town = Town::new(3, &[("ana", &[1]), ("ben", &[1, 2]), ("cleo", &[2])]);
    town.pass(secs(10));
    town.switch("ben", false);
    town.pass(MINUTE);
    town.says("ana", "hello");
    town.pass(MINUTE);
    town.switch("ben", true);
    town.pass(MINUTE);
    assert_eq!(town.people["cleo"].shown, ["hello"]);
}

#[test]
fn in_a_full_mesh_a_chunk_crosses_each_link_once() {
    let everyone: [(&str, &[u8]); 5] = [
        ("ana", &[1]),
        ("ben", &[1]),
        ("cleo", &[1]),
        ("dora", &[1]),
        ("emil", &[1]),
    ];
    let mut town = Town::new(4, &everyone);
    town.pass(MINUTE);
    for index in 0..20 {
        town.pumps("ana", &chunk("ana", index));
        town.pass(secs(1));
    }
    for name in ["ben", "cleo", "dora", "emil"] {
        assert_eq!(town.people[name].chunks.len(), 20);
    }
    // Four recipients, and not one copy among them.
    assert_eq!(town.chunks_written, 20 * 4);
}

#[test]
fn a_chunk_reaches_cleo_two_hops_away_once() {
    let mut town = Town::new(
        5,
        &[
            ("ana", &[1]),
            ("ben", &[1, 2]),
            ("dora", &[1, 2]),
            ("cleo", &[2]),
        ],
    );
    town.pass(MINUTE);
    town.pumps("ana", &chunk("ana", 0));
    town.pass(secs(5));
    assert_eq!(town.people["cleo"].chunks, [0]);
}

#[test]
fn an_address_named_by_hand_is_enough_and_introduces_the_others_on_the_link() {
    let mut town = Town::with_loss(6, &[("ana", &[1]), ("ben", &[1]), ("cleo", &[1])], 1);
    town.pass(secs(20));
    assert_eq!(town.people["ana"].mesh.peers().count(), 0);
    town.tell("ana", Input::Connect("10.0.1.2:9999".parse().unwrap()));
    town.tell("cleo", Input::Connect("10.0.1.2:9999".parse().unwrap()));
    town.pass(MINUTE);
    let known: Vec<_> = town.people["ana"]
        .mesh
        .peers()
        .map(|peer| peer.id.0.clone())
        .collect();
    assert_eq!(known, ["ben", "cleo"]);
}

#[test]
fn a_forged_list_makes_nobody_knock_on_strangers_doors() {
    let mut town = Town::with_loss(7, &[("ana", &[1]), ("ben", &[1])], 1);
    town.pass(secs(1));
    let forged = |addr: &str, port: u16| {
        format!(
            r#"{{"type":"peer_list","message_id":"{addr}{port}","sender_id":"mallory","sender_name":"m","timestamp":1,"content":null,"net":"{}","peers":[{{"node_id":"mallory","node_name":"m","ip":"10.0.1.66","port":9999,"last_seen":1}},{{"node_id":"victim","node_name":"v","ip":"{addr}","port":{port},"last_seen":1}}]}}"#,
            NetworkHash::of("town")
        )
    };
    for (addr, port) in [
        ("8.8.8.8", 9999),
        ("10.0.1.2", 80),
        ("127.0.0.1", 9999),
        ("10.0.1.1", 9999),
    ] {
        let raw = bytes::Bytes::from(forged(addr, port));
        let message = gossamer_wire::v1::Message::decode(&raw).unwrap();
        let source = "10.0.1.66:4000".parse().unwrap();
        let ana = town.people.get_mut("ana").unwrap();
        let now = gossamer_mesh::Now {
            mono: secs(2),
            wall_ms: 0,
        };
        ana.mesh.handle(
            Input::Arrived(gossamer_mesh::Arrived {
                source,
                message,
                raw,
            }),
            now,
        );
        let own = "10.0.1.66:9999".parse().unwrap();
        ana.mesh.handle(Input::Dialled(own), now);
        while let Some(output) = ana.mesh.poll() {
            // Whoever says where they are is looked for there, and nobody else.
            if let gossamer_mesh::Output::Dial { addr: dialled, .. } = output {
                assert_eq!(dialled, own, "{addr}:{port}");
            }
        }
    }
}

fn chunk(name: &str, index: u64) -> bytes::Bytes {
    let me = Config {
        node_id: NodeId(name.into()),
        device: None,
        name: name.into(),
        port: 9999,
        network: NetworkHash::of("town"),
        classic_welcome: true,
        announce: secs(5),
        stale: secs(30),
    };
    let file = FileMetadata {
        filename: "a".into(),
        file_size: 1,
        file_hash: "00".repeat(32),
        total_chunks: 1,
    };
    let chunk = FileChunk {
        file_id: "f".into(),
        index,
        data: vec![1],
        file,
    };
    classic::file_chunk(&me, format!("chunk-{index}"), 0, chunk).unwrap()
}

const NAMES: [&str; 8] = ["ana", "ben", "cleo", "dora", "emil", "finn", "gala", "hugo"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Any connected shape of up to eight people on up to five segments, lossy beacons, relays
    /// that go off and come back: every message is shown once to everyone else.
    #[test]
    fn everyone_hears_everything_once(
        seed in any::<u64>(),
        bridges in proptest::collection::vec((0..8usize, 1..5u8), 4..12),
        sleeper in 0..8usize,
    ) {
        // A line of segments holds everyone together; the bridges make loops.
        let mut homes: Vec<Vec<u8>> = (0..8u8).map(|n| vec![n / 2 + 1, (n / 2 + 2).min(4)]).collect();
        for (person, segment) in bridges {
            homes[person].push(segment);
        }
        homes.iter_mut().for_each(|home| { home.sort_unstable(); home.dedup(); });
        let homes: Vec<(&'static str, &[u8])> =
            NAMES.iter().zip(&homes).map(|(name, home)| (*name, home.as_slice())).collect();
        let mut town = Town::with_loss(seed, &homes, 5);
        town.pass(MINUTE);
        for name in NAMES {
            town.says(name, name);
        }
        town.switch(NAMES[sleeper], false);
        town.pass(secs(5));
        town.switch(NAMES[sleeper], true);
        town.pass(5 * MINUTE);
        for name in NAMES {
            let shown = &town.people[name].shown;
            let once: BTreeSet<&String> = shown.iter().collect();
            prop_assert_eq!(once.len(), shown.len(), "{} heard something twice: {:?}", name, shown);
            prop_assert_eq!(once.len(), NAMES.len() - 1, "{} missed something: {:?}", name, shown);
        }
    }
}
