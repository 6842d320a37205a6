//! Any value of each type that travels.

use bytes::Bytes;
use gossamer_crypto::{DeviceId, EnvelopeId, NetworkId, NetworkKey, Signature, UserId};
use gossamer_wire::{
    limits,
    v2::{
        Body, Bucket, BucketDigest, ClassicMessage, DeviceRecord, DialBackToken, Envelope,
        EnvelopeFrame, Hello, HelloFields, Kind, LinkFrame, LinkStateFrame, Purge, Purged, Reason,
        Recon, SignedRecord, StreamFrame, Text,
    },
};
use proptest::{collection::vec, prelude::*};

pub(crate) fn device() -> impl Strategy<Value = DeviceId> {
    any::<[u8; 32]>().prop_map(DeviceId::new)
}

pub(crate) fn network() -> impl Strategy<Value = NetworkId> {
    any::<[u8; 16]>().prop_map(NetworkId::new)
}

fn bytes(most: usize) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..most).prop_map(Bytes::from)
}

fn signature() -> impl Strategy<Value = Signature> {
    vec(any::<u8>(), 64).prop_map(|bytes| bytes[..].try_into().unwrap())
}

fn ids() -> impl Strategy<Value = Vec<EnvelopeId>> {
    vec(any::<[u8; 32]>().prop_map(EnvelopeId::new), 0..20)
}

fn integer() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(limits::INTEGER), 0..=limits::INTEGER]
}

/// A number that is often one with a meaning.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..16_u64, any::<u64>()]
}

pub(crate) fn bucket() -> impl Strategy<Value = Bucket> {
    prop_oneof![
        Just(Bucket::Directory),
        Just(Bucket::Mail),
        Just(Bucket::Everyone),
        Just(Bucket::Rooms),
        Just(Bucket::Topology),
    ]
}

pub(crate) fn hello() -> impl Strategy<Value = Hello> {
    let fields = (
        number(),
        device(),
        network(),
        any::<bool>(),
        any::<u16>(),
        any::<[u8; 16]>(),
    );
    fields.prop_map(|(version, device, network, locked, port, nonce)| {
        Hello::new(HelloFields {
            version,
            device,
            network,
            locked,
            port,
            nonce,
        })
    })
}

/// A body with the form of its kind.
pub(crate) fn body() -> impl Strategy<Value = Body> {
    let own = any::<Option<[u8; 32]>>;
    let fields = (
        (number(), network(), device(), integer(), integer()),
        (0..=limits::LIFETIME_MAX, own(), own(), bytes(3000)),
    );
    fields.prop_map(|(signed, rest)| {
        let (kind, network, origin, seq, created) = signed;
        let (lifetime, audience, ack, payload) = rest;
        let kind = Kind::from(kind);
        let classic = kind == Kind::Classic;
        let public = classic
            || matches!(
                kind,
                Kind::Everyone | Kind::DeviceRecord | Kind::LinkState | Kind::Purge
            );
        let dm = kind == Kind::Dm;
        let field = |bytes: Option<[u8; 32]>| match bytes {
            None if dm => Some([0xdd; 32]),
            bytes => bytes.filter(|_| !public),
        };
        Body {
            kind,
            network,
            origin: (!classic).then_some(origin),
            seq: if classic { 0 } else { seq },
            created,
            lifetime: if classic {
                limits::LIFETIME_EVERYONE
            } else {
                lifetime
            },
            audience: field(audience),
            ack: field(ack),
            payload,
        }
    })
}

/// An envelope that a reader takes, with its body.
pub(crate) fn envelope() -> impl Strategy<Value = (Envelope, Body)> {
    (body(), signature(), device()).prop_map(|(body, signature, bridge)| {
        let signer = body.origin.is_none().then_some(bridge);
        let envelope = Envelope {
            body: body.encode().unwrap(),
            signature,
            signer,
        };
        (envelope, body)
    })
}

fn envelope_frame() -> impl Strategy<Value = EnvelopeFrame> {
    (envelope(), any::<u32>(), 0..=limits::TTL, any::<u8>()).prop_map(
        |((envelope, _), age, ttl, hops)| EnvelopeFrame {
            envelope,
            age,
            ttl,
            hops,
        },
    )
}

fn link_state_frame() -> impl Strategy<Value = LinkStateFrame> {
    (bytes(limits::LINK_STATE), signature(), any::<u32>()).prop_map(|(body, signature, age)| {
        LinkStateFrame {
            envelope: Envelope {
                body,
                signature,
                signer: None,
            },
            age,
        }
    })
}

fn digest() -> impl Strategy<Value = BucketDigest> {
    (bucket(), any::<u64>(), any::<u128>()).prop_map(|(bucket, count, sum)| BucketDigest {
        bucket,
        count,
        sum,
    })
}

