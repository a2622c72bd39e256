//! [Phoenix](https://arize.com/docs/phoenix): traces of a project in a window of time, with their annotations, over the
//! REST API of its server; and the gate's scores back to it as annotations.
//!
//! The window's traces are listed first, which is cheap, and then read whole, a few at a time: so a limit can choose among
//! all of them and not only the newest, and no trace is cut by the window.

mod annotation;
mod prompt;
mod span;
mod store;
mod write;

use std::num::NonZeroUsize;

use super::limit::{choose, part};
use super::{Batch, Lookup, Moment, Omissions, PromptName, Remark, SourceError, StoredPrompt, Window, now};
use crate::trace::Gathering;
use serde::Deserialize;
use store::Store;

/// A project of a Phoenix server. Its address and key come from the environment, by Phoenix's own names.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoenixConfig {
    /// The project's name; else that of `PHOENIX_PROJECT`, else `default`.
    pub project: Option<String>,
    /// The server's address; else that of `PHOENIX_ENDPOINT` and its like, else this machine's.
    pub base_url: Option<String>,
    /// Where the window starts; seven days ago where absent.
    pub since: Option<Moment>,
    /// Where the window ends; now where absent.
    pub until: Option<Moment>,
    /// An expression in Phoenix's own language that a trace must fulfil.
    pub filter: Option<String>,
    /// Traces that are read at most.
    pub limit: Option<NonZeroUsize>,
    /// Whether a run writes its scores to the spans that its cases came from.
    #[serde(default)]
    pub write_back: bool,
}

/// Reads the window's traces.
///
/// # Errors
///
/// When the server cannot be asked or refuses, and when there is nothing in the window. What fails once something was
/// read is an omission.
pub(super) async fn fetch(config: &PhoenixConfig, lookup: Lookup<'_>) -> Result<Batch, SourceError> {
    let store = Store::open(config, lookup)?.located().await?;
    let window = Window::resolve(config.since, config.until, now())?;
    let of = format!("Phoenix's project {}, {window}", store.name);
    let mut omissions = Omissions::default();
    let listed = store.list(window, config.filter.as_deref(), &mut omissions).await?;
    if listed.is_empty() {
        return Err(SourceError::Empty { of });
    }
    let of = of + &part(listed.len(), config.limit);
    let chosen = choose(listed, config.limit, &mut omissions);
    let rows = store.rows(&chosen, &mut omissions).await;
    let marks = store.marks(&rows, &mut omissions).await;
    let mut gathering = Gathering::default();
    for row in rows {
        let mark = marks.of(&row.context.trace_id, &row.context.span_id);
        let trace = row.context.trace_id.clone();
        let mut span = row.into_span();
        mark.apply(&mut span);
        gathering.add_span(Some(trace), span);
    }
    let (mut traces, loss) = gathering.finish();
    traces.iter_mut().for_each(|trace| trace.url = Some(store.link(&trace.id)));
    omissions.add_loss(loss);
    Ok(Batch { traces, omissions: omissions.finish(), of })
}

/// Writes scores to their spans. A second time replaces the first.
pub(super) async fn write_back(
    config: &PhoenixConfig,
    remarks: &[Remark],
    by: &str,
    lookup: Lookup<'_>,
) -> Result<usize, SourceError> {
    let store = Store::open(config, lookup)?;
    write::write(&store, remarks, by).await
}

/// Reads a prompt by its name and tag.
pub(super) async fn prompt(
    config: &PhoenixConfig,
    name: &PromptName,
    lookup: Lookup<'_>,
) -> Result<StoredPrompt, SourceError> {
    prompt::read(&Store::open(config, lookup)?, name).await
}
