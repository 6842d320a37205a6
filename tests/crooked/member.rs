//! What makes it a member: the mesh brain of a real node, with a disk in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use gossamer_crypto::{DeviceId, DeviceKey, EnvelopeId, NetworkId, Signed};
use gossamer_mesh::{
    Now,
    gossip::{self, Config, Ed25519, Gossip, Input, Output, Quota, Start},
};
use gossamer_net::{Hop, LinkError, LinkId, Net, NetEvent};
use gossamer_wire::{
    limits::LIFETIME_LINK_STATE,
    v2::{Body, Envelope, Kind, LinkState},
};
use rand::{SeedableRng, rngs::StdRng};
use tokio::time::Instant;

/// Between two signs of life of a link, and a third of the silence that ends one.
const STALE: Duration = Duration::from_secs(30);

/// A member of an open network.
pub(crate) struct Member {
    key: DeviceKey,
    network: NetworkId,
    brain: Gossip<StdRng>,
    disk: BTreeMap<EnvelopeId, Envelope>,
    begun: Instant,
}

impl Member {
    /// Links to whoever is at these addresses, for as long as it lives.
    pub(crate) fn join(
        key: DeviceKey,
        network: NetworkId,
        port: u16,
        neighbours: &[SocketAddr],
    ) -> Self {
        let config = Config {
            device: key.id(),
            network,
            password: None,
            port,
            stale: STALE,
            leaf: false,
            quota: Quota::default(),
            verifier: Box::new(Ed25519),
        };
        let mut member = Self {
            brain: Gossip::new(config, StdRng::from_rng(&mut rand::rng())),
            key,
            network,
            disk: BTreeMap::new(),
            begun: Instant::now(),
        };
        member.tell(Input::Start(Start::default()));
        for addr in neighbours {
            member.tell(Input::Connect(*addr));
        }
        member
    }

    /// Something came in.
    pub(crate) fn hear(&mut self, event: NetEvent) {
        let id = |link: LinkId| gossip::LinkId(link.0);
        let input = match event {
            NetEvent::LinkUp {
                link,
                device,
                addr,
                dialled,
                exporter,
            } => Input::LinkUp {
                link: id(link),
                device,
                addr,
                dialled,
                exporter: *exporter.expose_secret(),
            },
            NetEvent::Frame { link, frame } => Input::Frame {
                link: id(link),
                kind: frame.kind,
                body: frame.body,
            },
            NetEvent::LinkDown { link } => Input::LinkDown { link: id(link) },
            NetEvent::LinkFailed {
                addr,
                expected,
                why,
            } => Input::LinkFailed {
                addr,
                device: expected,
                classic: matches!(why, LinkError::NotTls),
            },
            _ => return,
        };
        self.tell(input);
    }

    pub(crate) fn tick(&mut self) {
        self.tell(Input::Tick);
    }

    /// When [`tick`](Self::tick) is due.
    pub(crate) fn wake_at(&self) -> Instant {
        self.begun + self.brain.wake_at()
    }

    /// The neighbour that leads to a device, or is it.
    pub(crate) fn hop_to(&self, device: &DeviceId) -> Option<Hop> {
        self.brain.next_hop(device).map(hop)
    }

    /// A neighbour that is none of these.
    pub(crate) fn hop_to_any_but(&self, devices: &BTreeSet<DeviceId>) -> Option<Hop> {
        let mut linked = self.brain.linked().map(|(device, ..)| device);
        let other = linked.find(|device| !devices.contains(device))?;
        self.hop_to(&other)
    }

    /// Does what the brain says.
    pub(crate) fn act(&mut self, net: &Net) {
        while let Some(output) = self.brain.poll() {
            match output {
                Output::Dial { addr, device } => net.dial_link(addr, device),
                Output::DialBack {
                    device,
                    addr,
                    token,
                } => net.dial_back(device, addr, token),
                Output::Send { link, frame } => {
                    let _ = net.send_frame(LinkId(link.0), frame, None);
                }
                Output::Close { link, last } => net.close_link(LinkId(link.0), last),
                Output::Serve(serve) => {
                    let (link, id) = (serve.link, serve.id);
                    let envelope = self.disk.get(&id).cloned();
                    let found = envelope.is_some_and(|envelope| {
                        let frame = serve.frame(envelope);
                        net.send_frame(LinkId(link.0), frame, None).is_ok()
                    });
                    self.tell(Input::Served { link, id, found });
                }
                Output::Persist { envelope, entry } => {
                    self.disk.insert(entry.id, envelope);
                    self.tell(Input::Persisted(vec![entry.id]));
                }
                Output::TellLinks { links, above } => {
                    let links = self.sign(&links, above);
                    self.tell(Input::Publish(links));
                }
                _ => {}
            }
        }
    }

    fn tell(&mut self, input: Input) {
        self.brain.handle(input, self.now());
    }

    fn now(&self) -> Now {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let wall_ms = since.unwrap_or_default().as_millis();
        Now {
            mono: self.begun.elapsed(),
            wall_ms: u64::try_from(wall_ms).unwrap_or(u64::MAX),
        }
    }

    fn sign(&self, links: &LinkState, above: u64) -> Envelope {
        let created = self.now().wall_ms;
        let body = Body {
            kind: Kind::LinkState,
            network: self.network,
            origin: Some(self.key.id()),
            seq: created.max(above + 1),
            created,
            lifetime: LIFETIME_LINK_STATE,
            audience: None,
            ack: None,
            payload: links.encode().expect("links that the brain made"),
        };
        let body = body.encode().expect("a body of these");
        let signature = self.key.sign(Signed::Envelope, &body);
        Envelope {
            body,
            signature,
            signer: None,
        }
    }
}

fn hop(next: gossip::Hop) -> Hop {
    Hop {
        device: next.device,
        addr: next.addr,
        link: LinkId(next.link.0),
    }
}
