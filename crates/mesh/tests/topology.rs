//! Who is reached, over whom, and to whom links are made: docs/protocol-v2.md 10.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    reason = "tests"
)]

mod street;

use std::collections::BTreeSet;

use gossamer_crypto::DeviceId;
use gossamer_mesh::gossip::Input;
use gossamer_wire::v2::{Edge, EnvelopeFrame, LinkFrame, LinkState, LinkStateFrame, Reason};

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

use self::street::{ANA, BEN, CLEO, DORA, EMIL, Street};

fn way(street: &Street, from: usize, to: usize) -> Option<(u8, DeviceId)> {
    let route = street.people[from].brain.route(&street.id(to));
    route.map(|route| (route.hops, route.via))
}

/// Ana, ben, cleo and dora in a row.
fn row() -> Street {
    let mut street = Street::open(4);
    for one in ANA..DORA {
        street.meet(one, one + 1);
    }
    street.wait(5);
    street
}

#[test]
fn no_way_leads_through_whoever_is_told_to_pass_nothing_on_until_told_otherwise() {
    let mut street = row();
    street.tell(BEN, Input::Leaf(true));
    street.wait(5);
    assert_eq!(way(&street, ANA, CLEO), None);
    assert_eq!(way(&street, ANA, BEN), Some((1, street.id(BEN))));
    street.tell(BEN, Input::Leaf(false));
    street.wait(5);
    assert_eq!(way(&street, ANA, DORA), Some((3, street.id(BEN))));
}

/// In any order, as beacons come.
fn everyone_meets(street: &mut Street) {
    everyone_meets_in_order(street, 7);
}

fn everyone_meets_in_order(street: &mut Street, seed: u64) {
    let count = street.people.len();
    let mut pairs: Vec<(usize, usize)> = (0..count)
        .flat_map(|one| (one + 1..count).map(move |other| (one, other)))
        .collect();
    pairs.shuffle(&mut StdRng::seed_from_u64(seed));
    for (one, other) in pairs {
        street.meet(one, other);
    }
}

#[test]
fn the_ends_of_a_row_know_the_way_to_each_other() {
    let street = row();
    assert_eq!(way(&street, ANA, DORA), Some((3, street.id(BEN))));
    assert_eq!(way(&street, DORA, ANA), Some((3, street.id(CLEO))));
    assert_eq!(way(&street, ANA, BEN), Some((1, street.id(BEN))));
    assert_eq!(way(&street, ANA, ANA), None);
}

#[test]
fn when_the_middle_is_cut_nobody_finds_across_and_when_it_heals_all_do() {
    let mut street = row();
    street.cut_between(BEN, CLEO);
    assert_eq!(way(&street, BEN, DORA), None, "at once, next to the cut");
    street.wait(3);
    assert_eq!(way(&street, ANA, DORA), None);
    assert_eq!(way(&street, ANA, BEN), Some((1, street.id(BEN))));
    street.meet(BEN, CLEO);
    street.wait(15);
    assert_eq!(way(&street, ANA, DORA), Some((3, street.id(BEN))));
}

/// Ana, ben, cleo, dora and emil in a ring.
fn ring() -> Street {
    let mut street = Street::open(5);
    for one in 0..5 {
        street.meet(one, (one + 1) % 5);
    }
    street.wait(8);
    street
}

/// People who have links each to each.
fn full_mesh(count: usize) -> Street {
    let mut street = Street::open(count);
    for one in 0..count {
        for other in one + 1..count {
            street.meet(one, other);
        }
    }
    street.wait(8);
    street
}

#[test]
fn a_cable_that_is_pulled_where_nobody_notices_is_gone_around_within_three_seconds() {
    let mut street = ring();
    assert_eq!(way(&street, ANA, CLEO), Some((2, street.id(BEN))));
    street.silence(BEN, CLEO, true);
    street.wait_tenths(30);
    assert_eq!(way(&street, ANA, CLEO), Some((3, street.id(EMIL))));
    assert_eq!(way(&street, BEN, CLEO), Some((4, street.id(ANA))));
    assert!(street.people[BEN].up.contains(&street.id(CLEO)), "it stays");
}

