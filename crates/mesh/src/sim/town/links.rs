//! Finding each other, and what passes between two who did.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use gossamer_crypto::DeviceId;
use gossamer_wire::v2::LinkFrame;
use rand::RngExt;

use super::{BEACON, Dial, Event, SECOND, Town};
use crate::{
    gossip::{Input, LinkId, Serve},
    sim::{report::LENGTHY, world::Who},
};

impl Town<'_> {
    // ---- finding each other ----

    pub(super) fn beacon(&mut self, who: Who, life: u32) {
        let (device, network) = (self.nodes[who.0].device, self.nodes[who.0].network);
        for (hearer, addr, interface) in self.world.hearers(who) {
            let other = &self.nodes[hearer.0];
            if other.network == network && other.is_on() && !self.is_lost() {
                let life = self.nodes[hearer.0].life;
                let pause = self.millis(5..25);
                self.agenda
                    .after(pause, Event::Heard(hearer, life, device, addr, interface));
            }
        }
        let pause = BEACON.mul_f64(self.rng.random_range(0.9..1.1));
        self.agenda.after(pause, Event::Beacon(who, life));
    }

    pub(super) fn dial(&mut self, who: Who, dial: Dial) {
        let life = self.nodes[who.0].life;
        if self.is_lost() {
            self.agenda
                .after(SECOND * 5, Event::DialFailed(who, life, dial));
        } else {
            let pause = self.millis(5..15);
            self.agenda.after(pause, Event::Reach(who, life, dial));
        }
    }

    pub(super) fn reach(&mut self, who: Who, life: u32, dial: Dial) {
        let now = self.agenda.now();
        let there = self.world.reach(who, dial.addr).filter(|(other, _)| {
            let other = &self.nodes[other.0];
            other.is_on() && dial.device.is_none_or(|device| device == other.device)
        });
        let Some((other, seen_at)) = there else {
            let pause = self.millis(1..3_000);
            return self.agenda.after(pause, Event::DialFailed(who, life, dial));
        };
        let latency = self.latency();
        let (at_who, at_other) = self.wire.connect(who, other, latency, now + latency);
        let (from, to) = (self.nodes[who.0].device, self.nodes[other.0].device);
        let exporter = self.rng.random();
        self.agenda
            .at(now + latency, Event::Up(at_who, to, dial.addr, exporter));
        self.up(at_other, from, seen_at, false, exporter);
    }

    pub(super) fn up(
        &mut self,
        link: LinkId,
        device: DeviceId,
        addr: SocketAddr,
        dialled: bool,
        exporter: [u8; 32],
    ) {
        let Some(who) = self.wire.end(link).map(|end| end.who) else {
            return;
        };
        let input = Input::LinkUp {
            link,
            device,
            addr,
            dialled,
            exporter,
        };
        self.tell(who, input);
    }

    // ---- links ----

    pub(super) fn send(&mut self, who: Who, link: LinkId, frame: Bytes) {
        self.check_link(who, link);
        let kind = kind(&frame);
        let node = &mut self.nodes[who.0];
        if node
            .mischief
            .as_ref()
            .is_some_and(|mischief| !mischief.lets_out(kind))
        {
            return;
        }
        if kind >= ENVELOPE && self.is_lost() {
            return;
        }
        self.transmit(link, frame);
    }

    pub(super) fn transmit(&mut self, link: LinkId, frame: Bytes) {
        let kind = kind(&frame);
        if self.scenario.faults.deaf_to.contains(&kind) {
            return;
        }
        let now = self.agenda.now();
        if let Some(end) = self.wire.end_mut(link) {
            end.sent_admit |= kind == ADMIT;
        }
        self.report.traffic.count(kind, frame.len());
        if kind == ENVELOPE && frame.len() >= LENGTHY {
            self.count_copy(&frame);
        }
        if let Some((peer, at)) = self.wire.pass(link, now, &mut self.rng) {
            self.agenda.at(at, Event::Frame(peer, frame));
        }
    }

    fn count_copy(&mut self, frame: &Bytes) {
        let body = frame.get(4..).unwrap_or_default();
        if let Ok(Some(LinkFrame::Envelope(read))) = LinkFrame::decode(ENVELOPE, body)
            && let Some(copies) = self.report.copies(read.envelope.body.len())
        {
            copies.frames += 1;
            copies.bytes += frame.len() as u64;
        }
    }

    pub(super) fn frame(&mut self, link: LinkId, frame: &Bytes) {
        let Some(end) = self.wire.end_mut(link).filter(|end| !end.is_cut) else {
            return;
        };
        let who = end.who;
        let kind = kind(frame);
        end.got_admit |= kind == ADMIT;
        if let Some(mischief) = &mut self.nodes[who.0].mischief {
            mischief.hears(frame);
        }
        let body = frame.slice(4..);
        self.tell(who, Input::Frame { link, kind, body });
    }

    pub(super) fn serve(&mut self, who: Who, serve: Serve) {
        let envelope = self.nodes[who.0].disk.read(&serve.id).cloned();
        let found = envelope.is_some();
        let lets_out = self.nodes[who.0]
            .mischief
            .as_ref()
            .is_none_or(|one| one.lets_out(ENVELOPE));
        if let Some(envelope) = envelope.filter(|_| lets_out) {
            self.transmit(serve.link, serve.frame(envelope));
        }
        let Serve { link, id, .. } = serve;
        self.tell(who, Input::Served { link, id, found });
    }

    pub(super) fn close(&mut self, who: Who, link: LinkId, last: Option<Bytes>) {
        self.check_link(who, link);
        if let Some(last) = last {
            self.transmit(link, last);
        }
        self.hang_up(link);
        self.agenda
            .after(Duration::from_millis(1), Event::Down(link));
    }

    /// The other end notices once all that was written is there.
    pub(super) fn hang_up(&mut self, link: LinkId) {
        let now = self.agenda.now();
        if let Some((peer, at)) = self.wire.pass(link, now, &mut self.rng) {
            self.agenda.at(at, Event::Down(peer));
        }
    }

    pub(super) fn down(&mut self, link: LinkId) {
        if let Some(who) = self.wire.end(link).map(|end| end.who) {
            self.tell(who, Input::LinkDown { link });
        }
    }

    /// A link breaks with all that is in flight. Half of them are noticed by the systems at both
    /// ends; of the others the brains have to find out.
    pub(super) fn break_link(&mut self, link: LinkId) {
        let peer = self.wire.end(link).map(|end| end.peer);
        self.wire.cut(link);
        if self.rng.random() {
            for end in [Some(link), peer].into_iter().flatten() {
                let pause = self.millis(0..2_000);
                self.agenda.after(pause, Event::Down(end));
            }
        }
    }
}

fn kind(frame: &[u8]) -> u8 {
    frame.get(3).copied().unwrap_or_default()
}

// Types of frames: docs/protocol-v2.md 5.2. Of those from ENVELOPE on a full queue may drop some.
const ADMIT: u8 = 0x04;
const ENVELOPE: u8 = 0x10;
