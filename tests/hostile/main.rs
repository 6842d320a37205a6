//! A bad neighbour, for the stories in this folder: `stranger --network town --to 10.77.1.2:9999 silent`.
//!
//! Everything that it does is bounded in count and time. It prints a line of JSON when its key is
//! made or its work begins, and one with what became of it when it is done.
#![allow(
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "whoever started it reads that; most of what a node does it need not do"
)]

mod envelopes;

use std::{
    error::Error,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use clap::{Parser, Subcommand};
use gossamer_crypto::{Admission, DeviceId, DeviceKey, NetworkId, Password, PasswordKey, Role};
use gossamer_net::{Incoming, LinkId, Net, NetEvent};
use gossamer_wire::v2::{self, Hello, HelloFields, LinkFrame};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

/// A bad neighbour.
#[derive(Debug, Parser)]
struct Arguments {
    /// The network that it comes for.
    #[arg(long)]
    network: String,
    /// Whom it bothers.
    #[arg(long)]
    to: SocketAddr,
    #[command(subcommand)]
    attack: Attack,
}

#[derive(Debug, Clone, Subcommand)]
enum Attack {
    /// Connects with one fresh key after another, says HELLO for a locked network, and falls silent.
    Silent(Pace),
    /// Guesses a password wrongly, each time with a fresh key.
    Guesses(Pace),
    /// As a member of an open network, passes on what a device never wrote.
    Forges {
        /// In whose name.
        #[arg(long = "as")]
        author: DeviceHex,
        #[command(flatten)]
        pace: Pace,
    },
    /// As a member of an open network, invents rooms.
    Rooms {
        /// How many.
        #[arg(long, default_value_t = 600)]
        count: u32,
    },
}

/// How much, and for how long.
#[derive(Debug, Clone, Copy, clap::Args)]
struct Pace {
    /// How many in a second.
    #[arg(long, default_value_t = 7)]
    rate: u32,
    /// How long.
    #[arg(long, default_value_t = 20)]
    seconds: u32,
}

#[derive(Debug, Clone, Copy)]
struct DeviceHex(DeviceId);

impl std::str::FromStr for DeviceHex {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DeviceId::from_hex(text).map(Self).ok_or("no device id")
    }
}

type Fault = Box<dyn Error + Send + Sync>;

