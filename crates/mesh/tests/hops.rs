//! Where streams and circuits go, and neighbours that ask to be dialled: docs/protocol-v2.md 8
//! and 11.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    reason = "tests"
)]

mod street;

use gossamer_crypto::DeviceId;
use gossamer_mesh::limits;
use gossamer_wire::v2::{DialBackToken, LinkFrame};

use self::street::{ANA, BEN, CLEO, DORA, Street};

fn hops(street: &Street, from: usize, to: usize) -> Vec<DeviceId> {
    let hops = street.people[from].brain.hops_towards(&street.id(to));
    hops.iter().map(|hop| hop.device).collect()
}

#[test]
fn a_stream_goes_to_a_neighbour_itself_and_else_to_all_who_lead_on() {
    let mut street = Street::open(4);
    for (one, other) in [(ANA, BEN), (ANA, CLEO), (BEN, DORA), (CLEO, DORA)] {
        street.meet(one, other);
    }
    street.wait(5);
    let (ben, cleo) = (street.id(BEN), street.id(CLEO));

    assert_eq!(hops(&street, ANA, BEN), [ben]);
    let mut both = hops(&street, ANA, DORA);
    let best = street.people[ANA].brain.next_hop(&street.id(DORA)).unwrap();
    assert_eq!(both[0], best.device);
    both.sort();
    let mut expected = [ben, cleo];
    expected.sort();
    assert_eq!(both, expected);
    assert_eq!(hops(&street, ANA, ANA), []);
}

#[test]
fn who_asks_to_be_dialled_is_and_at_a_bounded_rate() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(1);
    let token = DialBackToken::new([7; 16]);
    let ask = LinkFrame::DialBack(token);

    street.forges(BEN, ANA, &ask);
    let ben = street.id(BEN);
    assert_eq!(street.people[ANA].asked_to_dial, [(ben, token)]);

    for _ in 0..1_000 {
        street.forges(BEN, ANA, &ask);
    }
    let asked = street.people[ANA].asked_to_dial.len();
    let most = usize::try_from(limits::DIAL_BACKS).unwrap();
    assert_eq!(asked, most);
    assert_eq!(street.people[ANA].refused, [], "he is not shut out for it");
}
