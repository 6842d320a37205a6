//! The one API of a node: [`Command`]s in, [`Event`]s out, [`ApiError`]s as `{code, message}`.
//!
//! Every face (window, terminal, library user) speaks exactly this. The JSON form is stable: the
//! terminal prints it with `--json`, the window receives it over its channel, and the TypeScript
//! bindings in `ui/src/bindings` are generated from these types (`npm run bindings`).
//!
//! Units: sizes are bytes, instants are Unix milliseconds, durations are milliseconds. Ids are
//! opaque strings.

mod command;
mod error;
mod event;
mod reason;
mod view;

pub use command::Command;
pub use error::{ApiError, ErrorCode};
pub use event::Event;
pub use reason::Reason;
pub use view::*;

/// The longest text of a message, in bytes of UTF-8.
pub const TEXT_MAX: usize = gossamer_wire::limits::TEXT;

/// The longest draft, in bytes of UTF-8: what is too long for a message is not lost before it is
/// shortened or sent as a file.
pub const DRAFT_MAX: usize = 1 << 20;
