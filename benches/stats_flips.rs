//! Time of the sign-flip test at its largest planned size: 2,000 clusters, 60 hypotheses, 9,999 flips.
//!
//! Run with `cargo bench --bench stats_flips`. The bar is half a second on two cores.
#![expect(clippy::print_stdout, reason = "a benchmark prints its measurement")]

use std::time::{Duration, Instant};

use eval_gate::stats::sign_flip::{ClusterSums, FLIPS, test_family};

fn main() {
    for (clusters, hypotheses) in [(200, 5), (500, 60), (2_000, 60), (2_000, 500)] {
        let sums = dense_sums(clusters, hypotheses);
        let times: Vec<Duration> = (0..5).map(|seed| time(&sums, seed)).collect();
        let best = times.iter().min().map_or(0.0, Duration::as_secs_f64);
        println!("{clusters:>5} clusters x {hypotheses:>3} hypotheses x {FLIPS} flips: {best:.3} s (best of 5)");
    }
}

fn time(sums: &ClusterSums, seed: u64) -> Duration {
    let start = Instant::now();
    std::hint::black_box(test_family(sums, FLIPS, seed));
    start.elapsed()
}

/// Sums without a zero, the worst case: sparse ones need fewer signs.
fn dense_sums(clusters: usize, hypotheses: usize) -> ClusterSums {
    let mut sums = ClusterSums::new(clusters, hypotheses);
    for cluster in 0..clusters {
        for hypothesis in 0..hypotheses {
            let value = (cluster * 7919 + hypothesis * 104_729 + 13) % 1009 * 653 % 1009;
            sums.add(cluster, hypothesis, value as f64 / 504.3 - 1.0);
        }
    }
    sums
}
