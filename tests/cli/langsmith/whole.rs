//! A window that is read whole, from a server that behaves.

use serde_json::{Value, json};

use super::server::{KEY, LangSmith, uuid};
use super::{KEYS, cases, configured, sample, shop};

#[test]
fn a_window_is_read_whole_page_by_page() {
    let langsmith = LangSmith::start(shop(150));
    let (project, ran) = sample(&langsmith);
    let window = "from LangSmith's project shop, 2026-11-20T00:00:00Z to 2026-11-21T00:00:00Z";
    ran.expect(0, &["150 requests seen, 150 kept", window]).lacks(&["left out"]);
    let cases = cases(&project);
    let first = cases.iter().find(|case| case["messages"][0]["content"] == "question 0").unwrap();
    assert_eq!(first["metadata"], json!({"intent": "refund", "tone": "rude", "tags": ["prod"], "name": "answer"}));
    assert_eq!(first["recorded"]["scores"], json!({"user_score": 0.5}));
    assert_eq!(first["recorded"]["usage"], json!({"input": 10, "output": 2, "cached": 4}));
    assert_eq!((&first["recorded"]["ttft_ms"], &first["recorded"]["total_ms"]), (&json!(250.0), &json!(999.999)));
    let link = format!(
        "{}/o/6b2d1f1e-0000-4000-8000-0000000000aa/projects/p/{}/r/{}?poll=true",
        langsmith.store.url,
        uuid(0xb0, 1),
        uuid(0xa, 1)
    );
    assert_eq!(first["trace"]["url"], link);
    let asked = langsmith.store.asked("");
    let paths: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    // Three pages of roots and five of runs, and nothing for feedback.
    assert_eq!((paths[0], paths.len()), ("/api/v1/sessions", 9));
    assert!(paths[1..].iter().all(|path| *path == "/api/v2/runs/query"), "{paths:?}");
    for asked in &asked {
        assert_eq!((asked.header("x-api-key"), asked.header("x-tenant-id")), (KEY, ""));
    }
    for asked in &asked[1..4] {
        assert_eq!(asked.body["min_start_time"], "2026-11-20T00:00:00Z", "on every page");
        assert_eq!(asked.body["max_start_time"], "2026-11-21T00:00:00Z");
    }
    assert!(asked[4..].iter().all(|asked| asked.body["min_start_time"] == "2026-11-20T09:50:00.000001Z"));
}

#[test]
fn a_server_without_the_second_version_gives_the_same_cases() {
    let (new, old) = (LangSmith::start(shop(150)), LangSmith::start(shop(150)));
    old.held.lock().unwrap().is_old = true;
    let (newer, ran) = sample(&new);
    ran.expect(0, &[]);
    let (older, ran) = sample(&old);
    ran.expect(0, &["150 requests seen, 150 kept"]).lacks(&["left out"]);
    let told = |project, langsmith: &LangSmith| -> Vec<String> {
        let mut cases = cases(project);
        cases.iter_mut().for_each(|case| case["cluster"] = json!(null));
        cases.iter().map(|case| case.to_string().replace(&langsmith.store.url, "")).collect()
    };
    for (newer, older) in told(&newer, &new).iter().zip(told(&older, &old)) {
        assert_eq!(*newer, older);
    }
    assert_eq!(old.store.asked("/v2/runs/query").len(), 1, "it is not asked for what it lacks again");
    assert!(old.store.asked("/v1/runs/query").iter().all(|asked| asked.body["limit"] == 100));
}

#[test]
fn of_a_few_traces_each_is_asked_for_and_of_many_their_window() {
    let langsmith = LangSmith::start(shop(150));
    for (limit, requests, each) in [(10, 10, true), (50, 5, false)] {
        let project = configured(&langsmith);
        project.edit("project: shop", &format!("project: shop, limit: {limit}"));
        let before = langsmith.store.asked("/query").len();
        let words = format!("left out: {} × trace beyond `limit: {limit}`", 150 - limit);
        project.run_with("sample --to a", &[KEYS]).expect(0, &[&format!("{limit} kept"), &words]);
        let asked = langsmith.store.asked("/query").split_off(before + 3);
        assert_eq!(asked.len(), requests);
        assert!(asked.iter().all(|asked| asked.body["trace_id"].is_string() == each));
        project.run_with("sample --to b", &[KEYS]).expect(0, &[]);
        assert_eq!(project.read("a/cases.jsonl"), project.read("b/cases.jsonl"));
    }
}

