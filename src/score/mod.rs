//! Scorers: named functions from an attempt to a number, one file each.
//!
//! A [`Scorer`] is made once, by [`Scorer::new`], from what the user wrote ([`RawScorer`]): files are read, patterns,
//! schemas and expressions compiled, and every mistake is reported with its key. After that it reads nothing, and
//! [`Scorer::score`] is a pure function of a [`Subject`]. A judge needs a model; the scorer then answers
//! [`Scoring::Ask`], and the caller sends [`Question::request`] and reads the reply with [`Question::parse`].
//!
//! | kind | file | number |
//! |---|---|---|
//! | `json` | [`json`] | 1 if the answer is one JSON document |
//! | `json_schema` | [`json_schema`] | 1 if it is JSON that fits the schema |
//! | `regex` | [`regex`] | 1 if the pattern is found (or, with `absent`, is not) |
//! | `contains` | [`contains`] | 1 if the texts are there |
//! | `max_words`, `min_words` | [`words`] | 1 if the answer is as long as asked |
//! | `equals` | [`equals`] | 1 if it equals the recorded output or a field |
//! | `tool_call` | [`tool_call`] | 1 if the right tool is called with fitting arguments |
//! | `refusal` | [`refusal`] | 1 if it refuses exactly when it should |
//! | `completed` | [`completed`] | 1 if the model came to the end of an answer |
//! | `expression` | [`expression`] | what the expression gives |
//! | `latency` | [`latency`] | milliseconds |
//! | `tokens` | [`tokens`] | tokens |
//! | `cost` | [`cost`] | US dollars |
//! | `recorded` | [`recorded`] | what the trace recorded |
//! | `judge` | [`judge`] | a level of the rubric's scale |
//! | `score` | | read from a score file by `compare` |

pub mod completed;
pub mod contains;
pub mod cost;
pub mod equals;
mod error;
mod expr;
pub mod expression;
mod fingerprint;
mod gate;
pub mod json;
pub mod json_schema;
pub mod judge;
mod kind;
pub mod latency;
mod margin;
mod panel;
mod raw;
pub mod recorded;
pub mod refusal;
pub mod regex;
mod scorer;
mod subject;
#[cfg(test)]
mod testing;
pub mod tokens;
pub mod tool_call;
pub mod words;

use serde::{Deserialize, Serialize};

pub use self::error::{Problem, ScorerError};
use self::expr::Expr;
pub use self::gate::GateConfig;
pub use self::judge::Question;
pub use self::kind::Kind;
pub use self::margin::Margin;
pub use self::panel::{JudgeCall, Panel, Scored};
pub use self::raw::RawScorer;
pub use self::subject::{Exchange, Subject};

/// Reasons are shown in tables and logs; what is longer than this many characters is cut.
const REASON_LIMIT: usize = 500;

/// The largest score, either side of 0. Sums of larger ones would run over, and no scale needs them.
pub const LARGEST: f64 = 1e15;

/// A named function from an attempt to a number.
#[derive(Debug)]
pub struct Scorer {
    /// The name it has in the config.
    pub name: String,
    /// What it measures.
    pub kind: Kind,
    /// What its change may be; a scorer without a gate is advisory.
    pub gate: Option<GateConfig>,
    /// Which way is better.
    pub direction: Direction,
    /// The lowest and the highest number it can give, where there are such.
    pub scale: Option<(f64, f64)>,
    /// What the user says it is for.
    pub description: Option<String>,
    when: Option<Expr>,
    fingerprint: String,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A drop is a loss: checks, judges.
    HigherIsBetter,
    /// A rise is a loss: latency, tokens, cost.
    LowerIsBetter,
}

/// How the numbers of one arm become one number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregate {
    /// Their mean.
    Mean,
    /// The quantile of this order, between 0 and 1.
    Quantile(f64),
}

/// What a scorer says of one attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Score {
    /// A number: 0 or 1 for checks, the rubric's scale for judges, the unit in the scorer's docs otherwise.
    Value {
        /// The number.
        value: f64,
        /// Why, in one line, where the scorer can say: a judge's reason, a validator's message.
        reason: Option<String>,
    },
    /// The attempt could not be judged: a judge that erred, a provider that failed. Never 0, never a middle score.
    Unscored(String),
    /// The scorer has nothing to say of this case: its `when` does not hold, or the case lacks what it compares with.
    NotApplicable(String),
}

/// What a scorer answers at once.
#[derive(Debug)]
pub enum Scoring<'s> {
    /// The score.
    Done(Score),
    /// A model has to be asked first.
    Ask(Question<'s>),
}

impl Score {
    /// 1 if `passed`, else 0 with the reason.
    pub(crate) fn check(passed: bool, reason: impl FnOnce() -> String) -> Self {
        if passed { Self::number(1.0) } else { Self::because(0.0, &reason()) }
    }

    /// A number that explains itself.
    pub(crate) fn number(value: f64) -> Self {
        Self::Value { value, reason: None }
    }

    /// A number and its reason.
    pub(crate) fn because(value: f64, reason: &str) -> Self {
        let reason = one_line(reason);
        Self::Value { value, reason: (!reason.is_empty()).then_some(reason) }
    }

    /// No number, and why.
    pub(crate) fn unscored(reason: impl AsRef<str>) -> Self {
        Self::Unscored(one_line(reason.as_ref()))
    }

    /// Nothing to say, and why.
    pub(crate) fn not_applicable(reason: impl AsRef<str>) -> Self {
        Self::NotApplicable(one_line(reason.as_ref()))
    }

    /// The number, if there is one.
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Value { value, .. } => Some(*value),
            Self::Unscored(_) | Self::NotApplicable(_) => None,
        }
    }

    /// Why, if the scorer says.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Value { reason, .. } => reason.as_deref(),
            Self::Unscored(reason) | Self::NotApplicable(reason) => Some(reason),
        }
    }
}

/// Reasons quote answers and judges, so they may hold anything: they are brought to one line of bounded length.
/// Escaping is the report's.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    for (at, word) in words.enumerate() {
        if at > 0 {
            line.push(' ');
        }
        line.push_str(word);
        if let Some((cut, _)) = line.char_indices().nth(REASON_LIMIT) {
            line.truncate(cut);
            line.push('…');
            break;
        }
    }
    line
}
