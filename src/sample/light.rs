//! Cases without what a survey does not look at: texts are most of a case, and redacting them most of the work.

use std::sync::LazyLock;

use regex::Regex;

use super::{Design, Filter};
use crate::evalset::Case;

/// What an expression asks for of the large fields of a case.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Fields of which it looks at the texts.
    texts: Vec<String>,
    /// Lists of which it asks for nothing but their length.
    lengths: Vec<String>,
    everything: bool,
}

impl Asked {
    /// What the expressions of this design ask for.
    pub(super) fn by(design: &Design) -> Self {
        design.expressions().fold(Self::default(), Self::and)
    }

    fn and(mut self, filter: &Filter) -> Self {
        let first = |name: String| {
            let name = name.strip_prefix("case.").unwrap_or(&name);
            name.split('.').next().unwrap_or_default().to_owned()
        };
        let fields: Vec<String> = filter.names().into_iter().map(first).collect();
        // All that there is may be asked for by `case` alone, and the id is made of the content.
        self.everything |= fields.iter().any(|field| field == "case" || field == "id");
        let (lengths, texts): (Vec<_>, Vec<_>) =
            fields.into_iter().partition(|field| only_length(filter.text(), field));
        self.lengths.extend(lengths);
        self.texts.extend(texts);
        self
    }

    /// Empties the fields that are not asked for, and of lists the elements, where it is but their number.
    pub(super) fn lighten(&self, case: &mut Case) {
        if self.everything {
            return;
        }
        self.list("messages", &mut case.messages);
        self.list("documents", &mut case.documents);
        self.list("tools", &mut case.tools);
        self.list("tool_results", &mut case.tool_results);
        if !self.text("variables") {
            case.variables.clear();
        }
        if !self.text("output") {
            case.output = None;
        }
        if !self.text("request") {
            case.request.parameters.clear();
        }
    }

    fn text(&self, field: &str) -> bool {
        self.texts.iter().any(|asked| asked == field)
    }

    fn list<T: Default>(&self, field: &str, list: &mut Vec<T>) {
        if self.text(field) {
            return;
        }
        if self.lengths.iter().any(|asked| asked == field) {
            list.iter_mut().for_each(|element| *element = T::default());
        } else {
            list.clear();
        }
    }
}

/// A list's name with all that may follow it in an expression, as in `documents | length`.
static LENGTH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(messages|documents|tools|tool_results)\b(\s*\|\s*(?:length|count)\b)?").expect("a constant")
});

/// Whether an expression uses a list only for its length. Where its name is met in any other way, even in a text, it may not.
fn only_length(expression: &str, list: &str) -> bool {
    let mut uses = LENGTH.captures_iter(expression).filter(|found| &found[1] == list).peekable();
    uses.peek().is_some() && uses.all(|found| found.get(2).is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::SampleConfig;
    use super::*;

    /// The first message and document that a survey with this filter looks at, as far as it does.
    fn kept(expression: &str) -> (Option<String>, Option<String>) {
        let design = Design::new(SampleConfig::default(), Some(expression)).unwrap();
        let mut case: Case = serde_json::from_value(json!({
            "messages": [{"role": "user", "content": "Hi"}], "documents": [{"content": "x"}], "metadata": {"a": 1},
        }))
        .unwrap();
        Asked::by(&design).lighten(&mut case);
        assert_eq!(case.metadata.len(), 1);
        let message = case.messages.first().map(|message| message.content.as_str().unwrap_or_default().to_owned());
        (message, case.documents.first().map(|document| document.content.clone()))
    }

    #[test]
    fn what_an_expression_may_look_at_stays() {
        let (message, document, empty) = (Some("Hi".to_owned()), Some("x".to_owned()), Some(String::new()));
        assert_eq!(kept("metadata.a == 1"), (None, None));
        assert_eq!(kept("documents | length > 0"), (None, empty.clone()));
        assert_eq!(kept("case.documents|count > 0 and documents | length"), (None, empty));
        assert_eq!(kept("documents | length > 0 and documents[0].content == 'x'"), (None, document.clone()));
        assert_eq!(kept("documents | length_of"), (None, document.clone()));
        assert_eq!(kept("'Hi' in messages[0].content"), (message.clone(), None));
        assert_eq!(kept("case.messages[-1].content == 'Hi'"), (message.clone(), None));
        for all in ["case['messages']", "case | length", "id == 'x'", "case.id == 'x'", "case[metadata.a]"] {
            assert_eq!(kept(all), (message.clone(), document.clone()), "{all}");
        }
    }
}
