//! Letters from person to person, and those who walk from island to island with them.

use std::collections::BTreeSet;

use gossamer_crypto::EnvelopeId;
use gossamer_wire::v2::{Body, Purge};
use rand::seq::IndexedRandom;

use super::{Event, Town};
use crate::{
    gossip::Input,
    sim::{letters, post::Letter, scenario::Shape, world::Who},
};

impl Town<'_> {
    /// Someone writes to somebody else, on the other island if there is one.
    pub(super) fn write_letter(&mut self, who: Who) {
        let now = self.agenda.now();
        let group = self.nodes[who.0].group;
        let near = |other: &Who| self.world.home(*other) == self.world.home(who);
        let is_ferry = matches!(self.scenario.shape, Shape::Islands { .. });
        let others = (0..self.scenario.nodes).map(Who).filter(|other| {
            *other != who && self.nodes[other.0].group == group && !(is_ferry && near(other))
        });
        let others: Vec<Who> = others.collect();
        let Some(to) = others.choose(&mut self.rng) else {
            return;
        };
        if !self.nodes[who.0].can_write() {
            let pause = self.millis(1_000..20_000);
            return self.agenda.after(pause, Event::WriteLetter(who));
        }
        let to = self.nodes[to.0].device;
        let envelope = self.nodes[who.0].write_letter(to, now, &mut self.rng);
        self.store_own(who, envelope);
    }

    /// A letter exists once it is on its author's disk.
    pub(super) fn post_letter(&mut self, who: Who, id: EnvelopeId, body: &Body) {
        let to = self
            .nodes
            .iter()
            .position(|node| Some(*node.device.as_bytes()) == body.audience);
        if let Some(to) = to
            && self.nodes[who.0].is_honest()
        {
            let letter = Letter {
                by: who.0,
                to,
                arrived: None,
                times: 0,
            };
            self.post.insert(id, letter);
        }
    }

    /// A direct message is on a disk: perhaps it is for the user.
    pub(super) fn letter_came(&mut self, who: Who, id: EnvelopeId, body: &Body) {
        let node = &mut self.nodes[who.0];
        if body.audience != Some(*node.device.as_bytes()) {
            return;
        }
        let now = self.agenda.now();
        if node.letters.insert(id)
            && let Some(letter) = self.post.get_mut(&id)
        {
            letter.arrived.get_or_insert(now);
            letter.times += 1;
        }
        let life = self.nodes[who.0].life;
        let pause = self.millis(100..20_000);
        self.agenda.after(pause, Event::Open(who, life, id));
    }

    /// What came before and was not purged is opened again.
    pub(super) fn letters_of_old(&mut self, who: Who) {
        for (id, body) in self.nodes[who.0].disk.mail() {
            self.letter_came(who, id, &body);
        }
    }

    /// The user reads a letter: what its secret is, is known then.
    pub(super) fn open_letter(&mut self, who: Who, id: EnvelopeId) {
        let body = self.nodes[who.0].disk.body(&id);
        let secret = body.and_then(|envelope| envelope.parse().ok());
        let secret = secret.and_then(|body| letters::secret(&body.payload));
        if let Some(secret) = secret {
            self.tell(who, Input::Opened { id, secret });
        }
    }

    pub(super) fn tell_purge(&mut self, who: Who, purge: &Purge, lifetime: u32) {
        let now = self.agenda.now();
        let envelope = self.nodes[who.0].purge(purge, lifetime, now);
        self.store_own(who, envelope);
    }

    /// Nobody lets go of a letter that has not arrived, as long as there is room.
    pub(super) fn check_dropped(&mut self, who: Who, ids: &[EnvelopeId]) {
        if !self.nodes[who.0].is_honest() || self.scenario.is_tight() {
            return;
        }
        let now = self.agenda.now();
        let waits = |id: &&EnvelopeId| {
            let letter = self.post.get(id);
            letter.is_some_and(|letter| letter.arrived.is_none())
        };
        for id in ids.iter().filter(waits) {
            let what = format!("the letter {id:?} is dropped and has not arrived");
            self.report.find(now, who.0, what);
        }
    }

    // ---- walkers ----

    /// Someone goes to the other island. Nobody goes any more once all is well.
    pub(super) fn walk(&mut self, who: Who) {
        let stay = self.millis(90_000..240_000);
        self.agenda.after(stay, Event::Walk(who));
        if self.converged_at.is_some() {
            return;
        }
        let to = 1 - self.world.home(who);
        self.world.walk(who, to);
        let near: BTreeSet<Who> = self.world.near(who).collect();
        for (link, a, b) in self.wire.whole() {
            let other = if a == who { b } else { a };
            if (a == who || b == who) && !near.contains(&other) {
                self.break_link(link);
            }
        }
    }
}
