//! Who is listened to when more connections come than may be open at once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::Notify,
    task::AbortHandle,
    time::{Instant, timeout},
};

use crate::limits;

/// The connections being read, or their handshakes. When there is no room, the one that has
/// brought no message for longest gives way, if that is long enough to have been read; until then,
/// and while all of them are being listened to, new ones wait in the system's backlog, or are
/// turned away. So whoever opens connections and says nothing keeps nobody out.
#[derive(Debug)]
pub(crate) struct Seats {
    /// How many there are.
    cap: usize,
    taken: Mutex<BTreeMap<u64, Occupant>>,
    left: Notify,
}

#[derive(Debug, Default)]
struct Occupant {
    /// Since when it owes us a message; `None` while one of its messages is being taken.
    silent_since: Option<Instant>,
    task: Option<AbortHandle>,
}

/// One of them; free again when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    key: u64,
}

impl Seats {
    pub(crate) fn new(cap: usize) -> Self {
        Self {
            cap,
            taken: Mutex::default(),
            left: Notify::new(),
        }
    }

    /// Waits for a seat.
    pub(crate) async fn take(self: &Arc<Self>, key: u64) -> Seat {
        loop {
            let left = self.left.notified();
            if let Some(seat) = self.try_take(key) {
                return seat;
            }
            let _ = timeout(limits::GRACE / 4, left).await;
        }
    }

    /// A seat, if one is free or whoever has been silent for longest must give way.
    pub(crate) fn try_take(self: &Arc<Self>, key: u64) -> Option<Seat> {
        let mut taken = self.lock();
        if taken.len() >= self.cap {
            let silent = taken
                .iter()
                .filter_map(|(key, who)| Some((who.silent_since?, *key)));
            let longest = silent
                .min()
                .filter(|(since, _)| since.elapsed() >= limits::GRACE);
            let (_, longest) = longest?;
            if let Some(Occupant {
                task: Some(task), ..
            }) = taken.remove(&longest)
            {
                task.abort();
            }
        }
        let silent_since = Some(Instant::now());
        taken.insert(
            key,
            Occupant {
                silent_since,
                task: None,
            },
        );
        Some(Seat {
            seats: Arc::clone(self),
            key,
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Occupant>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    pub(crate) fn belongs_to(&self, task: AbortHandle) {
        self.change(|who| who.task = Some(task));
    }

    /// A message of its is being taken: it may not be asked to leave.
    pub(crate) fn is_heard(&self) {
        self.change(|who| who.silent_since = None);
    }

    pub(crate) fn owes_a_message(&self) {
        self.change(|who| who.silent_since = Some(Instant::now()));
    }

    fn change(&self, change: impl FnOnce(&mut Occupant)) {
        if let Some(who) = self.seats.lock().get_mut(&self.key) {
            change(who);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.lock().remove(&self.key);
        self.seats.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_says_nothing_gives_way_and_whoever_is_heard_stays() {
        let seats = Arc::new(Seats::new(limits::CONNECTIONS));
        let mut silent = Vec::new();
        for key in 0..limits::CONNECTIONS as u64 {
            silent.push(seats.take(key).await);
        }
        silent[0].is_heard();
        let begun = Instant::now();
        let ben = seats.take(1000).await;
        assert!(
            begun.elapsed() >= limits::GRACE,
            "nobody gives way before there was time to read"
        );
        let taken = seats.lock().len();
        assert_eq!(taken, limits::CONNECTIONS);
        assert!(seats.lock().contains_key(&0), "it is being heard");
        assert!(!seats.lock().contains_key(&1), "it was silent for longest");
        drop((silent, ben));
        assert!(seats.lock().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn while_everyone_is_being_heard_the_next_one_waits() {
        let seats = Arc::new(Seats::new(limits::CONNECTIONS));
        let mut heard = Vec::new();
        for key in 0..limits::CONNECTIONS as u64 {
            heard.push(seats.take(key).await);
        }
        heard.iter().for_each(Seat::is_heard);
        let a_while = 10 * limits::GRACE;
        assert!(timeout(a_while, seats.take(1000)).await.is_err());
        drop(heard.pop());
        assert!(timeout(a_while, seats.take(1000)).await.is_ok());
    }
}
