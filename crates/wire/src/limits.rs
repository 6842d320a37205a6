//! Every limit of the wire, each with its reason. Sizes are bytes.

/// One discovery datagram: what the original program reads at most.
pub const DATAGRAM: usize = 1024;

/// One classic message as we accept it. Generous against the 64 KiB that anyone should send.
pub const MESSAGE: usize = 1 << 20;

/// One classic message as we send it: the original program takes one `recv(65536)` as a whole
/// message, so every message of ours stays well below.
pub const MESSAGE_OUT: usize = 60 << 10;

/// The text of a chat message, UTF-8, before encryption.
pub const TEXT: usize = 16 << 10;

/// The content of a chat message as it arrives: text, or text sealed and encoded twice. More than
/// the original program can send.
pub const CONTENT: usize = 64 << 10;

/// The bytes in one file chunk, before base64. The original program always sends this many.
pub const CHUNK: usize = 8 << 10;

/// An id on the classic wire: a node id (8 characters as seen) or a UUID (36).
pub const ID: usize = 64;

/// A display name on the wire, UTF-8. Longer ones are cut.
pub const NAME: usize = 256;

/// A file name on the wire, UTF-8. Longer than any file system takes, so that a refusal can name
/// the reason.
pub const FILE_NAME: usize = 1 << 10;

/// Entries of a `peer_list`. Further ones are ignored.
pub const PEER_LIST: usize = 256;

/// The lowest port that is ever dialled: a spoofed beacon must not make us talk to printers.
pub const MIN_PORT: u16 = 1024;

/// The body of a v2 frame: one read of a socket, and more than the largest thing in it, an
/// envelope, needs with all around it.
pub const FRAME: usize = 64 << 10;

/// The signed body of an envelope: the rest of [`FRAME`] is for what travels beside it.
pub const ENVELOPE: usize = 60 << 10;

/// The body of an envelope that is pushed unasked: what most texts need, and cheap enough to
/// arrive twice.
pub const INLINE: usize = 4 << 10;

/// Ids in one frame: with their heads 34 KiB, so that a list fits into [`FRAME`].
pub const IDS: usize = 1024;

/// The network keys of a keyring: one for each island of a network that met the others late.
pub const KEYS: usize = 64;

/// Buckets in one DIGEST: those that there are, five, and some that later versions add.
pub const BUCKETS: usize = 16;

/// One message of a reconciliation: leaves room in [`FRAME`] for envelopes between two rounds.
pub const RECON: usize = 48 << 10;

/// How deep CBOR may be nested: twice what any structure of ours needs.
pub const CBOR_DEPTH: usize = 8;

/// How often an envelope is pushed on unasked. Further off it is announced, and asked for.
pub const TTL: u8 = 8;

/// How long an envelope can live, seconds: 30 days.
pub const LIFETIME_MAX: u32 = 30 * 24 * 60 * 60;

/// How long an id is known after its envelope aged out, seconds: 48 h, so that nodes which counted
/// its age a little differently do not hand it to each other again.
pub const GRACE: i64 = 48 * 60 * 60;

/// How long what is said to everyone lives, seconds: 7 days. A week away still catches up.
pub const LIFETIME_EVERYONE: u32 = 7 * 24 * 60 * 60;

/// The highest `created` and `seq`: the largest integer that SQLite, a double and JSON hold alike.
/// "One more than the last" cannot overflow.
pub const INTEGER: u64 = (1 << 53) - 1;

/// The envelopes a text comes after: the newest that its author had seen in a branching history.
pub const AFTER: usize = 8;

/// The links that one device tells of: it has no more.
pub const EDGES: usize = 32;

/// How long what a device said of its links counts, seconds: three times the pause between two.
pub const LIFETIME_LINK_STATE: u32 = 15 * 60;

/// The body of an envelope that tells of links: [`EDGES`] of them take 1.3 KiB.
pub const LINK_STATE: usize = 2 << 10;

/// Link states in one frame: as many of the largest as fit into [`FRAME`].
pub const LINK_STATES: usize = 24;

/// How long a direct message waits for its recipient, seconds: 7 days, like what is said to everyone.
pub const LIFETIME_DM: u32 = 7 * 24 * 60 * 60;

/// Messages that one Purge names: as many as travel unasked, within [`INLINE`].
pub const PURGED: usize = 50;

/// Capabilities in a device record.
pub const CAPABILITIES: usize = 16;

/// The relays of one circuit: with its two ends, a line of nine devices.
pub const RELAYS: u8 = 7;

/// The name of a capability or of a service, ASCII words of ours.
pub const WORD: usize = 32;
