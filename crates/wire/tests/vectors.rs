//! Golden bytes of everything v2 writes, in tests/vectors/v2: the wire never drifts by accident,
//! and another implementation can check itself.
//!
//! After a change that is meant: `GOSSAMER_VECTORS=write cargo nextest run -p gossamer-wire`, and
//! look at the difference.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should end"
)]

use std::{collections::BTreeSet, fmt::Write, fs, path::PathBuf};

use bytes::Bytes;
use gossamer_crypto::{
    CircuitId, DeviceId, EnvelopeId, NetworkId, NetworkKey, PurgeSecret, Signature, UserId,
};
use gossamer_wire::{
    limits,
    v1::{Beacon, NetworkHash},
    v2::{
        Body, Bucket, BucketDigest, ClassicMessage, DeviceRecord, DialBackToken, Edge, Envelope,
        EnvelopeFrame, Hello, HelloFields, Kind, LinkFrame, LinkState, LinkStateFrame, Purge,
        Purged, Reason, Recon, SignedRecord, Splitter, StreamFrame, Text,
    },
};

/// Bytes, what they are, and the readable form of them.
struct Vector {
    name: String,
    about: &'static str,
    shown: String,
    bytes: Bytes,
}

#[test]
fn the_bytes_on_the_wire_do_not_drift() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/v2");
    let write = std::env::var("GOSSAMER_VECTORS").is_ok_and(|value| value == "write");
    let mut names = BTreeSet::new();
    for vector in vectors() {
        let name = format!("{}.hex", vector.name);
        let path = folder.join(&name);
        if write {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, vector.file()).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(golden.replace('\r', ""), vector.file(), "{name} drifted");
        assert!(names.insert(name), "two vectors of one name");
    }
    let files: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, names, "a file without a vector");
}

impl Vector {
    fn cbor(name: &str, about: &'static str, bytes: Bytes) -> Self {
        let shown = minicbor::display(&bytes).to_string();
        Self {
            name: name.to_owned(),
            about,
            shown,
            bytes,
        }
    }

    /// A frame of a link, that reads as it was written.
    fn link(name: &str, about: &'static str, frame: &LinkFrame) -> Self {
        let bytes = frame.encode();
        let (kind, body) = head_and_body(&bytes);
        assert_eq!(
            LinkFrame::decode(kind, &body).unwrap().as_ref(),
            Some(frame)
        );
        Self::framed(format!("link_{name}"), about, bytes)
    }

    /// A frame of a stream, that reads as it was written.
    fn stream(name: &str, about: &'static str, frame: &StreamFrame) -> Self {
        let bytes = frame.encode();
        let (kind, body) = head_and_body(&bytes);
        assert_eq!(
            StreamFrame::decode(kind, &body).unwrap().as_ref(),
            Some(frame)
        );
        Self::framed(format!("stream_{name}"), about, bytes)
    }

    fn framed(name: String, about: &'static str, bytes: Bytes) -> Self {
        let (kind, body) = head_and_body(&bytes);
        let shown = format!("type 0x{kind:02x}, {}", minicbor::display(&body));
        Self {
            name,
            about,
            shown,
            bytes,
        }
    }

    /// The signed body of an envelope, that reads as it was written, with its id.
    fn body(name: &str, about: &'static str, body: &Body) -> Self {
        let bytes = body.encode().unwrap();
        assert_eq!(Body::decode(&bytes).as_ref(), Ok(body));
        let mut vector = Self::cbor(&format!("body_{name}"), about, bytes);
        write!(vector.shown, "\n# id {}", EnvelopeId::of(&vector.bytes)).unwrap();
        vector
    }

    fn file(&self) -> String {
        let mut file = format!("# {}\n# {}\n", self.about, self.shown);
        for line in self.bytes.chunks(32) {
            writeln!(file, "{}", hex::encode(line)).unwrap();
        }
        file
    }
}

