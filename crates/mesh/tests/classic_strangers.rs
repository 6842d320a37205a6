//! What strangers say in the classic dialect, and how little of it counts.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should end"
)]

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use bytes::Bytes;
use gossamer_mesh::{Arrived, Config, Input, Mesh, NodeId, Now, Output, Subnet, limits};
use gossamer_wire::v1::{Message, NetworkHash};
use rand::{SeedableRng, rngs::StdRng};

const MALLORY: &str = "10.0.1.66:50000";

struct Ana(Mesh<StdRng>);

impl Ana {
    fn new(classic_welcome: bool) -> Self {
        let me = Config {
            node_id: NodeId("ana".into()),
            device: None,
            name: "ana".into(),
            port: 9999,
            network: NetworkHash::of("town"),
            classic_welcome,
            announce: Duration::from_secs(5),
            stale: Duration::from_secs(30),
        };
        let mut ana = Self(Mesh::new(me, StdRng::seed_from_u64(1)));
        let subnet = Subnet {
            addr: "10.0.1.1".parse().unwrap(),
            prefix: 24,
        };
        ana.tell(Input::Interfaces(vec![subnet]), 0);
        ana
    }

    /// What she does about something, at so many milliseconds, but for announcing herself.
    fn tell(&mut self, input: Input, at: u64) -> Vec<Output> {
        let now = Now {
            mono: Duration::from_millis(at),
            wall_ms: at,
        };
        self.0.handle(input, now);
        let outputs = std::iter::from_fn(|| self.0.poll());
        outputs
            .filter(|output| !matches!(output, Output::Announce { .. }))
            .collect()
    }

    fn reads(&mut self, from: &str, message: &str, at: u64) -> Vec<Output> {
        let raw = Bytes::copy_from_slice(message.as_bytes());
        let arrived = Arrived {
            source: from.parse().unwrap(),
            message: Message::decode(&raw).unwrap(),
            raw,
        };
        self.tell(Input::Arrived(arrived), at)
    }

    fn present(&self) -> usize {
        self.0.peers().count()
    }
}

fn chat(id: &str, size: usize) -> String {
    let text = "x".repeat(size);
    format!(
        r#"{{"type":"chat","message_id":"{id}","sender_id":"m","sender_name":"m","timestamp":1,"content":"{text}"}}"#
    )
}

fn list(sender: &str, port: u16) -> String {
    format!(
        r#"{{"type":"peer_list","message_id":"{sender}","sender_id":"{sender}","sender_name":"m","timestamp":1,"content":null,"net":"{}","peers":[{{"node_id":"{sender}","node_name":"m","ip":"10.0.1.66","port":{port},"last_seen":1}}]}}"#,
        NetworkHash::of("town")
    )
}

fn beacon(id: &str) -> Bytes {
    let datagram = format!(
        r#"{{"type":"discovery","node_id":"{id}","node_name":"m","ip":"10.0.1.66","port":9999,"timestamp":1,"v":[1],"multi":1,"net":"{}"}}"#,
        NetworkHash::of("town")
    );
    Bytes::from(datagram)
}

fn persisted(outputs: &[Output]) -> usize {
    let persist = |output: &&Output| matches!(output, Output::Persist { .. });
    outputs.iter().filter(persist).count()
}

#[test]
fn where_classic_is_not_welcome_nothing_of_it_is_read_or_answered() {
    let mut ana = Ana::new(false);
    let source: SocketAddr = MALLORY.parse().unwrap();
    for (n, at) in (0..20).zip((0..).step_by(1000)) {
        let id = format!("fake-{n}");
        let mut said = ana.reads(MALLORY, &list(&id, 9999), at);
        said.extend(ana.reads(MALLORY, &chat(&id, 10), at));
        let datagram = beacon(&id);
        said.extend(ana.tell(Input::Heard { datagram, source }, at));
        assert!(said.is_empty(), "{said:?}");
    }
    assert_eq!(ana.present(), 0);
    let addr = "10.0.1.66:9999".parse().unwrap();
    let said = ana.tell(Input::Connect(addr), 30_000);
    assert!(matches!(said[..], [Output::DialGaveUp(_)]), "{said:?}");
}

