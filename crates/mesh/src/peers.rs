//! Who is around: the peer table.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use gossamer_crypto::DeviceId;

use crate::{Now, limits};

/// A node's id on the classic wire. Not secret, and proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub String);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A device as we know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its id.
    pub id: NodeId,
    /// The name it gives itself.
    pub name: String,
    /// Where it can be dialled, best first; never empty.
    pub addrs: Vec<SocketAddr>,
    /// Whether it takes many messages on one connection, which the original program does not.
    pub multi: bool,
    /// Whether it speaks v2: chat goes to it by that alone.
    pub v2: bool,
    /// Whether it can be reached.
    pub reach: Reach,
    /// When it was last heard, Unix milliseconds.
    pub last_seen_ms: u64,
}

/// Whether a peer can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Heard lately.
    Direct,
    /// Heard lately, but connections to it fail.
    Unreachable,
    /// Not heard for longer than the stale time, or it said goodbye.
    Away,
}

/// What a sign of life says of its sender.
#[derive(Debug, Clone)]
pub(crate) struct Sign {
    pub(crate) id: NodeId,
    pub(crate) name: String,
    pub(crate) addr: SocketAddr,
    pub(crate) multi: bool,
    /// Its device, when it says that it speaks v2.
    pub(crate) device: Option<DeviceId>,
    /// When it was given, by its sender's clock, in seconds.
    pub(crate) timestamp: f64,
}

/// What a sign of life changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing that anyone would notice.
    Nothing,
    /// Name, address or dialect of a peer that was here already.
    Updated,
    /// The peer was not here before this sign.
    Arrived,
}

#[derive(Debug)]
struct Entry {
    peer: Peer,
    /// When each of `peer.addrs` was last heard from.
    addrs_heard: BTreeMap<SocketAddr, Duration>,
    heard: Duration,
    neighbours: BTreeSet<NodeId>,
    /// When it said goodbye: by our clock, and by its own.
    goodbye: Option<(Duration, f64)>,
}

/// All peers heard in this session, at most [`limits::PEERS`].
#[derive(Debug, Default)]
pub(crate) struct Peers {
    entries: BTreeMap<NodeId, Entry>,
}

impl Peers {
    /// Takes a sign of life.
    pub(crate) fn heard(&mut self, sign: Sign, now: Now) -> Change {
        if !self.entries.contains_key(&sign.id) && !self.make_room() {
            return Change::Nothing;
        }
        let mut change = Change::Nothing;
        let entry = self
            .entries
            .entry(sign.id.clone())
            .or_insert_with(|| Entry {
                peer: Peer {
                    id: sign.id.clone(),
                    name: sign.name.clone(),
                    addrs: Vec::new(),
                    multi: sign.multi,
                    v2: sign.device.is_some(),
                    reach: Reach::Away,
                    last_seen_ms: now.wall_ms,
                },
                addrs_heard: BTreeMap::new(),
                heard: now.mono,
                neighbours: BTreeSet::new(),
                goodbye: None,
            });
        if entry.is_overtaken(&sign, now) {
            return Change::Nothing;
        }
        let peer = &mut entry.peer;
        if sign.device.is_some() && !peer.v2 {
            peer.v2 = true;
            change = Change::Updated;
        }
        if (&peer.name, peer.multi) != (&sign.name, sign.multi) {
            (peer.name, peer.multi) = (sign.name, sign.multi);
            change = Change::Updated;
        }
        entry.heard = now.mono;
        peer.last_seen_ms = now.wall_ms;
        if entry.addrs_heard.insert(sign.addr, now.mono).is_none() {
            entry.trim_addrs();
            change = Change::Updated;
        }
        let peer = &mut entry.peer;
        if peer.reach == Reach::Away {
            peer.reach = Reach::Direct;
            change = Change::Arrived;
        }
        change
    }

    /// Turns peers that have been silent for `stale` away, and forgets addresses that have been.
    /// Returns those that went, and those that lost an address.
    pub(crate) fn expire(&mut self, stale: Duration, now: Now) -> (Vec<Peer>, Vec<Peer>) {
        let (mut gone, mut changed) = (Vec::new(), Vec::new());
        for entry in self
            .entries
            .values_mut()
            .filter(|entry| entry.peer.reach != Reach::Away)
        {
            if now.mono.saturating_sub(entry.heard) > stale {
                gone.push(entry.leave());
                continue;
            }
            let before = entry.peer.addrs.len();
            entry
                .addrs_heard
                .retain(|_, heard| now.mono.saturating_sub(*heard) <= stale);
            entry.trim_addrs();
            if entry.peer.addrs.len() != before {
                changed.push(entry.peer.clone());
            }
        }
        (gone, changed)
    }

