//! The window as it is read where all goes well.

use serde_json::{Value, json};

use super::server::{Generation, Held, Langfuse, PROJECT};
use super::{BASIC, cases, observations, project, runnable, sample, trace_id, with_keys};
use crate::model::Model;

#[test]
fn a_window_is_read_whole_page_by_page() {
    let store = Langfuse::with_traces(Generation::New, 1200);
    let (project, ran) = sample(&store, "");
    let window = "from Langfuse's project shop, 2026-11-20T00:00:00Z to 2026-11-21T00:00:00Z";
    ran.expect(0, &["1200 requests seen, 1200 kept", window]).lacks(&["left out"]);
    let cases = cases(&project);
    let first = cases.iter().find(|case| case["messages"][0]["content"] == "question 0").unwrap();
    let metadata = json!({"environment": "production", "service": "acme", "intent": "refund"});
    for (name, value) in metadata.as_object().unwrap() {
        assert_eq!(&first["metadata"][name], value, "{first}");
    }
    assert_eq!(first["recorded"]["scores"], json!({"thumbs": 1.0}));
    assert_eq!(first["recorded"]["usage"], json!({"input": 3, "output": 2, "cached": 0}));
    assert_eq!(first["request"], json!({"model": "m", "parameters": {"temperature": 0.2}}));
    assert_eq!(first["trace"]["url"], format!("{}/project/{PROJECT}/traces/{}", store.url(), trace_id(0)));
    let asked = store.store.asked("v2/observations");
    let lists = asked.iter().filter(|asked| asked.all("fields") == ["core"]).count();
    // 2400 ids by the thousand; then a hundred traces at once, and their scores.
    assert_eq!((lists, asked.len() - lists, store.count("v3/scores")), (3, 12, 12));
    for asked in store.store.asked("") {
        assert_eq!(asked.authorization, format!("Basic {BASIC}"));
    }
}

#[test]
fn a_limit_chooses_the_same_of_the_whole_window() {
    let store = Langfuse::with_traces(Generation::New, 150);
    let project = project(&store.url(), ", limit: 50");
    let ran = with_keys(&project, "sample --to a").expect(0, &["50 kept", "left out: 100 × trace beyond `limit: 50`"]);
    with_keys(&project, "sample --to b").expect(0, &[]);
    assert_eq!(project.read("a/cases.jsonl"), project.read("b/cases.jsonl"), "{ran}");
    let newest =
        cases(&project).iter().filter(|case| case["trace"]["id"].as_str().unwrap() > trace_id(99).as_str()).count();
    assert!((1..40).contains(&newest), "{newest} of 50 are the newest 50");
    let most = store.store.asked("v2/observations").iter().map(|asked| asked.all("filter").concat().len()).max();
    assert!(most < Some(5000), "an address must stay short: {most:?}");
}

#[test]
fn conditions_are_the_servers() {
    let mut held = Held::traces(40);
    for row in &mut held.observations[..20] {
        row["environment"] = json!("staging");
    }
    for row in &mut held.observations[..60] {
        row["tags"] = json!(["prod"]);
    }
    let store = Langfuse::start(Generation::New, held);
    for (more, kept) in [
        ("", 40),
        (", environment: staging", 10),
        (", name: support, filter: [{ type: arrayOptions, column: tags, operator: any of, value: [prod] }]", 30),
        (
            ", environment: production, filter: [{ type: arrayOptions, column: tags, operator: any of, value: [prod] }]",
            20,
        ),
    ] {
        let (project, ran) = sample(&store, more);
        ran.expect(0, &[&format!("{kept} kept")]);
        let read = project.read("a/cases.jsonl");
        assert_eq!(read.lines().count(), kept, "{more}");
    }
    let (_, ran) = sample(&store, ", environment: nowhere");
    ran.expect(4, &["there is no trace in Langfuse's project shop, 2026-11-20T"]);
}

#[test]
fn no_trace_is_cut_by_the_window() {
    let mut held = Held::default();
    for (number, (root, call)) in
        [("2026-11-19T23:59:00", "2026-11-20T00:01:00"), ("2026-11-20T23:59:00", "2026-11-21T00:01:00")]
            .into_iter()
            .enumerate()
    {
        let [mut outer, mut inner] = observations(number);
        for (row, start) in [(&mut outer, root), (&mut inner, call)] {
            row["startTime"] = json!(format!("{start}.000Z"));
            row["endTime"] = json!(format!("{start}.500Z"));
        }
        outer["metadata"]["tier"] = json!("gold");
        held.put(&outer);
        held.put(&inner);
    }
    let (project, ran) = sample(&Langfuse::start(Generation::New, held), "");
    ran.expect(0, &["2 kept"]).lacks(&["left out"]);
    assert!(cases(&project).iter().all(|case| case["metadata"]["tier"] == "gold"), "what encloses a call is read too");
}

