//! Outbound TLS connections, and streams by whatever way leads to a device
//! (docs/protocol-v2.md 8 and 11).

use std::{
    collections::BTreeMap,
    fmt, io,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use gossamer_crypto::{CircuitId, DeviceId, NetworkId};
use gossamer_wire::{
    limits::RELAYS,
    v2::{LinkFrame, StreamFrame},
};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout},
};

use crate::{
    LinkError, LinkId, OpenError, Stream,
    awaited::Awaited,
    carrier::Carrier,
    limits,
    link::Links,
    opening::{ask, within, write},
    outbound::connect,
    tls::{Identity, Secure, Service},
};

/// A device that has a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    /// Who.
    pub device: DeviceId,
    /// Where it listens.
    pub addr: SocketAddr,
    /// Its link.
    pub link: LinkId,
}

/// How a device can be reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// Where it may be dialled although it has no link.
    pub addrs: Vec<SocketAddr>,
    /// The device itself if it has a link, else the neighbours that lead to it, the best one first.
    pub hops: Vec<Hop>,
}

/// Opens connections in the name of a device. Clones are cheap, and work in any task.
#[derive(Clone)]
pub struct Dialer {
    identity: Arc<Identity>,
    links: Arc<Links>,
    awaited: Arc<Awaited>,
    shunned: Arc<Shunned>,
}

/// Relays that failed, and when they did last: others are tried first for a while.
type Shunned = Mutex<BTreeMap<DeviceId, Instant>>;

impl Dialer {
    pub(crate) fn new(identity: Arc<Identity>, links: Arc<Links>, awaited: Arc<Awaited>) -> Self {
        Self {
            identity,
            links,
            awaited,
            shunned: Arc::default(),
        }
    }

    /// Opens a stream to a service of a device: what is read and written then is the service's.
    /// It is the same end to end, whether it goes there directly or through others.
    ///
    /// # Errors
    /// When the device cannot be reached, does not answer in time, or refuses.
    pub async fn open(
        &self,
        device: DeviceId,
        way: &Way,
        service: &str,
        network: NetworkId,
    ) -> Result<Stream, OpenError> {
        let mut stream = self.reach_by(device, way).await?;
        let open = StreamFrame::Open {
            service: service.to_owned(),
            network,
        };
        within(limits::OPENING, ask(&mut stream, &open)).await?;
        Ok(stream)
    }

    async fn reach_by(&self, device: DeviceId, way: &Way) -> Result<Stream, OpenError> {
        let failed = match self.dial(device, &way.addrs).await {
            Ok(stream) => return Ok(stream),
            Err(error) => error,
        };
        let hops = self.in_turn(&way.hops);
        if let Some(hop) = hops.iter().find(|hop| hop.device == device) {
            return Ok(self.reach(hop).await?);
        }
        self.circuit_by(device, hops, failed.into()).await
    }

    /// A circuit through the first neighbour that leads there. One that takes its time is waited for
    /// beside the next one, and those that did not get there come last for a while.
    async fn circuit_by(
        &self,
        device: DeviceId,
        hops: Vec<Hop>,
        mut last: OpenError,
    ) -> Result<Stream, OpenError> {
        let mut hops = hops.into_iter();
        let mut relays = BTreeMap::new();
        let mut trying = JoinSet::new();
        loop {
            if let Some(hop) = hops.next() {
                let dialer = self.clone();
                let circuit = async move { dialer.circuit(&hop, device).await };
                relays.insert(trying.spawn(circuit).id(), hop.device);
            }
            let patience = if hops.len() == 0 {
                limits::CIRCUIT
            } else {
                limits::CIRCUIT_HEAD_START
            };
            match timeout(patience, trying.join_next_with_id()).await {
                Ok(Some(Ok((id, Ok(stream))))) => {
                    relays.remove(&id);
                    relays.values().for_each(|relay| self.shun(*relay));
                    return Ok(stream);
                }
                Ok(Some(Ok((id, Err(error))))) => {
                    relays.remove(&id).inspect(|relay| self.shun(*relay));
                    last = error;
                }
                Ok(None) => return Err(last),
                Ok(Some(Err(_))) | Err(_) => {}
            }
        }
    }

