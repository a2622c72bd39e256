//! The first two lines of our comment, which nobody sees: whose comment it is, and what it says of which commit.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::limits::KEY;

/// Marks a comment as this gate's, and tells what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// The gate's key, made by [`key`].
    pub key: String,
    /// The head commit that the verdict is of.
    pub head: String,
    /// The verdict, in one word.
    pub verdict: String,
    /// Who computed it.
    pub by: By,
    /// The attempt of the workflow run that says it, as the context has it.
    pub run: String,
}

/// Who computed a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A run that the repository controls.
    Run,
    /// A run that a fork controls.
    Fork,
}

impl Marker {
    /// The two lines, with a line break at the end.
    pub fn lines(&self) -> String {
        let by = match self.by {
            By::Run => "run",
            By::Fork => "fork",
        };
        let Self { head, verdict, run, .. } = self;
        format!("{}\n<!-- eval-gate:head {head} {verdict} {by} {run} -->\n", self.first_line())
    }

    fn first_line(&self) -> String {
        format!("<!-- eval-gate:v1:{} -->", self.key)
    }

    /// Whether a comment's text begins as this gate's does.
    pub(super) fn is_on(&self, body: &str) -> bool {
        body.lines().next() == Some(&*self.first_line())
    }

    /// What a comment of this gate says; `None` where its second line is not ours.
    pub(super) fn read(&self, body: &str) -> Option<Self> {
        let line = body.lines().nth(1)?;
        let inside = line.strip_prefix("<!-- eval-gate:head ")?.strip_suffix(" -->")?;
        let mut words = inside.split(' ').map(str::to_owned);
        let (head, verdict) = (words.next()?, words.next()?);
        let by = if words.next()? == "fork" { By::Fork } else { By::Run };
        let run = words.next().unwrap_or_default();
        Some(Self { key: self.key.clone(), head, verdict, by, run })
    }

    /// Whether this was said by a later run than `other`, or a later attempt of the same one. Numbers of runs only grow.
    pub(super) fn is_later_than(&self, other: &Self) -> bool {
        let number = |run: &str| -> Option<(u64, u64)> {
            let (run, attempt) = run.split_once('-')?;
            Some((run.parse().ok()?, attempt.parse().ok()?))
        };
        number(&self.run).zip(number(&other.run)).is_some_and(|(this, other)| this > other)
    }
}

/// A gate's name as a marker holds it. A name that has to be changed for that gets a few digits of its hash, so that two gates
/// never share a comment.
pub fn key(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let safe: String = name.chars().take(KEY).map(|c| if is_plain(c) { c } else { '-' }).collect();
    if safe == name && !name.is_empty() {
        return safe;
    }
    let hash = Sha256::digest(name);
    hash.iter().take(4).fold(safe + "-", |mut key, byte| {
        write!(key, "{byte:02x}").expect("writing to a string cannot fail");
        key
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker() -> Marker {
        Marker { key: "shop".into(), head: "a".repeat(40), verdict: "fail".into(), by: By::Fork, run: "4242-1".into() }
    }

    #[test]
    fn markers_come_back() {
        let body = marker().lines() + "## Fail";
        assert!(body.starts_with("<!-- eval-gate:v1:shop -->\n"));
        assert!(marker().is_on(&body));
        assert_eq!(marker().read(&body), Some(marker()));
        assert_eq!(marker().read(&body.replace('\n', "\r\n")), Some(marker()));
    }

    #[test]
    fn runs_are_in_order() {
        let said = |run: &str| Marker { run: run.into(), ..marker() };
        for (later, earlier) in [("4242-2", "4242-1"), ("4243-1", "4242-9"), ("10000-1", "9999-1")] {
            assert!(said(later).is_later_than(&said(earlier)) && !said(earlier).is_later_than(&said(later)));
        }
        for unknown in ["", "-1", "x-1", "4242"] {
            assert!(!said(unknown).is_later_than(&said("1-1")) && !said("4242-1").is_later_than(&said(unknown)));
        }
    }

    #[test]
    fn only_the_first_line_counts() {
        for body in ["x\n<!-- eval-gate:v1:shop -->", " <!-- eval-gate:v1:shop -->", "<!-- eval-gate:v1:shop2 -->", ""]
        {
            assert!(!marker().is_on(body), "{body}");
        }
        assert_eq!(marker().read("<!-- eval-gate:v1:shop -->\nhello"), None);
    }

    #[test]
    fn keys_are_safe_and_differ() {
        assert_eq!(key("support-v1.2"), "support-v1.2");
        let hostile = key("x --> <b>");
        assert!(hostile.starts_with("x------b--"), "{hostile}");
        assert!(!hostile.contains('>') && !hostile.contains(' '));
        assert_ne!(key("Prüfung ä"), key("Prüfung ö"));
        assert!(key(&"x".repeat(500)).len() < 80 && !key("").is_empty());
    }
}
