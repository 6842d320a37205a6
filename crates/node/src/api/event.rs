//! What a running node tells its faces.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    DraftView, ErrorCode, MessageStateView, MessageView, PeerRateView, PeerView, ReadyView,
    RefusalReason, StatusView, TransferView,
};
use crate::RelayMode;

/// Something happened, or a [`Command`](super::Command) is answered.
///
/// Events of one node arrive in the order in which they happened. What a command changes is told as
/// an event too, to every face; its answer goes to the one that asked. A face that starts late asks
/// for `peers`, `history`, `drafts` and `transfers` first and then applies events by id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "event", rename_all = "snake_case")]
#[ts(export)]
pub enum Event {
    /// The node listens and is being announced. Always the first event, once. A client enables
    /// its composer.
    Ready(ReadyView),
    /// A device became reachable, or its name, address or dialect changed. A client upserts it
    /// by id.
    PeerUp {
        /// The device.
        peer: PeerView,
    },
    /// A device said goodbye or was silent for too long. A client shows it as away; it keeps its
    /// messages.
    PeerDown {
        /// The device as last known.
        peer: PeerView,
    },
    /// Answers `add_contact` and `remove_contact`: the device's person became a contact, or is none
    /// any more. Told of each device of theirs. A client upserts it by id.
    Contact {
        /// The device.
        peer: PeerView,
    },
    /// Answers `set_relay`: this device passes streams on for these now. A client shows it among the
    /// settings.
    Relay {
        /// For whom.
        relay: RelayMode,
    },
    /// How fast files go between us and devices changed; at most twice a second, and once when
    /// nothing flows any more. A client sets the rates of those named, and takes them from others.
    PeerRates {
        /// Every device to or from which something flows.
        rates: Vec<PeerRateView>,
    },
    /// A device of this network's name is near, and the two cannot come together. A client says so
    /// near its list of devices; `status` counts those with another password.
    PeerRefused {
        /// The device.
        id: String,
        /// Where it is.
        addr: String,
        /// Why.
        reason: RefusalReason,
    },
    /// Answers `peers`: every device known in this session, and those of earlier ones in this network
    /// that speak v2, reachable ones first. A client replaces its list.
    Peers {
        /// The devices.
        peers: Vec<PeerView>,
    },
    /// A message is on disk and may be shown: one of someone else's, or our own just accepted
    /// for sending. A client upserts it by id.
    Message(MessageView),
    /// The delivery state of one of our own messages changed. A client updates the row with this
    /// id; a state never moves backwards except from `failed` to `queued` on retry.
    MessageState(MessageStateView),
    /// Answers `history`. A client puts the messages before those it has.
    History {
        /// The conversation asked for.
        conversation: String,
        /// Oldest first.
        messages: Vec<MessageView>,
        /// Whether older messages exist.
        more: bool,
        /// The newest message marked as read, if any was.
        read_up_to: Option<String>,
    },
    /// Answers `mark_read`: messages were seen. A client counts those after it as unread.
    ReadMarker {
        /// The conversation.
        conversation: String,
        /// The newest message marked as read.
        message: String,
    },
    /// Answers `set_draft`: what is typed for a conversation changed. A client shows it where nothing
    /// else is being typed.
    Draft(DraftView),
    /// Answers `drafts`: those that are not empty.
    Drafts {
        /// One for each conversation at most.
        drafts: Vec<DraftView>,
    },
    /// A transfer appeared or changed; while bytes move, at most 4 times a second for each. A
    /// client upserts it by id, and asks the user when `state` is `offered`.
    Transfer(TransferView),
    /// Answers `transfers` and `clear_transfers`, oldest first, and tells that ended ones were
    /// removed. A client replaces its list.
    Transfers {
        /// The transfers.
        transfers: Vec<TransferView>,
    },
    /// Answers `connect`: the address is being tried. `peer_up` follows on success, `error` with
    /// `unreachable` on failure.
    Connecting {
        /// The address, resolved to `ip:port`.
        addr: String,
    },
    /// Counters and rates changed; at most once a second. A client shows them in its status bar.
    Status(StatusView),
    /// The face was too slow and events were dropped; nothing stored is lost. A client asks for
    /// `peers`, `history`, `drafts` and `transfers` again.
    Lagged,
    /// Something went wrong that no command is waiting for, or (on the terminal) a command
    /// failed. A client shows `message`; the node goes on.
    Error {
        /// For decisions.
        code: ErrorCode,
        /// For people: what happened, why, what to do.
        message: String,
    },
    /// The history can be written again, after an `error` said that it cannot: between the two
    /// nothing was kept, and it is told once however much came in. A client says so.
    WritesAgain,
    /// The node has stopped and nothing is lost. Always the last event.
    Stopped,
}
