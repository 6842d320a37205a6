//! Files that the user chose, and the tokens by which the page names them. The page never names a
//! path: what is not in this table is out of its reach.

use std::{
    collections::VecDeque,
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use gossamer_node::api::{ApiError, ErrorCode};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The most files of one choice: the node lets no more than this wait to be sent.
const CHOICE: usize = 500;
/// The most files in all: one choice can be sent while the next one is made. The oldest go first.
const CAP: usize = 2 * CHOICE;

/// Stands for a file that the user chose: 128 random bits in hexadecimal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Token(String);

impl Token {
    fn random() -> Result<Self, ApiError> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).map_err(|error| {
            let message = format!("The system has no random numbers: {error}. Try again.");
            ApiError::new(ErrorCode::Internal, message)
        })?;
        Ok(Self(hex::encode(bits)))
    }
}

/// Who has a token may send the file, so it is not shown.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// A file that the user chose, as the page sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub(crate) struct ChosenFile {
    /// Stands for the file in `send_file`, until it is sent or this device leaves the network.
    #[ts(type = "string")]
    pub(crate) token: Token,
    /// Its name without its folder.
    pub(crate) name: String,
    /// Bytes; null for what is no file that can be sent, such as a folder.
    #[ts(type = "number | null")]
    pub(crate) size: Option<u64>,
}

/// The files chosen and not sent yet.
#[derive(Default)]
pub(crate) struct Chosen {
    files: Mutex<VecDeque<(Token, PathBuf)>>,
}

impl Chosen {
    /// Remembers a choice. Asks the file system how large each file is.
    ///
    /// # Errors
    /// When it has more files than can wait to be sent; then none is remembered.
    pub(crate) fn keep(&self, paths: Vec<PathBuf>) -> Result<Vec<ChosenFile>, ApiError> {
        if paths.len() > CHOICE {
            let message = format!("No more than {CHOICE} files can be sent at once. Choose fewer.");
            return Err(ApiError::new(ErrorCode::LimitReached, message));
        }
        let seen: Vec<_> = paths
            .iter()
            .map(|path| look(path))
            .collect::<Result<_, _>>()?;
        let mut files = self.files();
        let over = (files.len() + paths.len()).saturating_sub(CAP);
        files.drain(..over);
        let tokens = seen.iter().map(|file| file.token.clone());
        files.extend(tokens.zip(paths));
        Ok(seen)
    }

    /// Where the file is that a token stands for.
    ///
    /// # Errors
    /// When it stands for none, or for none any more.
    pub(crate) fn path(&self, token: &Token) -> Result<PathBuf, ApiError> {
        let files = self.files();
        let found = files.iter().find(|(known, _)| known == token);
        found.map(|(_, path)| path.clone()).ok_or_else(|| {
            ApiError::new(
                ErrorCode::FileUnreadable,
                "This file is not among those that were chosen. Choose it again.",
            )
        })
    }

    /// Where all of them are.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let files = self.files();
        files.iter().map(|(_, path)| path.clone()).collect()
    }

    /// The file is on its way, and its token of no use any more.
    pub(crate) fn sent(&self, token: &Token) {
        self.files().retain(|(known, _)| known != token);
    }

    /// Forgets every choice.
    pub(crate) fn forget(&self) {
        self.files().clear();
    }

    fn files(&self) -> MutexGuard<'_, VecDeque<(Token, PathBuf)>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn look(path: &Path) -> Result<ChosenFile, ApiError> {
    let name = path.file_name().unwrap_or(path.as_os_str());
    let file = fs::metadata(path).ok().filter(fs::Metadata::is_file);
    Ok(ChosenFile {
        token: Token::random()?,
        name: name.to_string_lossy().into_owned(),
        size: file.map(|file| file.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(names: std::ops::Range<usize>) -> Vec<PathBuf> {
        names.map(|name| PathBuf::from(name.to_string())).collect()
    }

    #[test]
    fn a_file_is_told_by_name_and_size_and_found_by_its_token_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.pdf");
        fs::write(&path, b"hello").unwrap();
        let chosen = Chosen::default();
        let told = chosen
            .keep(vec![path.clone(), dir.path().to_owned()])
            .unwrap();
        assert_eq!(
            (told[0].name.as_str(), told[0].size),
            ("report.pdf", Some(5))
        );
        assert_eq!(told[1].size, None, "a folder is no file");
        assert_eq!(told[0].token.0.len(), 32);
        assert_ne!(told[0].token, told[1].token);
        assert_eq!(chosen.path(&told[0].token).unwrap(), path);
        let guess = Token(path.display().to_string());
        assert_eq!(
            chosen.path(&guess).unwrap_err().code,
            ErrorCode::FileUnreadable
        );
    }

    #[test]
    fn a_file_that_was_sent_is_chosen_again_to_be_sent_again() {
        let chosen = Chosen::default();
        let told = chosen.keep(paths(0..2)).unwrap();
        chosen.sent(&told[0].token);
        chosen.path(&told[0].token).unwrap_err();
        chosen.path(&told[1].token).unwrap();
        chosen.forget();
        chosen.path(&told[1].token).unwrap_err();
    }

    #[test]
    fn the_oldest_choice_makes_room() {
        let chosen = Chosen::default();
        let first = chosen.keep(paths(0..1)).unwrap();
        let second = chosen.keep(paths(1..CHOICE + 1)).unwrap();
        chosen.path(&first[0].token).unwrap();
        let third = chosen.keep(paths(0..CHOICE)).unwrap();
        chosen.path(&first[0].token).unwrap_err();
        for file in second.iter().chain(&third) {
            chosen.path(&file.token).unwrap();
        }
        assert_eq!(chosen.files().len(), CAP);
    }

    #[test]
    fn more_files_than_can_wait_are_refused_together() {
        let chosen = Chosen::default();
        let refused = chosen.keep(paths(0..CHOICE + 1)).unwrap_err();
        assert_eq!(refused.code, ErrorCode::LimitReached);
        assert!(chosen.files().is_empty());
    }

    #[test]
    fn a_token_is_not_shown_when_printed() {
        let told = Chosen::default().keep(paths(0..1)).unwrap();
        assert!(!format!("{told:?}").contains(&told[0].token.0));
    }
}
