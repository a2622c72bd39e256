//! `where`: a minijinja expression over the case.

use minijinja::value::Serde;
use minijinja::{Environment, Error, Expression, UndefinedBehavior};
use serde_json::{Map, Value, json};

use super::SampleError;
use crate::evalset::Case;

/// A checked `where`. The expression sees the case's own fields (`metadata`, `messages`, `recorded`, …, the empty ones
/// too), `case` with all of them, and `name`, the traced operation's name, which is `metadata.name`. What is absent
/// counts as false.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Where it is written, for messages.
    key: &'static str,
    text: String,
    environment: Environment<'static>,
}

impl Filter {
    /// Checks the syntax of a `where`.
    pub fn parse(text: &str) -> Result<Self, SampleError> {
        Self::under("where", text)
    }

    /// Checks the syntax of an expression that is written under this key.
    pub(super) fn under(key: &'static str, text: &str) -> Result<Self, SampleError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.set_debug(true); // so that errors know their place
        let filter = Self { key, text: text.to_owned(), environment };
        match filter.compile() {
            Ok(_) => Ok(filter),
            Err(error) => Err(syntax(key, text, &error)),
        }
    }

    /// The expression, ready to be asked.
    pub(super) fn expression(&self) -> Expression<'_, 'static> {
        self.compile().expect("what was compiled once compiles again")
    }

    /// Whether the expression holds for a case.
    pub(super) fn holds(&self, expression: &Expression<'_, '_>, case: &Case) -> Result<bool, SampleError> {
        match expression.eval(Serde(context(case))) {
            Ok(value) => Ok(value.is_true()),
            Err(error) => Err(SampleError::Evaluation { key: self.key, case: title(case), what: reason(&error) }),
        }
    }

    /// The names that the expression uses.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.expression().undeclared_variables(true).into_iter().collect();
        names.retain(|name| self.environment.globals().all(|(global, _)| global != name));
        names.sort_unstable();
        names
    }

    /// The expression as it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Takes those out of some names that a case has.
    pub(super) fn strike_known(case: &Case, names: &mut Vec<String>) {
        if !names.is_empty() {
            let context = context(case);
            names.retain(|name| !has(&context, name));
        }
    }

    fn compile(&self) -> Result<Expression<'_, 'static>, Error> {
        self.environment.compile_expression_owned(self.text.clone())
    }

    pub(super) fn nothing_matches(&self, seen: usize, known: Vec<String>, unknown: Vec<String>) -> SampleError {
        SampleError::NothingMatches { expression: self.text.clone(), seen, known, unknown }
    }
}

/// What the expression sees. Fields that a case leaves out are there all the same, so that `documents|length` is 0.
fn context(case: &Case) -> Map<String, Value> {
    let Ok(Value::Object(own)) = serde_json::to_value(case) else {
        return Map::new();
    };
    let mut full = Map::new();
    for list in ["documents", "tools", "tool_results"] {
        full.insert(list.to_owned(), json!([]));
    }
    for map in ["metadata", "variables", "request"] {
        full.insert(map.to_owned(), json!({}));
    }
    for option in ["output", "recorded", "trace", "cluster"] {
        full.insert(option.to_owned(), Value::Null);
    }
    full.extend(own);
    let name = case.metadata.get("name").cloned();
    full.insert("case".to_owned(), Value::Object(full.clone()));
    full.extend(name.map(|name| ("name".to_owned(), name)));
    full
}

/// Whether a dotted name leads somewhere. What lies within a list is not looked at.
fn has(map: &Map<String, Value>, name: &str) -> bool {
    let (key, rest) = name.split_once('.').map_or((name, None), |(key, rest)| (key, Some(rest)));
    match (map.get(key), rest) {
        (Some(Value::Object(inner)), Some(rest)) => has(inner, rest),
        (Some(Value::Array(_)), Some(_)) => true,
        (found, rest) => found.is_some() && rest.is_none(),
    }
}

fn title(case: &Case) -> String {
    match &case.trace {
        _ if !case.id.is_empty() => case.id.clone(),
        Some(trace) => format!("of trace {}", trace.id),
        None => case.content_id(),
    }
}

