//! Who pays for what comes unasked: nobody for what another claims in their name.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests"
)]

mod street;

use gossamer_crypto::{DeviceKey, NetworkId};
use gossamer_mesh::{gossip::Quota, limits};
use gossamer_wire::v2::{
    Body, Envelope, EnvelopeFrame, Kind, LinkFrame, LinkState, LinkStateFrame,
};

use street::{ANA, BEN, CLEO, Street, signed};

/// Ana and cleo each have a link to ben, and none to each other.
fn street(quota: Quota) -> Street {
    let mut street = Street::with_quota(3, quota);
    street.meet(ANA, BEN);
    street.meet(CLEO, BEN);
    street.wait(30);
    street
}

fn frame(envelope: Envelope, age: u32) -> LinkFrame {
    LinkFrame::Envelope(EnvelopeFrame {
        envelope,
        age,
        ttl: 8,
        hops: 0,
    })
}

/// What cleo sends to ben in ana's name for the nth time.
type Lie = fn(&mut Street, u32) -> LinkFrame;

fn over_age(street: &mut Street, n: u32) -> LinkFrame {
    let body = street.body(ANA, &n.to_le_bytes());
    frame(street.sign(CLEO, &body), body.lifetime + 1)
}

fn of_another_network(street: &mut Street, n: u32) -> LinkFrame {
    let body = Body {
        network: NetworkId::of("elsewhere"),
        ..street.body(ANA, &n.to_le_bytes())
    };
    frame(street.sign(CLEO, &body), 0)
}

fn badly_signed(street: &mut Street, n: u32) -> LinkFrame {
    let body = street.body(ANA, &n.to_le_bytes());
    frame(street.sign(CLEO, &body), 0)
}

fn badly_signed_links(street: &mut Street, _: u32) -> LinkFrame {
    let links = LinkState {
        edges: Vec::new(),
        leaf: false,
    };
    let body = Body {
        kind: Kind::LinkState,
        lifetime: 900,
        payload: links.encode().unwrap(),
        ..street.body(ANA, b"")
    };
    LinkFrame::LinkStates(vec![LinkStateFrame {
        envelope: street.sign(CLEO, &body),
        age: 0,
    }])
}

/// How many of ana's next words ben hears at once.
fn heard_at_once(lie: Option<Lie>) -> usize {
    let mut street = street(Quota::default());
    // Whoever was shut out has no link left.
    for n in 0..1_000 {
        let Some(lie) = lie else { break };
        if !street.people[BEN].up.contains(&street.id(CLEO)) {
            break;
        }
        let lie = lie(&mut street, n);
        street.forges(CLEO, BEN, &lie);
    }
    assert!(street.people[BEN].shown.is_empty(), "a lie was shown");
    says_a_lot(&mut street)
}

/// How many words of ana's next burst ben hears at once.
fn says_a_lot(street: &mut Street) -> usize {
    let before = street.people[BEN].shown.len();
    for n in 0..limits::AUTHOR_BURST + 10 {
        street.says(ANA, &n.to_le_bytes());
    }
    street.people[BEN].shown.len() - before
}

#[test]
fn whatever_cleo_sends_in_anas_name_takes_nothing_from_what_ana_may_say() {
    let honest = heard_at_once(None);
    assert_eq!(honest, usize::try_from(limits::AUTHOR_BURST).unwrap());
    let lies: [(&str, Lie); 4] = [
        ("over age", over_age),
        ("of another network", of_another_network),
        ("badly signed", badly_signed),
        ("badly signed links", badly_signed_links),
    ];
    let heard = lies.map(|(name, lie)| (name, heard_at_once(Some(lie))));
    assert_eq!(heard, lies.map(|(name, _)| (name, honest)));
}

#[test]
fn cleo_passes_on_many_peoples_bursts_and_has_no_more_than_her_links_share_checked() {
    let mut street = street(Quota::default());
    let authors = limits::LINK_BURST / limits::AUTHOR_BURST + 1;
    for n in 0..authors * limits::AUTHOR_BURST {
        let seed = u8::try_from(n / limits::AUTHOR_BURST).unwrap();
        let author = DeviceKey::from_secret(&[100 + seed; 32]);
        let body = Body {
            origin: Some(author.id()),
            ..street.body(CLEO, &n.to_le_bytes())
        };
        street.forges(CLEO, BEN, &frame(signed(&author, &body), 0));
    }
    let share = usize::try_from(limits::LINK_BURST).unwrap();
    assert_eq!(street.people[BEN].shown.len(), share);
    let id = street.says(ANA, b"and I?");
    assert_eq!(
        street.people[BEN].shown.last(),
        Some(&id),
        "ana has a link of her own"
    );
}

/// What cleo sends to ben in the name of made-up authors, as long as may be, so many of each.
fn long_words(street: &mut Street, authors: u8, each: u8) {
    for seed in 0..authors {
        let author = DeviceKey::from_secret(&[100 + seed; 32]);
        for n in 0..each {
            let body = Body {
                origin: Some(author.id()),
                ..street.body(CLEO, &[n; 60_000])
            };
            street.forges(CLEO, BEN, &frame(signed(&author, &body), 0));
        }
    }
}

#[test]
fn whatever_cleo_says_bens_slow_disk_owes_few_bytes_and_ana_is_heard_once_it_has_caught_up() {
    let mut street = street(Quota::default());
    street.people[BEN].disk_is_slow = true;
    long_words(&mut street, 5, 180);
    let owed = |street: &Street| -> u64 {
        let unwritten = street.people[BEN].unwritten.iter();
        unwritten.map(|one| one.body.len() as u64).sum()
    };
    let most = limits::PENDING_ENVELOPE_BYTES + (64 << 10);
    assert!(owed(&street) <= most, "{} bytes", owed(&street));
    street.people[BEN].disk_is_slow = false;
    street.catches_up(BEN);
    let id = street.says(ANA, b"and I?");
    assert_eq!(street.people[BEN].shown.last(), Some(&id));
}

#[test]
fn a_true_word_for_which_ben_has_no_room_is_repeated_in_vain() {
    let bodies = 40;
    let mut street = street(Quota {
        bodies,
        ..Quota::default()
    });
    for n in 0..u8::try_from(bodies).unwrap() {
        street.writes(BEN, ANA, n, 5);
    }
    let body = street.body(ANA, b"is there room?");
    let word = frame(street.sign(ANA, &body), 0);
    for _ in 0..1_000 {
        street.forges(CLEO, BEN, &word);
    }
    assert!(
        street.people[BEN].shown.is_empty(),
        "all he keeps is his own"
    );
    street.wait(7);
    let heard = says_a_lot(&mut street);
    assert_eq!(heard, usize::try_from(limits::AUTHOR_BURST).unwrap());
}
