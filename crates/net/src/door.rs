//! Inbound TLS connections: who may come in, and what becomes of them.
//!
//! A handshake costs us more than it costs the other side, so few run at once. When there is no
//! room, the oldest gives way if it has had its time; otherwise the new one is turned away.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::net::TcpStream;

use crate::{
    Stream, limits,
    link::Links,
    reception::Reception,
    seats::{Seat, Seats},
    tls::{Identity, Service},
};

/// Where TLS connections come in.
#[derive(Debug)]
pub(crate) struct Door {
    identity: Arc<Identity>,
    links: Arc<Links>,
    reception: Arc<Reception>,
    handshakes: Arc<Seats>,
    places: Arc<Places>,
    next: AtomicU64,
    classic: AtomicBool,
}

impl Door {
    pub(crate) fn new(
        identity: Arc<Identity>,
        links: Arc<Links>,
        reception: Arc<Reception>,
    ) -> Self {
        Self {
            identity,
            links,
            reception,
            handshakes: Arc::new(Seats::new(limits::HALF_OPEN)),
            places: Arc::default(),
            next: AtomicU64::default(),
            classic: AtomicBool::new(true),
        }
    }

    /// From these addresses more connections may come: circuits of others among them.
    pub(crate) fn know(&self, addrs: BTreeSet<IpAddr>) {
        self.places.lock().known = addrs;
    }

    pub(crate) fn welcome_classic(&self, welcome: bool) {
        self.classic.store(welcome, Ordering::Relaxed);
    }

    /// Whether connections in the classic dialect are read.
    pub(crate) fn takes_classic(&self) -> bool {
        self.classic.load(Ordering::Relaxed)
    }

    /// Takes a connection whose first byte is that of TLS.
    pub(crate) fn welcome(self: &Arc<Self>, tcp: TcpStream, source: SocketAddr) {
        let place = self.places.take(source.ip());
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        let (Some(place), Some(seat)) = (place, self.handshakes.try_take(key)) else {
            tracing::debug!(%source, "too many TLS connections");
            return turn_away(&tcp);
        };
        let seat = Arc::new(seat);
        let handshake = Arc::clone(self).shake_hands(tcp, source, place, Arc::clone(&seat));
        seat.belongs_to(tokio::spawn(handshake).abort_handle());
    }

    async fn shake_hands(
        self: Arc<Self>,
        tcp: TcpStream,
        source: SocketAddr,
        place: Place,
        seat: Arc<Seat>,
    ) {
        let secure = match self.identity.carry(tcp) {
            Ok(carrier) => self.identity.accept(carrier, source).await,
            Err(error) => Err(error),
        };
        drop(seat);
        let secure = match secure {
            Ok(secure) => secure,
            Err(error) => return tracing::debug!(%source, %error, "no handshake"),
        };
        match secure.service {
            Service::Link => self.links.begin(secure, Some(place), false),
            Service::Stream => {
                let stream = Stream::new(secure, Some(place));
                self.reception.receive(stream).await;
            }
        }
    }
}

/// Closes without a handshake, saying so in the one TLS message that needs none, so that it does
/// not look like a node without TLS. What was sent is read first, or closing would take it back.
fn turn_away(tcp: &TcpStream) {
    let _ = tcp.try_read(&mut [0; 4096]);
    let _ = tcp.try_write(&BUSY);
}

/// A TLS record (RFC 8446 5.1 and 6): a fatal alert, `internal_error`.
const BUSY: [u8; 7] = [21, 3, 3, 0, 2, 2, 80];

/// Inbound TLS connections, counted for as long as they are open.
#[derive(Debug, Default)]
struct Places(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_addr: BTreeMap<IpAddr, usize>,
    /// Addresses of neighbours.
    known: BTreeSet<IpAddr>,
}

/// One of them; free again when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    addr: IpAddr,
}

impl Places {
    fn take(self: &Arc<Self>, addr: IpAddr) -> Option<Place> {
        let mut taken = self.lock();
        let count = taken.by_addr.get(&addr).copied().unwrap_or_default();
        // Programs of this machine share its one address, so that has no cap of its own.
        let most = if taken.known.contains(&addr) {
            limits::PER_NEIGHBOUR
        } else {
            limits::PER_ADDRESS
        };
        let is_full = count >= most && !addr.is_loopback();
        if is_full || taken.all >= limits::INBOUND {
            return None;
        }
        taken.all += 1;
        taken.by_addr.insert(addr, count + 1);
        drop(taken);
        let places = Arc::clone(self);
        Some(Place { places, addr })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        taken.all -= 1;
        if let Some(count) = taken.by_addr.get_mut(&self.addr) {
            *count -= 1;
            if *count == 0 {
                taken.by_addr.remove(&self.addr);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_few_places_and_gets_them_back() {
        let places = Arc::<Places>::default();
        let (ana, ben) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let mut taken: Vec<_> = (0..limits::PER_ADDRESS)
            .map(|_| places.take(ana).unwrap())
            .collect();
        assert!(places.take(ana).is_none());
        assert!(places.take(ben).is_some(), "others have their own");
        drop(taken.pop());
        assert!(places.take(ana).is_some());
        drop(taken);
        drop(places.take(ben));
        let taken = places.lock();
        assert!(
            taken.by_addr.is_empty() && taken.all == 0,
            "nothing is kept about the gone"
        );
    }

    #[test]
    fn a_neighbour_has_places_for_the_circuits_of_others_too() {
        let places = Arc::<Places>::default();
        let ben = IpAddr::from([10, 0, 0, 2]);
        places.lock().known.insert(ben);
        let taken: Vec<_> = (0..limits::PER_NEIGHBOUR)
            .map(|_| places.take(ben).unwrap())
            .collect();
        assert!(places.take(ben).is_none());
        drop(taken);
        places.lock().known.clear();
        let taken: Vec<_> = (0..limits::PER_NEIGHBOUR)
            .filter_map(|_| places.take(ben))
            .collect();
        assert_eq!(
            taken.len(),
            limits::PER_ADDRESS,
            "he is no neighbour any more"
        );
    }

    #[test]
    fn this_machine_has_all_places_there_are_and_no_more() {
        let places = Arc::<Places>::default();
        let here = IpAddr::from([127, 0, 0, 1]);
        let taken: Vec<_> = (0..limits::INBOUND).map(|_| places.take(here)).collect();
        assert!(taken.iter().all(Option::is_some));
        assert!(places.take(here).is_none());
        assert!(places.take(IpAddr::from([10, 0, 0, 1])).is_none());
    }
}
