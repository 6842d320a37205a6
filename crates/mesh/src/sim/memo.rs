//! Checking signatures once for all nodes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use gossamer_crypto::{DeviceId, Signature};

use crate::gossip::{Ed25519, Verifier};

/// Remembers what was checked: a hundred nodes check the same few hundred envelopes. All of what
/// goes into a check is in the key, so a memory is as good as a check.
#[derive(Debug, Clone, Default)]
pub(super) struct Memo(Arc<Mutex<Checks>>);

#[derive(Debug, Default)]
struct Checks {
    known: HashMap<[u8; 32], bool>,
    real: u64,
    remembered: u64,
}

impl Memo {
    /// Checks that were made, and those that were remembered.
    pub(super) fn counts(&self) -> (u64, u64) {
        let checks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (checks.real, checks.remembered)
    }
}

impl Verifier for Memo {
    fn verify(&mut self, device: &DeviceId, body: &[u8], signature: &Signature) -> bool {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(device.as_bytes())
            .update(signature.as_bytes())
            .update(body);
        let key = *hasher.finalize().as_bytes();
        let mut checks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = checks.known.get(&key).copied() {
            checks.remembered += 1;
            return known;
        }
        checks.real += 1;
        let outcome = Ed25519.verify(device, body, signature);
        checks.known.insert(key, outcome);
        outcome
    }
}
