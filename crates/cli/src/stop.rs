//! The wish to end, as the system brings it.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

/// Signals this close together are one wish: `timeout` and some shells signal a program once by
/// itself and once with its group.
const ONE_WISH: Duration = Duration::from_secs(1);

/// One item for each Ctrl-C or termination signal.
pub(crate) fn signals() -> mpsc::Receiver<()> {
    let (sender, receiver) = mpsc::channel(2);
    tokio::spawn(async move {
        let Ok(mut source) = Source::new() else {
            return;
        };
        let mut last: Option<Instant> = None;
        while source.next().await {
            if last.is_some_and(|last| last.elapsed() < ONE_WISH) {
                continue;
            }
            last = Some(Instant::now());
            if sender.send(()).await.is_err() {
                return;
            }
        }
    });
    receiver
}

#[cfg(unix)]
struct Source {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Source {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> bool {
        tokio::select! {
            signal = self.interrupt.recv() => signal.is_some(),
            signal = self.terminate.recv() => signal.is_some(),
        }
    }
}

#[cfg(not(unix))]
struct Source;

#[cfg(not(unix))]
impl Source {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> bool {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
