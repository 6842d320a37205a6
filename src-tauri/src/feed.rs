//! Events on their way to the window, in batches it can draw.

use std::time::Duration;

use gossamer_node::{
    EventStream,
    api::{Event, TransferView},
};
use tokio::time::{Instant, sleep_until};

use crate::listener::{Listener, Sink};

/// One frame of a 60 Hz display: more batches than this could not be seen.
const FRAME: Duration = Duration::from_millis(16);

/// The events' way to the window, if it listens.
#[derive(Default)]
pub(crate) struct Feed {
    listener: Listener<Vec<Event>>,
}

impl Feed {
    /// Sends to `sink` from now on.
    pub(crate) fn subscribe(&self, sink: Sink<Vec<Event>>) {
        self.listener.subscribe(sink);
    }

    /// Forwards events until they end: the first one at once, later ones at most once per frame.
    pub(crate) async fn pump(&self, mut events: impl Events) {
        let mut next_frame = Instant::now();
        while let Some(first) = events.next().await {
            sleep_until(next_frame).await;
            let mut batch = Batch::default();
            batch.push(first);
            while let Some(event) = events.try_next() {
                batch.push(event);
            }
            self.listener.tell(batch.events);
            next_frame = Instant::now() + FRAME;
        }
    }
}

/// Where events come from.
pub(crate) trait Events {
    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Event>;

    /// The next event if one waits already.
    fn try_next(&mut self) -> Option<Event>;
}

impl Events for EventStream {
    async fn next(&mut self) -> Option<Event> {
        Self::next(self).await
    }

    fn try_next(&mut self) -> Option<Event> {
        Self::try_next(self)
    }
}

/// Events in order, without progress that later progress in the same batch makes stale.
#[derive(Default)]
struct Batch {
    events: Vec<Event>,
}

impl Batch {
    fn push(&mut self, event: Event) {
        if let Event::Transfer(new) = &event {
            self.events.retain(|old| !is_older_progress(old, new));
        }
        self.events.push(event);
    }
}

fn is_older_progress(old: &Event, new: &TransferView) -> bool {
    matches!(old, Event::Transfer(old) if old.id == new.id && old.state == new.state)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc as std_mpsc};

    use gossamer_node::api::{Author, Direction, ErrorCode, TransferState};
    use tokio::sync::mpsc;

    use super::*;

    impl Events for mpsc::Receiver<Event> {
        async fn next(&mut self) -> Option<Event> {
            self.recv().await
        }

        fn try_next(&mut self) -> Option<Event> {
            self.try_recv().ok()
        }
    }

    fn note(message: &str) -> Event {
        Event::Error {
            code: ErrorCode::Internal,
            message: message.to_owned(),
        }
    }

    fn transfer(id: &str, state: TransferState, bytes: u64) -> Event {
        Event::Transfer(TransferView {
            id: id.to_owned(),
            direction: Direction::In,
            conversation: "everyone".to_owned(),
            from: Author {
                id: "1a2b3c4d".to_owned(),
                name: "ben".to_owned(),
            },
            name: "report.pdf".to_owned(),
            state,
            bytes,
            size: 100,
            rate: 0,
            eta: None,
            path: None,
            sha256: None,
            reason: None,
            reached: 0,
            started_at: 0,
            ended_at: None,
            free: None,
        })
    }

    /// A window that listens, and the batches it got.
    fn window(feed: &Feed) -> std_mpsc::Receiver<Vec<Event>> {
        let (sender, batches) = std_mpsc::channel();
        feed.subscribe(Box::new(move |batch| sender.send(batch).is_ok()));
        batches
    }

    #[test]
    fn only_the_latest_progress_of_each_transfer_and_state_is_kept() {
        use TransferState::{Active, Done};
        let mut batch = Batch::default();
        for event in [
            transfer("a", Active, 10),
            transfer("b", Active, 10),
            note("between"),
            transfer("a", Active, 90),
            transfer("a", Done, 100),
        ] {
            batch.push(event);
        }
        assert_eq!(
            batch.events,
            [
                transfer("b", Active, 10),
                note("between"),
                transfer("a", Active, 90),
                transfer("a", Done, 100),
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_event_comes_at_once_and_the_next_ones_together() {
        let feed = Arc::new(Feed::default());
        let batches = window(&feed);
        let (sender, receiver) = mpsc::channel(16);
        let began = Instant::now();
        let pump = tokio::spawn({
            let feed = Arc::clone(&feed);
            async move { feed.pump(receiver).await }
        });
        sender.send(note("one")).await.unwrap();
        // Time stands still until everybody waits, so the pump has seen the first event by then.
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(batches.try_recv().unwrap(), [note("one")]);
        for text in ["two", "three"] {
            sender.send(note(text)).await.unwrap();
        }
        drop(sender);
        pump.await.unwrap();
        assert_eq!(batches.try_recv().unwrap(), [note("two"), note("three")]);
        assert_eq!(began.elapsed(), FRAME);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reloaded_page_takes_over() {
        let feed = Feed::default();
        let old = window(&feed);
        let new = window(&feed);
        let (sender, receiver) = mpsc::channel(16);
        sender.send(note("hello")).await.unwrap();
        drop(sender);
        feed.pump(receiver).await;
        assert!(old.try_recv().is_err());
        assert_eq!(new.try_recv().unwrap(), [note("hello")]);
    }
}
