//! What the page may ask of the node: a list of its own, because what runs in a web view is not
//! trusted with all that [`Command`] can do. It holds no path, and a new command of the node is not
//! the page's before it is written here.

use std::path::PathBuf;

use gossamer_node::{
    RelayMode,
    api::{ApiError, Command},
};
use serde::Deserialize;
use ts_rs::TS;

use crate::chosen::Token;

/// What the page may ask of the node. Each is answered as the node's command of the same name.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(tag = "cmd", rename_all = "snake_case", deny_unknown_fields)]
#[ts(export, rename = "Command")]
pub(crate) enum PageCommand {
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
        /// The token of a file that the user chose. It is used up once the file is on its way.
        #[ts(type = "string")]
        token: Token,
    },
    /// Who is around; answered with `peers`.
    Peers,
    /// Make the person whose device this is a contact; answered with `contact`.
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
    /// Pass streams on for these from now on; answered with `relay`.
    SetRelay {
        /// For whom.
        relay: RelayMode,
    },
    /// Reach a device at a known address; answered with `connecting`.
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
    /// Try a failed or queued message again under the same id; answered with `message_state`.
    Retry {
        /// The message's id.
        message: String,
    },
    /// Current and past transfers, newest last; answered with `transfers`.
    Transfers,
    /// Remove ended transfers from the history. Files stay. Answered with `transfers`.
    ClearTransfers,
}

impl PageCommand {
    /// The file that it is about, if it is about one that the user chose.
    pub(crate) fn token(&self) -> Option<&Token> {
        if let Self::SendFile { token, .. } = self {
            Some(token)
        } else {
            None
        }
    }

    /// As the node takes it; `path_of` says where the file is that a token stands for.
    ///
    /// # Errors
    /// Those of `path_of`.
    pub(crate) fn for_node(
        self,
        path_of: impl FnOnce(&Token) -> Result<PathBuf, ApiError>,
    ) -> Result<Command, ApiError> {
        Ok(match self {
            Self::Send { to, text } => Command::Send { to, text },
            Self::SendFile { to, token } => Command::SendFile {
                to,
                path: path_of(&token)?,
            },
            Self::Peers => Command::Peers,
            Self::AddContact { peer } => Command::AddContact { peer },
            Self::RemoveContact { peer } => Command::RemoveContact { peer },
            Self::SetRelay { relay } => Command::SetRelay { relay },
            Self::Connect { addr } => Command::Connect { addr },
            Self::Accept { transfer } => Command::Accept { transfer },
            Self::Decline { transfer } => Command::Decline { transfer },
            Self::Cancel { transfer } => Command::Cancel { transfer },
            Self::History {
                conversation,
                before,
                limit,
            } => Command::History {
                conversation,
                before,
                limit,
            },
            Self::MarkRead {
                conversation,
                message,
            } => Command::MarkRead {
                conversation,
                message,
            },
            Self::Retry { message } => Command::Retry { message },
            Self::Transfers => Command::Transfers,
            Self::ClearTransfers => Command::ClearTransfers,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_cannot_name_a_path_nor_stop_the_node() {
        for json in [
            r#"{"cmd":"send_file","to":"everyone","path":"/etc/passwd"}"#,
            r#"{"cmd":"send_file","to":"everyone","token":"a","path":"/etc/passwd"}"#,
            r#"{"cmd":"quit"}"#,
        ] {
            serde_json::from_str::<PageCommand>(json).unwrap_err();
        }
    }

    #[test]
    fn a_token_becomes_the_path_that_it_stands_for() {
        let json = r#"{"cmd":"send_file","to":"everyone","token":"0123"}"#;
        let asked: PageCommand = serde_json::from_str(json).unwrap();
        let path = PathBuf::from("report.pdf");
        assert_eq!(
            asked.for_node(|_| Ok(path.clone())).unwrap(),
            Command::SendFile {
                to: "everyone".to_owned(),
                path
            }
        );
    }
}