    /// A stream through this relay broke, or could not be made: others are tried first for a while.
    pub fn shun(&self, relay: DeviceId) {
        let mut shunned = self.shunned();
        shunned.retain(|_, since| since.elapsed() < limits::SHUNNED);
        shunned.insert(relay, Instant::now());
    }

    /// Those to try, those that failed lately last.
    fn in_turn(&self, hops: &[Hop]) -> Vec<Hop> {
        let shunned = self.shunned();
        let has_failed = |hop: &Hop| {
            let since = shunned.get(&hop.device);
            since.is_some_and(|since| since.elapsed() < limits::SHUNNED)
        };
        let mut hops = hops.to_vec();
        hops.sort_by_key(has_failed);
        hops.truncate(limits::TRIES);
        hops
    }

    fn shunned(&self) -> MutexGuard<'_, BTreeMap<DeviceId, Instant>> {
        self.shunned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stream to a device at the first of its addresses where it is found.
    async fn dial(&self, device: DeviceId, addrs: &[SocketAddr]) -> Result<Stream, LinkError> {
        let mut last = LinkError::Unreachable(io::ErrorKind::AddrNotAvailable.into());
        for &addr in addrs {
            match self.connect(addr, Service::Stream, Some(device)).await {
                Ok(secure) => return Ok(Stream::new(secure, None)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// A stream to a neighbour: dialled, or dialled by it when that does not get through soon.
    pub(crate) async fn reach(&self, hop: &Hop) -> Result<Stream, LinkError> {
        let addrs = [hop.addr];
        let mut dialling = pin!(self.dial(hop.device, &addrs));
        match timeout(limits::HEAD_START, &mut dialling).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => return self.ask_back(hop).await.ok_or(error),
            Err(_) => {}
        }
        let mut asking = pin!(self.ask_back(hop));
        tokio::select! {
            dialled = &mut dialling => match dialled {
                Ok(stream) => Ok(stream),
                Err(error) => asking.await.ok_or(error),
            },
            asked = &mut asking => match asked {
                Some(stream) => Ok(stream),
                None => dialling.await,
            },
        }
    }

    /// A stream to a neighbour that asked for it, with what it knows it by.
    pub(crate) async fn come(
        &self,
        device: DeviceId,
        addr: SocketAddr,
        back: &StreamFrame,
    ) -> Result<Stream, OpenError> {
        let mut stream = self.dial(device, &[addr]).await?;
        within(limits::OPENING, write(&mut stream, back)).await?;
        Ok(stream)
    }

    /// Has a neighbour dial us.
    async fn ask_back(&self, hop: &Hop) -> Option<Stream> {
        let mut expected = self.awaited.expect(hop.device)?;
        let frame = LinkFrame::DialBack(expected.token).encode();
        self.links.send(hop.link, frame, None).ok()?;
        let came = timeout(limits::DIALBACK, &mut expected.stream).await;
        came.ok()?.ok()
    }

    /// A stream to a device, through a neighbour. Nobody between reads it, or can be its end.
    async fn circuit(&self, relay: &Hop, target: DeviceId) -> Result<Stream, OpenError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| io::Error::other("no random numbers"))?;
        let circuit = StreamFrame::Circuit {
            id: CircuitId::new(id),
            target,
            ttl: RELAYS,
        };
        let mut outer = self.reach(relay).await?;
        within(limits::CIRCUIT, ask(&mut outer, &circuit)).await?;
        let (addr, relay) = (outer.addr(), outer.device());
        let carrier = Carrier::Circuit(Box::new(outer));
        let service = Service::Stream;
        let inner = self.identity.connect(carrier, addr, service, Some(target));
        Ok(Stream::through(inner.await?, relay))
    }

    pub(crate) async fn connect(
        &self,
        addr: SocketAddr,
        service: Service,
        expected: Option<DeviceId>,
    ) -> Result<Secure, LinkError> {
        let tcp = connect(&[addr]).await.map_err(LinkError::Unreachable)?;
        let carrier = self.identity.carry(tcp)?;
        self.identity
            .connect(carrier, addr, service, expected)
            .await
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialer(..)")
    }
}
