//! The simulator finds what is broken on purpose, and says the same of the same seed.
#![allow(clippy::expect_used, reason = "tests")]

use gossamer_mesh::{
    gossip::Quota,
    sim::{self, Faults, Scenario, Shape},
};

/// Frames that are about envelopes, and those of reconciliation among them: docs/protocol-v2.md
/// 5.2.
const ENVELOPES: &[u8] = &[0x10, 0x11, 0x12, 0x13, 0x14, 0x18, 0x19, 0x1a];
const RECONCILIATION: &[u8] = &[0x18, 0x19, 0x1a];

fn named(name: &str) -> Scenario {
    Scenario::named(name).expect("a scenario").clone()
}

fn deaf_to(name: &str, deaf_to: &'static [u8]) -> Scenario {
    let scenario = named(name);
    let faults = Faults {
        deaf_to,
        ..scenario.faults
    };
    Scenario { faults, ..scenario }
}

#[test]
fn where_nothing_spreads_all_is_lost() {
    let report = sim::run(&deaf_to("room", ENVELOPES), 1);
    assert_eq!(report.messages, 100);
    assert_eq!(report.lost, 19 * report.messages);
    assert!(!report.findings.is_empty());
}

#[test]
fn where_nothing_goes_wrong_flooding_is_enough() {
    let report = sim::run(&deaf_to("room", RECONCILIATION), 1);
    assert_eq!(report.findings, []);
    assert_eq!(report.deliveries, 19 * report.messages);
}

#[test]
fn in_a_storm_flooding_is_not_enough() {
    let report = sim::run(&deaf_to("storm", RECONCILIATION), 1);
    assert!(report.lost > 0);
}

#[test]
fn where_nobody_tells_of_links_nobody_goes_around_a_cable() {
    let scenario = Scenario {
        nodes: 20,
        pulls: 1,
        ..deaf_to("pulled", &[0x15])
    };
    let report = sim::run(&scenario, 1);
    assert_eq!(report.pulled, 1);
    assert!(!report.findings.is_empty());
}

#[test]
fn what_a_disk_only_promised_is_shown_twice() {
    let faults = Faults {
        lying_disks: true,
        ..Faults::default()
    };
    let storm = Scenario {
        faults,
        ..named("storm")
    };
    let duplicated: u64 = (1..=5).map(|seed| sim::run(&storm, seed).duplicated).sum();
    assert!(duplicated > 0);
}

#[test]
fn where_nobody_walks_no_letter_arrives_on_the_other_island() {
    let ferry = Scenario {
        shape: Shape::Islands { walkers: 0 },
        ..named("ferry")
    };
    let report = sim::run(&ferry, 1);
    assert!(report.letters > 50 && report.lost > 0);
    assert_eq!(report.letters_arrived, 0);
    assert!(!report.findings.is_empty());
}

/// Letters get lost then. What must hold is that nobody keeps more than they would.
#[test]
fn where_little_is_kept_strangers_have_a_tenth_of_it() {
    let bodies = 100;
    let tight = Scenario {
        quota: Quota {
            bodies,
            ..Quota::default()
        },
        knows_nobody: true,
        ..named("ferry")
    };
    for seed in 1..=5 {
        let report = sim::run(&tight, seed);
        let findings = report.findings.iter();
        let kept_too_much = findings.filter(|finding| finding.what.contains("of at most"));
        assert_eq!(kept_too_much.count(), 0, "{:?}", report.findings);
        assert_eq!(report.peaks["bodies for strangers"], bodies / 10);
        assert_eq!(report.lost, 0, "what is for everyone has its share");
    }
}

#[test]
fn the_same_seed_gives_the_same_report() {
    for name in ["storm", "locked", "ferry"] {
        let scenario = named(name);
        let report = sim::run(&scenario, 7);
        assert_eq!(report, sim::run(&scenario, 7));
        assert_ne!(report, sim::run(&scenario, 8));
    }
}

#[test]
fn a_town_on_all_processors_gives_the_same_report_too() {
    let scenario = Scenario {
        nodes: 200,
        active: std::time::Duration::from_secs(20),
        ..named("sprawl")
    };
    let report = sim::run(&scenario, 7);
    assert_eq!(report.findings, []);
    assert_eq!(report, sim::run(&scenario, 7));
}

#[test]
fn who_has_the_wrong_password_is_shown_nothing() {
    let scenario = Scenario {
        nodes: 6,
        ..named("one-wrong")
    };
    let report = sim::run(&scenario, 3);
    assert_eq!(report.findings, []);
    let alone = u64::from(scenario.messages);
    assert_eq!(report.deliveries, 4 * (report.messages - alone));
}
