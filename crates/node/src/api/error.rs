//! Errors as faces see them.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// An error for a face: `code` for decisions, `message` for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ApiError {
    /// Stable; a face may branch on it.
    pub code: ErrorCode,
    /// What happened, why, and what to do next, in English.
    pub message: String,
}

/// What kind of thing went wrong. Codes are stable; new ones may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ErrorCode {
    /// The command is not valid JSON, is unknown, or lacks something.
    BadCommand,
    /// An argument makes no sense: empty, too long, malformed.
    BadArgument,
    /// No such conversation.
    UnknownConversation,
    /// No such message.
    UnknownMessage,
    /// No such device, or whose it is is not known yet.
    UnknownPeer,
    /// No such transfer.
    UnknownTransfer,
    /// The transfer or message is not in a state that allows this.
    WrongState,
    /// The file cannot be read, or is not a regular file.
    FileUnreadable,
    /// The disk has no room.
    DiskFull,
    /// A file or folder cannot be written.
    FileUnwritable,
    /// The port is taken by another program.
    PortInUse,
    /// The port cannot be used (permission, range, address not on this machine).
    PortUnusable,
    /// Another node already runs on this profile.
    ProfileInUse,
    /// Another device runs with a copy of this profile.
    ProfileCopied,
    /// The data directory or its database cannot be opened.
    StoreUnavailable,
    /// The database's key does not fit, or the file is damaged. Nothing was replaced.
    StoreUnreadable,
    /// The history is locked with a passphrase, and none was given.
    PassphraseNeeded,
    /// The passphrase is not the one that locks the history. Nothing was changed.
    PassphraseWrong,
    /// Nobody answered at an address.
    Unreachable,
    /// A limit on what we hold at once is reached.
    LimitReached,
    /// The node has stopped.
    Stopped,
    /// Ours to fix.
    Internal,
}

impl ApiError {
    /// An error with a message for people.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}
