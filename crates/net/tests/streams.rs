//! Byte streams between two devices.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets the unexpected has failed"
)]

mod common;

use std::io;

use common::{DEADLINE, Person, ana, at, ben, cleo, key};
use gossamer_net::{LinkError, OpenError, Stream, Way};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

#[tokio::test]
async fn bytes_go_both_ways_and_each_end_knows_the_other() {
    let (ana, mut ben) = (ana().await, ben().await);
    let (mut at_ana, mut at_ben) = stream(&ana, &mut ben).await;
    assert_eq!((at_ana.device(), at_ben.device()), (ben.id, ana.id));
    assert_eq!(at_ana.addr(), ben.addr);

    at_ana.write_all(b"ping").await.unwrap();
    at_ana.flush().await.unwrap();
    let mut read = [0; 4];
    timeout(DEADLINE, at_ben.read_exact(&mut read))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&read, b"ping");
    at_ben.write_all(b"pong").await.unwrap();
    at_ben.flush().await.unwrap();
    timeout(DEADLINE, at_ana.read_exact(&mut read))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&read, b"pong");
}

#[tokio::test]
async fn much_arrives_as_it_was_sent() {
    let (ana, mut ben) = (ana().await, ben().await);
    let (mut at_ana, mut at_ben) = stream(&ana, &mut ben).await;
    let sent: Vec<u8> = (0..8_000_000_u32)
        .map(|i| (i.wrapping_mul(i) >> 7) as u8)
        .collect();
    let expected = sent.clone();
    let sending = tokio::spawn(async move {
        at_ana.write_all(&sent).await.unwrap();
        at_ana.shutdown().await.unwrap();
    });
    let mut received = Vec::new();
    timeout(DEADLINE, at_ben.read_to_end(&mut received))
        .await
        .unwrap()
        .unwrap();
    assert!(received == expected);
    sending.await.unwrap();
}

#[tokio::test]
async fn a_stream_that_is_cut_off_does_not_look_complete() {
    let (ana, mut ben) = (ana().await, ben().await);
    let (mut at_ana, mut at_ben) = stream(&ana, &mut ben).await;
    at_ana.write_all(b"half of it").await.unwrap();
    at_ana.flush().await.unwrap();
    drop(at_ana);
    let mut received = Vec::new();
    let end = timeout(DEADLINE, at_ben.read_to_end(&mut received))
        .await
        .unwrap();
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(received, b"half of it");
}

#[tokio::test]
async fn a_device_is_found_at_the_address_where_it_is() {
    let (ana, ben, mut cleo) = (ana().await, ben().await, cleo().await);
    let way = Way {
        addrs: vec![ben.addr, cleo.addr],
        hops: Vec::new(),
    };
    let (at_ana, at_cleo) = tokio::join!(ana.opens(cleo.id, way), cleo.stream());
    assert_eq!(at_ana.unwrap().addr(), cleo.addr);
    assert_eq!(at_cleo.device(), ana.id);
}

#[tokio::test]
async fn nobody_but_the_device_asked_for_is_spoken_to() {
    let (ana, mut ben) = (ana().await, ben().await);
    let refused = ana.opens(key(7).id(), at(ben.addr)).await;
    assert!(matches!(refused, Err(OpenError::Link(LinkError::WrongKey))));
    let nowhere = ana.opens(ben.id, Way::default()).await;
    let unreachable = |error| matches!(error, OpenError::Link(LinkError::Unreachable(_)));
    assert!(nowhere.is_err_and(unreachable));
    ben.is_left_alone().await;
}

#[tokio::test]
async fn a_stream_outlives_the_node_that_opened_it() {
    let (ana, mut ben) = (ana().await, ben().await);
    let (mut at_ana, mut at_ben) = stream(&ana, &mut ben).await;
    drop((ana, ben));
    at_ana.write_all(b"still").await.unwrap();
    at_ana.shutdown().await.unwrap();
    let mut received = Vec::new();
    timeout(DEADLINE, at_ben.read_to_end(&mut received))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(received, b"still");
}

/// Both ends of a stream from the first to the second.
async fn stream(from: &Person, to: &mut Person) -> (Stream, Stream) {
    let (opened, came) = tokio::join!(from.opens(to.id, at(to.addr)), to.stream());
    (opened.unwrap(), came)
}
