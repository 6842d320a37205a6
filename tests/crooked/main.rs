//! A relay that cheats, for the stories in tests/netns: `crooked --cheat lies --network town
//! 10.77.1.2:9999 10.77.2.2:9999`.
//!
//! To everyone else it is a member like any other: it has links, passes messages on, and says truly
//! who its neighbours are, so that ways lead through it. With the circuits that it is asked for it
//! does as it was told. It prints a line of JSON for each of them, and whenever somebody took it for
//! the device that the circuit was for.
#![allow(
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "whoever started it reads that; most of what a node does it need not do"
)]

mod member;

use std::{collections::BTreeSet, error::Error, net::SocketAddr, num::NonZeroU64};

use clap::{Parser, ValueEnum};
use gossamer_crypto::{DeviceKey, NetworkId};
use gossamer_net::{CircuitRequest, Hop, Incoming, Net, NetEvent, Visit};
use gossamer_wire::v2::Reason;
use tokio::time::sleep_until;

use self::member::Member;

/// A relay that cheats.
#[derive(Debug, Parser)]
struct Arguments {
    /// What it does with circuits.
    #[arg(long)]
    cheat: Cheat,
    /// The open network that it is in.
    #[arg(long)]
    network: String,
    /// The TCP port that it listens on.
    #[arg(long, default_value_t = 9999)]
    port: u16,
    /// Whom it links to; others may link to it.
    neighbours: Vec<SocketAddr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Cheat {
    /// Says that it is whoever the circuit is for.
    Lies,
    /// Says nothing.
    Stalls,
    /// Opens the circuit, and lets nothing through after the first bytes.
    Dams,
    /// Leads to a neighbour for whom the circuit is not.
    Splices,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let mut secret = [0; 32];
    rand::fill(&mut secret);
    let key = DeviceKey::from_secret(&secret);
    // What has begun to flow is paid for when all of it has long been given up.
    let rate = NonZeroU64::new(1).filter(|_| arguments.cheat == Cheat::Dams);
    let mut net = Net::bind(arguments.port, Vec::new(), &key, rate).await?;
    println!(r#"{{"event": "ready", "device_id": "{}"}}"#, key.id());
    let network = NetworkId::of(&arguments.network);
    let mut member = Member::join(key, network, arguments.port, &arguments.neighbours);
    let mut stalled = Vec::new();
    loop {
        member.act(&net);
        tokio::select! {
            incoming = net.next() => match incoming {
                Some(Incoming::Event(NetEvent::Circuit(request))) => {
                    let (from, target) = (request.from(), request.target());
                    println!(r#"{{"event": "circuit", "from": "{from}", "target": "{target}"}}"#);
                    match arguments.cheat {
                        Cheat::Lies => net.accept_circuit(request),
                        Cheat::Stalls => stalled.push(request),
                        Cheat::Dams => pass_on(&net, request, member.hop_to(&target)),
                        Cheat::Splices => {
                            let hop = member.hop_to_any_but(&BTreeSet::from([from, target]));
                            pass_on(&net, request, hop);
                        }
                    }
                }
                Some(Incoming::Event(NetEvent::Visit(visit))) => {
                    tokio::spawn(tell_if_taken_for_another(visit));
                }
                Some(Incoming::Event(event)) => member.hear(event),
                Some(Incoming::Bulk(_)) => {}
                None => return Ok(()),
            },
            () = sleep_until(member.wake_at()) => member.tick(),
        }
    }
}

/// Streams that come directly are for this device. Those that come in circuits are not.
async fn tell_if_taken_for_another(visit: Visit) {
    let stream = visit.welcome().await;
    if let Some(relay) = stream.ok().and_then(|stream| stream.relay()) {
        println!(r#"{{"event": "fooled", "through": "{relay}"}}"#);
    }
}

fn pass_on(net: &Net, request: CircuitRequest, hop: Option<Hop>) {
    match hop {
        Some(hop) => net.pass_on(request, hop),
        None => net.refuse_circuit(request, Reason::NoWay),
    }
}
