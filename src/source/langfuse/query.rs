//! What is asked for: a window, and conditions in Langfuse's own form.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::Window;
use super::super::http::Pair;
use super::LangfuseConfig;

/// One condition of a filter, as the API takes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The column's type: `string`, `number`, `stringOptions`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The column, such as `model` or `tags`.
    pub column: String,
    /// The operator, such as `=` or `any of`.
    pub operator: String,
    /// What is compared with.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
    /// The key, where the column is an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// What the configuration asks for in a window.
#[derive(Clone, Copy)]
pub(super) struct Query<'a> {
    pub(super) window: Window,
    pub(super) config: &'a LangfuseConfig,
}

/// What the API calls a few things; the older one lists traces in place of observations.
pub(super) struct Names {
    /// The parameters for the window's start and end.
    pub(super) window: [&'static str; 2],
    /// The column of the time.
    pub(super) time: &'static str,
    /// The column of the trace's name.
    pub(super) name: &'static str,
}

impl Condition {
    fn new(kind: &str, column: &str, operator: &str, value: impl Into<Value>) -> Self {
        let [kind, column, operator] = [kind, column, operator].map(str::to_owned);
        Self { kind, column, operator, value: value.into(), key: None }
    }

    pub(super) fn any_of(column: &str, values: &[String]) -> Self {
        Self::new("stringOptions", column, "any of", values)
    }
}

impl Query<'_> {
    /// The parameters that mean the same to one of the APIs.
    pub(super) fn pairs(&self, names: &Names) -> Vec<Pair> {
        let environment =
            self.config.environment.iter().map(|name| Condition::any_of("environment", std::slice::from_ref(name)));
        let name = self.config.name.iter().map(|name| Condition::new("string", names.name, "=", name.as_str()));
        pairs(self.window, environment.chain(name).chain(self.config.filter.iter().cloned()).collect(), names)
    }
}

/// A window and conditions as parameters. A filter goes before all other parameters, so it has the window too; that is also
/// a parameter of its own, without which some servers refuse.
pub(super) fn pairs(window: Window, conditions: Vec<Condition>, names: &Names) -> Vec<Pair> {
    let [since, until] = names.window;
    let mut pairs = vec![(since, millis(window.since)), (until, millis(window.until))];
    if !conditions.is_empty() {
        let mut all = vec![
            Condition::new("datetime", names.time, ">=", millis(window.since)),
            Condition::new("datetime", names.time, "<", millis(window.until)),
        ];
        all.extend(conditions);
        pairs.push(("filter", json!(all).to_string()));
    }
    pairs
}

/// A time as Langfuse itself writes it.
fn millis(time: Timestamp) -> String {
    format!("{time:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = Names { window: ["from", "to"], time: "startTime", name: "traceName" };

    #[test]
    fn a_filter_has_the_window_and_all_conditions() {
        let window =
            Window { since: "2026-11-20T00:00:00Z".parse().unwrap(), until: "2026-11-21T00:00:00Z".parse().unwrap() };
        let asked = |config: &LangfuseConfig| Query { window, config }.pairs(&NAMES);
        let (from, to) = ("2026-11-20T00:00:00.000Z", "2026-11-21T00:00:00.000Z");
        let plain = vec![("from", from.to_owned()), ("to", to.to_owned())];
        assert_eq!(asked(&LangfuseConfig::default()), plain);
        let condition = json!({"type": "number", "column": "latency", "operator": ">", "value": 2.5});
        let config = LangfuseConfig {
            environment: Some("production".into()),
            name: Some("support".into()),
            filter: vec![serde_json::from_value(condition.clone()).unwrap()],
            ..LangfuseConfig::default()
        };
        let pairs = asked(&config);
        assert_eq!(pairs[..2], plain);
        assert_eq!(
            serde_json::from_str::<Value>(&pairs[2].1).unwrap(),
            json!([
                {"type": "datetime", "column": "startTime", "operator": ">=", "value": from},
                {"type": "datetime", "column": "startTime", "operator": "<", "value": to},
                {"type": "stringOptions", "column": "environment", "operator": "any of", "value": ["production"]},
                {"type": "string", "column": "traceName", "operator": "=", "value": "support"},
                condition,
            ])
        );
    }
}
