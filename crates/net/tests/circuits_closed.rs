//! What is left of circuits once they are closed. A test alone in its process: it counts handles.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets the unexpected has failed"
)]

mod common;

use common::{DEADLINE, someone::Someone};
use tokio::{io::AsyncReadExt, time::Instant};

const CIRCUITS: usize = 2_000;

#[tokio::test]
async fn two_thousand_circuits_leave_no_handle_behind() {
    let ana = Someone::with(1, &[]).await;
    let mut cleo = Someone::with(3, &[]).await;
    let ben = Someone::with(2, &[(cleo.id, cleo.hop())]).await;
    drop((ana.opens(cleo.id, ben.hop()).await, cleo.welcomes().await));
    ben.is_left().await;
    let before = handles();

    for turn in 0..CIRCUITS {
        let at_ana = ana.opens(cleo.id, ben.hop()).await.unwrap();
        let mut at_cleo = cleo.welcomes().await;
        // Each end in turn is the first to go.
        if turn % 2 == 0 {
            drop(at_ana);
            assert!(at_cleo.read(&mut [0]).await.is_err());
        }
    }

    ben.is_left().await;
    let begun = Instant::now();
    while handles() > before {
        assert!(
            begun.elapsed() < DEADLINE,
            "{} handles, {before} before",
            handles()
        );
        tokio::task::yield_now().await;
    }
    assert!(ben.relayed().await.1 > 0);
}

/// Open files of this process; none where the system does not tell.
fn handles() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}
