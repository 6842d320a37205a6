//! A town of brains without sockets or clocks: segments that people share, messages that take a
//! random while, all from one printed seed.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;
use gossamer_mesh::{
    Arrived, Config, Input, Lane, Mesh, NodeId, Now, Output, Published, Subnet, Ticket,
};
use gossamer_wire::v1::{Message, NetworkHash};
use rand::{Rng, SeedableRng, rngs::StdRng};

type Name = &'static str;

/// Everyone, and the virtual time.
pub(crate) struct Town {
    pub(crate) people: BTreeMap<Name, Person>,
    rng: StdRng,
    now: Duration,
    due: BinaryHeap<Reverse<(Duration, u64, Name)>>,
    happenings: BTreeMap<u64, Input>,
    next: u64,
    loss: u64,
    /// Chunks written between any two, for counting.
    pub(crate) chunks_written: u64,
}

/// One brain with what a driver keeps for it.
pub(crate) struct Person {
    pub(crate) mesh: Mesh<StdRng>,
    subnets: Vec<Subnet>,
    /// What was handed out, in order.
    pub(crate) shown: Vec<String>,
    pub(crate) chunks: Vec<u64>,
    pub(crate) reached: BTreeMap<String, u32>,
    pub(crate) running: bool,
}

impl Town {
    /// A town whose people live on numbered segments; two who share a segment reach each other.
    pub(crate) fn new(seed: u64, homes: &[(Name, &[u8])]) -> Self {
        Self::with_loss(seed, homes, 0)
    }

    /// The same, where one in `loss` datagrams is lost: all of them for 1, none for 0.
    pub(crate) fn with_loss(seed: u64, homes: &[(Name, &[u8])], loss: u64) -> Self {
        let mut town = Self {
            people: BTreeMap::new(),
            rng: StdRng::seed_from_u64(seed),
            now: Duration::from_secs(1),
            due: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            next: 0,
            loss,
            chunks_written: 0,
        };
        for (host, (name, segments)) in (1..).zip(homes) {
            town.settle(name, host, segments);
        }
        town
    }

    fn settle(&mut self, name: Name, host: u8, segments: &[u8]) {
        let subnet = |segment: &u8| Subnet {
            addr: Ipv4Addr::new(10, 0, *segment, host).into(),
            prefix: 24,
        };
        let subnets: Vec<Subnet> = segments.iter().map(subnet).collect();
        let config = Config {
            node_id: NodeId(name.into()),
            device: None,
            name: name.into(),
            port: 9999,
            network: NetworkHash::of("town"),
            classic_welcome: true,
            announce: Duration::from_secs(5),
            stale: Duration::from_secs(30),
        };
        let mesh = Mesh::new(config, StdRng::seed_from_u64(self.rng.next_u64()));
        let person = Person {
            mesh,
            subnets: subnets.clone(),
            shown: Vec::new(),
            chunks: Vec::new(),
            reached: BTreeMap::new(),
            running: true,
        };
        self.people.insert(name, person);
        self.tell(
            name,
            Input::Start {
                known: Vec::new(),
                queued: Vec::new(),
            },
        );
        self.tell(name, Input::Interfaces(subnets));
    }

    pub(crate) fn says(&mut self, name: Name, text: &str) {
        let message = Published {
            id: text.into(),
            author: None,
            content: text.into(),
            sent_ms: self.wall_ms(),
        };
        self.tell(name, Input::Publish(message));
    }

    /// Sends a message to everyone who is present for `name`, as the pumps of a file do.
    pub(crate) fn pumps(&mut self, name: Name, bytes: &Bytes) {
        let peers: Vec<NodeId> = self.people[name]
            .mesh
            .peers()
            .map(|peer| peer.id.clone())
            .collect();
        for peer in peers {
            self.act(
                name,
                Output::Send {
                    peer,
                    lane: Lane::Bulk,
                    bytes: bytes.clone(),
                    ticket: None,
                },
            );
        }
    }

    /// Off or on again; whoever is off hears and says nothing.
    pub(crate) fn switch(&mut self, name: Name, running: bool) {
        self.people.get_mut(name).unwrap().running = running;
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        loop {
            let tick = self.people.iter().filter(|(_, person)| person.running);
            let tick = tick
                .map(|(name, person)| (person.mesh.wake_at().max(self.now), *name))
                .min();
            let happening = self.due.peek().map(|Reverse((at, _, _))| *at);
            match (tick, happening) {
                (_, Some(at)) if at <= end && tick.is_none_or(|(tick, _)| at <= tick) => {
                    let Reverse((at, key, name)) = self.due.pop().unwrap();
                    self.now = at.max(self.now);
                    let input = self.happenings.remove(&key).unwrap();
                    self.tell(name, input);
                }
                (Some((at, name)), _) if at <= end => {
                    self.now = at;
                    self.tell(name, Input::Tick);
                }
                _ => break,
            }
        }
        self.now = end;
    }

