//! Files between people on one machine: offers, answers, restarts, damage.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should end"
)]

mod people;

use gossamer_node::api::{Command, Direction, Event, TransferState};
use people::Home;

fn noise(size: usize) -> Vec<u8> {
    (0..size).map(|n| (n * 31 + n / 251) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ben_accepts_and_has_the_same_bytes() {
    let (home, ben_home) = (Home::new("ana", "file"), Home::new("ben", "file"));
    let (mut ana, mut ben) = (home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    let bytes = noise(3_000_000);
    ana.sends_file(home.file("report.pdf", &bytes)).await;

    let offer = ben.sees_transfer(TransferState::Offered).await;
    assert_eq!(
        (offer.name.as_str(), offer.size, offer.direction),
        ("report.pdf", 3_000_000, Direction::In)
    );
    ben.does(Command::Accept { transfer: offer.id })
        .await
        .unwrap();
    let done = ben.sees_transfer(TransferState::Done).await;
    assert_eq!(std::fs::read(done.path.unwrap()).unwrap(), bytes);
    let sent = ana.sees_transfer(TransferState::Done).await;
    assert_eq!((sent.reached, sent.sha256), (1, done.sha256));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_file_arrives_too() {
    let (home, ben) = (
        Home::new("ana", "empty"),
        Home::new("ben", "empty").accepting_all(),
    );
    let (mut ana, mut ben) = (home.start().await, ben.start().await);
    ana.meets("ben").await;
    ana.sends_file(home.file("empty.txt", b"")).await;
    let done = ben.sees_transfer(TransferState::Done).await;
    assert_eq!(std::fs::read(done.path.unwrap()).unwrap(), b"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_sent_while_alone_leaves_when_ben_comes() {
    let (home, ben) = (
        Home::new("ana", "later"),
        Home::new("ben", "later").accepting_all(),
    );
    let mut ana = home.start().await;
    ana.sends_file(home.file("later.bin", &noise(100_000)))
        .await;
    ana.sees_transfer(TransferState::Offered).await;
    let mut ben = ben.start().await;
    ben.sees_transfer(TransferState::Done).await;
    ana.sees_transfer(TransferState::Done).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_file_leaves_nothing_behind() {
    let (home, ben_home) = (Home::new("ana", "no"), Home::new("ben", "no"));
    let (mut ana, mut ben) = (home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    ana.sends_file(home.file("no.bin", &noise(200_000))).await;
    let offer = ben.sees_transfer(TransferState::Offered).await;
    ben.does(Command::Decline {
        transfer: offer.id.clone(),
    })
    .await
    .unwrap();
    assert!(
        ben.does(Command::Accept { transfer: offer.id })
            .await
            .is_err()
    );
    ana.sees_transfer(TransferState::Done).await;
    let spool = ben_home
        .file("x", b"")
        .with_file_name("profile")
        .join("spool");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while std::fs::read_dir(&spool).unwrap().count() > 0 {
        assert!(
            std::time::Instant::now() < deadline,
            "the spool is not empty"
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_offer_waits_through_a_restart() {
    let (home, ben_home) = (Home::new("ana", "wait"), Home::new("ben", "wait"));
    let (mut ana, mut ben) = (home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    let bytes = noise(500_000);
    ana.sends_file(home.file("wait.bin", &bytes)).await;
    let whole = |event: &Event| matches!(event, Event::Transfer(t) if t.bytes == t.size);
    let Event::Transfer(offer) = ben.sees(whole).await else {
        panic!()
    };
    assert_eq!(offer.state, TransferState::Offered);
    ben.leaves().await;

    let mut ben = ben_home.start().await;
    ben.does(Command::Accept { transfer: offer.id })
        .await
        .unwrap();
    let done = ben.sees_transfer(TransferState::Done).await;
    assert_eq!(std::fs::read(done.path.unwrap()).unwrap(), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_files_at_once_all_arrive_and_names_do_not_collide() {
    let (home, ben) = (
        Home::new("ana", "three"),
        Home::new("ben", "three").accepting_all(),
    );
    let (mut ana, mut ben) = (home.start().await, ben.start().await);
    ana.meets("ben").await;
    let path = home.file("same.bin", &noise(400_000));
    for _ in 0..3 {
        ana.sends_file(path.clone()).await;
    }
    let mut names = Vec::new();
    for _ in 0..3 {
        let path = ben.sees_transfer(TransferState::Done).await.path.unwrap();
        names.push(path.rsplit('/').next().unwrap().to_owned());
    }
    names.sort();
    assert_eq!(names, ["same.bin", "same_1.bin", "same_2.bin"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_no_place_to_go_is_kept_until_there_is_one() {
    let (home, mut ben_home) = (Home::new("ana", "place"), Home::new("ben", "place"));
    let in_the_way = ben_home.file("downloads", b"not a folder");
    ben_home.config().downloads = Some(in_the_way.clone());
    let (mut ana, mut ben) = (home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    ana.sends_file(home.file("kept.bin", &noise(300_000))).await;
    let offer = ben.sees_transfer(TransferState::Offered).await;
    let accept = Command::Accept { transfer: offer.id };
    ben.does(accept.clone()).await.unwrap();
    let waiting = ben.sees_transfer(TransferState::Paused).await;
    assert!(waiting.reason.unwrap().contains("accept it again"));

    std::fs::remove_file(in_the_way).unwrap();
    ben.does(accept).await.unwrap();
    let done = ben.sees_transfer(TransferState::Done).await;
    assert_eq!(std::fs::read(done.path.unwrap()).unwrap(), noise(300_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_files_at_once_queue_and_all_arrive() {
    let (home, ben) = (
        Home::new("ana", "twenty"),
        Home::new("ben", "twenty").accepting_all(),
    );
    let (mut ana, mut ben) = (home.start().await, ben.start().await);
    ana.meets("ben").await;
    for n in 0..20 {
        ana.sends_file(home.file(&format!("{n}.bin"), &noise(50_000 + n)))
            .await;
    }
    for _ in 0..20 {
        ben.sees_transfer(TransferState::Done).await;
        ana.sees_transfer(TransferState::Done).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ninth_unanswered_file_is_refused_by_name_and_not_half() {
    let (home, ben) = (Home::new("ana", "ninth"), Home::new("ben", "ninth"));
    let (mut ana, mut ben) = (home.start().await, ben.start().await);
    ana.meets("ben").await;
    for n in 0..9 {
        ana.sends_file(home.file(&format!("{n}.bin"), &noise(100_000 + n)))
            .await;
        ana.sees_transfer(TransferState::Done).await;
    }
    for _ in 0..8 {
        ben.sees_transfer(TransferState::Offered).await;
    }
    let refused = ben.sees_transfer(TransferState::Failed).await;
    assert_eq!(refused.name, "8.bin");
    assert!(refused.reason.unwrap().contains("ask for it again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_starts_anew_gets_the_file_from_the_beginning() {
    let home = Home::new("ana", "anew");
    let ben_home = Home::new("ben", "anew").accepting_all();
    let (mut ana, mut ben) = (home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    let bytes = noise(80_000_000);
    ana.sends_file(home.file("film.mkv", &bytes)).await;
    ben.sees(|event| matches!(event, Event::Transfer(t) if t.bytes > 0 && t.bytes < t.size))
        .await;
    ben.leaves().await;

    let mut ben = ben_home.start().await;
    let done = ben.sees_transfer(TransferState::Done).await;
    assert_eq!(std::fs::read(done.path.unwrap()).unwrap(), bytes);
    ana.sees_transfer(TransferState::Done).await;
}
