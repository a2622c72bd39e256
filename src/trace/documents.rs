//! Retrieved passages, from whatever a retriever returned.

use serde_json::{Map, Value};

use super::{attributes, chat};
use crate::evalset::Document;

const TEXT: [&str; 8] = ["content", "text", "page_content", "pageContent", "document", "chunk", "body", "snippet"];
const ID: [&str; 5] = ["id", "_id", "doc_id", "document_id", "chunk_id"];
const SCORE: [&str; 4] = ["score", "similarity", "relevance_score", "similarity_score"];
const LISTS: [&str; 5] = ["output", "documents", "docs", "results", "matches"];

/// Reads what a span that is known to be a retriever returned: a list of documents or of texts, or an object around it.
pub(super) fn read(returned: Value) -> Vec<Document> {
    match returned {
        Value::Array(list) => list.into_iter().filter_map(document).collect(),
        Value::Object(mut map) => {
            LISTS.iter().find_map(|key| map.get_mut(*key).map(Value::take)).map_or_else(Vec::new, read)
        }
        Value::String(text) => serde_json::from_str(&text).map_or_else(|_| Vec::new(), read),
        _ => Vec::new(),
    }
}

/// Reads what a span of unknown purpose returned, only if it is plainly a list of passages: objects that all have
/// text, and are no chat messages.
pub(super) fn read_if_plain(returned: Value) -> Vec<Document> {
    let passage = |value: &Value| {
        let text = ["content", "text", "page_content"].iter().any(|key| value.get(key).is_some_and(Value::is_string));
        text && value.get("role").is_none() && !matches!(value["type"].as_str(), Some("human" | "ai" | "text"))
    };
    match &returned {
        Value::Array(list) if !list.is_empty() && list.iter().all(passage) => read(returned),
        _ => Vec::new(),
    }
}

/// A document, where there is a text or at least an id.
pub(super) fn document(value: Value) -> Option<Document> {
    let mut map = match chat::langchain_body(value) {
        Value::String(content) => {
            return Some(Document { content, ..Document::default() });
        }
        Value::Object(map) => map,
        _ => return None,
    };
    if let Some(Value::Object(inner)) = map.get_mut("document").filter(|inner| inner.is_object()).map(Value::take) {
        map.extend(inner);
        map.remove("document");
    }
    let metadata = metadata(&map);
    let either = |keys: &[&str]| keys.iter().find_map(|key| map.get(*key).or_else(|| metadata.get(*key)).cloned());
    let content = TEXT.iter().find_map(|key| map.get(*key)?.as_str()).map(str::to_owned);
    let id = either(&ID).as_ref().and_then(attributes::label);
    let score = either(&SCORE).as_ref().and_then(attributes::number);
    (content.is_some() || id.is_some()).then(|| Document { id, content: content.unwrap_or_default(), score, metadata })
}

fn metadata(map: &Map<String, Value>) -> Map<String, Value> {
    let recorded = ["metadata", "meta"].iter().find_map(|key| map.get(*key));
    match recorded {
        Some(Value::Object(metadata)) => metadata.clone(),
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_of_every_shape_are_read() {
        let shapes = [
            json!([{"id": "d", "text": "t", "score": 0.5, "meta": {"source": "s"}}]),
            json!({"documents": [{"document_id": "d", "content": "t", "score": 0.5, "metadata": {"source": "s"}}]}),
            json!([{"document": {"id": "d", "content": "t", "score": 0.5, "metadata": "{\"source\": \"s\"}"}}]),
            json!("[{\"id\": \"d\", \"text\": \"t\", \"score\": \"0.5\", \"meta\": {\"source\": \"s\"}}]"),
        ];
        for shape in shapes {
            let read = read(shape.clone());
            assert_eq!(read.len(), 1, "{shape}");
            let want = (Some("d".to_owned()), "t", Some(0.5), "s");
            let got = &read[0];
            assert_eq!(
                (got.id.clone(), got.content.as_str(), got.score, got.metadata["source"].as_str().unwrap()),
                want
            );
        }
    }

    #[test]
    fn id_and_score_may_hide_in_the_metadata() {
        let dumped =
            json!({"output": [{"page_content": "t", "type": "Document", "metadata": {"id": "d", "score": 1}}]});
        let read = read(dumped);
        assert_eq!((read[0].id.as_deref(), read[0].score), (Some("d"), Some(1.0)));
    }

    #[test]
    fn ids_alone_are_documents_without_text() {
        let read = read(json!([{"id": "d", "score": 0.9}]));
        assert_eq!((read[0].id.as_deref(), read[0].content.as_str()), (Some("d"), ""));
    }

    #[test]
    fn other_lists_are_no_documents() {
        for other in [json!([{"role": "user", "content": "q"}]), json!([1, 2]), json!(["a"]), json!("text"), json!([])]
        {
            assert_eq!(read_if_plain(other.clone()), [], "{other}");
        }
        assert_eq!(read_if_plain(json!([{"text": "t"}])).len(), 1);
    }
}
