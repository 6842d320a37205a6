//! The nouns that events carry.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Reason;
use crate::RelayMode;

/// The node as it started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReadyView {
    /// This node's id on the classic wire: 8 hexadecimal characters.
    pub node_id: String,
    /// This device, as others see it among their peers and as the author of messages.
    pub device_id: String,
    /// The name others see.
    pub name: String,
    /// The TCP port; discovery uses the UDP port one above.
    pub port: u16,
    /// Where this node can be reached: `ip:port`, one for each usable interface, loopback last.
    pub addrs: Vec<String>,
    /// The network's name.
    pub network: String,
    /// Whether a password protects the network's messages.
    pub password: bool,
    /// How the key of the stored history is kept: `keychain`, `passphrase`, or `key-file` (beside
    /// the database, readable by this user only).
    pub at_rest: String,
    /// Where accepted files land.
    pub downloads: String,
    /// The profile's name.
    pub profile: String,
    /// For whom it passes streams on.
    pub relay: RelayMode,
}

/// A device as this node sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PeerView {
    /// Opaque and stable while the device keeps its profile.
    pub id: String,
    /// The name it gives itself; unverified.
    pub name: String,
    /// `ip:port` we would dial; empty while only others reach it.
    pub addr: String,
    /// The id of the neighbour through whom it is reached; of a relayed one only.
    pub via: Option<String>,
    /// Links on the way to it: 1 when it is direct, absent when there is no way.
    pub hops: Option<u8>,
    /// The round trip in milliseconds, as it was last measured over all links on the way.
    pub rtt_ms: Option<u32>,
    /// How fast files go between us and it; absent when none does.
    pub rate: Option<RateView>,
    /// Whether its person is a contact.
    pub contact: bool,
    /// What it speaks.
    pub dialect: Dialect,
    /// Whether it can be reached now.
    pub status: PeerStatus,
    /// When it was last heard, Unix milliseconds.
    #[ts(type = "number")]
    pub last_seen: u64,
}

/// Bytes per second of all files between us and a device, lately. Whatever else goes over the same
/// connections is not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RateView {
    /// From it.
    #[ts(type = "number")]
    pub down: u64,
    /// To it.
    #[ts(type = "number")]
    pub up: u64,
}

/// The [`RateView`] of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PeerRateView {
    /// The device.
    pub id: String,
    /// Its rate.
    pub rate: RateView,
}

/// The protocol a device speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Dialect {
    /// Classic JSON (docs/protocol-v1.md).
    V1,
    /// Authenticated and encrypted (docs/protocol-v2.md).
    V2,
}

/// Why a device near is kept out, or keeps us out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RefusalReason {
    /// Its password is another one.
    OtherPassword,
    /// It has no password, and we have one.
    NoPassword,
    /// It has a password, and we have none.
    NeedsPassword,
    /// Too many wrong passwords were tried near us or it; it is tried again later.
    TooManyGuesses,
    /// It speaks another version.
    OtherVersion,
    /// It has as many links as it can hold.
    TooManyLinks,
}

/// Whether a device can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum PeerStatus {
    /// Heard recently, nothing between us.
    Direct,
    /// Reached through others.
    Relayed,
    /// Heard recently, but connections to it fail: a firewall, or a network that keeps devices
    /// apart.
    Unreachable,
    /// Not heard for 30 s, or it said goodbye, and no way leads to it.
    Offline,
}

/// The author of a message or the sender of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Author {
    /// The id the message claims; classic messages prove nothing.
    pub id: String,
    /// The name the message claims.
    pub name: String,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct MessageView {
    /// Opaque.
    pub id: String,
    /// `everyone`.
    pub conversation: String,
    /// Who wrote it.
    pub from: Author,
    /// Markdown. Empty when `readable` is false.
    pub text: String,
    /// Whether this node wrote it.
    pub own: bool,
    /// False when it is encrypted under a password other than ours. A client says so in place of
    /// the text.
    pub readable: bool,
    /// When its author says it was sent, Unix milliseconds.
    #[ts(type = "number")]
    pub sent_at: u64,
    /// When it reached this node, Unix milliseconds.
    #[ts(type = "number")]
    pub received_at: u64,
    /// Where it stands in its conversation: clients order by this and then by `id`. It is below
    /// `sent_at` when the author's clock seemed more than a day ahead of ours and was not
    /// believed; a client says so.
    #[ts(type = "number")]
    pub place: u64,
    /// Whether something that stands below it was here before it came.
    pub late: bool,
    /// How many devices passed it on; null where the dialect does not say (classic).
    pub hops: Option<u32>,
    /// For own messages, how far it got; null for others'.
    pub state: Option<MessageState>,
    /// For own messages, how many devices have it.
    pub reached: u32,
    /// Why it failed.
    pub reason: Option<Reason>,
}

