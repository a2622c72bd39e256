//! `judge: { rubric: faithfulness, provider: judge }`: a model that scores by a rubric.
//!
//! Everything here is pure; the caller talks to the provider. [`super::Scorer::score`] either knows the score at once
//! or gives a [`Question`]: send [`Question::request`] to the provider that [`Judge::provider`] names, and read the
//! reply with [`Question::parse`]. A call that fails is [`super::Score::Unscored`].
//!
//! What is known without asking:
//!
//! * `faithfulness` is judged against documents and tool results. Where a case has none, or the trace kept a document's
//!   id and not its text, there is nothing to say: not applicable.
//! * An empty answer gets the scale's lowest level from every rubric. It is the candidate's doing; a prompt that falls
//!   silent must not come out as faithful, and a judge shown nothing makes something up.
//!
//! The judge is shown the documents, the tool results, the conversation without its system messages, and the answer
//! with its tool calls: see `prompt.rs` for how they are kept from talking it into a score.

mod config;
mod parse;
mod prompt;
mod rubric;
mod search;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde_json::{Map, Value, json};

pub use self::config::{RawJudge, ReplyForm, Scale};
use self::rubric::{FAITHFULNESS, Rubric};
use super::Score;
use super::error::{Problem, ScorerError};
use super::subject::Exchange;
use crate::evalset::Case;
use crate::provider::{Completion, Request};

const DEFAULT_MAX_TOKENS: u32 = 300;

/// Parts of the request that are not the user's to set under `parameters`.
const RESERVED: [&str; 6] = ["messages", "model", "tools", "stream", "n", "response_format"];

/// A model that scores by a rubric.
#[derive(Debug)]
pub struct Judge {
    rubric: Rubric,
    needs_evidence: bool,
    provider: Option<String>,
    model: Option<String>,
    parameters: Map<String, Value>,
}

/// An answer that a judge has to be asked about.
#[derive(Debug, Clone, Copy)]
pub struct Question<'s> {
    /// Who is to be asked.
    pub judge: &'s Judge,
    exchange: &'s Exchange<'s>,
}

impl Question<'_> {
    /// The request; `default_model` is the provider's own model, which the judge's `model` overrides.
    pub fn request(&self, default_model: &str) -> Request {
        let Judge { rubric, model, parameters, .. } = self.judge;
        Request {
            model: model.as_deref().unwrap_or(default_model).to_owned(),
            messages: prompt::messages(&rubric.text, rubric.scale, self.exchange),
            tools: Vec::new(),
            parameters: parameters.clone(),
        }
    }

    /// The score in the reply to the request: a level of the scale with the judge's reason, or unscored.
    pub fn parse(&self, reply: &Completion) -> Score {
        parse::parse(reply, self.judge.scale(), |words| prompt::dictates(self.exchange, words))
    }
}

impl Judge {
    pub(super) fn new(raw: RawJudge, base_dir: &Path) -> Result<Self, ScorerError> {
        let rubric = Rubric::load(&raw.rubric, raw.scale, base_dir);
        let rubric = rubric.map_err(|problem| ScorerError::at("rubric", problem))?;
        Ok(Self {
            needs_evidence: raw.rubric == FAITHFULNESS,
            parameters: parameters(&raw, rubric.scale)?,
            provider: raw.provider,
            model: raw.model,
            rubric,
        })
    }

    /// The provider to ask by name; `None` stands for `judge` if there is one of that name, else `default`.
    pub fn provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// The model to ask for; `None` stands for the provider's own.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// The levels it can give.
    pub fn scale(&self) -> Scale {
        self.rubric.scale
    }

    /// The question to ask, or the score that needs no asking.
    pub(super) fn ask<'s>(&'s self, exchange: &'s Exchange<'_>) -> Result<Question<'s>, Score> {
        if self.needs_evidence {
            check_evidence(exchange.case)?;
        }
        if is_empty(&exchange.answer.completion) {
            let (lowest, _) = self.rubric.scale.bounds();
            return Err(Score::because(lowest, "the answer is empty"));
        }
        Ok(Question { judge: self, exchange })
    }

    /// What makes two judges different beside their entries in the config.
    pub(super) fn material(&self) -> Vec<&str> {
        vec![&self.rubric.text, prompt::ROLE, prompt::WARNING]
    }
}

fn parameters(raw: &RawJudge, scale: Scale) -> Result<Map<String, Value>, ScorerError> {
    let temperature = raw.temperature.unwrap_or(0.0);
    if !(0.0..=2.0).contains(&temperature) {
        return Err(ScorerError::at("temperature", Problem::value(format!("{temperature} is not between 0 and 2"))));
    }
    let max_tokens = raw.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS);
    if max_tokens == 0 {
        return Err(ScorerError::at("max_tokens", Problem::value("must be at least 1")));
    }
    if let Some(key) = raw.parameters.keys().find(|key| RESERVED.contains(&key.as_str())) {
        return Err(ScorerError::at("parameters", Problem::value(format!("`{key}` cannot be set here"))));
    }
    let mut parameters = Map::new();
    parameters.insert("temperature".to_owned(), json!(temperature));
    parameters.insert("max_tokens".to_owned(), json!(max_tokens));
    if let Some(format) = prompt::response_format(raw.response_format, scale) {
        parameters.insert("response_format".to_owned(), format);
    }
    parameters.extend(raw.parameters.clone());
    parameters.retain(|_, value| !value.is_null());
    Ok(parameters)
}

fn check_evidence(case: &Case) -> Result<(), Score> {
    let without_text = case.documents.iter().filter(|document| document.content.trim().is_empty()).count();
    if without_text > 0 {
        let all = case.documents.len();
        return Err(Score::not_applicable(format!("{without_text} of {all} documents have no text")));
    }
    let tools_spoke = !case.tool_results.is_empty() || case.messages.iter().any(|message| message.role == "tool");
    if case.documents.is_empty() && !tools_spoke {
        return Err(Score::not_applicable("no documents"));
    }
    Ok(())
}

fn is_empty(completion: &Completion) -> bool {
    let blank = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
    blank(&completion.content) && blank(&completion.refusal) && completion.tool_calls.is_empty()
}
