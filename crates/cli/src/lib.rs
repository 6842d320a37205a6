//! What the terminal and the window share as programs: their flags, the password's ways in, and
//! their logs.

pub mod flags;
pub mod logs;
pub mod memory;
mod secret_file;
mod timers;
