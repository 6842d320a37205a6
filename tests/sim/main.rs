//! Plays the scenarios of the simulator under many seeds and says what came of it.
//!
//! `npm test -- sim` runs a sample, `npm run verify -- sim --seeds 1000` more. A seed that fails
//! prints the one command that plays it again.

#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::{
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use gossamer_mesh::sim::{self, Report, SCENARIOS, Scenario};
use mimalloc::MiMalloc;

/// A thousand brains take and let go of small pieces of memory all the time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Plays scenarios of the simulator.
#[derive(Debug, Parser)]
struct Args {
    /// Scenarios to play; all when there are none.
    scenarios: Vec<String>,
    /// Seeds for each.
    #[arg(long, default_value_t = 10)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Honest nodes, where not as many as the scenario says.
    #[arg(long, value_parser = clap::value_parser!(u16).range(2..=2_000))]
    nodes: Option<u16>,
    /// Whether to show the frames by type and how full queues were.
    #[arg(long)]
    details: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let unknown = args
        .scenarios
        .iter()
        .find(|name| Scenario::named(name).is_none());
    if let Some(name) = unknown {
        println!("There is no scenario {name}. There are:");
        for scenario in SCENARIOS {
            println!("  {:16}{}", scenario.name, scenario.about);
        }
        return ExitCode::FAILURE;
    }
    let named = |scenario: &&Scenario| args.scenarios.iter().any(|name| name == scenario.name);
    let chosen = SCENARIOS
        .iter()
        .filter(|one| args.scenarios.is_empty() || named(one));
    let mut failed = false;
    for scenario in chosen {
        let scenario = Scenario {
            nodes: args.nodes.map_or(scenario.nodes, usize::from),
            ..scenario.clone()
        };
        failed |= !play(&scenario, &args);
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Plays one scenario under all seeds. Whether all is well.
fn play(scenario: &Scenario, args: &Args) -> bool {
    let started = Instant::now();
    let sum = Mutex::new(Report::default());
    let next = AtomicU64::new(args.seed);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= args.seed + args.seeds {
                        break;
                    }
                    let report = sim::run(scenario, seed);
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    tell_failure(scenario, seed, &report);
                    *sum += report;
                }
            });
        }
    });
    let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    tell(scenario, args, &sum, started.elapsed());
    sum.findings.is_empty()
}

fn tell_failure(scenario: &Scenario, seed: u64, report: &Report) {
    if report.findings.is_empty() {
        return;
    }
    let Scenario { name, nodes, .. } = scenario;
    println!("\n{name}, seed {seed}:");
    for finding in &report.findings {
        println!("  {finding}");
    }
    println!("  again: npm run verify -- sim {name} --seed {seed} --seeds 1 --nodes {nodes}\n");
}

fn tell(scenario: &Scenario, args: &Args, sum: &Report, wall: Duration) {
    let outcome = if sum.findings.is_empty() {
        "ok"
    } else {
        "FAILED"
    };
    let each = |count: u64| count as f64 / sum.deliveries.max(1) as f64;
    println!(
        "{outcome:6} {:15} {} seeds x {} nodes, {:.1} h virtual: {} messages, {} deliveries, {} lost, {} duplicated",
        scenario.name,
        args.seeds,
        scenario.nodes,
        sum.virtual_time.as_secs_f64() / 3_600.0,
        sum.messages,
        sum.deliveries,
        sum.lost,
        sum.duplicated,
    );
    println!(
        "{:22} per delivery {:.1} frames, {:.1} of them envelopes, {:.0} bytes; settled within {:.0} s; \
         {} crashes, {} cables pulled; signatures {} checked, {} remembered; {} unacknowledged; {:.1} s",
        "",
        each(sum.traffic.all_frames()),
        each(sum.traffic.frames.get(&0x10).copied().unwrap_or(0)),
        each(sum.traffic.all_bytes()),
        sum.converged_after.as_secs_f64(),
        sum.crashes,
        sum.pulled,
        sum.verified,
        sum.remembered,
        sum.unacknowledged,
        wall.as_secs_f64(),
    );
    if sum.letters > 0 {
        println!(
            "{:22} {} of {} letters arrived",
            "", sum.letters_arrived, sum.letters
        );
    }
    for (what, copies) in [("512 B to 4 KiB", &sum.pushed), ("above 4 KiB", &sum.asked)] {
        if copies.deliveries > 0 {
            let each = |count: u64| count as f64 / copies.deliveries as f64;
            println!(
                "{:22} messages of {what}, {:.1} KiB on average: {:.2} copies and {:.1} KiB per delivery",
                "",
                each(copies.delivered_bytes) / 1_024.0,
                each(copies.frames),
                each(copies.bytes) / 1_024.0,
            );
        }
    }
    if args.details {
        for (kind, frames) in &sum.traffic.frames {
            let bytes = sum.traffic.bytes.get(kind).copied().unwrap_or(0);
            println!("{:22} type {kind:#04x}: {frames} frames, {bytes} bytes", "");
        }
        println!("{:22} at most {:?}", "", sum.peaks);
    }
}
