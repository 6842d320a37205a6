//! Who says much at once is heard soon, and in order.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests"
)]

mod street;

use gossamer_crypto::EnvelopeId;
use gossamer_mesh::limits;
use gossamer_wire::v2::{EnvelopeFrame, LinkFrame};

use street::{ANA, BEN, CLEO, Street};

/// People with links as these.
fn street(count: usize, links: &[(usize, usize)]) -> Street {
    let mut street = Street::open(count);
    for (one, other) in links {
        street.meet(*one, *other);
    }
    street.wait(30);
    street
}

fn says_many(street: &mut Street, count: u32) -> Vec<EnvelopeId> {
    let texts = 0..count;
    texts.map(|n| street.says(ANA, &n.to_le_bytes())).collect()
}

#[test]
fn a_thousand_words_at_once_are_all_heard_in_order_within_five_seconds() {
    let mut street = street(2, &[(ANA, BEN)]);
    let said = says_many(&mut street, 1_000);
    street.wait_tenths(50);
    assert_eq!(street.people[BEN].shown.len(), said.len());
    assert!(street.people[BEN].shown == said, "out of order");
}

#[test]
fn what_ana_says_next_does_not_overtake_what_she_said_before() {
    let mut street = street(2, &[(ANA, BEN)]);
    let mut said = says_many(&mut street, 1_000);
    for n in 0..100_u32 {
        street.wait_tenths(1);
        said.push(street.says(ANA, &(1_000 + n).to_le_bytes()));
    }
    street.wait_tenths(20);
    assert_eq!(street.people[BEN].shown.len(), said.len());
    assert!(street.people[BEN].shown == said, "out of order");
}

#[test]
fn a_burst_goes_on_from_ben_to_cleo_who_has_no_link_to_ana() {
    let mut street = street(3, &[(ANA, BEN), (BEN, CLEO)]);
    let said = says_many(&mut street, 1_000);
    street.wait_tenths(50);
    assert_eq!(street.people[CLEO].shown.len(), said.len());
    assert!(street.people[CLEO].shown == said, "out of order");
}

#[test]
fn a_burst_on_each_side_of_a_triangle_is_heard_once_and_in_order() {
    let mut street = street(3, &[(ANA, BEN), (BEN, CLEO), (ANA, CLEO)]);
    let said = says_many(&mut street, 1_000);
    street.wait_tenths(50);
    for person in [BEN, CLEO] {
        assert!(street.people[person].shown == said, "out of order");
    }
}

#[test]
fn who_cannot_hand_out_what_they_pushed_holds_nothing_back_for_long() {
    let mut street = street(3, &[(ANA, BEN), (CLEO, BEN)]);
    let texts = 0..limits::AUTHOR_BURST + 50;
    for n in texts {
        let body = street.body(ANA, &n.to_le_bytes());
        // Cleo passes on what she does not keep.
        let frame = LinkFrame::Envelope(EnvelopeFrame {
            envelope: street.sign(ANA, &body),
            age: 0,
            ttl: 8,
            hops: 1,
        });
        street.forges(CLEO, BEN, &frame);
    }
    street.wait_tenths(20);
    let before = street.people[BEN].shown.len();
    assert_eq!(before, usize::try_from(limits::AUTHOR_BURST).unwrap());
    let id = street.says(ANA, b"still here");
    assert_eq!(street.people[BEN].shown.last(), Some(&id));
}

#[test]
fn who_never_stops_is_asked_no_faster_than_a_neighbour_is_to_be_asked() {
    let mut street = street(2, &[(ANA, BEN)]);
    says_many(&mut street, 20_000);
    street.wait_tenths(10);
    let heard = street.people[BEN].shown.len();
    let share = limits::AUTHOR_BURST + 10 * u32::try_from(limits::CATCH_UP).unwrap();
    assert!(heard <= usize::try_from(share).unwrap(), "{heard}");
    assert!(heard > 400, "{heard}");
}
