//! What a rule found, and how findings that overlap become one.

use super::Rule;

/// A stretch of text that is to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: Rule,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

impl Finding {
    pub(super) fn new(rule: Rule, start: usize, end: usize) -> Self {
        Self { rule, start, end }
    }

    /// The text found.
    pub(super) fn of<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start..self.end]
    }
}

/// Joins findings that overlap, so that none of them leaves a part behind, and returns them from left to right. The one that
/// begins first gives its name to the whole; of those, the first in the order of [`Rule`].
pub(super) fn join(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|finding| (finding.start, finding.rule));
    let mut joined: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        match joined.last_mut() {
            Some(last) if finding.start < last.end => last.end = last.end.max(finding.end),
            _ => joined.push(finding),
        }
    }
    joined
}

/// Takes stretches that must stay out of the findings. Both must be in order and free of overlaps.
pub(super) fn subtract(findings: Vec<Finding>, stay: &[std::ops::Range<usize>]) -> Vec<Finding> {
    if stay.is_empty() {
        return findings;
    }
    let mut left = Vec::with_capacity(findings.len());
    for mut finding in findings {
        let first = stay.partition_point(|range| range.end <= finding.start);
        for range in stay[first..].iter().take_while(|range| range.start < finding.end) {
            if finding.start < range.start {
                left.push(Finding { end: range.start, ..finding });
            }
            finding.start = range.end;
        }
        if finding.start < finding.end {
            left.push(finding);
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use Rule::{Card, Email, Pattern, Secret};

    #[test]
    fn overlaps_become_one() {
        for (findings, wanted) in [
            (vec![(Email, 5, 9), (Email, 0, 3)], vec![(Email, 0, 3), (Email, 5, 9)]),
            (vec![(Email, 0, 3), (Card, 3, 6)], vec![(Email, 0, 3), (Card, 3, 6)]),
            (vec![(Email, 2, 9), (Secret, 0, 4)], vec![(Secret, 0, 9)]),
            (vec![(Email, 0, 9), (Secret, 2, 4), (Card, 8, 12)], vec![(Email, 0, 12)]),
            (vec![(Pattern, 0, 4), (Secret, 0, 4)], vec![(Secret, 0, 4)]),
        ] {
            let make = |list: Vec<(Rule, usize, usize)>| -> Vec<Finding> {
                list.into_iter().map(|(rule, start, end)| Finding::new(rule, start, end)).collect()
            };
            assert_eq!(join(make(findings)), make(wanted));
        }
    }

    #[test]
    #[expect(clippy::single_range_in_vec_init, reason = "a list of one range is meant")]
    fn what_must_stay_is_cut_out() {
        let finding = |start, end| Finding::new(Pattern, start, end);
        let all = vec![finding(0, 10), finding(12, 14)];
        assert_eq!(subtract(all.clone(), &[]), all);
        assert_eq!(subtract(all.clone(), &[2..4, 8..12]), [finding(0, 2), finding(4, 8), finding(12, 14)]);
        assert_eq!(subtract(all, &[0..14]), []);
    }
}
