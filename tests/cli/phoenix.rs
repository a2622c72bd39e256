//! Phoenix as a source, when it answers well and when it does not. `tests/phoenix` asks a real one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::model::Model;
use crate::store::{Asked, Says, Store};
use crate::support::{Project, Ran};

const KEY: (&str, &str) = ("PHOENIX_API_KEY", "px-very-secret");

/// Traces that fit on a page of the fake's list.
const PAGE: usize = 60;

fn trace_id(number: usize) -> String {
    format!("{:032x}", number + 1)
}

/// The spans of a trace: a model call and what encloses it.
fn spans(number: usize) -> [Value; 2] {
    let span = |id: usize, parent: Value, kind: &str, attributes: Value| {
        json!({
            "id": "U3Bhbjox", "name": "answer", "span_kind": kind, "parent_id": parent,
            "context": {"trace_id": trace_id(number), "span_id": format!("{id:016x}")},
            "start_time": "2026-11-20T10:00:00.000001+00:00", "end_time": "2026-11-20T10:00:01+00:00",
            "status_code": "OK", "status_message": "", "attributes": attributes, "events": [],
        })
    };
    let call = json!({
        "llm.model_name": "m", "input.value": "{}", "session.id": format!("session-{number}"),
        "metadata.intent": (["refund", "shipping"][number % 2]),
        "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": format!("question {number}"),
        "llm.output_messages.0.message.role": "assistant", "llm.output_messages.0.message.content": "fine",
    });
    let (root, inner) = (2 * number + 1, 2 * number + 2);
    [span(root, Value::Null, "CHAIN", json!({})), span(inner, json!(format!("{root:016x}")), "LLM", call)]
}

/// A page with the entry under the cursor first.
fn page(entries: &[Value], asked: &Asked) -> Says {
    let start: usize = asked.all("cursor").first().map_or(0, |cursor| cursor.parse().unwrap());
    let end = entries.len().min(start + PAGE);
    let next = if end < entries.len() { json!(end.to_string()) } else { Value::Null };
    Says::Json(json!({"data": entries[start..end], "next_cursor": next}))
}

/// A Phoenix with so many traces, each of which is annotated.
fn phoenix(traces: usize) -> impl Fn(&Asked) -> Says + Send + 'static {
    move |asked| match asked.path.rsplit('/').next().unwrap() {
        "traces" => {
            let ids: Vec<Value> = (0..traces).map(|number| json!({"trace_id": trace_id(number)})).collect();
            page(&ids, asked)
        }
        "spans" => {
            let wanted = asked.all("trace_id");
            let all = (0..traces).filter(|number| wanted.contains(&trace_id(*number).as_str()));
            page(&all.flat_map(spans).collect::<Vec<_>>(), asked)
        }
        "span_annotations" => {
            let say = |span: &&str| json!({"span_id": span, "name": "thumbs", "result": {"score": 1.0, "label": "up"}});
            page(&asked.all("span_ids").iter().map(say).collect::<Vec<_>>(), asked)
        }
        "trace_annotations" => Says::Json(json!({"data": [], "next_cursor": null})),
        "projects" => Says::Json(json!({"data": [{"name": "shop", "id": "x"}, {"name": "@octocat", "id": "y"}]})),
        other => panic!("nobody asks for {other}"),
    }
}

fn project(store: &Store) -> Project {
    let project = Project::new();
    let window = "since: 2026-11-20, until: 2026-11-21";
    project.write(
        "eval-gate.yaml",
        format!("version: 1\ntraces:\n  phoenix: {{ project: shop, base_url: \"{}\", {window} }}\n", store.url),
    );
    project
}

fn sample(store: &Store) -> (Project, Ran) {
    let project = project(store);
    let ran = project.run_with("sample --to a", &[KEY]);
    assert!(!format!("{ran}").contains(KEY.1), "{ran}");
    (project, ran)
}

