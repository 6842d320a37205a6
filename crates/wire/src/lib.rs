//! Bytes to messages and back, within named limits. No I/O.
//!
//! Each dialect is a fenced module of its own: [`v1`] is the classic JSON dialect
//! (docs/protocol-v1.md) with its tolerant parsing rules, and nothing of it leaks elsewhere; [`v2`]
//! is the strict binary one that nodes of ours speak among themselves (docs/protocol-v2.md).
//! Whatever arrives is hostile until decoded: no input makes a decoder panic or allocate more
//! than [`limits`] allow.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::expect_used))]

pub mod limits;
pub mod v1;
pub mod v2;
