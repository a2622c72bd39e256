//! The API of Langfuse v3, which self-hosted servers may still be: traces by the page, and each trace whole.

use std::cell::RefCell;

use serde_json::{Value, json};

use super::super::fault::Fault;
use super::super::http::Pair;
use super::super::limit::choose;
use super::super::page::{self, Page, Pages};
use super::super::{Omissions, SourceError};
use super::Read;
use super::query::{Names, Query};
use super::row::Row;
use super::score::Score;
use super::store::{Store, advised};

const NAMES: Names = Names { window: ["fromTimestamp", "toTimestamp"], time: "timestamp", name: "name" };
/// Of what the server says about the end of its API, in characters.
const LONGEST_WARNING: usize = 300;
/// The most that a page may hold.
const PAGE: usize = 100;
/// What observations do not have and their trace does, by its names and by the newer API's for observations.
const OF_TRACE: [(&str, &str); 6] = [
    ("userId", "userId"),
    ("sessionId", "sessionId"),
    ("tags", "tags"),
    ("release", "release"),
    ("name", "traceName"),
    ("projectId", "projectId"),
];

/// The older API, which may say that its days are counted.
struct Old<'a> {
    store: &'a Store,
    warning: RefCell<Option<String>>,
}

/// Lists the window's traces and reads those that are chosen.
pub(super) async fn read(store: &Store, query: &Query<'_>, omissions: &mut Omissions) -> Result<Read, SourceError> {
    let old = Old { store, warning: RefCell::default() };
    let listed = old.list(&query.pairs(&NAMES), omissions).await?;
    let mut read = Read { listed: listed.len(), ..Read::default() };
    let chosen = choose(listed, query.config.limit, omissions);
    let mut rest = chosen.into_iter();
    while let Some(trace) = rest.next() {
        match old.get(&["traces", &trace], &[]).await {
            Ok(body) => take(body, &trace, &mut read, omissions),
            // It went after it was listed.
            Err(fault) if fault.status() == Some(404) => {
                omissions.add("trace that is listed and is not there", trace);
            }
            Err(fault) => {
                let reason = format!("trace not read: {}", advised(&fault));
                std::iter::once(trace).chain(rest.by_ref()).for_each(|trace| omissions.add(&reason, trace));
            }
        }
    }
    if let Some(warning) = old.warning.take() {
        omissions.add(&format!("what the server's older API lacks; it says: {warning}"), store.name.clone());
    }
    Ok(read)
}

impl Old<'_> {
    async fn list(&self, query: &[Pair], omissions: &mut Omissions) -> Result<Vec<String>, SourceError> {
        let Pages { entries, fault } = page::all(async |after| self.page(query, after).await).await;
        if let Some(fault) = fault {
            if entries.is_empty() {
                return Err(self.store.explain(&fault));
            }
            let reason = format!("later traces of the window not listed: {}", advised(&fault));
            omissions.add(&reason, self.store.name.clone());
        }
        Ok(page::trace_ids(&entries, "id", &self.store.name, omissions))
    }

    /// A page, whose number stands for a cursor.
    async fn page(&self, query: &[Pair], after: Option<&str>) -> Result<Page, Fault> {
        let number: u64 = after.and_then(|number| number.parse().ok()).unwrap_or(1);
        let own = [("page", number.to_string()), ("limit", PAGE.to_string())];
        // In this order no page moves while others are read.
        let more = [("fields", "core".to_owned()), ("orderBy", "timestamp.asc".to_owned())];
        let mut body = self.get(&["traces"], &[query, &own, &more].concat()).await?;
        let pages = body.pointer("/meta/totalPages").and_then(Value::as_u64).unwrap_or_default();
        Page::of(&mut body, "data", (number < pages).then(|| (number + 1).to_string()))
    }

    async fn get(&self, path: &[&str], query: &[Pair]) -> Result<Value, Fault> {
        let body = self.store.http.get(&[&["api", "public"], path].concat(), query).await?;
        if let Some(message) = body.pointer("/_deprecation/message").and_then(Value::as_str) {
            let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
            *self.warning.borrow_mut() = Some(line.chars().take(LONGEST_WARNING).collect());
        }
        Ok(body)
    }
}

/// Takes a trace apart into observations, each with what is said of the trace, and scores.
fn take(mut body: Value, trace: &str, read: &mut Read, omissions: &mut Omissions) {
    let mut list = |name: &str| match body.get_mut(name).map(Value::take) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    let (mut observations, scores) = (list("observations"), list("scores"));
    if observations.is_empty() {
        omissions.add("trace that is listed and has no observations", trace.to_owned());
    }
    observations.iter_mut().for_each(|observation| surround(observation, &body, trace));
    read.rows.extend(page::read::<Row>(observations, "observation of an unknown shape", omissions));
    let scores: Vec<Score> = page::read(scores, "score of an unknown shape", omissions);
    read.said.extend(scores.into_iter().filter_map(Score::said));
}

fn surround(observation: &mut Value, body: &Value, trace: &str) {
    let Some(observation) = observation.as_object_mut() else { return };
    observation.insert("traceId".to_owned(), json!(trace));
    for (name, own) in OF_TRACE {
        if let Some(value) = body.get(name).filter(|value| !value.is_null()) {
            observation.insert(own.to_owned(), value.clone());
        }
    }
    let Some(Value::Object(of_trace)) = body.get("metadata") else { return };
    let metadata = observation.entry("metadata").or_insert(Value::Null);
    if metadata.is_null() {
        *metadata = json!({});
    }
    if let Some(metadata) = metadata.as_object_mut() {
        for (name, value) in of_trace {
            metadata.entry(name.as_str()).or_insert_with(|| value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observations_get_what_is_said_of_their_trace() {
        let body = json!({
            "id": "t", "name": "support", "userId": "u", "sessionId": null, "tags": ["a"], "release": "1",
            "metadata": {"tier": "gold", "own": "of the trace"},
            "observations": [{"id": "s", "traceId": "t", "type": "SPAN", "metadata": {"own": "mine"}}, {"id": 3}],
            "scores": [{"name": "csat", "value": 4, "dataType": "NUMERIC", "traceId": "t"}],
        });
        let (mut read, mut omissions) = (Read::default(), Omissions::default());
        take(body, "t", &mut read, &mut omissions);
        let span = read.rows.remove(0).into_span();
        assert_eq!(span.attributes.text("langfuse.observation.metadata.own"), Some("mine"));
        assert_eq!(span.attributes.text("langfuse.observation.metadata.tier"), Some("gold"));
        assert_eq!(span.attributes.text("langfuse.trace.name"), Some("support"));
        assert_eq!((span.attributes.text("user.id"), span.attributes.get("session.id")), (Some("u"), None));
        assert_eq!((read.said.len(), omissions.finish()[0].reason.as_str()), (1, "observation of an unknown shape"));
    }
}
