//! A server that refuses, breaks off, or says odd things.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::server::{LangSmith, uuid};
use super::{KEYS, cases, configured, runs_of, sample, shop};
use crate::store::Says;

#[test]
fn refusals_at_the_start_say_what_to_do() {
    let odd = |path: &'static str, says: fn() -> Says| {
        LangSmith::odd(shop(3), move |asked, well| if asked.path.ends_with(path) { says() } else { well })
    };
    let org = || Says::Refuses(403, "", r#"{"error":"org_scoped_key_requires_workspace"}"#);
    for (langsmith, words) in [
        (
            odd("/sessions", || Says::Refuses(401, "", r#"{"detail":"Invalid token lsv2_pt_very-secret"}"#)),
            &["HTTP 401: Invalid token ***", "LANGSMITH_API_KEY is no key of this server"][..],
        ),
        (odd("/sessions", org), &["HTTP 403: org_scoped", "set LANGSMITH_WORKSPACE_ID to the id"]),
        (odd("/sessions", || Says::Json(json!([]))), &["there is no project `shop`"]),
        (odd("/sessions", || Says::Json(json!({"detail": "x"}))), &["JSON of another shape (no list of projects"]),
        (odd("/sessions", || Says::Page), &["LangSmith at http://127.0.0.1", "answers with a web page"]),
        (odd("/sessions", || Says::Refuses(307, "location: https://elsewhere.example/\r\n", "")), &["HTTP 307"]),
        (
            odd("/query", || {
                Says::Refuses(
                    422,
                    "content-type: application/problem+json\r\n",
                    r#"{"type":"about:blank","title":"Unprocessable Entity","status":422,"detail":"filter: unexpected `)`"}"#,
                )
            }),
            &["HTTP 422: Unprocessable Entity: filter: unexpected `)`; check `filter`"],
        ),
        (
            odd("/query", || Says::Refuses(404, "", r#"{"detail":"Not Found"}"#)),
            &["HTTP 404: Not Found; check that the address is the API's"],
        ),
        (
            odd("/query", || Says::Json(json!({"items": [], "has_more": false}))),
            &["there is no trace in LangSmith's project shop, 2026-11-20T"],
        ),
        (odd("/query", || Says::Json(json!({"runs": []}))), &["no list under `items`"]),
    ] {
        let (_, ran) = sample(&langsmith);
        ran.expect(4, words);
    }
    let langsmith = LangSmith::start(shop(3));
    let project = configured(&langsmith);
    project.run("sample --to a").expect(4, &["HTTP 401: Unauthorized; set LANGSMITH_API_KEY to a key of this server"]);
    project.edit("project: shop", "project: shp");
    project.run_with("sample --to a", &[KEYS]).expect(4, &["there is no project `shp`; the projects are shop, other"]);
    let mut gone = LangSmith::start(shop(0));
    gone.store.url = "http://127.0.0.1:1".into();
    sample(&gone).1.expect(4, &["LangSmith at http://127.0.0.1:1: cannot be reached"]);
}

#[test]
fn a_storm_of_429_is_waited_out() {
    let storm = || Says::Refuses(429, "retry-after: 0\r\n", r#"{"detail":"Rate limit exceeded"}"#);
    let langsmith = LangSmith::odd(shop(70), move |asked, well| if asked.number % 2 == 0 { storm() } else { well });
    sample(&langsmith).1.expect(0, &["70 requests seen, 70 kept"]).lacks(&["left out"]);
    let langsmith = LangSmith::odd(shop(70), move |_, _| storm());
    sample(&langsmith).1.expect(4, &["HTTP 429: Rate limit exceeded"]);
    assert_eq!(langsmith.store.asked("").len(), 5);
}

#[test]
fn what_was_read_before_a_fault_is_kept_and_the_rest_is_counted() {
    // From the `nth` page of the roots on, of which there are three, or of their runs, of which there are five.
    let at = |nth: usize, of_roots: bool, says: fn(Value) -> Says| {
        let count = AtomicUsize::new(0);
        LangSmith::odd(shop(150), move |asked, well| match well {
            Says::Json(body)
                if asked.path.ends_with("/query")
                    && (asked.body["is_root"] == true) == of_roots
                    && count.fetch_add(1, Ordering::Relaxed) >= nth =>
            {
                says(body)
            }
            well => well,
        })
    };
    let broken =
        |_| Says::Refuses(503, "retry-after: 0\r\n", r#"{"title":"Service Unavailable","detail":"try later"}"#);
    let again = |mut body: Value| {
        body["has_more"] = json!(true);
        body["next_cursor"] = json!("60");
        Says::Json(body)
    };
    let blind = |mut body: Value| {
        body.as_object_mut().unwrap().remove("next_cursor");
        Says::Json(body)
    };
    let none = |_| Says::Json(json!({"items": [], "has_more": false}));
    let older = "left out: 1 × older traces of the window not listed: ";
    for (langsmith, words) in [
        (at(1, true, broken), &["60 kept", "not listed: HTTP 503: Service Unavailable: try later"][..]),
        (at(1, true, Says::Half), &["60 kept", older, "the connection broke"]),
        (at(1, true, again), &["120 kept", older, "a cursor that leads nowhere"]),
        (at(0, true, blind), &["60 kept", older, "`has_more` without a cursor"]),
        (at(1, true, |_| Says::Page), &["60 kept", older, "web page"]),
        (at(1, false, broken), &["left out: 120 × trace not read: HTTP 503", "30 kept"]),
        (at(0, false, none), &["left out: 150 × trace that is listed and has no runs"]),
    ] {
        let (_, ran) = sample(&langsmith);
        ran.expect(if words[0].contains("150 × trace that is listed") { 4 } else { 0 }, words);
    }
}

#[test]
fn one_trace_that_does_not_come_ends_the_asking_for_single_ones() {
    let count = AtomicUsize::new(0);
    let langsmith = LangSmith::odd(shop(150), move |asked, well| {
        let is_single = asked.body["trace_id"].is_string() && count.fetch_add(1, Ordering::Relaxed) >= 4;
        if is_single { Says::Refuses(400, "", r#"{"detail":"no"}"#) } else { well }
    });
    let project = configured(&langsmith);
    project.edit("project: shop", "project: shop, limit: 10");
    project.run_with("sample --to a", &[KEYS]).expect(0, &["4 kept", "left out: 6 × trace not read: HTTP 400: no"]);
}

#[test]
fn odd_runs_are_read_as_far_as_they_go_and_counted() {
    let mut held = shop(8);
    let at = |number: usize| 2 * number;
    // The call of trace 1 never ended, and trace 2 is still running.
    held.runs[at(1) + 1]["status"] = json!("pending");
    held.runs[at(2)]["status"] = json!("pending");
    // An error, with its traceback.
    held.runs[at(3) + 1]["status"] = json!("error");
    held.runs[at(3) + 1]["error"] = json!("RateLimitError('429')Traceback (most recent call last):\n  File \"a.py\"");
    held.runs[at(3) + 1]["outputs"] = Value::Null;
    // A clock that ran backwards, a parent that was never sent, and two that lie in each other.
    held.runs[at(4) + 1]["end_time"] = json!("2026-11-20T09:59:00Z");
    held.runs[at(5) + 1]["parent_run_id"] = json!(uuid(0xdead, 1));
    let mut turn = runs_of(6)[0].clone();
    turn["id"] = json!(uuid(0xa, 999));
    turn["parent_run_id"] = held.runs[at(6) + 1]["id"].clone();
    held.runs[at(6) + 1]["parent_run_id"] = turn["id"].clone();
    held.runs.push(turn);
    let langsmith = LangSmith::odd(held, |asked, well| match well {
        Says::Json(mut body) if asked.path.ends_with("/query") => {
            // What belongs to no trace.
            body["items"].as_array_mut().unwrap().push(json!({"id": uuid(0xa, 77), "parent_run_ids": [uuid(0xa, 78)]}));
            body["items"].as_array_mut().unwrap().push(json!({"id": 7}));
            Says::Json(body)
        }
        well => well,
    });
    let (project, ran) = sample(&langsmith);
    ran.expect(
        0,
        &[
            "left out: 1 × trace that has not ended",
            "left out: 1 × model call that did not end",
            "left out: 2 × run of an unknown shape",
            "left out: 2 × run without its id or its trace's",
        ],
    );
    let cases = cases(&project);
    let asked: Vec<&str> = cases.iter().map(|case| case["messages"][0]["content"].as_str().unwrap()).collect();
    assert_eq!(asked.len(), 6, "{asked:?}");
    let failed = cases.iter().find(|case| case["messages"][0]["content"] == "question 3").unwrap();
    assert_eq!(
        (&failed["recorded"]["status"], &failed["recorded"]["error"]),
        (&json!("error"), &json!("RateLimitError('429')"))
    );
}

#[test]
fn mistakes_in_the_configuration_are_told_before_anything_is_asked() {
    let langsmith = LangSmith::start(shop(1));
    for (from, to, words) in [
        (
            "since: 2026-11-20",
            "since: yesterday",
            &["eval-gate.yaml:3:", "traces.langsmith.since: `yesterday` is no time"][..],
        ),
        ("since: 2026-11-20", "since: 2026-11-22", &["`since` is not before `until`"]),
        ("project: shop", "projct: shop", &["unknown field `projct`", "did you mean `project`?"]),
        ("project: shop", "limit: 0", &["traces.langsmith.limit", "a whole number above 0"]),
        ("http://", "ftp://", &["not http or https"]),
        ("http://", "http://user:pass@", &["a user or a password in it"]),
        ("version: 1\ntraces:\n", "version: 1\ntraces:\n  phoenix: {}\n", &["more than one source"]),
    ] {
        let project = configured(&langsmith);
        project.edit(from, to);
        project.run("sample --to a").expect(2, words).lacks(&["pass@"]);
    }
    assert_eq!(langsmith.store.asked("").len(), 0);
}