fn recon() -> impl Strategy<Value = Recon> {
    let fields = (any::<u64>(), bucket(), any::<[u8; 16]>(), bytes(3000));
    fields.prop_map(|(session, bucket, salt, message)| Recon {
        session,
        bucket,
        salt,
        message,
    })
}

pub(crate) fn link_frame() -> impl Strategy<Value = LinkFrame> {
    let keys = || {
        vec(
            any::<[u8; 32]>().prop_map(NetworkKey::new),
            0..=limits::KEYS,
        )
    };
    let pake = vec(any::<u8>(), 33).prop_map(|bytes| LinkFrame::Pake(bytes.try_into().unwrap()));
    let want = (any::<u64>(), vec(any::<[u8; 32]>(), 0..20));
    let admission = prop_oneof![
        hello().prop_map(LinkFrame::Hello),
        pake,
        any::<[u8; 32]>().prop_map(LinkFrame::Confirm),
        keys().prop_map(LinkFrame::Admit),
        number().prop_map(|reason| LinkFrame::Refuse(Reason::from(reason))),
        keys().prop_map(LinkFrame::Keyring),
        any::<u64>().prop_map(LinkFrame::Ping),
        any::<u64>().prop_map(LinkFrame::Pong),
        token().prop_map(LinkFrame::DialBack),
        vec(any::<[u8; 32]>().prop_map(DeviceId::new), 0..=limits::EDGES)
            .prop_map(LinkFrame::Neighbours),
    ];
    let gossip = prop_oneof![
        envelope_frame().prop_map(LinkFrame::Envelope),
        ids().prop_map(LinkFrame::Inv),
        ids().prop_map(LinkFrame::Want),
        ids().prop_map(LinkFrame::Stored),
        ids().prop_map(LinkFrame::Lack),
        vec(link_state_frame(), 0..4).prop_map(LinkFrame::LinkStates),
        vec(digest(), 0..=limits::BUCKETS).prop_map(LinkFrame::Digest),
        recon().prop_map(LinkFrame::Recon),
        want.prop_map(|(session, ids)| LinkFrame::ReconWant { session, ids }),
    ];
    prop_oneof![admission, gossip]
}

fn token() -> impl Strategy<Value = DialBackToken> {
    any::<[u8; 16]>().prop_map(DialBackToken::new)
}

pub(crate) fn stream_frame() -> impl Strategy<Value = StreamFrame> {
    let circuit =
        (any::<[u8; 16]>(), any::<[u8; 32]>(), 0..=limits::RELAYS).prop_map(|(id, target, ttl)| {
            StreamFrame::Circuit {
                id: id.into(),
                target: target.into(),
                ttl,
            }
        });
    prop_oneof![
        ("[a-z]{0,32}", network())
            .prop_map(|(service, network)| StreamFrame::Open { service, network }),
        Just(StreamFrame::Opened),
        token().prop_map(StreamFrame::Back),
        circuit,
        number().prop_map(|reason| StreamFrame::Refuse(Reason::from(reason))),
    ]
}

pub(crate) fn text() -> impl Strategy<Value = Text> {
    let after = vec(
        any::<[u8; 32]>().prop_map(EnvelopeId::new),
        0..=limits::AFTER,
    );
    ("\\PC{0,60}", "\\PC{0,400}", after).prop_map(|(name, text, after)| Text { name, text, after })
}

pub(crate) fn classic() -> impl Strategy<Value = ClassicMessage> {
    (
        "[0-9a-f-]{1,64}",
        "[0-9a-f]{1,64}",
        "\\PC{0,60}",
        bytes(900),
    )
        .prop_map(
            |(message_id, sender_id, sender_name, text)| ClassicMessage {
                message_id,
                sender_id,
                sender_name,
                text,
            },
        )
}

pub(crate) fn record() -> impl Strategy<Value = DeviceRecord> {
    let words = vec("[a-z]{0,32}", 0..=limits::CAPABILITIES);
    let fields = (
        any::<[u8; 32]>(),
        device(),
        "\\PC{1,60}",
        integer(),
        integer(),
        words,
    );
    fields.prop_map(
        |(user, device, name, created, seq, capabilities)| DeviceRecord {
            user: UserId::new(user),
            device,
            name,
            created,
            seq,
            capabilities,
        },
    )
}

pub(crate) fn purge() -> impl Strategy<Value = Purge> {
    let entry = (any::<[u8; 32]>(), any::<[u8; 32]>());
    let entry = entry.prop_map(|(id, secret)| Purged {
        id: EnvelopeId::new(id),
        secret: secret.into(),
    });
    vec(entry, 0..=limits::PURGED).prop_map(|entries| Purge { entries })
}

pub(crate) fn signed_record() -> impl Strategy<Value = SignedRecord> {
    (record(), signature()).prop_map(|(record, signature)| SignedRecord {
        record: record.encode().unwrap(),
        signature,
    })
}