#[test]
fn what_was_said_into_a_cable_that_is_pulled_comes_around_within_five_seconds() {
    // Of two who differ the smaller one asks, so the smallest of all is shown what it lacks last.
    let street = full_mesh(10);
    let by_id = |one: &usize| street.id(*one);
    let smallest = (0..10).min_by_key(by_id).unwrap();
    let largest = (0..10).max_by_key(by_id).unwrap();
    for (one, other) in [(smallest, largest), (largest, smallest)] {
        let mut street = full_mesh(10);
        street.silence(one, other, true);
        let said: BTreeSet<_> = (0..50_u8).map(|n| street.says(one, &[n])).collect();
        street.wait_tenths(50);
        let shown: BTreeSet<_> = street.people[other].shown.iter().copied().collect();
        assert_eq!(shown.len(), said.len());
    }
}

#[test]
fn a_link_that_answers_again_counts_after_two_seconds_and_not_before() {
    let mut street = ring();
    street.silence(BEN, CLEO, true);
    street.wait_tenths(50);
    street.silence(BEN, CLEO, false);
    let id = street.says(BEN, b"hello");
    assert_eq!(street.people[CLEO].shown, [id], "what is new goes there");
    street.wait_tenths(15);
    assert_eq!(way(&street, ANA, CLEO), Some((3, street.id(EMIL))));
    street.wait_tenths(30);
    assert_eq!(way(&street, ANA, CLEO), Some((2, street.id(BEN))));
}

#[test]
fn who_dozes_again_and_again_is_told_of_a_few_times() {
    let mut street = ring();
    let before = street.told;
    for _ in 0..30 {
        street.silence(BEN, CLEO, true);
        street.wait_tenths(40);
        street.silence(BEN, CLEO, false);
        street.wait_tenths(60);
    }
    let told = street.told - before;
    assert!((4..=24).contains(&told), "{told} times in 300 s");
}

#[test]
fn where_no_other_way_leads_a_silent_link_is_the_way() {
    let mut street = row();
    street.silence(ANA, BEN, true);
    street.wait_tenths(40);
    assert_eq!(way(&street, ANA, BEN), Some((1, street.id(BEN))));
    assert_eq!(way(&street, ANA, DORA), None);
    assert_eq!(way(&street, DORA, ANA), None, "told by ben");
}

#[test]
fn who_is_not_heard_of_again_is_forgotten() {
    let mut street = row();
    street.gone.insert(DORA);
    street.isolate(DORA);
    street.wait(6);
    assert_eq!(way(&street, ANA, DORA), None);
    let lifetime = u64::from(gossamer_wire::limits::LIFETIME_LINK_STATE);
    street.wait(lifetime + 10);
    assert_eq!(way(&street, ANA, DORA), None);
    assert_eq!(
        way(&street, ANA, CLEO),
        Some((2, street.id(BEN))),
        "repeated"
    );
}

#[test]
fn a_room_of_thirty_links_to_some_and_reaches_all() {
    let mut street = Street::open(30);
    everyone_meets(&mut street);
    street.wait(30);
    for one in 0..30 {
        let links = street.people[one].brain.linked().count();
        assert!((4..=16).contains(&links), "{links} links");
        for other in (0..30).filter(|other| *other != one) {
            assert!(way(&street, one, other).is_some(), "{one} to {other}");
        }
    }
    assert!(street.links() < 30 * 6, "{} links in all", street.links());
}

#[test]
fn no_device_is_everyones_choice_for_its_id() {
    const ROOMS: u8 = 10;
    let mut links = [0; 30];
    for seed in 1..=ROOMS {
        let mut street = Street::open(30);
        everyone_meets_in_order(&mut street, seed.into());
        street.wait(10);
        let mut people: Vec<usize> = (0..30).collect();
        people.sort_by_key(|one| street.id(*one));
        for (rank, one) in people.into_iter().enumerate() {
            links[rank] += street.people[one].up.len();
        }
    }
    let (fewest, most) = (links.iter().min().unwrap(), links.iter().max().unwrap());
    assert!(
        *most * 2 < *fewest * 3,
        "by rank, in {ROOMS} rooms: {links:?}"
    );
}

#[test]
fn whoever_does_not_know_yet_where_she_hears_others_dials_no_more_of_them() {
    let mut street = Street::open(30);
    for other in BEN..30 {
        let heard = Input::Heard {
            device: street.id(other),
            addr: street::addr(other),
            interface: None,
        };
        street.tell(ANA, heard);
    }
    street.run();
    assert_eq!(street.people[ANA].up.len(), 4);
}

