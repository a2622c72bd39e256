//! What is asked of a Phoenix server: the window's traces, their spans, and the annotations of both.

use std::collections::HashSet;

use reqwest::header::AUTHORIZATION;
use serde_json::Value;

use super::super::fault::Fault;
use super::super::http::{Http, Pair};
use super::super::mark::Marks;
use super::super::page::{self, Page, Pages, read};
use super::super::{Lookup, Omissions, SourceError, Window};
use super::PhoenixConfig;
use super::annotation::Annotation;
use super::span::Row;

/// The most that a page may hold.
const PAGE: usize = 1000;
/// Traces whose spans are asked for at once: few enough that one page mostly holds them.
const TRACES_AT_ONCE: usize = 40;
/// Spans or traces whose annotations are asked for at once; more would make the address too long for some proxies.
const NAMES_AT_ONCE: usize = 150;
/// The variables that name the server, as Phoenix's own client reads them.
const ENDPOINTS: [&str; 3] = ["PHOENIX_ENDPOINT", "PHOENIX_COLLECTOR_ENDPOINT", "PHOENIX_BASE_URL"];
const KEY: &str = "PHOENIX_API_KEY";
const PROJECTS: [&str; 2] = ["PHOENIX_PROJECT", "PHOENIX_PROJECT_NAME"];

/// One project of a Phoenix server.
pub(super) struct Store {
    pub(super) http: Http,
    /// The project's name.
    pub(super) name: String,
    /// What stands for it in addresses: its name, or its id where the name cannot stand there.
    project: String,
    has_key: bool,
}

impl Store {
    /// The server and project that the configuration or the environment names. Nothing is sent yet.
    pub(super) fn open(config: &PhoenixConfig, lookup: Lookup<'_>) -> Result<Self, SourceError> {
        let any = |names: &[&str]| names.iter().find_map(|name| lookup(name));
        let base = config.base_url.clone().or_else(|| any(&ENDPOINTS));
        let base = base.unwrap_or_else(|| "http://localhost:6006".to_owned());
        let key = lookup(KEY).map(|key| (AUTHORIZATION, format!("Bearer {}", key.trim()).into()));
        let has_key = key.is_some();
        let http = Http::new(api(&base), key.into_iter().collect())?;
        let name = config.project.clone().or_else(|| any(&PROJECTS)).unwrap_or_else(|| "default".to_owned());
        Ok(Self { http, project: name.clone(), name, has_key })
    }

    /// The same, with the project found by its id where its name has characters that the server does not take in a path.
    pub(super) async fn located(mut self) -> Result<Self, SourceError> {
        if self.name.contains(['/', '?', '#']) {
            let named = |project: &&Value| project.get("name").and_then(Value::as_str) == Some(&self.name);
            let projects = self.projects().await;
            let id = projects.iter().find(named).and_then(|project| project.get("id")?.as_str());
            let missing = || self.error(format!("there is no project `{}`{}", self.name, names_of(&projects)));
            self.project = id.map(str::to_owned).ok_or_else(missing)?;
        }
        Ok(self)
    }

    /// A trace's page, whatever project it is in.
    pub(super) fn link(&self, trace: &str) -> String {
        format!("{}/redirects/traces/{trace}", self.http.url())
    }

    /// The ids of the window's traces.
    pub(super) async fn list(
        &self,
        window: Window,
        filter: Option<&str>,
        omissions: &mut Omissions,
    ) -> Result<Vec<String>, SourceError> {
        let mut query: Vec<Pair> = vec![
            ("start_time", window.since.to_string()),
            ("end_time", window.until.to_string()),
            ("limit", PAGE.to_string()),
        ];
        query.extend(filter.map(|filter| ("filter", filter.to_owned())));
        let Pages { entries, fault } = self.all("traces", &query).await;
        if let Some(fault) = fault {
            if entries.is_empty() {
                return Err(self.explain(&fault).await);
            }
            omissions.add(&format!("older traces of the window not listed: {fault}"), self.name.clone());
        }
        Ok(page::trace_ids(&entries, "trace_id", &self.name, omissions))
    }

