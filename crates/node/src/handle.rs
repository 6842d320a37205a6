//! The handle through which every face drives a node.

use tokio::sync::{mpsc, oneshot};

use crate::api::{ApiError, Command, ErrorCode, Event};

/// A command with the place its answer goes.
pub(crate) struct Request {
    pub(crate) command: Command,
    pub(crate) answer: oneshot::Sender<Result<Event, ApiError>>,
}

/// A running node. Cheap to clone; the node goes on until [`Command::Quit`] or until every handle
/// is gone.
#[derive(Clone, Debug)]
pub struct NodeHandle {
    requests: mpsc::Sender<Request>,
}

impl NodeHandle {
    pub(crate) fn new(requests: mpsc::Sender<Request>) -> Self {
        Self { requests }
    }

    /// Runs one command and waits for its answer.
    ///
    /// # Errors
    /// Those that [`Command`]'s variants name, and [`ErrorCode::Stopped`] once the node is gone.
    pub async fn execute(&self, command: Command) -> Result<Event, ApiError> {
        let (answer, answered) = oneshot::channel();
        self.requests
            .send(Request { command, answer })
            .await
            .map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

fn stopped() -> ApiError {
    ApiError::new(
        ErrorCode::Stopped,
        "The node has stopped. Start it again to go on.",
    )
}
