//! Rubrics: the text that tells a judge how to score, built in or from a file.
//!
//! A rubric is Markdown. What it says of one scale only stands under the heading `## 1-5` or `## pass_fail`, at its
//! end; the first of these is the scale it is meant for. A rubric without such headings is used whole, on 1-5 unless
//! the config says otherwise.

use std::fs;
use std::path::Path;

use super::config::Scale;
use crate::score::error::Problem;

const BUILT_IN: [(&str, &str); 3] = [
    (FAITHFULNESS, include_str!("rubrics/faithfulness.md")),
    ("helpfulness", include_str!("rubrics/helpfulness.md")),
    ("refusal_correctness", include_str!("rubrics/refusal_correctness.md")),
];

/// The rubric that is about evidence, and has nothing to say without.
pub(super) const FAITHFULNESS: &str = "faithfulness";

/// A rubric for one scale.
#[derive(Debug)]
pub(super) struct Rubric {
    /// The text for the scale, without the other's.
    pub(super) text: String,
    /// The scale.
    pub(super) scale: Scale,
}

impl Rubric {
    /// The built-in rubric of this name, else the file at this path relative to `base_dir`.
    pub(super) fn load(name: &str, scale: Option<Scale>, base_dir: &Path) -> Result<Self, Problem> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
            return Self::of(name, text, scale);
        }
        let text = fs::read_to_string(base_dir.join(name)).map_err(|error| {
            let names = BUILT_IN.map(|(name, _)| name).join(", ");
            Problem::value(format!("`{name}` is neither a built-in rubric ({names}) nor a file: {error}"))
        })?;
        Self::of(name, &text, scale)
    }

    fn of(name: &str, text: &str, scale: Option<Scale>) -> Result<Self, Problem> {
        let (common, sections) = split(text);
        let text = match (scale, sections.first()) {
            (_, None) => common,
            (None, Some((_, first))) => format!("{common}\n\n{first}"),
            (Some(scale), Some(_)) => {
                let section = sections.iter().find(|(of, _)| *of == scale);
                let (_, section) = section.ok_or_else(|| {
                    Problem::value(format!("{name} says nothing of this scale: add a heading `## {}`", scale.name()))
                })?;
                format!("{common}\n\n{section}")
            }
        };
        let text = text.trim().to_owned();
        if text.is_empty() {
            return Err(Problem::value(format!("{name} is empty: say what makes an answer good")));
        }
        let default = sections.first().map_or(Scale::OneToFive, |(first, _)| *first);
        Ok(Self { text, scale: scale.unwrap_or(default) })
    }
}

/// What is common to all scales, and the text for each scale that has a heading.
fn split(text: &str) -> (String, Vec<(Scale, String)>) {
    let mut common = Vec::new();
    let mut sections: Vec<(Scale, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        match (heading(line), sections.last_mut()) {
            (Some(scale), _) => sections.push((scale, Vec::new())),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => common.push(line),
        }
    }
    let join = |lines: Vec<&str>| lines.join("\n").trim().to_owned();
    (join(common), sections.into_iter().map(|(scale, lines)| (scale, join(lines))).collect())
}

fn heading(line: &str) -> Option<Scale> {
    let name = line.strip_prefix("## ")?.trim();
    Scale::ALL.into_iter().find(|scale| scale.name() == name)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{BUILT_IN, Rubric, Scale};

    #[test]
    fn built_in_rubrics_know_both_scales() {
        for (name, _) in BUILT_IN {
            for scale in Scale::ALL {
                let rubric = Rubric::load(name, Some(scale), Path::new(".")).expect(name);
                let (wanted, other) = match scale {
                    Scale::OneToFive => ("\n5: ", "\npass: "),
                    Scale::PassFail => ("\npass: ", "\n5: "),
                };
                assert!(rubric.text.contains(wanted) && !rubric.text.contains(other), "{name} {scale:?}");
                assert_eq!(rubric.scale, scale);
            }
        }
    }

    #[test]
    fn the_first_heading_is_the_default_scale() {
        let scale = |name| Rubric::load(name, None, Path::new(".")).expect(name).scale;
        assert_eq!(scale("faithfulness"), Scale::OneToFive);
        assert_eq!(scale("helpfulness"), Scale::OneToFive);
        assert_eq!(scale("refusal_correctness"), Scale::PassFail);
    }

    #[test]
    fn a_text_without_headings_is_used_whole() {
        let rubric = Rubric::of("r.md", "Be kind.\r\n\r\n## Notes\r\nMore.\r\n", None).expect("a rubric");
        assert_eq!((rubric.text.as_str(), rubric.scale), ("Be kind.\n\n## Notes\nMore.", Scale::OneToFive));
    }

    #[test]
    fn a_rubric_that_cannot_be_used_says_why() {
        let message = |name: &str, text: &str, scale| Rubric::of(name, text, scale).expect_err("no rubric").to_string();
        let only_five = "Be kind.\n## 1-5\n- 5: kind";
        assert!(message("r.md", only_five, Some(Scale::PassFail)).contains("add a heading `## pass_fail`"));
        assert!(message("r.md", " \n", None).contains("r.md is empty"));
        let missing = Rubric::load("missing.md", None, Path::new(".")).expect_err("no rubric").to_string();
        assert!(missing.contains("faithfulness, helpfulness, refusal_correctness"), "{missing}");
    }
}
