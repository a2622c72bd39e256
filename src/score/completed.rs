//! `completed: {}`: whether the model came to the end of an answer.
//!
//! There has to be text or a tool call, and it has to have ended by itself: not cut off by a limit or a filter, and not
//! in the API's refusal field. A refusal in plain words is an answer here; [`super::refusal`] looks for those. A
//! missing finish reason, as in many traces, is no fault.

use super::Score;
use super::subject::Exchange;

/// How an answer ends by itself, in the words of the chat API and of the dialects that traces keep.
const ENDS: [&str; 6] = ["stop", "tool_calls", "function_call", "end_turn", "stop_sequence", "tool_use"];

/// The model has to come to the end of an answer.
#[derive(Debug)]
pub struct Completed;

impl Completed {
    /// 1 if there is a whole answer.
    pub fn score(&self, exchange: &Exchange<'_>) -> Score {
        fault(exchange).map_or(Score::number(1.0), |fault| Score::because(0.0, &fault))
    }
}

fn fault(exchange: &Exchange<'_>) -> Option<String> {
    let completion = &exchange.answer.completion;
    if exchange.refused() {
        return Some("the model refused".to_owned());
    }
    if exchange.text().trim().is_empty() && completion.tool_calls.is_empty() {
        return Some("the answer is empty".to_owned());
    }
    let reason = completion.finish_reason.as_deref()?;
    let ended = ENDS.iter().any(|end| end.eq_ignore_ascii_case(reason));
    (!ended).then(|| format!("the answer ended with \"{reason}\""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::score::testing::{answer, calls, case, says, score};

    #[test]
    fn an_answer_has_to_come_to_its_end() {
        let table = [
            ("Hello.", Some("stop"), 1.0),
            ("Hello.", Some("STOP"), 1.0),
            ("Hello.", None, 1.0),
            ("Hello", Some("length"), 0.0),
            ("Hello", Some("content_filter"), 0.0),
            ("Hello", Some("something new"), 0.0),
            (" \r\n", Some("stop"), 0.0),
        ];
        for (text, reason, expected) in table {
            let mut completion = says(text);
            completion.finish_reason = reason.map(ToOwned::to_owned);
            let score = score("completed: {}", &case(json!({})), answer(completion));
            assert_eq!(score.value(), Some(expected), "{text:?} {reason:?}: {score:?}");
        }
    }

    #[test]
    fn a_tool_call_is_an_answer_and_a_refusal_is_not() {
        let called = calls("lookup_order", &json!("{}"));
        assert_eq!(score("completed: {}", &case(json!({})), answer(called)).value(), Some(1.0));
        let mut refused = says("No.");
        refused.refusal = Some("No.".to_owned());
        assert_eq!(score("completed: {}", &case(json!({})), answer(refused)).reason(), Some("the model refused"));
    }
}