#[test]
fn filters_are_the_servers_and_reach_it_as_they_are_written() {
    for is_old in [false, true] {
        let mut held = shop(20);
        held.is_old = is_old;
        held.runs.iter_mut().step_by(4).for_each(|root| root["name"] = json!("refunds"));
        let langsmith = LangSmith::start(held);
        let project = configured(&langsmith);
        project
            .edit("project: shop", "project: shop, filter: 'eq(name, \"refunds\")', tree_filter: 'has(tags, \"a\")'");
        project.run_with("sample --to a", &[KEYS]).expect(0, &["10 requests seen, 10 kept"]).lacks(&["left out"]);
        let (roots, runs): (Vec<_>, Vec<_>) =
            langsmith.store.asked("/query").into_iter().partition(|asked| asked.body["is_root"] == true);
        assert!(roots.iter().chain(&runs).all(|asked| asked.body["tree_filter"] == "has(tags, \"a\")"));
        assert!(roots.iter().all(|asked| asked.body["filter"].as_str().unwrap().contains("eq(name, \"refunds\")")));
        assert!(runs.iter().all(|asked| asked.body["trace_filter"] == "eq(name, \"refunds\")"));
        assert_eq!(roots[0].body["filter"], "eq(name, \"refunds\")");
    }
}

#[test]
fn a_trace_is_not_cut_by_the_end_of_the_window() {
    let mut held = shop(40);
    for (at, start, end) in
        [(0, "2026-11-20T23:59:59Z", "2026-11-21T00:03:00Z"), (1, "2026-11-21T00:02:00Z", "2026-11-21T00:02:59Z")]
    {
        held.runs[at]["start_time"] = json!(start);
        held.runs[at]["end_time"] = json!(end);
    }
    // This one begins after the window and is another window's.
    held.runs[2]["start_time"] = json!("2026-11-21T00:00:01Z");
    let langsmith = LangSmith::start(held);
    let (project, ran) = sample(&langsmith);
    ran.expect(0, &["39 requests seen, 39 kept"]).lacks(&["left out"]);
    assert!(cases(&project).iter().any(|case| case["messages"][0]["content"] == "question 0"));
}

#[test]
fn project_and_workspace_may_come_from_the_environment() {
    let langsmith = LangSmith::start(shop(3));
    let project = configured(&langsmith);
    project.edit("project: shop, ", "");
    project.edit(&format!("base_url: \"{}/api/v1\", ", langsmith.store.url), "");
    let endpoint = format!("{}/api", langsmith.store.url);
    let variables = [
        ("LANGCHAIN_ENDPOINT", endpoint.as_str()),
        ("LANGCHAIN_API_KEY", KEY),
        ("LANGCHAIN_PROJECT", "shop"),
        ("LANGSMITH_WORKSPACE_ID", "workspace-1"),
    ];
    project.run_with("sample --to a", &variables).expect(0, &["3 requests seen, 3 kept"]);
    let asked: Vec<_> = langsmith.store.asked("");
    assert!(asked.iter().all(|asked| asked.header("x-tenant-id") == "workspace-1"));
}

