//! Direct messages that wait at others for the device they are for, and are let go when it has
//! them. Islands and walkers are the simulator's part.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod street;

use std::collections::{BTreeMap, BTreeSet};

use gossamer_crypto::{DeviceId, EnvelopeId, PurgeSecret};
use gossamer_mesh::gossip::{Entry, Held, Input, Mail, Progress, Quota, Start};
use gossamer_wire::v2::{Bucket, Envelope, EnvelopeFrame, Kind, LinkFrame, Purge, Purged, Reason};
use proptest::prelude::*;

use street::{ANA, BEN, CLEO, DORA, Street};

const WEEK: u32 = 604_800;

fn pushed(envelope: Envelope) -> LinkFrame {
    LinkFrame::Envelope(EnvelopeFrame {
        envelope,
        age: 0,
        ttl: 8,
        hops: 0,
    })
}

fn purge(entries: &[(EnvelopeId, u8)]) -> Purge {
    let entry = |(id, secret): &(EnvelopeId, u8)| Purged {
        id: *id,
        secret: PurgeSecret::new([*secret; 32]),
    };
    Purge {
        entries: entries.iter().map(entry).collect(),
    }
}

/// Ana wrote to cleo, ben took it, and they part.
fn ben_has_a_letter_for_cleo() -> (Street, EnvelopeId) {
    let mut street = Street::open(4);
    street.meet(ANA, BEN);
    street.wait(3);
    let letter = street.writes(ANA, CLEO, 7, WEEK);
    street.gone.insert(ANA);
    street.isolate(ANA);
    (street, letter)
}

#[test]
fn a_letter_waits_at_others_and_its_author_knows_with_whom() {
    let (mut street, letter) = ben_has_a_letter_for_cleo();
    let by_ben = Progress::Carried(vec![street.id(BEN)]);
    assert_eq!(street.people[ANA].progress[&letter], by_ben);
    street.meet(BEN, DORA);
    street.wait(3);
    street.gone.insert(BEN);
    street.isolate(BEN);
    street.meet(DORA, CLEO);
    street.wait(3);
    assert_eq!(street.people[CLEO].shown, [letter], "through two others");
}

#[test]
fn a_letter_that_is_opened_is_let_go_by_all_who_carried_it() {
    let (mut street, letter) = ben_has_a_letter_for_cleo();
    street.meet(BEN, CLEO);
    street.wait(3);
    street.opens(CLEO, letter);
    street.wait(2);
    for holder in [BEN, CLEO] {
        assert!(!street.people[holder].disk.contains_key(&letter));
        assert!(street.people[holder].brain.knows(&letter), "not again");
    }
    street.gone.clear();
    street.meet(ANA, BEN);
    street.wait(3);
    assert!(!street.people[ANA].disk.contains_key(&letter));
    assert_eq!(street.people[ANA].progress[&letter], Progress::Delivered);
}

#[test]
fn letters_that_are_opened_together_are_told_of_together() {
    let mut street = Street::open(2);
    street.meet(ANA, BEN);
    street.wait(3);
    let letters: Vec<_> = (0..60).map(|n| street.writes(ANA, BEN, n, WEEK)).collect();
    let before = street.people[BEN].seq;
    letters.iter().for_each(|id| street.opens(BEN, *id));
    street.wait(2);
    assert_eq!(street.people[BEN].seq, before + 2, "at most 50 in each");
    let left = letters
        .iter()
        .filter(|id| street.people[ANA].disk.contains_key(id));
    assert_eq!(left.count(), 0);
}

#[test]
fn a_letter_to_whom_a_way_leads_is_sent_and_one_to_a_neighbour_is_delivered() {
    let mut street = Street::open(3);
    street.meet(ANA, BEN);
    street.meet(BEN, CLEO);
    street.wait(6);
    let far = street.writes(ANA, CLEO, 1, WEEK);
    assert_eq!(street.people[ANA].progress[&far], Progress::Sent);
    let near = street.writes(ANA, BEN, 2, WEEK);
    assert_eq!(street.people[ANA].progress[&near], Progress::Delivered);

    street.gone.insert(CLEO);
    street.isolate(CLEO);
    street.wait(3);
    let by_ben = Progress::Carried(vec![street.id(BEN)]);
    assert_eq!(street.people[ANA].progress[&far], by_ben);
    street.gone.clear();
    street.meet(BEN, CLEO);
    street.wait(5);
    assert_eq!(street.people[ANA].progress[&far], Progress::Sent);
}

#[test]
fn a_letter_that_nobody_took_in_time_has_failed_and_is_gone() {
    let mut street = Street::open(3);
    street.meet(ANA, BEN);
    street.wait(3);
    let letter = street.writes(ANA, CLEO, 1, 60);
    assert!(street.people[BEN].disk.contains_key(&letter));
    street.wait(62);
    assert_eq!(street.people[ANA].progress[&letter], Progress::Expired);
    for holder in [ANA, BEN] {
        assert!(!street.people[holder].disk.contains_key(&letter));
    }
}

