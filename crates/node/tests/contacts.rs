//! Whom people prefer: chosen by a device, kept by person.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should end"
)]

mod people;

use std::time::Duration;

use gossamer_node::api::{Command, ErrorCode, Event, PeerView};
use people::{Home, Person};

/// The answer to `add_contact`, once it is known whose device that is: meeting it may be told before.
async fn chooses(person: &Person, peer: &str) -> PeerView {
    let asked = async {
        loop {
            let peer = peer.to_owned();
            match person.does(Command::AddContact { peer }).await {
                Ok(Event::Contact { peer }) => return peer,
                Err(error) if error.code == ErrorCode::UnknownPeer => {}
                other => panic!("{other:?}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let deadline = Duration::from_secs(20);
    tokio::time::timeout(deadline, asked).await.unwrap()
}

async fn is_contact(person: &Person, peer: &str) -> bool {
    let Event::Peers { peers } = person.does(Command::Peers).await.unwrap() else {
        panic!("peers answers peers")
    };
    let known = peers.iter().find(|known| known.id == peer);
    known.is_some_and(|known| known.contact)
}

#[tokio::test(flavor = "multi_thread")]
async fn ben_is_a_contact_of_ana_until_she_says_otherwise_whoever_is_on() {
    let (home, bens) = (Home::new("ana", "contacts"), Home::new("ben", "contacts"));
    let (mut ana, ben) = (home.start().await, bens.start().await);
    ana.meets("ben").await;
    let id = ben.id.clone();
    assert!(!is_contact(&ana, &id).await);
    let chosen = chooses(&ana, &id).await;
    assert!(chosen.contact && chosen.name == "ben" && chosen.id == id);
    let told = |event: &Event| matches!(event, Event::Contact { peer } if peer.contact);
    ana.sees(told).await;
    ben.leaves().await;
    ana.misses("ben").await;
    ana.leaves().await;

    let ana = home.start().await;
    assert!(is_contact(&ana, &id).await, "he is away and still one");
    let peer = id.clone();
    let removed = ana.does(Command::RemoveContact { peer }).await;
    assert!(matches!(removed.unwrap(), Event::Contact { peer } if !peer.contact));
    assert!(!is_contact(&ana, &id).await);
    ana.leaves().await;

    let ana = home.start().await;
    assert!(!is_contact(&ana, &id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_a_contact_of_themselves_and_no_stranger_is_one() {
    let ana = Home::new("ana", "alone").start().await;
    for (peer, code) in [
        (ana.id.clone(), ErrorCode::BadArgument),
        ("0b".repeat(32), ErrorCode::UnknownPeer),
        ("ben".to_owned(), ErrorCode::UnknownPeer),
    ] {
        let refused = ana.does(Command::AddContact { peer }).await;
        assert_eq!(refused.unwrap_err().code, code);
    }
}
