//! The window's traces: their roots first, and then the chosen ones whole.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::super::fault::Fault;
use super::super::page::{Pages, read};
use super::super::{Omissions, SourceError, Window};
use super::LangSmithConfig;
use super::query::{Api, Query};
use super::run::Row;
use super::store::{Project, Store};

/// A trace is read by itself where fewer than one in so many of the window is wanted. By itself it costs one request;
/// all of the window cost one for every hundred runs, and bring what is not wanted as well.
const FEW: usize = 10;
/// How long before its root's start and after its end a run of a trace may start: clocks differ, and some work goes on
/// when the answer was given.
const MARGIN: SignedDuration = SignedDuration::from_mins(10);

/// What is known of a listed trace: when its root started and ended.
pub(super) type Roots = BTreeMap<String, (u64, u64)>;

/// The reading of one project's window.
pub(super) struct Reader<'a> {
    store: &'a Store,
    project: &'a Project,
    config: &'a LangSmithConfig,
    api: Api,
}

impl<'a> Reader<'a> {
    pub(super) fn new(store: &'a Store, project: &'a Project, config: &'a LangSmithConfig) -> Self {
        Self { store, project, config, api: Api::V2 }
    }

    /// The traces whose root starts in the window and has ended.
    pub(super) async fn list(&mut self, window: Window, omissions: &mut Omissions) -> Result<Roots, SourceError> {
        let query = Query { roots: true, since: window.since, until: window.until, ..self.query() };
        let Pages { entries, fault } = self.versioned(&query).await;
        if let Some(fault) = fault {
            if entries.is_empty() {
                return Err(self.store.explain(&fault));
            }
            omissions.add(&format!("older traces of the window not listed: {fault}"), self.store.name.clone());
        }
        let mut roots = Roots::new();
        for row in read::<Row>(entries, "run of an unknown shape", omissions) {
            match row.ids() {
                None => omissions.add("run without its id or its trace's", self.store.name.clone()),
                Some((_, trace)) if row.is_pending() => omissions.add("trace that has not ended", trace.to_owned()),
                Some((_, trace)) => {
                    roots.insert(trace.to_owned(), row.times());
                }
            }
        }
        Ok(roots)
    }

    /// Asks the second version of the API, and the first where the server does not know the second.
    async fn versioned(&mut self, query: &Query<'_>) -> Pages {
        let pages = self.ask(query, |_| true).await;
        if !matches!(pages.fault.as_ref().and_then(Fault::status), Some(404 | 405)) {
            return pages;
        }
        tracing::debug!("this LangSmith lacks the second version of its API");
        self.api = Api::V1;
        self.ask(query, |_| true).await
    }

    fn query(&self) -> Query<'a> {
        Query {
            filter: self.config.filter.as_deref(),
            tree_filter: self.config.tree_filter.as_deref(),
            ..Query::default()
        }
    }

    async fn ask(&self, query: &Query<'_>, keeps: impl Fn(&Value) -> bool) -> Pages {
        query.ask(&self.store.http, self.api, &self.project.id, keeps).await
    }

    /// All runs of the chosen traces. A trace whose root does not come may lack others, and is left out and counted.
    pub(super) async fn rows(&self, roots: &Roots, chosen: Vec<String>, omissions: &mut Omissions) -> Vec<Row> {
        let is_few = chosen.len().saturating_mul(FEW) < roots.len();
        let (entries, fault) =
            if is_few { self.one_by_one(roots, &chosen).await } else { self.together(roots, &chosen).await };
        let rows: Vec<Row> = read(entries, "run of an unknown shape", omissions);
        let roots = rows.iter().filter_map(Row::ids).filter(|(id, trace)| id == trace);
        let read: HashSet<String> = roots.map(|(id, _)| id.to_owned()).collect();
        let (whole, lacking): (Vec<_>, Vec<_>) = chosen.into_iter().partition(|trace| read.contains(trace));
        let whole: HashSet<String> = whole.into_iter().collect();
        let reason = fault.map_or_else(
            || "trace that is listed and has no runs".to_owned(),
            |fault| format!("trace not read: {fault}"),
        );
        lacking.into_iter().for_each(|trace| omissions.add(&reason, trace));
        rows.into_iter().filter(|row| row.ids().is_none_or(|(_, trace)| whole.contains(trace))).collect()
    }

    /// Reads the stretch of time that the traces take, latest first: where it breaks off, those whose root has come are
    /// whole.
    async fn together(&self, roots: &Roots, chosen: &[String]) -> (Vec<Value>, Option<Fault>) {
        let wanted: HashSet<&str> = chosen.iter().map(String::as_str).collect();
        let trace = |run: &Value| run.get("trace_id").and_then(Value::as_str).map(str::to_owned);
        let is_wanted = |run: &Value| trace(run).is_none_or(|trace| wanted.contains(trace.as_str()));
        let (since, until) = around(chosen.iter().filter_map(|trace| roots.get(trace)));
        let Pages { entries, fault } = self.ask(&Query { since, until, ..self.query() }, is_wanted).await;
        (entries.into_iter().filter(|run| !run.is_null()).collect(), fault)
    }

    async fn one_by_one(&self, roots: &Roots, chosen: &[String]) -> (Vec<Value>, Option<Fault>) {
        let mut all = Vec::new();
        for trace in chosen {
            let (since, until) = around(roots.get(trace).into_iter());
            let query = Query { trace: Some(trace), since, until, ..Query::default() };
            let Pages { entries, fault } = self.ask(&query, |_| true).await;
            // What does not answer after so many tries is not asked for all the rest as well, and what came of this
            // trace may not be all.
            if fault.is_some() {
                return (all, fault);
            }
            all.extend(entries);
        }
        (all, None)
    }
}

/// From before the first start until after the last end.
fn around<'r>(roots: impl Iterator<Item = &'r (u64, u64)>) -> (Timestamp, Timestamp) {
    let known = roots.filter(|(start, _)| *start > 0);
    let (first, last) = known.fold((u64::MAX, 0), |(first, last), (start, end)| (first.min(*start), last.max(*end)));
    let time = |ns: u64| Timestamp::from_nanosecond(ns.into()).unwrap_or_default();
    let since = time(first).checked_sub(MARGIN).unwrap_or(Timestamp::MIN);
    (since, time(last).checked_add(MARGIN).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_reaches_from_before_the_first_start_until_after_the_last_end() {
        let at = |text: &str| super::super::super::window::nanoseconds(Some(text));
        let roots = [
            (at("2026-11-20T10:00:00Z"), at("2026-11-20T12:00:00Z")),
            (at("2026-11-20T11:00:00Z"), at("2026-11-20T11:00:01Z")),
        ];
        let (since, until) = around(roots.iter());
        assert_eq!(
            (since.to_string(), until.to_string()),
            ("2026-11-20T09:50:00Z".into(), "2026-11-20T12:10:00Z".into())
        );
    }
}
