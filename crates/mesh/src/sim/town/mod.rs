//! Drives everyone through virtual time.

mod cables;
mod links;
mod mail;
mod people;
mod weather;
mod work;

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    ops::Range,
    time::Duration,
};

use bytes::Bytes;
use gossamer_crypto::{DeviceId, EnvelopeId};
use gossamer_wire::v2::{Envelope, Kind};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use self::work::Task;
use super::{
    agenda::Agenda,
    audit,
    chaos::{self, Upset},
    disk::Write,
    letters::Ledger,
    memo::Memo,
    node::Node,
    post::{self, Post},
    report::Report,
    scenario::{Scenario, Shape},
    wire::Wire,
    world::{Who, World},
};
use crate::gossip::{Input, LinkId, Output, Serve};

/// Everyone, and the virtual time.
pub(super) struct Town<'a> {
    scenario: &'a Scenario,
    agenda: Agenda<Event>,
    /// What nodes are given to do in this moment.
    tasks: Vec<Task>,
    rng: StdRng,
    world: World,
    wire: Wire,
    nodes: Vec<Node>,
    ledger: Ledger,
    post: Post,
    /// What is on disks: a thousand of them hold the same.
    bodies: HashMap<EnvelopeId, Envelope>,
    verifier: Memo,
    report: Report,
    /// When all was healed.
    calm_since: Option<Duration>,
    converged_at: Option<Duration>,
}

/// Something that is to happen. What names a life happens only if the node still lives it.
#[derive(Debug)]
enum Event {
    Tick(Who, u32),
    /// A node says that it is there.
    Beacon(Who, u32),
    Heard(Who, u32, DeviceId, SocketAddr, IpAddr),
    /// A dial arrives.
    Reach(Who, u32, Dial),
    DialFailed(Who, u32, Dial),
    /// A connection is there for the one who dialled.
    Up(LinkId, DeviceId, SocketAddr, [u8; 32]),
    Down(LinkId),
    Frame(LinkId, Bytes),
    /// A body was read to be served.
    Read(Who, u32, Serve),
    Commit(Who, u32),
    Persisted(Who, u32, EnvelopeId),
    /// A user wants to say something.
    Write(Who),
    /// And to somebody.
    WriteLetter(Who),
    /// The user opens a letter.
    Open(Who, u32, EnvelopeId),
    /// Someone goes to the other island.
    Walk(Who),
    Mischief(Who),
    Upset(Upset),
    /// Links wear out.
    Wear,
    /// A cable was pulled: do all ways lead around?
    GoAround,
    Heal,
    /// Does everyone find everyone by now?
    Meet,
    /// Has everyone got everything?
    Look,
}

impl Event {
    /// Whether it may look at any brain, or change what others see in this moment.
    fn concerns_all(&self) -> bool {
        matches!(
            self,
            Self::Write(_)
                | Self::WriteLetter(_)
                | Self::Open(..)
                | Self::Walk(_)
                | Self::Mischief(_)
                | Self::Upset(_)
                | Self::Wear
                | Self::GoAround
                | Self::Heal
                | Self::Meet
                | Self::Look
        )
    }
}

#[derive(Debug, Clone, Copy)]
struct Dial {
    addr: SocketAddr,
    device: Option<DeviceId>,
}

const SECOND: Duration = Duration::from_secs(1);
const BEACON: Duration = Duration::from_secs(5);
/// From the moment that a cable is pulled until all go around.
const AROUND: Duration = Duration::from_secs(3);
/// Between two looks whether all is done.
const LOOK: Duration = Duration::from_secs(5);
/// For so long after healing things may go on moving: twice the longest pause of a brain.
const PATIENCE: Duration = Duration::from_secs(45 * 60);
/// Time for what should not come: two comparisons of digests.
const REST: Duration = Duration::from_secs(130);

impl<'a> Town<'a> {
    pub(super) fn new(scenario: &'a Scenario, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let hostile = scenario.hostile;
        let malice =
            std::iter::repeat_n(None, scenario.nodes).chain(hostile.iter().copied().map(Some));
        let nodes: Vec<Node> = malice
            .enumerate()
            .map(|(at, malice)| Node::new(Who(at), scenario, malice, &mut rng))
            .collect();
        let mut town = Self {
            scenario,
            agenda: Agenda::new(),
            tasks: Vec::new(),
            world: World::new(scenario.shape, scenario.nodes, hostile.len(), &mut rng),
            wire: Wire::default(),
            nodes,
            ledger: Ledger::new(),
            post: Post::new(),
            bodies: HashMap::new(),
            verifier: Memo::default(),
            report: Report::default(),
            calm_since: None,
            converged_at: None,
            rng,
        };
        town.prepare();
        town
    }

