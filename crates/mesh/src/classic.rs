//! The classic dialect at the brain's edge: what we say of ourselves, and whom to pass things on.
//!
//! docs/protocol-v1.md is its specification. Nothing here keeps state.

use std::net::SocketAddr;

use bytes::Bytes;
use gossamer_wire::v1::{
    Beacon, Body, Chat, EncodeError, FileChunk, Header, ListedPeer, Message, NetworkHash, PeerList,
};

use crate::{
    Now, Subnet,
    mesh::{Config, Published},
    peers::{NodeId, Peer, Peers, Reach, Sign},
};

/// Own addresses in a `peer_list`: enough for every interface a machine is likely to have.
const OWN_ADDRS: usize = 8;

/// The datagram that announces us on one interface. The original program dials the address in it.
pub(crate) fn beacon(me: &Config, subnet: Subnet, bye: bool, now: Now) -> Option<Bytes> {
    let beacon = Beacon {
        node_id: me.node_id.0.clone(),
        node_name: me.name.clone(),
        ip: subnet.addr.to_string(),
        port: me.port,
        timestamp: now.wall_seconds(),
        network: Some(me.network),
        multi: true,
        bye,
        v2: me.device.is_some(),
        device: me.device,
    };
    beacon.encode().ok()
}

/// Reads a datagram: a sign of life, and whether it is a goodbye. `None` for what is not a
/// beacon, is ours, or is not for our network.
pub(crate) fn read_beacon(
    me: &Config,
    datagram: &[u8],
    source: SocketAddr,
) -> Option<(Sign, bool)> {
    let beacon = Beacon::decode(datagram).ok()?;
    // The announced port, but the address it really came from: a claim cannot point us elsewhere.
    let addr = SocketAddr::new(source.ip(), beacon.port);
    let id = NodeId(beacon.node_id);
    let ours = id == me.node_id;
    if ours || !is_welcome(me, beacon.network) {
        return None;
    }
    let device = beacon.device;
    let device = device.filter(|device| beacon.v2 && device.classic() == id.0);
    if device.is_none() && !me.classic_welcome {
        return None;
    }
    let (name, timestamp) = (beacon.node_name, beacon.timestamp);
    Some((
        Sign {
            name,
            addr,
            multi: beacon.multi,
            device,
            timestamp,
            id,
        },
        beacon.bye,
    ))
}

/// Where a beacon that names this very device came from, if that is none of our addresses: another
/// device may have our profile. Anyone can forge it.
pub(crate) fn own_beacon(
    me: &Config,
    subnets: &[Subnet],
    datagram: &[u8],
    source: SocketAddr,
) -> Option<SocketAddr> {
    let beacon = Beacon::decode(datagram).ok()?;
    let is_own = beacon.v2 && me.device.is_some() && beacon.device == me.device;
    let is_here = beacon.port == me.port && subnets.iter().any(|at| at.addr == source.ip());
    let counts = is_own && !beacon.bye && !is_here && is_welcome(me, beacon.network);
    counts.then(|| SocketAddr::new(source.ip(), beacon.port))
}

/// The message that tells a node of ours who we are and whom we reach.
pub(crate) fn peer_list(
    me: &Config,
    subnets: &[Subnet],
    peers: &Peers,
    message_id: &str,
    now: Now,
) -> Option<Bytes> {
    let own = subnets.iter().take(OWN_ADDRS).map(|subnet| ListedPeer {
        node_id: me.node_id.0.clone(),
        node_name: me.name.clone(),
        ip: subnet.addr.to_string(),
        port: me.port,
        last_seen: now.wall_seconds(),
    });
    let others = peers
        .present()
        .filter(|peer| peer.reach == Reach::Direct)
        .flat_map(|peer| {
            peer.addrs.first().map(|addr| ListedPeer {
                node_id: peer.id.0.clone(),
                node_name: peer.name.clone(),
                ip: addr.ip().to_string(),
                port: addr.port(),
                last_seen: peer.last_seen_ms as f64 / 1000.0,
            })
        });
    let mut peers: Vec<ListedPeer> = own.chain(others).collect();
    // Names can make it too long for one message: then it tells of fewer, of ourselves always.
    loop {
        let list = PeerList {
            network: Some(me.network),
            peers: peers.clone(),
        };
        match write(
            me,
            message_id.to_owned(),
            now.wall_seconds(),
            Body::PeerList(list),
        ) {
            Ok(bytes) => return Some(bytes),
            Err(_) if peers.len() > 1 => peers.truncate(peers.len() / 2),
            Err(_) => return None,
        }
    }
}

