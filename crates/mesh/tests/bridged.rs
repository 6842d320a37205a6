//! What bridges bring from the classic wire: docs/protocol-v2.md 7.2.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    reason = "tests"
)]

mod street;

use gossamer_crypto::EnvelopeId;
use gossamer_mesh::gossip::{Input, Quota};
use gossamer_wire::v2::{Body, Envelope, Kind};

use self::street::{ANA, BEN, Street};

/// What a person's node heard on the classic wire, as an envelope.
fn bridges(street: &mut Street, person: usize, text: &str) -> EnvelopeId {
    let body = Body {
        kind: Kind::Classic,
        origin: None,
        seq: 0,
        ..street.body(person, text.as_bytes())
    };
    let signed = street.sign(person, &body);
    let signer = Some(street.id(person));
    let envelope = Envelope { signer, ..signed };
    let id = envelope.id();
    street.tell(person, Input::Bridge(envelope));
    id
}

#[test]
fn what_ana_bridges_is_shown_to_both_and_never_waits_as_her_own() {
    let mut street = Street::open(2);
    let alone = bridges(&mut street, ANA, "while alone");
    assert_eq!(street.people[ANA].shown, [alone]);
    assert_eq!(street.people[ANA].brain.unsent(), 0);
    street.meet(ANA, BEN);
    let later = bridges(&mut street, ANA, "later");
    street.wait(5);
    let shown = &street.people[BEN].shown;
    assert!(shown.contains(&alone) && shown.contains(&later));
    assert_eq!(street.people[ANA].brain.unsent(), 0);
}

#[test]
fn a_flood_over_anas_bridge_takes_neither_her_own_rate_nor_that_of_honest_history() {
    let quota = Quota {
        bytes: 400_000,
        bodies: 10_000,
        ..Quota::default()
    };
    let mut street = Street::with_quota(2, quota);
    street.meet(ANA, BEN);
    let before: Vec<_> = (0..50).map(|_| street.says(BEN, &[b'b'; 1000])).collect();
    let text = "x".repeat(1000);
    for n in 0..1000 {
        bridges(&mut street, ANA, &format!("{n} {text}"));
    }
    let own = street.says(ANA, b"am I heard?");
    let answer = street.says(BEN, b"you are");
    assert!(street.people[BEN].shown.contains(&own), "at once");
    assert!(street.people[ANA].shown.contains(&answer));
    for person in [ANA, BEN] {
        let disk = &street.people[person].disk;
        assert!(before.iter().all(|id| disk.contains_key(id)));
        let bridged = disk.values().filter(|one| one.signer.is_some());
        let bytes: usize = bridged.map(|one| one.body.len()).sum();
        assert!(bytes <= 100_000, "{bytes}");
    }
}

#[test]
fn a_full_disk_lets_another_copy_of_what_was_bridged_in() {
    let mut street = Street::open(1);
    street.people[ANA].disk_is_full = true;
    bridges(&mut street, ANA, "hello");
    assert!(street.people[ANA].shown.is_empty());
    street.people[ANA].disk_is_full = false;
    street.people[ANA].seq -= 1;
    let id = bridges(&mut street, ANA, "hello");
    assert_eq!(street.people[ANA].shown, [id]);
}
