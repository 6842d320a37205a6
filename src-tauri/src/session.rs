//! What the window finds when it opens.

use gossamer_node::{
    Config,
    api::{ApiError, ReadyView},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What the window finds when it opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub(crate) struct Session {
    /// The program's version.
    pub(crate) version: String,
    /// `linux`, `macos` or `windows`.
    #[ts(type = "\"linux\" | \"macos\" | \"windows\"")]
    pub(crate) platform: String,
    /// The node that already runs, if one does.
    pub(crate) joined: Option<ReadyView>,
    /// What to fill the Join form with: the last values used, or those of the command line.
    pub(crate) form: JoinForm,
    /// Why joining as the command line asked did not work.
    pub(crate) problem: Option<ApiError>,
    /// Where received files land.
    pub(crate) downloads: String,
}

/// What the Join form holds, except the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub(crate) struct JoinForm {
    /// The name others see.
    pub(crate) name: String,
    /// The TCP port.
    pub(crate) port: u16,
    /// The network's name.
    pub(crate) network: String,
    /// The address of the one interface to use; null means all.
    pub(crate) bind: Option<String>,
}

impl JoinForm {
    /// The form that asks for what `config` says.
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            name: config.name.clone(),
            port: config.port,
            network: config.network.clone(),
            bind: config.bind.first().map(ToString::to_string),
        }
    }
}
