//! All links of a node: begun, written to, closed, and what they report.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use gossamer_crypto::DeviceId;
use gossamer_wire::v2::Frame;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::{Link, LinkId, NotQueued, queue::Queue};
use crate::{
    Dialer, NetEvent,
    door::Place,
    limits,
    tls::{Secure, Service},
};

/// Something from a link, waiting to be taken.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) event: NetEvent,
    /// A frame's part of what its link may have waiting; given back when the frame is taken.
    _room: Option<OwnedSemaphorePermit>,
}

/// The links of a node.
#[derive(Debug)]
pub(crate) struct Links {
    open: Mutex<BTreeMap<LinkId, Arc<Queue>>>,
    next: AtomicU64,
    events: mpsc::Sender<Held>,
}

impl Links {
    pub(crate) fn new(events: mpsc::Sender<Held>) -> Self {
        Self {
            open: Mutex::default(),
            next: AtomicU64::default(),
            events,
        }
    }

    /// Dials; a link or a failure is reported.
    pub(crate) fn dial(
        self: &Arc<Self>,
        dialer: Dialer,
        addr: SocketAddr,
        expected: Option<DeviceId>,
    ) {
        let links = Arc::clone(self);
        tokio::spawn(async move {
            match dialer.connect(addr, Service::Link, expected).await {
                Ok(secure) => links.begin(secure, None, true),
                Err(why) => {
                    let failed = NetEvent::LinkFailed {
                        addr,
                        expected,
                        why,
                    };
                    links.report(failed).await;
                }
            }
        });
    }

    /// Starts the task of a link. From here on it is reported, once as up and once as down.
    pub(crate) fn begin(self: &Arc<Self>, secure: Secure, place: Option<Place>, dialled: bool) {
        let id = LinkId(self.next.fetch_add(1, Ordering::Relaxed));
        let queue = Arc::<Queue>::default();
        self.lock().insert(id, Arc::clone(&queue));
        let link = Link {
            id,
            queue,
            links: Arc::clone(self),
            room: Arc::new(Semaphore::new(limits::UNDELIVERED)),
        };
        tokio::spawn(link.run(secure, place, dialled));
    }

    pub(crate) fn send(
        &self,
        link: LinkId,
        frame: Bytes,
        ticket: Option<u64>,
    ) -> Result<(), NotQueued> {
        let queue = self.lock().get(&link).cloned();
        queue.ok_or(NotQueued)?.push(frame, ticket)
    }

    pub(crate) fn close(&self, link: LinkId, last: Option<Bytes>) {
        if let Some(queue) = self.lock().get(&link) {
            queue.close(last);
        }
    }

    /// Waits until what was queued is written, and links being closed have ended.
    pub(crate) async fn settled(&self) {
        let queues: Vec<_> = self.lock().values().cloned().collect();
        for queue in queues {
            queue.settled().await;
        }
    }

    /// Waits for room among the events. When the node has stopped nobody hears it.
    pub(crate) async fn report(&self, event: NetEvent) {
        self.put(event, None).await;
    }

    pub(super) async fn report_frame(
        &self,
        link: LinkId,
        frame: Frame,
        room: OwnedSemaphorePermit,
    ) {
        let event = NetEvent::Frame { link, frame };
        self.put(event, Some(room)).await;
    }

    async fn put(&self, event: NetEvent, _room: Option<OwnedSemaphorePermit>) {
        let _ = self.events.send(Held { event, _room }).await;
    }

    pub(super) async fn nobody_listens(&self) {
        self.events.closed().await;
    }

    pub(super) fn forget(&self, link: LinkId) {
        if let Some(queue) = self.lock().remove(&link) {
            queue.end();
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<LinkId, Arc<Queue>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