    pub(crate) fn tell(&mut self, name: Name, input: Input) {
        let now = Now {
            mono: self.now,
            wall_ms: self.wall_ms(),
        };
        let person = self.people.get_mut(name).unwrap();
        if !person.running {
            return;
        }
        person.mesh.handle(input, now);
        while let Some(output) = self.people.get_mut(name).unwrap().mesh.poll() {
            self.act(name, output);
        }
    }

    fn act(&mut self, name: Name, output: Output) {
        let person = self.people.get_mut(name).unwrap();
        match output {
            Output::Announce { subnet, datagram } => self.broadcast(name, subnet, &datagram),
            Output::Dial { addr, hello } => match self.at(addr.ip()) {
                Some(_) => {
                    self.deliver(name, addr.ip(), &hello);
                    self.later(name, Input::Dialled(addr));
                }
                None => self.later(name, Input::DialFailed(addr)),
            },
            Output::Send {
                peer,
                lane,
                bytes,
                ticket,
            } => {
                let addrs = person.mesh.peers().find(|known| known.id == peer);
                let addrs = addrs.map(|known| known.addrs.clone()).unwrap_or_default();
                let reachable = addrs.iter().find(|addr| self.at(addr.ip()).is_some());
                self.chunks_written += u64::from(lane == Lane::Bulk);
                if let Some(addr) = reachable.map(SocketAddr::ip) {
                    self.deliver(name, addr, &bytes);
                    self.answer(name, ticket, Input::Written);
                } else {
                    self.answer(name, ticket, Input::WriteFailed);
                }
            }
            Output::Persist { header, .. } => {
                self.later(name, Input::Persisted(vec![header.message_id]));
            }
            Output::Deliver(id) => person.shown.push(id),
            Output::Reached { id, reached } => drop(person.reached.insert(id, reached)),
            Output::Chunk { chunk, .. } => person.chunks.push(chunk.index),
            Output::DialGaveUp(_)
            | Output::TooLarge { .. }
            | Output::Heard { .. }
            | Output::PeerUp(_)
            | Output::OwnBeacon(_)
            | Output::PeerDown(_) => {}
        }
    }

    fn answer(&mut self, name: Name, ticket: Option<Ticket>, input: fn(Ticket) -> Input) {
        if let Some(ticket) = ticket {
            self.later(name, input(ticket));
        }
    }

    fn broadcast(&mut self, from: Name, subnet: Subnet, datagram: &Bytes) {
        let source = SocketAddr::new(subnet.addr, 40_000);
        let hearers: BTreeSet<Name> = self
            .people
            .iter()
            .filter(|(name, person)| {
                **name != from && person.subnets.iter().any(|mine| mine.contains(subnet.addr))
            })
            .map(|(name, _)| *name)
            .collect();
        for name in hearers {
            if self.loss == 0 || !self.rng.next_u64().is_multiple_of(self.loss) {
                self.later(
                    name,
                    Input::Heard {
                        datagram: datagram.clone(),
                        source,
                    },
                );
            }
        }
    }

    fn deliver(&mut self, from: Name, to: IpAddr, bytes: &Bytes) {
        let Some(name) = self.at(to) else { return };
        let mine = self.people[from]
            .subnets
            .iter()
            .find(|subnet| subnet.contains(to));
        let source = SocketAddr::new(mine.unwrap().addr, 50_000);
        let message = Message::decode(bytes).unwrap();
        let arrived = Arrived {
            source,
            message,
            raw: bytes.clone(),
        };
        self.later(name, Input::Arrived(arrived));
    }

    /// Who is on and has this address.
    fn at(&self, addr: IpAddr) -> Option<Name> {
        let lives = |person: &Person| person.subnets.iter().any(|subnet| subnet.addr == addr);
        self.people
            .iter()
            .find(|(_, person)| person.running && lives(person))
            .map(|(name, _)| *name)
    }

    /// In a random while, so that everything overtakes everything.
    fn later(&mut self, name: Name, input: Input) {
        let at = self.now + Duration::from_micros(100 + self.rng.next_u64() % 20_000);
        self.due.push(Reverse((at, self.next, name)));
        self.happenings.insert(self.next, input);
        self.next += 1;
    }

    fn wall_ms(&self) -> u64 {
        1_700_000_000_000 + u64::try_from(self.now.as_millis()).unwrap()
    }
}