fn cases(project: &Project) -> Vec<Value> {
    project.read("a/cases.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_window_is_read_whole_page_by_page() {
    let store = Store::start(phoenix(150));
    let (project, ran) = sample(&store);
    let window = "from Phoenix's project shop, 2026-11-20T00:00:00Z to 2026-11-21T00:00:00Z";
    ran.expect(0, &["150 requests seen, 150 kept", window]).lacks(&["left out"]);
    let cases = cases(&project);
    let first = &cases.iter().find(|case| case["messages"][0]["content"] == "question 0").unwrap();
    assert_eq!(first["metadata"], json!({"intent": "refund", "name": "answer"}));
    assert_eq!(first["recorded"]["scores"], json!({"thumbs": 1.0}));
    assert_eq!(first["trace"]["url"], format!("{}/redirects/traces/{}", store.url, trace_id(0)));
    let listed = store.asked("/traces");
    assert_eq!(listed.iter().map(|asked| asked.all("cursor")).collect::<Vec<_>>(), [vec![], vec!["60"], vec!["120"]]);
    for asked in &listed {
        assert_eq!(asked.all("start_time"), ["2026-11-20T00:00:00Z"], "on every page");
        assert_eq!(asked.authorization, format!("Bearer {}", KEY.1));
    }
}

#[test]
fn a_limit_says_what_it_leaves_out_and_a_filter_is_the_servers() {
    let store = Store::start(phoenix(150));
    let project = project(&store);
    project.edit("project: shop", "project: shop, limit: 50, filter: 'error_count == 0'");
    let ran = project.run("sample --to a").expect(0, &["50 kept", "left out: 100 × trace beyond `limit: 50`"]);
    project.run("sample --to b").expect(0, &[]);
    assert_eq!(project.read("a/cases.jsonl"), project.read("b/cases.jsonl"), "{ran}");
    let newest =
        cases(&project).iter().filter(|case| case["trace"]["id"].as_str().unwrap() <= trace_id(49).as_str()).count();
    assert!(newest < 30, "{newest} of 50 are the first of the list");
    assert!(store.asked("/traces").iter().all(|asked| asked.all("filter") == ["error_count == 0"]));
}

#[test]
fn refusals_at_the_start_say_what_to_do() {
    let plain = "content-type: text/plain\r\n";
    for (says, words) in [
        (
            Says::Refuses(401, plain, "Invalid token px-very-secret"),
            &["HTTP 401: Invalid token ***", "PHOENIX_API_KEY is no key"][..],
        ),
        (
            Says::Refuses(404, plain, "Project with name shop not found"),
            &["HTTP 404: Project", "the projects are shop, "],
        ),
        (Says::Refuses(400, plain, "invalid name `x`"), &["HTTP 400: invalid name", "check `filter`"]),
        (Says::Refuses(307, "location: https://elsewhere.example/\r\n", ""), &["HTTP 307"]),
        (Says::Page, &["answers with a web page"]),
        (Says::Json(json!({"detail": "x"})), &["JSON of another shape"]),
        (
            Says::Json(json!({"data": [], "next_cursor": null})),
            &["there is no trace in Phoenix's project shop, 2026-11-20T"],
        ),
    ] {
        let says = std::sync::Mutex::new(Some(says));
        let well = phoenix(1);
        let store = Store::start(move |asked| {
            if asked.path.ends_with("/traces") { says.lock().unwrap().take().unwrap() } else { well(asked) }
        });
        let (_, ran) = sample(&store);
        ran.expect(4, words);
        assert_eq!(store.asked("/traces").len(), 1, "it is not asked again: {words:?}");
    }
    let mut gone = Store::start(phoenix(0));
    gone.url = "http://127.0.0.1:1".into();
    sample(&gone).1.expect(4, &["Phoenix at http://127.0.0.1:1: cannot be reached"]);
}

#[test]
fn a_storm_of_429_is_waited_out() {
    let well = phoenix(70);
    let store = Store::start(move |asked| {
        if asked.number % 2 == 0 { Says::Refuses(429, "retry-after: 0\r\n", "slow down") } else { well(asked) }
    });
    sample(&store).1.expect(0, &["70 requests seen, 70 kept"]).lacks(&["left out"]);
    let store = Store::start(|_| Says::Refuses(429, "retry-after: 0\r\n", "slow down"));
    sample(&store).1.expect(4, &["HTTP 429: slow down"]);
    assert_eq!(store.asked("/traces").len(), 5);
}

#[test]
fn what_was_read_before_a_fault_is_kept_and_the_rest_is_counted() {
    let at = |path: &'static str, nth: usize, says: fn(Value) -> Says| {
        let well = phoenix(150);
        let count = std::sync::atomic::AtomicUsize::new(0);
        Store::start(move |asked| {
            let is_it = asked.path.ends_with(path) && count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= nth;
            match well(asked) {
                Says::Json(body) if is_it => says(body),
                other => other,
            }
        })
    };
    let broken = |_| Says::Refuses(500, "retry-after: 0\r\n", "database is locked");
    let again = |mut body: Value| {
        body["next_cursor"] = json!("60");
        Says::Json(body)
    };
    let none = |_| Says::Json(json!({"data": [], "next_cursor": null}));
    let odd = |mut body: Value| {
        body["data"][0] = json!({"unheard": "of"});
        Says::Json(body)
    };
    for (store, words) in [
        (
            at("/traces", 1, broken),
            &["60 kept", "left out: 1 × older traces of the window not listed: HTTP 500: database is locked"][..],
        ),
        (
            at("/traces", 1, Says::Half),
            &["60 kept", "left out: 1 × older traces of the window not listed: the connection broke"],
        ),
        (
            at("/traces", 1, again),
            &["120 kept", "left out: 1 × older traces of the window not listed", "a cursor that leads nowhere"],
        ),
        (at("/traces", 1, |_| Says::Page), &["60 kept", "left out: 1 × older traces", "web page"]),
        (at("/spans", 3, broken), &["left out: 110 × trace not read: HTTP 500: database is locked", "40 kept"]),
        (at("/spans", 3, none), &["70 kept", "left out: 80 × trace that is listed and has no spans"]),
        (at("/spans", 0, odd), &["left out: 7 × span of an unknown shape"]),
        (at("/span_annotations", 0, broken), &["150 kept", "left out: 1 × some span_annotations not read: HTTP 500"]),
    ] {
        let (_, ran) = sample(&store);
        ran.expect(0, words);
    }
}

