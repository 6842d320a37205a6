//! What a node finds that was killed while a file got its name.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should end"
)]

mod people;

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use gossamer_node::api::{Command, Event, TransferState, TransferView};
use gossamer_store::{Intended, Store, TransferRow, Unlock};
use gossamer_transfer::placing::arriving;
use people::{Home, Person};

const BYTES: &[u8] = &[7; 300_000];

/// Ana offered ben a film, and both are off.
struct Story {
    ana: Home,
    ben: Home,
}

impl Story {
    async fn begin(network: &str) -> Self {
        let (ana, ben) = (Home::new("ana", network), Home::new("ben", network));
        let (mut her, mut him) = (ana.start().await, ben.start().await);
        her.meets("ben").await;
        her.sends_file(ana.file("film.mkv", BYTES)).await;
        him.sees_transfer(TransferState::Offered).await;
        her.leaves().await;
        him.leaves().await;
        Self { ana, ben }
    }

    /// Ben accepted, has all of it, and was killed as it was to be called `film.mkv`.
    fn was_placing(&self, modified: SystemTime) {
        let since = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let intended = Intended {
            path: self.film().display().to_string(),
            modified: i64::try_from(since.as_nanos()).ok(),
        };
        self.was_at(|row| TransferRow {
            state: gossamer_store::TransferState::Verifying,
            bytes: row.size,
            intended: Some(intended),
            ..row
        });
    }

    /// What is written down of the film at ben's.
    fn was_at(&self, change: impl FnOnce(TransferRow) -> TransferRow) {
        let mut store = Store::open(&self.ben.path("profile"), &Unlock::default()).unwrap();
        let row = store.transfers().all().unwrap().remove(0);
        store.transfers().upsert(&change(row)).unwrap();
        store.close().unwrap();
    }

    /// Where parts of ben's are that arrive on the disk of his downloads.
    fn arriving(&self) -> PathBuf {
        let downloads = self.ben.path("downloads");
        arriving(&downloads, &self.ben.path("profile/spool"))
    }

    fn film(&self) -> PathBuf {
        self.ben.path("downloads").join("film.mkv")
    }

    /// A file in ben's downloads; gives the time of its change.
    fn has_film(&self, bytes: &[u8]) -> SystemTime {
        fs::create_dir_all(self.ben.path("downloads")).unwrap();
        fs::write(self.film(), bytes).unwrap();
        modified(&self.film())
    }

    /// The part that the film arrived in.
    fn has_part(&self, bytes: &[u8]) -> PathBuf {
        let mut store = Store::open(&self.ben.path("profile"), &Unlock::default()).unwrap();
        let id = store.transfers().all().unwrap().remove(0).file_id;
        store.close().unwrap();
        let part = format!("profile/spool/{}.part", id.replace('-', ""));
        let part = self.ben.path(&part);
        fs::create_dir_all(part.parent().unwrap()).unwrap();
        fs::write(&part, bytes).unwrap();
        part
    }