fn reason(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)
}

fn syntax(key: &'static str, text: &str, error: &Error) -> SampleError {
    let start = error.range().map_or(text.len(), |range| range.start).min(text.len());
    let column = text.char_indices().take_while(|(index, _)| *index < start).count();
    SampleError::Syntax { key, what: reason(error), expression: text.replace(['\n', '\r', '\t'], " "), column }
}

#[cfg(test)]
mod tests {
    use super::super::{Design, Sample, SampleConfig};
    use super::*;

    fn cases() -> Vec<Case> {
        let values = [
            json!({"id": "a", "messages": [{"role": "user", "content": "Hi"}], "metadata": {"name": "answer", "tier": "pro"}}),
            json!({"id": "b", "messages": [{"role": "user", "content": "Refund?"}], "metadata": {"name": "answer", "tier": "internal"},
                   "recorded": {"status": "ok", "total_ms": 900.0}, "documents": [{"content": "x"}]}),
            json!({"id": "c", "messages": [{"role": "user", "content": "x"}], "metadata": {"name": "title", "n": [1]}}),
        ];
        values.map(|value| serde_json::from_value(value).unwrap()).to_vec()
    }

    fn retain(expression: &str, cases: Vec<Case>) -> Result<Vec<Case>, SampleError> {
        Sample::draw(cases, &Design::new(SampleConfig::default(), Some(expression))?).map(|sample| sample.cases)
    }

    fn kept(expression: &str) -> String {
        retain(expression, cases()).unwrap().into_iter().map(|case| case.id).collect()
    }

    #[test]
    fn expressions_over_the_case() {
        for (expression, wanted) in [
            ("name == 'answer' and metadata.tier != 'internal'", "a"),
            ("true", "abc"),
            ("metadata.tier", "ab"),
            ("not metadata.no.such.thing", "abc"),
            ("documents | length == 0", "ac"),
            ("recorded.total_ms > 500", "b"),
            ("case.messages[-1].content == 'Refund?'", "b"),
            ("'Ref' in messages[0].content", "b"),
            ("case.id in ['a', 'c']", "ac"),
        ] {
            assert_eq!(kept(expression), wanted, "{expression}");
        }
    }

    #[test]
    fn a_syntax_error_shows_its_place() {
        let error = Filter::parse("name = 'answer'").unwrap_err().to_string();
        let lines: Vec<&str> = error.lines().collect();
        assert!(lines[0].starts_with("`where` is not a valid expression: "), "{error}");
        assert_eq!(&lines[1..], ["  name = 'answer'", "       ^"], "{error}");
        for expression in ["", "(", "metadata.", "'open", "é and )"] {
            assert!(matches!(Filter::parse(expression), Err(SampleError::Syntax { .. })), "{expression}");
        }
    }

    #[test]
    fn a_failing_expression_names_the_case() {
        let error = retain("metadata.n + 1 > 2 or metadata.tier", cases()).unwrap_err();
        assert!(matches!(&error, SampleError::Evaluation { key: "where", case, .. } if case == "a"), "{error}");
        let error = retain("name | no_such_filter", cases()).unwrap_err().to_string();
        assert!(error.contains("no_such_filter"), "{error}");
    }

    #[test]
    fn nothing_matching_says_what_there_is() {
        let error = retain("metadata.tire == 'pro'", cases()).unwrap_err().to_string();
        for wanted in ["none of 3 cases", "metadata.name, metadata.tier, recorded.status", "no case has metadata.tire"]
        {
            assert!(error.contains(wanted), "{error}");
        }
        assert!(retain("false", Vec::new()).unwrap().is_empty());
    }

    #[test]
    fn names_that_no_case_has() {
        let unknown = |expression: &str| {
            let mut names = Filter::parse(expression).unwrap().names();
            cases().iter().for_each(|case| Filter::strike_known(case, &mut names));
            names
        };
        assert_eq!(
            unknown("metadata.tire != 'x' and user == 1 and case.metadata.tear"),
            ["case.metadata.tear", "metadata.tire", "user"]
        );
        assert!(unknown("range(3) and metadata.tier and messages[0].content and recorded.total_ms").is_empty());
    }
}