    fn prepare(&mut self) {
        for who in self.everyone() {
            let at = self.millis(0..3_000);
            self.agenda.at(at, Event::Upset(Upset::Return(who)));
            if self.nodes[who.0].is_honest() {
                let writes = self.rng.random_bool(self.scenario.writers);
                for _ in 0..if writes { self.scenario.messages } else { 0 } {
                    let at = self
                        .scenario
                        .active
                        .mul_f64(self.rng.random_range(0.01..1.0));
                    self.agenda.at(at, Event::Write(who));
                }
                for _ in 0..self.scenario.letters {
                    let at = self
                        .scenario
                        .active
                        .mul_f64(self.rng.random_range(0.01..1.0));
                    self.agenda.at(at, Event::WriteLetter(who));
                }
            } else {
                self.agenda.at(SECOND * 10, Event::Mischief(who));
            }
        }
        if let Shape::Islands { walkers } = self.scenario.shape {
            for who in (0..self.scenario.nodes).rev().take(walkers) {
                let at = self.millis(30_000..120_000);
                self.agenda.at(at, Event::Walk(Who(who)));
            }
        }
        for (at, upset) in chaos::plan(self.scenario, &mut self.rng) {
            self.agenda.at(at, Event::Upset(upset));
        }
        self.agenda.at(SECOND, Event::Wear);
        self.agenda.at(self.scenario.active, Event::Heal);
    }

    /// Plays until everyone has everything and some time on, or until there is no hope.
    pub(super) fn play(mut self) -> Report {
        while !self.is_over()
            && let Some(events) = self.agenda.next()
        {
            for (at, event) in events {
                self.agenda.set(at);
                if event.concerns_all() {
                    self.work();
                    self.happen(event);
                    self.work();
                } else {
                    self.happen(event);
                }
            }
            self.work();
        }
        let now = self.agenda.now();
        audit::audit(
            &self.nodes,
            &self.world,
            &self.ledger,
            self.scenario.doors,
            now,
            &mut self.report,
        );
        post::audit(&self.nodes, &self.post, now, &mut self.report);
        self.report.virtual_time = now;
        let calm_since = self.calm_since.unwrap_or(now);
        self.report.converged_after = self.converged_at.unwrap_or(now).saturating_sub(calm_since);
        (self.report.verified, self.report.remembered) = self.verifier.counts();
        self.report
    }

