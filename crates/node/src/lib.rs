//! One running peer: the API, and the actor that drives the brain over net and store.
//!
//! ```no_run
//! use gossamer_node::{Config, Node, api::{Command, Event}};
//!
//! # async fn run() -> Result<(), gossamer_node::api::ApiError> {
//! let (node, mut events) = Node::start(Config::new("ana")).await?;
//! node.execute(Command::Send { to: "everyone".into(), text: "hello".into() }).await?;
//! while let Some(event) = events.next().await {
//!     if let Event::Message(message) = event {
//!         println!("{}: {}", message.from.name, message.text);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The library installs no logger, reads no environment and prints nothing.

mod actor;
pub mod api;
mod archive;
mod classic;
mod clock;
mod commands;
mod config;
mod contacts;
mod convert;
mod delivery;
mod devices;
mod drafts;
mod files;
mod gossip;
mod handle;
mod hearing;
mod kept;
pub mod legible;
mod node;
mod profile;
mod recent;
mod sink;
mod status;
mod streams;
mod survey;
mod trouble;

pub use config::{AcceptMode, ClassicMode, Config, RelayMode, Timers};
pub use gossamer_crypto::{CryptoProvider, OpenError, Password, SealError};
pub use gossamer_store::Passphrase;
pub use handle::NodeHandle;
pub use node::Node;
pub use sink::EventStream;
pub use survey::Survey;
