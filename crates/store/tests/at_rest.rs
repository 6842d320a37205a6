//! What protects the key of the history: it moves to a better place when one is offered, is never
//! lost on the way, and every way in that fails says why.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use gossamer_crypto::DeviceId;
use gossamer_store::{AtRest, Keychain, KeychainError, OpenError, Passphrase, Store, Unlock};
use tempfile::TempDir;
use zeroize::Zeroizing;

const KEY: &str = "database.key";
const WRAPPED: &str = "database.wrapped";
const KEYCHAIN: &str = "database.keychain";
const CHECK: &str = "database.check";

#[test]
fn without_keychain_and_passphrase_the_key_is_in_a_file_and_the_store_says_so() {
    let ana = Ana::new();
    assert_eq!(ana.open(&Unlock::default()).at_rest(), AtRest::KeyFile);
    assert_eq!(ana.key_files(), [KEY]);
    assert_eq!(AtRest::KeyFile.to_string(), "key-file");
}

#[test]
fn a_keychain_keeps_the_key_of_a_new_history() {
    let (ana, keychain) = (Ana::new(), Pocket::default());
    let unlock = with(&keychain, None);
    assert_eq!(ana.open(&unlock).at_rest(), AtRest::Keychain);
    assert_eq!(ana.key_files(), [KEYCHAIN]);
    assert_eq!(ana.open(&unlock).at_rest(), AtRest::Keychain);
    assert_eq!(keychain.entries(), 1);
}

#[test]
fn a_keychain_that_takes_nothing_leaves_the_key_in_a_file() {
    for broken in [Broken::Unreachable, Broken::Forgetful] {
        let ana = Ana::new();
        let keychain = Pocket::broken(broken);
        assert_eq!(ana.open(&with(&keychain, None)).at_rest(), AtRest::KeyFile);
        assert_eq!(ana.key_files(), [KEY]);
    }
}

#[test]
fn a_passphrase_protects_a_new_history_and_no_other_opens_it() {
    let ana = Ana::new();
    let right = with_passphrase("old bridge");
    assert_eq!(ana.open(&right).at_rest(), AtRest::Passphrase);
    assert_eq!(ana.key_files(), [WRAPPED]);

    let error = ana.refused(&with_passphrase("new bridge"));
    assert!(matches!(error, OpenError::PassphraseWrong), "{error}");
    let error = ana.refused(&Unlock::default());
    assert!(matches!(error, OpenError::PassphraseNeeded), "{error}");
    assert_eq!(ana.open(&right).at_rest(), AtRest::Passphrase);
}

#[test]
fn a_history_moves_to_each_better_place_and_stays_the_same() {
    let (ana, keychain) = (Ana::new(), Pocket::default());
    let first = ana.device(&Unlock::default());

    assert_eq!(ana.device(&with(&keychain, None)), first);
    assert_eq!(ana.key_files(), [KEYCHAIN]);

    let locked = with(&keychain, Some("old bridge"));
    assert_eq!(ana.device(&locked), first);
    assert_eq!(ana.key_files(), [WRAPPED]);
    assert_eq!(keychain.entries(), 0);

    // It does not go back to where no passphrase is asked for.
    let error = ana.refused(&with(&keychain, None));
    assert!(matches!(error, OpenError::PassphraseNeeded), "{error}");
}

#[test]
fn a_move_that_was_cut_short_is_finished() {
    let (ana, keychain) = (Ana::new(), Pocket::default());
    let first = ana.device(&Unlock::default());
    let key = fs::read(ana.path(KEY)).unwrap();
    for unlock in [with(&keychain, None), with(&keychain, Some("old bridge"))] {
        ana.device(&unlock);
        fs::write(ana.path(KEY), &key).unwrap();
        assert_eq!(ana.device(&unlock), first);
        assert!(!ana.path(KEY).exists());
    }
}

#[test]
fn a_lost_keychain_entry_is_told_from_a_keychain_out_of_reach() {
    let (ana, keychain) = (Ana::new(), Pocket::default());
    let first = ana.device(&with(&keychain, None));

    let error = ana.refused(&with(&Pocket::broken(Broken::Unreachable), None));
    assert!(
        matches!(error, OpenError::KeychainUnavailable(_)),
        "{error}"
    );
    let error = ana.refused(&Unlock::default());
    assert!(
        matches!(error, OpenError::KeychainUnavailable(_)),
        "{error}"
    );
    let error = ana.refused(&with(&Pocket::default(), None));
    assert!(
        matches!(error, OpenError::KeychainEntryMissing(_)),
        "{error}"
    );

    assert_eq!(ana.device(&with(&keychain, None)), first);
}

#[test]
fn the_key_of_another_history_is_wrong_wherever_it_is() {
    let (ana, ben) = (Ana::new(), Ana::new());
    let keychain = Pocket::default();
    ana.open(&with(&keychain, None));
    ben.open(&with(&keychain, None));
    fs::copy(ben.path(KEYCHAIN), ana.path(KEYCHAIN)).unwrap();
    let error = ana.refused(&with(&keychain, None));
    assert!(matches!(error, OpenError::KeyWrong(_)), "{error}");

    let (ana, ben) = (Ana::new(), Ana::new());
    let unlock = with_passphrase("old bridge");
    ana.open(&unlock);
    ben.open(&unlock);
    fs::copy(ben.path(WRAPPED), ana.path(WRAPPED)).unwrap();
    let error = ana.refused(&unlock);
    assert!(matches!(error, OpenError::KeyWrong(_)), "{error}");
}