fn head_and_body(frame: &[u8]) -> (u8, Bytes) {
    let mut splitter = Splitter::new();
    splitter.buffer().extend_from_slice(frame);
    let frame = splitter.take().unwrap().unwrap();
    (frame.kind, frame.body)
}

fn ana() -> DeviceId {
    DeviceId::new([0xa1; 32])
}

fn ben() -> DeviceId {
    DeviceId::new([0xb2; 32])
}

fn mesh() -> NetworkId {
    NetworkId::of("mesh")
}

fn id(byte: u8) -> EnvelopeId {
    EnvelopeId::new([byte; 32])
}

/// What ana wrote, of this kind.
fn of(kind: Kind, payload: &Bytes) -> Body {
    Body {
        kind,
        network: mesh(),
        origin: Some(ana()),
        seq: 1_699_123_456_790,
        created: 1_699_123_456_789,
        lifetime: limits::LIFETIME_EVERYONE,
        audience: None,
        ack: None,
        payload: payload.clone(),
    }
}

fn record() -> DeviceRecord {
    DeviceRecord {
        user: UserId::new([0xaa; 32]),
        device: ana(),
        name: "Ana".into(),
        created: 1_699_123_456_789,
        seq: 1_699_123_456_790,
        capabilities: vec!["file".into()],
    }
}

fn signed_record() -> Bytes {
    let record = record().encode().unwrap();
    let signature = Signature::new([0x51; 64]);
    SignedRecord { record, signature }.encode()
}

fn text() -> Bytes {
    let content = Text {
        name: "Ana".into(),
        text: "Is anybody there?".into(),
        after: vec![id(1), id(2)],
    };
    content.encode().unwrap()
}

fn classic() -> Bytes {
    let message = ClassicMessage {
        message_id: "8f14e45f-ceea-4e7a-9c36-0f0d3b1f2a77".into(),
        sender_id: "abcd1234".into(),
        sender_name: "Cleo".into(),
        text: Bytes::from_static(b"Hello from the old program"),
    };
    message.encode().unwrap()
}

fn heard() -> Body {
    Body {
        origin: None,
        seq: 0,
        ..of(Kind::Classic, &classic())
    }
}

fn envelope(body: &Body, signer: Option<DeviceId>) -> LinkFrame {
    LinkFrame::Envelope(EnvelopeFrame {
        envelope: Envelope {
            body: body.encode().unwrap(),
            signature: Signature::new([0x51; 64]),
            signer,
        },
        age: 3,
        ttl: 7,
        hops: 1,
    })
}

fn vectors() -> Vec<Vector> {
    let mut all = admission();
    all.extend(gossip());
    all.extend(bodies());
    all.extend(payloads());
    all.extend(streams());
    all.push(beacon());
    all
}

fn admission() -> Vec<Vector> {
    let hello = Hello::new(HelloFields {
        version: 2,
        device: ana(),
        network: mesh(),
        locked: true,
        port: 9999,
        nonce: [0x0c; 16],
    });
    let keys = vec![NetworkKey::new([0x01; 32]), NetworkKey::new([0x02; 32])];
    let link = Vector::link;
    vec![
        link(
            "hello",
            "HELLO of ana, who comes for the locked network \"mesh\" and listens on port 9999",
            &LinkFrame::Hello(hello),
        ),
        link("pake", "PAKE", &LinkFrame::Pake([0x33; 33])),
        link("confirm", "CONFIRM", &LinkFrame::Confirm([0x32; 32])),
        link(
            "admit_open",
            "ADMIT in an open network",
            &LinkFrame::Admit(vec![]),
        ),
        link(
            "admit_locked",
            "ADMIT with two network keys",
            &LinkFrame::Admit(keys.clone()),
        ),
        link(
            "refuse",
            "REFUSE: another password",
            &LinkFrame::Refuse(Reason::Password),
        ),
        link(
            "dialback",
            "DIALBACK: dial me",
            &LinkFrame::DialBack(DialBackToken::new([0xd1; 16])),
        ),
        link(
            "neighbours",
            "NEIGHBOURS: links to two devices",
            &LinkFrame::Neighbours([0x21, 0x22].map(|n| DeviceId::new([n; 32])).into()),
        ),
        link(
            "keyring",
            "KEYRING with two network keys",
            &LinkFrame::Keyring(keys),
        ),
        link("ping", "PING", &LinkFrame::Ping(1_000_000)),
        link("pong", "PONG", &LinkFrame::Pong(u64::MAX)),
    ]
}