#[test]
fn whoever_a_list_names_is_here_once_found_where_it_says() {
    let mut ana = Ana::new(true);
    let addr = "10.0.1.66:9999".parse().unwrap();
    let said = ana.reads(MALLORY, &list("ben", 9999), 1);
    assert!(matches!(said[..], [Output::Dial { .. }]), "{said:?}");
    assert_eq!(ana.present(), 0);
    let said = ana.tell(Input::Dialled(addr), 2);
    assert!(
        said.iter()
            .any(|output| matches!(output, Output::PeerUp(_)))
    );

    let said = ana.reads(MALLORY, &list("impostor", 9999), 3);
    assert!(said.is_empty(), "ben lives there: {said:?}");
    assert_eq!(ana.present(), 1);
}

#[test]
fn lists_of_invented_people_neither_fill_the_room_nor_make_ana_talk() {
    let mut ana = Ana::new(true);
    let (mut up, mut answers, mut dialled) = (BTreeSet::new(), 0, Vec::new());
    for n in 0..10_000u16 {
        // He listens on every port he names.
        let at = u64::from(n);
        let mut said = ana.reads(MALLORY, &list(&format!("fake-{n}"), 2_000 + n), at);
        for addr in std::mem::take(&mut dialled) {
            said.extend(ana.tell(Input::Dialled(addr), at));
        }
        for output in said {
            match output {
                Output::PeerUp(peer) => _ = up.insert(peer.id),
                Output::Send { .. } => answers += 1,
                Output::Dial { addr, .. } => dialled.push(addr),
                _ => {}
            }
        }
    }
    assert!(up.len() <= limits::INTRODUCED_OF_ONE, "{}", up.len());
    assert!(answers <= 10 * limits::INTRODUCED_OF_ONE, "{answers}");
}

#[test]
fn a_flood_is_taken_up_to_its_allowance_and_what_was_not_is_taken_later() {
    let mut ana = Ana::new(true);
    let mut taken = Vec::new();
    for n in 0..1000u64 {
        let id = format!("m-{n}");
        let said = ana.reads(MALLORY, &chat(&id, 58_000), n);
        taken.push(persisted(&said) == 1);
        ana.tell(Input::Persisted(vec![id]), n);
    }
    let bytes = taken.iter().filter(|taken| **taken).count() * 58_000;
    assert!((1 << 20..3 << 20).contains(&bytes), "{bytes}");
    let said = ana.reads("10.0.1.7:5000", &chat("honest", 100), 1000);
    assert_eq!(persisted(&said), 1, "others have their own allowance");
    let lost = taken.iter().position(|taken| !taken).unwrap();
    let said = ana.reads(MALLORY, &chat(&format!("m-{lost}"), 58_000), 120_000);
    assert_eq!(persisted(&said), 1);
}

#[test]
fn what_a_slow_disk_owes_is_bounded_in_bytes() {
    let mut ana = Ana::new(true);
    let mut waiting = 0;
    for n in 0..4000u64 {
        let from = format!("10.0.2.{}:5000", n % 200);
        let said = ana.reads(&from, &chat(&format!("m-{n}"), 58_000), n * 40);
        waiting += persisted(&said) * 58_000;
    }
    assert!(waiting <= limits::PENDING_BYTES, "{waiting}");
    assert!(waiting > limits::PENDING_BYTES / 2, "{waiting}");
}

#[test]
fn who_says_too_much_is_read_more_slowly_and_nobody_else_is() {
    let mut ana = Ana::new(true);
    let now = Now {
        mono: Duration::from_secs(1),
        wall_ms: 0,
    };
    let request = r#"{"type":"file_request","message_id":"r","sender_id":"m","sender_name":"m","timestamp":1,"content":null}"#;
    let echo = chat("echo", 10).replace(r#""sender_id":"m""#, r#""sender_id":"ana""#);
    for n in 0..600 {
        ana.reads("10.0.1.61:5000", &chat(&format!("m-{n}"), 10), 1000);
        ana.reads("10.0.1.62:5000", &chat("again and again", 10), 1000);
        ana.reads("10.0.1.63:5000", request, 1000);
        ana.reads("10.0.1.64:5000", &echo, 1000);
    }
    let of = |addr: &str| ana.0.pause(addr.parse().unwrap(), now);
    for addr in ["10.0.1.61", "10.0.1.62", "10.0.1.63", "10.0.1.64"] {
        assert!(of(addr) > Duration::ZERO, "{addr}");
    }
    assert_eq!(of("10.0.1.7"), Duration::ZERO);
}
