//! Direct messages that wait at nodes they are not for, with real links and disks. Nobody writes
//! any yet, so these are put on a disk while its node is off.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should end"
)]

mod people;

use std::time::Duration;

use gossamer_crypto::{DeviceId, DeviceKey, EnvelopeId, NetworkId, PurgeSecret, Signed};
use gossamer_mesh::gossip::Entry;
use gossamer_node::api::MessageState;
use gossamer_store::{
    EnvelopeBody, EnvelopeMeta, EnvelopeRow, MessageRow, MessageState as Stored, NewMessage, Store,
    Unlock,
};
use gossamer_wire::{
    limits::LIFETIME_DM,
    v2::{Body, Envelope, Kind, Purge, Purged},
};
use people::Home;

const SECRET: PurgeSecret = PurgeSecret::new([7; 32]);

fn store(home: &Home) -> Store {
    Store::open(&home.path("profile"), &Unlock::default()).unwrap()
}

/// The device of someone whose node was on before.
fn device(home: &Home) -> DeviceKey {
    store(home).identity().get().unwrap().unwrap().device
}

fn body(home: &mut Home, by: &DeviceKey, kind: Kind, payload: Vec<u8>) -> Body {
    Body {
        kind,
        network: NetworkId::of(&home.config().network),
        origin: Some(by.id()),
        seq: 1,
        created: 1_000,
        lifetime: LIFETIME_DM,
        audience: None,
        ack: None,
        payload: payload.into(),
    }
}

/// A letter that only its recipient could read.
fn letter(home: &mut Home, by: &DeviceKey, to: DeviceId) -> Body {
    Body {
        audience: Some(*to.as_bytes()),
        ack: Some(SECRET.ack()),
        ..body(home, by, Kind::Dm, b"sealed".to_vec())
    }
}

/// Puts an envelope on someone's disk.
fn put(home: &Home, by: &DeviceKey, body: &Body, own: bool) -> EnvelopeId {
    let bytes = body.encode().unwrap();
    let envelope = Envelope {
        signature: by.sign(Signed::Envelope, &bytes),
        body: bytes,
        signer: None,
    };
    let id = envelope.id();
    let entry = Entry::of(id, &envelope, body, by.id());
    let row = EnvelopeRow {
        meta: EnvelopeMeta {
            id,
            network: body.network,
            bucket: entry.bucket.number(),
            audience: body.audience,
            ack: body.ack,
            kind: body.kind.number(),
            origin: body.origin,
            seq: body.seq,
            created: body.created,
            lifetime: body.lifetime.into(),
            birth: 0,
            size: entry.size,
            own,
            hops: 0,
        },
        body: Some(EnvelopeBody {
            body: envelope.body,
            signature: envelope.signature,
            signer: None,
        }),
    };
    store(home).record(&[], &[row]).unwrap();
    id
}

/// What a running node has of an envelope: `None` when it does not know it, else whether it has
/// the body.
fn has(home: &Home, id: &EnvelopeId) -> Option<bool> {
    let row = store(home).envelopes().get(id).unwrap();
    row.map(|row| row.body.is_some())
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let waited = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), waited).await;
    assert!(waited.is_ok(), "in vain: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_of_others_is_carried_until_someone_shows_that_it_has_arrived() {
    let (mut ana, ben) = (Home::new("ana", "carried"), Home::new("ben", "carried"));
    ana.start().await.leaves().await;
    let (dora, emil) = (
        DeviceKey::from_secret(&[4; 32]),
        DeviceKey::from_secret(&[5; 32]),
    );
    let written = letter(&mut ana, &dora, emil.id());
    let id = put(&ana, &dora, &written, false);

    let (mut her, mut him) = (ana.start().await, ben.start().await);
    her.meets("ben").await;
    until("ben carries it too", || has(&ben, &id) == Some(true)).await;
    her.leaves().await;
    let told = Purge {
        entries: vec![Purged { id, secret: SECRET }],
    };
    let told = body(
        &mut ana,
        &emil,
        Kind::Purge,
        told.encode().unwrap().to_vec(),
    );
    put(&ana, &emil, &told, false);

    let her = ana.start().await;
    until("ana lets it go", || has(&ana, &id) == Some(false)).await;
    him.meets("ana").await;
    until("ben lets it go", || has(&ben, &id) == Some(false)).await;
    her.leaves().await;
    him.leaves().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_of_ours_is_carried_by_who_took_it_and_delivered_when_the_recipient_has_it() {
    let (mut ana, ben) = (Home::new("ana", "by ben"), Home::new("ben", "by ben"));
    ana.start().await.leaves().await;
    ben.start().await.leaves().await;
    let her_key = device(&ana);
    let emil = DeviceKey::from_secret(&[5; 32]);
    let mut written = [emil.id(), device(&ben).id()].map(|to| letter(&mut ana, &her_key, to));
    written[1].seq = 2;
    let [to_emil, to_ben] = written.map(|body| {
        let id = put(&ana, &her_key, &body, true);
        let row = queued(&id, &her_key.id());
        store(&ana).record(&[row], &[]).unwrap();
        id.to_string()
    });

    let (mut her, him) = (ana.start().await, ben.start().await);
    her.learns_that(&to_emil, MessageState::Carried).await;
    her.learns_that(&to_ben, MessageState::Delivered).await;
    let carriers = store(&ana).reached().devices(&to_emil).unwrap();
    assert_eq!(carriers, [device(&ben).id()]);
    her.leaves().await;

    let her = ana.start().await;
    let state = |id: &str| store(&ana).messages().get(id).unwrap().unwrap().state;
    assert_eq!(state(&to_emil), Some(Stored::Carried));
    assert_eq!(state(&to_ben), Some(Stored::Delivered));
    her.leaves().await;
    him.leaves().await;
}

fn queued(id: &EnvelopeId, by: &DeviceId) -> NewMessage {
    let row = MessageRow {
        id: id.to_string(),
        conversation: "someone".to_owned(),
        from_id: by.to_string(),
        from_name: "ana".to_owned(),
        text: String::new(),
        own: true,
        readable: true,
        sent_at: 1_000,
        received_at: 1_000,
        hops: None,
        state: Some(Stored::Queued),
        reached: 0,
        reason: None,
        place: 0,
        late: false,
    };
    NewMessage {
        row,
        after: Vec::new(),
    }
}
