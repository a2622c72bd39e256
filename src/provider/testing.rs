//! Values that the tests of recordings share.

use super::{Completion, Request};

pub(super) fn request(model: &str, question: &str) -> Request {
    let json = serde_json::json!({"model": model, "messages": [{"role": "user", "content": question}]});
    serde_json::from_value(json).unwrap()
}

pub(super) fn said(text: &str) -> Completion {
    Completion { content: Some(text.into()), ..Completion::default() }
}
