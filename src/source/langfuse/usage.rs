//! Counts of tokens as Langfuse keeps them: `input` without what was counted under a name of its own, such as
//! `input_cached_tokens`.

use serde_json::{Map, Value, json};

/// What providers that count apart call the tokens that they read from, or wrote to, their cache.
const APART: [&str; 2] = ["cache_read_input_tokens", "cache_creation_input_tokens"];
const CACHED: [&str; 4] = ["input_cached_tokens", "cache_read_input_tokens", "input_cache_read", "input_cached"];

/// The counts as libraries record them: whole, with the cached part beside. `None` where there are none.
pub(super) fn recorded(counts: &Map<String, Value>) -> Option<Value> {
    let plain = |name: &str| counts.get(name).and_then(Value::as_u64);
    let sum = |side: &str| {
        let is_of = |name: &str| name == side || name.strip_prefix(side).is_some_and(|rest| rest.starts_with('_'));
        let parts = counts.iter().filter(|(name, _)| is_of(name) || side == "input" && APART.contains(&name.as_str()));
        let parts: Vec<u64> = parts.filter_map(|(_, count)| count.as_u64()).collect();
        (!parts.is_empty()).then(|| parts.iter().sum::<u64>())
    };
    let (mut input, mut output) = (sum("input")?, sum("output").unwrap_or_default());
    // Counts that are no parts were not taken out of the whole.
    if plain("total").is_some_and(|total| input + output > total) {
        (input, output) = (plain("input")?, plain("output").unwrap_or_default());
    }
    let cached = CACHED.iter().find_map(|name| plain(name)).unwrap_or_default();
    Some(json!({"input": input, "output": output, "input_cached_tokens": cached}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_put_together_again() {
        let whole = |counts: Value| recorded(counts.as_object().unwrap());
        for (counts, input, output, cached) in [
            (json!({"input": 10, "output": 5, "total": 15}), 10, 5, 0),
            (
                json!({"input": 51, "input_cached_tokens": 16, "output": 4, "output_reasoning_tokens": 6, "total": 77}),
                67,
                10,
                16,
            ),
            (json!({"input": 10, "cache_read_input_tokens": 90, "output": 5}), 100, 5, 90),
            (json!({"input": 67, "input_cached_tokens": 16, "output": 10, "total": 77}), 67, 10, 16),
            (json!({"input": 8}), 8, 0, 0),
        ] {
            let expected = json!({"input": input, "output": output, "input_cached_tokens": cached});
            assert_eq!(whole(counts.clone()), Some(expected), "{counts}");
        }
        assert_eq!(whole(json!({})), None);
        assert_eq!(whole(json!({"total": 3})), None);
    }
}
