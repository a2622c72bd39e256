//! Topics of the quickstart's cases, held against the intents that its author gave them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use eval_gate::topic::Topics;
use serde_json::Value;

struct Case {
    text: String,
    cluster: String,
    intent: String,
}

/// The last user message of each case, in the order of the ids.
fn cases() -> Vec<Case> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart/evalsets/support/cases.jsonl");
    let string = |value: &Value| value.as_str().unwrap().to_owned();
    let read = |line: &str| {
        let case: Value = serde_json::from_str(line).unwrap();
        let asked = case["messages"].as_array().unwrap().iter().rfind(|message| message["role"] == "user").unwrap();
        let cluster = string(case.get("cluster").unwrap_or(&case["id"]));
        let intent = string(&case["metadata"]["intent"]);
        (string(&case["id"]), Case { text: string(&asked["content"]), cluster, intent })
    };
    fs::read_to_string(file).unwrap().lines().map(read).collect::<BTreeMap<_, _>>().into_values().collect()
}

fn topics(cases: &[Case], seed: u64) -> Topics {
    let clusters: BTreeSet<&str> = cases.iter().map(|case| case.cluster.as_str()).collect();
    let clusters: BTreeMap<&str, usize> = clusters.into_iter().zip(0..).collect();
    let groups: Vec<usize> = cases.iter().map(|case| clusters[case.cluster.as_str()]).collect();
    let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
    Topics::find(&texts, &groups, seed)
}

/// Precision and recall of the topic that keeps most of the intent's signal, √(precision · recall).
fn best(topics: &Topics, cases: &[Case], intent: &str) -> (f64, f64) {
    let of_intent = cases.iter().filter(|case| case.intent == intent).count() as f64;
    let scores = (0..topics.names.len()).map(|topic| {
        let members = cases.iter().zip(&topics.of).filter(|(_, of)| **of == Some(topic));
        let hits = members.clone().filter(|(case, _)| case.intent == intent).count() as f64;
        (hits / members.count() as f64, hits / of_intent)
    });
    scores.max_by(|a, b| (a.0 * a.1).total_cmp(&(b.0 * b.1))).unwrap()
}

/// Over 100 seeds, 5 to 9 of the 9 intents were found so. The texts are eight words long on average: more would be
/// luck. What no topic has, like the brewing of tea, shares no words between its questions.
#[test]
fn most_intents_have_a_topic_and_safety_has_a_good_one() {
    let cases = cases();
    let intents: BTreeSet<&str> = cases.iter().map(|case| case.intent.as_str()).collect();
    for seed in 0..5 {
        let topics = topics(&cases, seed);
        let is_found = |intent: &&&str| {
            let (precision, recall) = best(&topics, &cases, intent);
            precision >= 0.45 && recall >= 0.25
        };
        let found = intents.iter().filter(is_found).count();
        assert!(2 * found > intents.len(), "seed {seed}: {found} of {} in {:#?}", intents.len(), topics.names);
        let (precision, recall) = best(&topics, &cases, "safety");
        assert!(precision >= 0.55 && recall >= 0.45, "seed {seed}: precision {precision}, recall {recall}");
    }
}
