//! What the page may ask of the node: less than other faces, because what runs in a web view is not
//! trusted. It names no path, and it does not stop the node.

use std::path::PathBuf;

use gossamer_node::api::{ApiError, Command};
use serde::{Deserialize, Deserializer, de::Error};
use ts_rs::TS;

use crate::chosen::Token;

/// A command of the page.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum PageCommand {
    /// About a file that the user chose.
    Chosen(ChosenCommand),
    /// One of the node's own.
    Node(#[serde(deserialize_with = "for_page")] Command),
}

/// What is done with a file that the user chose. Answered as the node's command of the same name.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(tag = "cmd", rename_all = "snake_case", deny_unknown_fields)]
#[ts(export)]
pub(crate) enum ChosenCommand {
    /// Offer it to a conversation; answered with `transfer` of the new transfer.
    SendFile {
        /// The conversation; only `everyone` exists today.
        to: String,
        /// Stands for the file. It is used up once the file is on its way.
        #[ts(type = "string")]
        token: Token,
    },
}

impl PageCommand {
    /// The file that it is about, if it is about one that the user chose.
    pub(crate) fn token(&self) -> Option<&Token> {
        match self {
            Self::Chosen(ChosenCommand::SendFile { token, .. }) => Some(token),
            Self::Node(_) => None,
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
        match self {
            Self::Chosen(ChosenCommand::SendFile { to, token }) => {
                let path = path_of(&token)?;
                Ok(Command::SendFile { to, path })
            }
            Self::Node(command) => Ok(command),
        }
    }
}

fn for_page<'de, D: Deserializer<'de>>(command: D) -> Result<Command, D::Error> {
    let command = Command::deserialize(command)?;
    if is_for_page(&command) {
        Ok(command)
    } else {
        Err(Error::custom("the page may not ask for this"))
    }
}

/// Whether the page may ask for it. Every command is named, so that a new one is not the page's before
/// somebody has decided that.
fn is_for_page(command: &Command) -> bool {
    match command {
        Command::SendFile { .. } | Command::Quit => false,
        Command::Send { .. }
        | Command::Peers
        | Command::AddContact { .. }
        | Command::RemoveContact { .. }
        | Command::SetRelay { .. }
        | Command::Connect { .. }
        | Command::Accept { .. }
        | Command::Decline { .. }
        | Command::Cancel { .. }
        | Command::History { .. }
        | Command::MarkRead { .. }
        | Command::SetDraft { .. }
        | Command::Drafts
        | Command::Retry { .. }
        | Command::Transfers
        | Command::ClearTransfers => true,
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
            r#"{"cmd":"peers","path":"/etc/passwd"}"#,
        ] {
            serde_json::from_str::<PageCommand>(json).unwrap_err();
        }
    }

    #[test]
    fn what_the_page_may_ask_for_reaches_the_node_as_it_is() {
        for (json, command) in [
            (r#"{"cmd":"peers"}"#, Command::Peers),
            (
                r#"{"cmd":"accept","transfer":"t1"}"#,
                Command::Accept {
                    transfer: "t1".to_owned(),
                },
            ),
        ] {
            let asked: PageCommand = serde_json::from_str(json).unwrap();
            let nothing = |_: &Token| -> Result<PathBuf, ApiError> { panic!("no file") };
            assert_eq!(asked.for_node(nothing).unwrap(), command);
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