#[test]
fn another_key_beside_the_right_one_is_left_alone() {
    let (ana, ben) = (Ana::new(), Ana::new());
    let unlock = with_passphrase("old bridge");
    ana.open(&unlock);
    ben.open(&Unlock::default());
    fs::copy(ben.path(KEY), ana.path(KEY)).unwrap();
    assert_eq!(ana.open(&unlock).at_rest(), AtRest::Passphrase);
    assert!(ana.path(KEY).exists());
}

#[test]
fn a_damaged_wrapped_key_is_damaged_and_never_replaced() {
    let ana = Ana::new();
    let unlock = with_passphrase("old bridge");
    ana.open(&unlock);
    fs::write(ana.path(WRAPPED), "gossamer-key-1 00").unwrap();
    let error = ana.refused(&unlock);
    assert!(matches!(error, OpenError::KeyDamaged(_)), "{error}");
    assert_eq!(fs::read(ana.path(WRAPPED)).unwrap(), b"gossamer-key-1 00");
}

#[test]
fn a_removed_database_is_missed_wherever_its_key_is_and_opens_once_it_is_back() {
    let keychain = Pocket::default();
    for unlock in every_place(&keychain) {
        let ana = Ana::new();
        let first = ana.device(&unlock);
        ana.open(&unlock).close().unwrap();
        let database = ana.path(Store::FILE_NAME);
        let backup = TempDir::new().unwrap();
        let aside = backup.path().join("aside");
        fs::rename(&database, &aside).unwrap();

        // Whatever else she has or lost: that the history was there is known without its key.
        for unlock in [unlock.clone(), Unlock::default()] {
            let error = ana.refused(&unlock);
            assert!(
                matches!(&error, OpenError::Missing(path) if *path == database),
                "{error}"
            );
        }
        fs::rename(&aside, &database).unwrap();
        assert_eq!(ana.device(&unlock), first);
    }
}

#[test]
fn a_first_start_that_was_cut_short_after_its_key_goes_on_under_that_key() {
    let keychain = Pocket::default();
    for unlock in every_place(&keychain) {
        let ana = Ana::new();
        ana.open(&unlock).close().unwrap();
        for file in [Store::FILE_NAME, CHECK] {
            fs::remove_file(ana.path(file)).unwrap();
        }
        let before = ana.files();
        assert_eq!(before.len(), 1, "the key alone");
        ana.open(&unlock).close().unwrap();
        for (name, content) in before {
            assert_eq!(fs::read(ana.path(&name)).unwrap(), content);
        }
    }
}

/// The ways to open a history, one for each place its key can be in.
fn every_place(keychain: &Pocket) -> [Unlock; 3] {
    [
        Unlock::default(),
        with(keychain, None),
        with_passphrase("old bridge"),
    ]
}

/// A profile's directory.
struct Ana(TempDir);

impl Ana {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn open(&self, unlock: &Unlock) -> Store {
        Store::open(self.0.path(), unlock).unwrap()
    }

    /// The identity in the history: it shows whether that is still the same one.
    fn device(&self, unlock: &Unlock) -> DeviceId {
        let mut store = self.open(unlock);
        store
            .identity()
            .get_or_create("ana", 0)
            .unwrap()
            .device
            .id()
    }

    /// Why the history does not open, and that this changes no file.
    fn refused(&self, unlock: &Unlock) -> OpenError {
        let before = self.files();
        let error = Store::open(self.0.path(), unlock).unwrap_err();
        assert_eq!(self.files(), before);
        error
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let files = fs::read_dir(self.0.path()).unwrap().map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        });
        files.collect()
    }

    fn key_files(&self) -> Vec<String> {
        let mut names: Vec<_> = self.files().into_keys().collect();
        names.retain(|name| [KEY, WRAPPED, KEYCHAIN].contains(&name.as_str()));
        names
    }
}

fn with_passphrase(passphrase: &str) -> Unlock {
    Unlock {
        keychain: None,
        passphrase: Some(Passphrase::new(passphrase)),
    }
}

fn with(keychain: &Pocket, passphrase: Option<&str>) -> Unlock {
    Unlock {
        keychain: Some(Arc::new(keychain.clone())),
        passphrase: passphrase.map(Passphrase::new),
    }
}

/// A keychain in memory.
#[derive(Clone, Default)]
struct Pocket {
    secrets: Arc<Mutex<BTreeMap<String, String>>>,
    broken: Option<Broken>,
}

#[derive(Clone, Copy)]
enum Broken {
    /// It cannot be asked.
    Unreachable,
    /// It takes what it is given and does not have it afterwards.
    Forgetful,
}

impl Pocket {
    fn broken(broken: Broken) -> Self {
        Self {
            broken: Some(broken),
            ..Self::default()
        }
    }

    fn entries(&self) -> usize {
        self.secrets.lock().unwrap().len()
    }

    fn reach(&self) -> Result<(), KeychainError> {
        match self.broken {
            Some(Broken::Unreachable) => Err(KeychainError("there is none".to_owned())),
            Some(Broken::Forgetful) | None => Ok(()),
        }
    }
}

impl Keychain for Pocket {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, KeychainError> {
        self.reach()?;
        Ok(self
            .secrets
            .lock()
            .unwrap()
            .get(name)
            .cloned()
            .map(Zeroizing::new))
    }

    fn set(&self, name: &str, secret: &str) -> Result<(), KeychainError> {
        self.reach()?;
        if self.broken.is_none() {
            let mut secrets = self.secrets.lock().unwrap();
            secrets.insert(name.to_owned(), secret.to_owned());
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), KeychainError> {
        self.reach()?;
        self.secrets.lock().unwrap().remove(name);
        Ok(())
    }
}