    /// All spans of these traces. A trace that may lack some is left out and counted.
    pub(super) async fn rows(&self, traces: &[String], omissions: &mut Omissions) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut batches = traces.chunks(TRACES_AT_ONCE);
        while let Some(batch) = batches.next() {
            let Pages { entries, fault } = self.all("spans", &names("trace_id", batch)).await;
            let Some(fault) = fault else {
                let spans: Vec<Row> = read(entries, "span of an unknown shape", omissions);
                let found: HashSet<&str> = spans.iter().map(|row| row.context.trace_id.as_str()).collect();
                let empty = batch.iter().filter(|trace| !found.contains(trace.as_str()));
                empty.for_each(|trace| omissions.add("trace that is listed and has no spans", trace.clone()));
                rows.extend(spans);
                continue;
            };
            // What does not answer after so many tries is not asked for all the rest as well.
            let rest = batch.iter().chain(batches.by_ref().flatten());
            rest.for_each(|trace| omissions.add(&format!("trace not read: {fault}"), trace.clone()));
        }
        rows
    }

    /// What people, code and models say of these spans and of their traces.
    pub(super) async fn marks(&self, rows: &[Row], omissions: &mut Omissions) -> Marks {
        let mut traces: Vec<String> = rows.iter().map(|row| row.context.trace_id.clone()).collect();
        traces.sort_unstable();
        traces.dedup();
        let spans: Vec<String> = rows.iter().map(|row| row.context.span_id.clone()).collect();
        let mut all: Vec<Annotation> = self.annotations("span_annotations", ("span_ids", &spans), omissions).await;
        all.extend(self.annotations("trace_annotations", ("trace_ids", &traces), omissions).await);
        Marks::new(all.into_iter().filter_map(Annotation::said))
    }

    async fn annotations(
        &self,
        list: &str,
        (kind, ids): (&'static str, &[String]),
        omissions: &mut Omissions,
    ) -> Vec<Annotation> {
        let mut all = Vec::new();
        for batch in ids.chunks(NAMES_AT_ONCE) {
            let Pages { entries, fault } = self.all(list, &names(kind, batch)).await;
            all.extend(read(entries, "annotation of an unknown shape", omissions));
            if let Some(fault) = fault {
                omissions.add(&format!("some {list} not read: {fault}"), self.name.clone());
                break;
            }
        }
        all
    }

    async fn all(&self, list: &str, query: &[Pair]) -> Pages {
        pages(&self.http, &["v1", "projects", &self.project, list], query).await
    }

    /// A fault before anything was read, with what to do about it.
    pub(super) async fn explain(&self, fault: &Fault) -> SourceError {
        let advice = match fault.status() {
            Some(401 | 403) if self.has_key => format!("; {KEY} is no key of this server, or may not do this"),
            Some(401 | 403) => format!("; set {KEY} to a key of this server"),
            Some(404) => names_of(&self.projects().await),
            Some(400 | 422) => "; check `filter` and the server's version".to_owned(),
            _ => String::new(),
        };
        self.error(format!("{fault}{advice}"))
    }

    pub(super) fn error(&self, problem: String) -> SourceError {
        SourceError::Store { store: "Phoenix", url: self.http.url(), problem }
    }

    async fn projects(&self) -> Vec<Value> {
        pages(&self.http, &["v1", "projects"], &[("limit", PAGE.to_string())]).await.entries
    }
}

/// A list, whose cursor names the row that comes next.
async fn pages(http: &Http, path: &[&str], query: &[Pair]) -> Pages {
    page::all(async |cursor| {
        let mut query = query.to_vec();
        query.extend(cursor.map(|cursor| ("cursor", cursor.to_owned())));
        let mut body = http.get(path, &query).await?;
        let next = body.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
        Page::of(&mut body, "data", next)
    })
    .await
}

/// The projects that there are, for one that is not.
fn names_of(projects: &[Value]) -> String {
    let names: Vec<&str> = projects.iter().filter_map(|project| project.get("name")?.as_str()).take(20).collect();
    if names.is_empty() { String::new() } else { format!("; the projects are {}", names.join(", ")) }
}

/// A query for entries of these names.
fn names(kind: &'static str, names: &[String]) -> Vec<Pair> {
    let names = names.iter().map(|name| (kind, name.clone()));
    names.chain([("limit", PAGE.to_string())]).collect()
}

/// The server's own address: what traces are exported to may have the exporter's path.
fn api(endpoint: &str) -> &str {
    let endpoint = endpoint.trim().trim_end_matches('/');
    endpoint.strip_suffix("/v1/traces").unwrap_or(endpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(config: &PhoenixConfig, variables: &[(&str, &str)]) -> Store {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let lookup =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Store::open(config, &lookup).unwrap()
    }

    #[test]
    fn server_and_project_come_from_the_configuration_or_by_phoenixs_own_names() {
        let told = |config: &PhoenixConfig, variables: &[(&str, &str)]| {
            let store = open(config, variables);
            (store.link("t"), store.name, store.has_key)
        };
        let nothing = PhoenixConfig::default();
        let written = PhoenixConfig {
            project: Some("shop".into()),
            base_url: Some("https://h/s/team/".into()),
            ..PhoenixConfig::default()
        };
        let local = "http://localhost:6006/redirects/traces/t";
        assert_eq!(told(&nothing, &[]), (local.into(), "default".into(), false));
        let variables = [
            ("PHOENIX_COLLECTOR_ENDPOINT", "http://c:6006/v1/traces"),
            ("PHOENIX_BASE_URL", "http://b"),
            ("PHOENIX_API_KEY", "k"),
            ("PHOENIX_PROJECT_NAME", "named"),
        ];
        assert_eq!(told(&nothing, &variables), ("http://c:6006/redirects/traces/t".into(), "named".into(), true));
        assert_eq!(told(&written, &variables), ("https://h/s/team/redirects/traces/t".into(), "shop".into(), true));
    }
}
