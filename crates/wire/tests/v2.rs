//! Whatever v2 writes, it reads; whatever else arrives, it refuses without a panic.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should end"
)]

mod any;

use bytes::Bytes;
use gossamer_crypto::{CircuitId, DeviceId, EnvelopeId, NetworkId, Signature, UserId};
use gossamer_wire::{
    limits,
    v2::{
        Body, Bucket, BucketDigest, ClassicMessage, DecodeError, DeviceRecord, DialBackToken,
        EncodeError, Envelope, EnvelopeFrame, Frame, Hello, HelloFields, Kind, LinkFrame, Purge,
        Recon, SignedRecord, Splitter, StreamFrame, Text,
    },
};
use proptest::prelude::*;

/// The one frame in these bytes.
fn only_frame(bytes: &[u8]) -> Frame {
    let mut splitter = Splitter::new();
    splitter.buffer().extend_from_slice(bytes);
    let frame = splitter.take().unwrap().unwrap();
    assert!(!splitter.is_mid_frame());
    frame
}

/// What comes out of a link that this frame went into.
fn across(frame: &LinkFrame) -> Result<Option<LinkFrame>, DecodeError> {
    let written = only_frame(&frame.encode());
    LinkFrame::decode(written.kind, &written.body)
}

/// What ana says to everyone.
fn said() -> Body {
    Body {
        kind: Kind::Everyone,
        network: NetworkId::of("mesh"),
        origin: Some(DeviceId::new([1; 32])),
        seq: 1,
        created: 1_699_123_456_789,
        lifetime: limits::LIFETIME_EVERYONE,
        audience: None,
        ack: None,
        payload: Bytes::from_static(b"hello"),
    }
}

/// What ben's bridge heard from a classic node.
fn heard() -> Body {
    Body {
        kind: Kind::Classic,
        origin: None,
        seq: 0,
        ..said()
    }
}

fn sealed(body: &Body, signer: Option<DeviceId>) -> Envelope {
    Envelope {
        body: body.encode().unwrap(),
        signature: Signature::new([7; 64]),
        signer,
    }
}

#[test]
fn a_body_has_what_its_kind_needs_and_nothing_else() {
    let bad = |change: fn(&mut Body), mut body: Body| {
        change(&mut body);
        body.encode().unwrap_err()
    };
    let field = EncodeError::BadField;
    assert_eq!(bad(|body| body.origin = None, said()), field("origin"));
    assert_eq!(bad(|body| body.seq = 1 << 53, said()), field("seq"));
    assert_eq!(bad(|body| body.created = 1 << 53, said()), field("created"));
    assert_eq!(
        bad(|body| body.lifetime = 2_592_001, said()),
        field("lifetime")
    );
    assert_eq!(
        bad(|body| body.audience = Some([0; 32]), said()),
        field("audience")
    );
    assert_eq!(bad(|body| body.ack = Some([0; 32]), said()), field("ack"));
    assert_eq!(
        bad(|body| body.origin = said().origin, heard()),
        field("origin")
    );
    assert_eq!(bad(|body| body.seq = 1, heard()), field("seq"));
    assert_eq!(bad(|body| body.lifetime = 1, heard()), field("lifetime"));
    assert_eq!(
        bad(|body| body.audience = Some([0; 32]), heard()),
        field("audience")
    );
}

#[test]
fn a_reader_refuses_a_body_that_no_writer_makes() {
    let edit = |from: &[u8], to: &[u8]| {
        let body = said().encode().unwrap();
        let at = body.windows(from.len()).position(|part| part == from);
        let (before, after) = body.split_at(at.unwrap());
        let edited = [before, to, &after[from.len()..]].concat();
        Body::decode(&edited.into())
    };
    let field = |name| Err(DecodeError::BadField(name));
    // Version 3; a classic body with an origin; a lifetime of 2 592 001 s; no seq; no created.
    assert_eq!(edit(&[0, 2, 1, 4], &[0, 3, 1, 4]), field("version"));
    assert_eq!(edit(&[0, 2, 1, 4], &[0, 2, 1, 5]), field("origin"));
    assert_eq!(
        edit(&[6, 0x1a, 0, 9, 0x3a, 0x80], &[6, 0x1a, 0, 0x27, 0x8d, 1]),
        field("lifetime")
    );
    assert_eq!(
        edit(
            &[4, 1, 5, 0x1b],
            &[4, 0x1b, 0, 0x20, 0, 0, 0, 0, 0, 0, 5, 0x1b]
        ),
        field("seq")
    );
    assert_eq!(edit(&[0xa8], &[0xa7]), Err(DecodeError::Missing(9)));
    assert_eq!(edit(&[4, 1, 5, 0x1b], &[5, 1, 5, 0x1b]), field("seq"));
}

