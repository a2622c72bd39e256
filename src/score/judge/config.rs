//! A judge as it is written in the config.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is written under `judge`; a text alone is short for the rubric.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawJudge {
    /// `faithfulness`, `helpfulness`, `refusal_correctness`, or a rubric file's path.
    pub rubric: String,
    /// The name of the provider to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The model to ask for, instead of the provider's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The scale, instead of the rubric's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// How the form of the reply is asked for.
    #[serde(default)]
    pub response_format: ReplyForm,
    /// 0 if not given: the same answer should get the same score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// 300 if not given: two sentences and a number. A reply that is cut off is unscored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// More of the request's body by the names of the chat API, put in last; `null` takes a parameter out.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
}

impl From<String> for RawJudge {
    fn from(rubric: String) -> Self {
        Self { rubric, ..Self::default() }
    }
}

/// The levels a judge can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// The whole numbers from 1 to 5; 5 is best.
    #[serde(rename = "1-5")]
    OneToFive,
    /// 1 for pass, 0 for fail.
    #[serde(rename = "pass_fail")]
    PassFail,
}

impl Scale {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::OneToFive, Self::PassFail];

    /// As the config and the headings of rubrics write it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OneToFive => "1-5",
            Self::PassFail => "pass_fail",
        }
    }

    /// The lowest and the highest number.
    pub(crate) fn bounds(self) -> (f64, f64) {
        match self {
            Self::OneToFive => (1.0, 5.0),
            Self::PassFail => (0.0, 1.0),
        }
    }
}

/// How the form of a judge's reply is asked for. The text always asks for JSON as well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyForm {
    /// By `response_format` with a JSON Schema.
    #[default]
    JsonSchema,
    /// By `response_format: {"type": "json_object"}`.
    JsonObject,
    /// By words only, for servers that know no `response_format`.
    None,
}
