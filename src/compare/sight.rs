//! What a comparison can see, and what it would need to decide: for the plan of a run and for its report.

use super::MIN_CLUSTERS;
use crate::stats::{Estimate, group_sequential, power};

/// The chance with which a detectable change is found.
const POWER: f64 = 0.8;

/// What a comparison can see: how much it varies, and what it is held against. The answers are worked out when they
/// are asked for, for only a report and a plan need them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sight {
    /// Standard error of the change, in the scorer's unit.
    pub(super) standard_error: f64,
    pub(super) clusters: u64,
    /// Whether too few clusters changed for their spread to say anything.
    pub(super) is_sparse: bool,
    /// What the estimate leaves of the margin.
    pub(super) room: f64,
    pub(super) margin: f64,
    /// The lowest and the highest score, where there are such.
    pub(super) scale: Option<(f64, f64)>,
    /// One-sided level at which a single comparison of the family is rejected.
    pub(super) level: f64,
    /// Confidence of the one-sided bound that passes.
    pub(super) confidence: f64,
    /// Fewest clusters that can pass.
    pub(super) fewest_clusters: u64,
}

impl Sight {
    /// The smallest change for the worse that would be blocked with 80 % power, in the scorer's unit.
    ///
    /// A change is blocked if it is plain *and* beyond the margin; both have to happen, so the harder of the two counts.
    pub fn detectable(&self) -> Option<f64> {
        let detectable = if self.is_sparse { self.unseen() } else { self.seen() };
        detectable.filter(|_| self.can_reject())
    }

    /// Whether there are enough clusters to reject anything, whatever they show.
    pub fn can_reject(&self) -> bool {
        self.clusters >= MIN_CLUSTERS as u64 && fewest_to_reject(self.level).is_some_and(|few| few <= self.clusters)
    }

    /// Clusters with which it would be decided, if what was measured held.
    pub fn clusters_needed(&self) -> Option<u64> {
        self.clusters_for(self.room.abs())
    }

    /// Clusters with which a change that changes nothing would pass with 80 % power.
    pub fn clusters_to_pass(&self) -> Option<u64> {
        self.clusters_for(self.margin)
    }

    fn clusters_for(&self, distance: f64) -> Option<u64> {
        let needed = power::clusters_needed(distance, self.standard_deviation(), 1.0 - self.confidence, POWER);
        Some(needed?.max(self.fewest_clusters))
    }

    /// Of one cluster's contribution to the mean.
    fn standard_deviation(&self) -> f64 {
        self.standard_error * (self.clusters as f64).sqrt()
    }

    fn seen(&self) -> Option<f64> {
        let plain = power::minimum_detectable_drop(self.standard_deviation(), self.clusters, self.level, POWER)?;
        let (value, degrees_of_freedom) = (self.margin, self.clusters as f64 - 1.0);
        let reach = Estimate { value, standard_error: self.standard_error, degrees_of_freedom };
        let change = plain.max(reach.upper_bound(POWER)?);
        // Where no case changed there is no spread to plan with, and "a change of 0 would be seen" would be untrue.
        let possible = self.scale.is_none_or(|(low, high)| change <= high - low);
        (change > 0.0 && self.standard_error > 0.0 && possible).then_some(change)
    }

    /// Without a spread: the share of clusters that would have to fall by the whole scale.
    fn unseen(&self) -> Option<f64> {
        let (low, high) = self.scale?;
        let plain = fewest_to_reject(self.level)?;
        let beyond = whole(self.margin / (high - low) * self.clusters as f64) + 1;
        let share = power::detectable_share(self.clusters, plain.max(beyond), POWER)?;
        Some(share * (high - low))
    }
}

/// Fewest clusters whose fall a sign-flip test rejects at `level`: all of their signs are as seen in one of 2ᵏ vectors.
fn fewest_to_reject(level: f64) -> Option<u64> {
    (level > 0.0 && level < 1.0).then(|| whole((1.0 / level).log2().ceil()))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and a cast saturates")]
fn whole(value: f64) -> u64 {
    value as u64
}

/// The level at which a single comparison is rejected, where its statistic has to fall below `boundary`.
pub(super) fn level_at(boundary: f64) -> f64 {
    group_sequential::confidence_at(boundary)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(standard_error: f64, margin: f64) -> Sight {
        let (is_sparse, scale) = (false, Some((0.0, 1.0)));
        let (room, level, confidence, fewest_clusters) = (margin, 0.01, 0.95, 5);
        Sight { standard_error, clusters: 200, is_sparse, room, margin, scale, level, confidence, fewest_clusters }
    }

    #[test]
    fn a_wide_margin_hides_more_than_the_noise_does() {
        let [narrow, wide] = [0.0, 0.2].map(|margin| sight(0.02, margin).detectable().unwrap());
        // (z₀.₉₉ + z₀.₈) · 0.02 = 0.063; 0.2 + z₀.₈ · 0.02 = 0.217.
        assert!((narrow - 0.064).abs() < 0.002 && (wide - 0.217).abs() < 0.001, "{narrow} {wide}");
    }

    #[test]
    fn nothing_is_seen_without_a_spread_but_a_share_that_falls() {
        let sparse = Sight { is_sparse: true, ..sight(0.0, 0.01) };
        // Seven clusters of 200 have to fall to be plain at 0.01: 2⁻⁷ = 0.008. With 80 % power that is a share of 4.5 %.
        let detectable = sparse.detectable().unwrap();
        assert!((detectable - 0.045).abs() < 0.002, "{detectable}");
        let beyond = Sight { margin: 0.3, ..sparse }.detectable().unwrap();
        assert!(beyond > 0.3 && beyond < 0.35, "{beyond}");
        assert_eq!(Sight { scale: None, ..sparse }.detectable(), None);
    }

    #[test]
    fn what_is_impossible_is_not_promised() {
        assert_eq!(sight(0.5, 0.1).detectable(), None, "a fall of more than the scale");
        assert_eq!(Sight { level: 0.0, ..sight(0.02, 0.0) }.detectable(), None);
        assert_eq!(sight(0.0, 0.0).detectable(), None);
    }

    #[test]
    fn a_narrow_margin_needs_more_clusters() {
        // ((1.645 + 0.842) · 0.02 · √200 / 0.05)² = 198.
        let needed = [0.05, 0.025].map(|margin| sight(0.02, margin).clusters_to_pass().unwrap());
        assert!((198..=202).contains(&needed[0]) && (790..=800).contains(&needed[1]), "{needed:?}");
        assert_eq!(sight(0.0, 0.1).clusters_to_pass(), Some(5));
    }
}