#[test]
fn a_body_over_the_limit_is_neither_written_nor_read() {
    let mut body = said();
    let beside = body.encode().unwrap().len() - body.payload.len() + 2;
    body.payload = vec![0; limits::ENVELOPE - beside].into();
    let longest = body.encode().unwrap();
    assert_eq!(longest.len(), limits::ENVELOPE);
    assert_eq!(Body::decode(&longest).unwrap(), body);

    let frame = LinkFrame::Envelope(EnvelopeFrame {
        envelope: sealed(&body, Some(DeviceId::new([9; 32]))),
        age: u32::MAX,
        ttl: limits::TTL,
        hops: u8::MAX,
    });
    assert!(frame.encode().len() < limits::FRAME);
    assert_eq!(across(&frame).unwrap().unwrap(), frame);

    let limit = limits::ENVELOPE;
    body.payload = vec![0; limits::ENVELOPE - beside + 1].into();
    let size = limit + 1;
    assert_eq!(body.encode(), Err(EncodeError::TooLong { size, limit }));
    let long = Bytes::from(vec![0; size]);
    assert_eq!(Body::decode(&long), Err(DecodeError::TooLong { limit }));
}

#[test]
fn only_what_a_bridge_heard_has_a_signer() {
    let ben = Some(DeviceId::new([2; 32]));
    let refused = Err(DecodeError::BadField("signer"));
    assert_eq!(sealed(&said(), ben).parse(), refused);
    assert_eq!(sealed(&heard(), None).parse(), refused);

    let (from_ana, from_bridge) = (sealed(&said(), None), sealed(&heard(), ben));
    assert_eq!(from_ana.author(&from_ana.parse().unwrap()), said().origin);
    assert_eq!(from_bridge.author(&from_bridge.parse().unwrap()), ben);
}

#[test]
fn every_bridge_makes_the_same_id() {
    let by = |bridge| sealed(&heard(), Some(DeviceId::new([bridge; 32])));
    assert_eq!(by(1).id(), by(2).id());
}

#[test]
fn a_kind_of_a_newer_version_is_read_and_named() {
    let mut body = said();
    body.kind = Kind::from(77);
    body.audience = Some([3; 32]);
    let read = Body::decode(&body.encode().unwrap()).unwrap();
    assert_eq!(read.kind, Kind::Unknown(77));
    assert_eq!(read.bucket(), Bucket::Everyone);
}

#[test]
fn kinds_have_their_buckets() {
    let of = |bucket| {
        let kinds = Kind::KNOWN.iter().copied();
        let numbers = kinds.filter(|kind| Bucket::of(*kind) == bucket);
        numbers.map(Kind::number).collect::<Vec<_>>()
    };
    assert_eq!(of(Bucket::Directory), [1, 2, 10]);
    assert_eq!(of(Bucket::Topology), [3]);
    assert_eq!(of(Bucket::Everyone), [4, 5]);
    assert_eq!(of(Bucket::Mail), [6, 9]);
    assert_eq!(of(Bucket::Rooms), [7, 8]);
}

#[test]
fn a_frame_of_an_unknown_type_is_skipped() {
    assert_eq!(LinkFrame::decode(0x7f, b"whatever"), Ok(None));
    assert_eq!(StreamFrame::decode(0x7f, b"whatever"), Ok(None));
}

#[test]
fn a_circuit_passes_no_more_relays_than_allowed() {
    let circuit = |ttl| StreamFrame::Circuit {
        id: CircuitId::new([1; 16]),
        target: DeviceId::new([2; 32]),
        ttl,
    };
    let across = |frame: &StreamFrame| {
        let written = frame.encode();
        StreamFrame::decode(frame.kind(), &written[4..])
    };
    let most = circuit(limits::RELAYS);
    assert_eq!(across(&most), Ok(Some(most)));
    let refused = across(&circuit(limits::RELAYS + 1));
    assert_eq!(refused, Err(DecodeError::BadField("ttl")));
}

#[test]
fn what_a_dial_back_is_told_by_is_not_printed() {
    let token = DialBackToken::new([0xd1; 16]);
    let shown = format!(
        "{:?} {:?}",
        LinkFrame::DialBack(token),
        StreamFrame::Back(token)
    );
    assert_eq!(shown, "DialBack(DialBackToken(..)) Back(DialBackToken(..))");
}