    fn downloads(&self) -> Vec<String> {
        let entries = fs::read_dir(self.ben.path("downloads")).unwrap();
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> = entries.map(|it| name(it).into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

async fn transfer_of(person: &Person) -> TransferView {
    match person.does(Command::Transfers).await.unwrap() {
        Event::Transfers { mut transfers } => transfers.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_has_its_name_is_done_and_its_sender_learns_it() {
    let story = Story::begin("placed").await;
    let modified = story.has_film(BYTES);
    story.was_placing(modified);

    let ben = story.ben.start().await;
    let film = transfer_of(&ben).await;
    assert_eq!(film.state, TransferState::Done);
    assert_eq!(film.path, Some(story.film().display().to_string()));
    assert_eq!(film.bytes, film.size);
    let mut ana = story.ana.start().await;
    assert_eq!(ana.sees_transfer(TransferState::Done).await.reached, 1);
    assert_eq!(story.downloads(), ["film.mkv"]);
    ben.leaves().await;

    let ben = story.ben.start().await;
    assert_eq!(transfer_of(&ben).await.state, TransferState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_has_no_name_yet_comes_again() {
    let story = Story::begin("unplaced").await;
    story.was_placing(SystemTime::now());

    let (_ana, mut ben) = (story.ana.start().await, story.ben.start().await);
    let done = ben.sees_transfer(TransferState::Done).await;
    assert_eq!(fs::read(done.path.unwrap()).unwrap(), BYTES);
    assert_eq!(story.downloads(), ["film.mkv"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_file_gets_its_name_without_its_sender() {
    let story = Story::begin("whole").await;
    let part = story.has_part(BYTES);
    story.was_placing(modified(&part));
    story.was_at(|row| TransferRow {
        spool: Some(part.display().to_string()),
        ..row
    });

    let mut ben = story.ben.start().await;
    let done = ben.sees_transfer(TransferState::Done).await;
    assert_eq!(fs::read(done.path.unwrap()).unwrap(), BYTES);
    assert!(!part.exists());
    let mut ana = story.ana.start().await;
    assert_eq!(ana.sees_transfer(TransferState::Done).await.reached, 1);
    assert_eq!(story.downloads(), ["film.mkv"]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_user_changed_at_once_is_not_written_to() {
    let story = Story::begin("edited").await;
    let part = story.has_part(BYTES);
    let before = modified(&part) - std::time::Duration::from_secs(10);
    story.was_placing(before);
    story.was_at(|row| TransferRow {
        spool: Some(part.display().to_string()),
        ..row
    });
    // The name of ours was still there when the node was killed.
    fs::create_dir_all(story.ben.path("downloads")).unwrap();
    fs::hard_link(&part, story.film()).unwrap();
    fs::write(story.film(), b"mine").unwrap();

    let (_ana, mut ben) = (story.ana.start().await, story.ben.start().await);
    let done = ben.sees_transfer(TransferState::Done).await;
    assert_eq!(fs::read(done.path.unwrap()).unwrap(), BYTES);
    assert_eq!(fs::read(story.film()).unwrap(), b"mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_someone_else_at_that_place_stays_what_it_is() {
    let story = Story::begin("foreign").await;
    let foreign = [9; 300_000];
    let modified = story.has_film(&foreign);
    story.was_placing(modified - std::time::Duration::from_secs(10));

    let (_ana, mut ben) = (story.ana.start().await, story.ben.start().await);
    let done = ben.sees_transfer(TransferState::Done).await;
    assert_eq!(fs::read(done.path.unwrap()).unwrap(), BYTES);
    assert_eq!(fs::read(story.film()).unwrap(), foreign);
    assert_eq!(story.downloads(), ["film.mkv", "film_1.mkv"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_that_nobody_waits_for_are_gone_and_nothing_else_is() {
    let story = Story::begin("leftovers").await;
    let elsewhere = story.ben.path("elsewhere");
    let unknown = "abababababababababababababababab.part";
    let copy = "6ba7b810-9dad-41d1-80b4-00c04fd430c8.copy";
    let left = [
        story.arriving().join(unknown),
        story.arriving().join(copy),
        story.ben.path("profile/spool").join(unknown),
        elsewhere.join(unknown),
    ];
    let others = [
        story.arriving().join("film.mkv.part"),
        story
            .arriving()
            .with_file_name("0123456789abcdef")
            .join(unknown),
        story.ben.path("downloads").join(unknown),
        elsewhere.join(copy),
    ];
    for path in left.iter().chain(&others) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"half").unwrap();
    }
    // It was begun while his downloads were elsewhere.
    story.was_at(|row| TransferRow {
        state: gossamer_store::TransferState::Paused,
        spool: Some(left[3].display().to_string()),
        ..row
    });

    let ben = story.ben.start().await;

    assert_eq!(left.iter().find(|path| path.exists()), None);
    assert_eq!(others.iter().find(|path| !path.exists()), None);
    assert_eq!(transfer_of(&ben).await.state, TransferState::Paused);
}
