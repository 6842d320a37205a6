//! The v2 brain among a few neighbours whose frames arrive at once and in order. What happens when
//! they do not is the simulator's part.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod street;

use std::collections::BTreeSet;

use bytes::Bytes;
use gossamer_crypto::{EnvelopeId, NetworkKey};
use gossamer_mesh::{
    Now,
    gossip::{Input, LinkId},
};
use gossamer_wire::v2::{Bucket, EnvelopeFrame, LinkFrame, Reason, Recon};

use street::{ANA, BEN, CLEO, Street};

#[test]
fn two_who_hear_each_other_have_one_link_and_words_are_stored_before_they_count() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(5);
    assert_eq!(street.links(), 1);
    let id = street.says(ANA, b"hello");
    assert_eq!(street.people[BEN].shown, [id]);
    assert_eq!(street.people[ANA].stored[&id], 1);
}

#[test]
fn who_shares_no_link_is_reached_through_another() {
    let mut street = Street::open(3);
    street.meet(ANA, BEN);
    street.meet(BEN, CLEO);
    street.wait(3);
    let small = street.says(ANA, b"hello");
    let large = street.says(ANA, &vec![7; 20_000]);
    assert_eq!(street.people[CLEO].shown, [small, large]);
    assert_eq!(
        street.people[ANA].stored[&large], 1,
        "ben is the only neighbour"
    );
}

#[test]
fn a_large_envelope_is_sent_to_each_only_once() {
    let mut street = Street::open(3);
    street.meet(ANA, BEN);
    street.meet(BEN, CLEO);
    street.meet(ANA, CLEO);
    street.wait(3);
    street.frames.clear();
    street.says(ANA, &vec![7; 20_000]);
    assert_eq!(street.frames[&0x10], 2, "one copy for each who lacked it");
}

#[test]
fn who_left_before_a_body_was_read_is_not_told_that_it_is_gone() {
    let mut street = Street::open(1);
    let now = Now {
        mono: street.now,
        wall_ms: 0,
    };
    let ana = &mut street.people[ANA].brain;
    let served = Input::Served {
        link: LinkId(7),
        id: EnvelopeId::new([1; 32]),
        found: false,
    };
    ana.handle(served, now);
    assert!(ana.poll().is_none());
}

#[test]
fn what_was_said_apart_is_known_to_all_when_they_meet() {
    let mut street = Street::open(4);
    street.meet(ANA, BEN);
    street.meet(CLEO, 3);
    street.wait(3);
    let mut said = BTreeSet::new();
    for n in 0..400_u32 {
        let who = usize::try_from(n % 4).unwrap();
        let size = if n % 7 == 0 { 9_000 } else { 20 };
        let mut text = vec![0; size];
        text[..4].copy_from_slice(&n.to_le_bytes());
        said.insert(street.says(who, &text));
    }
    assert!(street.people[ANA].shown.len() < 300);
    street.meet(BEN, CLEO);
    street.wait(3);
    for person in &street.people {
        let known: BTreeSet<_> = person.disk.keys().copied().collect();
        assert_eq!(known, said);
        let shown: BTreeSet<_> = person.shown.iter().collect();
        assert_eq!(shown.len(), person.shown.len(), "shown twice");
    }
}

#[test]
fn what_nobody_has_is_offered_to_the_first_who_comes() {
    let mut street = Street::open(2);
    let id = street.says(ANA, b"anyone?");
    assert_eq!(street.people[ANA].brain.unsent(), 1);
    street.meet(ANA, BEN);
    street.wait(3);
    assert_eq!(street.people[ANA].stored[&id], 1);
    assert_eq!(street.people[ANA].brain.unsent(), 0);
    assert_eq!(street.people[BEN].shown, [id]);
}

#[test]
fn a_full_disk_shows_nothing_says_nothing_and_loses_nothing() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(3);
    street.people[BEN].disk_is_full = true;
    let id = street.says(ANA, b"hello");
    assert!(street.people[BEN].shown.is_empty());
    assert!(!street.people[ANA].stored.contains_key(&id));
    street.people[BEN].disk_is_full = false;
    street.wait(70);
    assert_eq!(street.people[BEN].shown, [id]);
    assert_eq!(street.people[ANA].stored[&id], 1);
}

