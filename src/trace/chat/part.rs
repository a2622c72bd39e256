//! Content parts of any provider, as `OpenAI`'s.

use serde_json::{Map, Value, json};

use super::super::Refusal;
use super::message::Body;
use super::{call, pick, pick_text};

/// Parts that Bedrock and Gemini mark by their key instead of a `type`.
const KEYED: [(&str, &str); 8] = [
    ("text", "text"),
    ("toolUse", "tool_call"),
    ("functionCall", "tool_call"),
    ("function_call", "tool_call"),
    ("toolResult", "tool_result"),
    ("functionResponse", "tool_result"),
    ("function_response", "tool_result"),
    ("image", "image"),
];

/// Reads one part into a message's body.
pub(super) fn read(mut part: Map<String, Value>, body: &mut Body) -> Result<(), Refusal> {
    if part.get("tool_call").is_some_and(Value::is_object) {
        body.calls.push(call::call(&Value::Object(part))?);
        return Ok(());
    }
    if let Some(Value::Object(inner)) = part.get_mut("message_content").map(Value::take) {
        part = inner;
    }
    let (kind, part) = kind(part);
    match kind.as_str() {
        "text" | "input_text" | "output_text" | "text-plain" => {
            body.text(string(&part, &["text", "content", "value"]).ok_or(Refusal::NoContent)?)
        }
        "reasoning" | "thinking" | "redacted_thinking" | "reasoning_content" => Ok(()),
        "tool_call" | "tool_use" | "tool-call" | "function" => {
            body.calls.push(call::call(&Value::Object(part))?);
            Ok(())
        }
        "tool_call_response" | "tool_result" | "tool-result" => body.result(&part),
        _ => {
            body.parts.push(media(&kind, &part)?);
            Ok(())
        }
    }
}

/// What kind of part it is, and the object that holds its fields.
fn kind(mut part: Map<String, Value>) -> (String, Map<String, Value>) {
    if let Some(kind) = pick_text(&part, &["type", "block_type"]) {
        return (kind.to_owned(), part);
    }
    for (key, kind) in KEYED {
        match part.get_mut(key).map(Value::take) {
            None | Some(Value::Null) => {}
            Some(Value::Object(inner)) => return (kind.to_owned(), inner),
            Some(value) => {
                part.insert(key.to_owned(), value);
                return (kind.to_owned(), part);
            }
        }
    }
    (part.keys().next().cloned().unwrap_or_default(), part)
}

/// Text under one of several keys; unlike `pick_text`, the empty text counts.
fn string<'a>(part: &'a Map<String, Value>, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| part.get(*key)?.as_str())
}

fn media(kind: &str, part: &Map<String, Value>) -> Result<Value, Refusal> {
    match kind {
        "refusal" => {
            Ok(json!({"type": "refusal", "refusal": pick_text(part, &["refusal"]).ok_or(Refusal::NoContent)?}))
        }
        "image_url" | "input_image" | "image" | "image-url" => image(part),
        "blob" | "binary" | "media" | "uri" => by_modality(part),
        "input_audio" => kept(kind, part, "data"),
        "file" | "input_file" | "document" => kept("file", part, "file_data"),
        _ => Err(Refusal::UnknownPart(kind.to_owned())),
    }
}

/// A part that is kept as `OpenAI` has it, provided that its data is there.
fn kept(kind: &str, part: &Map<String, Value>, data: &str) -> Result<Value, Refusal> {
    if part.get("modality").is_some_and(|modality| modality == "image") {
        return Err(Refusal::ImageWithoutData);
    }
    let fields = part.get(kind).and_then(Value::as_object).unwrap_or(part);
    pick_text(fields, &[data]).ok_or(Refusal::FileWithoutData)?;
    let fields: Map<String, Value> =
        fields.iter().filter(|(key, _)| *key != "type").map(|(key, value)| (key.clone(), value.clone())).collect();
    Ok(json!({"type": kind, (kind): fields}))
}

