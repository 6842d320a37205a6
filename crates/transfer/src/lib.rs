//! Planning, checking and moving files: what is sent in which chunk, what a sender's claims are
//! worth, and how bytes become a file without harm.
//!
//! [`v2`] is about files between devices that know each other, over streams that others open. The
//! life of a file that comes over the classic protocol, where nothing here touches a socket or a
//! clock:
//!
//! 1. [`names::safe_name`] makes its name safe or refuses it, [`v1::Claims::check`] its numbers,
//!    and [`quota::Quota`] says whether it may be kept before the user answers.
//! 2. Each chunk goes through [`v1::Incoming::accept_chunk`], which says where it belongs, into a
//!    [`spool::Spool`].
//! 3. Once complete and accepted, [`spool::Spool::verify`] compares the SHA-256 and syncs, and
//!    [`placing::Verified::publish`] gives the file its place and name without replacing anything.
//!
//! [`spool`] and [`placing`], and [`v2`]'s `source`, `part`, `notes` and `noting`, are the modules that
//! touch the disk.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::expect_used))]

pub mod names;
pub mod placing;
pub mod quota;
mod ranges;
pub mod spool;
pub mod v1;
pub mod v2;
