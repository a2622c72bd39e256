//! The false-block rate and the power of the whole law, from scores to verdict, in full: `cargo bench --bench law`.
//!
//! Rates come with their 95 % intervals. The promise is at most 5 % without a change.
#![expect(clippy::print_stdout, reason = "a benchmark prints its measurement")]
#![expect(clippy::expect_used, reason = "shared with the tests, which fail by panicking")]

#[path = "../tests/law_simulation/law.rs"]
mod law;
#[path = "../tests/law_simulation/scenario.rs"]
mod scenario;

use eval_gate::stats::interval::wilson;
use scenario::{Suite, Trial};

const TRIALS: u64 = 2_000;

fn main() {
    println!("one of five binary scorers drops ten points, {TRIALS} trials a line:");
    for (cases, repeats, looks) in [(50, 1, 1), (200, 1, 1), (200, 1, 4), (200, 3, 1), (500, 1, 1), (500, 1, 4)] {
        measure(Trial { suite: Suite::Binary, cases, drop: 0.1, repeats, looks });
    }
    println!("no change, {TRIALS} trials a line:");
    for suite in [Suite::Binary, Suite::Ordinal, Suite::Sessions, Suite::Slices] {
        for cases in [30, 50, 200, 500] {
            for looks in [1, 4] {
                measure(Trial { suite, cases, drop: 0.0, repeats: 1, looks });
            }
        }
    }
}

fn measure(trial: Trial) {
    let Trial { suite, cases, repeats, looks, .. } = trial;
    let outcomes: Vec<_> = (0..TRIALS).map(|seed| law::judge(&trial, seed)).collect();
    let blocked = outcomes.iter().filter(|outcome| outcome.blocked).count() as u64;
    let used = outcomes.iter().map(|outcome| outcome.used).sum::<f64>() / TRIALS as f64;
    let rate = wilson(blocked, TRIALS, 0.95).expect("there are trials");
    println!(
        "{suite:?}, {cases} cases x {repeats}, {looks} looks: blocked {:.1} % ({:.1} to {:.1}), cases used {:.0} %",
        blocked as f64 / TRIALS as f64 * 100.0,
        rate.low * 100.0,
        rate.high * 100.0,
        used * 100.0
    );
}