#[test]
fn who_does_not_know_a_letter_keeps_no_purge_of_it_and_asks_again_when_it_comes() {
    let mut street = Street::open(4);
    street.meet(ANA, BEN);
    street.wait(3);
    let letter = street.writes(ANA, BEN, 7, WEEK);
    let copy = street.people[ANA].disk[&letter].clone();
    street.opens(BEN, letter);
    street.wait(2);
    street.meet(BEN, CLEO);
    street.wait(3);
    let known = street.people[CLEO].brain.known();
    street.wait(300);
    assert_eq!(
        street.people[CLEO].brain.known(),
        known,
        "nothing comes of it"
    );
    assert!(!street.people[CLEO].brain.knows(&letter));

    // Dora heard of it elsewhere, and not that it has arrived.
    street.meet(CLEO, DORA);
    street.wait(3);
    street.forges(DORA, CLEO, &pushed(copy));
    street.wait(2);
    assert!(street.people[CLEO].brain.knows(&letter));
    assert!(!street.people[CLEO].disk.contains_key(&letter));
}

#[test]
fn a_letter_that_a_kept_purge_names_is_not_carried_when_it_comes() {
    let mut street = Street::open(3);
    street.meet(ANA, BEN);
    street.wait(3);
    let here = street.writes(ANA, BEN, 1, WEEK);
    let body = {
        let mut body = street.people[ANA].disk[&here].parse().unwrap();
        body.seq += 1_000;
        body
    };
    let coming = street.sign(ANA, &body);
    let told = purge(&[(here, 1), (coming.id(), 1)]);
    let told = street.purge_of(BEN, &told, WEEK);
    street.forges(BEN, ANA, &pushed(told));
    assert!(!street.people[ANA].disk.contains_key(&here));
    let id = coming.id();
    street.forges(BEN, ANA, &pushed(coming));
    assert!(street.people[ANA].brain.knows(&id));
    assert!(!street.people[ANA].disk.contains_key(&id));
}

#[test]
fn who_says_that_a_letter_has_arrived_and_does_not_know_its_secret_is_shut_out() {
    let (mut street, letter) = ben_has_a_letter_for_cleo();
    street.meet(BEN, DORA);
    street.wait(3);
    let lie = street.purge_of(DORA, &purge(&[(letter, 8)]), WEEK);
    street.forges(DORA, BEN, &pushed(lie));
    assert_eq!(street.people[BEN].refused, [Reason::Misbehaved]);
    assert!(street.people[BEN].disk.contains_key(&letter));
}

#[test]
fn who_only_passes_a_lie_on_is_not_to_blame() {
    let (mut street, letter) = ben_has_a_letter_for_cleo();
    street.meet(BEN, DORA);
    street.wait(3);
    let lie = street.purge_of(CLEO, &purge(&[(letter, 8)]), WEEK);
    street.forges(DORA, BEN, &pushed(lie));
    assert!(street.people[BEN].refused.is_empty());
    assert!(street.people[BEN].disk.contains_key(&letter));
}

#[test]
fn a_letter_that_is_purged_on_its_way_to_disk_does_not_stay_there() {
    let mut street = Street::open(3);
    street.meet(ANA, BEN);
    street.wait(3);
    street.people[BEN].disk_is_slow = true;
    let letter = street.writes(ANA, CLEO, 7, WEEK);
    let told = street.purge_of(CLEO, &purge(&[(letter, 7)]), WEEK);
    street.forges(ANA, BEN, &pushed(told));
    street.people[BEN].disk_is_slow = false;
    street.catches_up(BEN);
    assert!(!street.people[BEN].disk.contains_key(&letter));
    assert!(
        street.people[BEN]
            .shown
            .iter()
            .all(|shown| *shown != letter)
    );
    assert!(
        !street.people[ANA].stored.contains_key(&letter),
        "nor is it said to"
    );
}

/// Everyone's letters and messages; who is a stranger is told by the first byte.
#[derive(Debug, Clone)]
struct Said {
    author: u8,
    to: Option<u8>,
    size: u32,
    lifetime: u32,
}

const ME: u8 = 0;
const FRIENDS: [u8; 2] = [1, 2];

fn said() -> impl Strategy<Value = Said> {
    let fields = (
        0..8_u8,
        proptest::option::of(0..8_u8),
        1..400_u32,
        1..1_000_u32,
    );
    fields.prop_map(|(author, to, size, lifetime)| Said {
        author,
        to,
        size,
        lifetime,
    })
}

fn device(n: u8) -> DeviceId {
    DeviceId::new([n; 32])
}

fn entry(n: usize, said: &Said) -> Entry {
    let dm = said.to.is_some();
    let mail = said.to.map(|to| Mail {
        audience: device(to),
        ack: [0; 32],
    });
    Entry {
        id: EnvelopeId::of(&n.to_le_bytes()),
        kind: if dm { Kind::Dm } else { Kind::Everyone },
        bucket: if dm { Bucket::Mail } else { Bucket::Everyone },
        author: device(said.author),
        seq: n as u64,
        created: n as u64,
        birth: n as i64,
        lifetime: said.lifetime,
        size: said.size,
        hops: 1,
        ttl: 8,
        held: Held::Body,
        own: said.author == ME,
        mail: mail.map(Box::new),
    }
}

