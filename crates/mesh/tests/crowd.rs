//! Thousands of devices that beacon and are not there.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod street;

use std::net::SocketAddr;

use gossamer_crypto::DeviceId;
use gossamer_mesh::{gossip::Input, limits};

use street::{ANA, BEN, CLEO, Street};

/// Somebody makes up more devices than there is room for, each at an address where nobody is.
fn hears_a_crowd(street: &mut Street, person: usize) {
    for n in 0..2 * u32::try_from(limits::PEERS).unwrap() {
        let mut id = [0xee; 32];
        id[..4].copy_from_slice(&n.to_be_bytes());
        let addr = SocketAddr::from(([10, 0, 9, u8::try_from(n % 250).unwrap()], 9999));
        street.tell(person, heard(DeviceId::new(id), addr));
    }
}

fn heard(device: DeviceId, addr: SocketAddr) -> Input {
    Input::Heard {
        device,
        addr,
        interface: None,
    }
}

/// Ana hears somebody, who does not hear her.
fn ana_hears(street: &mut Street, person: usize) {
    let heard = heard(street.id(person), street::addr(person));
    street.tell(ANA, heard);
}

#[test]
fn ben_whom_ana_knows_is_found_in_a_crowd_that_is_made_up() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(5);
    street.gone.insert(BEN);
    street.isolate(BEN);
    street.wait(60);
    hears_a_crowd(&mut street, ANA);
    street.gone.remove(&BEN);
    ana_hears(&mut street, BEN);
    street.wait(10);
    assert_eq!(street.links(), 1, "ana dials him among all of them");
}

#[test]
fn ben_who_is_linked_is_dialled_again_in_a_crowd_that_is_made_up() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(5);
    hears_a_crowd(&mut street, ANA);
    street.isolate(BEN);
    street.wait(10);
    assert_eq!(street.links(), 1);
}

#[test]
fn cleo_whom_nobody_knows_is_met_half_a_minute_after_the_crowd_is_gone() {
    let mut street = Street::open(3);
    hears_a_crowd(&mut street, ANA);
    ana_hears(&mut street, CLEO);
    assert!(!street.people[ANA].brain.is_heard(&street.id(CLEO)));
    street.wait(31);
    ana_hears(&mut street, CLEO);
    street.wait(5);
    assert_eq!(street.links(), 1);
}

#[test]
fn those_of_a_crowd_whom_there_is_no_room_for_are_counted() {
    let mut street = Street::open(1);
    hears_a_crowd(&mut street, ANA);
    let turned_away = street.people[ANA].brain.turned_away();
    assert_eq!(turned_away, u64::try_from(limits::PEERS).unwrap());
}
