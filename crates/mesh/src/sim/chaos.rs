//! What goes wrong when, planned before anything begins.

use std::time::Duration;

use rand::{RngExt, rngs::StdRng};

use super::{scenario::Scenario, world::Who};

/// One thing that happens to the town.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upset {
    Depart(Who, Exit),
    Return(Who),
    /// The nodes fall into so many sides.
    Split(usize),
    Join,
    /// A cable is pulled where neither end notices.
    Pull,
    DiskFull(Who),
    DiskFree(Who),
}

/// How a node goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// It says so, and what it has is on disk.
    Goodbye,
    /// The process dies; its system closes the connections.
    Kill,
    /// Nobody is told.
    PowerCut,
}

/// Before the first cable is pulled: all have their links and know each other.
const QUIET: Duration = Duration::from_secs(60);

/// How long a disk is full at a time.
const FULL: Duration = Duration::from_secs(10);

/// All upsets of a scenario, with their times.
pub(super) fn plan(scenario: &Scenario, rng: &mut StdRng) -> Vec<(Duration, Upset)> {
    let mut plan = Vec::new();
    for who in (0..scenario.nodes).map(Who) {
        comings_and_goings(who, scenario, rng, &mut plan);
        full_disks(who, scenario, rng, &mut plan);
    }
    for pull in 1..=scenario.pulls {
        let share = f64::from(pull) / f64::from(scenario.pulls + 1);
        plan.push((
            QUIET + (scenario.active - QUIET).mul_f64(share),
            Upset::Pull,
        ));
    }
    for partition in scenario.partitions {
        plan.push((partition.from, Upset::Split(partition.sides)));
        plan.push((partition.until, Upset::Join));
    }
    plan
}

fn comings_and_goings(
    who: Who,
    scenario: &Scenario,
    rng: &mut StdRng,
    plan: &mut Vec<(Duration, Upset)>,
) {
    if scenario.churn <= 0.0 {
        return;
    }
    let away = scenario
        .stay
        .mul_f64(scenario.churn / (1.0 - scenario.churn));
    let mut at = around(scenario.stay, rng);
    while at < scenario.active {
        plan.push((at, Upset::Depart(who, exit(scenario.crash, rng))));
        at += around(away, rng);
        plan.push((at, Upset::Return(who)));
        at += around(scenario.stay, rng);
    }
}

fn exit(crash: f64, rng: &mut StdRng) -> Exit {
    if !rng.random_bool(crash) {
        Exit::Goodbye
    } else if rng.random() {
        Exit::Kill
    } else {
        Exit::PowerCut
    }
}

fn full_disks(who: Who, scenario: &Scenario, rng: &mut StdRng, plan: &mut Vec<(Duration, Upset)>) {
    if scenario.full_disks <= 0.0 {
        return;
    }
    let mut at = around(FULL.mul_f64(1.0 / scenario.full_disks), rng);
    while at < scenario.active {
        plan.push((at, Upset::DiskFull(who)));
        plan.push((at + FULL, Upset::DiskFree(who)));
        at += around(FULL.mul_f64(1.0 / scenario.full_disks), rng);
    }
}

/// From nearly nothing to twice as long.
fn around(mean: Duration, rng: &mut StdRng) -> Duration {
    mean.mul_f64(rng.random_range(0.01..2.0))
}
