//! Each thing that no honest device does ends the link for exactly that reason, and who was admitted
//! is kept out for it: docs/protocol-v2.md 5.6.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests"
)]

mod street;

use std::net::IpAddr;

use bytes::Bytes;
use gossamer_crypto::{DeviceId, NetworkId, NetworkKey, PurgeSecret};
use gossamer_mesh::{
    gossip::{Input, LinkId, Misbehaviour},
    limits,
};
use gossamer_wire::{
    limits::LIFETIME_DM,
    v2::{
        Body, Bucket, Envelope, EnvelopeFrame, Hello, HelloFields, Kind, LinkFrame, LinkState,
        LinkStateFrame, Purge, Purged, Reason, Recon, VERSION,
    },
};

use street::{ANA, BEN, CLEO, Street, addr};

const PASSWORD: Option<&str> = Some("open sesame");
const HELLO: u8 = 0x01;
const ENVELOPE: u8 = 0x10;
/// Length and type of a frame.
const HEAD: usize = 4;

/// What ben, whom ana has admitted, sends her.
type Deed = fn(&mut Street);

/// By what each offence of a neighbour is committed; several ways where they are told apart nowhere.
const OF_NEIGHBOURS: &[(Misbehaviour, Deed)] = &[
    (Misbehaviour::FrameTooLong, frame_too_long),
    (Misbehaviour::UnreadableFrame, |street| {
        garbles(street, ENVELOPE);
    }),
    (Misbehaviour::AdmissionAgain, |street| {
        sends(street, &LinkFrame::Admit(Vec::new()));
    }),
    (Misbehaviour::AdmissionAgain, |street| {
        sends(street, &LinkFrame::Confirm([0; 32]));
    }),
    (Misbehaviour::MalformedEnvelope, malformed),
    (Misbehaviour::MalformedEnvelope, malformed_links),
    (Misbehaviour::ForgedSignature, forged),
    (Misbehaviour::ForgedSignature, forged_links),
    (Misbehaviour::LinksAsEnvelope, links_as_envelope),
    (Misbehaviour::NotLinks, not_links),
    (Misbehaviour::UnreadableRecon, |street| {
        sends(street, &recon(b"?"));
    }),
    (Misbehaviour::EndlessRecon, |street| {
        for _ in 0..=limits::RECON_ROUNDS {
            sends(street, &recon(&[0x61]));
        }
    }),
    (Misbehaviour::FalsePurge, false_purge),
];

/// What a stranger sends to ana before she has admitted anyone.
type Greeting = fn(DeviceId) -> Vec<LinkFrame>;

/// The same at the door of a network with the password, or without.
const OF_STRANGERS: &[(Misbehaviour, Option<&str>, Greeting)] = &[
    (Misbehaviour::OthersName, None, |_| {
        vec![hello(DeviceId::new([9; 32]), false)]
    }),
    (Misbehaviour::NoPake, PASSWORD, |me| {
        vec![hello(me, true), LinkFrame::Pake([7; 33])]
    }),
    (Misbehaviour::OutOfTurn, None, |_| vec![LinkFrame::Ping(7)]),
    (Misbehaviour::OutOfTurn, PASSWORD, |me| {
        vec![hello(me, true), LinkFrame::Confirm([7; 32])]
    }),
    (Misbehaviour::OutOfTurn, None, |me| {
        vec![hello(me, false), hello(me, false)]
    }),
    (Misbehaviour::KeysInOpen, None, |me| {
        let keys = vec![NetworkKey::new([7; 32])];
        vec![hello(me, false), LinkFrame::Admit(keys)]
    }),
];

fn hello(device: DeviceId, locked: bool) -> LinkFrame {
    LinkFrame::Hello(Hello::new(HelloFields {
        version: VERSION,
        device,
        network: NetworkId::of("street"),
        locked,
        port: 9999,
        nonce: [7; 16],
    }))
}

fn sends(street: &mut Street, frame: &LinkFrame) {
    street.forges(BEN, ANA, frame);
}

/// Ana's end of her link to ben.
fn anas_end(street: &Street) -> LinkId {
    let mut ends = street.ends.iter();
    let end = ends.find(|(_, (who, other))| *who == ANA && street.ends[other].0 == BEN);
    *end.expect("a link").0
}

fn frame_too_long(street: &mut Street) {
    let link = anas_end(street);
    street.tell(ANA, Input::FrameTooLong { link });
}

fn garbles(street: &mut Street, kind: u8) {
    let link = anas_end(street);
    let body = Bytes::from_static(b"no CBOR");
    street.tell(ANA, Input::Frame { link, kind, body });
}

fn pushes(street: &mut Street, envelope: Envelope) {
    let frame = EnvelopeFrame {
        envelope,
        age: 0,
        ttl: 8,
        hops: 0,
    };
    sends(street, &LinkFrame::Envelope(frame));
}

fn tells_links(street: &mut Street, envelope: Envelope) {
    let state = LinkStateFrame { envelope, age: 0 };
    sends(street, &LinkFrame::LinkStates(vec![state]));
}

/// What ben's device says of its links, which are none.
fn links(street: &mut Street) -> Envelope {
    let links = LinkState {
        edges: Vec::new(),
        leaf: false,
    };
    street.links_of(BEN, &links, 1_000)
}

fn malformed(street: &mut Street) {
    let body = street.body(BEN, b"hello");
    let envelope = Envelope {
        signer: Some(street.id(CLEO)),
        ..street.sign(BEN, &body)
    };
    pushes(street, envelope);
}

fn malformed_links(street: &mut Street) {
    let envelope = Envelope {
        body: Bytes::from_static(b"no CBOR"),
        ..links(street)
    };
    tells_links(street, envelope);
}