#[test]
fn a_link_that_was_cut_comes_back_and_brings_what_was_missed() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(3);
    street.isolate(ANA);
    assert!(street.people[BEN].up.is_empty());
    let id = street.says(BEN, b"still there?");
    street.wait(5);
    assert_eq!(street.people[ANA].shown, [id]);
    assert_eq!(street.links(), 1);
}

#[test]
fn the_same_password_opens_and_gives_both_the_same_keys() {
    let mut street = Street::with(&[Some("mayonnaise"), Some("mayonnaise"), Some("mayonnaise")]);
    street.meet(ANA, BEN);
    street.wait(3);
    assert_eq!(street.people[ANA].keyring, street.people[BEN].keyring);
    assert_eq!(
        street.people[BEN].keyring.as_ref().unwrap().iter().count(),
        2
    );
    street.meet(BEN, CLEO);
    street.wait(3);
    for person in &street.people {
        assert_eq!(person.keyring.as_ref().unwrap().iter().count(), 3);
    }
}

#[test]
fn keys_that_come_while_a_door_is_being_opened_are_shared_too() {
    let key = NetworkKey::new([9; 32]);
    for who in [ANA, BEN] {
        let mut street = Street::with(&[Some("mayonnaise"), Some("mayonnaise")]);
        let admit = 0x04;
        street.meanwhile = Some((admit, who, Input::Mint(key.clone())));
        street.meet(ANA, BEN);
        street.wait(3);
        assert!(street.meanwhile.is_none());
        assert_eq!(street.people[ANA].keyring, street.people[BEN].keyring);
    }
}

#[test]
fn a_full_disk_loses_no_keys() {
    let mut street = Street::with(&[Some("mayonnaise"), Some("mayonnaise")]);
    street.people[BEN].disk_is_full = true;
    street.meet(ANA, BEN);
    street.wait(30);
    assert_eq!(street.people[BEN].keyring, None);
    street.people[BEN].disk_is_full = false;
    street.wait(11);
    assert_eq!(street.people[ANA].keyring, street.people[BEN].keyring);
}

#[test]
fn another_password_is_told_to_both_and_lets_nobody_in() {
    let mut street = Street::with(&[Some("mayonnaise"), Some("mustard")]);
    street.meet(ANA, BEN);
    street.wait(5);
    let kept_out = Some((street.id(BEN), Reason::Password));
    assert_eq!(street.people[ANA].brain.refused().next(), kept_out);
    assert!(street.people[BEN].refused.contains(&Reason::Password));
    assert!(street.people[ANA].up.is_empty() && street.people[BEN].up.is_empty());
    assert_eq!(street.links(), 0);
    street.says(ANA, b"secret");
    street.wait(120);
    assert!(street.people[BEN].shown.is_empty());
}

#[test]
fn with_and_without_a_password_do_not_mix() {
    let mut street = Street::with(&[Some("mayonnaise"), None]);
    street.meet(ANA, BEN);
    street.wait(5);
    assert!(street.people[ANA].refused.contains(&Reason::Locked));
    assert!(street.people[BEN].refused.contains(&Reason::Locked));
    assert_eq!(street.links(), 0);
}

#[test]
fn while_many_guess_on_and_on_a_newcomer_who_knows_the_password_comes_in_and_so_does_a_friend() {
    let mut passwords = vec![Some("mayonnaise"); 2];
    passwords.extend(vec![Some("guess"); 15]);
    passwords.push(Some("mayonnaise"));
    let mut street = Street::with(&passwords);
    street.meet(ANA, BEN);
    street.wait(1);
    for _ in 0..3 {
        for guesser in 2..17 {
            street.meet(guesser, ANA);
            street.wait(3);
        }
    }
    let count = |street: &Street, reason| {
        let refused = street.people[ANA].refused.iter();
        refused.filter(|one| **one == reason).count()
    };
    let wrong = count(&street, Reason::Password);
    // The first of each, ten more, and what came back in the 135 seconds.
    assert!((25..=27).contains(&wrong), "{wrong}");
    assert!(count(&street, Reason::Guesses) >= 10);
    street.meet(17, ANA);
    street.wait(5);
    assert!(
        street.people[17].up.contains(&street.id(ANA)),
        "a newcomer comes in"
    );
    street.isolate(BEN);
    street.wait(5);
    assert!(
        street.people[BEN].up.contains(&street.id(ANA)),
        "and a friend does"
    );
}

