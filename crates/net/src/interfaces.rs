//! The addresses of this machine.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use tokio::sync::mpsc;

/// One IPv4 address of this machine with its network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interface {
    /// The system's name for it.
    pub name: String,
    /// Our address there.
    pub addr: Ipv4Addr,
    /// Bits of the network prefix.
    pub prefix: u8,
    /// Where a datagram reaches everyone there.
    pub broadcast: Option<Ipv4Addr>,
    /// What it seems to be.
    pub kind: Kind,
}

/// What an interface seems to be, judged by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Wireless.
    Wifi,
    /// Wired.
    Ethernet,
    /// Neither, as far as can be told.
    Other,
    /// This machine only.
    Loopback,
}

/// How often the system is asked. Cheap, and the same on every system.
const POLL: Duration = Duration::from_secs(1);

/// Bridges to containers and virtual machines on this host: nobody else is there.
const INTERNAL: [&str; 6] = [
    "docker",
    "br-",
    "virbr",
    "vmnet",
    "vboxnet",
    "vEthernet (WSL",
];

/// The usable interfaces, the likeliest to have people on it first, this machine last. With
/// `bind`, exactly those addresses.
#[must_use]
pub fn list(bind: &[IpAddr]) -> Vec<Interface> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    let mut usable: Vec<Interface> = all
        .iter()
        .filter(|interface| {
            let internal = INTERNAL
                .iter()
                .any(|prefix| interface.name.starts_with(prefix));
            let chosen = bind.contains(&interface.ip());
            chosen || bind.is_empty() && !interface.is_p2p() && !internal
        })
        .filter_map(read)
        .collect();
    usable.sort_by(|a, b| (a.kind, &a.name, a.addr).cmp(&(b.kind, &b.name, b.addr)));
    usable
}

/// The list now and after every change, until the receiver is dropped.
#[must_use]
pub fn watch(bind: Vec<IpAddr>) -> mpsc::Receiver<Vec<Interface>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut last = None;
        let mut poll = tokio::time::interval(POLL);
        while !sender.is_closed() {
            poll.tick().await;
            let now = list(&bind);
            if last.as_ref() != Some(&now) {
                last = Some(now.clone());
                if sender.send(now).await.is_err() {
                    break;
                }
            }
        }
    });
    receiver
}

fn read(interface: &if_addrs::Interface) -> Option<Interface> {
    let if_addrs::IfAddr::V4(v4) = &interface.addr else {
        return None;
    };
    let prefix = v4.prefixlen;
    let loopback = v4.ip.is_loopback();
    // Loopback has no broadcast address by name, but its network does on Linux.
    let broadcast = v4
        .broadcast
        .or_else(|| (prefix < 31).then(|| last_of(v4.ip, prefix)));
    let kind = if loopback {
        Kind::Loopback
    } else {
        kind_of(&interface.name)
    };
    Some(Interface {
        name: interface.name.clone(),
        addr: v4.ip,
        prefix,
        broadcast,
        kind,
    })
}

fn kind_of(name: &str) -> Kind {
    let name = name.to_lowercase();
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if starts(&["wl", "wi-fi", "wifi", "ath", "ra"]) {
        Kind::Wifi
    } else if starts(&["en", "eth", "lan"]) {
        Kind::Ethernet
    } else {
        Kind::Other
    }
}

fn last_of(addr: Ipv4Addr, prefix: u8) -> Ipv4Addr {
    let hosts = u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
    Ipv4Addr::from_bits(addr.to_bits() | hosts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_listed_last_and_has_a_broadcast_address() {
        let interfaces = list(&[]);
        let last = interfaces.last().unwrap();
        assert_eq!(last.kind, Kind::Loopback);
        assert_eq!(last.broadcast, Some(Ipv4Addr::new(127, 255, 255, 255)));
    }

    #[test]
    fn a_chosen_address_is_the_only_one() {
        let chosen = list(&[IpAddr::from([127, 0, 0, 1])]);
        assert_eq!(chosen.len(), 1);
        assert!(list(&[IpAddr::from([192, 0, 2, 1])]).is_empty());
    }

    #[test]
    fn the_broadcast_address_is_the_last_of_the_network() {
        assert_eq!(
            last_of(Ipv4Addr::new(10, 1, 2, 3), 24),
            Ipv4Addr::new(10, 1, 2, 255)
        );
        assert_eq!(
            last_of(Ipv4Addr::new(10, 1, 2, 3), 8),
            Ipv4Addr::new(10, 255, 255, 255)
        );
    }
}
