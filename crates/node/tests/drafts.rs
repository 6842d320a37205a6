//! What somebody typed and did not send is there when they come back.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should end"
)]

mod people;

use gossamer_node::api::{Command, DRAFT_MAX, DraftView, ErrorCode, Event};
use people::{Home, Person};

fn draft(text: &str) -> DraftView {
    DraftView {
        conversation: "everyone".to_owned(),
        text: text.to_owned(),
    }
}

fn set(DraftView { conversation, text }: DraftView) -> Command {
    Command::SetDraft { conversation, text }
}

async fn drafts(person: &Person) -> Vec<DraftView> {
    match person.does(Command::Drafts).await.unwrap() {
        Event::Drafts { drafts } => drafts,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ana_typed_is_told_to_every_face_and_waits_for_her_through_a_restart() {
    let home = Home::new("ana", "drafts");
    let mut ana = home.start().await;
    assert_eq!(drafts(&ana).await, []);
    let half = draft("half a thought");
    let answer = ana.does(set(half.clone())).await.unwrap();
    assert_eq!(answer, Event::Draft(half.clone()));
    ana.sees(|event| *event == Event::Draft(half.clone())).await;
    ana.leaves().await;

    let mut ana = home.start().await;
    assert_eq!(drafts(&ana).await, [half]);
    ana.does(set(draft(""))).await.unwrap();
    ana.sees(|event| *event == Event::Draft(draft(""))).await;
    assert_eq!(drafts(&ana).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_has_an_end_and_belongs_to_a_conversation() {
    let ana = Home::new("ana", "long-drafts").start().await;
    let longest = draft(&"x".repeat(DRAFT_MAX));
    ana.does(set(longest.clone())).await.unwrap();
    let too_long = set(draft(&"x".repeat(DRAFT_MAX + 1)));
    let refused = ana.does(too_long).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::BadArgument);
    let elsewhere = DraftView {
        conversation: "nowhere".to_owned(),
        ..draft("hello")
    };
    let refused = ana.does(set(elsewhere)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::UnknownConversation);
    assert_eq!(drafts(&ana).await, [longest]);
}
