//! Somebody makes up devices that beacon and are not there.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should end"
)]

mod people;

use std::net::{Ipv4Addr, UdpSocket};

use gossamer_crypto::DeviceId;
use gossamer_node::api::{Command, Event, PeerStatus, PeerView};
use gossamer_wire::v1::{Beacon, NetworkHash};
use people::{Home, Person};

/// More than there is room for.
const CROWD: u32 = 2_000;
const MADE_UP: &str = "made up";

/// Beacons of devices on this machine where nobody listens.
fn beacons_of_a_crowd(home: &mut Home) {
    let network = NetworkHash::of(&home.config().network);
    let to = (Ipv4Addr::LOCALHOST, home.port() + 1);
    for n in 0..CROWD {
        let mut id = [0xee; 32];
        let (head, _) = id.split_at_mut(4);
        head.copy_from_slice(&n.to_be_bytes());
        let device = DeviceId::new(id);
        let from = Ipv4Addr::from_bits(Ipv4Addr::new(127, 9, 0, 1).to_bits() + n % 250);
        let beacon = Beacon {
            node_id: device.classic(),
            node_name: MADE_UP.into(),
            ip: from.to_string(),
            port: 1_025,
            timestamp: 0.0,
            network: Some(network),
            multi: true,
            bye: false,
            v2: true,
            device: Some(device),
        };
        let socket = UdpSocket::bind((from, 0)).unwrap();
        socket.send_to(&beacon.encode().unwrap(), to).unwrap();
    }
}

async fn made_up_people_of(person: &Person) -> Vec<PeerView> {
    let Ok(Event::Peers { mut peers }) = person.does(Command::Peers).await else {
        panic!("no list of people")
    };
    peers.retain(|peer| peer.name == MADE_UP);
    peers
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn ana_forgets_a_crowd_that_is_not_there_and_finds_ben_among_it() {
    let (mut anas, mut bens) = (Home::new("ana", "crowd"), Home::new("ben", "crowd"));
    bens.config().network.clone_from(&anas.config().network);
    let (mut ana, mut ben) = (anas.start().await, bens.start().await);
    ana.meets("ben").await;
    ben.meets("ana").await;
    ben.leaves().await;
    ana.misses("ben").await;
    let told = ana.sees(|event| {
        let is_told =
            |peer: &PeerView| peer.name == MADE_UP && peer.status == PeerStatus::Unreachable;
        matches!(event, Event::PeerUp { peer } if is_told(peer))
    });
    // Only who goes on beaconing is told of.
    let beaconing = async {
        let mut beat = tokio::time::interval(std::time::Duration::from_millis(500));
        loop {
            beat.tick().await;
            beacons_of_a_crowd(&mut anas);
        }
    };
    tokio::select! {
        _ = told => {}
        () = beaconing => {}
    }
    let _ben = bens.start().await;
    ana.meets("ben").await;
    ana.misses(MADE_UP).await;
    let forgotten = async {
        while !made_up_people_of(&ana).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let limit = std::time::Duration::from_secs(20);
    assert!(
        tokio::time::timeout(limit, forgotten).await.is_ok(),
        "people who are not there are still listed: {}",
        made_up_people_of(&ana).await.len()
    );
}
