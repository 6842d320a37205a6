//! Moves one file from acceptance to verified, synced and named, over TCP and over TLS on loopback,
//! with both ends in this process, and says how fast that was:
//!
//! ```sh
//! cargo run --release -p gossamer-transfer --example pump_bench -- 1GiB 5 /dev/shm
//! ```
//!
//! Size, rounds and the folder to work in may be left out.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for a terminal, whose failures are for its reader"
)]

mod tls;

use std::{
    env, fs,
    future::ready,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use gossamer_crypto::{DeviceId, FileId, FileKey};
use gossamer_transfer::{
    placing::Place,
    v2::{
        Ending, Journal, Offer, Outgoing, Part, Progress, Refusal, Source, Unwritten,
        pump::{Answered, Timers, answer, pull},
    },
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

const ANA: DeviceId = DeviceId::new([0xa0; 32]);

/// Offers one file to everyone.
struct Shelf(Arc<Outgoing>);

impl Journal for Shelf {
    fn offered(&self, _: DeviceId, _: Offer) -> impl Future<Output = Result<(), Refusal>> + Send {
        ready(Err(Refusal::Later))
    }

    fn outgoing(
        &self,
        _: DeviceId,
        _: FileId,
    ) -> impl Future<Output = Option<Arc<Outgoing>>> + Send {
        ready(Some(Arc::clone(&self.0)))
    }

    fn ended(
        &self,
        _: DeviceId,
        _: FileId,
        _: Ending,
    ) -> impl Future<Output = Result<(), Unwritten>> + Send {
        ready(Ok(()))
    }

    fn placing(&self, _: FileId, _: &Place) -> impl Future<Output = Result<(), Unwritten>> + Send {
        ready(Ok(()))
    }

    fn kept(&self, _: FileId, _: &Path) -> impl Future<Output = Result<(), Unwritten>> + Send {
        ready(Ok(()))
    }
}

#[tokio::main]
async fn main() {
    let mut args = env::args().skip(1);
    let size = bytes(&args.next().unwrap_or_else(|| "1GiB".to_owned()));
    let rounds: u32 = args.next().map_or(3, |rounds| rounds.parse().unwrap());
    let folder = args.next().unwrap_or_else(|| "/dev/shm".to_owned());
    let dir = TempDir::new_in(folder).unwrap();
    let path = dir.path().join("file");
    write_random(&path, size).unwrap();

    for round in 1..=rounds {
        for secure in [false, true] {
            let (took, cpu) = run(&path, dir.path(), round, secure).await;
            println!(
                "round {round}, {}: {:.2} s, {:.0} MB/s, {:.2} CPU s for both ends",
                if secure { "TLS" } else { "TCP" },
                took.as_secs_f64(),
                size as f64 / took.as_secs_f64() / 1e6,
                cpu.as_secs_f64(),
            );
        }
    }
}

/// From acceptance to a file in its place that its sender knows of.
async fn run(path: &Path, dir: &Path, round: u32, secure: bool) -> (Duration, Duration) {
    let source = Source::look(path).unwrap();
    let offer = Offer {
        file: FileId::new(u128::from(round).to_be_bytes()),
        key: FileKey::new([7; 32]),
        name: "copy".to_owned(),
        size: source.size,
        mime: None,
    };
    let shelf = Arc::new(Shelf(Arc::new(
        Outgoing::new(offer.clone(), source).unwrap(),
    )));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();

    let (begun, cpu) = (Instant::now(), cpu_time());
    let serving = Arc::clone(&shelf);
    let sender = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        if secure {
            serve(tls::accept(tcp).await, &serving).await;
        } else {
            serve(tcp, &serving).await;
        }
    });
    let tcp = TcpStream::connect(address).await.unwrap();
    let dir = dir.to_owned();
    // On a worker of the runtime, like the sender.
    let receiver = tokio::spawn(async move {
        if secure {
            fetch(tls::connect(tcp).await, &offer, &shelf, &dir).await
        } else {
            fetch(tcp, &offer, &shelf, &dir).await
        }
    });
    let path = receiver.await.unwrap();
    sender.await.unwrap();
    let took = (begun.elapsed(), cpu_time().saturating_sub(cpu));
    fs::remove_file(path).unwrap();
    took
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, shelf: &Shelf) {
    let served = answer(stream, ANA, shelf, Timers::default()).await;
    assert!(matches!(served, Ok(Answered::Ended(_, Ending::Done))));
}

async fn fetch(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    offer: &Offer,
    shelf: &Shelf,
    dir: &Path,
) -> PathBuf {
    let part = Part::open(&dir.join("spool"), offer.file, offer.size).unwrap();
    let (downloads, progress) = (dir.join("downloads"), Progress::default());
    let timers = Timers::default();
    let pulled = pull(stream, offer, part, &downloads, shelf, &progress, timers).await;
    pulled.unwrap().path
}

fn bytes(text: &str) -> u64 {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10), ("", 0)];
    let mut sizes = units.iter().filter_map(|(unit, shift)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(number << shift)
    });
    sizes.next().expect("a size such as 1GiB or 300MiB")
}

fn write_random(path: &Path, size: u64) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    let mut block = vec![0; 1 << 20];
    let mut left = size;
    while left > 0 {
        getrandom::fill(&mut block).map_err(io::Error::other)?;
        let len = left.min(block.len() as u64);
        file.write_all(&block[..len as usize])?;
        left -= len;
    }
    Ok(())
}

/// What this process has used of all processors; nothing where the system does not tell.
fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum();
    // A tick is a hundredth of a second on every Linux.
    Duration::from_millis(10 * ticks)
}
