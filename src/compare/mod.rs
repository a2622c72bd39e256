//! Pairs the scores of both arms by case and compares them: one [`Comparison`] a scorer, over all cases and each slice.

mod arm;
mod estimate;
mod family;
mod forecast;
mod order;
mod pairs;
mod resample;
mod room;
mod score_file;
mod sight;
mod stored;
mod stored_case;
mod table;
mod two_sample;

use crate::stats::Interval;

pub use self::arm::Arm;
pub use self::family::{Family, Look, Terms, compare};
pub use self::forecast::{Forecast, Outlook, forecasts};
pub use self::order::Order;
pub use self::resample::{FalseBlocks, Noise, false_blocks, noise};
pub use self::score_file::{ScoreFileError, ScoreLine, pair_scores, read_scores, tag_text};
pub use self::sight::Sight;
pub use self::stored::{StoredBaseline, StoredError};
pub use self::stored_case::{ScoreSummary, StoredCase};
pub use self::table::{Cell, Column, Row, ScoreTable};

/// Fewest clusters of a slice that is gated: the sign-flip test of fewer could never fail, whatever they show.
pub const MIN_SLICE_CLUSTERS: usize = 6;

/// Fewest clusters from which anything is decided.
pub const MIN_CLUSTERS: usize = 5;

/// Confidence of every interval that is shown, and of the one-sided bound that passes a gate.
pub const CONFIDENCE: f64 = 0.95;

/// A class of cases: those whose tag has this value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slice {
    /// The tag, such as `intent`.
    pub tag: String,
    /// Its value, such as `refund`.
    pub value: String,
}

impl Slice {
    /// Whether a case is of this class.
    fn holds(&self, row: &Row) -> bool {
        row.tags.get(&self.tag) == Some(&self.value)
    }
}

impl std::fmt::Display for Slice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.tag, self.value)
    }
}

/// Baseline against candidate on one scorer, over all cases or one slice.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Index of the scorer in the table.
    pub column: usize,
    /// The slice; `None` for all cases.
    pub slice: Option<Slice>,
    /// Cases scored in both arms.
    pub pairs: usize,
    /// Clusters among them: what counts as independent.
    pub clusters: usize,
    /// What was measured; `None` where there was nothing to pair.
    pub measured: Option<Measured>,
    /// Set for gated comparisons.
    pub test: Option<Test>,
}

impl Comparison {
    /// Cases with which it would be decided, if what was measured held; clusters are what counts, but cases are what
    /// people sample. `None` where it has enough, or where no affordable number would do.
    pub fn cases_needed(&self) -> Option<u64> {
        let (pairs, clusters) = (self.pairs as u64, self.clusters.max(1) as u64);
        let needed = self.test?.sight.clusters_needed()?.saturating_mul(pairs).div_ceil(clusters);
        (needed > pairs).then_some(needed)
    }

    /// Cases with which a change that changes nothing would pass with 80 % power, at the spread that was measured.
    pub fn cases_to_pass(&self) -> Option<u64> {
        let needed = self.test?.sight.clusters_to_pass()?;
        Some(needed.saturating_mul(self.pairs as u64).div_ceil(self.clusters.max(1) as u64))
    }
}

/// What a comparison measured, in the scorer's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The baseline's mean or quantile.
    pub baseline: f64,
    /// The candidate's mean or quantile.
    pub candidate: f64,
    /// Two-sided 95 % interval of candidate minus baseline; `None` where it would be meaningless.
    pub interval: Option<Interval>,
    /// The candidate's level over the baseline's, of costs, tokens and times.
    pub ratio: Option<Ratio>,
}

/// One level over another, and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// 1 where both are the same.
    pub value: f64,
    /// Two-sided 95 % interval; `None` where it would be meaningless.
    pub interval: Option<Interval>,
}

impl Measured {
    /// The same with the interval cut to what a score on this scale can change by; the t interval knows no bounds.
    #[must_use]
    fn within(mut self, scale: Option<(f64, f64)>) -> Self {
        if let (Some(interval), Some((low, high))) = (&mut self.interval, scale) {
            interval.low = interval.low.max(low - high);
            interval.high = interval.high.min(high - low);
        }
        self
    }

    /// Candidate minus baseline.
    pub fn change(&self) -> f64 {
        self.candidate - self.baseline
    }
}

/// What a gated comparison says of its margin and of "no change".
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// How much of the margin is left: negative where the estimate is worse than the margin. In the scorer's unit.
    pub room: f64,
    /// The one-sided lower bound of `room`, at 95 % over all looks; from 0 on, the change is inside the margin.
    pub room_bound: Option<f64>,
    /// One-sided sign-flip p-value of "no change", alternative worse.
    pub p: f64,
    /// The same, adjusted for all gated comparisons of the run, and for all looks.
    pub adjusted_p: f64,
    /// Whether "no change" is rejected at the promised false-block rate.
    pub is_rejected: bool,
    /// The margin in the scorer's unit; a margin in per cent is taken of the baseline as measured.
    pub margin: f64,
    /// What it could see, and what it would need to decide.
    pub sight: Sight,
}

impl Test {
    /// Whether it is a regression: plain, and worse than the margin.
    pub fn is_regression(&self) -> bool {
        self.is_rejected && self.room < 0.0
    }
}