#[test]
fn metadata_comes_whole() {
    let long = format!("{}end", "x".repeat(400));
    let mut held = Held::traces(300);
    for row in held.observations.iter_mut().skip(1).step_by(2) {
        row["metadata"]["note"] = json!(long);
        row["metadata"]["deep"] = json!({"a": {"b": long}});
        row["metadata"]["a,b"] = json!(long);
    }
    let store = Langfuse::start(Generation::New, held);
    let (project, ran) = sample(&store, "");
    ran.expect(0, &["300 kept", "left out: 3 × metadata cut at 200 characters, for its name has a comma"]);
    for case in cases(&project) {
        assert_eq!((&case["metadata"]["note"], &case["metadata"]["deep"]["a"]["b"]), (&json!(long), &json!(long)));
    }
    let asked = store.store.asked("v2/observations");
    let named: Vec<_> =
        asked.iter().map(|asked| asked.all("expandMetadata").concat()).filter(|names| !names.is_empty()).collect();
    assert_eq!(named, ["deep.a.b,note"; 3], "asked for apart once, and from then on at once");
}

#[test]
fn scores_are_numbers_labels_or_notes() {
    let mut held = Held::traces(1);
    let call = trace_id(0);
    let span = format!("{:016x}", 2);
    for (name, kind, value, observation) in [
        ("good", "BOOLEAN", json!(1), Value::Null),
        ("tone", "CATEGORICAL", json!("kind"), json!(span)),
        ("note", "TEXT", json!("please look"), Value::Null),
        ("thumbs", "NUMERIC", json!(0), json!(span)),
    ] {
        held.put_score(
            &json!({"name": name, "dataType": kind, "value": value, "traceId": call, "observationId": observation}),
        );
    }
    for generation in [Generation::New, Generation::Old { is_deprecated: false }] {
        let (project, ran) = sample(&Langfuse::start(generation, held.clone()), "");
        ran.expect(0, &["1 kept"]).lacks(&["left out"]);
        let case = &cases(&project)[0];
        assert_eq!(case["recorded"]["scores"], json!({"good": 1.0, "thumbs": 0.5}), "two of a name are averaged");
        assert_eq!(case["metadata"]["tone"], "kind");
        assert_eq!(case["metadata"].get("note"), None);
    }
}

#[test]
fn a_window_that_ends_now_leaves_out_what_may_lack() {
    let store = Langfuse::with_traces(Generation::New, 1);
    let project = project(&store.url(), "");
    project.edit("since: 2026-11-20, until: 2026-11-21", "since: 2026-11-20");
    with_keys(&project, "sample --to a").expect(0, &["as later traces may not be whole yet"]).lacks(&["left out"]);
    let until = store.store.asked("v2/observations")[0].all("toStartTime")[0].parse::<jiff::Timestamp>().unwrap();
    let ago = jiff::Timestamp::now().duration_since(until).as_secs();
    assert!((14 * 60..17 * 60).contains(&ago), "{ago} seconds");
    project.edit("since: 2026-11-20", "since: 2026-11-20, until: 0s");
    with_keys(&project, "sample --to b")
        .expect(0, &["left out: 1 × what Langfuse does not show yet: the window ends less"]);
    project.edit("since: 2026-11-20, until: 0s", "since: 10m");
    with_keys(&project, "sample --to c").expect(2, &["starts less than 15 minutes ago", "`until: 0s`"]);
}

#[test]
fn a_run_writes_its_scores_back_and_a_second_one_replaces_them() {
    let model = Model::fine();
    let store = Langfuse::with_traces(Generation::New, 20);
    let project = runnable(&store.url(), ", write_back: true, environment: production", &model);
    for _ in 0..2 {
        with_keys(&project, "run").expect(0, &["Pass", "40 scores written back as eval-gate:shop"]);
    }
    assert_eq!(store.store.asked("/api/public/scores").len(), 80);
    let held = store.held();
    let written: Vec<&Value> = held.scores.iter().filter(|score| score["name"] != "thumbs").collect();
    assert_eq!(written.len(), 40, "the second run's are in place of the first's");
    let candidate = written.iter().find(|score| score["name"] == "fine.candidate").unwrap();
    assert_eq!((&candidate["value"], &candidate["environment"]), (&json!(1.0), &json!("production")));
    assert_eq!(candidate["metadata"]["by"], "eval-gate:shop");
    assert!(project.read(".eval-gate/report.json").contains(&format!("/project/{PROJECT}/traces/{}", trace_id(0))));
}

#[test]
fn mistakes_in_the_configuration_are_told_before_anything_is_asked() {
    let store = Langfuse::with_traces(Generation::New, 1);
    for (from, to, words) in [
        ("since: 2026-11-20", "since: yesterday", &["traces.langfuse.since: `yesterday` is no time"][..]),
        ("since: 2026-11-20", "since: 2026-11-22", &["`since` is not before `until`"]),
        ("since: 2026-11-20", "envronment: x", &["unknown field `envronment`", "did you mean `environment`?"]),
        ("since: 2026-11-20", "filter: [{ column: a }]", &["traces.langfuse.filter", "missing field `type`"]),
        ("since: 2026-11-20", "limit: 0", &["traces.langfuse.limit", "a whole number above 0"]),
        ("http://", "http://user:pass@", &["a user or a password in it"]),
    ] {
        let project = project(&store.url(), "");
        project.edit(from, to);
        with_keys(&project, "sample --to a").expect(2, words).lacks(&["pass@"]);
    }
    let project = project(&store.url(), "");
    project
        .run("sample --to a")
        .expect(4, &["LANGFUSE_PUBLIC_KEY is not set; set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY"]);
    assert_eq!(store.count(""), 0);
}