/// How long a link that a stranger holds is kept, unless the other side ends it.
const HOLDS: Duration = Duration::from_secs(30);
/// Of one author as many come at once as the others take.
const OF_ONE_AUTHOR: u32 = 150;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let arguments = Arguments::parse();
    println!(r#"{{"event": "ready"}}"#);
    let network = NetworkId::of(&arguments.network);
    let to = arguments.to;
    match arguments.attack {
        Attack::Silent(pace) => {
            many(pace, move || async move {
                let mut stranger = Stranger::new().await?;
                let up = stranger.dials(to).await?;
                stranger.says_hello(up, network, true);
                Ok(stranger.hears_end(HOLDS).await)
            })
            .await;
        }
        Attack::Guesses(pace) => {
            let password = Password::new("no heron at all");
            let key = PasswordKey::derive(&password, &arguments.network);
            many(pace, move || {
                let key = key.clone();
                async move {
                    let mut stranger = Stranger::new().await?;
                    let up = stranger.dials(to).await?;
                    stranger.says_hello(up, network, true);
                    Ok(stranger.guesses(up, &key).await)
                }
            })
            .await;
        }
        Attack::Forges { author, pace } => {
            let mut member = Stranger::new().await?;
            let up = member.is_admitted(to, network).await?;
            let ends = Instant::now() + Duration::from_secs(pace.seconds.into());
            let mut sent = 0_u64;
            let mut refused = false;
            while !refused && Instant::now() < ends {
                for _ in 0..pace.rate.div_ceil(20) {
                    sent += 1;
                    let frame = envelopes::forged(network, author.0, sent);
                    refused |= member.net.send_frame(up.link, frame, None).is_err();
                }
                refused |= member.hears_end(Duration::from_millis(50)).await != Ending::Time;
            }
            println!(r#"{{"event": "done", "sent": {sent}, "refused": {refused}}}"#);
        }
        Attack::Rooms { count } => {
            let mut member = Stranger::new().await?;
            let up = member.is_admitted(to, network).await?;
            let mut author = fresh_key();
            let mut sent = 0_u32;
            while sent < count {
                if sent.is_multiple_of(OF_ONE_AUTHOR) {
                    author = fresh_key();
                }
                sent += 1;
                let frame = envelopes::of_a_room(network, &author, sent.into());
                if member.net.send_frame(up.link, frame, None).is_err()
                    || member.hears_end(Duration::from_millis(5)).await != Ending::Time
                {
                    break;
                }
            }
            println!(r#"{{"event": "done", "sent": {sent}}}"#);
            // Stays a while: what it told of is compared with those who are linked to it as well.
            member.hears_end(HOLDS).await;
        }
    }
    Ok(())
}

/// Begins as many as the pace says, and tells what became of them.
async fn many<F, Fut>(pace: Pace, one: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Ending, Fault>> + Send + 'static,
{
    let ends = Instant::now() + Duration::from_secs(pace.seconds.into());
    let between = Duration::from_secs(1) / pace.rate.max(1);
    let (mut begun, mut no_link, mut refused, mut closed) = (0_u32, 0_u32, 0_u32, 0_u32);
    let mut count = |ended: Result<_, tokio::task::JoinError>| match ended {
        Ok(Ok(Ending::Refused)) => refused += 1,
        Ok(Ok(Ending::Closed)) => closed += 1,
        Ok(Ok(Ending::Time)) => {}
        _ => no_link += 1,
    };
    let mut under_way = JoinSet::new();
    while Instant::now() < ends {
        under_way.spawn(one());
        begun += 1;
        sleep(between).await;
        while let Some(ended) = under_way.try_join_next() {
            count(ended);
        }
    }
    under_way.abort_all();
    println!(
        r#"{{"event": "done", "begun": {begun}, "no_link": {no_link}, "refused": {refused}, "closed": {closed}}}"#
    );
}

fn fresh_key() -> DeviceKey {
    let mut secret = [0; 32];
    rand::fill(&mut secret);
    DeviceKey::from_secret(&secret)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Refused,
    Closed,
    Time,
}

/// The link that it has.
#[derive(Debug, Clone, Copy)]
struct Up {
    link: LinkId,
    device: DeviceId,
}

/// Somebody with a fresh key, and one link at most.
struct Stranger {
    key: DeviceKey,
    net: Net,
}

impl Stranger {
    async fn new() -> Result<Self, Fault> {
        let key = fresh_key();
        let nobody = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let net = Net::bind(0, vec![nobody], &key, None).await?;
        Ok(Self { key, net })
    }

    async fn dials(&mut self, to: SocketAddr) -> Result<Up, Fault> {
        self.net.dial_link(to, None);
        while let Some(incoming) = self.net.next().await {
            match incoming {
                Incoming::Event(NetEvent::LinkUp { link, device, .. }) => {
                    return Ok(Up { link, device });
                }
                Incoming::Event(NetEvent::LinkFailed { why, .. }) => return Err(why.into()),
                _ => {}
            }
        }
        Err("the net is gone".into())
    }

    fn says_hello(&self, up: Up, network: NetworkId, locked: bool) {
        let mut nonce = [0; 16];
        rand::fill(&mut nonce);
        let hello = Hello::new(HelloFields {
            version: v2::VERSION,
            device: self.key.id(),
            network,
            locked,
            port: 9999,
            nonce,
        });
        self.says(up, &LinkFrame::Hello(hello));
    }

    /// Has a link to an open network that is up.
    async fn is_admitted(&mut self, to: SocketAddr, network: NetworkId) -> Result<Up, Fault> {
        let up = self.dials(to).await?;
        self.says_hello(up, network, false);
        loop {
            match self.hears().await {
                Some(LinkFrame::Hello(_)) => self.says(up, &LinkFrame::Admit(Vec::new())),
                Some(LinkFrame::Admit(_)) => return Ok(up),
                Some(LinkFrame::Refuse(_)) | None => return Err("not admitted".into()),
                Some(_) => {}
            }
        }
    }

    /// Takes the client's part of an admission, up to a confirmation that proves nothing.
    async fn guesses(&mut self, up: Up, key: &PasswordKey) -> Ending {
        loop {
            match self.hears().await {
                Some(LinkFrame::Hello(_)) => {
                    let (_, message) =
                        Admission::start(Role::Client, key, &self.key.id(), &up.device);
                    self.says(up, &LinkFrame::Pake(message));
                }
                Some(LinkFrame::Pake(_)) => self.says(up, &LinkFrame::Confirm([7; 32])),
                Some(LinkFrame::Refuse(_)) => return Ending::Refused,
                None => return Ending::Closed,
                Some(_) => {}
            }
        }
    }

    fn says(&self, up: Up, frame: &LinkFrame) {
        let _ = self.net.send_frame(up.link, frame.encode(), None);
    }

    /// The next frame that it understands; `None` when the link is gone.
    async fn hears(&mut self) -> Option<LinkFrame> {
        loop {
            match self.net.next().await? {
                Incoming::Event(NetEvent::Frame { frame, .. }) => {
                    if let Ok(Some(frame)) = LinkFrame::decode(frame.kind, &frame.body) {
                        return Some(frame);
                    }
                }
                Incoming::Event(NetEvent::LinkDown { .. }) => return None,
                _ => {}
            }
        }
    }

    /// Listens for so long; answers nothing but a sign of life.
    async fn hears_end(&mut self, within: Duration) -> Ending {
        let listening = async {
            loop {
                match self.net.next().await {
                    Some(Incoming::Event(NetEvent::Frame { link, frame })) => {
                        match LinkFrame::decode(frame.kind, &frame.body) {
                            Ok(Some(LinkFrame::Refuse(_))) => return Ending::Refused,
                            Ok(Some(LinkFrame::Ping(token))) => {
                                let pong = LinkFrame::Pong(token).encode();
                                let _ = self.net.send_frame(link, pong, None);
                            }
                            _ => {}
                        }
                    }
                    Some(Incoming::Event(NetEvent::LinkDown { .. })) | None => {
                        return Ending::Closed;
                    }
                    Some(_) => {}
                }
            }
        };
        timeout(within, listening).await.unwrap_or(Ending::Time)
    }
}
