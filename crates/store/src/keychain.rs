//! The system's keychain: Keychain Services, Credential Manager, Secret Service.

use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use keyring::Entry;
use zeroize::Zeroizing;

/// A place that keeps short secrets under names.
pub trait Keychain: Send + Sync {
    /// The secret of this name; `None` when there is none.
    ///
    /// # Errors
    /// When the keychain cannot be asked.
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, KeychainError>;

    /// Keeps a secret under a name, in place of the one from before.
    ///
    /// # Errors
    /// When the keychain cannot be asked or does not take it.
    fn set(&self, name: &str, secret: &str) -> Result<(), KeychainError>;

    /// Removes the secret of this name, if there is one.
    ///
    /// # Errors
    /// When the keychain cannot be asked.
    fn remove(&self, name: &str) -> Result<(), KeychainError>;
}

/// Why a keychain cannot be asked, as it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KeychainError(pub String);

impl From<keyring::Error> for KeychainError {
    fn from(error: keyring::Error) -> Self {
        Self(error.to_string())
    }
}

/// The keychain of the person who is logged in. It answers in bounded time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemKeychain;

/// What our entries are filed under.
const SERVICE: &str = "Gossamer";
/// How long the keychain may take to be reached: it is on this machine.
const REACH: Duration = Duration::from_secs(5);
/// How long it may take to answer: it may ask the person to unlock it.
const ANSWER: Duration = Duration::from_secs(30);

impl Keychain for SystemKeychain {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, KeychainError> {
        ask(name, |entry| match entry.get_password() {
            Err(keyring::Error::NoEntry) => Ok(None),
            answer => answer.map(Zeroizing::new).map(Some),
        })
    }

    fn set(&self, name: &str, secret: &str) -> Result<(), KeychainError> {
        let secret = Zeroizing::new(secret.to_owned());
        ask(name, move |entry| entry.set_password(&secret))
    }

    fn remove(&self, name: &str) -> Result<(), KeychainError> {
        ask(name, |entry| match entry.delete_credential() {
            Err(keyring::Error::NoEntry) => Ok(()),
            answer => answer,
        })
    }
}

/// Asks about the entry of this name, on a thread of its own: a keychain that does not answer
/// must not keep the program from starting. Its thread then waits alone.
fn ask<T: Send + 'static>(
    name: &str,
    question: impl FnOnce(&Entry) -> keyring::Result<T> + Send + 'static,
) -> Result<T, KeychainError> {
    let (say, heard) = mpsc::channel();
    let name = name.to_owned();
    let work = move || {
        let status = Entry::store_status().as_ref();
        let reached = status
            .map(drop)
            .map_err(|error| KeychainError(error.to_string()));
        let _ = say.send(Said::Reached(reached.clone()));
        if reached.is_err() {
            return;
        }
        let answer = Entry::new(SERVICE, &name).and_then(|entry| question(&entry));
        let _ = say.send(Said::Answer(answer.map_err(Into::into)));
    };
    thread::Builder::new()
        .name("keychain".to_owned())
        .spawn(work)
        .map_err(|error| KeychainError(error.to_string()))?;
    let mut patience = REACH;
    loop {
        match heard.recv_timeout(patience) {
            Ok(Said::Reached(reached)) => reached?,
            Ok(Said::Answer(answer)) => return answer,
            Err(error) => return Err(silence(error)),
        }
        patience = ANSWER;
    }
}

enum Said<T> {
    Reached(Result<(), KeychainError>),
    Answer(Result<T, KeychainError>),
}

fn silence(error: RecvTimeoutError) -> KeychainError {
    let what = match error {
        RecvTimeoutError::Timeout => "it does not answer",
        RecvTimeoutError::Disconnected => "it failed",
    };
    KeychainError(what.to_owned())
}