    /// The peer said goodbye at `timestamp` of its clock.
    pub(crate) fn leave(&mut self, id: &NodeId, timestamp: f64, now: Now) -> Option<Peer> {
        let entry = self
            .entries
            .get_mut(id)
            .filter(|entry| entry.peer.reach != Reach::Away)?;
        entry.goodbye = Some((now.mono, timestamp));
        Some(entry.leave())
    }

    /// Forgets a peer altogether.
    pub(crate) fn remove(&mut self, id: &NodeId) -> Option<Peer> {
        self.entries.remove(id).map(|entry| entry.peer)
    }

    /// Writing to the peer worked, or did not. Returns it when that is news.
    pub(crate) fn reached(&mut self, id: &NodeId, success: bool) -> Option<Peer> {
        let peer = &mut self.entries.get_mut(id)?.peer;
        let reach = if success {
            Reach::Direct
        } else {
            Reach::Unreachable
        };
        if peer.reach == Reach::Away || peer.reach == reach {
            return None;
        }
        peer.reach = reach;
        Some(peer.clone())
    }

    /// The peer has shown that it speaks v2. Returns it as it was, when it was present and
    /// taken for a classic one.
    pub(crate) fn speaks_v2(&mut self, id: &NodeId) -> Option<Peer> {
        let peer = &mut self.entries.get_mut(id)?.peer;
        let before = peer.clone();
        let was_v2 = std::mem::replace(&mut peer.v2, true);
        (!was_v2 && before.reach != Reach::Away).then_some(before)
    }

    pub(crate) fn set_neighbours(&mut self, id: &NodeId, neighbours: BTreeSet<NodeId>) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.neighbours = neighbours;
        }
    }

    /// Whether `a` and `b` each list the other as reachable, so that what one of them has the
    /// other gets from it.
    pub(crate) fn linked(&self, a: &NodeId, b: &NodeId) -> bool {
        let lists = |from: &NodeId, to: &NodeId| {
            self.entries
                .get(from)
                .is_some_and(|entry| entry.neighbours.contains(to))
        };
        lists(a, b) && lists(b, a)
    }

    /// The one peer at this address, if there is exactly one.
    pub(crate) fn only_one_at(&self, ip: IpAddr) -> Option<&NodeId> {
        let mut at = self
            .present()
            .filter(|peer| peer.addrs.iter().any(|addr| addr.ip() == ip));
        let first = at.next()?;
        at.next().is_none().then_some(&first.id)
    }

    /// Whether this peer is present at this address.
    pub(crate) fn is_at(&self, id: &NodeId, addr: SocketAddr) -> bool {
        let peer = self.get(id).filter(|peer| peer.reach != Reach::Away);
        peer.is_some_and(|peer| peer.addrs.contains(&addr))
    }

    /// Whether someone is present at this address, other than `but`.
    pub(crate) fn is_taken(&self, addr: SocketAddr, but: &NodeId) -> bool {
        self.present()
            .any(|peer| peer.id != *but && peer.addrs.contains(&addr))
    }

    /// Whether a node of ours is present at this address.
    pub(crate) fn is_node_of_ours_at(&self, addr: SocketAddr) -> bool {
        self.present()
            .any(|peer| peer.multi && peer.addrs.contains(&addr))
    }

    pub(crate) fn get(&self, id: &NodeId) -> Option<&Peer> {
        self.entries.get(id).map(|entry| &entry.peer)
    }

    /// Every peer that is not away, in the order of ids.
    pub(crate) fn present(&self) -> impl Iterator<Item = &Peer> {
        self.all().filter(|peer| peer.reach != Reach::Away)
    }

    /// Every peer of this session.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Peer> {
        self.entries.values().map(|entry| &entry.peer)
    }

    /// Makes room for one more; false when everyone is present.
    fn make_room(&mut self) -> bool {
        if self.entries.len() < limits::PEERS {
            return true;
        }
        let silent = self
            .entries
            .values()
            .filter(|entry| entry.peer.reach == Reach::Away)
            .min_by_key(|entry| entry.heard)
            .map(|entry| entry.peer.id.clone());
        silent.and_then(|id| self.entries.remove(&id)).is_some()
    }
}

/// For so long after a goodbye, what was sent before it may still arrive.
const ECHO: Duration = Duration::from_secs(5);

impl Entry {
    /// Whether the sign was given before a goodbye that has overtaken it. After a while the
    /// peer's clock is not believed any more: it may have been set back.
    fn is_overtaken(&self, sign: &Sign, now: Now) -> bool {
        self.goodbye.is_some_and(|(at, timestamp)| {
            now.mono.saturating_sub(at) < ECHO && sign.timestamp <= timestamp
        })
    }

