//! A query for runs, in the two versions of the API: the second, and the first for servers that lack the second.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::fault::Fault;
use super::super::http::Http;
use super::super::page::{self, Page, Pages};

/// Roots on a page where only a few fields of each are asked for: the most that the second version allows.
const ROOTS: usize = 1000;
/// Runs on a page with their inputs and outputs, and the most that the first version allows of anything.
const RUNS: usize = 100;
/// What is asked of a root to choose among traces.
const OF_ROOTS: [&str; 5] = ["ID", "TRACE_ID", "START_TIME", "END_TIME", "STATUS"];
/// What is asked of a run to make a span of it.
const OF_RUNS: [&str; 20] = [
    "ID",
    "TRACE_ID",
    "PARENT_RUN_IDS",
    "NAME",
    "RUN_TYPE",
    "STATUS",
    "START_TIME",
    "END_TIME",
    "FIRST_TOKEN_TIME",
    "ERROR",
    "INPUTS",
    "OUTPUTS",
    "EXTRA",
    "METADATA",
    "TAGS",
    "PROMPT_TOKENS",
    "COMPLETION_TOKENS",
    "PROMPT_TOKEN_DETAILS",
    "TOTAL_COST",
    "THREAD_ID",
];
/// The statistics of a run's feedback, which spare the requests for the feedback itself. They hold the mean of the scores
/// under each name, as it would be made here of single ones, and how often each word was said.
const FEEDBACK: &str = "FEEDBACK_STATS";

/// A version of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// Deprecated by the service, and all that servers before version 0.16 have.
    V1,
    V2,
}

/// Which runs are asked for.
#[derive(Debug, Default)]
pub(super) struct Query<'a> {
    /// Only roots, with what it takes to choose among them; else whole runs.
    pub(super) roots: bool,
    /// Only this trace's.
    pub(super) trace: Option<&'a str>,
    /// When they start.
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
    /// What their root fulfils.
    pub(super) filter: Option<&'a str>,
    /// What any run of their trace fulfils.
    pub(super) tree_filter: Option<&'a str>,
}

impl Query<'_> {
    /// All runs, of which `keeps` says whether they are kept; `null` stands for the others.
    pub(super) async fn ask(&self, http: &Http, api: Api, project: &str, keeps: impl Fn(&Value) -> bool) -> Pages {
        let body = match api {
            Api::V1 => self.first_version(project),
            Api::V2 => self.second_version(project),
        };
        page::all(async |cursor| {
            // The list of the page before said that there is more, and not where.
            if cursor == Some("") {
                return Err(Fault::Shape("`has_more` without a cursor".to_owned()));
            }
            let mut body = body.clone();
            body.extend(cursor.map(|cursor| ("cursor".to_owned(), cursor.into())));
            let mut page = match api {
                Api::V1 => first_page(http.post(&["api", "v1", "runs", "query"], &[], &body.into()).await?),
                Api::V2 => second_page(http.post(&["api", "v2", "runs", "query"], &[], &body.into()).await?),
            }?;
            page.entries.iter_mut().filter(|run| !keeps(run)).for_each(|run| *run = Value::Null);
            Ok(page)
        })
        .await
    }

    fn fields(&self) -> Vec<&'static str> {
        if self.roots { OF_ROOTS.to_vec() } else { OF_RUNS.into_iter().chain([FEEDBACK]).collect() }
    }

    /// Both ends of the window are always said: the server's own is the last day.
    fn second_version(&self, project: &str) -> Map<String, Value> {
        // Roots are asked for what they fulfil themselves, other runs for what their root fulfils.
        let filter = if self.roots { "filter" } else { "trace_filter" };
        present([
            ("project_ids", json!([project])),
            ("min_start_time", self.since.to_string().into()),
            ("max_start_time", self.until.to_string().into()),
            ("selects", json!(self.fields())),
            ("page_size", json!(if self.roots { ROOTS } else { RUNS })),
            ("is_root", json!(self.roots.then_some(true))),
            ("trace_id", json!(self.trace)),
            (filter, json!(self.filter)),
            ("tree_filter", json!(self.tree_filter)),
        ])
    }

    fn first_version(&self, project: &str) -> Map<String, Value> {
        // `end_time` speaks of the runs' ends. What is put around the filter holds no quotes of anybody's.
        let before = format!("lt(start_time, \"{}\")", self.until);
        let (own, of_root) = if self.roots { (self.filter, None) } else { (None, self.filter) };
        let filter = own.map_or_else(|| before.clone(), |own| format!("and({own}, {before})"));
        // Metadata are in `extra` here.
        let fields = self.fields().into_iter().filter(|field| *field != "METADATA").map(str::to_ascii_lowercase);
        present([
            ("session", json!([project])),
            ("start_time", self.since.to_string().into()),
            ("select", fields.chain(["parent_run_id".to_owned()]).collect::<Vec<_>>().into()),
            ("limit", RUNS.into()),
            ("is_root", json!(self.roots.then_some(true))),
            ("trace", json!(self.trace)),
            ("filter", filter.into()),
            ("trace_filter", json!(of_root)),
            ("tree_filter", json!(self.tree_filter)),
        ])
    }
}

