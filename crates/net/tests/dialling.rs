//! What a dial that does not become a link is told.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets the unexpected has failed"
)]

mod common;

use std::net::SocketAddr;

use common::{ana, ben, key};
use gossamer_net::LinkError;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

#[tokio::test]
async fn nobody_there() {
    let mut ana = ana().await;
    ana.net.dial_link(nobody().await, None);
    assert!(matches!(ana.failure().await, LinkError::Unreachable(_)));
}

#[tokio::test]
async fn another_device_is_there() {
    let (mut ana, mut ben) = (ana().await, ben().await);
    ana.net.dial_link(ben.addr, Some(key(7).id()));
    assert!(matches!(ana.failure().await, LinkError::WrongKey));
    ben.is_left_alone().await;
}

#[tokio::test]
async fn a_node_that_closes_does_not_speak_tls() {
    let mut ana = ana().await;
    ana.net.dial_link(classic(b"").await, None);
    assert!(matches!(ana.failure().await, LinkError::NotTls));
}

#[tokio::test]
async fn a_node_that_answers_something_else_does_not_speak_tls() {
    for answer in [
        &b"{\"type\":\"chat\"}"[..],
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ] {
        let mut ana = ana().await;
        ana.net.dial_link(classic(answer).await, None);
        assert!(matches!(ana.failure().await, LinkError::NotTls));
    }
}

#[tokio::test]
async fn a_node_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut ana = ana().await;
    ana.net.dial_link(listener.local_addr().unwrap(), None);
    let _connection = listener.accept().await.unwrap();
    assert!(matches!(ana.failure().await, LinkError::TimedOut));
}

#[tokio::test]
async fn a_tls_node_that_is_busy_is_told_from_one_without_tls() {
    let mut ana = ana().await;
    ana.net
        .dial_link(classic(&[21, 3, 3, 0, 2, 2, 80]).await, None);
    assert!(matches!(ana.failure().await, LinkError::Refused(_)));
}

/// A port that was free a moment ago and that nobody is given.
async fn nobody() -> SocketAddr {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let addr = socket.local_addr().unwrap();
    // Bound and not listening, it refuses, and stays taken until the test ends.
    std::mem::forget(socket);
    addr
}

/// Takes one connection, reads what one read brings, answers and closes.
async fn classic(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 65_536]).await;
        let _ = stream.write_all(answer).await;
    });
    addr
}
