//! The formats of docs/protocol-v2.md as bytes, made by another implementation
//! (`vectors/make.py`). A second one can check itself against them. What is in
//! `vectors/admission.json` is replayed beside its code, which draws its own randomness.

#![allow(
    clippy::unwrap_used,
    reason = "a vector that cannot be read is a failed test"
)]

use gossamer_crypto::{
    CryptoProvider, DeviceId, DeviceKey, EnvelopeId, FileId, FileKey, Keyring, NetworkFernet,
    NetworkId, NetworkKey, PurgeSecret, Sealer, Signature, Signed, UserKey, seal_classic,
};
use serde_json::Value;

#[test]
fn ids_are_named_as_written() {
    let vectors = read(include_str!("vectors/ids.json"));
    for case in cases(&vectors["human"]) {
        let id = DeviceId::new(array(&case["id"]));
        assert_eq!(id.to_human(), text(&case["human"]));
        assert_eq!(DeviceId::from_human(text(&case["human"])), Some(id));
    }
    for case in cases(&vectors["network"]) {
        let id = NetworkId::of(text(&case["name"]));
        assert_eq!(id.as_bytes()[..], bytes(&case["id"]));
    }
    for case in cases(&vectors["envelope"]) {
        let id = EnvelopeId::of(&bytes(&case["body"]));
        assert_eq!(id.as_bytes()[..], bytes(&case["id"]));
    }
    for case in cases(&vectors["purge"]) {
        let secret = PurgeSecret::new(array(&case["secret"]));
        assert_eq!(secret.ack(), array(&case["ack"]));
    }
}

#[test]
fn signatures_are_made_as_written() {
    let vectors = read(include_str!("vectors/signatures.json"));
    for case in cases(&vectors) {
        let secret = array(&case["secret"]);
        let (device, user) = (
            DeviceKey::from_secret(&secret),
            UserKey::from_secret(&secret),
        );
        let message = bytes(&case["message"]);
        let signed = match text(&case["kind"]) {
            "envelope" => Signed::Envelope,
            "device-record" => Signed::DeviceRecord,
            kind => unreachable!("{kind}"),
        };
        let signature = Signature::new(array(&case["signature"]));

        assert_eq!(device.id().as_bytes()[..], bytes(&case["public"]));
        assert_eq!(user.id().as_bytes()[..], bytes(&case["public"]));
        assert_eq!(device.id().to_spki()[..], bytes(&case["spki"]));
        assert_eq!(device.to_pkcs8()[..], bytes(&case["pkcs8"]));
        assert_eq!(device.sign(signed, &message), signature);
        assert_eq!(user.sign(signed, &message), signature);
        assert_eq!(device.id().verify(signed, &message, &signature), Ok(()));
        assert_eq!(user.id().verify(signed, &message, &signature), Ok(()));
    }
}

#[test]
fn network_keys_are_ordered_as_written() {
    let vectors = read(include_str!("vectors/network.json"));
    let mut keyring = Keyring::new();
    for case in cases(&vectors["ids"]) {
        let key = NetworkKey::new(array(&case["key"]));
        assert_eq!(key.id(), array(&case["id"]));
        keyring.merge([key]);
    }
    let kept = cases(&vectors["kept"]).iter().map(array);
    assert!(keyring.iter().map(|key| *key.expose_secret()).eq(kept));
}

#[test]
fn classic_messages_are_sealed_as_written() {
    let vectors = read(include_str!("vectors/network.json"));
    for case in cases(&vectors["classic"]) {
        let key = NetworkKey::new(array(&case["key"]));
        let (message_id, words) = (text(&case["message_id"]), text(&case["text"]).as_bytes());
        let timestamp_s = case["timestamp_s"].as_u64().unwrap();
        let token = seal_classic(&key, timestamp_s, message_id, words);
        assert_eq!(str::from_utf8(&token), Ok(text(&case["token"])));

        let provider = NetworkFernet::new(&Keyring::from_iter([key]));
        assert_eq!(provider.open(&token).as_deref(), Ok(words));
    }
}

#[test]
fn chunks_are_sealed_as_written() {
    let vectors = read(include_str!("vectors/chunks.json"));
    for case in cases(&vectors) {
        let key = FileKey::new(array(&case["key"]));
        let sealer = Sealer::new(&key, FileId::new(array(&case["file"])));
        let index = case["index"].as_u64().unwrap().try_into().unwrap();
        let plaintext = plaintext(case);

        let room = |size| vec![0; size];
        let mut chunk = [room(Sealer::NONCE), plaintext.clone(), room(Sealer::TAG)].concat();
        sealer.seal(index, &mut chunk).unwrap();
        match case.get("sealed") {
            Some(sealed) => assert_eq!(chunk, bytes(sealed)),
            None => assert_eq!(blake3::hash(&chunk).as_slice(), bytes(&case["blake3"])),
        }
        assert_eq!(sealer.open(index, &mut chunk), Ok(&plaintext[..]));
    }
}

/// A large plaintext is given by its size: its bytes count from 0 to 250 again and again.
fn plaintext(case: &Value) -> Vec<u8> {
    let Some(size) = case.get("counting_mod_251") else {
        return bytes(&case["plaintext"]);
    };
    (0..=250)
        .cycle()
        .take(size.as_u64().unwrap() as usize)
        .collect()
}

fn read(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

fn cases(value: &Value) -> &[Value] {
    let cases = value.as_array().unwrap();
    assert!(!cases.is_empty());
    cases
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).unwrap()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().unwrap()
}