/// A list from the node itself, not passed on by another.
#[derive(Debug)]
pub(crate) struct Introduction {
    /// The sender, at the address it can be dialled at.
    pub(crate) sign: Sign,
    /// Whom it reaches, and where.
    pub(crate) neighbours: Vec<(NodeId, Option<SocketAddr>)>,
}

/// Reads a list. `None` when it was relayed (its sender does not claim the address it came
/// from), or is not for our network.
pub(crate) fn read_peer_list(
    me: &Config,
    header: &Header,
    list: &PeerList,
    source: SocketAddr,
) -> Option<Introduction> {
    if !is_welcome(me, list.network) {
        return None;
    }
    let source_ip = source.ip().to_canonical();
    let addr_of = |peer: &ListedPeer| -> Option<SocketAddr> {
        Some(SocketAddr::new(peer.ip.parse().ok()?, peer.port))
    };
    let (own, others): (Vec<_>, Vec<_>) = list
        .peers
        .iter()
        .partition(|peer| peer.node_id == header.sender_id);
    let addr = own
        .into_iter()
        .filter_map(addr_of)
        .find(|addr| addr.ip() == source_ip)?;
    if addr.port() < gossamer_wire::limits::MIN_PORT {
        return None;
    }
    let sign = Sign {
        id: NodeId(header.sender_id.clone()),
        name: header.sender_name.clone(),
        addr,
        multi: true,
        device: None,
        timestamp: header.timestamp,
    };
    let neighbours = others
        .into_iter()
        .map(|peer| (NodeId(peer.node_id.clone()), addr_of(peer)))
        .collect();
    Some(Introduction { sign, neighbours })
}

/// A chat as every node reads it.
pub(crate) fn chat(me: &Config, message: &Published) -> Result<Bytes, EncodeError> {
    let (sender_id, sender_name) = match &message.author {
        Some(author) => (author.id.clone(), author.name.clone()),
        None => (me.node_id.0.clone(), me.name.clone()),
    };
    let header = Header {
        message_id: message.id.clone(),
        sender_id,
        sender_name,
        timestamp: message.sent_ms as f64 / 1000.0,
    };
    let content = message.content.clone();
    let body = Body::Chat(Chat { content });
    Message { header, body }.encode()
}

/// A chunk of a file of ours as every node reads it.
///
/// # Errors
/// When it would not fit: more than 8 KiB of data, or a very long file name.
pub fn file_chunk(
    me: &Config,
    message_id: String,
    sent_ms: u64,
    chunk: FileChunk,
) -> Result<Bytes, EncodeError> {
    write(
        me,
        message_id,
        sent_ms as f64 / 1000.0,
        Body::FileChunk(chunk),
    )
}

/// Whom a message goes on to: everyone present but its author and whoever handed it to us.
///
/// A file's chunks go out once on each link where that can be told: a peer that its author or the
/// one who handed it to us reaches itself (both list the link) gets them from there.
pub(crate) fn relay_targets(
    peers: &Peers,
    author: &NodeId,
    ingress: Option<&NodeId>,
    bulk: bool,
) -> Vec<NodeId> {
    let has_it = |peer: &Peer| {
        let served_by = |other: &NodeId| bulk && peer.multi && peers.linked(other, &peer.id);
        peer.id == *author
            || Some(&peer.id) == ingress
            || served_by(author)
            || ingress.is_some_and(served_by)
    };
    peers
        .present()
        .filter(|peer| !has_it(peer))
        .map(|peer| peer.id.clone())
        .collect()
}

/// Whether a node may take part: nodes that name another network never, nodes that know only the
/// classic dialect when they are allowed.
fn is_welcome(me: &Config, network: Option<NetworkHash>) -> bool {
    match network {
        Some(network) => network == me.network,
        None => me.classic_welcome,
    }
}

fn write(
    me: &Config,
    message_id: String,
    timestamp: f64,
    body: Body,
) -> Result<Bytes, EncodeError> {
    let header = Header {
        message_id,
        sender_id: me.node_id.0.clone(),
        sender_name: me.name.clone(),
        timestamp,
    };
    Message { header, body }.encode()
}