    fn is_over(&self) -> bool {
        let now = self.agenda.now();
        let since = |at: Duration| now.saturating_sub(at);
        self.converged_at.is_some_and(|at| since(at) >= REST)
            || self.calm_since.is_some_and(|at| since(at) >= PATIENCE)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Tick(who, life) if self.lives(who, life) => self.tick(who),
            Event::Beacon(who, life) if self.lives(who, life) => self.beacon(who, life),
            Event::Heard(who, life, device, addr, interface) if self.lives(who, life) => {
                let heard = Input::Heard {
                    device,
                    addr,
                    interface: Some(interface),
                };
                self.tell(who, heard);
            }
            Event::Reach(who, life, dial) if self.lives(who, life) => self.reach(who, life, dial),
            Event::DialFailed(who, life, Dial { addr, device }) if self.lives(who, life) => {
                self.tell(
                    who,
                    Input::LinkFailed {
                        addr,
                        device,
                        classic: false,
                    },
                );
            }
            Event::Read(who, life, serve) if self.lives(who, life) => self.serve(who, serve),
            Event::Open(who, life, id) if self.lives(who, life) => self.open_letter(who, id),
            Event::Commit(who, life) if self.lives(who, life) => self.commit(who),
            Event::Persisted(who, life, id) if self.lives(who, life) => {
                self.tell(who, Input::Persisted(vec![id]));
            }
            Event::Tick(..)
            | Event::Beacon(..)
            | Event::Heard(..)
            | Event::Reach(..)
            | Event::DialFailed(..)
            | Event::Read(..)
            | Event::Open(..)
            | Event::Commit(..)
            | Event::Persisted(..) => {}
            Event::Up(link, device, addr, exporter) => self.up(link, device, addr, true, exporter),
            Event::Down(link) => self.down(link),
            Event::Frame(link, frame) => self.frame(link, &frame),
            Event::Write(who) => self.write(who),
            Event::WriteLetter(who) => self.write_letter(who),
            Event::Walk(who) => self.walk(who),
            Event::Mischief(who) => self.mischief(who),
            Event::Upset(upset) => self.upset(upset),
            Event::Wear => self.wear(),
            Event::GoAround => self.go_around(),
            Event::Heal => self.heal(),
            Event::Meet => self.meet(),
            Event::Look => self.look(),
        }
    }

    // ---- a node and its brain ----

    fn act(&mut self, who: Who, output: Output) {
        let life = self.nodes[who.0].life;
        match output {
            Output::Dial { addr, device } => self.dial(who, Dial { addr, device }),
            Output::Send { link, frame } => self.send(who, link, frame),
            Output::Serve(serve) => {
                self.check_link(who, serve.link);
                let pause = self.millis(1..20);
                self.agenda.after(pause, Event::Read(who, life, serve));
            }
            Output::Close { link, last } => self.close(who, link, last),
            Output::Persist { envelope, entry } => {
                if self.scenario.faults.lying_disks {
                    self.agenda
                        .after(Duration::ZERO, Event::Persisted(who, life, entry.id));
                }
                let envelope = self.shared(entry.id, envelope);
                self.store(who, Write::Taken(envelope, entry));
            }
            Output::Remember(entry) => self.store(who, Write::Known(entry)),
            Output::DropBodies(ids) => {
                self.check_dropped(who, &ids);
                self.store(who, Write::DropBodies(ids));
            }
            Output::Forget(ids) => self.store(who, Write::Forget(ids)),
            Output::Stored { id, by, .. } => self.store(who, Write::Sent(id, by)),
            Output::Progress { id, progress } => {
                self.nodes[who.0].progress.insert(id, progress);
            }
            Output::TellPurge { purge, lifetime } => self.tell_purge(who, &purge, lifetime),
            Output::Keyring(keyring) => self.store(who, Write::Keyring(keyring)),
            Output::Up { device, .. } => self.store(who, Write::Admitted(device)),
            Output::Refused { device, reason, .. } => self.check_refusal(who, device, reason),
            // The node did so itself.
            Output::TellLinks { .. }
            | Output::Deliver(_)
            | Output::Down(_)
            | Output::Doubt { .. }
            | Output::Route { .. }
            | Output::DialBack { .. }
            | Output::Misbehaved { .. }
            | Output::Twin { .. }
            | Output::ConnectFailed(_) => {}
        }
    }

    /// The same envelope out of the memory that all disks share.
    fn shared(&mut self, id: EnvelopeId, envelope: Envelope) -> Envelope {
        let known = self.bodies.entry(id).or_insert_with(|| envelope.clone());
        if *known == envelope {
            known.clone()
        } else {
            envelope
        }
    }

    fn tick(&mut self, who: Who) {
        let now = self.agenda.now();
        if self.nodes[who.0].tick_at == Some(now) {
            self.nodes[who.0].tick_at = None;
            self.tell(who, Input::Tick);
        }
    }

    fn plan_tick(&mut self, who: Who, wake_at: Option<Duration>) {
        let node = &mut self.nodes[who.0];
        let Some(wake_at) = wake_at.map(|at| at.max(self.agenda.now())) else {
            return;
        };
        if node.tick_at.is_none_or(|planned| wake_at < planned) {
            node.tick_at = Some(wake_at);
            self.agenda.at(wake_at, Event::Tick(who, node.life));
        }
    }

    /// A user is shown what is on their disk.
    fn show(&mut self, who: Who, id: EnvelopeId, envelope: Option<Envelope>) {
        let now = self.agenda.now();
        match envelope.and_then(|envelope| envelope.parse().ok()) {
            Some(body) if body.kind == Kind::Dm => self.letter_came(who, id, &body),
            Some(body) if body.kind != Kind::Everyone => {}
            None if !self.scenario.faults.lying_disks => {
                self.report
                    .find(now, who.0, format!("{id:?} is shown before it is on disk"));
            }
            _ => self.nodes[who.0].show(id, &self.ledger),
        }
    }

    fn boot(&mut self, who: Who) {
        let now = self.agenda.now();
        if self.nodes[who.0].is_on() {
            return;
        }
        let start = self.nodes[who.0].boot(now, self.verifier.clone(), &self.ledger, &mut self.rng);
        let life = self.nodes[who.0].life;
        self.tell(who, start);
        self.work();
        self.letters_of_old(who);
        let pause = self.millis(0..1_000);
        self.agenda.after(pause, Event::Beacon(who, life));
        if life == 1 || self.rng.random_bool(0.3) {
            let record = self.nodes[who.0].record(now);
            self.store_own(who, record);
        }
    }

    // ---- chances ----

    fn is_lost(&mut self) -> bool {
        self.calm_since.is_none()
            && self.scenario.loss > 0.0
            && self.rng.random_bool(self.scenario.loss)
    }

    fn millis(&mut self, range: Range<u64>) -> Duration {
        Duration::from_micros(
            self.rng
                .random_range(range.start * 1_000..range.end * 1_000),
        )
    }

    /// Of a link: a good one mostly, now and then one at the edge of the Wi-Fi.
    fn latency(&mut self) -> Duration {
        match self.rng.random_range(0..10) {
            0 => self.millis(50..300),
            _ => self.millis(5..20),
        }
    }

    fn lives(&self, who: Who, life: u32) -> bool {
        let node = &self.nodes[who.0];
        node.is_on() && node.life == life
    }

    fn everyone(&self) -> impl Iterator<Item = Who> + use<> {
        (0..self.nodes.len()).map(Who)
    }
}
