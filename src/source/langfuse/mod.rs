//! [Langfuse](https://langfuse.com/docs): traces of a project in a window of time, with their scores, over its public REST
//! API; and the gate's scores back to it.
//!
//! The window's observations are listed first, by their ids only, which is cheap; the traces that were chosen among are then
//! read whole. So a limit can choose among all of them and not only the newest, and no trace is cut by the window.

mod foreign;
mod legacy;
mod metadata;
mod observations;
mod prompt;
mod query;
mod row;
mod score;
mod store;
mod usage;
mod window;
mod write;

use std::num::NonZeroUsize;

use jiff::Timestamp;
use serde::Deserialize;

use super::limit::{choose, part};
use super::mark::{Marks, Said};
use super::{Batch, Lookup, Moment, Omissions, PromptName, Remark, SourceError, StoredPrompt, now};
use crate::trace::{Gathering, Trace};
use query::{Condition, Query};
use row::Row;
use store::{Store, is_absent};

/// A Langfuse project. Its address and keys come from the environment, by Langfuse's own names.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LangfuseConfig {
    /// The server's address; else that of `LANGFUSE_BASE_URL` or `LANGFUSE_HOST`, else Langfuse Cloud's in the EU.
    pub base_url: Option<String>,
    /// Where the window starts; seven days ago where absent.
    pub since: Option<Moment>,
    /// Where the window ends; 15 minutes ago where absent, for later traces may not be whole yet.
    pub until: Option<Moment>,
    /// The environment that traces come from.
    pub environment: Option<String>,
    /// The traces' name.
    pub name: Option<String>,
    /// Conditions in Langfuse's own form that an observation of the trace must fulfil.
    #[serde(default)]
    pub filter: Vec<Condition>,
    /// Traces that are read at most.
    pub limit: Option<NonZeroUsize>,
    /// Whether a run writes its scores to the observations that its cases came from.
    #[serde(default)]
    pub write_back: bool,
}

/// What was read of the traces that were chosen.
#[derive(Default)]
struct Read {
    /// How many traces the window has.
    listed: usize,
    rows: Vec<Row>,
    said: Vec<Said>,
}

/// Reads the window's traces.
///
/// # Errors
///
/// When the server cannot be asked or refuses, and when there is nothing in the window. What fails once something was
/// read is an omission.
pub(super) async fn fetch(config: &LangfuseConfig, lookup: Lookup<'_>) -> Result<Batch, SourceError> {
    fetch_at(config, lookup, now()).await
}

async fn fetch_at(config: &LangfuseConfig, lookup: Lookup<'_>, now: Timestamp) -> Result<Batch, SourceError> {
    let mut omissions = Omissions::default();
    let (window, of) = window::settled(config.since, config.until, now, &mut omissions)?;
    let store = Store::open(config, lookup)?.located().await?;
    let of = format!("Langfuse's project {}, {of}", store.name);
    let query = Query { window, config };
    let read = match observations::list(&store, &query, &mut omissions).await {
        Ok(listed) => {
            let chosen = choose(listed.ids(), config.limit, &mut omissions);
            let rows = observations::read(&store, &listed, &chosen, window, &mut omissions).await;
            let said = score::read(&store, &chosen, &mut omissions).await;
            Read { listed: listed.ids().len(), rows, said }
        }
        Err(fault) if is_absent(&fault) => legacy::read(&store, &query, &mut omissions).await?,
        Err(fault) => return Err(store.explain(&fault)),
    };
    if read.listed == 0 {
        return Err(SourceError::Empty { of });
    }
    let of = of + &part(read.listed, config.limit);
    let traces = gather(&store, read, &mut omissions);
    Ok(Batch { traces, omissions: omissions.finish(), of })
}

fn gather(store: &Store, read: Read, omissions: &mut Omissions) -> Vec<Trace> {
    let marks = Marks::new(read.said);
    let project = store.project.clone().or_else(|| read.rows.iter().find_map(|row| row.project_id.clone()));
    let mut gathering = Gathering::default();
    for row in read.rows {
        let trace = row.trace_id.clone();
        let mut span = row.into_span();
        marks.of(trace.as_deref().unwrap_or_default(), &span.id).apply(&mut span);
        gathering.add_span(trace, span);
    }
    let (mut traces, loss) = gathering.finish();
    omissions.add_loss(loss);
    for trace in &mut traces {
        trace.url = project.as_deref().map(|project| store.link(project, &trace.id));
    }
    traces
}

/// Writes scores to their observations. A second time replaces the first.
pub(super) async fn write_back(
    config: &LangfuseConfig,
    remarks: &[Remark],
    by: &str,
    lookup: Lookup<'_>,
) -> Result<usize, SourceError> {
    let store = Store::open(config, lookup)?;
    write::write(&store, remarks, by, config.environment.as_deref()).await
}

/// Reads a prompt by its name and its label or version.
pub(super) async fn prompt(
    config: &LangfuseConfig,
    name: &PromptName,
    lookup: Lookup<'_>,
) -> Result<StoredPrompt, SourceError> {
    prompt::read(&Store::open(config, lookup)?, name).await
}
