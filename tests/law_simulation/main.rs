//! The promise and the power of the verdict's test, by simulation. A longer run is `cargo bench --bench law`.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod family;
mod law;
mod scenario;

use eval_gate::stats::interval::wilson;
use scenario::{Outcome, Suite, Trial};

const TRIALS: u64 = 400;

fn outcomes(trial: Trial, flips: usize, trials: u64) -> Vec<Outcome> {
    (0..trials).map(|seed| family::run(&trial, flips, seed)).collect()
}

fn blocked(outcomes: &[Outcome]) -> u64 {
    outcomes.iter().filter(|outcome| outcome.blocked).count() as u64
}

/// A change that changes nothing is blocked in at most 5 % of the trials, and from 200 cases on in no less than 3 %,
/// within what the number of trials can tell.
#[track_caller]
fn promise_holds(suite: Suite, cases: usize, looks: usize) {
    let trial = Trial { suite, cases, drop: 0.0, repeats: 1, looks };
    let blocked = blocked(&outcomes(trial, 999, TRIALS));
    let rate = wilson(blocked, TRIALS, 0.998).unwrap();
    assert!(rate.low <= scenario::ALPHA, "{trial:?} blocks {blocked} of {TRIALS}");
    assert!(cases < 200 || rate.high >= 0.03, "{trial:?} blocks only {blocked} of {TRIALS}");
}

#[test]
fn promise_for_binary_scores() {
    for (cases, looks) in [(30, 1), (30, 4), (50, 1), (50, 4), (200, 1), (200, 4), (500, 1), (500, 4)] {
        promise_holds(Suite::Binary, cases, looks);
    }
}

#[test]
fn promise_for_ordinal_scores() {
    for (cases, looks) in [(30, 4), (50, 1), (200, 1), (200, 4)] {
        promise_holds(Suite::Ordinal, cases, looks);
    }
}

#[test]
fn promise_for_sessions_with_strong_dependence() {
    for (cases, looks) in [(50, 1), (200, 1), (200, 4), (500, 1)] {
        promise_holds(Suite::Sessions, cases, looks);
    }
}

#[test]
fn promise_for_slices() {
    for (cases, looks) in [(50, 4), (200, 1), (200, 4)] {
        promise_holds(Suite::Slices, cases, looks);
    }
}

/// The program's own flips are many, so the trials are few here; the benchmark has thousands.
#[test]
fn the_whole_law_keeps_the_promise_of_its_test() {
    for (suite, looks, trials) in [(Suite::Binary, 1, 60), (Suite::Slices, 4, 12)] {
        let trial = Trial { suite, cases: 100, drop: 0.0, repeats: 1, looks };
        let outcomes: Vec<_> = (0..trials).map(|seed| law::judge(&trial, seed)).collect();
        let rate = wilson(blocked(&outcomes), trials, 0.998).unwrap();
        assert!(rate.low <= scenario::ALPHA, "{trial:?} blocks {} of {trials}", blocked(&outcomes));
        let broken = Trial { drop: 0.5, ..trial };
        let found = (0..8).filter(|seed| law::judge(&broken, *seed).blocked).count();
        assert_eq!(found, 8, "{broken:?}");
    }
}

#[test]
fn a_drop_of_ten_points_in_one_of_five_is_found() {
    for (repeats, least) in [(1, 0.76), (3, 0.98)] {
        let trial = Trial { suite: Suite::Binary, cases: 200, drop: 0.1, repeats, looks: 1 };
        let found = blocked(&outcomes(trial, 999, 1_000));
        assert!(found as f64 >= least * 1_000.0, "{repeats} repeats: found {found} of 1000");
    }
}

#[test]
fn a_drop_is_known_before_the_last_case() {
    let trial = Trial { suite: Suite::Binary, cases: 500, drop: 0.1, repeats: 1, looks: 4 };
    let outcomes = outcomes(trial, 1_999, 200);
    let used = outcomes.iter().map(|outcome| outcome.used).sum::<f64>() / outcomes.len() as f64;
    assert!(used <= 0.62, "used {used} of the cases");
    assert!(blocked(&outcomes) >= 196, "found only {} of 200", blocked(&outcomes));
}
