//! What every provider must do, whatever it is made of.

use crate::{CryptoProvider, OpenError, classic};

/// Runs the whole suite on `ours`; `theirs` is the same kind of provider under another secret
/// (the same one again where there is no secret).
pub(crate) fn certify(ours: &dyn CryptoProvider, theirs: &dyn CryptoProvider) {
    opens_what_it_sealed(ours);
    carries_text_over_the_classic_wire(ours);
    if ours.is_confidential() {
        hides_the_plaintext(ours);
        refuses_another_secret(ours, theirs);
        refuses_every_change(ours);
        refuses_noise(ours);
    }
}

fn samples() -> [Vec<u8>; 4] {
    [
        Vec::new(),
        b"hello".to_vec(),
        (0..=255).collect(),
        vec![0x5a; 16 * 1024],
    ]
}

fn opens_what_it_sealed(provider: &dyn CryptoProvider) {
    for plaintext in samples() {
        let sealed = provider.seal(&plaintext).unwrap();
        assert_eq!(provider.open(&sealed), Ok(plaintext));
    }
}

fn carries_text_over_the_classic_wire(provider: &dyn CryptoProvider) {
    for text in ["", "hello", "Grüße 🕸\n\"quoted\"", &"long ".repeat(3000)] {
        let content = classic::content_seal(provider, text).unwrap();
        assert_eq!(
            classic::content_open(provider, &content).as_deref(),
            Ok(text)
        );
        assert_eq!(classic::looks_sealed(&content), provider.is_confidential());
    }
}

fn hides_the_plaintext(provider: &dyn CryptoProvider) {
    let plaintext = b"a secret of some length";
    let sealed = provider.seal(plaintext).unwrap();
    assert!(!sealed.windows(8).any(|part| part == &plaintext[..8]));
    assert_ne!(
        sealed,
        provider.seal(plaintext).unwrap(),
        "equal messages must not look equal"
    );
}

fn refuses_another_secret(ours: &dyn CryptoProvider, theirs: &dyn CryptoProvider) {
    for plaintext in samples() {
        let sealed = theirs.seal(&plaintext).unwrap();
        ours.open(&sealed).unwrap_err();
    }
}

/// Base64 without its padding still names the same bytes; nothing else may ever come out.
fn refuses_every_change(provider: &dyn CryptoProvider) {
    let sealed = provider.seal(b"hello").unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 0x04;
        assert_eq!(provider.open(&changed), Err(OpenError), "byte {at} changed");

        let cut = provider.open(&sealed[..at]);
        assert!(
            cut == Err(OpenError) || (cut == Ok(b"hello".to_vec()) && is_padding(&sealed[at..])),
            "cut at byte {at}"
        );
    }
}

fn is_padding(rest: &[u8]) -> bool {
    rest.iter().all(|&byte| byte == b'=')
}

fn refuses_noise(provider: &dyn CryptoProvider) {
    for noise in samples() {
        provider.open(&noise).unwrap_err();
    }
}
