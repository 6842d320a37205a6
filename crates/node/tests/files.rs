//! Files between people on one machine: offers, answers, restarts, damage.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should end"
)]

mod people;

use std::{collections::BTreeSet, net::SocketAddr, path::PathBuf};

use gossamer_crypto::{DeviceId, DeviceKey, NetworkId};
use gossamer_net::{Net, OpenError, Way};
use gossamer_node::api::{Command, Direction, ErrorCode, Event, RateView, Reason, TransferState};
use gossamer_wire::v2::Reason as Refused;
use people::{Home, Person};

fn noise(size: usize) -> Vec<u8> {
    (0..size).map(|n| (n * 31 + n / 251) as u8).collect()
}

/// Whether a folder of someone's home has nothing in it.
fn is_empty(home: &Home, folder: &str) -> bool {
    let entries = std::fs::read_dir(home.path(folder));
    entries.map_or(true, |mut entries| entries.next().is_none())
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
    assert_eq!((sent.reached, sent.bytes), (1, 3_000_000));
    assert_eq!(done.from.id.len(), 64);
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
    let told = ana.sees_transfer(TransferState::Cancelled).await;
    assert_eq!(told.reason, Some(Reason::Declined));
    assert!(is_empty(&ben_home, "downloads") && is_empty(&ben_home, "profile/spool"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_waits_through_a_restart_of_its_receiver() {
    let (home, ben_home) = (Home::new("ana", "wait"), Home::new("ben", "wait"));
    let (mut ana, mut ben) = (home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    let bytes = noise(500_000);
    ana.sends_file(home.file("wait.bin", &bytes)).await;
    let offer = ben.sees_transfer(TransferState::Offered).await;
    ben.leaves().await;

    let mut ben = ben_home.start().await;
    ben.accepts(&offer.id).await;
    let done = ben.sees_transfer(TransferState::Done).await;
    assert_eq!(std::fs::read(done.path.unwrap()).unwrap(), bytes);
    ana.sees_transfer(TransferState::Done).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_waits_through_a_restart_of_its_sender() {
    let (home, ben_home) = (Home::new("ana", "back"), Home::new("ben", "back"));
    let (mut ana, mut ben) = (home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    let bytes = noise(500_000);
    ana.sends_file(home.file("wait.bin", &bytes)).await;
    let offer = ben.sees_transfer(TransferState::Offered).await;
    ana.leaves().await;
    ben.accepts(&offer.id).await;

    let mut ana = home.start().await;
    let done = ben.sees_transfer(TransferState::Done).await;
    assert_eq!(std::fs::read(done.path.unwrap()).unwrap(), bytes);
    assert_eq!(ana.sees_transfer(TransferState::Done).await.reached, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ana_cancels_is_taken_back_from_ben() {
    let (home, ben) = (Home::new("ana", "recall"), Home::new("ben", "recall"));
    let (mut ana, mut ben) = (home.start().await, ben.start().await);
    ana.meets("ben").await;
    let id = ana.sends_file(home.file("oops.bin", &noise(1000))).await;
    let offer = ben.sees_transfer(TransferState::Offered).await;
    ana.does(Command::Cancel { transfer: id }).await.unwrap();
    let gone = ben.sees_transfer(TransferState::Cancelled).await;
    assert_eq!(gone.id, offer.id);
    assert_eq!(gone.reason, Some(Reason::SenderCancelled));
    let accept = Command::Accept { transfer: offer.id };
    assert_eq!(
        ben.does(accept).await.unwrap_err().code,
        ErrorCode::WrongState
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ben_cancels_on_its_way_leaves_nothing_and_ana_hears_of_it() {
    let (home, ben_home) = (Home::new("ana", "enough"), Home::new("ben", "enough"));
    let (mut ana, mut ben) = (home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    ana.sends_file(home.file("film.mkv", &noise(60_000_000)))
        .await;
    let offer = ben.sees_transfer(TransferState::Offered).await;
    ben.accepts(&offer.id).await;
    ben.does(Command::Cancel { transfer: offer.id })
        .await
        .unwrap();
    ana.sees_transfer(TransferState::Cancelled).await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !is_empty(&ben_home, "profile/spool") {
        assert!(std::time::Instant::now() < deadline, "a part is left");
        tokio::task::yield_now().await;
    }
    assert!(is_empty(&ben_home, "downloads"));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_both_ways_at_once() {
    let ana_home = Home::new("ana", "both").accepting_all();
    let ben_home = Home::new("ben", "both").accepting_all();
    let (mut ana, mut ben) = (ana_home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    ben.meets("ana").await;
    for n in 0..2 {
        ana.sends_file(ana_home.file(&format!("a{n}"), &noise(3_000_000 + n)))
            .await;
        ben.sends_file(ben_home.file(&format!("b{n}"), &noise(3_000_000 + n)))
            .await;
    }
    for person in [&mut ana, &mut ben] {
        for _ in 0..4 {
            person.sees_transfer(TransferState::Done).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changed_since_it_was_offered_fails_on_both_sides() {
    let (home, ben_home) = (Home::new("ana", "changed"), Home::new("ben", "changed"));
    let (mut ana, mut ben) = (home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    ana.sends_file(home.file("draft.txt", b"one")).await;
    let offer = ben.sees_transfer(TransferState::Offered).await;
    home.file("draft.txt", b"two, longer");
    ben.accepts(&offer.id).await;
    for (person, changed) in [
        (&mut ana, Reason::Changed),
        (&mut ben, Reason::ChangedThere),
    ] {
        let failed = person.sees_transfer(TransferState::Failed).await;
        assert_eq!(failed.reason, Some(changed));
    }
    assert!(is_empty(&ben_home, "downloads"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_another_password_is_offered_nothing() {
    let home = Home::new("ana", "locked").with_password("maple-otter-ridge");
    let ben = Home::new("ben", "locked").with_password("wrong");
    let cleo = Home::new("cleo", "locked").with_password("maple-otter-ridge");
    let (mut ana, ben, mut cleo) = (home.start().await, ben.start().await, cleo.start().await);
    ana.meets("cleo").await;
    ana.sends_file(home.file("plan.pdf", &noise(1000))).await;
    let offer = cleo.sees_transfer(TransferState::Offered).await;
    cleo.accepts(&offer.id).await;
    assert_eq!(ana.sees_transfer(TransferState::Done).await.reached, 1);
    let Event::Transfers { transfers } = ben.does(Command::Transfers).await.unwrap() else {
        panic!()
    };
    assert_eq!(transfers, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_gets_no_stream() {
    let ana = Home::new("ana", "strangers");
    let person = ana.start().await;
    let addr = SocketAddr::from(([127, 0, 0, 1], ana.port()));
    let stranger = DeviceKey::from_secret(&[7; 32]);
    let ip = addr.ip();
    let net = Net::bind(0, vec![ip], &stranger, None).await.unwrap();
    let device = DeviceId::from_hex(&person.id).unwrap();
    let way = Way {
        addrs: vec![addr],
        hops: Vec::new(),
    };
    let network = NetworkId::of("strangers");
    let opened = net.dialer().open(device, &way, "file", network).await;
    assert!(matches!(
        opened,
        Err(OpenError::Refused(Refused::NotAdmitted))
    ));
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
    assert!(matches!(
        waiting.reason,
        Some(Reason::Unwritable { kept: true, .. })
    ));

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
    // What is offered before the name is known is told of again with it.
    ben.meets("ana").await;
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
async fn a_ninth_unanswered_file_waits_until_one_is_answered() {
    let (home, ben) = (Home::new("ana", "ninth"), Home::new("ben", "ninth"));
    let (mut ana, mut ben) = (home.start().await, ben.start().await);
    ana.meets("ben").await;
    // What is offered before the name is known is told of again with it.
    ben.meets("ana").await;
    for n in 0..9 {
        ana.sends_file(home.file(&format!("{n}.bin"), &noise(1000 + n)))
            .await;
    }
    let mut names = BTreeSet::new();
    let mut last = None;
    for _ in 0..8 {
        let offer = ben.sees_transfer(TransferState::Offered).await;
        names.insert(offer.name.clone());
        last = Some(offer.id);
    }
    assert_eq!(names.len(), 8);
    ben.accepts(&last.unwrap()).await;
    let ninth = ben.sees_transfer(TransferState::Offered).await;
    assert!(names.insert(ninth.name));
}

/// A file that is long on its way, and soon made.
fn film(size: usize) -> Vec<u8> {
    let scene = noise(1 << 20);
    let mut bytes = Vec::with_capacity(size);
    for number in 0..size / scene.len() {
        bytes.extend(number.to_be_bytes());
        bytes.extend(&scene[8..]);
    }
    bytes
}

/// A file that nobody has to the end.
fn endless(home: &Home) -> PathBuf {
    let path = home.file("film.mkv", b"");
    let file = std::fs::File::options().write(true).open(&path);
    file.unwrap().set_len(3 << 30).unwrap();
    path
}

/// Waits until some of the only file is at ben's, and not all.
async fn has_some(ben: &mut Person) {
    let some = |event: &Event| matches!(event, Event::Transfer(t) if t.bytes > 0);
    let Event::Transfer(transfer) = ben.sees(some).await else {
        panic!()
    };
    assert!(transfer.bytes < transfer.size, "it is here");
}

/// Waits until someone's disk knows for sure of some of a file: what a restart goes on from.
async fn has_noted_some(home: &Home) {
    let is_notes = |path: &PathBuf| path.extension().is_some_and(|it| it == "held");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let parts = std::fs::read_dir(home.path("profile/spool")).unwrap();
        let mut notes = parts.map(|entry| entry.unwrap().path()).filter(is_notes);
        if notes.any(|path| std::fs::metadata(path).is_ok_and(|it| it.len() > 0)) {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "nothing was noted");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_starts_anew_goes_on_where_it_was() {
    let home = Home::new("ana", "anew");
    let ben_home = Home::new("ben", "anew");
    let (mut ana, mut ben) = (home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    let bytes = film(400 << 20);
    ana.sends_file(home.file("film.mkv", &bytes)).await;
    let offer = ben.sees_transfer(TransferState::Offered).await;
    ben.accepts(&offer.id).await;
    has_some(&mut ben).await;
    has_noted_some(&ben_home).await;
    ben.leaves().await;
    // He may come back.
    ana.sees_transfer(TransferState::Paused).await;

    let mut ben = ben_home.start().await;
    let active = ben.sees_transfer(TransferState::Active).await;
    assert!(active.bytes > 0, "it began at {}", active.bytes);
    let done = ben.sees_transfer(TransferState::Done).await;
    assert_eq!(std::fs::read(done.path.unwrap()).unwrap(), bytes);
    ana.sees_transfer(TransferState::Done).await;
    assert!(is_empty(&ben_home, "profile/spool"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_starts_anew_is_asked_for_the_rest() {
    let (home, ben_home) = (Home::new("ana", "rest"), Home::new("ben", "rest"));
    let (mut ana, mut ben) = (home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    let bytes = film(400 << 20);
    ana.sends_file(home.file("film.mkv", &bytes)).await;
    let offer = ben.sees_transfer(TransferState::Offered).await;
    ben.accepts(&offer.id).await;
    has_some(&mut ben).await;
    ana.leaves().await;
    let left = ben.sees_transfer(TransferState::Paused).await.bytes;
    ben.forgets();

    let mut ana = home.start().await;
    let active = ben.sees_transfer(TransferState::Active).await;
    assert!(active.bytes >= left && left > 0);
    let done = ben.sees_transfer(TransferState::Done).await;
    assert_eq!(std::fs::read(done.path.unwrap()).unwrap(), bytes);
    assert_eq!(ana.sees_transfer(TransferState::Done).await.reached, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changed_while_its_receiver_was_away_fails_on_both_sides() {
    let (home, ben_home) = (Home::new("ana", "draft"), Home::new("ben", "draft"));
    let (mut ana, mut ben) = (home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    ana.sends_file(endless(&home)).await;
    let offer = ben.sees_transfer(TransferState::Offered).await;
    ben.accepts(&offer.id).await;
    has_some(&mut ben).await;
    ben.leaves().await;
    ana.misses("ben").await;
    home.file("film.mkv", b"another cut");

    let mut ben = ben_home.start().await;
    for (person, changed) in [
        (&mut ana, Reason::Changed),
        (&mut ben, Reason::ChangedThere),
    ] {
        let failed = person.sees_transfer(TransferState::Failed).await;
        assert_eq!(failed.reason, Some(changed));
    }
    assert!(is_empty(&ben_home, "downloads"));
}

#[tokio::test(flavor = "multi_thread")]
async fn both_see_how_fast_a_file_goes_until_it_does_not() {
    let (home, ben_home) = (Home::new("ana", "rates"), Home::new("ben", "rates"));
    let (mut ana, mut ben) = (home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    ana.sends_file(endless(&home)).await;
    let offer = ben.sees_transfer(TransferState::Offered).await;
    ben.accepts(&offer.id).await;

    let (her, his) = (ana.id.clone(), ben.id.clone());
    let flows = |other: &str, is_it: fn(RateView) -> bool| {
        let other = other.to_owned();
        move |event: &Event| match event {
            Event::PeerRates { rates } => rates.iter().any(|it| it.id == other && is_it(it.rate)),
            _ => false,
        }
    };
    ben.sees(flows(&her, |rate| rate.down > 0 && rate.up == 0))
        .await;
    ana.sees(flows(&his, |rate| rate.up > 0 && rate.down == 0))
        .await;
    let Event::Peers { peers } = ben.does(Command::Peers).await.unwrap() else {
        panic!()
    };
    assert!(peers[0].rate.is_some_and(|rate| rate.down > 0));

    ben.does(Command::Cancel { transfer: offer.id })
        .await
        .unwrap();
    for person in [&mut ana, &mut ben] {
        person
            .sees(|event| matches!(event, Event::PeerRates { rates } if rates.is_empty()))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_waits_for_its_sender_can_be_cancelled() {
    let (home, ben_home) = (Home::new("ana", "gone"), Home::new("ben", "gone"));
    let (mut ana, mut ben) = (home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    ana.sends_file(endless(&home)).await;
    let offer = ben.sees_transfer(TransferState::Offered).await;
    ben.accepts(&offer.id).await;
    has_some(&mut ben).await;
    ana.leaves().await;
    ben.sees_transfer(TransferState::Paused).await;
    let cancel = Command::Cancel { transfer: offer.id };
    ben.does(cancel).await.unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !is_empty(&ben_home, "profile/spool") {
        assert!(std::time::Instant::now() < deadline, "something is left");
        tokio::task::yield_now().await;
    }

    let mut ana = home.start().await;
    ana.sees_transfer(TransferState::Cancelled).await;
}