/// A body without what is not said.
fn present<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    let said = fields.into_iter().filter(|(_, value)| !value.is_null());
    said.map(|(name, value)| (name.to_owned(), value)).collect()
}

fn second_page(mut body: Value) -> Result<Page, Fault> {
    let has_more = body.get("has_more").and_then(Value::as_bool) == Some(true);
    let next = body.get("next_cursor").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut page = Page::of(&mut body, "items", None)?;
    page.next = has_more.then_some(next);
    Ok(page)
}

fn first_page(mut body: Value) -> Result<Page, Fault> {
    let next = body.get("cursors").and_then(|cursors| cursors.get("next")?.as_str()).map(str::to_owned);
    Page::of(&mut body, "runs", next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(roots: bool) -> Query<'static> {
        let time = |text: &str| text.parse().unwrap();
        Query {
            roots,
            since: time("2026-11-20T00:00:00Z"),
            until: time("2026-11-21T00:00:00Z"),
            filter: Some(r#"eq(name, "a \"b\"")"#),
            ..Query::default()
        }
    }

    #[test]
    fn both_ends_and_the_fields_are_always_said() {
        let body = Value::from(query(true).second_version("p"));
        let expected = json!({
            "project_ids": ["p"], "min_start_time": "2026-11-20T00:00:00Z", "max_start_time": "2026-11-21T00:00:00Z",
            "selects": OF_ROOTS, "page_size": 1000, "is_root": true, "filter": r#"eq(name, "a \"b\"")"#,
        });
        assert_eq!(body, expected);
        let body = query(false).second_version("p");
        assert!(body.contains_key("trace_filter") && !body.contains_key("filter") && !body.contains_key("is_root"));
        assert!(body["selects"].as_array().unwrap().contains(&json!("FEEDBACK_STATS")));
    }

    #[test]
    fn the_first_version_has_its_own_names() {
        let body = Value::from(query(true).first_version("p"));
        let expected = json!({
            "session": ["p"], "start_time": "2026-11-20T00:00:00Z", "limit": 100, "is_root": true,
            "select": ["id", "trace_id", "start_time", "end_time", "status", "parent_run_id"],
            "filter": r#"and(eq(name, "a \"b\""), lt(start_time, "2026-11-21T00:00:00Z"))"#,
        });
        assert_eq!(body, expected);
        let body = query(false).first_version("p");
        assert_eq!(body["filter"], r#"lt(start_time, "2026-11-21T00:00:00Z")"#);
        assert!(!body["select"].as_array().unwrap().contains(&json!("metadata")));
    }

    #[test]
    fn pages_end_where_the_server_says_so() {
        let next = |body: Value| second_page(body).ok().unwrap().next;
        assert_eq!(next(json!({"items": [1], "has_more": true, "next_cursor": "c"})).as_deref(), Some("c"));
        assert_eq!(next(json!({"items": [1], "has_more": false, "next_cursor": "c"})), None);
        assert_eq!(next(json!({"items": [1], "has_more": true})).as_deref(), Some(""));
        let next = |body: Value| first_page(body).ok().unwrap().next;
        assert_eq!(next(json!({"runs": [], "cursors": {"next": "c"}})).as_deref(), Some("c"));
        assert_eq!(next(json!({"runs": [], "cursors": {"next": null}})), None);
        assert!(second_page(json!({"runs": []})).is_err());
    }
}
