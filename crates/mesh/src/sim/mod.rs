//! Many brains in one process, under virtual time: what the mesh promises, tried.
//!
//! [`run`] plays one [`Scenario`] under one seed. For a while people write while links break,
//! frames are dropped, nodes crash and return, and the network falls apart; then everything heals
//! and the audit looks whether all of it has arrived, once. Nothing here reads a clock, and all
//! randomness is drawn from the seed, so a [`Report`] can be had again. (The password exchange
//! draws its own secrets; nothing that is reported depends on them.)
//!
//! Time is cut into moments, shorter than anything takes from node to node. What the nodes of a
//! large town do within one they do side by side, and what they want of each other is done in one
//! order afterwards, so threads have no say in a report.
//!
//! The parts: `world` is where everyone is, `wire` what carries frames, `disk` what survives
//! a crash, `node` one brain with its disk and its user, `post` letters from one to another,
//! `chaos` what goes wrong when,
//! `hostile` those who mean ill, `audit` what must hold, and `town` drives it all.

#![allow(
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a simulator that has lost track of itself is to stop"
)]

mod agenda;
mod audit;
mod chaos;
mod disk;
mod hostile;
mod letters;
mod memo;
mod node;
mod post;
mod report;
mod scenario;
mod town;
mod wire;
mod world;

use std::sync::atomic::{AtomicBool, Ordering};

pub use audit::Finding;
pub use hostile::Malice;
pub use report::{Copies, Report, Traffic};
pub use scenario::{Doors, Faults, Partition, SCENARIOS, Scenario, Shape, Sizes};

/// Plays a scenario under a seed: a large one on all processors, where threads can be had.
#[must_use]
pub fn run(scenario: &Scenario, seed: u64) -> Report {
    let play = || town::Town::new(scenario, seed).play();
    if scenario.nodes < LARGE {
        return play();
    }
    match rayon::ThreadPoolBuilder::new().build() {
        Ok(pool) => pool.install(|| wakefully(pool.current_num_threads(), play)),
        Err(_) => play(),
    }
}

/// From so many nodes on they work side by side.
const LARGE: usize = 200;

/// Keeps the other threads awake meanwhile: moments are short, and who sleeps through half of one is
/// of no help.
fn wakefully<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let is_done = AtomicBool::new(false);
    rayon::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|_| {
                while !is_done.load(Ordering::Relaxed) {
                    rayon::yield_now();
                }
            });
        }
        let outcome = work();
        is_done.store(true, Ordering::Relaxed);
        outcome
    })
}