#[test]
fn whoever_falls_silent_on_a_confirmation_has_used_up_a_guess() {
    const CONFIRM: u8 = 0x03;
    let mut street = Street::with(&[Some("mayonnaise"), Some("mayonnaise")]);
    street.swallowed = Some(CONFIRM);
    for _ in 0..59 {
        street.meet(ANA, BEN);
        street.wait(1);
        street.isolate(ANA);
    }
    let shown = street.frames[&CONFIRM];
    // Ten for each of them, and one more that came back within the minute.
    assert!((10..=22).contains(&shown), "{shown} confirmations");
}

#[test]
fn who_sends_a_forged_signature_is_shut_out() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(3);
    let body = street.body(ANA, b"I never said that");
    let envelope = street.sign(BEN, &body);
    let frame = EnvelopeFrame {
        envelope,
        age: 0,
        ttl: 8,
        hops: 0,
    };
    street.forges(BEN, ANA, &LinkFrame::Envelope(frame));
    assert!(street.people[ANA].shown.is_empty());
    assert_eq!(street.people[ANA].refused, [Reason::Misbehaved]);
    street.wait(120);
    assert_eq!(street.links(), 0, "and stays out for a while");
}

#[test]
fn what_is_said_at_one_end_of_a_long_row_is_heard_at_the_other_at_once() {
    let mut street = Street::open(20);
    for one in 0..19 {
        street.meet(one, one + 1);
    }
    street.wait(5);
    let said = street.says(0, b"can you hear me?");
    street.wait(2);
    assert!(street.people[19].shown.contains(&said), "without comparing");
    assert_eq!(street.people[19].shown.len(), 1);
}

#[test]
fn an_answer_that_comes_too_late_is_not_taken_for_a_question() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(3);
    let (small, large) = if street.id(ANA) < street.id(BEN) {
        (ANA, BEN)
    } else {
        (BEN, ANA)
    };
    let before = street.recons();
    let recon = LinkFrame::Recon(Recon {
        session: 7,
        bucket: Bucket::Everyone,
        salt: [7; 16],
        message: Bytes::from_static(&[0x61]),
    });
    street.forges(large, small, &recon);
    assert_eq!(street.recons(), before + 1, "only the late answer itself");
    street.forges(small, large, &recon);
    assert_eq!(street.recons(), before + 3, "a question and its answer");
}

#[test]
fn a_frame_out_of_order_ends_the_link() {
    for frame in [
        LinkFrame::Admit(Vec::new()),
        LinkFrame::Pake([0; 33]),
        LinkFrame::Confirm([0; 32]),
    ] {
        let mut street = Street::open(2);
        street.meet(ANA, BEN);
        street.wait(3);
        street.forges(BEN, ANA, &frame);
        assert_eq!(
            street.people[ANA].refused,
            [Reason::Misbehaved],
            "{frame:?}"
        );
    }
}

#[test]
fn an_envelope_older_than_its_lifetime_is_not_taken() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(3);
    let body = street.body(BEN, b"old news");
    let envelope = street.sign(BEN, &body);
    let frame = |age| {
        LinkFrame::Envelope(EnvelopeFrame {
            envelope: envelope.clone(),
            age,
            ttl: 8,
            hops: 0,
        })
    };
    street.forges(BEN, ANA, &frame(604_801));
    assert!(street.people[ANA].shown.is_empty());
    street.forges(BEN, ANA, &frame(604_800));
    assert_eq!(street.people[ANA].shown.len(), 1);
}

#[test]
fn a_flood_of_one_author_is_slowed_and_still_arrives_by_and_by() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(3);
    let said: BTreeSet<_> = (0..600_u32)
        .map(|n| street.says(BEN, &n.to_le_bytes()))
        .collect();
    assert!(street.people[ANA].shown.len() <= 200);
    street.wait(70);
    let shown: BTreeSet<_> = street.people[ANA].shown.iter().copied().collect();
    assert_eq!(shown, said);
}

#[test]
fn whoever_is_named_while_linked_is_dialled_again_when_that_link_is_gone() {
    let mut street = Street::open(2);
    street.connect(BEN, street::addr(ANA), None);
    street.run();
    street.tell(ANA, Input::Connect(street::addr(BEN)));
    assert_eq!(street.links(), 1, "he is here already");
    street.cut_between(ANA, BEN);
    assert!(street.people[ANA].up.is_empty());
    street.wait(61);
    assert!(street.people[ANA].up.contains(&street.id(BEN)));
}
