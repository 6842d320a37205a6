//! Two nodes and the frames between them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets the unexpected has failed"
)]

mod common;

use bytes::Bytes;
use common::{DEADLINE, ana, ben, cleo, frame, link};
use gossamer_net::{NetEvent, NotQueued};
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn both_ends_know_the_other_and_share_a_secret_of_this_link() {
    let (mut ana, mut ben) = (ana().await, ben().await);
    let (at_ana, at_ben) = link(&mut ana, &mut ben).await;
    assert_eq!((at_ana.device, at_ben.device), (ben.id, ana.id));
    assert_eq!((at_ana.dialled, at_ben.dialled), (true, false));
    assert_eq!(at_ana.addr, ben.addr);
    assert_eq!(at_ben.addr.ip(), ana.addr.ip());
    let secret = at_ana.exporter.expose_secret();
    assert_eq!(secret, at_ben.exporter.expose_secret());

    let (again, _) = link(&mut ana, &mut ben).await;
    assert_ne!(again.exporter.expose_secret(), secret);
    assert_ne!(again.link, at_ana.link);
}

#[tokio::test]
async fn a_link_to_anyone_finds_out_who_it_is() {
    let (mut ana, ben) = (ana().await, ben().await);
    ana.net.dial_link(ben.addr, None);
    assert_eq!(ana.up().await.device, ben.id);
}

#[tokio::test]
async fn frames_of_every_size_arrive_whole_and_in_order() {
    let (mut ana, mut ben) = (ana().await, ben().await);
    let (at_ana, _) = link(&mut ana, &mut ben).await;
    let sizes = [0, 1, 100, 16_384, 65_535, 65_536, 3, 65_536];
    for (kind, size) in (1..).zip(sizes) {
        let frame = frame(kind, &vec![kind; size]);
        ana.net.send_frame(at_ana.link, frame, None).unwrap();
    }
    for (kind, size) in (1..).zip(sizes) {
        let (_, frame) = ben.frame().await;
        assert_eq!((frame.kind, frame.body.len()), (kind, size));
        assert!(frame.body.iter().all(|&byte| byte == kind));
    }
}

