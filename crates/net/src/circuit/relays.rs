//! The circuits that go through this device.

use std::{
    collections::BTreeMap,
    num::NonZeroU64,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use gossamer_crypto::{CircuitId, DeviceId};
use gossamer_wire::v2::{Reason, StreamFrame};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use super::{CircuitRequest, pace::Pace, splice::splice};
use crate::{
    Dialer, Hop, OpenError, Stream, limits,
    opening::{ask, refuse, within, write},
};

/// All of them, within limits.
#[derive(Debug)]
pub(crate) struct Relays {
    open: Mutex<BTreeMap<CircuitId, Arc<Passing>>>,
    pace: Pace,
    begun: Instant,
    bytes: AtomicU64,
}

/// One of them.
#[derive(Debug)]
struct Passing {
    from: DeviceId,
    /// When bytes moved last, milliseconds after the start.
    moved: AtomicU64,
    /// It has to give way.
    ends: Notify,
}

/// A circuit's place among those that are open; free again when dropped.
#[derive(Debug)]
struct Seat {
    relays: Arc<Relays>,
    id: CircuitId,
    passing: Arc<Passing>,
}

impl Relays {
    /// None yet; all together pass on at most this many bytes in a second.
    pub(crate) fn new(rate: Option<NonZeroU64>) -> Self {
        Self {
            open: Mutex::default(),
            pace: Pace::of(rate),
            begun: Instant::now(),
            bytes: AtomicU64::default(),
        }
    }

    /// How many are open, and the bytes that all passed on so far.
    pub(crate) fn totals(&self) -> (usize, u64) {
        (self.lock().len(), self.bytes.load(Ordering::Relaxed))
    }

    /// All give way, those too that are being opened.
    pub(crate) fn end_all(&self) {
        for passing in self.lock().values() {
            passing.ends.notify_one();
        }
    }

    /// Passes a circuit on to the next hop, and stays until it ends.
    pub(crate) async fn pass_on(
        self: Arc<Self>,
        mut request: CircuitRequest,
        hop: Hop,
        dialer: Dialer,
    ) {
        let onward = match self.seat(&request) {
            Ok(seat) => self
                .go_on(&request, &hop, &dialer)
                .await
                .map(|to| (seat, to)),
            Err(reason) => Err(reason),
        };
        let (id, stream) = (request.id, &mut request.stream);
        match onward {
            Ok((seat, onward)) => {
                if within(limits::OPENING, write(stream, &StreamFrame::Opened))
                    .await
                    .is_ok()
                {
                    seat.carry(request.stream, onward).await;
                }
            }
            Err(reason) => {
                tracing::debug!(?id, ?reason, "a circuit was not passed on");
                let _ = within(limits::OPENING, refuse(stream, reason)).await;
            }
        }
    }

    /// Opens the next hop.
    async fn go_on(
        &self,
        request: &CircuitRequest,
        hop: &Hop,
        dialer: &Dialer,
    ) -> Result<Stream, Reason> {
        let ttl = request.ttl.checked_sub(1).ok_or(Reason::NoWay)?;
        let mut onward = dialer.reach(hop).await.map_err(|_| Reason::NoWay)?;
        let circuit = StreamFrame::Circuit {
            id: request.id,
            target: request.target,
            ttl,
        };
        match within(limits::CIRCUIT, ask(&mut onward, &circuit)).await {
            Ok(()) => Ok(onward),
            Err(OpenError::Refused(reason)) => Err(reason),
            Err(OpenError::Link(_) | OpenError::Broken(_)) => Err(Reason::NoWay),
        }
    }

    /// A place for a circuit. Where there is none, the one that was idle for longest gives way, if
    /// that is long.
    fn seat(self: &Arc<Self>, request: &CircuitRequest) -> Result<Seat, Reason> {
        let (id, from) = (request.id, request.from());
        let mut open = self.lock();
        if open.contains_key(&id) {
            return Err(Reason::Loop);
        }
        let now = self.now();
        let mine = |passing: &&Arc<Passing>| passing.from == from;
        if open.values().filter(mine).count() >= limits::CIRCUITS_OF_ONE {
            make_room(&mut open, now, |passing| passing.from == from)?;
        } else if open.len() >= limits::CIRCUITS {
            make_room(&mut open, now, |_| true)?;
        }
        let passing = Arc::new(Passing {
            from,
            moved: now.into(),
            ends: Notify::new(),
        });
        open.insert(id, Arc::clone(&passing));
        Ok(Seat {
            relays: Arc::clone(self),
            id,
            passing,
        })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<CircuitId, Arc<Passing>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(
    open: &mut BTreeMap<CircuitId, Arc<Passing>>,
    now: u64,
    which: impl Fn(&Passing) -> bool,
) -> Result<(), Reason> {
    let moved = |passing: &Passing| passing.moved.load(Ordering::Relaxed);
    let may_go = open.iter().filter(|(_, passing)| which(passing));
    let idlest = may_go.min_by_key(|(_, passing)| moved(passing));
    let idlest = idlest.filter(|(_, passing)| {
        u128::from(now.saturating_sub(moved(passing))) >= limits::CIRCUIT_GRACE.as_millis()
    });
    let id = *idlest.ok_or(Reason::TooMany)?.0;
    if let Some(passing) = open.remove(&id) {
        passing.ends.notify_one();
    }
    Ok(())
}

impl Seat {
    /// Copies until the circuit ends, is idle for too long, or has to give way.
    async fn carry(self, one: Stream, other: Stream) {
        let moved = |bytes: usize| {
            let relays = &self.relays;
            relays.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
            self.passing.moved.store(relays.now(), Ordering::Relaxed);
        };
        tokio::select! {
            ended = splice(one, other, &self.relays.pace, moved) => {
                if let Err(error) = ended {
                    tracing::debug!(id = ?self.id, %error, "a circuit broke");
                }
            }
            () = self.passing.ends.notified() => {}
            () = self.is_idle() => {}
        }
    }

    async fn is_idle(&self) {
        loop {
            let idle = self.relays.now() - self.passing.moved.load(Ordering::Relaxed);
            let most = u64::try_from(limits::CIRCUIT_IDLE.as_millis()).unwrap_or(u64::MAX);
            let Some(left) = most.checked_sub(idle).filter(|left| *left > 0) else {
                return;
            };
            sleep(std::time::Duration::from_millis(left)).await;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.relays.lock();
        // After it gave way, the place may be another's.
        if open
            .get(&self.id)
            .is_some_and(|it| Arc::ptr_eq(it, &self.passing))
        {
            open.remove(&self.id);
        }
    }
}
