//! A node's part in the classic dialect: does what its brain says, over lanes and store.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use gossamer_crypto::{
    CryptoProvider, EnvelopeId,
    classic::{content_open, content_seal, looks_sealed},
};
use gossamer_mesh::{
    Arrived, Input, Lane, Mesh, NodeId, Output, Peer, Published, Ticket,
    bridge::{Heard, outward},
    gossip,
};
use gossamer_net::Backlog;
use gossamer_store::{MessageRow, NewMessage, Recorded};
use rand::rngs::StdRng;

use crate::{
    actor::{Actor, Report},
    api::{ApiError, ErrorCode, Event},
    clock::wall_ms,
    convert::{self, EVERYONE},
    files::Gate,
    recent::Recent,
};

/// What a node keeps for the classic dialect.
pub(crate) struct Classic {
    pub(crate) mesh: Mesh<StdRng>,
    /// Whether classic nodes take part: what comes by v2 is told to them then.
    pub(crate) welcome: bool,
    /// Messages of ours by their ids on the classic wire.
    pub(crate) ours: Recent<String, String>,
    crypto: Arc<dyn CryptoProvider>,
    /// Messages that cannot be read, on disk or on the way there, not shown yet.
    pending: HashMap<String, MessageRow>,
}

/// Messages of ours that can be told from others: as many as may wait for a first device.
const OURS: usize = gossamer_mesh::limits::OUTBOX;

impl Classic {
    pub(crate) fn new(mesh: Mesh<StdRng>, crypto: Arc<dyn CryptoProvider>, welcome: bool) -> Self {
        Self {
            mesh,
            welcome,
            ours: Recent::new(OURS),
            crypto,
            pending: HashMap::new(),
        }
    }

    /// The text of a classic message; `None` when it is sealed under another password.
    pub(crate) fn open(&self, content: &str) -> Option<String> {
        let text = content_open(&*self.crypto, content).ok()?;
        let hidden = !self.crypto.is_confidential() && looks_sealed(content);
        (!hidden).then_some(text)
    }

    /// A text as classic nodes read it; `None` when it cannot be sealed.
    pub(crate) fn seal(&self, text: &str) -> Option<String> {
        content_seal(&*self.crypto, text).ok()
    }

    /// A message of ours as the classic wire has it; `None` when it cannot be sealed.
    pub(crate) fn publishable(&mut self, row: &MessageRow) -> Option<Published> {
        let id = outward(&EnvelopeId::from_hex(&row.id)?);
        let content = self.seal(&row.text)?;
        self.ours.insert(id.clone(), row.id.clone());
        Some(Published {
            id,
            author: None,
            content,
            sent_ms: row.sent_at,
        })
    }
}

impl Actor {
    /// Gives the classic brain an input and does what it says.
    pub(crate) fn tell(&mut self, input: Input) {
        self.classic.mesh.handle(input, self.clock.now());
        while let Some(output) = self.classic.mesh.poll() {
            self.classic_act(output, None);
        }
    }

    /// Does one thing. Lanes that a chunk was put on are added to `lanes`.
    fn classic_act(&mut self, output: Output, lanes: Option<&mut Vec<Backlog>>) {
        match output {
            Output::Announce { subnet, datagram } => {
                let mut interfaces = self.interfaces.iter();
                if let Some(at) = interfaces.find(|at| IpAddr::V4(at.addr) == subnet.addr) {
                    self.net.announce(at, &datagram);
                }
            }
            Output::Dial { addr, hello } => self.net.dial(addr, hello),
            Output::DialGaveUp(addr) => self.sink.emit(Event::Error {
                code: ErrorCode::Unreachable,
                message: format!(
                    "Nobody answers at {addr}. Check the address, and that Gossamer runs there; \
                     a firewall may also be in the way. It is tried again from time to time."
                ),
            }),
            Output::Send {
                peer,
                lane,
                bytes,
                ticket,
            } => {
                let ticket = ticket.map(|ticket| gossamer_net::Ticket {
                    message: ticket.message,
                    peer: ticket.peer.0,
                });
                match lane {
                    Lane::Chat => self
                        .net
                        .send(&peer.0, gossamer_net::Lane::Chat, bytes, ticket),
                    Lane::Bulk => {
                        self.net
                            .send(&peer.0, gossamer_net::Lane::Bulk, bytes, ticket);
                        if let Some(lanes) = lanes {
                            lanes.extend(self.net.backlog(&peer.0));
                        }
                    }
                }
            }
            Output::Persist { header, content } => {
                let now = self.clock.now().mono;
                let heard = Heard { header, content };
                self.v2.bridge.hold(heard, &self.v2.brain, now);
            }
            Output::Deliver(id) => {
                if let Some(row) = self.classic.pending.remove(&id) {
                    self.sink.emit(Event::Message(convert::message_view(&row)));
                }
            }
            Output::Reached { id, reached } => self.count_classic(&id, reached),
            Output::TooLarge { id, error } => self.too_large(&id, error),
            Output::Heard { device, name, addr } => {
                let mut subnets = self.subnets().into_iter();
                let subnet = subnets.find(|subnet| subnet.contains(addr.ip()));
                let interface = subnet.map(|subnet| subnet.addr);
                let heard = gossip::Input::Heard {
                    device,
                    addr,
                    interface,
                };
                self.gossip(heard);
                // Whom the brain has no room for is kept nowhere else.
                if self.v2.brain.is_heard(&device) || self.v2.devices.is_known(&device) {
                    let view = self.v2.devices.heard(device, name, addr, wall_ms());
                    if view.is_some() {
                        self.tell_name(&device, view);
                    }
                }
            }
            Output::OwnBeacon(addr) => self.gossip(gossip::Input::OwnBeacon(addr)),
            // Only `chunk` gives the brain chunks, and it takes them out itself.
            Output::Chunk { .. } => {}
            Output::PeerUp(peer) => self.peer_up(&peer),
            Output::PeerDown(peer) => {
                self.net.unroute(&peer.id.0);
                self.files.peer_down(&peer.id.0);
                if !peer.v2 {
                    self.sink.emit(Event::PeerDown {
                        peer: convert::peer_view(&peer),
                    });
                }
            }
        }
    }

