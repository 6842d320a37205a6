//! How fast streams and links are, against plain TCP in the same run.
//!
//! `cargo run --release -p gossamer-net --example link_bench`. Both ends are in this process, on
//! loopback, in turns, so that the ratios mean something on a busy machine too.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "a bench prints, and stops at what it does not expect"
)]

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use bytes::Bytes;
use gossamer_crypto::{DeviceId, DeviceKey, NetworkId};
use gossamer_net::{Hop, Incoming, LinkId, Net, NetEvent, NotQueued, Stream, Way};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const ROUNDS: usize = 7;
const BULK: usize = 1 << 30;
const WRITE: usize = 256 << 10;
const HANDSHAKES: usize = 200;

struct Node {
    net: Net,
    id: DeviceId,
    addr: SocketAddr,
}

#[tokio::main]
async fn main() {
    let (mut ana, mut ben) = (Node::new(1).await, Node::new(2).await);
    let ways = (straight(&ben), through(relay(&ben).await));
    let listener = TcpListener::bind((HERE, 0)).await.unwrap();

    let (mut tcp, mut stream) = (Vec::new(), Vec::new());
    let (mut circuit, mut circuit_cpu) = (Vec::new(), Vec::new());
    let (mut big, mut small) = (Vec::new(), Vec::new());
    let (mut tcp_cpu, mut stream_cpu) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (to, from) = tcp_pair(&listener).await;
        let before = cpu();
        tcp.push(bulk(to, from).await);
        tcp_cpu.push(cpu() - before);
        let (to, from) = stream_pair(&ana, &mut ben, ways.0.clone()).await;
        let before = cpu();
        stream.push(bulk(to, from).await);
        stream_cpu.push(cpu() - before);
        let (to, from) = stream_pair(&ana, &mut ben, ways.1.clone()).await;
        let before = cpu();
        circuit.push(bulk(to, from).await);
        circuit_cpu.push(cpu() - before);
        big.push(frames(&mut ana, &mut ben, 65_000, 8_000).await);
        small.push(frames(&mut ana, &mut ben, 100, 200_000).await);
    }
    println!("bytes, MB/s, median of {ROUNDS}");
    let plain = report("plain TCP, 256 KiB writes", &mut tcp, 1e6, None);
    let direct = report("stream, 256 KiB writes", &mut stream, 1e6, Some(plain));
    report(
        "stream through a relay (against stream)",
        &mut circuit,
        1e6,
        Some(direct),
    );
    report("link, 65 000-byte frames", &mut big, 1e6, Some(plain));
    report("link, 100-byte frames", &mut small, 1e6, Some(plain));

    if cfg!(target_os = "linux") {
        println!("processor time of both ends for 1 GiB, s, median of {ROUNDS}");
        let plain = report("plain TCP", &mut tcp_cpu, 1.0, None);
        report("stream", &mut stream_cpu, 1.0, Some(plain));
        report(
            "stream through a relay, which is here too",
            &mut circuit_cpu,
            1.0,
            Some(plain),
        );
    }

    let (mut tcp, mut stream) = (Vec::new(), Vec::new());
    for _ in 0..HANDSHAKES {
        let begun = Instant::now();
        let (to, from) = tcp_pair(&listener).await;
        echo(to, from).await;
        tcp.push(begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        let (to, from) = stream_pair(&ana, &mut ben, ways.0.clone()).await;
        echo(to, from).await;
        stream.push(begun.elapsed().as_secs_f64());
    }
    println!("connection and first echo, ms, median of {HANDSHAKES}");
    let plain = report("plain TCP", &mut tcp, 1e-3, None);
    report("stream", &mut stream, 1e-3, Some(plain));
}

/// Seconds that this process has computed, on Linux: a busy machine changes them little.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15, counted from behind the name in parentheses, in hundredths (proc(5)).
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

/// The median, in `unit`s.
fn report(what: &str, of: &mut [f64], unit: f64, plain: Option<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    let scaled = |value: f64| value / unit;
    let (least, median, most) = (of[0], of[of.len() / 2], of[of.len() - 1]);
    let range = format!("{:.2}..{:.2}", scaled(least), scaled(most));
    let ratio = plain.map_or_else(String::new, |plain| {
        format!("{:.2} x plain", median / plain)
    });
    println!("  {what:<28}{:>10.2}  ({range})  {ratio}", scaled(median));
    median
}

async fn tcp_pair(listener: &TcpListener) -> (TcpStream, TcpStream) {
    let dialled = TcpStream::connect(listener.local_addr().unwrap());
    let (to, from) = tokio::join!(dialled, listener.accept());
    let (to, (from, _)) = (to.unwrap(), from.unwrap());
    to.set_nodelay(true).unwrap();
    from.set_nodelay(true).unwrap();
    (to, from)
}

fn straight(to: &Node) -> Way {
    Way {
        addrs: vec![to.addr],
        hops: Vec::new(),
    }
}

