//! A prompt for an arm, wherever it is kept.

use super::{Error, output, variable};
use crate::config::{CaseSource, Config, PromptSource};
use crate::prompt::{MessageTemplate, Prompt};
use crate::source::{self, PromptName, StoredPrompt};

/// Reads a prompt from its file or its store.
pub(super) async fn read_prompt(config: &Config, prompt: &PromptSource) -> Result<Prompt, Error> {
    match prompt {
        PromptSource::File(path) => Ok(Prompt::read(path)?),
        PromptSource::Stored(name) => read_stored(config, name).await,
    }
}

/// Reads a prompt from its store.
pub(super) async fn read_stored(config: &Config, name: &PromptName) -> Result<Prompt, Error> {
    let traces = match &config.cases {
        CaseSource::Traces(traces) => Some(&traces.source),
        CaseSource::Evalset(_) | CaseSource::Unnamed => None,
    };
    let StoredPrompt { title, model, parameters, messages, has_tools } =
        source::prompt(name, traces, &variable).await?;
    if has_tools {
        output::note(&format!("warning: {title} has tools, which are not used: each case keeps its recorded ones"));
    }
    let messages = messages.into_iter().map(|(role, content)| MessageTemplate { role, content }).collect();
    Ok(Prompt { path: title, model, parameters, messages }.checked()?)
}
