//! A scorer's entry as it is written in the config.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::contains::RawContains;
use super::equals::RawEquals;
use super::gate::GateConfig;
use super::judge::RawJudge;
use super::latency::RawLatency;
use super::recorded::RawRecorded;
use super::refusal::RawRefusal;
use super::regex::RawRegex;
use super::tokens::RawTokens;
use super::tool_call::RawToolCall;

/// One entry of `scorers`: the key of exactly one kind, and beside it `gate`, `when` and `description`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawScorer {
    /// The answer is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<NoOptions>,
    /// The answer fits the schema in this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json_schema: Option<String>,
    /// A pattern is found.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_map")]
    pub regex: Option<RawRegex>,
    /// Texts occur.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_map")]
    pub contains: Option<RawContains>,
    /// At most so many words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_words: Option<usize>,
    /// At least so many words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_words: Option<usize>,
    /// The answer equals something known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equals: Option<RawEquals>,
    /// The right tool is called.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_map")]
    pub tool_call: Option<RawToolCall>,
    /// The model refuses when it should.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RawRefusal>,
    /// The model came to the end of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<NoOptions>,
    /// A minijinja expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<RawLatency>,
    /// Tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<RawTokens>,
    /// US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<NoOptions>,
    /// What the trace recorded.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_map")]
    pub recorded: Option<RawRecorded>,
    /// A model scores by a rubric.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_map")]
    pub judge: Option<RawJudge>,
    /// The number comes from a score file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<NoOptions>,

    /// What its change may be.
    #[serde(skip_serializing)]
    pub gate: Option<GateConfig>,
    /// An expression; the cases for which it does not hold are not scored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// What it is for.
    #[serde(skip_serializing)]
    pub description: Option<String>,
}

/// `{}`: a kind without options.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoOptions {}

impl RawScorer {
    /// Every kind, and whether it is there.
    pub(super) fn kinds(&self) -> [(&'static str, bool); 17] {
        [
            ("json", self.json.is_some()),
            ("json_schema", self.json_schema.is_some()),
            ("regex", self.regex.is_some()),
            ("contains", self.contains.is_some()),
            ("max_words", self.max_words.is_some()),
            ("min_words", self.min_words.is_some()),
            ("equals", self.equals.is_some()),
            ("tool_call", self.tool_call.is_some()),
            ("refusal", self.refusal.is_some()),
            ("completed", self.completed.is_some()),
            ("expression", self.expression.is_some()),
            ("latency", self.latency.is_some()),
            ("tokens", self.tokens.is_some()),
            ("cost", self.cost.is_some()),
            ("recorded", self.recorded.is_some()),
            ("judge", self.judge.is_some()),
            ("score", self.score.is_some()),
        ]
    }
}

/// Either the map that `T` is, or a text that is short for one.
fn text_or_map<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + From<String>,
{
    deserializer.deserialize_any(TextOrMap(PhantomData)).map(Some)
}

struct TextOrMap<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + From<String>> Visitor<'de> for TextOrMap<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a map")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        Ok(T::from(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}
