//! A server's refusal, read from the many shapes in which servers put it.

use std::time::Duration;

use serde_json::Value;

use super::Completion;
use super::error::{QUOTED_CHARS, quote};
use super::failure::Failure;

/// A server's refusal.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// The error's `code`, else its `type`: `insufficient_quota`, `content_filter`, …
    pub(super) code: String,
    pub(super) message: String,
    pub(super) retry_after: Option<Duration>,
}

impl Refusal {
    /// Reads the body of an answer whose status tells of an error. Servers differ: `{"error": {"message", "code"}}`,
    /// `{"error": "text"}`, `{"message"}`, `{"detail"}`, or no JSON at all.
    pub(super) fn read(status: u16, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let parsed = serde_json::from_str::<Value>(&text).unwrap_or_default();
        let object = parsed.get("error").filter(|error| !error.is_null()).unwrap_or(&parsed);
        let message = [&object["message"], &object["detail"], object].into_iter().find_map(Value::as_str);
        let message = quote(message.unwrap_or(&text), QUOTED_CHARS);
        Self { status, code: code(object), message, retry_after: None }
    }

    /// Reads an error object that came inside an answer with status 200. Its status is the number it names, or follows
    /// from its code; what is neither is the server's own fault.
    pub(super) fn inside(error: &Value) -> Self {
        let refusal = Self::read(0, error.to_string().as_bytes());
        let named = error["code"].as_u64().or_else(|| error["status"].as_u64());
        let status = named.and_then(|status| u16::try_from(status).ok()).filter(|status| (400..600).contains(status));
        let status = status.unwrap_or_else(|| implied_status(&refusal.code));
        Self { status, ..refusal }
    }

    /// Whether the account is out of quota or money. `OpenAI` gives that the status of a rate limit, Anthropic that of
    /// a bad request.
    pub(super) fn is_quota(&self) -> bool {
        self.status == 402
            || matches!(self.code.as_str(), "insufficient_quota" | "billing_hard_limit_reached")
            || self.message.contains("credit balance is too low")
    }

    /// A prompt that the provider's filter blocked counts as answered, with a refusal: the prompt is what is judged.
    pub(super) fn answered(self) -> Result<Completion, Failure> {
        let is_filtered = matches!(self.code.as_str(), "content_filter" | "content_policy_violation")
            || self.message.contains("content filtering policy");
        if !is_filtered {
            return Err(Failure::Refused(self));
        }
        let finish_reason = Some("content_filter".to_owned());
        Ok(Completion { refusal: Some(self.message), finish_reason, ..Completion::default() })
    }
}

fn code(error: &Value) -> String {
    let text = error["code"].as_str().or_else(|| error["type"].as_str());
    quote(text.unwrap_or_default(), 60)
}

fn implied_status(code: &str) -> u16 {
    match code {
        "invalid_request_error" | "content_filter" | "content_policy_violation" => 400,
        "authentication_error" | "invalid_api_key" => 401,
        "permission_error" => 403,
        "not_found_error" | "model_not_found" => 404,
        "rate_limit_error" | "rate_limit_exceeded" | "insufficient_quota" => 429,
        "overloaded_error" => 529,
        _ => 500,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_many_servers() {
        for (body, code, message) in [
            (r#"{"error":{"message":"no","type":"t","code":"c"}}"#, "c", "no"),
            (r#"{"error":{"message":"no","type":"t","code":null}}"#, "t", "no"),
            (r#"{"error":"no"}"#, "", "no"),
            (r#"{"object":"error","message":"no","code":400}"#, "", "no"),
            (r#"{"detail":"no"}"#, "", "no"),
            (r#"{"detail":[{"loc":["body"]}]}"#, "", r#"{"detail":[{"loc":["body"]}]}"#),
            ("<html>\n<b>no</b>", "", "<html> <b>no</b>"),
            ("", "", ""),
        ] {
            let refusal = Refusal::read(400, body.as_bytes());
            assert_eq!((refusal.code.as_str(), refusal.message.as_str()), (code, message), "{body}");
        }
    }

    #[test]
    fn errors_inside_an_answer_get_a_status() {
        for (error, status) in [
            (r#"{"message":"m","code":429}"#, 429),
            (r#"{"message":"m","type":"overloaded_error"}"#, 529),
            (r#"{"message":"m","type":"invalid_request_error"}"#, 400),
            (r#"{"message":"m","code":7}"#, 500),
            (r#""out of memory""#, 500),
        ] {
            let error = serde_json::from_str(error).unwrap();
            assert_eq!(Refusal::inside(&error).status, status, "{error}");
        }
    }
}