fn gossip() -> Vec<Vector> {
    let digests = vec![
        BucketDigest {
            bucket: Bucket::Everyone,
            count: 2,
            sum: u128::from_le_bytes(std::array::from_fn(|i| i as u8)),
        },
        BucketDigest {
            bucket: Bucket::Rooms,
            count: 1,
            sum: u128::from_le_bytes([1; 16]),
        },
    ];
    let recon = Recon {
        session: 5,
        bucket: Bucket::Everyone,
        salt: [0x5a; 16],
        message: Bytes::from_static(&[0x61, 0, 0, 2, 0]),
    };
    let ids = vec![id(1), id(2)];
    let link = Vector::link;
    vec![
        link(
            "envelope",
            "ENVELOPE by ana, 3 s old, one link from her",
            &envelope(&of(Kind::Everyone, &text()), None),
        ),
        link(
            "envelope_classic",
            "ENVELOPE that ben's bridge made of a classic message",
            &envelope(&heard(), Some(ben())),
        ),
        link("inv", "INV of two envelopes", &LinkFrame::Inv(ids.clone())),
        link(
            "want",
            "WANT of two envelopes",
            &LinkFrame::Want(ids.clone()),
        ),
        link(
            "stored",
            "STORED for two envelopes",
            &LinkFrame::Stored(ids.clone()),
        ),
        link("lack", "LACK of two envelopes", &LinkFrame::Lack(ids)),
        link(
            "link_states",
            "LINK_STATES with what ana says of her links, a minute old",
            &LinkFrame::LinkStates(vec![LinkStateFrame {
                envelope: Envelope {
                    body: told_links().encode().unwrap(),
                    signature: Signature::new([0x51; 64]),
                    signer: None,
                },
                age: 60,
            }]),
        ),
        link(
            "digest",
            "DIGEST of everyone's bucket with two ids and the rooms' with one",
            &LinkFrame::Digest(digests),
        ),
        link(
            "recon",
            "RECON about everyone's bucket",
            &LinkFrame::Recon(recon),
        ),
        link(
            "recon_want",
            "RECON_WANT of two salted ids",
            &LinkFrame::ReconWant {
                session: 5,
                ids: vec![[7; 32], [8; 32]],
            },
        ),
        link(
            "recon_want_end",
            "RECON_WANT that ends the session",
            &LinkFrame::ReconWant {
                session: 5,
                ids: vec![],
            },
        ),
    ]
}

fn bodies() -> Vec<Vector> {
    let opaque = Bytes::from_static(b"payload");
    let reserved = |kind| of(kind, &opaque);
    let to = |kind| Body {
        audience: Some([0x44; 32]),
        ..of(kind, &opaque)
    };
    let dm = Body {
        lifetime: limits::LIFETIME_DM,
        audience: Some(*ben().as_bytes()),
        ack: Some(secret(0x99).ack()),
        ..of(Kind::Dm, &opaque)
    };
    let body = Vector::body;
    vec![
        body(
            "device_record",
            "kind 1: the record of ana's device",
            &of(Kind::DeviceRecord, &signed_record()),
        ),
        body("prekey", "kind 2, reserved", &reserved(Kind::Prekey)),
        body(
            "link_state",
            "kind 3: the links of ana's device",
            &told_links(),
        ),
        body(
            "everyone",
            "kind 4: what ana says to everyone in an open network",
            &of(Kind::Everyone, &text()),
        ),
        body(
            "classic",
            "kind 5: a classic message; no origin, no seq",
            &heard(),
        ),
        body(
            "dm",
            "kind 6 for ben's device, whose ack is of the secret 99 99 …; the payload is opaque",
            &dm,
        ),
        body(
            "room_event",
            "kind 7, reserved: has the room as audience",
            &to(Kind::RoomEvent),
        ),
        body(
            "room_config",
            "kind 8, reserved: has the room as audience",
            &to(Kind::RoomConfig),
        ),
        body(
            "purge",
            "kind 9: two messages have arrived",
            &of(Kind::Purge, &purge()),
        ),
        body(
            "revocation",
            "kind 10, reserved",
            &reserved(Kind::Revocation),
        ),
        body(
            "unknown",
            "kind 77 of a newer version: its id is known, its body not kept",
            &reserved(Kind::Unknown(77)),
        ),
    ]
}

