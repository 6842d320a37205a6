//! What happens to the history when its files are lost, mixed up or damaged, or the program is
//! killed: it opens whole, or says precisely what is wrong, and is never replaced.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use gossamer_store::{MessageRow, NewMessage, OpenError, Store, StoreError, Unlock};
use tempfile::TempDir;

const DATABASE: &str = Store::FILE_NAME;
const KEY: &str = "database.key";
const CHECK: &str = "database.check";

#[test]
fn a_history_opens_again() {
    let ana = history_of("ana", 3);
    assert_eq!(texts(&mut open(&ana)), ["0", "1", "2"]);
}

#[test]
fn nothing_in_the_files_is_readable() {
    let ana = TempDir::new().unwrap();
    let mut store = Store::open(ana.path(), &Unlock::default()).unwrap();
    let mut secret = message(1);
    secret.row.text = "meet me at the old bridge".to_owned();
    store.record(&[secret], &[]).unwrap();
    for file in files_in(ana.path()) {
        let bytes = fs::read(&file).unwrap();
        for word in [&b"old bridge"[..], b"SQLite format", b"CREATE TABLE"] {
            let found = bytes.windows(word.len()).any(|part| part == word);
            assert!(!found, "{} shows plaintext", file.display());
        }
    }
}

#[test]
fn what_was_written_survives_a_kill() {
    let ana = history_of("ana", 0);
    let mut store = open(&ana);
    store.record(&[message(0), message(1)], &[]).unwrap();
    // The files as a killed process leaves them: log and all, nothing closed.
    let found = TempDir::new().unwrap();
    for file in files_in(ana.path()) {
        fs::copy(&file, found.path().join(file.file_name().unwrap())).unwrap();
    }
    assert!(found.path().join(format!("{DATABASE}-wal")).exists());
    assert_eq!(texts(&mut open(&found)), ["0", "1"]);
}

#[test]
fn a_missing_key_is_named_and_no_new_one_is_made() {
    let ana = history_of("ana", 3);
    let key = ana.path().join(KEY);
    let aside = ana.path().join("aside");
    fs::rename(&key, &aside).unwrap();
    let error = Store::open(ana.path(), &Unlock::default()).unwrap_err();
    assert!(
        matches!(&error, OpenError::KeyMissing(path) if *path == key),
        "{error}"
    );
    assert!(!key.exists());

    fs::rename(&aside, &key).unwrap();
    assert_eq!(texts(&mut open(&ana)).len(), 3);
}

#[test]
fn the_key_of_another_history_is_wrong_rather_than_the_file_damaged() {
    let (ana, ben) = (history_of("ana", 3), history_of("ben", 1));
    let before = fs::read(ana.path().join(DATABASE)).unwrap();
    fs::copy(ben.path().join(KEY), ana.path().join(KEY)).unwrap();
    let error = Store::open(ana.path(), &Unlock::default()).unwrap_err();
    assert!(matches!(error, OpenError::KeyWrong(_)), "{error}");
    assert_eq!(fs::read(ana.path().join(DATABASE)).unwrap(), before);
}

#[test]
fn a_damaged_key_file_is_named() {
    let ana = history_of("ana", 3);
    fs::write(ana.path().join(KEY), "0123").unwrap();
    let error = Store::open(ana.path(), &Unlock::default()).unwrap_err();
    assert!(matches!(error, OpenError::KeyDamaged(_)), "{error}");
}

#[test]
fn a_flipped_bit_at_the_start_is_damage_and_the_file_stays() {
    let ana = history_of("ana", 3);
    let database = ana.path().join(DATABASE);
    let damaged = flip_bit(&database, 1000);
    let error = Store::open(ana.path(), &Unlock::default()).unwrap_err();
    assert!(matches!(error, OpenError::Damaged(_)), "{error}");
    assert_eq!(fs::read(&database).unwrap(), damaged);
}

#[test]
fn a_flipped_bit_further_on_is_reported_and_never_read_as_text() {
    let ana = history_of("ana", 2000);
    let database = ana.path().join(DATABASE);
    let middle = fs::metadata(&database).unwrap().len() / 2;
    flip_bit(&database, usize::try_from(middle).unwrap());
    let mut store = open(&ana);
    let error = read_in_every_way(&mut store, 2000).unwrap_err();
    assert!(matches!(error, StoreError::Damaged), "{error}");
}

#[test]
fn a_file_cut_short_is_damage() {
    let ana = history_of("ana", 2000);
    let database = ana.path().join(DATABASE);
    let whole = fs::read(&database).unwrap();
    for length in [whole.len() / 2, whole.len() / 2 / 4096 * 4096, 4096, 100, 0] {
        fs::write(&database, &whole[..length]).unwrap();
        let error = Store::open(ana.path(), &Unlock::default()).unwrap_err();
        assert!(matches!(error, OpenError::Damaged(_)), "{length}: {error}");
        assert_eq!(fs::metadata(&database).unwrap().len(), length as u64);
    }
    fs::write(&database, &whole).unwrap();
    assert_eq!(texts(&mut open(&ana)).len(), 2000);
}

