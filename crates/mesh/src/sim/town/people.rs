//! What people write, where it is kept, and what those do who mean ill.

use gossamer_crypto::EnvelopeId;
use gossamer_wire::v2::{Body, Envelope};
use rand::RngExt;

use super::{Event, SECOND, Town};
use crate::sim::{
    disk::Write,
    hostile::Means,
    letters::{self, Written},
    world::Who,
};

impl Town<'_> {
    pub(super) fn write(&mut self, who: Who) {
        let now = self.agenda.now();
        if !self.nodes[who.0].can_write() {
            let pause = self.millis(1_000..20_000);
            return self.agenda.after(pause, Event::Write(who));
        }
        let envelope = self.nodes[who.0].write(self.scenario.sizes, now, &mut self.rng);
        self.store_own(who, envelope);
    }

    pub(super) fn mischief(&mut self, who: Who) {
        if self.calm_since.is_some() {
            return;
        }
        self.agenda.after(SECOND, Event::Mischief(who));
        let now = self.agenda.now();
        for link in self.wire.at(who) {
            let (seq, created) = self.nodes[who.0].stamp(now);
            let victim = self.nodes[self.rng.random_range(0..self.scenario.nodes)].device;
            let node = &self.nodes[who.0];
            let (Some(mischief), Some(end)) = (&node.mischief, self.wire.end(link)) else {
                continue;
            };
            if !(end.sent_admit && end.got_admit) {
                continue;
            }
            let means = Means {
                author: node.author(),
                seq,
                created,
                victim,
            };
            for frame in mischief.says(&means, &mut self.rng) {
                self.transmit(link, frame);
            }
        }
    }

    // ---- disks ----

    pub(super) fn store(&mut self, who: Who, write: Write) {
        let life = self.nodes[who.0].life;
        if self.nodes[who.0].disk.write(write) {
            let pause = match self.rng.random_range(0..20) {
                0 => self.millis(50..2_000),
                _ => self.millis(1..30),
            };
            self.agenda.after(pause, Event::Commit(who, life));
        }
    }

    pub(super) fn store_own(&mut self, who: Who, envelope: Envelope) {
        let now = self.agenda.now();
        let node = &self.nodes[who.0];
        let entry = letters::own_entry(&envelope, node.device, node.uptime(now));
        self.store(who, Write::Own(envelope, entry));
    }

    /// What a user wrote is on disk.
    pub(super) fn exist(
        &mut self,
        who: Who,
        own: Vec<(EnvelopeId, usize)>,
        letters: Vec<(EnvelopeId, Body)>,
    ) {
        let (by, group) = (who.0, self.nodes[who.0].group);
        for (id, size) in own {
            self.ledger.insert(id, Written { by, group, size });
        }
        for (id, body) in letters {
            self.post_letter(who, id, &body);
        }
    }
}