/// Ana has a link to ben, 12 ms away, and one to cleo, and passes nothing on.
fn link_state() -> Bytes {
    let edge = |device: u8, cost| Edge {
        device: DeviceId::new([device; 32]),
        cost,
    };
    let state = LinkState {
        edges: vec![edge(0xb2, 12), edge(0xc3, 1)],
        leaf: true,
    };
    state.encode().unwrap()
}

fn told_links() -> Body {
    Body {
        lifetime: limits::LIFETIME_LINK_STATE,
        ..of(Kind::LinkState, &link_state())
    }
}

fn secret(byte: u8) -> PurgeSecret {
    PurgeSecret::new([byte; 32])
}

fn purge() -> Bytes {
    let entry = |n, byte| Purged {
        id: id(n),
        secret: secret(byte),
    };
    let purge = Purge {
        entries: vec![entry(1, 0x99), entry(2, 0x9a)],
    };
    purge.encode().unwrap()
}

fn payloads() -> Vec<Vector> {
    let cbor = Vector::cbor;
    vec![
        cbor(
            "record",
            "what ana's UserKey signs",
            record().encode().unwrap(),
        ),
        cbor(
            "record_signed",
            "payload of kind 1: the record with its signature",
            signed_record(),
        ),
        cbor("content_text", "content of kind 4: a text", text()),
        cbor("content_classic", "payload of kind 5", classic()),
        cbor(
            "purge",
            "payload of kind 9: two messages with their secrets",
            purge(),
        ),
    ]
}

fn streams() -> Vec<Vector> {
    let stream = Vector::stream;
    let open = StreamFrame::Open {
        service: "file".into(),
        network: mesh(),
    };
    vec![
        stream("open", "OPEN of the service \"file\"", &open),
        stream("opened", "OPENED", &StreamFrame::Opened),
        stream(
            "back",
            "BACK: dialled because it was asked to",
            &StreamFrame::Back(DialBackToken::new([0xd1; 16])),
        ),
        stream(
            "circuit",
            "CIRCUIT to ben through at most six more relays",
            &StreamFrame::Circuit {
                id: CircuitId::new([0xc1; 16]),
                target: DeviceId::new([0xb2; 32]),
                ttl: 6,
            },
        ),
        stream(
            "refuse",
            "REFUSE: not admitted",
            &StreamFrame::Refuse(Reason::NotAdmitted),
        ),
    ]
}

fn beacon() -> Vector {
    let beacon = Beacon {
        node_id: ana().classic(),
        node_name: "Ana".into(),
        ip: "192.168.1.100".into(),
        port: 9999,
        timestamp: 1_699_123_456.789,
        network: Some(NetworkHash::of("mesh")),
        multi: true,
        bye: false,
        v2: true,
        device: Some(ana()),
    };
    let bytes = beacon.encode().unwrap();
    assert_eq!(Beacon::decode(&bytes), Ok(beacon));
    Vector {
        name: "beacon".into(),
        about: "the discovery datagram of a node that speaks both protocols",
        shown: String::from_utf8(bytes.to_vec()).unwrap(),
        bytes,
    }
}
