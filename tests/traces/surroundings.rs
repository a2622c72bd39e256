//! What the rest of a trace says about its model calls.

use eval_gate::trace::{Harvest, Span, Status};
use serde_json::{Value, json};

use super::{ASK, call, happened, harvest, latest, llm, only, openinference, span};

#[test]
fn a_call_recorded_twice_is_one_case() {
    let mut outer = llm(&["q"]);
    outer["llm.tools.0.tool.json_schema"] = json!("{\"type\": \"function\", \"function\": {\"name\": \"f\"}}");
    let twice = harvest(vec![
        span("chain", "", 0, 9, openinference("CHAIN")),
        span("outer", "chain", 1, 8, outer),
        span("inner", "outer", 2, 7, latest(ASK)),
    ]);
    let [found] = &twice.found[..] else { panic!("one case: {twice:?}") };
    assert_eq!((found.name.as_str(), found.root.as_str(), twice.recorded_twice), ("inner", "chain", 1));
    assert_eq!(found.case.tools.len(), 1, "the inner record takes the tools from the outer");
    let silent = json!({"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"});
    let fuller = harvest(vec![span("outer", "", 1, 8, llm(&["q"])), span("inner", "outer", 2, 7, silent)]);
    assert_eq!((fuller.found[0].name.as_str(), fuller.skipped.len()), ("outer", 0));
}

#[test]
fn a_wrapper_gives_way_to_the_calls_inside() {
    let names = |harvest: &Harvest| harvest.found.iter().map(|found| found.name.clone()).collect::<Vec<_>>();
    let steps = harvest(vec![
        span("wrapper", "", 0, 9, llm(&["one"])),
        span("first", "wrapper", 1, 2, llm(&["one"])),
        span("second", "wrapper", 3, 4, llm(&["one", "two"])),
    ]);
    assert_eq!((names(&steps), steps.recorded_twice), (vec!["first".to_owned(), "second".to_owned()], 1));
    let mut failed = span("failed", "wrapper", 1, 2, llm(&["one"]));
    failed.status = Status::Error;
    let retried =
        harvest(vec![span("wrapper", "", 0, 9, llm(&["one"])), failed, span("worked", "wrapper", 3, 4, llm(&["one"]))]);
    assert_eq!((names(&retried), retried.recorded_twice), (vec!["worked".to_owned()], 2));
}

#[test]
fn different_calls_stay_apart_however_nested() {
    let nested = harvest(vec![
        span("outer", "", 0, 9, llm(&["plan the trip"])),
        span("tool", "outer", 1, 8, openinference("TOOL")),
        span("inner", "tool", 2, 7, llm(&["find a hotel"])),
    ]);
    assert_eq!((nested.found.len(), nested.recorded_twice), (2, 0));
}

fn retriever(id: &str, parent: &str, from: u64, to: u64, texts: &[&str]) -> Span {
    let mut recorded = openinference("RETRIEVER");
    for (at, text) in texts.iter().enumerate() {
        recorded[format!("retrieval.documents.{at}.document.content")] = json!(text);
    }
    span(id, parent, from, to, recorded)
}

#[test]
fn documents_are_those_fetched_before_the_call() {
    let harvest = harvest(vec![
        span("root", "", 0, 100, openinference("CHAIN")),
        retriever("early", "root", 1, 10, &["a", "b"]),
        retriever("again", "root", 1, 10, &["b", "c"]),
        retriever("slow", "root", 1, 90, &["unseen"]),
        retriever("around", "root", 15, 30, &["the query is rewritten by the call inside"]),
        span("call", "around", 20, 30, llm(&["q"])),
        retriever("late", "root", 40, 50, &["unseen"]),
    ]);
    let texts: Vec<&str> = harvest.found[0].case.documents.iter().map(|document| document.content.as_str()).collect();
    assert_eq!(texts, ["a", "b", "c"]);
}

