//! A report of which every text is a stranger's.

use std::collections::BTreeMap;

use eval_gate::report::Report;
use serde_json::{Value, json};

/// Texts that a report has.
pub(crate) const TEXTS: usize = 117;

/// The fixture with more of everything, so that each line of the template is used and budgets cut.
fn template() -> Value {
    let mut report: Value = serde_json::from_str(include_str!("../fixtures/report.json")).unwrap();
    report["setup"]["redacted"] = json!([{"what": "email", "count": 3}, {"what": "card", "count": 1}]);
    report["setup"]["models"] = json!(["m-1", "m-2"]);
    report["scorers"][1]["description"] = json!("describes");
    report["small_slices"] = json!([{"what": "s-1", "count": 1}, {"what": "s-2", "count": 2}]);
    report["verdict"]["reasons"] = (0..6).map(|number| format!("reason {number}")).collect();
    report["verdict"]["test"] = json!("two_samples");
    for list in ["left_out", "approximate", "failed"] {
        report["cases"][list] =
            (0..6).map(|count| json!({"what": format!("{list} {count}"), "count": count})).collect();
    }
    let case = report["results"][0].clone();
    for number in 0..9 {
        let mut case = case.clone();
        case["case"] = json!(format!("case {number}"));
        case["question"] = json!(format!("question {number}"));
        (case["baseline"], case["candidate"]) = (json!(format!("was {number}")), json!(format!("is {number}")));
        case["tags"] = json!({"intent": "safety", "note": format!("note {number}")});
        let reason = format!("reason {number}");
        case["scores"]["danger_rule"]["candidate_reason"] = json!(reason);
        report["results"].as_array_mut().unwrap().push(case);
    }
    report
}

/// A report with these texts for its own. Texts that were the same stay the same, for names refer to each other.
pub(crate) fn filled(texts: &[String]) -> Report {
    let mut filler = Filler { texts: texts.iter().enumerate(), given: BTreeMap::new() };
    let mut report = template();
    filler.fill(&mut report);
    assert_eq!(filler.given.len(), TEXTS);
    serde_json::from_value(report).unwrap()
}

struct Filler<'a> {
    texts: std::iter::Enumerate<std::slice::Iter<'a, String>>,
    given: BTreeMap<String, String>,
}

impl Filler<'_> {
    fn fill(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.instead_of(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill(item)),
            Value::Object(fields) => {
                for (name, mut field) in std::mem::take(fields) {
                    // What the format itself fixes; and a unit decides which scores are told of.
                    if !matches!(name.as_str(), "ruling" | "test" | "outcome" | "unit") || field == "usd" {
                        self.fill(&mut field);
                    }
                    let is_name = matches!(name.as_str(), "danger_rule" | "faithful" | "intent" | "note");
                    fields.insert(if is_name { self.instead_of(&name) } else { name }, field);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The same text may be drawn twice, so a letter and a number behind it tell names apart.
    fn instead_of(&mut self, old: &str) -> String {
        if let Some(new) = self.given.get(old) {
            return new.clone();
        }
        let (number, text) = self.texts.next().expect("there are enough texts");
        let is_taken = self.given.values().any(|given| given == text);
        let new = if is_taken { format!("{text}z{number}") } else { text.clone() };
        self.given.insert(old.to_owned(), new.clone());
        new
    }
}
