//! Traffic, as far as it is in memory or in files.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::otlp::Files;
use super::{Omission, SourceError, Window};
use crate::trace::Trace;

/// The reason for which traces are left out of a window.
const OUTSIDE: &str = "trace that starts outside `since` and `until`, or at no known time";

/// Recorded traffic, to be looked through once and then asked for the traces that were chosen.
#[derive(Debug)]
pub enum Traffic {
    /// Traces that were fetched.
    Fetched(Batch),
    /// Files of any size.
    Files {
        /// The files.
        files: Files,
        /// When a trace starts that counts; any time where absent.
        window: Option<Window>,
    },
}

impl Traffic {
    /// Shows every trace to one of several visitors, and gives the visitors back, with what could not be read. In which
    /// order traces come, and to which visitor, is left to chance.
    pub fn survey<A: Send>(
        &self,
        make: impl Fn() -> A,
        visit: impl Fn(&mut A, &Trace) + Sync,
    ) -> Result<(Vec<A>, Vec<Omission>), SourceError> {
        match self {
            Self::Files { files, window } => survey(files, *window, make, visit),
            Self::Fetched(batch) => {
                let mut visitor = make();
                batch.traces.iter().for_each(|trace| visit(&mut visitor, trace));
                Ok((vec![visitor], batch.omissions.clone()))
            }
        }
    }

    /// Where the traces come from, in words.
    pub fn of(&self) -> String {
        match self {
            Self::Files { window: None, .. } => "recorded traces".to_owned(),
            Self::Files { window: Some(window), .. } => format!("recorded traces, {window}"),
            Self::Fetched(batch) => batch.of.clone(),
        }
    }

    /// The traces of these ids, earliest first.
    pub fn traces(self, ids: &HashSet<String>) -> Result<Vec<Trace>, SourceError> {
        match self {
            Self::Files { files, .. } => files.traces(ids),
            Self::Fetched(batch) => Ok(batch.traces.into_iter().filter(|trace| ids.contains(&trace.id)).collect()),
        }
    }
}

/// The traces of a source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The traces, earliest first.
    pub traces: Vec<Trace>,
    /// What was read and could not be used, by reason.
    pub omissions: Vec<Omission>,
    /// Where they come from, in words.
    pub of: String,
}

/// Shows the traces of a window, and counts the others.
fn survey<A: Send>(
    files: &Files,
    window: Option<Window>,
    make: impl Fn() -> A,
    visit: impl Fn(&mut A, &Trace) + Sync,
) -> Result<(Vec<A>, Vec<Omission>), SourceError> {
    let outside = AtomicUsize::new(0);
    let (visitors, mut omissions) = files.survey(make, |visitor, trace| {
        if window.is_none_or(|window| trace.start_ns().is_some_and(|start| window.holds(start))) {
            visit(visitor, trace);
        } else {
            outside.fetch_add(1, Ordering::Relaxed);
        }
    })?;
    let count = outside.into_inner();
    omissions.extend((count > 0).then(|| Omission { reason: OUTSIDE.to_owned(), count, examples: Vec::new() }));
    Ok((visitors, omissions))
}
