//! From a judge's reply to a score. Nothing but the reply is read, and what is not plainly one verdict is unscored.
//!
//! A reply is a JSON object with `score` and, before it, `reason`; where it is more, [`super::search`] looks for one.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::config::Scale;
use super::search::search;
use crate::provider::Completion;
use crate::score::Score;

/// Longer replies are no verdicts, and are not searched for one.
const REPLY_LIMIT: usize = 64 * 1024;

/// The object that a judge is asked for. Serde refuses a second `score`.
#[derive(Deserialize)]
struct Verdict {
    #[serde(default)]
    reason: Option<String>,
    score: Value,
}

/// Reads a judge's reply. `dictated` says whether words of it stand beside a score in what was judged.
pub(super) fn parse(completion: &Completion, scale: Scale, dictated: impl Fn(&str) -> bool) -> Score {
    match verdict(completion, scale) {
        Ok((_, reason)) if dictated(own_words(&reason, completion)) => {
            Score::unscored(format!("judge: the reply repeats a verdict from the material: {reason}"))
        }
        Ok((value, reason)) => Score::because(value, &reason),
        Err(why) => Score::unscored(format!("judge: {why}")),
    }
}

/// The reason; the whole reply where there is none.
fn own_words<'a>(reason: &'a str, completion: &'a Completion) -> &'a str {
    let reply = completion.content.as_deref().unwrap_or_default();
    if reason.trim().is_empty() { reply.trim() } else { reason.trim() }
}

fn verdict(completion: &Completion, scale: Scale) -> Result<(f64, String), String> {
    match completion.finish_reason.as_deref() {
        Some("length") => return Err("the reply is cut off; raise max_tokens".to_owned()),
        Some("content_filter") => return Err("the reply was stopped by a content filter".to_owned()),
        _ => {}
    }
    if let Some(refusal) = completion.refusal.as_deref().filter(|text| !text.trim().is_empty()) {
        return Err(format!("refused: {refusal}"));
    }
    let text = completion.content.as_deref().unwrap_or_default().trim();
    match text {
        "" => Err("the reply is empty".to_owned()),
        text if text.len() > REPLY_LIMIT => Err(format!("the reply is longer than {REPLY_LIMIT} bytes")),
        text if serde_json::from_str::<IgnoredAny>(text).is_ok() => read_object(text, scale),
        text => search(text, scale),
    }
}

/// The level and the reason in an object.
pub(super) fn read_object(json: &str, scale: Scale) -> Result<(f64, String), String> {
    let verdict: Verdict = serde_json::from_str(json).map_err(|error| format!("{error} in {json}"))?;
    Ok((level(&verdict.score, scale)?, verdict.reason.unwrap_or_default()))
}

/// The number of a level: `4`, `"4"` and `"4/5"` on one scale, `"pass"` and `"fail"` on the other.
pub(super) fn level(value: &Value, scale: Scale) -> Result<f64, String> {
    let number = match (scale, value) {
        (Scale::OneToFive, Value::Number(number)) => number.as_f64(),
        (Scale::OneToFive, Value::String(text)) => text.trim().trim_end_matches("/5").trim().parse().ok(),
        (Scale::PassFail, Value::String(text)) if text.trim().eq_ignore_ascii_case("pass") => Some(1.0),
        (Scale::PassFail, Value::String(text)) if text.trim().eq_ignore_ascii_case("fail") => Some(0.0),
        _ => None,
    };
    let (low, high) = scale.bounds();
    number
        .filter(|number| (low..=high).contains(number) && number.fract() == 0.0)
        .ok_or_else(|| format!("{value} is no score on the scale {}", scale.name()))
}

#[cfg(test)]
mod tests {
    use super::{Completion, Scale, Score, parse};
    use crate::score::testing::says;

    fn value(reply: &str, scale: Scale) -> Option<f64> {
        match parse(&says(reply), scale, |_| false) {
            Score::Value { value, .. } => Some(value),
            Score::Unscored(_) => None,
            Score::NotApplicable(why) => panic!("a judge's reply is never not applicable: {why}"),
        }
    }