#[test]
fn up_to_twelve_link_each_to_each() {
    let mut street = Street::open(12);
    everyone_meets(&mut street);
    street.wait(15);
    assert_eq!(street.links(), 12 * 11 / 2);
}

#[test]
fn of_many_who_are_heard_contacts_are_drawn_first() {
    let mut street = Street::open(20);
    let contacts: BTreeSet<DeviceId> = (16..20).map(|person| street.id(person)).collect();
    street.tell(ANA, Input::Contacts(Some(contacts.clone())));
    for person in BEN..20 {
        let (device, addr) = (street.id(person), street::addr(person));
        let interface = Some(street::addr(ANA).ip());
        street.tell(
            ANA,
            Input::Heard {
                device,
                addr,
                interface,
            },
        );
    }
    while street.people[ANA].up.len() < 8 {
        street.wait(1);
    }
    assert_eq!(street.people[ANA].up.len(), 8, "four whom she heard first");
    assert!(street.people[ANA].up.is_superset(&contacts));
}

#[test]
fn whoever_is_no_contact_makes_way_for_one_whom_nobody_else_reaches() {
    const LINKS: usize = 32;
    let mut street = Street::open(1);
    let others = 1..=LINKS;
    for person in others.clone() {
        street.move_in(u8::try_from(person + 1).unwrap(), None);
        street.connect(person, street::addr(ANA), None);
        street.run();
        for other in 1..person {
            street.meet(person, other);
        }
    }
    street.wait(10);
    assert_eq!(street.people[ANA].up.len(), LINKS);
    // Of all neighbours the one who would stay if links alone counted.
    let links = |person: &usize| street.people[*person].brain.linked().count();
    let loner = others.clone().min_by_key(links).unwrap();
    let contacts = others.filter(|person| *person != loner);
    let contacts: BTreeSet<DeviceId> = contacts.map(|person| street.id(person)).collect();
    street.tell(ANA, Input::Contacts(Some(contacts.clone())));

    let newcomer = LINKS + 1;
    street.move_in(u8::try_from(newcomer + 1).unwrap(), None);
    street.connect(newcomer, street::addr(ANA), None);
    street.run();

    let ana = &street.people[ANA];
    assert!(ana.up.contains(&street.id(newcomer)));
    assert!(ana.up.is_superset(&contacts));
    assert!(!ana.up.contains(&street.id(loner)));
}

#[test]
fn a_message_in_a_full_room_is_sent_a_few_times_to_each_and_not_by_all_to_all() {
    let mut street = Street::open(12);
    everyone_meets(&mut street);
    street.wait(30);
    let before = street.frames.get(&0x10).copied().unwrap_or(0);
    let id = street.says(ANA, b"hello");
    for one in 1..12 {
        assert_eq!(street.people[one].shown, [id]);
    }
    let copies = street.frames.get(&0x10).copied().unwrap_or(0) - before;
    assert!((11..=4 * 11).contains(&copies), "{copies} copies");
}

/// Each of the first says that it has a link to the second; one person tells another so.
fn many_are_said_to_be_linked(
    street: &mut Street,
    from: usize,
    to: usize,
    links: &[(usize, usize)],
) {
    let states = links.iter().map(|(one, other)| {
        let edges = vec![Edge {
            device: street.id(*other),
            cost: 1,
        }];
        let links = LinkState { edges, leaf: false };
        let envelope = street.links_of(*one, &links, 1);
        LinkStateFrame { envelope, age: 0 }
    });
    let states: Vec<LinkStateFrame> = states.collect();
    for states in states.chunks(gossamer_wire::limits::LINK_STATES) {
        street.forges(from, to, &LinkFrame::LinkStates(states.to_vec()));
    }
}

#[test]
fn what_a_device_says_of_itself_is_sent_to_each_less_than_four_times_where_links_are_few() {
    const ROOMS: u8 = 5;
    let copies: usize = (1..=ROOMS).map(copies_in_a_room_of_forty).sum();
    assert!(copies < usize::from(ROOMS) * 4 * 39, "{copies} copies");
}

/// How many copies of what ana says of herself are sent there.
fn copies_in_a_room_of_forty(seed: u8) -> usize {
    let mut street = Street::open(40);
    everyone_meets_in_order(&mut street, seed.into());
    street.wait(30);
    let before = street.frames.get(&0x10).copied().unwrap_or(0);
    let id = street.introduces(ANA);
    street.wait_tenths(30);
    for one in 1..40 {
        assert!(street.people[one].brain.knows(&id), "{one}");
    }
    street.frames.get(&0x10).copied().unwrap_or(0) - before
}

