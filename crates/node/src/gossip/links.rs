//! Links to devices that speak v2: what happens on them, and who is told.

use std::net::SocketAddr;

use gossamer_crypto::DeviceId;
use gossamer_mesh::{
    Input as ClassicInput,
    gossip::{Input, LinkId},
};
use gossamer_net::{LinkError, NetEvent};
use gossamer_store::AdmittedRow;
use gossamer_wire::v2::{LinkState, Reason};

use crate::{
    actor::Actor,
    api::{Event, PeerStatus, PeerView, RefusalReason},
    clock::wall_ms,
};

impl Actor {
    /// Something happened on a link.
    pub(crate) fn link_event(&mut self, event: NetEvent) {
        let link_id = |link: gossamer_net::LinkId| LinkId(link.0);
        match event {
            NetEvent::LinkUp {
                link,
                device,
                addr,
                dialled,
                exporter,
            } => self.gossip(Input::LinkUp {
                link: link_id(link),
                device,
                addr,
                dialled,
                exporter: *exporter.expose_secret(),
            }),
            NetEvent::Frame { link, frame } => self.gossip(Input::Frame {
                link: link_id(link),
                kind: frame.kind,
                body: frame.body,
            }),
            NetEvent::FrameTooLong { link } => {
                self.gossip(Input::FrameTooLong {
                    link: link_id(link),
                });
            }
            NetEvent::FrameWritten { ticket, .. } => {
                if let Some((link, id)) = self.v2.serving.remove(&ticket) {
                    let found = true;
                    self.gossip(Input::Served { link, id, found });
                }
            }
            NetEvent::LinkDown { link } => {
                let link = link_id(link);
                self.v2.serving.retain(|_, (to, _)| *to != link);
                self.gossip(Input::LinkDown { link });
            }
            NetEvent::LinkFailed {
                addr,
                expected,
                why,
            } => {
                self.gossip(Input::LinkFailed {
                    addr,
                    device: expected,
                    classic: matches!(why, LinkError::NotTls),
                });
                let now = self.clock.now();
                let view = expected.and_then(|device| self.v2.devices.unreachable(&device, now));
                self.tell_peer(view);
            }
            NetEvent::Visit(visit) => {
                // Who is told of by a member as linked was admitted by that member.
                let device = visit.device();
                let is_known = self.is_admitted(&device) || self.v2.devices.is_here(&device);
                let is_admitted = is_known && !self.v2.is_second;
                self.files.visit(visit, is_admitted);
            }
            NetEvent::Circuit(request) => self.circuit(request),
            NetEvent::Datagram { .. }
            | NetEvent::Message(..)
            | NetEvent::Written(_)
            | NetEvent::WriteFailed(_)
            | NetEvent::Dialled(_)
            | NetEvent::DialFailed(_)
            | NetEvent::Interfaces(_)
            | NetEvent::Deaf { .. } => {}
        }
    }

    pub(super) fn device_up(&mut self, device: DeviceId, addr: SocketAddr) {
        let view = self.v2.devices.up(device, addr, self.clock.now());
        self.tell_peer(view);
        self.tell(ClassicInput::SpeaksV2(device));
        self.leave_classic(&device.classic());
        let (network, password) = (self.v2.author.network, self.v2.brain.password());
        let uptime = self.v2.brain.uptime(self.clock.now());
        self.v2.admitted.linked(device, uptime);
        self.presence(&device);
        self.tell_neighbours();
        let row = AdmittedRow {
            device,
            uptime: u64::try_from(uptime).unwrap_or(0),
            address: Some(addr.to_string()),
        };
        self.archive
            .note(move |store| store.networks().admit(&network, password, &row));
    }

    pub(super) fn device_down(&mut self, device: &DeviceId) {
        let uptime = self.v2.brain.uptime(self.clock.now());
        self.v2.admitted.linked(*device, uptime);
        let view = self.v2.devices.down(device, self.clock.now());
        self.tell_peer(view);
        self.presence(device);
        self.tell_neighbours();
    }

    /// Tells of a device that came or went, or of which something else is known now.
    pub(crate) fn tell_peer(&mut self, view: Option<PeerView>) {
        if let Some(mut peer) = view {
            peer.rate = self.files.rate(&peer.id);
            self.sink.emit(match peer.status {
                PeerStatus::Offline => Event::PeerDown { peer },
                PeerStatus::Direct | PeerStatus::Relayed | PeerStatus::Unreachable => {
                    Event::PeerUp { peer }
                }
            });
        }
    }

    /// Tells of what a device is called, wherever it is named by its id so far.
    pub(crate) fn tell_name(&mut self, device: &DeviceId, view: Option<PeerView>) {
        self.tell_peer(view);
        self.with_files(|files, out| files.named(device, out));
    }

    /// Signs what the brain says of our links, and has it spread.
    pub(super) fn tell_links(&mut self, links: &LinkState, above: u64) {
        let created = wall_ms();
        // What is forgotten within minutes needs no number from the store.
        let seq = created.max(above + 1).max(self.v2.links_seq + 1);
        self.v2.links_seq = seq;
        if let Some(envelope) = self.v2.author.links(links, seq, created) {
            self.gossip(Input::Publish(envelope));
        }
    }

    pub(super) fn refused(&mut self, device: DeviceId, addr: SocketAddr, reason: Reason) {
        let reason = match reason {
            Reason::Password => RefusalReason::OtherPassword,
            Reason::Locked if self.ready.password => RefusalReason::NoPassword,
            Reason::Locked => RefusalReason::NeedsPassword,
            Reason::Guesses => RefusalReason::TooManyGuesses,
            Reason::Version => RefusalReason::OtherVersion,
            Reason::TooMany => RefusalReason::TooManyLinks,
            Reason::Network
            | Reason::Duplicate
            | Reason::Misbehaved
            | Reason::Leaving
            | Reason::UnknownService
            | Reason::NotAdmitted
            | Reason::NoWay
            | Reason::Loop
            | Reason::NoRelay
            | Reason::Unknown(_) => return,
        };
        let (id, addr) = (device.to_string(), addr.to_string());
        self.sink.emit(Event::PeerRefused { id, addr, reason });
    }
}
