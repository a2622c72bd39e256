//! Where a change stands on the axis of a figure.

use crate::report::ComparisonRow;

/// Room left beside the widest interval.
const MARGIN: f64 = 1.08;

/// An axis with no change in its middle and what is worse on its left, whichever way the scorer counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    /// The size of a change at either end, in the scorer's unit.
    pub(super) half: f64,
    pub(super) is_higher_better: bool,
}

impl Scale {
    /// The scale that all of these rows fit in.
    pub(super) fn of<'a>(rows: impl IntoIterator<Item = &'a ComparisonRow>, is_higher_better: bool) -> Self {
        let widest = rows.into_iter().map(reach).fold(0.0, f64::max);
        Self { half: if widest > 0.0 { widest * MARGIN } else { 1.0 }, is_higher_better }
    }

    /// Per cent of the axis, from its left end.
    pub(super) fn at(self, change: f64) -> f64 {
        let gain = if self.is_higher_better { change } else { -change };
        (50.0 + 50.0 * gain / self.half).clamp(0.0, 100.0)
    }

    /// The change at the left end, the worst.
    pub(super) fn worst(self) -> f64 {
        if self.is_higher_better { -self.half } else { self.half }
    }
}

/// How far a row reaches from no change.
fn reach(row: &ComparisonRow) -> f64 {
    let ends = row.interval.map_or([0.0; 2], |range| [range.low, range.high]);
    let all = [row.change.unwrap_or(0.0), row.margin.unwrap_or(0.0), ends[0], ends[1]];
    all.into_iter().filter(|value| value.is_finite()).map(f64::abs).fold(0.0, f64::max)
}

/// A length or a place in per cent, as SVG reads it.
pub(super) fn percent(value: f64) -> String {
    format!("{:.2}%", if value.is_finite() { value } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::row::testing::row;

    #[test]
    fn no_change_is_in_the_middle_and_worse_is_left() {
        let rows = [row(None, 0.1, None)];
        let scale = Scale::of(&rows, true);
        assert!((scale.half - 0.75 * MARGIN).abs() < 1e-12);
        assert_eq!([0.0, scale.half, 9.0].map(|change| percent(scale.at(change))), ["50.00%", "100.00%", "100.00%"]);
        assert!(scale.at(-0.5) < 50.0);
        let falling = Scale::of(&rows, false);
        assert_eq!([0.0, falling.worst()].map(|change| percent(falling.at(change))), ["50.00%", "0.00%"]);
        assert!(falling.at(-0.5) > 50.0);
    }

    #[test]
    fn nothing_to_show_is_still_an_axis() {
        let mut empty = row(None, 0.1, None);
        (empty.change, empty.interval, empty.margin) = (Some(f64::NAN), None, None);
        let scale = Scale::of([&empty], true);
        assert_eq!((scale.half, scale.at(0.0)), (1.0, 50.0));
        assert_eq!([percent(1.0 / 3.0), percent(f64::NAN)], ["0.33%", "0.00%"]);
    }
}
