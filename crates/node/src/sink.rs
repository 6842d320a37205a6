//! Where events go: a bounded queue that a slow face cannot block.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::api::Event;

/// Events not taken yet. A face that falls further behind is told so and reads anew.
const CAP: usize = 4096;

#[derive(Debug)]
pub(crate) struct EventSink {
    events: mpsc::Sender<Event>,
    lagged: bool,
}

/// The events of one node, in order.
#[derive(Debug)]
pub struct EventStream {
    events: mpsc::Receiver<Event>,
}

pub(crate) fn channel() -> (EventSink, EventStream) {
    let (sender, events) = mpsc::channel(CAP);
    (
        EventSink {
            events: sender,
            lagged: false,
        },
        EventStream { events },
    )
}

impl EventSink {
    pub(crate) fn emit(&mut self, event: Event) {
        if self.lagged {
            self.lagged = self.events.try_send(Event::Lagged).is_err();
        }
        // A face that is gone takes nothing; the node goes on without it.
        if !self.lagged && self.events.try_send(event).is_err() {
            self.lagged = true;
        }
    }

    /// The last event reaches a slow face too, if it reads at all.
    pub(crate) async fn close(self) {
        let _ =
            tokio::time::timeout(Duration::from_secs(1), self.events.send(Event::Stopped)).await;
    }
}

impl EventStream {
    /// The next event; `None` after [`Event::Stopped`].
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// The next event if one waits already.
    pub fn try_next(&mut self) -> Option<Event> {
        self.events.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_face_that_sleeps_is_told_that_it_missed_something() {
        let (mut sink, mut stream) = channel();
        for _ in 0..CAP + 100 {
            sink.emit(Event::Transfers {
                transfers: Vec::new(),
            });
        }
        for _ in 0..CAP {
            assert!(matches!(stream.next().await, Some(Event::Transfers { .. })));
        }
        assert_eq!(stream.try_next(), None);
        sink.emit(Event::Peers { peers: Vec::new() });
        assert_eq!(stream.next().await, Some(Event::Lagged));
        assert!(matches!(stream.next().await, Some(Event::Peers { .. })));
    }
}