#[test]
fn a_rerankers_choice_replaces_what_it_chose_from() {
    let mut reranker = openinference("RERANKER");
    reranker["reranker.input_documents.0.document.content"] = json!("a");
    reranker["reranker.output_documents.0.document.content"] = json!("b");
    reranker["reranker.output_documents.0.document.score"] = json!(0.9);
    let harvest = harvest(vec![
        retriever("fetch", "", 1, 2, &["a", "b"]),
        span("rank", "", 3, 4, reranker),
        span("call", "", 5, 6, llm(&["q"])),
    ]);
    let documents = &harvest.found[0].case.documents;
    assert_eq!((documents.len(), documents[0].content.as_str(), documents[0].score), (1, "b", Some(0.9)));
}

#[test]
fn tool_results_are_those_of_the_calls_own_tools() {
    let tool = |id: &str, name: &str, from: u64| {
        let recorded = json!({"openinference.span.kind": "TOOL", "tool.name": name, "input.value": "{\"a\": 1}", "output.value": "18"});
        span(id, "root", from, from + 1, recorded)
    };
    let mut asking = llm(&["q"]);
    asking["llm.tools.0.tool.json_schema"] = json!("{\"type\": \"function\", \"function\": {\"name\": \"f\"}}");
    let harvest = harvest(vec![
        span("root", "", 0, 100, openinference("AGENT")),
        span("asking", "root", 10, 20, asking),
        tool("its", "f", 30),
        tool("other", "g", 40),
        span("plain", "root", 50, 60, llm(&["sum up"])),
        tool("later", "h", 70),
    ]);
    let names =
        |at: usize| harvest.found[at].case.tool_results.iter().map(|result| result.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(0), ["f"]);
    assert_eq!(names(1), ["f", "g"], "a call that knows no tools sees what ran before it");
    assert_eq!(harvest.found[0].case.tool_results[0].arguments, json!({"a": 1}));
}

#[test]
fn calls_of_one_trace_share_a_cluster() {
    let clusters = |root: Value| {
        let harvest = harvest(vec![
            span("root", "", 0, 9, root),
            span("a", "root", 1, 2, llm(&["q"])),
            span("b", "gone", 3, 4, llm(&["r"])),
        ]);
        harvest.found.into_iter().map(|found| found.case.cluster).collect::<Vec<_>>()
    };
    let both = |id: &str| vec![Some(id.to_owned()), Some(id.to_owned())];
    assert_eq!(clusters(json!({"session.id": "s-1", "user.id": "u-1"})), both("s-1"));
    assert_eq!(clusters(json!({"user.id": "u-1"})), both("u-1"));
    assert_eq!(clusters(json!({"metadata": "{\"thread_id\": \"th-1\"}"})), both("th-1"));
    assert_eq!(clusters(json!({})), both("t"), "without session or user, the trace");
    assert_eq!(only(call(llm(&["q"]))).cluster, None);
}

#[test]
fn scores_and_errors_are_kept() {
    let mut root = span(
        "root",
        "",
        0,
        9,
        json!({
            "openinference.span.kind": "CHAIN", "annotations.0.annotation.name": "thumbs", "annotations.0.annotation.score": 1,
        }),
    );
    root.status = Status::Error;
    let mut failed = span("call", "root", 5, 3, llm(&["q"]));
    failed.status = Status::Error;
    failed.message = Some("RateLimit: slow down\n\nTraceback (most recent call last):\n  File …".to_owned());
    failed.logs = vec![happened(
        "gen_ai.evaluation.result",
        json!({"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.5}),
    )];
    let harvest = harvest(vec![root, failed]);
    let recorded = harvest.found[0].case.recorded.clone().expect("recorded");
    assert_eq!((recorded.status.as_str(), recorded.error.as_deref()), ("error", Some("RateLimit: slow down")));
    assert_eq!(recorded.total_ms, None, "the clock ran backwards");
    assert_eq!(
        recorded.scores.into_iter().collect::<Vec<_>>(),
        [("relevance".to_owned(), 0.5), ("thumbs".to_owned(), 1.0)]
    );
}

#[test]
fn a_trace_of_cycles_is_read_all_the_same() {
    let harvest = harvest(vec![
        span("a", "b", 1, 2, llm(&["q"])),
        span("b", "a", 1, 2, json!({})),
        span("c", "c", 1, 2, llm(&["r"])),
    ]);
    assert_eq!(harvest.found.len(), 2);
}