#[test]
fn a_run_writes_its_scores_back_and_a_failure_to_is_a_warning() {
    let model = Model::fine();
    for (says, words, writes) in [
        (Says::Json(json!({"data": [{"id": "a"}]})), &["Pass", "80 scores written back as eval-gate:shop"][..], 1),
        (
            Says::Refuses(403, "", "read-only"),
            &["Pass", "warning: the scores are not written back, or not all", "HTTP 403: read-only"],
            1,
        ),
    ] {
        let says = std::sync::Mutex::new(Some(says));
        let well = phoenix(40);
        let store = Store::start(move |asked| {
            if asked.path == "/v1/span_annotations" { says.lock().unwrap().take().unwrap() } else { well(asked) }
        });
        let project = project(&store);
        project.edit("project: shop,", "project: shop, write_back: true,");
        project.add(&format!(
            "name: shop\nproviders:\n  default: {{ openai: {{ base_url: \"{}\", retries: 0 }} }}",
            model.url
        ));
        project.add("scorers:\n  fine: { contains: fine, gate: { max_drop: 0.1 } }\n  thumbs: { recorded: thumbs }");
        project.run_with("run", &[KEY]).expect(0, words);
        let comparisons = project.report()["comparisons"].clone();
        let thumbs = comparisons.as_array().unwrap().iter().find(|row| row["scorer"] == "thumbs").unwrap();
        assert_eq!((&thumbs["baseline"], &thumbs["cases"]), (&json!(1.0), &json!(40)));
        let link = format!("{}/redirects/traces/{}", store.url, trace_id(0));
        assert!(project.read(".eval-gate/report.json").contains(&link));
        let written = store.asked("/v1/span_annotations");
        assert_eq!(written.len(), writes);
        assert_eq!(written[0].all("sync"), ["true"]);
        let entries = written[0].body["data"].as_array().unwrap();
        let names: BTreeSet<&str> = entries.iter().map(|entry| entry["name"].as_str().unwrap()).collect();
        assert_eq!(names, BTreeSet::from(["fine", "fine.candidate"]), "and not again what came from the store");
        assert!(
            entries.iter().all(|entry| entry["identifier"] == "eval-gate:shop" && entry["annotator_kind"] == "CODE")
        );
        assert!(
            entries.iter().all(|entry| u64::from_str_radix(entry["span_id"].as_str().unwrap(), 16).unwrap() % 2 == 0)
        );
    }
}

#[test]
fn mistakes_in_the_configuration_are_told_before_anything_is_asked() {
    let store = Store::start(phoenix(1));
    for (from, to, words) in [
        (
            "since: 2026-11-20",
            "since: yesterday",
            &["eval-gate.yaml:3:", "traces.phoenix.since: `yesterday` is no time"][..],
        ),
        ("since: 2026-11-20", "since: 2026-11-22", &["`since` is not before `until`"]),
        ("project: shop", "projct: shop", &["unknown field `projct`", "did you mean `project`?"]),
        ("project: shop", "limit: 0", &["traces.phoenix.limit", "a whole number above 0"]),
        ("http://", "ftp://", &["not http or https"]),
        ("http://", "http://user:pass@", &["a user or a password in it"]),
    ] {
        let project = project(&store);
        project.edit(from, to);
        project.run("sample --to a").expect(2, words).lacks(&["pass@"]);
    }
    assert_eq!(store.asked("").len(), 0);
}