#[test]
fn whatever_is_left_of_a_history_keeps_a_new_one_from_taking_its_place() {
    for left in [
        CHECK,
        "database.sqlite-wal",
        "database.before-8.sqlite",
        "database.before-21.sqlite",
    ] {
        for key_is_there in [true, false] {
            let ana = TempDir::new().unwrap();
            if key_is_there {
                fs::write(ana.path().join(KEY), "5".repeat(64)).unwrap();
            }
            fs::write(ana.path().join(left), "what was there").unwrap();
            let before = files_in(ana.path());
            let error = Store::open(ana.path(), &Unlock::default()).unwrap_err();
            assert!(matches!(error, OpenError::Missing(_)), "{left}: {error}");
            assert_eq!(files_in(ana.path()), before, "{left}");
        }
    }
}

#[test]
fn whoever_does_what_a_refusal_says_starts_without_the_history() {
    let breaks: [fn(&Path); 4] = [
        |dir| fs::remove_file(dir.join(DATABASE)).unwrap(),
        |dir| fs::remove_file(dir.join(KEY)).unwrap(),
        |dir| fs::write(dir.join(KEY), "0123").unwrap(),
        |dir| drop(flip_bit(&dir.join(DATABASE), 1000)),
    ];
    for (number, spoil) in breaks.into_iter().enumerate() {
        let ana = history_of("ana", 3);
        spoil(ana.path());
        let error = Store::open(ana.path(), &Unlock::default()).unwrap_err();
        let advice = "move every file named database.* beside it away";
        assert!(error.to_string().contains(advice), "{number}: {error}");
        for file in files_in(ana.path()) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("database.") {
                fs::remove_file(file).unwrap();
            }
        }
        assert!(texts(&mut open(&ana)).is_empty(), "{number}");
    }
}

#[test]
fn an_interrupted_creation_is_finished() {
    let ana = TempDir::new().unwrap();
    drop(open(&ana));
    let key = fs::read(ana.path().join(KEY)).unwrap();
    for file in [DATABASE, CHECK] {
        fs::remove_file(ana.path().join(file)).unwrap();
    }
    fs::write(ana.path().join(DATABASE), b"").unwrap();
    assert!(texts(&mut open(&ana)).is_empty());
    assert_eq!(fs::read(ana.path().join(KEY)).unwrap(), key);
    assert!(ana.path().join(CHECK).exists());
}

#[test]
fn a_lost_check_value_costs_nothing() {
    let ana = history_of("ana", 3);
    fs::remove_file(ana.path().join(CHECK)).unwrap();
    assert_eq!(texts(&mut open(&ana)).len(), 3);
    assert!(ana.path().join(CHECK).exists());
}

#[test]
fn a_place_that_cannot_hold_files_is_named() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = Store::open(&file.join("profile"), &Unlock::default()).unwrap_err();
    assert!(matches!(error, OpenError::Unavailable { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(dir.path().join("probe"), b"").is_ok() {
        // Root may write anywhere: permissions cannot be tested as root.
        return;
    }
    let error = Store::open(dir.path(), &Unlock::default()).unwrap_err();
    assert!(matches!(error, OpenError::Unavailable { .. }), "{error}");
}

#[test]
fn a_store_can_move_to_a_thread_of_its_own() {
    let ana = history_of("ana", 1);
    let mut store = open(&ana);
    let texts = std::thread::spawn(move || texts(&mut store))
        .join()
        .unwrap();
    assert_eq!(texts, ["0"]);
}

/// A closed history of somebody with this many messages in it.
fn history_of(name: &str, messages: u64) -> TempDir {
    let dir = TempDir::new().unwrap();
    let mut store = open(&dir);
    store.identity().get_or_create(name, 0).unwrap();
    let rows: Vec<_> = (0..messages).map(message).collect();
    store.record(&rows, &[]).unwrap();
    store.close().unwrap();
    dir
}

fn open(dir: &TempDir) -> Store {
    Store::open(dir.path(), &Unlock::default()).unwrap()
}

/// Reads each message by its place and by its id: together they touch all that is kept of it.
fn read_in_every_way(store: &mut Store, messages: u64) -> Result<(), StoreError> {
    let page = store.messages().page("everyone", None, 5000)?;
    for (number, row) in (0..messages).zip(page.rows) {
        assert_eq!(row.text, number.to_string());
        let found = store.messages().get(&row.id)?;
        assert_eq!(found, Some(row));
    }
    Ok(())
}

fn texts(store: &mut Store) -> Vec<String> {
    let page = store.messages().page("everyone", None, 5000).unwrap();
    page.rows.into_iter().map(|row| row.text).collect()
}

fn message(number: u64) -> NewMessage {
    let row = MessageRow {
        id: format!("message-{number}"),
        conversation: "everyone".to_owned(),
        from_id: "bbbbbbbb".to_owned(),
        from_name: "ben".to_owned(),
        text: number.to_string(),
        own: false,
        readable: true,
        sent_at: number,
        received_at: number,
        hops: None,
        state: None,
        reached: 0,
        reason: None,
        place: 0,
        late: false,
    };
    let after = Vec::new();
    NewMessage { row, after }
}

fn files_in(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap();
    let files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    files
}

/// Changes one bit of a file and returns what it then holds.
fn flip_bit(path: &Path, at: usize) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, &bytes).unwrap();
    bytes
}