    fn peer_up(&mut self, peer: &Peer) {
        if peer.v2 {
            return self.leave_classic(&peer.id.0);
        }
        self.net.route(&peer.id.0, peer.addrs.clone(), peer.multi);
        // Files go to whoever chat goes to.
        let lane = self
            .net
            .backlog(&peer.id.0)
            .filter(|_| self.classic.welcome);
        if let Some(lane) = lane {
            self.with_files(|files, out| files.peer_up(&peer.id.0, lane, out));
        }
        let mut peer = convert::peer_view(peer);
        peer.rate = self.files.rate(&peer.id);
        self.sink.emit(Event::PeerUp { peer });
    }

    /// A device that speaks v2 gets nothing in the classic dialect any more.
    pub(crate) fn leave_classic(&mut self, id: &str) {
        self.net.unroute(id);
        self.files.peer_down(id);
    }

    /// A chunk goes through the brain, which says whether it is new and whom it goes on to, and
    /// then to the file it belongs to. Its connection waits for both.
    pub(crate) fn chunk(&mut self, bulk: gossamer_net::Bulk) {
        let gossamer_net::Bulk {
            received,
            passed_on,
        } = bulk;
        self.classic
            .mesh
            .handle(Input::Arrived(arrived(received)), self.clock.now());
        let (mut lanes, mut chunk) = (Vec::new(), None);
        while let Some(output) = self.classic.mesh.poll() {
            if let Output::Chunk { header, chunk: new } = output {
                chunk = Some((header, new));
            } else {
                self.classic_act(output, Some(&mut lanes));
            }
        }
        match chunk {
            Some((header, new)) => {
                let gate = Gate { passed_on, lanes };
                // A device that speaks v2 offers its files itself, and these are copies of them.
                if self.v2.brain.knows_classic(&header.sender_id) {
                    return gate.open();
                }
                self.with_files(|files, out| files.chunk(&header, new, gate, out));
            }
            None => drop(passed_on.send(lanes)),
        }
    }

    /// Keeps a classic message that does not become an envelope.
    pub(crate) fn persist_classic(&mut self, heard: &Heard) {
        let text = self.classic.open(&heard.content);
        let header = heard.header.clone();
        let now = wall_ms();
        let row = MessageRow {
            id: header.message_id,
            conversation: EVERYONE.to_owned(),
            from_id: header.sender_id,
            from_name: header.sender_name,
            readable: text.is_some(),
            text: text.unwrap_or_default(),
            own: false,
            sent_at: convert::moment(header.timestamp * 1000.0).unwrap_or(now),
            received_at: now,
            hops: None,
            state: None,
            reached: 0,
            reason: None,
            place: 0,
            late: false,
        };
        let message = NewMessage {
            row: row.clone(),
            after: Vec::new(),
        };
        let id = row.id.clone();
        self.classic.pending.insert(id.clone(), row);
        self.job(
            move |store| store.record(&[message], &[]),
            |recorded| Some(Report::Stored(id, recorded)),
        );
    }

    /// A classic message that does not become an envelope is on disk, or could not be written.
    pub(crate) fn stored(&mut self, id: String, recorded: Result<Recorded, ApiError>) {
        match recorded {
            Ok(recorded) => {
                let placed = recorded.placed.into_iter().next().flatten();
                match (placed, self.classic.pending.get_mut(&id)) {
                    (Some(at), Some(row)) => (row.place, row.late) = (at.place, at.late),
                    // An id from before the known set's memory is there already: not shown again.
                    _ => drop(self.classic.pending.remove(&id)),
                }
                self.tell(Input::Persisted(vec![id]));
            }
            // The archive tells of its failures, once for all of them.
            Err(_) => {
                self.classic.pending.remove(&id);
                self.tell(Input::PersistFailed(vec![id]));
            }
        }
    }
}

pub(crate) fn arrived(received: gossamer_net::Received) -> Arrived {
    let gossamer_net::Received {
        source,
        message,
        raw,
    } = received;
    Arrived {
        source,
        message,
        raw,
    }
}

pub(crate) fn ticket_of(ticket: gossamer_net::Ticket) -> Ticket {
    Ticket {
        message: ticket.message,
        peer: NodeId(ticket.peer),
    }
}
