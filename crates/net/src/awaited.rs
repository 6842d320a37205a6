//! Connections that neighbours were asked to make, since we could not (docs/protocol-v2.md 8.2).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use gossamer_crypto::DeviceId;
use gossamer_wire::v2::DialBackToken;
use tokio::sync::oneshot;

use crate::Stream;

/// Who was asked, and who waits for it.
#[derive(Debug, Default)]
pub(crate) struct Awaited(Mutex<HashMap<DialBackToken, (DeviceId, oneshot::Sender<Stream>)>>);

/// A connection that is waited for, for as long as this is kept.
#[derive(Debug)]
pub(crate) struct Expected {
    awaited: Arc<Awaited>,
    pub(crate) token: DialBackToken,
    pub(crate) stream: oneshot::Receiver<Stream>,
}

impl Awaited {
    /// Expects a connection from a device; `None` when the system has no random numbers.
    pub(crate) fn expect(self: &Arc<Self>, device: DeviceId) -> Option<Expected> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).ok()?;
        let token = DialBackToken::new(random);
        let (sender, stream) = oneshot::channel();
        self.lock().insert(token, (device, sender));
        Some(Expected {
            awaited: Arc::clone(self),
            token,
            stream,
        })
    }

    /// A device dialled, and shows a token. It counts once, from the device that was asked.
    pub(crate) fn came(&self, token: DialBackToken, stream: Stream) {
        let mut waiting = self.lock();
        let asked = waiting.get(&token).map(|(device, _)| *device);
        if asked != Some(stream.device()) {
            return tracing::debug!(device = ?stream.device(), "dialled unasked");
        }
        if let Some((_, sender)) = waiting.remove(&token) {
            let _ = sender.send(stream);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DialBackToken, (DeviceId, oneshot::Sender<Stream>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.awaited.lock().remove(&self.token);
    }
}
