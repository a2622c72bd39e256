//! The closed set of scorers: from what was written to the one that was meant, and from there to its file.

use std::path::Path;

use super::completed::Completed;
use super::contains::Contains;
use super::cost::Cost;
use super::equals::Equals;
use super::error::{Problem, ScorerError};
use super::expression::Expression;
use super::gate::GateConfig;
use super::json::Json;
use super::json_schema::{JsonSchema, Schema};
use super::judge::Judge;
use super::latency::Latency;
use super::raw::RawScorer;
use super::recorded::Recorded;
use super::refusal::Refusal;
use super::regex::Regex;
use super::subject::Exchange;
use super::tokens::Tokens;
use super::tool_call::ToolCall;
use super::words::{MaxWords, MinWords};
use super::{Direction, Score, Scoring};

/// What a scorer measures.
#[derive(Debug)]
pub enum Kind {
    /// See [`super::json`].
    Json(Json),
    /// See [`super::json_schema`].
    JsonSchema(Box<JsonSchema>),
    /// See [`super::regex`].
    Regex(Regex),
    /// See [`super::contains`].
    Contains(Contains),
    /// See [`super::words`].
    MaxWords(MaxWords),
    /// See [`super::words`].
    MinWords(MinWords),
    /// See [`super::equals`].
    Equals(Box<Equals>),
    /// See [`super::tool_call`].
    ToolCall(Box<ToolCall>),
    /// See [`super::refusal`].
    Refusal(Box<Refusal>),
    /// See [`super::completed`].
    Completed(Completed),
    /// See [`super::expression`].
    Expression(Box<Expression>),
    /// See [`super::latency`].
    Latency(Latency),
    /// See [`super::tokens`].
    Tokens(Tokens),
    /// See [`super::cost`].
    Cost(Cost),
    /// See [`super::recorded`].
    Recorded(Recorded),
    /// See [`super::judge`].
    Judge(Box<Judge>),
    /// The number comes from a score file; only `compare` has one.
    Score,
}

impl Kind {
    pub(super) fn new(raw: RawScorer, base_dir: &Path) -> Result<Self, ScorerError> {
        let kind = the_one_kind(&raw)?;
        Self::build(raw, base_dir).map_err(|error| error.under(kind))
    }

    /// The entry has exactly one kind; an entry with none gives `Score`, which [`the_one_kind`] has ruled out.
    fn build(raw: RawScorer, base_dir: &Path) -> Result<Self, ScorerError> {
        Ok(if let Some(path) = raw.json_schema {
            Self::JsonSchema(Box::new(JsonSchema::new(&path, base_dir)?))
        } else if let Some(raw) = raw.regex {
            Self::Regex(Regex::new(&raw)?)
        } else if let Some(raw) = raw.contains {
            Self::Contains(Contains::new(raw)?)
        } else if let Some(limit) = raw.max_words {
            Self::MaxWords(MaxWords::new(limit)?)
        } else if let Some(limit) = raw.min_words {
            Self::MinWords(MinWords::new(limit)?)
        } else if let Some(raw) = raw.equals {
            Self::Equals(Box::new(Equals::new(&raw)?))
        } else if let Some(raw) = raw.tool_call {
            Self::ToolCall(Box::new(ToolCall::new(&raw, base_dir)?))
        } else if let Some(raw) = raw.refusal {
            Self::Refusal(Box::new(Refusal::new(&raw)?))
        } else if let Some(source) = raw.expression {
            Self::Expression(Box::new(Expression::new(&source)?))
        } else if let Some(raw) = raw.latency {
            Self::Latency(Latency::new(&raw)?)
        } else if let Some(raw) = raw.tokens {
            Self::Tokens(Tokens::new(&raw))
        } else if let Some(raw) = raw.recorded {
            Self::Recorded(Recorded::new(raw)?)
        } else if let Some(raw) = raw.judge {
            Self::Judge(Box::new(Judge::new(raw, base_dir)?))
        } else if raw.json.is_some() {
            Self::Json(Json)
        } else if raw.completed.is_some() {
            Self::Completed(Completed)
        } else if raw.cost.is_some() {
            Self::Cost(Cost)
        } else {
            Self::Score
        })
    }

    pub(super) fn score<'s>(&'s self, exchange: &'s Exchange<'_>) -> Scoring<'s> {
        Scoring::Done(match self {
            Self::Json(scorer) => scorer.score(exchange),
            Self::JsonSchema(scorer) => scorer.score(exchange),
            Self::Regex(scorer) => scorer.score(exchange),
            Self::Contains(scorer) => scorer.score(exchange),
            Self::MaxWords(scorer) => scorer.score(exchange),
            Self::MinWords(scorer) => scorer.score(exchange),
            Self::Equals(scorer) => scorer.score(exchange),
            Self::ToolCall(scorer) => scorer.score(exchange),
            Self::Refusal(scorer) => scorer.score(exchange),
            Self::Completed(scorer) => scorer.score(exchange),
            Self::Expression(scorer) => scorer.score(exchange),
            Self::Latency(scorer) => scorer.score(exchange),
            Self::Tokens(scorer) => scorer.score(exchange),
            Self::Cost(scorer) => scorer.score(exchange),
            Self::Recorded(scorer) => scorer.score(exchange),
            Self::Judge(judge) => return judge.ask(exchange).map_or_else(Scoring::Done, Scoring::Ask),
            Self::Score => Score::unscored("its number comes from a score file, which only `compare` reads"),
        })
    }

    /// The lowest and the highest number it can give, where there are such.
    pub(super) fn scale(&self) -> Option<(f64, f64)> {
        match self {
            Self::Expression(_) | Self::Latency(_) | Self::Tokens(_) | Self::Cost(_) | Self::Score => None,
            Self::Recorded(recorded) => recorded.scale(),
            Self::Judge(judge) => Some(judge.scale().bounds()),
            _ => Some((0.0, 1.0)),
        }
    }

    /// Which way is better; `None` where that is the user's to say.
    pub(super) fn fixed_direction(&self) -> Option<Direction> {
        match self {
            Self::Expression(_) | Self::Score => None,
            Self::Recorded(recorded) => recorded.direction(),
            Self::Latency(_) | Self::Tokens(_) | Self::Cost(_) => Some(Direction::LowerIsBetter),
            _ => Some(Direction::HigherIsBetter),
        }
    }

    /// Which way is better. A generic scorer's gate says it by using `max_drop` or `max_rise`.
    pub(super) fn direction(&self, gate: Option<&GateConfig>) -> Direction {
        let implied = || gate.map_or(Direction::HigherIsBetter, GateConfig::implied_direction);
        self.fixed_direction().unwrap_or_else(implied)
    }

    /// The texts read from files, which the config names but does not show.
    pub(super) fn material(&self) -> Vec<&str> {
        match self {
            Self::JsonSchema(scorer) => vec![scorer.schema().text()],
            Self::ToolCall(scorer) => scorer.schema().map(Schema::text).into_iter().collect(),
            Self::Judge(judge) => judge.material(),
            _ => Vec::new(),
        }
    }
}

fn the_one_kind(raw: &RawScorer) -> Result<&'static str, Problem> {
    let kinds = raw.kinds();
    let names = |present: Option<bool>| {
        let chosen = kinds.iter().filter(|(_, there)| present.is_none_or(|wanted| *there == wanted));
        chosen.map(|(name, _)| *name).collect::<Vec<_>>()
    };
    match names(Some(true)).as_slice() {
        [kind] => Ok(kind),
        [] => Err(Problem::NoKind(names(None).join(", "))),
        several => Err(Problem::ManyKinds(several.join(", "))),
    }
}
