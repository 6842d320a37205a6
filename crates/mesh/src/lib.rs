//! The mesh brain: who is there, what travels where. Sans-IO.
//!
//! # Driving it
//! A [`Mesh`] has no socket, clock, disk or source of randomness of its own. The driver
//! 1. gives it one [`Input`] at a time with the current [`Now`]: `mesh.handle(input, now)`,
//! 2. takes [`Output`]s with `mesh.poll()` until there is none, and does each of them,
//! 3. waits for the next input, at most until `mesh.wake_at()`, then gives it [`Input::Tick`].
//!
//! The first input is [`Input::Start`]. Every `Persist` is answered by `Persisted` or
//! `PersistFailed`, every `Send` with a ticket by `Written` or `WriteFailed`. Outputs are in
//! ordered collections throughout, so the same inputs and seed give the same outputs.
//!
//! # Promises
//! - A message accepted from the wire is handed out (`Deliver`) once, after it is on disk; it is
//!   passed on at once.
//! - A message of ours stays queued until at least one device was written to, across restarts.
//! - Memory is bounded by [`limits`], whatever peers send.
//!
//! # Dialects
//! [`Mesh`] holds what every dialect needs: the peer table, the known set, the outbox.
//! The classic dialect sits beside it in [`classic`] and translates at the edge.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::expect_used))]

pub mod bridge;
mod budget;
pub mod classic;
mod dials;
pub mod gossip;
mod introductions;
mod known;
pub mod limits;
mod mesh;
mod outbox;
mod peers;
#[cfg(feature = "sim")]
pub mod sim;
mod subnet;
mod time;

pub use mesh::{Arrived, Author, Config, Input, Lane, Mesh, Output, Published, Ticket};
pub use peers::{NodeId, Peer, Reach};
pub use subnet::Subnet;
pub use time::Now;
