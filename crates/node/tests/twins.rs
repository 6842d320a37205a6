//! A profile that runs on two devices: both are told, and one of them steps back.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should end"
)]

mod people;

use gossamer_node::api::{Command, ErrorCode, Event};
use people::{Home, Person};

/// What somebody is told when their profile runs elsewhere: whether they are to step back.
async fn is_second(person: &mut Person) -> bool {
    let copied = |event: &Event| matches!(event, Event::Error { code, .. } if *code == ErrorCode::ProfileCopied);
    match person.sees(copied).await {
        Event::Error { message, .. } => message.contains("this device stays silent"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_runs_on_two_devices_is_told_to_both_and_one_goes_on() {
    let (home, ben) = (Home::new("ana", "twins"), Home::new("ben", "twins"));
    let mut ben = ben.start().await;
    let mut ana = home.start().await;
    ana.meets("ben").await;
    ana.leaves().await;
    let copy = home.copied();
    // The copy is older than what ana says now.
    let ana = home.start().await;
    ana.sends("before").await;
    ben.hears("before").await;

    let (mut ana, mut copy) = (ana, copy.start().await);
    assert_eq!(ana.id, copy.id);
    let (one, other) = (is_second(&mut ana).await, is_second(&mut copy).await);
    assert_ne!(one, other, "exactly one steps back");
    let (mut first, mut second) = if one { (copy, ana) } else { (ana, copy) };

    first.sends("I am still here").await;
    ben.hears("I am still here").await;
    let connect = Command::Connect {
        addr: "127.0.0.1:9000".into(),
    };
    let refused = second.does(connect).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::ProfileCopied);
    // It goes without a goodbye: nobody takes the first one for gone.
    first.forgets();
    ben.forgets();
    second.forgets();
    second.leaves().await;
    first.sends("and I stay").await;
    ben.hears("and I stay").await;
    assert!(ben.saw_nobody_leave());
}
