//! What one neighbour says in a moment costs the others' disks and memory little.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests"
)]

mod street;

use gossamer_crypto::{DeviceKey, NetworkKey};
use gossamer_mesh::{gossip::Quota, limits};
use gossamer_wire::v2::{Body, Bucket, EnvelopeFrame, Kind, LinkFrame, Recon};
use negentropy::{Negentropy, NegentropyStorageVector};

use street::{ANA, BEN, CLEO, DORA, EMIL, Seen, Street, signed};

/// The types of KEYRING and RECON: docs/protocol-v2.md 5.2.
const KEYRING: u8 = 0x06;
const RECON: u8 = 0x19;

/// Frames of a type that somebody has sent since so many things had happened.
fn sent(street: &Street, person: usize, kind: u8, since: usize) -> usize {
    let seen = street.seen[since..].iter();
    seen.filter(|(_, seen)| {
        matches!(seen, Seen::Frame(from, _, frame) if *from == person && frame.kind == kind)
    })
    .count()
}

#[test]
fn whatever_keys_cleo_makes_up_ben_writes_and_tells_of_few_changes_and_has_all_in_the_end() {
    let mut street = Street::with(&[Some("heron"), Some("heron"), Some("heron")]);
    street.meet(ANA, BEN);
    street.meet(CLEO, BEN);
    street.wait(30);
    let before = street.seen.len();
    let mut keys: Vec<NetworkKey> = (0_u16..1_000)
        .map(|n| {
            let mut secret = [7; 32];
            secret[..2].copy_from_slice(&n.to_be_bytes());
            NetworkKey::new(secret)
        })
        .collect();
    keys.sort_by_key(|key| std::cmp::Reverse(key.id()));
    let lowest = keys.last().unwrap().id();
    for key in keys {
        street.forges(CLEO, BEN, &LinkFrame::Keyring(vec![key]));
    }
    let changes = usize::try_from(limits::KEYRING_CHANGES).unwrap();
    // To ana alone each time: cleo has said it.
    assert!(sent(&street, BEN, KEYRING, before) <= changes);
    street.wait(3);
    assert!(sent(&street, BEN, KEYRING, before) <= changes + 4);
    for person in [ANA, BEN, CLEO] {
        let kept = street.people[person].keyring.as_ref().unwrap();
        assert_eq!(kept.lowest().unwrap().id(), lowest);
    }
}

#[test]
fn of_what_nobody_understands_ben_knows_no_more_ids_than_he_may() {
    let ids = 50;
    let mut street = Street::with_quota(
        2,
        Quota {
            ids,
            ..Quota::default()
        },
    );
    street.meet(ANA, BEN);
    street.wait(30);
    for n in 0..200_u8 {
        let author = DeviceKey::from_secret(&[n; 32]);
        let body = Body {
            kind: Kind::Unknown(99),
            origin: Some(author.id()),
            ..street.body(ANA, &[n])
        };
        let frame = LinkFrame::Envelope(EnvelopeFrame {
            envelope: signed(&author, &body),
            age: 0,
            ttl: 8,
            hops: 0,
        });
        street.forges(ANA, BEN, &frame);
    }
    let known = street.people[BEN].brain.known();
    assert!((ids..ids + 10).contains(&known), "{known} ids");
}

/// A question about everything that was said to everyone.
fn question(session: u64) -> LinkFrame {
    let mut nothing = NegentropyStorageVector::new();
    nothing.seal().unwrap();
    let mut sets = Negentropy::owned(nothing, 0).unwrap();
    LinkFrame::Recon(Recon {
        session,
        bucket: Bucket::Everyone,
        salt: [1; 16],
        message: sets.initiate().unwrap().into(),
    })
}

#[test]
fn many_who_compare_at_once_are_answered_one_after_the_other_and_nobody_waits_for_who_is_silent() {
    let ids = 6;
    let mut street = Street::with_quota(
        5,
        Quota {
            ids,
            ..Quota::default()
        },
    );
    let everyone = [ANA, BEN, CLEO, DORA, EMIL];
    let asked = everyone
        .into_iter()
        .max_by_key(|one| street.id(*one))
        .unwrap();
    let others: Vec<usize> = everyone.into_iter().filter(|one| *one != asked).collect();
    for one in &others {
        street.meet(*one, asked);
    }
    for n in 0..=limits::RECON_COPIES * ids {
        street.says(asked, &[u8::try_from(n).unwrap()]);
    }
    street.wait(30);
    for (n, one) in (1..).zip(&others) {
        let before = street.seen.len();
        street.forges(*one, asked, &question(n));
        assert_eq!(sent(&street, asked, RECON, before), usize::from(n == 1));
    }
    for (n, one) in (5..).zip(&others) {
        street.wait(2);
        let before = street.seen.len();
        street.forges(*one, asked, &question(n));
        assert_eq!(sent(&street, asked, RECON, before), 1);
    }
}