impl MessageView {
    /// Whether its author's clock, or this node's, was wrong by more than a day when it came.
    #[must_use]
    pub fn is_misdated(&self) -> bool {
        self.place < self.sent_at
    }
}

/// How far a message of our own got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum MessageState {
    /// On this device only; leaves at the next device met.
    Queued,
    /// At least one device has it.
    Sent,
    /// Others hold it for someone who is away.
    Carried,
    /// The recipient's device has it.
    Delivered,
    /// The recipient has seen it.
    Read,
    /// Nothing holds it any more; the user can retry.
    Failed,
}

/// A change of [`MessageState`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct MessageStateView {
    /// The message.
    pub id: String,
    /// Its new state.
    pub state: MessageState,
    /// Why; set with `failed`.
    pub reason: Option<Reason>,
    /// How many devices have it.
    pub reached: u32,
}

/// What was typed for a conversation and not sent yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DraftView {
    /// `everyone`.
    pub conversation: String,
    /// As it was typed; empty when nothing is left of it.
    pub text: String,
}

/// One file on its way, in either direction, or the record of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TransferView {
    /// Opaque.
    pub id: String,
    /// To or from this node.
    pub direction: Direction,
    /// `everyone`.
    pub conversation: String,
    /// Who sends it.
    pub from: Author,
    /// The file name, made safe.
    pub name: String,
    /// Where it is.
    pub state: TransferState,
    /// Bytes moved so far; towards the furthest recipient when sending.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Bytes in all.
    #[ts(type = "number")]
    pub size: u64,
    /// Bytes per second lately; 0 when not moving.
    #[ts(type = "number")]
    pub rate: u64,
    /// Milliseconds left at that rate; null until known.
    #[ts(type = "number | null")]
    pub eta: Option<u64>,
    /// The local file: the source when sending, the result once `done` when receiving.
    pub path: Option<String>,
    /// SHA-256 of the whole file in hexadecimal, once known.
    pub sha256: Option<String>,
    /// Why it waits, failed or was cancelled.
    pub reason: Option<Reason>,
    /// When sending: how many devices have all of it.
    pub reached: u32,
    /// When it appeared, Unix milliseconds.
    #[ts(type = "number")]
    pub started_at: u64,
    /// When it ended, Unix milliseconds.
    #[ts(type = "number | null")]
    pub ended_at: Option<u64>,
    /// For an offer: free bytes where it would land, if known.
    #[ts(type = "number | null")]
    pub free: Option<u64>,
}

/// Which way a file travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Direction {
    /// To this node.
    In,
    /// From this node.
    Out,
}

/// Where a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TransferState {
    /// Incoming: waits for accept or decline; of a classic file bytes may already be spooled.
    /// Outgoing: waits for an answer, or for a device to offer it to.
    Offered,
    /// Bytes move.
    Active,
    /// Waits for something named in `reason`.
    Paused,
    /// All bytes are here and are being checked and synced.
    Verifying,
    /// Intact, on disk, under its final name (in) or written to every reachable device (out).
    Done,
    /// Ended without success; `reason` says why and what to do.
    Failed,
    /// Ended by someone's choice.
    Cancelled,
}

/// Counters for a status bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct StatusView {
    /// Devices reachable now.
    pub online: u32,
    /// Own messages that nobody has yet.
    pub queued: u32,
    /// Devices near that have another password, or where only one side has one.
    pub other_password: u32,
    /// Streams between others that go through this device now.
    pub relaying: u32,
    /// Bytes per second received over all connections.
    #[ts(type = "number")]
    pub down: u64,
    /// Bytes per second sent over all connections.
    #[ts(type = "number")]
    pub up: u64,
    /// Whether any interface but loopback is usable.
    pub network: bool,
    /// Current addresses, as in [`ReadyView::addrs`].
    pub addrs: Vec<String>,
}

/// What can be said about a port before joining on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SurveyView {
    /// The TCP port asked about.
    pub port: u16,
    /// Whether it can be listened on.
    pub port_free: bool,
    /// A free port to offer instead, when it is not.
    pub suggested_port: Option<u16>,
    /// Devices heard since the survey began, on this network's name or on none (classic).
    pub heard: u32,
    /// Devices heard that are on another network's name.
    pub heard_elsewhere: u32,
    /// The usable interfaces, the likeliest first.
    pub interfaces: Vec<InterfaceView>,
}

/// A network interface a node would use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct InterfaceView {
    /// The system's name, such as `wlan0`.
    pub name: String,
    /// Its IPv4 address.
    pub addr: String,
    /// The length of its network prefix, in bits.
    pub prefix: u8,
    /// What it seems to be.
    pub kind: InterfaceKind,
}

/// What an interface seems to be, judged by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum InterfaceKind {
    /// Wireless.
    Wifi,
    /// Wired.
    Ethernet,
    /// This machine only.
    Loopback,
    /// Anything else.
    Other,
}