#[test]
fn lists_and_messages_have_limits() {
    let ids = |n| LinkFrame::Inv(vec![EnvelopeId::new([1; 32]); n]);
    let limit = limits::IDS;
    assert!(across(&ids(limit)).unwrap().is_some());
    assert_eq!(across(&ids(limit + 1)), Err(DecodeError::TooLong { limit }));

    let keys = |n| LinkFrame::Keyring(vec![[1; 32].into(); n]);
    let limit = limits::KEYS;
    assert!(across(&keys(limit)).unwrap().is_some());
    assert_eq!(
        across(&keys(limit + 1)),
        Err(DecodeError::TooLong { limit })
    );

    let digest = BucketDigest {
        bucket: Bucket::Rooms,
        count: u64::MAX,
        sum: u128::MAX,
    };
    let digests = |n| LinkFrame::Digest(vec![digest; n]);
    let limit = limits::BUCKETS;
    assert!(across(&digests(limit)).unwrap().is_some());
    assert_eq!(
        across(&digests(limit + 1)),
        Err(DecodeError::TooLong { limit })
    );

    let recon = |n| {
        LinkFrame::Recon(Recon {
            session: 1,
            bucket: Bucket::Everyone,
            salt: [1; 16],
            message: vec![0; n].into(),
        })
    };
    let limit = limits::RECON;
    assert!(across(&recon(limit)).unwrap().is_some());
    assert_eq!(
        across(&recon(limit + 1)),
        Err(DecodeError::TooLong { limit })
    );
}

#[test]
fn an_age_or_hop_count_past_all_bounds_is_the_highest() {
    let frame = |age: &[u8], ttl: u8| {
        let body = said().encode().unwrap();
        let length = u8::try_from(body.len()).unwrap();
        let fields = [
            &[0xa5, 0, 0x58, length][..],
            &body,
            &[1, 0x58, 64],
            &[7; 64],
            &[2],
            age,
            &[3, ttl, 4],
            age,
        ];
        LinkFrame::decode(0x10, &fields.concat())
    };
    let past = [&[0x1b][..], &[0xff; 8]].concat();
    let Ok(Some(LinkFrame::Envelope(read))) = frame(&past, 8) else {
        panic!("an envelope");
    };
    assert_eq!((read.age, read.hops), (u32::MAX, u8::MAX));
    assert_eq!(frame(&[0], 9), Err(DecodeError::BadField("ttl")));
}

#[test]
fn a_hello_keeps_the_bytes_it_came_in() {
    // A field of a newer version after ours.
    let ana = Hello::new(HelloFields {
        version: 2,
        device: DeviceId::new([1; 32]),
        network: NetworkId::of("mesh"),
        locked: false,
        port: 9999,
        nonce: [5; 16],
    });
    let newer = [&[0xa7], &ana.body()[1..], &[6, 0xf5]].concat();
    let read = Hello::decode(&newer).unwrap();
    assert_eq!(*read, *ana);
    assert_eq!(read.body(), &newer);
    let passed_on = only_frame(&LinkFrame::Hello(read).encode());
    assert_eq!(passed_on.body, newer);
}