fn weigh<'a>(entries: impl Iterator<Item = &'a Entry>) -> (u64, usize) {
    entries.fold((0, 0), |(bytes, bodies), entry| {
        (bytes + u64::from(entry.size), bodies + 1)
    })
}

fn is_strangers(entry: &Entry) -> bool {
    let ours = |device: &DeviceId| {
        let [first, ..] = device.as_bytes();
        *first == ME || FRIENDS.contains(first)
    };
    let mail = entry.mail.as_ref();
    mail.is_some_and(|mail| !ours(&entry.author) && !ours(&mail.audience))
}

proptest! {
    /// What a node that starts with more than it keeps lets go; a failure prints its seed.
    #[test]
    fn whatever_is_said_quotas_hold_and_the_right_ones_go(all in proptest::collection::vec(said(), 0..120)) {
        let quota = Quota { bytes: 6_000, bodies: 40, ..Quota::default() };
        let entries: Vec<Entry> = all.iter().enumerate().map(|(n, said)| entry(n, said)).collect();
        let dropped = street::starts_with(ME, quota, Start {
            index: entries.clone(),
            contacts: Some(FRIENDS.map(device).into()),
            ..Start::default()
        });
        let dropped: BTreeSet<EnvelopeId> = dropped.into_iter().collect();
        let kept = || entries.iter().filter(|entry| !dropped.contains(&entry.id));
        let own = || entries.iter().filter(|entry| entry.own);
        prop_assert!(own().all(|entry| !dropped.contains(&entry.id)));

        let (bytes, bodies) = weigh(kept().filter(|entry| is_strangers(entry)));
        prop_assert!(bytes <= quota.bytes / 10 && bodies <= quota.bodies / 10);
        let (bytes, bodies) = weigh(kept());
        let only_own_are_left = kept().all(|entry| entry.own);
        prop_assert!((bytes <= quota.bytes && bodies <= quota.bodies) || only_own_are_left);

        // Mail of strangers goes before any of friends, and neither mail nor history pushes out a
        // half of the other.
        let friends = |entry: &&Entry| entry.mail.is_some() && !is_strangers(entry);
        let went = |which: &dyn Fn(&&Entry) -> bool| {
            let (mut which, all) = (entries.iter().filter(|one| which(one)), dropped.clone());
            which.any(|entry| all.contains(&entry.id))
        };
        if went(&friends) {
            prop_assert!(!kept().any(is_strangers));
        }
        let (bytes, bodies) = weigh(entries.iter().filter(|entry| entry.mail.is_none()));
        if bytes <= quota.bytes / 2 && bodies <= quota.bodies / 2 {
            let own_mail = weigh(own().filter(|entry| entry.mail.is_some()));
            let fits = bytes + own_mail.0 <= quota.bytes && bodies + own_mail.1 <= quota.bodies;
            prop_assert!(!fits || !went(&|entry| entry.mail.is_none()));
        }
    }
}

#[test]
fn of_the_mail_of_one_author_what_ends_first_goes_first() {
    let letters = [(300, 3), (100, 4), (200, 5)].map(|(lifetime, to)| Said {
        author: 1,
        to: Some(to),
        size: 100,
        lifetime,
    });
    let index = letters.iter().enumerate().map(|(n, said)| entry(n, said));
    let start = Start {
        index: index.clone().collect(),
        contacts: Some(FRIENDS.map(device).into()),
        carriers: BTreeMap::new(),
        ..Start::default()
    };
    let quota = Quota {
        bytes: 250,
        bodies: 9,
        ..Quota::default()
    };
    let dropped = street::starts_with(ME, quota, start);
    assert_eq!(dropped, [EnvelopeId::of(&1_usize.to_le_bytes())]);
}

#[test]
fn mail_of_whom_we_have_met_goes_last_until_there_are_contacts() {
    let mut street = Street::with_quota(
        5,
        Quota {
            bytes: 100_000,
            bodies: 40,
            ..Quota::default()
        },
    );
    street.meet(ANA, BEN);
    street.wait(3);
    // Ben is known to ana by their link; nobody knows the other two.
    let met: Vec<_> = (0..8).map(|n| street.writes(BEN, 3, n, WEEK)).collect();
    assert!(
        met.iter()
            .all(|id| street.people[ANA].disk.contains_key(id))
    );
    let cleo = Some(BTreeSet::from([street.id(CLEO)]));
    street.tell(ANA, Input::Contacts(cleo));
    let dms = street.people[ANA].disk.values();
    let dms = dms.filter(|envelope| envelope.parse().unwrap().kind == Kind::Dm);
    assert_eq!(dms.count(), 4, "strangers have a tenth of 40");
}