    fn leave(&mut self) -> Peer {
        self.peer.reach = Reach::Away;
        self.neighbours.clear();
        self.peer.clone()
    }

    /// Brings `peer.addrs` in line with what was heard: this machine first, then by address.
    fn trim_addrs(&mut self) {
        while self.addrs_heard.len() > limits::ADDRS {
            let oldest = self.addrs_heard.iter().min_by_key(|(_, heard)| **heard);
            let Some(oldest) = oldest.map(|(addr, _)| *addr) else {
                break;
            };
            self.addrs_heard.remove(&oldest);
        }
        self.peer.addrs = self.addrs_heard.keys().copied().collect();
        self.peer
            .addrs
            .sort_by_key(|addr| (!addr.ip().is_loopback(), addr.is_ipv6()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALE: Duration = Duration::from_secs(30);

    fn at(seconds: u64) -> Now {
        Now {
            mono: Duration::from_secs(seconds),
            wall_ms: seconds * 1000,
        }
    }

    fn sign(id: &str, addr: &str) -> Sign {
        let addr = addr.parse().unwrap();
        Sign {
            id: NodeId(id.into()),
            name: id.into(),
            addr,
            multi: true,
            device: None,
            timestamp: 0.0,
        }
    }

    #[test]
    fn ben_arrives_stays_and_goes_when_silent() {
        let mut peers = Peers::default();
        assert_eq!(
            peers.heard(sign("ben", "10.0.0.2:9999"), at(0)),
            Change::Arrived
        );
        assert_eq!(
            peers.heard(sign("ben", "10.0.0.2:9999"), at(5)),
            Change::Nothing
        );
        assert!(peers.expire(STALE, at(35)).0.is_empty());
        let (gone, _) = peers.expire(STALE, at(36));
        assert_eq!(gone[0].reach, Reach::Away);
        assert_eq!(
            peers.heard(sign("ben", "10.0.0.2:9999"), at(60)),
            Change::Arrived
        );
    }

    #[test]
    fn ben_on_two_networks_is_one_peer_and_loses_only_the_dead_address() {
        let mut peers = Peers::default();
        peers.heard(sign("ben", "10.0.0.2:9999"), at(0));
        assert_eq!(
            peers.heard(sign("ben", "10.1.0.2:9999"), at(0)),
            Change::Updated
        );
        peers.heard(sign("ben", "10.1.0.2:9999"), at(30));
        let (gone, changed) = peers.expire(STALE, at(31));
        assert!(gone.is_empty());
        assert_eq!(changed[0].addrs, ["10.1.0.2:9999".parse().unwrap()]);
    }

    #[test]
    fn a_flood_of_invented_peers_neither_grows_the_table_nor_evicts_who_is_here() {
        let mut peers = Peers::default();
        peers.heard(sign("ben", "10.0.0.2:9999"), at(0));
        for n in 0..2 * limits::PEERS {
            peers.heard(sign(&format!("x{n}"), "10.0.0.3:9999"), at(1));
        }
        assert_eq!(peers.all().count(), limits::PEERS);
        assert!(peers.get(&NodeId("ben".into())).is_some());
        peers.expire(STALE, at(40));
        assert_eq!(
            peers.heard(sign("cleo", "10.0.0.4:9999"), at(41)),
            Change::Arrived
        );
        assert_eq!(peers.all().count(), limits::PEERS);
    }

    #[test]
    fn a_link_counts_only_when_both_ends_list_it() {
        let mut peers = Peers::default();
        let (ben, cleo) = (NodeId("ben".into()), NodeId("cleo".into()));
        peers.heard(sign("ben", "10.0.0.2:9999"), at(0));
        peers.heard(sign("cleo", "10.0.0.3:9999"), at(0));
        peers.set_neighbours(&ben, [cleo.clone()].into());
        assert!(!peers.linked(&ben, &cleo));
        peers.set_neighbours(&cleo, [ben.clone()].into());
        assert!(peers.linked(&ben, &cleo));
    }

    #[test]
    fn what_ben_said_before_his_goodbye_does_not_bring_him_back() {
        let mut peers = Peers::default();
        let said_at = |timestamp| Sign {
            timestamp,
            ..sign("ben", "10.0.0.2:9999")
        };
        peers.heard(said_at(100.0), at(0));
        assert!(peers.leave(&NodeId("ben".into()), 101.0, at(1)).is_some());
        assert_eq!(peers.heard(said_at(100.9), at(1)), Change::Nothing);
        assert_eq!(peers.heard(said_at(101.5), at(2)), Change::Arrived);
        peers.leave(&NodeId("ben".into()), 102.0, at(3));
        assert_eq!(
            peers.heard(said_at(7.0), at(10)),
            Change::Arrived,
            "his clock was set back"
        );
    }
}
