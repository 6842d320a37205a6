//! The place where the page listens, if it does.

use std::sync::{Mutex, PoisonError};

/// Takes something to the page; false once the page no longer listens.
pub(crate) type Sink<T> = Box<dyn Fn(T) -> bool + Send>;

/// Where one kind of thing is told. What nobody hears is dropped: a page asks for the present state
/// after it began to listen.
pub(crate) struct Listener<T> {
    sink: Mutex<Option<Sink<T>>>,
}

impl<T> Default for Listener<T> {
    fn default() -> Self {
        Self {
            sink: Mutex::default(),
        }
    }
}

impl<T> Listener<T> {
    /// Tells `sink` from now on, and no longer the one before (of a page since reloaded).
    pub(crate) fn subscribe(&self, sink: Sink<T>) {
        *self.sink.lock().unwrap_or_else(PoisonError::into_inner) = Some(sink);
    }

    /// Tells whoever listens.
    pub(crate) fn tell(&self, news: T) {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        if sink.as_ref().is_some_and(|send| !send(news)) {
            *sink = None;
        }
    }
}