#[test]
fn who_joins_many_is_told_of_by_a_few_and_found_by_all_within_seconds() {
    let mut street = Street::open(150);
    let room = 30;
    for one in 1..room {
        for other in 0..one {
            street.meet(one, other);
        }
    }
    let links: Vec<(usize, usize)> = (room + 1..150).map(|one| (one, one - 1)).collect();
    let (from, to) = (BEN, street.neighbour(BEN));
    many_are_said_to_be_linked(&mut street, from, to, &links);
    street.wait(60);
    let before = street.told;
    for one in 0..room {
        street.meet(room, one);
    }
    street.wait_tenths(60);
    let links = street.people[room].brain.linked().count();
    let told = street.told - before;
    assert!(links >= 8, "{links} links");
    assert!(
        (3..=7).contains(&told),
        "told {told} times of {links} links"
    );
    for one in 0..room {
        assert!(way(&street, one, room).is_some(), "{one}");
    }
}

/// Where many are known, a link that is merely one more is told late. This one is not: ana says
/// that ben is her neighbour, and nobody but ben knows that it is so.
#[test]
fn whom_others_reach_over_us_only_is_told_of_soon_however_many_are_known() {
    let mut street = Street::open(70);
    street.meet(BEN, CLEO);
    let links: Vec<(usize, usize)> = (DORA..70).map(|one| (one, one - 1)).collect();
    many_are_said_to_be_linked(&mut street, CLEO, BEN, &links);
    many_are_said_to_be_linked(&mut street, CLEO, BEN, &[(ANA, BEN)]);
    street.wait(3);
    assert_eq!(way(&street, CLEO, ANA), None);
    street.meet(ANA, BEN);
    street.wait_tenths(30);
    assert_eq!(way(&street, CLEO, ANA), Some((2, street.id(BEN))));
    assert_eq!(way(&street, ANA, CLEO), Some((2, street.id(BEN))));
}

#[test]
fn links_that_nobody_at_the_other_end_tells_of_do_not_count() {
    let mut street = row();
    let edges = [BEN, ANA].map(|to| Edge {
        device: street.id(to),
        cost: 1,
    });
    let claim = LinkState {
        edges: edges.into(),
        leaf: false,
    };
    // Dora says that she has links to ana and ben.
    let envelope = street.links_of(DORA, &claim, 1 << 20);
    street.tell(DORA, Input::Publish(envelope));
    street.wait(6);
    assert_eq!(way(&street, ANA, DORA), None, "and cleo is not in her list");
    assert_eq!(way(&street, BEN, CLEO), Some((1, street.id(CLEO))));
}

#[test]
fn what_an_earlier_life_told_under_a_later_clock_is_outdone() {
    let mut street = row();
    // Before it started anew, dora's clock was years ahead, and she had no links.
    let ahead = 1 << 40;
    let old = street.links_of(DORA, &LinkState::default(), ahead);
    street.people[DORA].seq = 50;
    let frame = LinkFrame::LinkStates(vec![LinkStateFrame {
        envelope: old,
        age: 60,
    }]);
    street.forges(BEN, CLEO, &frame);
    street.wait(2);
    street.wait(5);
    assert_eq!(way(&street, ANA, DORA), Some((3, street.id(BEN))));
    assert!(street.people[DORA].seq > ahead);
}

#[test]
fn links_in_an_envelope_frame_are_misbehaviour() {
    let mut street = row();
    let envelope = street.links_of(DORA, &LinkState::default(), 1 << 20);
    let frame = LinkFrame::Envelope(EnvelopeFrame {
        envelope,
        age: 0,
        ttl: 7,
        hops: 1,
    });
    street.forges(BEN, ANA, &frame);
    assert_eq!(street.people[BEN].refused, [Reason::Misbehaved]);
}

#[test]
fn who_passes_on_forged_links_is_shut_out() {
    let mut street = row();
    let mut envelope = street.links_of(DORA, &LinkState::default(), 1 << 20);
    envelope.signature = [7; 64].into();
    let frame = LinkFrame::LinkStates(vec![LinkStateFrame { envelope, age: 0 }]);
    street.forges(BEN, ANA, &frame);
    assert_eq!(street.people[BEN].refused, [Reason::Misbehaved]);
    assert_eq!(way(&street, ANA, BEN), None);
}
