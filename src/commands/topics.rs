//! Classes of queries that nobody declared, for gates with `slices: auto`: found in the inputs, put among the tags.

use serde_json::Value;

use crate::compare::Order;
use crate::evalset::Case;
use crate::score::{GateConfig, Scorer};
use crate::topic::Topics;

/// The tag of classes that were found.
pub(super) const TOPIC: &str = "topic";

/// What a class is found by.
pub(super) struct Input {
    /// What was asked.
    pub(super) text: String,
    /// What the case depends on.
    pub(super) cluster: String,
}

/// Whether any gate asks for classes that nobody declared.
pub(super) fn finds_slices(scorers: &[Scorer]) -> bool {
    scorers.iter().filter_map(|scorer| scorer.gate.as_ref()).any(GateConfig::finds_slices)
}

/// Adds to each case's tags the class that its text falls into.
pub(super) fn name_topics(cases: &mut [Case], seed: u64) {
    // Found in the order of ids, so that the order of a file does not matter.
    let mut by_id: Vec<&mut Case> = cases.iter_mut().collect();
    by_id.sort_by(|a, b| a.id.cmp(&b.id));
    let is_taken = by_id.iter().any(|case| case.metadata.contains_key(TOPIC));
    let input = |case: &&mut Case| Input { text: case.user_text(), cluster: case.cluster_key().to_owned() };
    let inputs: Vec<Input> = by_id.iter().map(input).collect();
    for (case, topic) in by_id.into_iter().zip(topics(&inputs, is_taken, seed)) {
        case.metadata.extend(topic);
    }
}

/// The tag of each input's class, and its value. A tag of that name that production has already keeps its meaning.
pub(super) fn topics(inputs: &[Input], is_taken: bool, seed: u64) -> Vec<Option<(String, Value)>> {
    let texts: Vec<&str> = inputs.iter().map(|input| input.text.as_str()).collect();
    let order = Order::new(inputs.iter().map(|input| input.cluster.as_str()), seed);
    let clusters: Vec<usize> = inputs.iter().map(|input| order.place(&input.cluster)).collect();
    let Topics { names, of } = Topics::find(&texts, &clusters, seed);
    let tag = if is_taken { format!("found_{TOPIC}") } else { TOPIC.to_owned() };
    of.into_iter().map(|topic| Some((tag.clone(), Value::from(names[topic?].clone())))).collect()
}
