//! [LangSmith](https://docs.langchain.com/langsmith): traces of a project in a window of time, with the feedback on their
//! runs, over its REST API; and the gate's scores back to it as feedback.
//!
//! The window's root runs are listed first, which is cheap, and then the chosen ones' traces are read whole: so a limit can
//! choose among all of them and not only the newest, and no trace is cut by the window.

mod address;
mod query;
mod read;
mod run;
mod store;
mod write;

use std::num::NonZeroUsize;

use super::limit::{choose, part};
use super::{Batch, Lookup, Moment, Omissions, Remark, SourceError, Window, now};
use crate::trace::Gathering;
use read::Reader;
use serde::Deserialize;
use store::Store;

/// A project of `LangSmith`, the service or a server of one's own. Address, key and workspace come from the environment, by
/// the names of its SDK.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LangSmithConfig {
    /// The project's name; else that of `LANGSMITH_PROJECT`, else `default`.
    pub project: Option<String>,
    /// The API's address; else that of `LANGSMITH_ENDPOINT`, else the service's.
    pub base_url: Option<String>,
    /// Where the window starts; seven days ago where absent.
    pub since: Option<Moment>,
    /// Where the window ends; now where absent.
    pub until: Option<Moment>,
    /// An expression in `LangSmith`'s own language that a trace's root run must fulfil.
    pub filter: Option<String>,
    /// The same for any run of the trace.
    pub tree_filter: Option<String>,
    /// Traces that are read at most.
    pub limit: Option<NonZeroUsize>,
    /// Whether a run writes its scores to the runs that its cases came from.
    #[serde(default)]
    pub write_back: bool,
}

/// Reads the window's traces.
///
/// # Errors
///
/// When the server cannot be asked or refuses, and when there is nothing in the window. What fails once something was
/// read is an omission.
pub(super) async fn fetch(config: &LangSmithConfig, lookup: Lookup<'_>) -> Result<Batch, SourceError> {
    let window = Window::resolve(config.since, config.until, now())?;
    let store = Store::open(config, lookup)?;
    let project = store.project().await?;
    let of = format!("LangSmith's project {}, {window}", store.name);
    let mut omissions = Omissions::default();
    let mut reader = Reader::new(&store, &project, config);
    let roots = reader.list(window, &mut omissions).await?;
    if roots.is_empty() {
        return Err(SourceError::Empty { of });
    }
    let of = of + &part(roots.len(), config.limit);
    let chosen = choose(roots.keys().cloned().collect(), config.limit, &mut omissions);
    let mut gathering = Gathering::default();
    for row in reader.rows(&roots, chosen, &mut omissions).await {
        row.gather(&mut gathering, &mut omissions);
    }
    let (mut traces, loss) = gathering.finish();
    traces.iter_mut().for_each(|trace| trace.url = Some(store.link(&project, &trace.id)));
    omissions.add_loss(loss);
    Ok(Batch { traces, omissions: omissions.finish(), of })
}

/// Writes scores to their runs. A second time replaces the first.
pub(super) async fn write_back(
    config: &LangSmithConfig,
    remarks: &[Remark],
    by: &str,
    lookup: Lookup<'_>,
) -> Result<usize, SourceError> {
    let store = Store::open(config, lookup)?;
    let project = store.project().await?;
    write::write(&store, &project, remarks, by).await
}