#[tokio::test]
async fn each_ticket_is_answered_when_its_frame_is_written() {
    let (mut ana, mut ben) = (ana().await, ben().await);
    let (at_ana, _) = link(&mut ana, &mut ben).await;
    for ticket in 0..100 {
        let frame = frame(1, b"hello");
        ana.net
            .send_frame(at_ana.link, frame, Some(ticket))
            .unwrap();
    }
    for expected in 0..100 {
        match ana.event().await {
            NetEvent::FrameWritten { link, ticket } => {
                assert_eq!((link, ticket), (at_ana.link, expected));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn what_was_queued_and_the_last_word_arrive_before_the_end() {
    let (mut ana, mut ben) = (ana().await, ben().await);
    let (at_ana, at_ben) = link(&mut ana, &mut ben).await;
    // What ben sends and ana does not take any more must not reset the connection.
    for _ in 0..100 {
        let frame = frame(9, &[0; 60_000]);
        let _ = ben.net.send_frame(at_ben.link, frame, None);
    }
    for _ in 0..50 {
        let queued = frame(1, &[0; 60_000]);
        ana.net.send_frame(at_ana.link, queued, None).unwrap();
    }
    ana.net.close_link(at_ana.link, Some(frame(5, b"leaving")));
    let after = ana.net.send_frame(at_ana.link, frame(1, b"late"), None);
    assert_eq!(after, Err(NotQueued));

    for _ in 0..50 {
        assert_eq!(ben.frame().await.1.kind, 1);
    }
    assert_eq!(&ben.frame().await.1.body[..], b"leaving");
    assert_eq!(ben.down().await, at_ben.link);
    loop {
        match ana.event().await {
            NetEvent::LinkDown { link } => break assert_eq!(link, at_ana.link),
            NetEvent::Frame { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    ana.is_left_alone().await;
    ben.is_left_alone().await;
}

#[tokio::test]
async fn a_link_to_someone_who_takes_nothing_refuses_and_closes_in_time() {
    let (mut ana, mut ben) = (ana().await, ben().await);
    let (at_ana, _) = link(&mut ana, &mut ben).await;
    // Ben takes no events, so his socket is read no further.
    let begun = Instant::now();
    let big = frame(1, &[0; 65_536]);
    loop {
        match ana.net.send_frame(at_ana.link, big.clone(), None) {
            Ok(()) => {}
            // It may be that ana's task had no turn yet.
            Err(NotQueued) if ana.net.traffic().1 < 1 << 20 => tokio::task::yield_now().await,
            Err(NotQueued) => break,
        }
        assert!(begun.elapsed() < DEADLINE);
    }
    let begun = Instant::now();
    ana.net.close_link(at_ana.link, Some(frame(5, b"last")));
    assert_eq!(ana.down().await, at_ana.link);
    assert!(begun.elapsed().as_secs() < 4);
}

/// Ana does not take events for a while. Cleo fills all that is hers; ben says one thing.
#[tokio::test]
async fn a_flood_from_one_holds_up_nobody_else() {
    let (mut ana, mut ben, mut cleo) = (ana().await, ben().await, cleo().await);
    let (at_cleo, of_cleo) = link(&mut cleo, &mut ana).await;
    let (at_ben, of_ben) = link(&mut ben, &mut ana).await;
    for _ in 0..20_000 {
        let flood = frame(1, &[0; 100]);
        cleo.net.send_frame(at_cleo.link, flood, None).unwrap();
    }
    timeout(DEADLINE, cleo.net.flush()).await.unwrap();
    // Every task here runs on this thread: each has had as many turns as it can use.
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
    ben.net
        .send_frame(at_ben.link, frame(2, b"hello"), Some(1))
        .unwrap();
    assert!(matches!(ben.event().await, NetEvent::FrameWritten { .. }));

    let mut before = 0;
    loop {
        let (link, _) = ana.frame().await;
        if link == of_ben.link {
            break;
        }
        assert_eq!(link, of_cleo.link);
        before += 1;
    }
    assert!(before <= 100, "ben waited behind {before} frames");
    let mut after = 0;
    while before + after < 20_000 {
        ana.frame().await;
        after += 1;
    }
    assert!(after > 0);
}

#[tokio::test]
async fn a_frame_over_the_limit_is_told_of_and_ends_the_link() {
    let (mut ana, mut ben) = (ana().await, ben().await);
    let (at_ana, at_ben) = link(&mut ana, &mut ben).await;
    let head = Bytes::from_static(&[1, 0, 1, 7]);
    ana.net.send_frame(at_ana.link, head, None).unwrap();
    match ben.event().await {
        NetEvent::FrameTooLong { link } => assert_eq!(link, at_ben.link),
        other => panic!("{other:?}"),
    }
    assert_eq!(ben.down().await, at_ben.link);
    assert_eq!(ana.down().await, at_ana.link);
}

#[tokio::test]
async fn whoever_stops_ends_their_links() {
    let (mut ana, mut ben) = (ana().await, ben().await);
    let (_, at_ben) = link(&mut ana, &mut ben).await;
    drop(ana);
    assert_eq!(ben.down().await, at_ben.link);
}

#[tokio::test]
async fn frames_for_a_link_that_is_gone_are_refused() {
    let (mut ana, mut ben) = (ana().await, ben().await);
    let (at_ana, at_ben) = link(&mut ana, &mut ben).await;
    ben.net.close_link(at_ben.link, None);
    assert_eq!(ana.down().await, at_ana.link);
    let refused = ana.net.send_frame(at_ana.link, frame(1, b""), Some(1));
    assert_eq!(refused, Err(NotQueued));
    ana.net.close_link(at_ana.link, None);
    ana.is_left_alone().await;
}

#[tokio::test]
async fn flushing_waits_for_what_was_queued_and_for_what_is_being_closed() {
    let (mut ana, mut ben) = (ana().await, ben().await);
    let (at_ana, _) = link(&mut ana, &mut ben).await;
    let before = ana.net.traffic().1;
    ana.net
        .send_frame(at_ana.link, frame(1, &[0; 10_000]), None)
        .unwrap();
    ana.net.close_link(at_ana.link, None);
    ana.net.flush().await;
    assert!(ana.net.traffic().1 - before > 10_000);
    assert_eq!(ana.down().await, at_ana.link);
}

#[tokio::test]
async fn nothing_of_a_frame_but_its_size_is_shown() {
    let (mut ana, mut ben) = (ana().await, ben().await);
    let (at_ana, _) = link(&mut ana, &mut ben).await;
    assert_eq!(format!("{:?}", at_ana.exporter), "Exporter(..)");
    ana.net
        .send_frame(at_ana.link, frame(4, b"a key"), None)
        .unwrap();
    let (_, frame) = ben.frame().await;
    assert_eq!(format!("{frame:?}"), "Frame(0x04, 5 bytes)");
}