fn forged(street: &mut Street) {
    let body = street.body(ANA, b"I never said that");
    let envelope = street.sign(BEN, &body);
    pushes(street, envelope);
}

fn forged_links(street: &mut Street) {
    let honest = links(street);
    let body = Body {
        origin: Some(street.id(CLEO)),
        ..honest.parse().unwrap()
    };
    let envelope = street.sign(BEN, &body);
    tells_links(street, envelope);
}

fn links_as_envelope(street: &mut Street) {
    let envelope = links(street);
    pushes(street, envelope);
}

fn not_links(street: &mut Street) {
    let body = street.body(BEN, b"hello");
    let envelope = street.sign(BEN, &body);
    tells_links(street, envelope);
}

/// A question of a reconciliation: ben asks, for his id is the smaller one.
fn recon(message: &'static [u8]) -> LinkFrame {
    LinkFrame::Recon(Recon {
        session: 7,
        bucket: Bucket::Everyone,
        salt: [7; 16],
        message: Bytes::from_static(message),
    })
}

/// Cleo writes to dora, and ben says of the letter that it has arrived.
fn false_purge(street: &mut Street) {
    let letter = street.writes(CLEO, street::DORA, 1, LIFETIME_DM);
    let body = Body {
        kind: Kind::Purge,
        lifetime: LIFETIME_DM,
        payload: Purge {
            entries: vec![Purged {
                id: letter,
                secret: PurgeSecret::new([66; 32]),
            }],
        }
        .encode()
        .unwrap(),
        ..street.body(BEN, b"")
    };
    let envelope = street.sign(BEN, &body);
    pushes(street, envelope);
}

/// Ana and cleo, with a link to each other.
fn street(password: Option<&str>) -> Street {
    let mut street = Street::with(&[password; 4]);
    street.meet(ANA, CLEO);
    street.wait(3);
    street
}

/// Somebody dials ana, proves to be this device, and sends her frames until she closes the link.
fn knocks(street: &mut Street, device: DeviceId, frames: &[(u8, Bytes)]) {
    let link = street.is_dialled(ANA, device, IpAddr::from([10, 0, 9, 9]));
    for (kind, body) in frames {
        let (kind, body) = (*kind, body.clone());
        street.tell(ANA, Input::Frame { link, kind, body });
    }
    assert!(!street.ends.contains_key(&link), "the link is closed");
}

fn head_and_body(frame: &LinkFrame) -> (u8, Bytes) {
    (frame.kind(), frame.encode().slice(HEAD..))
}

/// What ana has counted.
fn counted(street: &Street) -> Vec<(Misbehaviour, u64)> {
    street.people[ANA].brain.offences().collect()
}

#[test]
fn whatever_ben_does_that_no_honest_neighbour_does_shuts_him_out_for_exactly_that() {
    for (what, deed) in OF_NEIGHBOURS {
        let mut street = street(None);
        street.meet(ANA, BEN);
        street.wait(3);
        assert_eq!(counted(&street), [], "{what:?}");
        deed(&mut street);
        let ben = street.id(BEN);
        assert_eq!(counted(&street), [(*what, 1)]);
        assert_eq!(street.people[ANA].misbehaved, [(ben, *what)]);
        assert_eq!(street.people[ANA].refused, [Reason::Misbehaved], "{what:?}");
        street.connect(BEN, addr(ANA), None);
        street.wait(120);
        let up = &street.people[ANA].up;
        assert!(!up.contains(&ben), "{what:?}: he stays out for a while");
        assert!(up.contains(&street.id(CLEO)), "{what:?}: nobody else does");
    }
}

#[test]
fn whatever_a_stranger_does_that_no_honest_one_does_ends_the_link_for_exactly_that() {
    let stranger = DeviceId::new([200; 32]);
    for (what, password, greeting) in OF_STRANGERS {
        let mut street = street(*password);
        let frames = greeting(stranger);
        let frames: Vec<_> = frames.iter().map(head_and_body).collect();
        knocks(&mut street, stranger, &frames);
        assert_eq!(counted(&street), [(*what, 1)]);
        assert_eq!(street.people[ANA].misbehaved, [(stranger, *what)]);
        assert_eq!(street.people[ANA].refused, [Reason::Misbehaved], "{what:?}");
    }
}

#[test]
fn every_offence_is_tried_here_and_named_in_the_protocol() {
    let protocol = include_str!("../../../docs/protocol-v2.md");
    let of_neighbours = OF_NEIGHBOURS.iter().map(|(what, _)| what);
    let of_strangers = OF_STRANGERS.iter().map(|(what, ..)| what);
    let tried: Vec<_> = of_neighbours.chain(of_strangers).collect();
    for what in Misbehaviour::ALL {
        assert!(tried.contains(&&what), "{what:?} is not tried");
        assert!(protocol.contains(&format!("`{what:?}`")), "{what:?}");
    }
}

#[test]
fn strangers_who_send_garbage_do_not_have_ben_forgotten_who_is_kept_out() {
    let mut street = street(None);
    street.meet(ANA, BEN);
    street.wait(3);
    forged(&mut street);
    let garbage = (HELLO, Bytes::from_static(b"no CBOR"));
    for n in 0..=u16::try_from(limits::BANS).unwrap() {
        let mut stranger = [200; 32];
        stranger[..2].copy_from_slice(&n.to_be_bytes());
        knocks(
            &mut street,
            DeviceId::new(stranger),
            std::slice::from_ref(&garbage),
        );
    }
    street.connect(BEN, addr(ANA), None);
    street.run();
    assert!(!street.people[ANA].up.contains(&street.id(BEN)));
}
