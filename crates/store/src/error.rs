//! What can go wrong, named by what can be done about it.

use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Error, ErrorCode};

use crate::KeychainError;

/// The store could not be opened. Nothing was replaced or removed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or the directory cannot be read or written.
    #[error("{} cannot be used: {source}. Check its permissions and the free space on its disk.", path.display())]
    Unavailable {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Other users of the computer can put files into the directory, or exchange those in it.
    #[error("The folder {} can be changed by others on this computer, so what is in it cannot be trusted. Take that from them with: chmod go-w \"{}\"", .0.display(), .0.display())]
    OthersWrite(PathBuf),
    /// There is a database, but no file with its key.
    #[error("The key of the history is missing: {} does not exist. Put it back from a backup; to start without the history, move every file named database.* beside it away.", .0.display())]
    KeyMissing(PathBuf),
    /// The file that holds the key, protected or not, is damaged.
    #[error("The key of the history is damaged: {} does not hold a key. Put it back from a backup; to start without the history, move every file named database.* beside it away.", .0.display())]
    KeyDamaged(PathBuf),
    /// The key is that of another database.
    #[error("The key of the history does not fit: {} leads to the key of another database. Put the right one back from a backup; to start without the history, move every file named database.* beside it away.", .0.display())]
    KeyWrong(PathBuf),
    /// The key is locked with a passphrase, and none was given.
    #[error("The history is locked with a passphrase. Give it with --passphrase-file.")]
    PassphraseNeeded,
    /// The key is locked with another passphrase.
    #[error(
        "The passphrase does not open the history. Check it and try again; nothing was changed."
    )]
    PassphraseWrong,
    /// The key was in the system's keychain and is not there any more.
    #[error(
        "The key of the history is gone from the system's keychain: it has no entry {0:?} of Gossamer's. Restore the keychain from a backup; to start without the history, move every file named database.* in the profile's directory away."
    )]
    KeychainEntryMissing(String),
    /// The key is in the system's keychain, which cannot be asked.
    #[error(
        "The key of the history is in the system's keychain, which cannot be asked: {0}. Unlock the keychain, or start Gossamer where you are logged in, and try again."
    )]
    KeychainUnavailable(#[source] KeychainError),
    /// The key fits, but the database is damaged.
    #[error("The history is damaged: {} cannot be read although its key fits. Put it back from a backup; to start without the history, move every file named database.* beside it away.", .0.display())]
    Damaged(PathBuf),
    /// The database is gone, but not all that was beside it.
    #[error("The history is missing: {} does not exist, although files beside it show that it was there. Put it back from a backup; to start without the history, move every file named database.* beside it away.", .0.display())]
    Missing(PathBuf),
    /// A newer version of the program wrote the database.
    #[error(
        "The history was written by a newer version of Gossamer (format {found}, this version knows {known}). Update Gossamer to open it."
    )]
    TooNew {
        /// The database's format.
        found: u32,
        /// The newest format this version knows.
        known: u32,
    },
    /// The system gives no random numbers, which new keys are made of.
    #[error("The history cannot be protected: the system gives no random numbers: {0}.")]
    Randomness(#[source] getrandom::Error),
    /// The database refused for another reason.
    #[error("The history cannot be opened: {0}.")]
    Database(#[source] Error),
}

/// The open store could not do what was asked; what was asked has not happened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk has no room.
    #[error("The history cannot be written: the disk is full. Free some space and try again.")]
    Full,
    /// The database file is damaged.
    #[error(
        "The history is damaged and cannot be read. Put the profile's directory back from a backup."
    )]
    Damaged,
    /// The system gives no random numbers, which new keys are made of.
    #[error("New keys cannot be made: the system gives no random numbers: {0}.")]
    Randomness(#[source] getrandom::Error),
    /// Anything else the database says.
    #[error("The history cannot be used: {0}.")]
    Database(#[source] Error),
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            _ if is_damage(&error) => Self::Damaged,
            _ => Self::Database(error),
        }
    }
}

/// Whether the bytes on disk are not those of a database under this key.
pub(crate) fn is_damage(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Says of an error which file or directory it is about.
pub(crate) fn unavailable(path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    |source| OpenError::Unavailable { path, source }
}
