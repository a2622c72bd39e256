//! Makes a report fit: every section has its share of the bytes, and says in less detail what does not fit in more.

use std::cell::OnceCell;

/// How much a section tells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Detail {
    /// Rows of a table or entries of a list; the rest are counted.
    pub(super) rows: usize,
    /// Characters of a text within a line.
    pub(super) text: usize,
    /// Changed cases of each kind.
    pub(super) changes: usize,
    /// Characters of a text of several lines.
    pub(super) block: usize,
}

/// Rows where there is no limit; the template adds to it.
const ALL: usize = u32::MAX as usize;

/// From all that is told to the least.
const DETAILS: [Detail; 6] = [
    Detail { rows: ALL, text: ALL, changes: 20, block: ALL },
    Detail { rows: 100, text: 1_000, changes: 20, block: 2_000 },
    Detail { rows: 40, text: 300, changes: 10, block: 1_200 },
    Detail { rows: 15, text: 150, changes: 5, block: 600 },
    Detail { rows: 8, text: 80, changes: 3, block: 300 },
    Detail { rows: 3, text: 40, changes: 1, block: 150 },
];

/// The sections in their order, their names for people, and their weights: each may take so many parts of what the ones before
/// it left.
const SECTIONS: [(&str, &str, usize); 9] = [
    ("verdict", "the verdict", 6),
    ("reasons", "its reasons", 6),
    ("scorers", "the scorers", 10),
    ("slices", "the slices", 10),
    ("examples", "examples of slices", 4),
    ("broken", "what the change broke", 14),
    ("fixed", "what the change fixed", 4),
    ("sights", "what the run could see", 4),
    ("measured", "how it was measured", 6),
];

/// Bytes for the line that names what was left out.
const NOTE: usize = 400;

/// The names of the sections, in their order.
pub(super) fn sections() -> impl Iterator<Item = &'static str> {
    SECTIONS.iter().map(|(section, ..)| *section)
}

/// Bytes that the verdict may have in any case.
const VERDICT: usize = 2_000;

/// Puts the sections together within `budget` bytes. `render` makes all of them in a detail.
pub(super) fn fit(budget: usize, render: impl Fn(Detail) -> Vec<String>) -> String {
    let details: [OnceCell<Vec<String>>; DETAILS.len()] = Default::default();
    let in_detail = |index: usize| details[index].get_or_init(|| render(DETAILS[index]));
    let mut weights: usize = SECTIONS.iter().map(|(.., weight)| weight).sum();
    let mut text = String::new();
    let mut left_out = Vec::new();
    for (section, (_, title, weight)) in SECTIONS.iter().enumerate() {
        let left = budget.saturating_sub(NOTE).saturating_sub(text.len());
        let share = left / weights * weight;
        // The verdict is never left out: where the whole is short, it may have half of it.
        let room = if section == 0 { share.max(VERDICT.min(left / 2)) } else { share };
        weights -= weight;
        let rendered = (0..DETAILS.len()).map(|index| &in_detail(index)[section]);
        match rendered.into_iter().find(|rendered| rendered.len() <= room) {
            Some(rendered) => text.push_str(rendered),
            None => left_out.push(*title),
        }
    }
    if !left_out.is_empty() && text.len() + NOTE <= budget {
        text.extend(["\nLeft out here for want of room: ", &left_out.join(", "), ". The report has all of it.\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_section_keeps_to_its_share_and_the_rest_is_named() {
        let long = |section: &str, detail: Detail| match section {
            "slices" => "s".repeat(detail.rows.min(10_000) * 10),
            "broken" => "b".repeat(1_000_000),
            other => other.to_owned() + "\n",
        };
        let all = |detail| sections().map(|section| long(section, detail)).collect();
        let text = fit(10_000, all);
        assert!(text.len() <= 10_000);
        assert!(text.starts_with("verdict\nreasons\nscorers\nsss") && text.contains("measured"));
        let sentence = "Left out here for want of room: what the change broke.";
        assert!(text.contains(sentence) && !text.contains("bb"), "{text}");
        assert_eq!(fit(usize::MAX, |_| sections().map(|section| section[..1].to_owned()).collect()), "vrssebfsm");
    }

    #[test]
    fn nothing_is_longer_than_its_budget() {
        assert!(
            fit(3_700, |_| sections().map(|_| "x".repeat(700)).collect()).starts_with("xxx"),
            "the verdict is there"
        );
        for budget in [0, 100, 500, 1_000, 5_000] {
            let all = |detail: Detail| sections().map(|_| "x".repeat(detail.text.min(1_000_000))).collect();
            assert!(fit(budget, all).len() <= budget, "{budget}");
        }
    }
}
