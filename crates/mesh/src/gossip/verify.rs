//! Who checks signatures.

use std::fmt;

use gossamer_crypto::{DeviceId, Signature, Signed};

/// Checks the signature of an envelope. The simulator has one that remembers, because a thousand
/// nodes check the same few thousand envelopes.
pub trait Verifier: fmt::Debug + Send {
    /// Whether `device` signed this envelope body.
    fn verify(&mut self, device: &DeviceId, body: &[u8], signature: &Signature) -> bool;
}

/// Checks every signature, every time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ed25519;

impl Verifier for Ed25519 {
    fn verify(&mut self, device: &DeviceId, body: &[u8], signature: &Signature) -> bool {
        device.verify(Signed::Envelope, body, signature).is_ok()
    }
}
