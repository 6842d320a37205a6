//! What happens to everyone, and whether all is well.

use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_wire::v2::Reason;
use rand::RngExt;

use super::{Event, LOOK, REST, SECOND, Town};
use crate::{
    gossip::{Input, LinkId},
    sim::{
        audit,
        chaos::{Exit, Upset},
        node::Node,
        post,
        scenario::Doors,
        world::Who,
    },
};

impl Town<'_> {
    pub(super) fn upset(&mut self, upset: Upset) {
        match upset {
            Upset::Depart(who, exit) => self.depart(who, exit),
            Upset::Return(who) => self.boot(who),
            Upset::Split(sides) => self.split(sides),
            Upset::Pull => self.pull(),
            Upset::Join => self.world.heal(),
            Upset::DiskFull(who) => self.nodes[who.0].disk.is_full = self.calm_since.is_none(),
            Upset::DiskFree(who) => self.nodes[who.0].disk.is_full = false,
        }
    }

    pub(super) fn depart(&mut self, who: Who, exit: Exit) {
        if self.calm_since.is_some() || !self.nodes[who.0].is_on() {
            return;
        }
        if exit == Exit::Goodbye {
            self.tell(who, Input::Leave);
            self.work();
            self.commit(who);
            self.work();
        } else {
            self.report.crashes += 1;
        }
        for link in self.wire.at(who) {
            match exit {
                Exit::PowerCut => self.wire.cut(link),
                Exit::Goodbye | Exit::Kill => self.hang_up(link),
            }
            self.wire.remove(link);
        }
        self.nodes[who.0].stop();
    }

    pub(super) fn split(&mut self, sides: usize) {
        let drawn: Vec<usize> = (0..self.nodes.len())
            .map(|_| self.rng.random_range(0..sides))
            .collect();
        let (world, nodes) = (&self.world, self.scenario.nodes);
        let side = |who: Who| {
            if self.scenario.doors == Doors::Islands {
                usize::from(who.0 >= nodes / 2)
            } else if world.segments() > 1 {
                drawn[world.home(who)]
            } else {
                drawn[who.0]
            }
        };
        let sides = self.everyone().map(side).collect();
        self.world.split(sides);
        for (link, a, b) in self.wire.whole() {
            if !self.world.same_side(a, b) {
                self.break_link(link);
            }
        }
    }

    pub(super) fn wear(&mut self) {
        if self.calm_since.is_some() {
            return;
        }
        self.weigh();
        self.agenda.after(SECOND, Event::Wear);
        if self.scenario.loss <= 0.0 {
            return;
        }
        for (link, ..) in self.wire.whole() {
            if self.rng.random_bool(self.scenario.loss / 60.0) {
                self.break_link(link);
            }
        }
    }

    /// Everyone is back, the weather is fine, and those who mean ill have gone.
    pub(super) fn heal(&mut self) {
        for who in self.everyone() {
            self.nodes[who.0].disk.is_full = false;
            if !self.nodes[who.0].is_honest() {
                self.depart(who, Exit::Goodbye);
            }
        }
        self.calm_since = Some(self.agenda.now());
        self.world.heal();
        for who in self.everyone().filter(|who| who.0 < self.scenario.nodes) {
            self.boot(who);
        }
        self.agenda.after(LOOK, Event::Look);
        if let Some(within) = self.scenario.meets {
            self.agenda.after(within, Event::Meet);
        }
    }

    /// Everyone has the same map, and finds everyone on it.
    pub(super) fn meet(&mut self) {
        let now = self.agenda.now();
        for at in audit::differing_maps(&self.nodes) {
            self.report
                .find(now, at, "its map differs from the others'");
        }
        for (at, other) in audit::unreached(&self.nodes, &self.world) {
            let what = format!("it does not find node {other} yet");
            self.report.find(now, at, what);
        }
    }

    pub(super) fn look(&mut self) {
        let now = self.agenda.now();
        self.weigh();
        let converged = post::is_settled(&self.nodes, &self.post)
            && audit::has_converged(&self.nodes, &self.world, &self.ledger);
        let at = self.converged_at.unwrap_or(now);
        self.converged_at = converged.then_some(at);
        // All being well, it is to stay so.
        let pause = if converged { REST / 4 } else { LOOK };
        self.agenda.after(pause, Event::Look);
    }

    // ---- checks ----

    pub(super) fn check_link(&mut self, who: Who, link: LinkId) {
        if self.wire.end(link).is_none_or(|end| end.who != who) {
            let now = self.agenda.now();
            self.report
                .find(now, who.0, format!("{link:?} is used and is not there"));
        }
    }

    /// STORED is not said of what is not on disk.
    pub(super) fn accuse(&mut self, who: Who, ids: &[EnvelopeId]) {
        let now = self.agenda.now();
        for id in ids {
            let what = format!("{id:?} is said to be stored and is not");
            self.report.find(now, who.0, what);
        }
    }

    /// Honest nodes think well of each other.
    pub(super) fn check_refusal(&mut self, who: Who, device: DeviceId, reason: Reason) {
        let now = self.agenda.now();
        let is_honest = |node: &Node| node.device == device && node.is_honest();
        let both_honest = self.nodes[who.0].is_honest() && self.nodes.iter().any(is_honest);
        if both_honest && reason == Reason::Misbehaved {
            self.report
                .find(now, who.0, format!("{device:?} is said to misbehave"));
        }
    }

    /// What brains hold is within their limits.
    pub(super) fn weigh(&mut self) {
        let now = self.agenda.now();
        for (at, node) in self.nodes.iter().enumerate() {
            for (what, size, limit) in node.brain().map(|brain| brain.load()).unwrap_or_default() {
                let peak = self.report.peaks.entry(what).or_default();
                *peak = size.max(*peak);
                if size > limit {
                    self.report
                        .find(now, at, format!("{size} {what}, of at most {limit}"));
                }
            }
        }
    }
}
