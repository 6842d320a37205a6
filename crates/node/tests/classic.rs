//! Programs that speak the classic dialect, honest ones and others, beside a node of ours.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should end"
)]

mod people;

use std::time::Duration;

use gossamer_node::api::{Command, Event, MessageState, TransferState};
use people::{Home, Person};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    time::{Instant, timeout},
};

fn chat(id: &str, text: &str) -> Vec<u8> {
    message("chat", id, "ca551c00", json!({ "content": text }))
}

/// A list in which its sender names itself, as one of a network that has this tag.
fn list(sender: &str, port: u16, network: &str) -> Vec<u8> {
    let me = json!({"node_id": sender, "node_name": sender, "ip": "127.0.0.1", "port": port,
        "last_seen": 1.0});
    let tag = gossamer_wire::v1::NetworkHash::of(network).to_string();
    let id = format!("list-{sender}");
    message(
        "peer_list",
        &id,
        sender,
        json!({ "net": tag, "peers": [me] }),
    )
}

fn message(kind: &str, id: &str, sender: &str, more: serde_json::Value) -> Vec<u8> {
    let mut message = json!({"type": kind, "message_id": id, "sender_id": sender,
        "sender_name": sender, "timestamp": 1.0, "content": null});
    let (all, more) = (message.as_object_mut().unwrap(), more);
    all.extend(more.as_object().unwrap().clone());
    serde_json::to_vec(&message).unwrap()
}

/// Says as much as it can over some connections, for so long.
async fn floods(port: u16, connections: usize, text: usize, time: Duration) {
    let until = Instant::now() + time;
    let pouring = (0..connections).map(|lane| {
        tokio::spawn(async move {
            let text = "x".repeat(text);
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            for number in 0.. {
                let bytes = chat(&format!("flood-{lane}-{number}"), &text);
                // Whoever is not read waits, as TCP has it.
                match timeout(until - Instant::now(), stream.write_all(&bytes)).await {
                    Ok(Ok(())) if Instant::now() < until => {}
                    _ => return,
                }
            }
        })
    });
    for one in pouring.collect::<Vec<_>>() {
        one.await.unwrap();
    }
}

async fn queued(ana: &mut Person) -> u32 {
    ana.forgets();
    let Event::Status(status) = ana.sees(|event| matches!(event, Event::Status(_))).await else {
        unreachable!()
    };
    status.queued
}

