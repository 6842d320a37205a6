//! The survey behind the Join form: kept while somebody looks at it.

use std::{sync::Arc, time::Duration};

use gossamer_node::{Survey, api::SurveyView};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

/// A survey that nobody asked about for this long ends: the form polls once a second.
const PATIENCE: Duration = Duration::from_secs(5);

/// At most one survey at a time.
#[derive(Default)]
pub(crate) struct Surveys {
    current: Arc<Mutex<Option<Current>>>,
}

struct Current {
    survey: Survey,
    port: u16,
    network: String,
    last_poll: Instant,
}

impl Surveys {
    /// What is known about this port and network. Starts a new survey when they changed.
    pub(crate) async fn view(&self, port: u16, network: String) -> SurveyView {
        let mut current = self.current.lock().await;
        let fits = |current: &Current| current.port == port && current.network == network;
        if !current.as_ref().is_some_and(fits) {
            // The old one goes first, because its sockets may be in the way of the new one.
            *current = None;
        }
        if let Some(current) = current.as_mut() {
            current.last_poll = Instant::now();
            return current.survey.view().await;
        }
        let survey = Survey::start(port, &network).await;
        let view = survey.view().await;
        *current = Some(Current {
            survey,
            port,
            network,
            last_poll: Instant::now(),
        });
        tokio::spawn(end_when_unused(Arc::clone(&self.current)));
        view
    }

    /// Ends the survey, so that a node can have its sockets.
    pub(crate) async fn end(&self) {
        *self.current.lock().await = None;
    }
}

/// Ends the survey once it is no longer asked about. Several of these may watch one survey; they
/// agree.
async fn end_when_unused(current: Arc<Mutex<Option<Current>>>) {
    loop {
        let Some(last_poll) = current
            .lock()
            .await
            .as_ref()
            .map(|current| current.last_poll)
        else {
            return;
        };
        sleep_until(last_poll + PATIENCE).await;
        let mut current = current.lock().await;
        if current
            .as_ref()
            .is_some_and(|current| current.last_poll == last_poll)
        {
            *current = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Surveys {
        async fn is_running(&self) -> bool {
            self.current.lock().await.is_some()
        }
    }

    async fn poll(surveys: &Surveys) {
        surveys.view(20_311, "mesh".to_owned()).await;
    }

    #[tokio::test]
    async fn a_survey_lives_while_it_is_polled() {
        let surveys = Surveys::default();
        poll(&surveys).await;
        tokio::time::pause();
        for _ in 0..3 {
            tokio::time::sleep(PATIENCE - Duration::from_secs(1)).await;
            assert!(surveys.is_running().await);
            poll(&surveys).await;
        }
        tokio::time::sleep(PATIENCE + Duration::from_secs(1)).await;
        assert!(!surveys.is_running().await);
    }

    #[tokio::test]
    async fn another_port_is_another_survey() {
        let surveys = Surveys::default();
        poll(&surveys).await;
        let view = surveys.view(20_313, "mesh".to_owned()).await;
        assert_eq!(view.port, 20_313);
        surveys.end().await;
        assert!(!surveys.is_running().await);
    }
}