/// A captured span as the server would keep it, its ids made into UUIDs.
fn kept(span: &Value) -> Value {
    let attributes: serde_json::Map<String, Value> = span["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attribute| {
            let value = attribute["value"].as_object().unwrap().values().next().unwrap();
            (attribute["key"].as_str().unwrap().to_owned(), value.clone())
        })
        .collect();
    let parsed = |value: &Value| {
        value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()).filter(Value::is_object)
    };
    let json = |name: &str| attributes.get(name).and_then(&parsed);
    let id = |hex: &str| format!("{hex:0>32}");
    let long = |hex: &Value| {
        hex.as_str()
            .map(id)
            .map(|hex| format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
    };
    let time = |name: &str| {
        jiff::Timestamp::from_nanosecond(span[name].as_str().unwrap().parse().unwrap()).unwrap().to_string()
    };
    let metadata: serde_json::Map<String, Value> = attributes
        .iter()
        .filter_map(|(name, value)| {
            Some((name.strip_prefix("langsmith.metadata.")?.to_owned(), parsed(value).unwrap_or_else(|| value.clone())))
        })
        .collect();
    let count = |name: &str| {
        attributes.get(name).and_then(|value| value.as_str()?.parse::<u64>().ok().or_else(|| value.as_u64()))
    };
    let failed = span["events"].as_array().and_then(|events| {
        events.first()?["attributes"].as_array()?.get(1)?["value"]["stringValue"].as_str().map(str::to_owned)
    });
    let root = span["parentSpanId"].as_str().is_none_or(str::is_empty);
    let tags =
        attributes.get("langsmith.span.tags").and_then(Value::as_str).map(|tags| tags.split(", ").collect::<Vec<_>>());
    json!({
        "id": if root { long(&span["traceId"]) } else { long(&span["spanId"]) }, "trace_id": long(&span["traceId"]),
        "parent_run_id": long(&span["parentSpanId"]), "name": span["name"], "run_type": attributes["langsmith.span.kind"],
        "status": if failed.is_some() { "error" } else { "success" }, "error": failed,
        "start_time": time("startTimeUnixNano"), "end_time": time("endTimeUnixNano"), "session_id": uuid(0xb0, 1),
        "app_path": "/o", "dotted_order": "x", "inputs": json("gen_ai.prompt"), "outputs": json("gen_ai.completion"),
        "extra": {"metadata": metadata}, "tags": tags,
        "prompt_tokens": count("gen_ai.usage.input_tokens"), "completion_tokens": count("gen_ai.usage.output_tokens"),
    })
}

/// The runs of a file of traces. A root's id is its trace's, so those below it are told so.
fn captured(text: &[u8]) -> Vec<Value> {
    let export: Value = serde_json::from_slice(text).unwrap();
    let scopes =
        export["resourceSpans"].as_array().unwrap().iter().flat_map(|spans| spans["scopeSpans"].as_array().unwrap());
    let spans: Vec<&Value> = scopes.flat_map(|scope| scope["spans"].as_array().unwrap()).collect();
    let is_root = |id: &Value| {
        spans.iter().any(|span| span["spanId"] == *id && span["parentSpanId"].as_str().is_none_or(str::is_empty))
    };
    spans
        .iter()
        .map(|span| {
            let mut run = kept(span);
            if is_root(&span["parentSpanId"]) {
                run["parent_run_id"] = run["trace_id"].clone();
            }
            run
        })
        .collect()
}

#[test]
fn what_the_sdk_exports_as_files_reads_the_same_from_the_store() {
    let files = crate::support::fixtures("captures/langsmith-otel");
    let mut held = shop(0);
    held.runs = files.iter().flat_map(|(_, content)| captured(content)).collect();
    assert!(held.runs.len() > 12);
    let langsmith = LangSmith::start(held);
    let project = configured(&langsmith);
    project.edit("since: 2026-11-20, until: 2026-11-21", "since: 2026-01-01, until: 2027-01-01");
    project.run_with("sample --to store", &[KEYS]).expect(0, &[]).lacks(&["left out"]);
    files.iter().for_each(|(name, content)| project.write(&format!("traces/{name}"), content));
    project.write("eval-gate.yaml", "version: 1\ntraces: { otlp: { files: [traces] } }\n");
    project.run_with("sample --to files", &[]).expect(0, &[]);
    let read = |folder: &str| {
        let mut cases: Vec<Value> = project
            .read(&format!("{folder}/cases.jsonl"))
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        for case in &mut cases {
            for (part, name) in [("", "id"), ("", "cluster"), ("trace", "id"), ("trace", "span"), ("trace", "url")] {
                let part = if part.is_empty() { case.as_object_mut() } else { case[part].as_object_mut() };
                part.unwrap().remove(name);
            }
        }
        cases.sort_by_key(ToString::to_string);
        cases
    };
    let (store, files) = (read("store"), read("files"));
    assert!(!files.is_empty());
    assert_eq!(store, files);
}
