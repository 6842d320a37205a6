//! Rooms that somebody makes up push nothing out of what neighbours compare.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests"
)]

mod street;

use gossamer_wire::v2::{Body, Bucket, EnvelopeFrame, Frame, Kind, LinkFrame};

use street::{ANA, BEN, CLEO, Seen, Street};

/// More than ever fitted into one DIGEST.
const MADE_UP: u16 = 600;

/// Cleo makes up rooms, and says a word in each.
fn makes_up_rooms(street: &mut Street) {
    for n in 0..MADE_UP {
        let mut room = [0; 32];
        room[..2].copy_from_slice(&n.to_be_bytes());
        let body = Body {
            kind: Kind::RoomEvent,
            audience: Some(room),
            ..street.body(CLEO, b"")
        };
        let frame = LinkFrame::Envelope(EnvelopeFrame {
            envelope: street.sign(CLEO, &body),
            age: 0,
            ttl: 8,
            hops: 0,
        });
        street.forges(CLEO, BEN, &frame);
        if n % 100 == 0 {
            street.wait(10);
        }
    }
}

/// The buckets that a person's last DIGEST names.
fn last_digest(street: &Street, person: usize) -> Vec<Bucket> {
    let digest = |seen: &Seen| {
        let Seen::Frame(from, _, Frame { kind, body }) = seen else {
            return None;
        };
        match LinkFrame::decode(*kind, body) {
            Ok(Some(LinkFrame::Digest(digests))) if *from == person => Some(digests),
            _ => None,
        }
    };
    let last = street.seen.iter().rev().find_map(|(_, seen)| digest(seen));
    let last = last.expect("a digest").into_iter();
    last.map(|digest| digest.bucket).collect()
}

#[test]
fn whatever_rooms_cleo_makes_up_topology_is_compared_and_anas_words_are_found() {
    let mut street = Street::open(3);
    street.meet(ANA, BEN);
    street.meet(CLEO, BEN);
    street.wait(30);
    makes_up_rooms(&mut street);
    street.wait(120);
    let mut buckets = last_digest(&street, BEN);
    buckets.sort_unstable();
    assert!(
        buckets.contains(&Bucket::Topology),
        "{} buckets",
        buckets.len()
    );
    assert!(buckets.len() <= 5, "{} buckets", buckets.len());
    // What ana says is lost on its way, and found by comparing.
    street.swallowed = Some(0x10);
    let id = street.says(ANA, b"hello");
    street.swallowed = None;
    street.wait(130);
    assert!(street.people[CLEO].shown.contains(&id));
}