#[test]
fn nothing_secret_or_personal_shows_in_a_log() {
    let text = Text {
        name: "Ana".into(),
        text: "a secret".into(),
        after: vec![],
    };
    let keys = LinkFrame::Admit(vec![[0xab; 32].into()]);
    let shown = format!("{text:?} {keys:?}");
    for hidden in ["Ana", "secret", "171", "ab"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[test]
fn fields_of_content_and_records_have_limits() {
    let text = |name: usize, text: usize, after: usize| {
        Text {
            name: "n".repeat(name),
            text: "t".repeat(text),
            after: vec![EnvelopeId::new([1; 32]); after],
        }
        .encode()
    };
    assert!(text(limits::NAME, limits::TEXT, limits::AFTER).is_ok());
    assert!(text(limits::NAME + 1, 0, 0).is_err());
    assert!(text(0, limits::TEXT + 1, 0).is_err());
    assert!(text(0, 0, limits::AFTER + 1).is_err());

    let record = |name: usize, words: usize, word: usize| {
        DeviceRecord {
            user: UserId::new([1; 32]),
            device: DeviceId::new([1; 32]),
            name: "n".repeat(name),
            created: 1,
            seq: 1,
            capabilities: vec!["w".repeat(word); words],
        }
        .encode()
    };
    assert!(record(limits::NAME, limits::CAPABILITIES, limits::WORD).is_ok());
    assert!(record(0, 0, 0).is_err());
    assert!(record(limits::NAME + 1, 0, 0).is_err());
    assert!(record(1, limits::CAPABILITIES + 1, 1).is_err());
    assert!(record(1, 1, limits::WORD + 1).is_err());

    let classic = |message: usize, sender: usize, name: usize| {
        ClassicMessage {
            message_id: "m".repeat(message),
            sender_id: "s".repeat(sender),
            sender_name: "n".repeat(name),
            text: Bytes::new(),
        }
        .encode()
    };
    assert!(classic(limits::ID, limits::ID, limits::NAME).is_ok());
    assert!(classic(0, 1, 0).is_err());
    assert!(classic(1, limits::ID + 1, 0).is_err());
    assert!(classic(1, 1, limits::NAME + 1).is_err());
}

#[test]
fn a_classic_id_without_a_place_to_end_is_refused() {
    let message = |id: &str| ClassicMessage {
        message_id: id.to_owned(),
        sender_id: "s".to_owned(),
        sender_name: String::new(),
        text: Bytes::new(),
    };
    let refused = DecodeError::BadField("message_id");
    let unwritten = EncodeError::BadField("message_id");
    assert_eq!(message("a\0b").encode(), Err(unwritten));
    let mut written = message("a-b").encode().unwrap().to_vec();
    assert!(ClassicMessage::decode(&written.clone().into()).is_ok());
    let at = written.iter().position(|&byte| byte == b'-').unwrap();
    written[at] = 0;
    assert_eq!(ClassicMessage::decode(&written.into()), Err(refused));
}

#[test]
fn content_of_a_newer_type_is_not_shown_and_no_fault() {
    assert_eq!(Text::decode(&[0xa2, 0, 2, 1, 0xf6]), Ok(None));
    assert_eq!(Text::decode(&[0xa1, 0, 1]), Err(DecodeError::Missing(1)));
}

#[test]
fn a_classic_time_that_makes_no_sense_is_bounded() {
    let created = ClassicMessage::created;
    assert_eq!(created(1_699_123_456.789), 1_699_123_456_789);
    assert_eq!([created(-1.0), created(f64::NAN)], [0, 0]);
    assert_eq!(created(f64::INFINITY), limits::INTEGER);
}

proptest! {
    #[test]
    fn every_link_frame_survives_the_wire(any in any::link_frame()) {
        prop_assert_eq!(across(&any), Ok(Some(any)));
    }

    #[test]
    fn every_stream_frame_survives_the_wire(any in any::stream_frame()) {
        let written = only_frame(&any.encode());
        prop_assert_eq!(StreamFrame::decode(written.kind, &written.body), Ok(Some(any)));
    }

    #[test]
    fn every_envelope_survives_the_wire((envelope, body) in any::envelope()) {
        let read = envelope.parse().unwrap();
        prop_assert_eq!(read.encode().unwrap(), &envelope.body);
        prop_assert!(envelope.author(&read).is_some());
        prop_assert_eq!(read, body);
    }

    #[test]
    fn every_bucket_survives_its_parts(bucket in any::bucket()) {
        prop_assert_eq!(Bucket::from_number(bucket.number()), Some(bucket));
    }

    #[test]
    fn every_payload_survives_the_wire(
        text in any::text(), classic in any::classic(), record in any::record(), signed in any::signed_record(),
        purge in any::purge()
    ) {
        prop_assert_eq!(Purge::decode(&purge.encode().unwrap()), Ok(purge));
        prop_assert_eq!(Text::decode(&text.encode().unwrap()), Ok(Some(text)));
        prop_assert_eq!(ClassicMessage::decode(&classic.encode().unwrap()), Ok(classic));
        prop_assert_eq!(DeviceRecord::decode(&record.encode().unwrap()), Ok(record));
        prop_assert_eq!(SignedRecord::decode(&signed.encode()), Ok(signed));
    }

    #[test]
    fn a_time_that_a_bridge_wrote_is_read_as_it_was(created in 0..1_u64 << 42) {
        prop_assert_eq!(ClassicMessage::created(created as f64 / 1000.0), created);
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(kind: u8, bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let bytes = Bytes::from(bytes);
        let _ = LinkFrame::decode(kind, &bytes);
        let _ = StreamFrame::decode(kind, &bytes);
        let _ = Hello::decode(&bytes);
        let _ = Body::decode(&bytes);
        let _ = Text::decode(&bytes);
        let _ = ClassicMessage::decode(&bytes);
        let _ = SignedRecord::decode(&bytes);
        let _ = DeviceRecord::decode(&bytes);
        let _ = Purge::decode(&bytes);
    }

    #[test]
    fn no_edit_of_a_frame_makes_a_decoder_panic(
        any in any::link_frame(), at in any::<prop::sample::Index>(), byte: u8
    ) {
        let written = only_frame(&any.encode());
        let mut body = written.body.to_vec();
        let at = at.index(body.len());
        body[at] = byte;
        if let Ok(Some(LinkFrame::Envelope(read))) = LinkFrame::decode(written.kind, &body) {
            let _ = read.envelope.parse();
        }
    }
}
