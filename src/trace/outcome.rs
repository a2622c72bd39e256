//! How a recorded call went: status, timings, scores.

use serde_json::Value;

use super::generation::Generation;
use super::tree::Tree;
use super::{Span, Status, attributes};
use crate::evalset::Recorded;

/// What a call cost altogether: `OpenInference`, `OpenLLMetry` and `LiteLLM`, Logfire.
const COSTS: [&str; 4] = ["llm.cost.total", "gen_ai.usage.cost", "gen_ai.usage.total_cost", "operation.cost"];

/// The outcome of the call at this place, with the scores given to it and to what encloses it.
pub(super) fn recorded(tree: &Tree<'_>, at: usize, generation: &Generation) -> Recorded {
    let span = tree.span(at);
    let failed = failed(span);
    Recorded {
        status: if failed { "error" } else { "ok" }.to_owned(),
        error: failed.then(|| error(span)).flatten(),
        ttft_ms: generation.ttft_ms,
        total_ms: span.duration_ms(),
        usage: generation.usage,
        cost_usd: cost(span),
        scores: tree.ancestors(at).chain([at]).flat_map(|at| scores(tree.span(at))).collect(),
    }
}

fn failed(span: &Span) -> bool {
    span.status == Status::Error
        || span.attributes.text("langfuse.observation.level") == Some("ERROR")
        || span.attributes.get("error.type").is_some()
}

/// The error's message, without the traceback that some libraries append.
fn error(span: &Span) -> Option<String> {
    let exception = span.events.iter().find(|event| event.name == "exception");
    let texts = [
        exception.and_then(|event| event.attributes.text("exception.message")),
        span.message.as_deref(),
        span.attributes.text("langfuse.observation.status_message"),
        span.attributes.text("error.type"),
    ];
    let message =
        |text: &str| text.split("Traceback (most recent call last)").next().unwrap_or_default().trim().to_owned();
    texts.into_iter().flatten().map(message).find(|text| !text.is_empty())
}

/// US dollars by the account of whoever recorded the call, who may know prices that no table has. 0 is written where no price
/// is known, too.
fn cost(span: &Span) -> Option<f64> {
    let recorded = &span.attributes;
    let total = COSTS.iter().find_map(|key| recorded.number(key));
    let details = || attributes::number(recorded.json("langfuse.observation.cost_details")?.get("total")?);
    total.or_else(details).filter(|cost| cost.is_finite() && *cost > 0.0)
}

/// Scores given to a span: evaluation events, and annotations.
fn scores(span: &Span) -> Vec<(String, f64)> {
    let events = span.moments().filter(|event| event.name == "gen_ai.evaluation.result").filter_map(|event| {
        let score = event.attributes.number("gen_ai.evaluation.score.value")?;
        Some((event.attributes.label("gen_ai.evaluation.name")?, score))
    });
    let Value::Array(annotations) = span.attributes.nested("annotations.") else {
        return events.collect();
    };
    let annotated = annotations.iter().filter_map(|entry| {
        let annotation = entry.get("annotation")?;
        Some((annotation.get("name")?.as_str()?.to_owned(), attributes::number(annotation.get("score")?)?))
    });
    events.chain(annotated).collect()
}