/// The OpenTelemetry conventions' `blob` (data inside) and `uri` (data elsewhere).
fn by_modality(part: &Map<String, Value>) -> Result<Value, Refusal> {
    let mime = pick_text(part, &["mime_type", "media_type", "mimeType"]).unwrap_or_default();
    let modality = pick_text(part, &["modality"]).or(mime.split('/').next()).unwrap_or_default();
    match (modality, pick_text(part, &["content", "data"])) {
        ("image", Some(data)) if !mime.is_empty() => Ok(image_url(&data_url(mime, data))),
        ("image", _) => image(part),
        ("audio", Some(data)) => {
            let format = mime.rsplit('/').next().unwrap_or_default();
            Ok(json!({"type": "input_audio", "input_audio": {"data": data, "format": format}}))
        }
        _ => Err(Refusal::FileWithoutData),
    }
}

/// An image by its data, or by a public address. A reference into a tracing product's store is neither.
fn image(part: &Map<String, Value>) -> Result<Value, Refusal> {
    let named = pick(part, &["image_url", "image", "url", "uri", "source"]);
    let mut holder = named.unwrap_or(&Value::Null);
    while let Some(inner) = ["url", "image", "source"].iter().find_map(|key| holder.get(key)) {
        holder = inner;
    }
    if let Some(url) = holder.as_str().filter(|url| replayable(url)) {
        let detail = named.and_then(|named| named.get("detail"));
        return Ok(detail.map_or_else(
            || image_url(url),
            |detail| json!({"type": "image_url", "image_url": {"url": url, "detail": detail}}),
        ));
    }
    let fields = holder.as_object().unwrap_or(part);
    let data = pick_text(fields, &["data", "base64", "bytes"]).ok_or(Refusal::ImageWithoutData)?;
    let mime = pick_text(fields, &["media_type", "mime_type", "mimeType"])
        .map(str::to_owned)
        .or_else(|| Some(format!("image/{}", pick_text(part, &["format"])?)))
        .ok_or(Refusal::ImageWithoutData)?;
    Ok(image_url(&data_url(&mime, data)))
}

fn replayable(url: &str) -> bool {
    let data =
        url.strip_prefix("data:").and_then(|rest| rest.split_once(',')).is_some_and(|(_, data)| !data.is_empty());
    data || url.starts_with("https://") || url.starts_with("http://")
}

fn image_url(url: &str) -> Value {
    json!({"type": "image_url", "image_url": {"url": url}})
}

fn data_url(mime: &str, data: &str) -> String {
    format!("data:{mime};base64,{data}")
}

#[cfg(test)]
mod tests {
    use super::super::request;
    use super::*;

    #[test]
    fn images_need_their_data() {
        let data = "data:image/png;base64,iVBORw0KGgo=";
        let want = json!([{"type": "text", "text": "t"}, {"type": "image_url", "image_url": {"url": data}}]);
        let with_data = [
            json!({"type": "image_url", "image_url": {"url": data}}),
            json!({"type": "image_url", "image_url": data}),
            json!({"type": "input_image", "image_url": data}),
            json!({"type": "image", "image": {"image": {"url": data}}}),
            json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}),
            json!({"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}}),
            json!({"type": "blob", "modality": "image", "mime_type": "image/png", "content": "iVBORw0KGgo="}),
        ];
        for part in with_data {
            let read = request::input(json!([{"role": "user", "content": [{"type": "text", "text": "t"}, part]}]));
            assert_eq!(read.map(|read| read.messages[0].content.clone()), Ok(want.clone()), "{part}");
        }
        let without = [
            json!({"type": "image_url", "image_url": {"url": "@@@langfuseMedia:type=image/png|id=x|source=y@@@"}}),
            json!({"type": "image_url", "image_url": {"url": null}}),
            json!({"type": "image_url"}),
            json!({"type": "image", "image": {"image": {"url": "__REDACTED__"}}}),
            json!({"type": "blob", "modality": "image", "mime_type": "image/png"}),
            json!({"type": "uri", "modality": "image", "uri": "gs://bucket/x.png"}),
            json!({"type": "file", "modality": "image", "file_id": "f"}),
        ];
        for part in without {
            let read = request::input(json!([{"role": "user", "content": [part]}]));
            assert_eq!(read.err(), Some(Refusal::ImageWithoutData), "{part}");
        }
    }
}
