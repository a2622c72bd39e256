//! What scorers look at, prepared once for all of them: a case, and what an attempt came to.

use std::sync::OnceLock;

use minijinja::context;
use minijinja::value::{Serde, Value};

use super::Score;
use crate::evalset::Case;
use crate::provider::{Completion, Timing, Usage};
use crate::replay::{Answer, Attempt, Origin, Outcome};

/// A case and an attempt at it. Make one for each attempt and pass it to every scorer: what several of them need (the
/// parsed JSON, the variables of expressions) is then made once, when it is first asked for.
#[derive(Debug)]
pub struct Subject<'a> {
    pub(super) case: &'a Case,
    pub(super) state: State<'a>,
}

/// What the attempt came to.
#[derive(Debug)]
pub(super) enum State<'a> {
    Answered(Box<Exchange<'a>>),
    Failed(&'a str),
    NotReplayable(&'a str),
}

impl<'a> Subject<'a> {
    /// Pairs a case with an attempt at it.
    pub fn new(case: &'a Case, attempt: &'a Attempt) -> Self {
        let state = match &attempt.outcome {
            Outcome::Answered(answer) => State::Answered(Box::new(Exchange::new(case, answer))),
            Outcome::Failed(why) => State::Failed(why),
            Outcome::NotReplayable(why) => State::NotReplayable(why),
        };
        Self { case, state }
    }

    /// The case and its answer, if there is an answer.
    pub fn exchange(&self) -> Option<&Exchange<'a>> {
        match &self.state {
            State::Answered(exchange) => Some(exchange),
            State::Failed(_) | State::NotReplayable(_) => None,
        }
    }
}

/// A case and the answer to it.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// What was asked.
    pub case: &'a Case,
    /// What was answered.
    pub answer: &'a Answer,
    json: OnceLock<Result<serde_json::Value, String>>,
    context: OnceLock<Value>,
}

impl<'a> Exchange<'a> {
    /// Pairs a case with an answer to it.
    pub fn new(case: &'a Case, answer: &'a Answer) -> Self {
        Self { case, answer, json: OnceLock::new(), context: OnceLock::new() }
    }

    /// The text of the answer; empty where there is none.
    pub fn text(&self) -> &'a str {
        self.answer.completion.content.as_deref().unwrap_or_default()
    }

    /// The answer's text as JSON, or why it is not JSON.
    ///
    /// The whole text has to be one document, with no code fence around it, because that is how programs read it. A
    /// repeated key is legal JSON and its last value counts; `NaN` and more than 128 levels of nesting are errors.
    pub fn json(&self) -> Result<&serde_json::Value, &str> {
        self.json.get_or_init(|| parse_json(self.text())).as_ref().map_err(String::as_str)
    }

    /// Whether the provider says that the model refused, in the refusal field or by its content filter.
    pub(super) fn refused(&self) -> bool {
        let completion = &self.answer.completion;
        let filtered = completion.finish_reason.as_deref() == Some("content_filter");
        filtered || completion.refusal.as_deref().is_some_and(|text| !text.trim().is_empty())
    }

    /// The score of an answer that lacks a measurement. Of a trace that is to be expected, and there is nothing to say;
    /// of an answer asked for now it is a fault of the provider, which has to be seen.
    pub(super) fn not_measured(&self, what: &str) -> Score {
        match self.answer.origin {
            Origin::Recorded => Score::not_applicable(format!("the trace recorded no {what}")),
            Origin::Fresh | Origin::Cached => Score::unscored(format!("the provider gave no {what}")),
        }
    }

    /// The variables of expressions: see [`super::expression`].
    pub(super) fn context(&self) -> &Value {
        self.context.get_or_init(|| {
            let completion = &self.answer.completion;
            context! {
                case => Value::from(Serde(self.case)),
                output => output_variable(completion, self.json().ok()),
                timing => timing_variable(&completion.timing),
                usage => usage_variable(completion.usage),
            }
        })
    }

    /// The same with production's own answer as `output`; `None` where the trace recorded no answer.
    pub(super) fn recorded_context(&self) -> Option<Value> {
        let output = self.case.output.clone()?;
        let completion = Completion {
            content: output.content,
            tool_calls: output.tool_calls,
            refusal: output.refusal,
            finish_reason: output.finish_reason,
            ..Completion::default()
        };
        let json = parse_json(completion.content.as_deref().unwrap_or_default());
        Some(context! {
            case => Value::from(Serde(self.case)),
            output => output_variable(&completion, json.as_ref().ok()),
        })
    }
}

/// The variables that exist before there is an answer.
pub(super) fn case_context(case: &Case) -> Value {
    context! { case => Value::from(Serde(case)) }
}

fn parse_json(text: &str) -> Result<serde_json::Value, String> {
    serde_json::from_str(text).map_err(|error| match text.trim() {
        "" => "the answer is empty".to_owned(),
        text if text.starts_with("```") => "the JSON is wrapped in a code fence".to_owned(),
        _ => error.to_string(),
    })
}

fn output_variable(completion: &Completion, json: Option<&serde_json::Value>) -> Value {
    let text = completion.content.as_deref().unwrap_or_default();
    context! {
        text => text,
        json => json.map_or(Value::UNDEFINED, |json| Value::from(Serde(json))),
        tool_calls => Value::from(Serde(&completion.tool_calls)),
        finish_reason => completion.finish_reason.as_deref(),
        refusal => completion.refusal.as_deref(),
        words => super::words::count(text),
    }
}

/// Zero stands for a time that was not measured: no answer takes no time.
fn timing_variable(timing: &Timing) -> Value {
    let total = (timing.total_ms > 0.0).then_some(timing.total_ms);
    context! { ttft_ms => timing.ttft_ms, total_ms => total }
}

fn usage_variable(usage: Option<Usage>) -> Value {
    usage.map_or(Value::UNDEFINED, |usage| Value::from(Serde(usage)))
}
