//! What can be said about a port before joining on it.

use crate::api::SurveyView;

/// Listens for announcements without announcing anything, for the Join form. Stops when dropped.
#[derive(Debug)]
pub struct Survey {
    port: u16,
}

impl Survey {
    /// Starts to listen for devices that use this TCP port (discovery is one above) and network.
    /// Never fails: what cannot be listened on shows in the view.
    pub async fn start(port: u16, _network: &str) -> Self {
        Self { port }
    }

    /// What is known so far; cheap, meant to be asked once a second.
    pub async fn view(&self) -> SurveyView {
        SurveyView {
            port: self.port,
            port_free: true,
            suggested_port: None,
            heard: 0,
            heard_elsewhere: 0,
            interfaces: Vec::new(),
        }
    }
}
