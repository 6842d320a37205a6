//! Nodes do what is theirs to do side by side: within a moment none of them hears of another.

use std::time::Duration;

use gossamer_crypto::EnvelopeId;
use gossamer_wire::v2::{Body, Envelope, Kind};

use super::Town;
use crate::{
    gossip::{Input, LinkId, Output},
    sim::{audit, disk::Committed, node::Node, world::Who},
};

/// What a node is to do.
#[derive(Debug)]
pub(super) struct Task {
    who: Who,
    at: Duration,
    what: What,
}

#[derive(Debug)]
enum What {
    /// Its brain is told something.
    Tell(Input),
    /// Its disk commits what was written.
    Commit,
}

/// What came of it.
struct Outcome {
    who: Who,
    at: Duration,
    /// The link that it was told is gone.
    down: Option<LinkId>,
    wants: Vec<Want>,
    /// When its brain wants to be woken.
    wake_at: Option<Duration>,
}

/// What others have a part in.
enum Want {
    Output(Output),
    /// Its user is shown this, which is on its disk so far.
    Show(EnvelopeId, Option<Envelope>),
    /// It says that these are on its disk, and they are not.
    Pretend(Vec<EnvelopeId>),
    /// What its user wrote exists from now on: how long messages are, and letters.
    Exist(Vec<(EnvelopeId, usize)>, Vec<(EnvelopeId, Body)>),
}

/// For less than this, nobody else is called in.
const ALONE: usize = 8;

impl Town<'_> {
    /// Tells a brain something. It thinks about it at the end of this moment, or when
    /// [`work`](Self::work) is called.
    pub(super) fn tell(&mut self, who: Who, input: Input) {
        self.give(who, What::Tell(input));
    }

    /// Has a disk commit what was written to it, likewise.
    pub(super) fn commit(&mut self, who: Who) {
        self.give(who, What::Commit);
    }

    fn give(&mut self, who: Who, what: What) {
        let at = self.agenda.now();
        self.tasks.push(Task { who, at, what });
    }

    /// Lets nodes do what they were given to do, and does what they want: one node after the other,
    /// and what one wants in the order in which it was told.
    pub(super) fn work(&mut self) {
        let now = self.agenda.now();
        let lying = self.scenario.faults.lying_disks;
        while !self.tasks.is_empty() {
            let mut tasks = std::mem::take(&mut self.tasks);
            tasks.sort_by_key(|task| task.who);
            for outcome in side_by_side(&mut self.nodes, 0, tasks, lying) {
                self.agenda.set(outcome.at);
                if let Some(link) = outcome.down {
                    self.wire.remove(link);
                }
                for want in outcome.wants {
                    self.grant(outcome.who, want);
                }
                self.plan_tick(outcome.who, outcome.wake_at);
            }
        }
        self.agenda.set(now);
    }

    fn grant(&mut self, who: Who, want: Want) {
        match want {
            Want::Output(output) => self.act(who, output),
            Want::Show(id, envelope) => self.show(who, id, envelope),
            Want::Pretend(ids) => self.accuse(who, &ids),
            Want::Exist(own, letters) => self.exist(who, own, letters),
        }
    }
}

/// Each node does all that it was given to do, for then it has its memory at hand; where many were
/// given something, those with lower numbers work beside those with higher ones. `nodes` are those
/// from the number `first` on, and the tasks are in their order.
fn side_by_side(
    nodes: &mut [Node],
    first: usize,
    mut tasks: Vec<Task>,
    lying: bool,
) -> Vec<Outcome> {
    let middle = tasks.get(tasks.len() / 2).map_or(first, |task| task.who.0);
    let at = tasks.partition_point(|task| task.who.0 < middle);
    if tasks.len() < ALONE || at == 0 || rayon::current_thread_index().is_none() {
        let outcomes = tasks.into_iter().map(|task| {
            let node = &mut nodes[task.who.0 - first];
            node.work(task, lying)
        });
        return outcomes.collect();
    }
    let high = tasks.split_off(at);
    let (low_nodes, high_nodes) = nodes.split_at_mut(middle - first);
    let (mut outcomes, high) = rayon::join(
        || side_by_side(low_nodes, first, tasks, lying),
        || side_by_side(high_nodes, middle, high, lying),
    );
    outcomes.extend(high);
    outcomes
}

impl Node {
    /// `lying` disks have said already that all is there.
    fn work(&mut self, task: Task, lying: bool) -> Outcome {
        let Task { who, at, what } = task;
        let mut wants = Vec::new();
        let mut down = None;
        match what {
            What::Tell(input) => {
                if let Input::LinkDown { link } = input {
                    down = Some(link);
                }
                self.think(input, at, lying, &mut wants);
            }
            What::Commit => {
                let uptime = self.uptime(at);
                let committed = self.disk.commit(uptime);
                wants.push(self.exist(&committed));
                for input in committed.inputs {
                    if !(lying && matches!(input, Input::Persisted(_))) {
                        self.think(input, at, lying, &mut wants);
                    }
                }
            }
        }
        let wake_at = self.wake_at();
        Outcome {
            who,
            at,
            down,
            wants,
            wake_at,
        }
    }

    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "most of what a brain wants is for others to do"
    )]
    fn think(&mut self, input: Input, at: Duration, lying: bool, wants: &mut Vec<Want>) {
        self.handle(input, at);
        while let Some(output) = self.poll() {
            match output {
                Output::TellLinks { links, above } => {
                    let envelope = self.tell_links(&links, above, at);
                    self.handle(Input::Publish(envelope), at);
                }
                Output::Deliver(id) => {
                    let envelope = self.disk.body(&id).cloned();
                    wants.push(Want::Show(id, envelope));
                }
                Output::Send { link, frame } => {
                    if self.is_honest() && !lying {
                        let pretended = audit::check_stored(self, &frame);
                        if !pretended.is_empty() {
                            wants.push(Want::Pretend(pretended));
                        }
                    }
                    wants.push(Want::Output(Output::Send { link, frame }));
                }
                output => wants.push(Want::Output(output)),
            }
        }
    }

    fn exist(&self, committed: &Committed) -> Want {
        let own = committed.own.iter().filter(|_| self.is_honest());
        let size = |id: &EnvelopeId| self.disk.body(id).map_or(0, |one| one.body.len());
        let own = own.map(|id| (*id, size(id))).collect();
        let body = |id: &EnvelopeId| {
            let body = self.disk.body(id)?.parse().ok()?;
            (body.kind == Kind::Dm).then_some((*id, body))
        };
        Want::Exist(own, committed.letters.iter().filter_map(body).collect())
    }
}
