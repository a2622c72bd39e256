//! Fresh answers without secrets and personal data. A model that sees pseudonyms may still say an address that it was
//! trained on, or make up a number that is somebody's.

use crate::provider::{Cleaner, Completion, Request};
use crate::redact::Redactor;

/// Redacts fresh answers, each by itself: in the order in which answers come, no two runs would number them alike.
pub(super) fn cleaner(rules: Redactor) -> Cleaner {
    Cleaner::new(move |request, completion| clean(&rules, request, completion))
}

/// What the request says may be said again: what of it came from traces is redacted already, and the rest is the prompt's.
fn clean(rules: &Redactor, request: &Request, completion: &mut Completion) {
    let calls = completion.tool_calls.iter().map(ToString::to_string);
    let mut texts = completion.content.iter().chain(&completion.refusal).cloned().chain(calls);
    // Most answers have nothing to hide, and a request may be a hundred times as long as its answer.
    if texts.all(|text| rules.find(&text).is_empty()) {
        return;
    }
    let said: String = request.messages.iter().chain(&request.tools).map(|part| part.to_string() + "\n").collect();
    let mut redactor = rules.fresh().sparing(&said);
    for text in completion.content.iter_mut().chain(&mut completion.refusal) {
        redactor.replace(text);
    }
    for call in &mut completion.tool_calls {
        redactor.json(call);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::redact::RedactConfig;

    fn cleaned(asked: &str, answer: &str) -> Completion {
        let request = Request {
            model: "m".into(),
            messages: vec![json!({"role": "user", "content": asked})],
            tools: Vec::new(),
            parameters: Map::new(),
        };
        let call = json!({"function": {"name": "send", "arguments": json!({"to": answer}).to_string()}});
        let mut completion = Completion {
            content: Some(answer.into()),
            refusal: Some(answer.into()),
            tool_calls: vec![call],
            ..Completion::default()
        };
        clean(&Redactor::new(&RedactConfig::default()).unwrap(), &request, &mut completion);
        completion
    }

    #[test]
    fn what_the_model_makes_up_goes_and_what_it_was_told_stays() {
        let completion =
            cleaned("Say \"help@shop.example\". I am <EMAIL_1>.", "help@shop.example, ana@example.com, <EMAIL_1>");
        let wanted = "help@shop.example, <EMAIL_100001>, <EMAIL_1>";
        assert_eq!((completion.content.as_deref(), completion.refusal.as_deref()), (Some(wanted), Some(wanted)));
        assert_eq!(completion.tool_calls[0]["function"]["arguments"], json!({"to": wanted}).to_string());
    }
}
