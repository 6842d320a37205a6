//! Two and three people on one machine talk: discovery, messages, states, passwords, restarts.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should end"
)]

mod people;

use gossamer_node::api::{Command, ErrorCode, Event, MessageState, PeerStatus, RefusalReason};
use people::Home;

#[tokio::test(flavor = "multi_thread")]
async fn ana_and_ben_find_each_other_and_talk() {
    let (ana, ben) = (Home::new("ana", "talk"), Home::new("ben", "talk"));
    let (mut ana, mut ben) = (ana.start().await, ben.start().await);
    ana.meets("ben").await;
    ben.meets("ana").await;

    let id = ana.sends("hello").await;
    let heard = ben.hears("hello").await;
    assert_eq!(
        (heard.id, heard.from.id, heard.hops),
        (id.clone(), ana.id.clone(), Some(0))
    );
    ana.learns_that(&id, MessageState::Sent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ana_writes_alone_waits_for_ben_even_through_a_restart() {
    let (home, ben) = (Home::new("ana", "alone"), Home::new("ben", "alone"));
    let ana = home.start().await;
    let first = ana.sends("one").await;
    let second = ana.sends("two").await;
    ana.leaves().await;

    let mut ana = home.start().await;
    let mut ben = ben.start().await;
    ben.hears("one").await;
    ben.hears("two").await;
    ana.learns_that(&first, MessageState::Sent).await;
    ana.learns_that(&second, MessageState::Sent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_survives_and_nothing_is_shown_twice() {
    let (ana, home) = (Home::new("ana", "twice"), Home::new("ben", "twice"));
    let ana = ana.start().await;
    let mut ben = home.start().await;
    ben.meets("ana").await;
    ana.sends("hello").await;
    ben.hears("hello").await;
    ben.leaves().await;

    let ben = home.start().await;
    let history = Command::History {
        conversation: "everyone".into(),
        before: None,
        limit: None,
    };
    let Event::History { messages, more, .. } = ben.does(history).await.unwrap() else {
        panic!()
    };
    assert_eq!(messages.len(), 1);
    assert!(!more && messages[0].text == "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_password_lets_in_and_another_one_is_told() {
    let ana = Home::new("ana", "secret").with_password("maple-otter-ridge");
    let ben = Home::new("ben", "secret").with_password("maple-otter-ridge");
    let cleo = Home::new("cleo", "secret").with_password("wrong");
    let (mut ana, mut ben, mut cleo) = (ana.start().await, ben.start().await, cleo.start().await);
    ana.meets("ben").await;
    let other_password = |event: &Event| matches!(event, Event::PeerRefused { reason, .. } if *reason == RefusalReason::OtherPassword);
    ana.sees(other_password).await;
    cleo.sees(other_password).await;
    cleo.sees(|event| matches!(event, Event::Status(status) if status.other_password == 2))
        .await;
    ana.sends("hello").await;
    assert!(ben.hears("hello").await.readable);
    let Event::Peers { peers } = cleo.does(Command::Peers).await.unwrap() else {
        panic!()
    };
    assert!(peers.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn other_networks_are_not_ours() {
    let (ana, ben, cleo) = (
        Home::new("ana", "here"),
        Home::new("ben", "there"),
        Home::new("cleo", "here"),
    );
    let mut ana = ana.start().await;
    let ben = ben.start().await;
    let _cleo = cleo.start().await;
    ana.meets("cleo").await;
    let Event::Peers { peers } = ana.does(Command::Peers).await.unwrap() else {
        panic!()
    };
    assert!(peers.iter().all(|peer| peer.id != ben.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn ben_says_goodbye_and_ana_knows_at_once() {
    let (ana, ben) = (Home::new("ana", "bye"), Home::new("ben", "bye"));
    let (mut ana, ben) = (ana.start().await, ben.start().await);
    ana.meets("ben").await;
    ben.leaves().await;
    ana.misses("ben").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_refused_by_name() {
    let home = Home::new("ana", "refused");
    let ana = home.start().await;
    let code = async |command| ana.does(command).await.unwrap_err().code;
    let send = |to: &str, text: String| Command::Send {
        to: to.into(),
        text,
    };
    assert_eq!(
        code(send("everyone", "  ".into())).await,
        ErrorCode::BadArgument
    );
    assert_eq!(
        code(send("everyone", "x".repeat(16 * 1024 + 1))).await,
        ErrorCode::BadArgument
    );
    assert_eq!(
        code(send("nobody", "hi".into())).await,
        ErrorCode::UnknownConversation
    );
    assert_eq!(
        code(Command::Accept {
            transfer: "x".into()
        })
        .await,
        ErrorCode::UnknownTransfer
    );
    assert_eq!(
        code(Command::Retry {
            message: "x".into()
        })
        .await,
        ErrorCode::UnknownMessage
    );
    let missing = Command::SendFile {
        to: "everyone".into(),
        path: "/no/such/file".into(),
    };
    assert_eq!(code(missing).await, ErrorCode::FileUnreadable);

    assert_eq!(
        home.try_start().await.err().unwrap().code,
        ErrorCode::ProfileInUse
    );
    let mut other = Home::new("ben", "refused");
    other.config().port = home.port();
    assert_eq!(
        other.try_start().await.err().unwrap().code,
        ErrorCode::PortInUse
    );
    other.config().port = 80;
    assert_eq!(
        other.try_start().await.err().unwrap().code,
        ErrorCode::PortUnusable
    );
    other.config().name = String::new();
    assert_eq!(
        other.try_start().await.err().unwrap().code,
        ErrorCode::BadArgument
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn since_when_ben_is_away_is_known_after_a_restart() {
    let (home, ben) = (Home::new("ana", "since"), Home::new("ben", "since"));
    let (mut ana, ben) = (home.start().await, ben.start().await);
    ana.meets("ben").await;
    let his = ben.id.clone();
    ben.leaves().await;
    ana.misses("ben").await;
    ana.leaves().await;

    let ana = home.start().await;
    let Event::Peers { peers } = ana.does(Command::Peers).await.unwrap() else {
        panic!()
    };
    let [ben] = &peers[..] else {
        panic!("{peers:?}")
    };
    assert_eq!((ben.id.as_str(), ben.name.as_str()), (his.as_str(), "ben"));
    assert_eq!(ben.status, PeerStatus::Offline);
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let now = u64::try_from(now.as_millis()).unwrap();
    assert!(now - 60_000 < ben.last_seen && ben.last_seen <= now);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_face_changes_every_face_is_told() {
    let home = Home::new("ana", "faces");
    let mut ana = home.start().await;
    let older = ana.sends("one").await;
    let newer = ana.sends("two").await;
    for message in [&newer, &older] {
        let mark = Command::MarkRead {
            conversation: "everyone".into(),
            message: message.clone(),
        };
        let answer = ana.does(mark).await.unwrap();
        let told = ana
            .sees(|event| matches!(event, Event::ReadMarker { .. }))
            .await;
        assert_eq!(told, answer);
        let is_newer =
            |event: &Event| matches!(event, Event::ReadMarker { message, .. } if *message == newer);
        assert!(is_newer(&told), "what was read stays read: {told:?}");
    }
    let answer = ana.does(Command::ClearTransfers).await.unwrap();
    let told = ana
        .sees(|event| matches!(event, Event::Transfers { .. }))
        .await;
    assert_eq!(told, answer);
}