fn through(relay: Hop) -> Way {
    Way {
        addrs: Vec::new(),
        hops: vec![relay],
    }
}

/// A third node, in this process too, that passes everything on to `to`.
async fn relay(to: &Node) -> Hop {
    let mut relay = Node::new(3).await;
    let hop = |node: &Node| Hop {
        device: node.id,
        addr: node.addr,
        link: LinkId(u64::MAX),
    };
    let (here, onward) = (hop(&relay), hop(to));
    tokio::spawn(async move {
        loop {
            if let NetEvent::Circuit(request) = relay.event().await {
                relay.net.pass_on(request, onward);
            }
        }
    });
    here
}

async fn stream_pair(ana: &Node, ben: &mut Node, way: Way) -> (Stream, Stream) {
    let dialer = ana.net.dialer();
    let opened = dialer.open(ben.id, &way, "bench", NetworkId::of("bench"));
    let (to, from) = tokio::join!(opened, ben.stream());
    (to.unwrap(), from)
}

/// Bytes in a second.
async fn bulk(
    mut to: impl AsyncWrite + Unpin + Send + 'static,
    mut from: impl AsyncRead + Unpin + Send + 'static,
) -> f64 {
    let begun = Instant::now();
    let sending = tokio::spawn(async move {
        let block = vec![7; WRITE];
        for _ in 0..BULK / WRITE {
            to.write_all(&block).await.unwrap();
        }
        to.shutdown().await.unwrap();
    });
    let receiving = tokio::spawn(async move {
        let (mut block, mut received) = (vec![0; WRITE], 0);
        while let size @ 1.. = from.read(&mut block).await.unwrap() {
            received += size;
        }
        assert_eq!(received, BULK);
    });
    sending.await.unwrap();
    receiving.await.unwrap();
    BULK as f64 / begun.elapsed().as_secs_f64()
}

async fn echo(
    mut to: impl AsyncRead + AsyncWrite + Unpin,
    mut from: impl AsyncRead + AsyncWrite + Unpin,
) {
    to.write_all(&[1]).await.unwrap();
    to.flush().await.unwrap();
    let byte = from.read_u8().await.unwrap();
    from.write_all(&[byte]).await.unwrap();
    from.flush().await.unwrap();
    to.read_u8().await.unwrap();
}

/// Bytes of bodies in a second.
async fn frames(ana: &mut Node, ben: &mut Node, size: usize, count: usize) -> f64 {
    ana.net.dial_link(ben.addr, Some(ben.id));
    let (at_ana, at_ben) = tokio::join!(ana.up(), ben.up());
    let [_, a, b, c] = (size as u32).to_be_bytes();
    let frame = Bytes::from([&[a, b, c, 1][..], &vec![7; size]].concat());
    let begun = Instant::now();
    let sending = async {
        for _ in 0..count {
            while ana.net.send_frame(at_ana, frame.clone(), None) == Err(NotQueued) {
                tokio::time::sleep(Duration::from_micros(100)).await;
            }
            // The sender of a real node has other things to do in between.
            tokio::task::consume_budget().await;
        }
    };
    let receiving = async {
        for _ in 0..count {
            assert!(matches!(ben.event().await, NetEvent::Frame { .. }));
        }
    };
    tokio::join!(sending, receiving);
    let rate = (size * count) as f64 / begun.elapsed().as_secs_f64();
    ana.net.close_link(at_ana, None);
    tokio::join!(ana.down(at_ana), ben.down(at_ben));
    rate
}

impl Node {
    async fn new(secret: u8) -> Self {
        let key = DeviceKey::from_secret(&[secret; 32]);
        let net = Net::bind(0, vec![HERE], &key, None).await.unwrap();
        let addr = SocketAddr::new(HERE, net.port());
        let id = key.id();
        Self { net, id, addr }
    }

    async fn event(&mut self) -> NetEvent {
        loop {
            match self.net.next().await.unwrap() {
                Incoming::Event(
                    NetEvent::Datagram { .. } | NetEvent::Interfaces(_) | NetEvent::Deaf { .. },
                ) => {}
                Incoming::Event(event) => return event,
                Incoming::Bulk(bulk) => panic!("{bulk:?}"),
            }
        }
    }

    async fn up(&mut self) -> LinkId {
        match self.event().await {
            NetEvent::LinkUp { link, .. } => link,
            other => panic!("{other:?}"),
        }
    }

    async fn down(&mut self, link: LinkId) {
        match self.event().await {
            NetEvent::LinkDown { link: ended } => assert_eq!(ended, link),
            other => panic!("{other:?}"),
        }
    }

    async fn stream(&mut self) -> Stream {
        match self.event().await {
            NetEvent::Visit(visit) => visit.welcome().await.unwrap(),
            NetEvent::Circuit(request) => {
                self.net.accept_circuit(request);
                Box::pin(self.stream()).await
            }
            other => panic!("{other:?}"),
        }
    }
}
