//! Looks for the verdict in a judge's reply that is more than one JSON object.
//!
//! Models that cannot be held to a form wrap the object in prose or a code fence, think aloud in `<think>` first, or
//! end with a line `Score: 4`. All of that is read, and all the scores found have to agree: a reply that quotes a score
//! out of the answer and then gives another is no verdict.

use std::sync::LazyLock;

use regex::Regex;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::config::Scale;
use super::parse::{level, read_object};

/// A reply with more braces than this outside of its objects is no verdict. Each may take a scan of the whole reply.
const BRACE_LIMIT: usize = 100;

/// A line that gives a score, with Markdown's emphasis or without. No quotation marks: a line of broken JSON is none.
static SCORE_LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?im)^[\s*_#>-]*(?:final[ \t]+)?score[*_ \t]*[:=][*_ \t]*([^\r\n]*?)[*_. \t]*\r?$")
        .expect("a constant pattern, which the tests compile")
});

/// Finds the verdicts in a reply that is more than one object, and makes sure that they are one.
pub(super) fn search(text: &str, scale: Scale) -> Result<(f64, String), String> {
    let text = after_thinking(text)?;
    let (objects, prose) = take_objects(text)?;
    let mut found = objects.into_iter().map(|json| read_object(json, scale)).collect::<Result<Vec<_>, _>>()?;
    let from_lines = found.is_empty();
    for line in SCORE_LINE.captures_iter(&prose) {
        found.push((level(&Value::from(&line[1]), scale)?, String::new()));
    }
    let Some((value, reason)) = found.first().cloned() else {
        return Err(format!("no verdict in {text}"));
    };
    if found.iter().any(|(other, _)| other.total_cmp(&value).is_ne()) {
        return Err(format!("several scores in {text}"));
    }
    let last_line = prose.trim_end().lines().next_back().unwrap_or_default();
    match from_lines {
        false => Ok((value, reason)),
        true if SCORE_LINE.is_match(last_line) => Ok((value, before_last_line(&prose))),
        true => Err(format!("the reply does not end with its score: {text}")),
    }
}

/// The objects with a `score`, and the text without any object.
fn take_objects(text: &str) -> Result<(Vec<&str>, String), String> {
    let mut objects = Vec::new();
    let mut prose = String::new();
    let mut rest = text;
    let mut braces = 0;
    while let Some(start) = rest.find('{') {
        prose.push_str(&rest[..start]);
        rest = &rest[start..];
        if let Some(end) = end_of_object(rest) {
            objects.push(&rest[..end]);
            rest = &rest[end..];
        } else {
            prose.push('{');
            rest = &rest[1..];
            braces += 1;
        }
        if braces > BRACE_LIMIT {
            return Err("the reply is full of braces, and no verdict".to_owned());
        }
    }
    prose.push_str(rest);
    objects.retain(|json| serde_json::from_str::<Value>(json).is_ok_and(|value| value.get("score").is_some()));
    Ok((objects, prose))
}

/// Where the object that the text begins with ends, if it is one.
fn end_of_object(text: &str) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(values.byte_offset())
}

/// What follows the thinking of a model that thinks aloud.
fn after_thinking(text: &str) -> Result<&str, String> {
    if !text.starts_with("<think>") {
        return Ok(text);
    }
    match text.rsplit_once("</think>") {
        Some((_, reply)) => Ok(reply.trim()),
        None => Err("the reply ends while the model is still thinking".to_owned()),
    }
}

fn before_last_line(prose: &str) -> String {
    prose.trim_end().rsplit_once('\n').map(|(before, _)| before.trim().to_owned()).unwrap_or_default()
}
