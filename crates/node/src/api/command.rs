//! What a face can ask of a running node.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};
use ts_rs::TS;

use crate::RelayMode;

/// One request to a running node. [`NodeHandle::execute`](crate::NodeHandle::execute) answers it
/// with one [`Event`](super::Event) or an [`ApiError`](super::ApiError).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "cmd", rename_all = "snake_case", deny_unknown_fields)]
#[ts(export)]
pub enum Command {
    /// Send a text to a conversation; answered with `message_state` of the new message.
    Send {
        /// The conversation; only `everyone` exists today.
        to: String,
        /// At most 16 KiB of UTF-8, not blank.
        text: String,
    },
    /// Offer a file to a conversation; answered with `transfer` of the new transfer.
    SendFile {
        /// The conversation; only `everyone` exists today.
        to: String,
        /// A readable file on this machine.
        #[ts(type = "string")]
        path: PathBuf,
    },
    /// Who is around; answered with `peers`.
    #[serde(deserialize_with = "bare")]
    Peers,
    /// Make the person whose device this is a contact, whom this node prefers: with all their
    /// devices and in every network. Answered with `contact`.
    AddContact {
        /// The id of a device of theirs, among `peers`; not one that speaks only the classic
        /// protocol.
        peer: String,
    },
    /// The opposite; answered with `contact`.
    RemoveContact {
        /// The id of a device of theirs, among `peers`.
        peer: String,
    },
    /// Pass streams on for these from now on, and end what is passed on for others; answered with
    /// `relay`.
    SetRelay {
        /// For whom.
        relay: RelayMode,
    },
    /// Reach a device at a known address, for networks where discovery is blocked; answered with
    /// `connecting`. A `peer_up` follows when it answers.
    Connect {
        /// `host:port`, or a bare host, which means the default port. IPv4 or a name that has one.
        addr: String,
    },
    /// Take an offered file; answered with its `transfer`.
    Accept {
        /// The transfer's id.
        transfer: String,
    },
    /// Refuse an offered file and discard what has arrived of it; answered with its `transfer`.
    Decline {
        /// The transfer's id.
        transfer: String,
    },
    /// Stop a transfer of either direction; answered with its `transfer`.
    Cancel {
        /// The transfer's id.
        transfer: String,
    },
    /// A page of a conversation, newest last; answered with `history`.
    History {
        /// The conversation; only `everyone` exists today.
        conversation: String,
        /// Only messages before this one (the `id` of the oldest message already shown).
        #[serde(default)]
        before: Option<String>,
        /// How many at most; 100 when absent, never more than 500.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// Everything up to this message has been seen; answered with `read_marker`.
    MarkRead {
        /// The conversation; only `everyone` exists today.
        conversation: String,
        /// The newest message seen.
        message: String,
    },
    /// Keep what is typed for a conversation and not sent yet, instead of what was kept before;
    /// answered with `draft`. Sending does not touch it.
    SetDraft {
        /// The conversation; only `everyone` exists today.
        conversation: String,
        /// At most 1 MiB of UTF-8, more than a message may have; an empty one removes the draft.
        text: String,
    },
    /// What was typed and not sent yet; answered with `drafts`.
    #[serde(deserialize_with = "bare")]
    Drafts,
    /// Try a failed or queued message again under the same id; answered with `message_state`.
    Retry {
        /// The message's id.
        message: String,
    },
    /// Current and past transfers, newest last; answered with `transfers`.
    #[serde(deserialize_with = "bare")]
    Transfers,
    /// Remove ended transfers from the history. Files stay. Answered with `transfers`.
    #[serde(deserialize_with = "bare")]
    ClearTransfers,
    /// Stop the node. Everything accepted is on disk before `stopped` answers.
    #[serde(deserialize_with = "bare")]
    Quit,
}

/// Reads a command that has no fields. By itself `deny_unknown_fields` lets everything pass beside
/// the tag of such a variant.
fn bare<'de, D: Deserializer<'de>>(fields: D) -> Result<(), D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    Nothing::deserialize(fields).map(|Nothing {}| ())
}
