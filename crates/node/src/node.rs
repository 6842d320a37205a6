//! Starting a node.

use tokio::sync::mpsc;

use crate::{
    Config, NodeHandle,
    api::{ApiError, ErrorCode, Event},
};

/// A running peer.
#[derive(Debug)]
pub struct Node;

impl Node {
    /// Opens the profile, binds the port, announces the node and returns when it listens; the
    /// first event is then [`Event::Ready`].
    ///
    /// # Errors
    /// Names the port, the profile or the store when one of them cannot be used; nothing is left
    /// behind then.
    pub async fn start(_config: Config) -> Result<(NodeHandle, EventStream), ApiError> {
        Err(ApiError::new(ErrorCode::Internal, "under construction"))
    }
}

/// The events of one node, in order.
#[derive(Debug)]
pub struct EventStream {
    events: mpsc::Receiver<Event>,
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