fn size(dir: &std::path::Path) -> u64 {
    let files = std::fs::read_dir(dir).unwrap().map(Result::unwrap);
    files.map(|file| file.metadata().unwrap().len()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_long_chats_takes_little_of_anas_disk_and_is_not_hers_to_send() {
    let (home, ben) = (Home::new("ana", "flood"), Home::new("ben", "flood"));
    let (mut ana, mut ben) = (home.start().await, ben.start().await);
    ana.meets("ben").await;
    ben.meets("ana").await;
    let before = size(&home.path("profile"));

    floods(home.port(), 4, 58_000, Duration::from_secs(4)).await;
    ana.sends("are you there?").await;
    ben.hears("are you there?").await;
    ben.sends("I am").await;
    ana.hears("I am").await;

    // A burst that an address may bring, as a message, as an envelope, and in the log of the database.
    let grown = size(&home.path("profile")) - before;
    assert!(grown < 12 << 20, "{} MiB", grown >> 20);
    ana.sees(|event| matches!(event, Event::Status(status) if status.queued == 0))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_classic_program_says_while_ana_is_alone_does_not_wait_as_hers() {
    let home = Home::new("ana", "alone-with-classic");
    let mut ana = home.start().await;
    let mut stream = TcpStream::connect(("127.0.0.1", home.port()))
        .await
        .unwrap();
    for number in 0..20 {
        let text = format!("number {number}");
        stream.write_all(&chat(&text, &text)).await.unwrap();
    }
    ana.hears("number 19").await;
    ana.sends("mine").await;
    ana.sees(|event| matches!(event, Event::Status(status) if status.queued == 1))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_classic_peer_what_was_sent_waits_no_more() {
    let home = Home::new("ana", "one-classic");
    let mut ana = home.start().await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move { drop(stream.read_to_end(&mut Vec::new()).await) });
        }
    });
    let beacon = json!({"type": "discovery", "node_id": "ca551c01", "node_name": "cleo",
        "ip": "127.0.0.1", "port": port, "timestamp": 1.0});
    let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
    let beacon = serde_json::to_vec(&beacon).unwrap();
    socket
        .send_to(&beacon, ("127.0.0.1", home.port() + 1))
        .await
        .unwrap();
    ana.meets("cleo").await;
    for text in ["one", "two", "three"] {
        let id = ana.sends(text).await;
        ana.learns_that(&id, MessageState::Sent).await;
    }
    assert_eq!(queued(&mut ana).await, 0);
    taken.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_locked_network_nobody_classic_is_read_or_answered() {
    let mut home = Home::new("ana", "locked-list").with_password("maple-otter-ridge");
    let network = home.config().network.clone();
    let mut ana = home.start().await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
    let tag = gossamer_wire::v1::NetworkHash::of(&network).to_string();
    for number in 0..20 {
        let sender = format!("fa4e{number:04x}");
        let mut stream = TcpStream::connect(("127.0.0.1", home.port()))
            .await
            .unwrap();
        // It may be hung up on meanwhile.
        drop(stream.write_all(&list(&sender, port, &network)).await);
        let beacon = json!({"type": "discovery", "node_id": sender, "node_name": "m",
            "ip": "127.0.0.1", "port": port, "timestamp": 1.0, "v": [1], "multi": 1, "net": tag});
        let beacon = serde_json::to_vec(&beacon).unwrap();
        socket
            .send_to(&beacon, ("127.0.0.1", home.port() + 1))
            .await
            .unwrap();
    }
    // The user's own wish to connect hands the members' list to nobody either.
    let addr = format!("127.0.0.1:{port}");
    ana.does(Command::Connect { addr }).await.unwrap();
    ana.sees(|event| matches!(event, Event::Error { .. })).await;

    let Event::Peers { peers } = ana.does(Command::Peers).await.unwrap() else {
        panic!()
    };
    assert!(peers.is_empty(), "{peers:?}");
    while let Ok(Ok((mut stream, _))) = timeout(Duration::from_millis(10), listener.accept()).await
    {
        let mut first = [0];
        let read = timeout(Duration::from_secs(1), stream.read(&mut first)).await;
        assert!(
            !matches!(read, Ok(Ok(1))) || first != *b"{",
            "something classic was said"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_a_list_names_is_present_only_once_found_there() {
    let mut home = Home::new("ana", "claims");
    let network = home.config().network.clone();
    let mut ana = home.start().await;
    let mut stream = TcpStream::connect(("127.0.0.1", home.port()))
        .await
        .unwrap();
    for number in 0..20 {
        let sender = format!("fa4e{number:04x}");
        // Nobody listens there.
        stream
            .write_all(&list(&sender, 1024 + number, &network))
            .await
            .unwrap();
    }
    stream
        .write_all(&chat("after", "after all that"))
        .await
        .unwrap();
    ana.hears("after all that").await;
    let Event::Peers { peers } = ana.does(Command::Peers).await.unwrap() else {
        panic!()
    };
    assert!(peers.is_empty(), "{peers:?}");
}

/// The only chunk of a file that this node claims to send.
fn only_chunk(sender: &str, filename: &str) -> Vec<u8> {
    let more = json!({
        "file_id": format!("file-{sender}"),
        "chunk_index": 0,
        "chunk_data": "aGVsbG8sIG1lc2gK",
        "file_metadata": {
            "filename": filename,
            "file_size": 12,
            "file_hash": "380e790976864dc849fdf24aae1111da8f7fdc10ed5c3d651f7799e7138a6e3f",
            "total_chunks": 1,
        },
    });
    message("file_chunk", &format!("chunk-{sender}"), sender, more)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_classic_program_passes_on_of_anas_file_is_no_second_offer() {
    let (home, ben_home) = (Home::new("ana", "twice"), Home::new("ben", "twice"));
    let (mut ana, mut ben) = (home.start().await, ben_home.start().await);
    ana.meets("ben").await;
    ben.meets("ana").await;
    let node = ana.id[..8].to_owned();
    // No beacon tells him any more that she speaks v2.
    ana.leaves().await;
    ben.leaves().await;
    let mut ben = ben_home.start().await;

    let mut stream = TcpStream::connect(("127.0.0.1", ben_home.port()))
        .await
        .unwrap();
    for (sender, filename) in [(&*node, "copy.txt"), ("ca551c00", "own.txt")] {
        let chunk = only_chunk(sender, filename);
        stream.write_all(&chunk).await.unwrap();
    }
    let offer = ben.sees_transfer(TransferState::Offered).await;
    assert_eq!(offer.name, "own.txt");
}