    #[test]
    fn replies_on_one_to_five() {
        let table = [
            (r#"{"reason": "Good.", "score": 4}"#, Some(4.0)),
            (r#"{"score": 4}"#, Some(4.0)),
            (r#"{"reason": "Good.", "score": 4.0, "confidence": 0.5}"#, Some(4.0)),
            (r#"{"reason": "Good.", "score": "4"}"#, Some(4.0)),
            ("```json\r\n{\"reason\": \"Good.\", \"score\": 4}\r\n```", Some(4.0)),
            ("My verdict: {\"reason\": \"has {braces}\", \"score\": 4}. Done.", Some(4.0)),
            ("The set {a, b}. {\"reason\": \"Good.\", \"score\": 4}", Some(4.0)),
            ("The answer is fine.\n\nScore: 4", Some(4.0)),
            ("Fine.\r\n**Final score:** 4/5\r\n", Some(4.0)),
            ("{\"reason\": \"Good.\", \"score\": 4}\nScore: 4", Some(4.0)),
            ("<think>Maybe {\"score\": 2}?</think>{\"reason\": \"Good.\", \"score\": 4}", Some(4.0)),
            (r#"{"reason": "It says: {\"score\": 5}", "score": 1}"#, Some(1.0)),
            (r#"{"reason": "It says\nScore: 5", "score": 1}"#, Some(1.0)),
            // Out of scale, between two levels, of another kind.
            (r#"{"reason": "Good.", "score": 0}"#, None),
            (r#"{"reason": "Good.", "score": 6}"#, None),
            (r#"{"reason": "Good.", "score": 3.5}"#, None),
            (r#"{"reason": "Good.", "score": null}"#, None),
            (r#"{"reason": "Good.", "score": true}"#, None),
            (r#"{"reason": "Good.", "score": "high"}"#, None),
            (r#"{"reason": "Good.", "score": "NaN"}"#, None),
            (r#"{"reason": "Good.", "score": [4]}"#, None),
            ("Score: 4.5", None),
            ("Score: 8/10", None),
            ("Score: four", None),
            // More than one verdict.
            (r#"{"score": 1, "score": 5}"#, None),
            (r#"The answer says {"score": 5}. {"reason": "Bad.", "score": 1}"#, None),
            ("{\"reason\": \"Bad.\", \"score\": 1}\nScore: 5", None),
            ("Score: 5\nis what it asks for.\nScore: 1", None),
            // No verdict.
            ("", None),
            ("4", None),
            ("[4]", None),
            ("The answer deserves a 4.", None),
            ("Score: 5\nis what the answer asks for.", None),
            (r#"{"reason": "Good."}"#, None),
            (r#"{"verdict": {"score": 4}}"#, None),
            ("{\n  \"reason\": \"cut off\",\n  \"score\": 4", None),
            ("<think>The score is 4.", None),
        ];
        for (reply, expected) in table {
            assert_eq!(value(reply, Scale::OneToFive), expected, "{reply}");
        }
    }

    #[test]
    fn replies_on_pass_or_fail() {
        let table = [
            (r#"{"reason": "Good.", "score": "pass"}"#, Some(1.0)),
            (r#"{"reason": "Bad.", "score": "FAIL"}"#, Some(0.0)),
            ("Bad.\nScore: **fail**.", Some(0.0)),
            (r#"{"reason": "Good.", "score": 1}"#, None),
            (r#"{"reason": "Good.", "score": true}"#, None),
            (r#"{"reason": "Good.", "score": "pass or fail"}"#, None),
            ("Score: pass\nScore: fail", None),
        ];
        for (reply, expected) in table {
            assert_eq!(value(reply, Scale::PassFail), expected, "{reply}");
        }
    }

    #[test]
    fn the_reason_is_kept() {
        let reason = |reply| parse(&says(reply), Scale::OneToFive, |_| false).reason().map(ToOwned::to_owned);
        assert_eq!(reason("{\"reason\": \"Two\\nlines.\", \"score\": 4}"), Some("Two lines.".to_owned()));
        assert_eq!(reason("It is fine.\n\nScore: 4"), Some("It is fine.".to_owned()));
        assert_eq!(reason("Score: 9"), Some("judge: \"9\" is no score on the scale 1-5".to_owned()));
    }

    #[test]
    fn a_reply_that_is_no_whole_answer_is_unscored() {
        let whole = || says(r#"{"reason": "Good.", "score": 4}"#);
        let cut = Completion { finish_reason: Some("length".to_owned()), ..whole() };
        let filtered = Completion { finish_reason: Some("content_filter".to_owned()), ..whole() };
        let refused = Completion { refusal: Some("No.".to_owned()), ..whole() };
        let silent = Completion { content: None, ..whole() };
        for reply in [cut, filtered, refused, silent] {
            assert!(matches!(parse(&reply, Scale::OneToFive, |_| false), Score::Unscored(_)), "{reply:?}");
        }
    }

    #[test]
    fn a_monstrous_reply_is_unscored() {
        for reply in ["{\"a\":".repeat(10_000), "{".repeat(60_000), "{}".repeat(30_000), "x".repeat(1_000_000)] {
            assert_eq!(value(&reply, Scale::OneToFive), None);
        }
    }
}
