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
