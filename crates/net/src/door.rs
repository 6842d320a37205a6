//! Inbound TLS connections: who may come in, and what becomes of them.
//!
//! A handshake costs us more than it costs the other side, so few run at once. When there is no
//! room, the oldest gives way if it has had its time; otherwise the new one is turned away.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::net::TcpStream;

use crate::{
    NetEvent, Stream, limits,
    link::Links,
    seats::{Seat, Seats},
    tls::{Identity, Service},
};

/// Where TLS connections come in.
pub(crate) struct Door {
    identity: Arc<Identity>,
    links: Arc<Links>,
    handshakes: Arc<Seats>,
    places: Arc<Places>,
    next: AtomicU64,
}

impl Door {
    pub(crate) fn new(identity: Arc<Identity>, links: Arc<Links>) -> Self {
        Self {
            identity,
            links,
            handshakes: Arc::new(Seats::new(limits::HALF_OPEN)),
            places: Arc::default(),
            next: AtomicU64::default(),
        }
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
        let secure = self.identity.accept(tcp, source).await;
        drop(seat);
        let secure = match secure {
            Ok(secure) => secure,
            Err(error) => return tracing::debug!(%source, %error, "no handshake"),
        };
        match secure.service {
            Service::Link => self.links.begin(secure, Some(place), false),
            Service::Stream => {
                let stream = Stream::new(secure, Some(place));
                self.links.report(NetEvent::Stream(stream)).await;
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
        let is_full = count >= limits::PER_ADDRESS && !addr.is_loopback();
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
    fn this_machine_has_all_places_there_are_and_no_more() {
        let places = Arc::<Places>::default();
        let here = IpAddr::from([127, 0, 0, 1]);
        let taken: Vec<_> = (0..limits::INBOUND).map(|_| places.take(here)).collect();
        assert!(taken.iter().all(Option::is_some));
        assert!(places.take(here).is_none());
        assert!(places.take(IpAddr::from([10, 0, 0, 1])).is_none());
    }
}
