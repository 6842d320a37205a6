//! One running peer: the API, and the actor that drives the brain over net and store.

pub mod api;
mod config;
mod handle;
mod node;
mod survey;

pub use config::{AcceptMode, ClassicMode, Config, Timers};
pub use handle::NodeHandle;
pub use node::{EventStream, Node};
pub use survey::Survey;
