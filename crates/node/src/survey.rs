//! What can be said about a port before joining on it.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use gossamer_net::{SHARED_PORT, hear, is_port_free, listen_discovery};
use gossamer_wire::v1::{Beacon, NetworkHash};
use tokio::task::JoinSet;

use crate::{
    api::{InterfaceKind, InterfaceView, SurveyView},
    convert,
};

/// Devices counted at most; a flood of invented ones must not grow memory.
const HEARD: usize = 1024;

/// Listens for announcements without announcing anything, for the Join form. Stops when dropped.
#[derive(Debug)]
pub struct Survey {
    port: u16,
    network: NetworkHash,
    heard: Arc<Mutex<BTreeMap<String, Option<NetworkHash>>>>,
    _listeners: JoinSet<()>,
}

impl Survey {
    /// Starts to listen for devices that use this TCP port (discovery is one above) and network.
    /// Never fails: what cannot be listened on shows in the view.
    pub async fn start(port: u16, network: &str) -> Self {
        let heard = Arc::default();
        let mut listeners = JoinSet::new();
        let mut ports = vec![port.saturating_add(1), SHARED_PORT];
        ports.dedup();
        for socket in ports
            .into_iter()
            .filter_map(|port| listen_discovery(port).ok())
        {
            listeners.spawn(listen(socket, Arc::clone(&heard)));
        }
        Self {
            port,
            network: NetworkHash::of(network),
            heard,
            _listeners: listeners,
        }
    }

    /// What is known so far; cheap, meant to be asked once a second.
    pub async fn view(&self) -> SurveyView {
        let port_free = is_port_free(self.port, &[]);
        let (here, elsewhere) = {
            let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            let here = heard
                .values()
                .filter(|net| net.is_none_or(|net| net == self.network))
                .count();
            (here, heard.len() - here)
        };
        SurveyView {
            port: self.port,
            port_free,
            suggested_port: if port_free {
                None
            } else {
                free_port_after(self.port)
            },
            heard: convert::count(here),
            heard_elsewhere: convert::count(elsewhere),
            interfaces: interfaces(),
        }
    }
}

/// Counts devices, not datagrams: a device is its id, by whichever interfaces it is heard.
async fn listen(
    socket: tokio::net::UdpSocket,
    heard: Arc<Mutex<BTreeMap<String, Option<NetworkHash>>>>,
) {
    let mut buffer = [0; gossamer_wire::limits::DATAGRAM + 1];
    loop {
        let (size, _) = hear(&socket, &mut buffer).await;
        let datagram = buffer.get(..size).unwrap_or_default();
        let Ok(beacon) = Beacon::decode(datagram) else {
            continue;
        };
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        if beacon.bye {
            heard.remove(&beacon.node_id);
        } else if heard.len() < HEARD || heard.contains_key(&beacon.node_id) {
            heard.insert(beacon.node_id, beacon.network);
        }
    }
}

/// Each node takes a TCP port and the UDP port above, so free ones are looked for in twos.
fn free_port_after(port: u16) -> Option<u16> {
    (1..50)
        .filter_map(|step| port.checked_add(2 * step))
        .find(|port| is_port_free(*port, &[]))
}

fn interfaces() -> Vec<InterfaceView> {
    let all = gossamer_net::interfaces(&[]);
    all.iter()
        .map(|interface| InterfaceView {
            name: interface.name.clone(),
            addr: interface.addr.to_string(),
            prefix: interface.prefix,
            kind: match interface.kind {
                gossamer_net::Kind::Wifi => InterfaceKind::Wifi,
                gossamer_net::Kind::Ethernet => InterfaceKind::Ethernet,
                gossamer_net::Kind::Loopback => InterfaceKind::Loopback,
                gossamer_net::Kind::Other => InterfaceKind::Other,
            },
        })
        .collect()
}

/// `ip:port` of every interface, loopback last.
pub(crate) fn addrs(interfaces: &[gossamer_net::Interface], port: u16) -> Vec<String> {
    let addr = |addr| SocketAddr::new(IpAddr::V4(addr), port).to_string();
    interfaces
        .iter()
        .map(|interface| addr(interface.addr))
        .collect()
}
