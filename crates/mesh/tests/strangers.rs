//! Who is not admitted takes no place, and has nobody sent away: docs/protocol-v2.md 5.5.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    reason = "tests"
)]

mod street;

use std::{collections::BTreeSet, net::IpAddr};

use gossamer_crypto::DeviceId;
use gossamer_mesh::gossip::Input;

use self::street::{ANA, BEN, CLEO, Street, addr};

/// As many as a device has links.
const LINKS: usize = 32;
const PASSWORD: Option<&str> = Some("open sesame");

/// A stranger connects to ana from an address, and says nothing.
fn hangs(street: &mut Street, stranger: u8, ip: IpAddr) {
    street.is_dialled(ANA, DeviceId::new([stranger; 32]), ip);
}

/// Strangers that connect to ana from as many addresses, and say nothing.
fn hang(street: &mut Street, strangers: u8, addrs: u8) {
    for stranger in 0..strangers {
        hangs(street, 100 + stranger, place(stranger % addrs));
    }
}

fn place(n: u8) -> IpAddr {
    IpAddr::from([10, 0, 1, n + 1])
}

/// Ana with as many neighbours as she can have, who have many links themselves.
fn full() -> Street {
    let mut street = Street::with(&[PASSWORD]);
    for person in 1..=LINKS {
        street.move_in(u8::try_from(person + 1).unwrap(), PASSWORD);
        street.connect(person, addr(ANA), None);
        street.run();
        for other in 1..person {
            street.meet(person, other);
        }
    }
    street.wait(10);
    assert_eq!(street.people[ANA].up.len(), LINKS);
    street
}

/// Those whom ana has a link to.
fn neighbours(street: &Street) -> BTreeSet<DeviceId> {
    street.people[ANA].up.clone()
}

#[test]
fn strangers_who_say_nothing_send_none_of_anas_neighbours_away() {
    let mut street = full();
    let before = neighbours(&street);
    for _ in 0..5 {
        hang(&mut street, 100, 100);
        assert_eq!(neighbours(&street), before);
        street.wait(1);
    }
    assert_eq!(neighbours(&street), before);
}

#[test]
fn whoever_has_another_password_sends_none_of_anas_neighbours_away() {
    let mut street = full();
    let before = neighbours(&street);
    street.move_in(200, Some("open barley"));
    street.connect(LINKS + 1, addr(ANA), None);
    street.run();
    assert_eq!(neighbours(&street), before);
    street.wait(10);
    assert_eq!(neighbours(&street), before);
}

#[test]
fn a_friend_gets_in_while_strangers_hang_at_the_door() {
    let mut street = Street::with(&[PASSWORD; 2]);
    hang(&mut street, 40, 40);
    street.connect(BEN, addr(ANA), None);
    street.run();
    assert!(street.people[ANA].up.contains(&street.id(BEN)));
}

#[test]
fn ana_goes_on_dialling_while_strangers_hang_at_the_door() {
    let mut street = Street::with(&[PASSWORD; 3]);
    for _ in 0..5 {
        hang(&mut street, 100, 100);
        street.wait(1);
    }
    hang(&mut street, 100, 100);
    street.tell(ANA, Input::Connect(addr(BEN)));
    let heard = Input::Heard {
        device: street.id(CLEO),
        addr: addr(CLEO),
        interface: Some(addr(ANA).ip()),
    };
    street.tell(ANA, heard);
    // The one who is to dial second does so after two seconds.
    street.wait(3);
    let all = [BEN, CLEO].map(|one| street.id(one));
    assert_eq!(neighbours(&street), BTreeSet::from(all));
}

#[test]
fn a_newcomer_gets_in_while_a_few_addresses_take_all_that_they_can() {
    let mut street = Street::with(&[PASSWORD; 2]);
    hang(&mut street, 128, 16);
    street.connect(BEN, addr(ANA), None);
    street.run();
    assert!(street.people[ANA].up.contains(&street.id(BEN)));
}

#[test]
fn a_friend_gets_in_while_strangers_hang_at_each_address_and_at_hers() {
    let mut street = Street::with(&[PASSWORD; 2]);
    street.connect(BEN, addr(ANA), None);
    street.run();
    street.isolate(BEN);
    hang(&mut street, 100, 100);
    for stranger in 0..8 {
        hangs(&mut street, 80 + stranger, addr(BEN).ip());
    }
    street.connect(BEN, addr(ANA), None);
    street.run();
    assert!(street.people[ANA].up.contains(&street.id(BEN)));
}

#[test]
fn whoever_comes_again_takes_the_place_of_the_link_that_is_left_over() {
    let mut street = full();
    let (before, links) = (neighbours(&street), street.links());
    street.now += std::time::Duration::from_secs(6);
    street.silence(ANA, BEN, true);
    street.connect(BEN, addr(ANA), None);
    street.run();
    assert_eq!(neighbours(&street), before, "nobody else went for it");
    assert_eq!(street.links(), links, "and one of his two links is gone");
}
