//! A profile that was copied to another device: docs/protocol-v2.md 5.3.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    dead_code,
    reason = "tests"
)]

mod street;

use std::{net::SocketAddr, time::Duration};

use gossamer_crypto::DeviceKey;
use gossamer_mesh::{Config, Mesh, NodeId, Now, Subnet, gossip::Input};
use gossamer_wire::v1::NetworkHash;
use rand::{SeedableRng, rngs::StdRng};

use self::street::{ANA, BEN, CLEO, Seen, Street, addr};

/// Who runs ana's profile on another device.
const COPY: usize = CLEO;
/// Seconds.
const MINUTE: u64 = 60;

/// A beacon that names somebody's own device reaches them from an address.
fn hears_own(street: &mut Street, person: usize, from: SocketAddr) {
    street.tell(person, Input::OwnBeacon(from));
}

fn dials_of(street: &Street, person: usize) -> usize {
    let own = |(_, seen): &&(_, Seen)| matches!(seen, Seen::Dialled(from, _) if *from == person);
    street.seen.iter().filter(own).count()
}

/// Ana has run for a minute and is linked with ben when a copy of her profile is started.
fn copied() -> Street {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(MINUTE);
    street.copy(1, 3);
    street.tell(COPY, Input::Start(gossamer_mesh::gossip::Start::default()));
    street
}

#[test]
fn a_copy_of_anas_profile_steps_back_and_both_are_told() {
    for first_to_hear in [ANA, COPY] {
        let mut street = copied();
        street.meet(COPY, BEN);
        let from = if first_to_hear == ANA { COPY } else { ANA };
        hears_own(&mut street, first_to_hear, addr(from));
        assert_eq!(street.people[ANA].twins, [(addr(COPY), false)]);
        assert_eq!(street.people[COPY].twins, [(addr(ANA), true)]);
        assert!(street.people[COPY].up.is_empty());

        street.wait(MINUTE);
        street.meet(ANA, BEN);
        street.wait(5);
        assert!(street.people[ANA].up.contains(&street.id(BEN)));
        assert!(street.people[COPY].up.is_empty());
    }
}

#[test]
fn a_device_that_stepped_back_neither_dials_nor_takes_links() {
    let mut street = copied();
    hears_own(&mut street, ANA, addr(COPY));
    assert!(street.people[COPY].twins[0].1);
    let dials = dials_of(&street, COPY);

    street.meet(COPY, BEN);
    street.tell(COPY, Input::Connect(addr(BEN)));
    hears_own(&mut street, COPY, addr(ANA));
    street.connect(BEN, addr(COPY), None);
    street.run();
    street.wait(MINUTE);
    assert_eq!(dials_of(&street, COPY), dials);
    assert!(street.people[COPY].up.is_empty());
}

#[test]
fn of_two_copies_that_start_together_one_goes_on() {
    for seed in 2..20 {
        let mut street = Street::open(1);
        street.copy(1, seed);
        // Both dial at once.
        street.todo.push_back((0, Input::OwnBeacon(addr(1))));
        street.todo.push_back((1, Input::OwnBeacon(addr(0))));
        street.run();
        let told: Vec<bool> = street
            .people
            .iter()
            .flat_map(|one| &one.twins)
            .map(|twin| twin.1)
            .collect();
        assert_eq!(told.len(), 2, "each is told once");
        assert_ne!(told[0], told[1]);
    }
}

#[test]
fn ana_is_not_silenced_by_forged_beacons_and_follows_few_of_them() {
    let mut street = Street::open(2);
    for n in 0..=255 {
        // Nobody is at most of these; ben is at one.
        hears_own(&mut street, ANA, SocketAddr::from(([10, 0, 0, n], 9999)));
    }
    street.wait(1);
    assert_eq!(street.dials, 16);
    assert!(street.people[ANA].twins.is_empty());
    street.meet(ANA, BEN);
    street.wait(5);
    assert!(street.people[ANA].up.contains(&street.id(BEN)));
}

#[test]
fn an_address_of_anas_own_that_she_did_not_know_is_no_other_device() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    hears_own(&mut street, ANA, addr(ANA));
    street.tell(ANA, Input::Connect(addr(ANA)));
    street.wait(2 * MINUTE);
    let own = |(_, seen): &&(_, Seen)| matches!(seen, Seen::Dialled(ANA, ANA));
    let dials = street.seen.iter().filter(own).count();
    assert_eq!(dials, 2, "once because of each");
    assert!(street.people[ANA].twins.is_empty());
    assert!(street.people[ANA].refused.is_empty());
    assert!(street.people[ANA].up.contains(&street.id(BEN)));
}

// ---- what is announced ----

const NOW: Now = Now {
    mono: Duration::from_secs(1),
    wall_ms: 1_000,
};

/// The brain that announces ana's device, at an address.
fn announcer(last: u8) -> Mesh<StdRng> {
    let device = DeviceKey::from_secret(&[1; 32]).id();
    let config = Config {
        node_id: NodeId(device.classic()),
        device: Some(device),
        name: "ana".into(),
        port: 9999,
        network: NetworkHash::of("street"),
        classic_welcome: true,
        announce: Duration::from_secs(5),
        stale: Duration::from_secs(30),
    };
    let mut mesh = Mesh::new(config, StdRng::seed_from_u64(last.into()));
    let subnet = Subnet {
        addr: [10, 0, 0, last].into(),
        prefix: 24,
    };
    mesh.handle(gossamer_mesh::Input::Interfaces(vec![subnet]), NOW);
    mesh
}

fn announced(mesh: &mut Mesh<StdRng>) -> Vec<bytes::Bytes> {
    let outputs = std::iter::from_fn(|| mesh.poll());
    let datagrams = outputs.filter_map(|output| match output {
        gossamer_mesh::Output::Announce { datagram, .. } => Some(datagram),
        _ => None,
    });
    datagrams.collect()
}

/// Where a beacon of ana's device is followed to, when she hears it from an address.
fn followed(mesh: &mut Mesh<StdRng>, datagram: &bytes::Bytes, from: u8) -> Vec<SocketAddr> {
    let heard = gossamer_mesh::Input::Heard {
        datagram: datagram.clone(),
        source: SocketAddr::from(([10, 0, 0, from], 50_000)),
    };
    mesh.handle(heard, NOW);
    let outputs = std::iter::from_fn(|| mesh.poll());
    let own = outputs.filter_map(|output| match output {
        gossamer_mesh::Output::OwnBeacon(addr) => Some(addr),
        _ => None,
    });
    own.collect()
}

#[test]
fn anas_own_beacon_is_followed_from_an_address_that_is_not_hers() {
    let mut ana = announcer(1);
    let beacon = announced(&mut announcer(2)).remove(0);
    assert_eq!(
        followed(&mut ana, &beacon, 2),
        [SocketAddr::from(([10, 0, 0, 2], 9999))]
    );
    assert_eq!(followed(&mut ana, &beacon, 1), [], "it is hers");
}

#[test]
fn who_stepped_back_announces_nothing_not_even_a_goodbye() {
    let mut copy = announcer(2);
    assert!(!announced(&mut copy).is_empty());
    copy.handle(gossamer_mesh::Input::Silence, NOW);
    let later = Now {
        mono: Duration::from_secs(60),
        ..NOW
    };
    copy.handle(gossamer_mesh::Input::Tick, later);
    copy.handle(gossamer_mesh::Input::Leave, later);
    assert!(announced(&mut copy).is_empty());
}
