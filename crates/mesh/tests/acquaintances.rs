//! Who was admitted is remembered for long, and not for ever: docs/threat-model.md.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    reason = "tests"
)]

mod street;

use std::time::Duration;

use gossamer_crypto::DeviceId;
use gossamer_mesh::{
    Now,
    gossip::{Input, Start},
};

use self::street::{ANA, BEN, Street};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn device(n: u32) -> DeviceId {
    let mut id = [0; 32];
    id[..4].copy_from_slice(&n.to_be_bytes());
    DeviceId::new(id)
}

/// Ana's node runs until then, and nobody says anything.
fn runs(street: &mut Street, until: Duration) {
    let now = Now {
        mono: until,
        wall_ms: 0,
    };
    let brain = &mut street.people[ANA].brain;
    brain.handle(Input::Tick, now);
    while brain.poll().is_some() {}
}

#[test]
fn ana_knows_ben_for_a_month_after_he_left_and_not_for_ever() {
    let mut street = Street::with(&[None, None]);
    street.meet(ANA, BEN);
    street.run();
    let ben = street.id(BEN).classic();
    street.isolate(BEN);
    street.run();
    runs(&mut street, DAY * 29);
    assert!(street.people[ANA].brain.knows_classic(&ben));
    runs(&mut street, DAY * 31);
    assert!(!street.people[ANA].brain.knows_classic(&ben));
}

#[test]
fn however_many_were_admitted_ana_remembers_those_who_were_last() {
    let mut street = Street::with(&[None]);
    let start = Start {
        admitted: (0..5_000).map(device).collect(),
        ..Start::default()
    };
    street.tell(ANA, Input::Start(start));
    street.run();
    let brain = &street.people[ANA].brain;
    let known = |n| brain.knows_classic(&device(n).classic());
    assert!(known(0));
    assert!(!known(4_999));
    assert_eq!((0..5_000).filter(|n| known(*n)).count(), 4_096);
}
