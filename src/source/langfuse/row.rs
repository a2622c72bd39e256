//! An observation as Langfuse gives it, brought back to the attributes that its SDKs record.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::window::nanoseconds;
use super::metadata::Metadata;
use super::{foreign, usage};
use crate::trace::{Span, Status};

/// An observation. The newer API and the older one name alike what both have.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) trace_id: Option<String>,
    pub(super) project_id: Option<String>,
    parent_observation_id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    name: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
    completion_start_time: Option<String>,
    level: Option<String>,
    status_message: Option<String>,
    environment: Option<String>,
    release: Option<String>,
    version: Option<String>,
    user_id: Option<String>,
    session_id: Option<String>,
    trace_name: Option<String>,
    tags: Option<Vec<String>>,
    input: Value,
    output: Value,
    metadata: Value,
    model: Option<String>,
    /// What some versions call the model.
    provided_model_name: Option<String>,
    model_parameters: Value,
    usage_details: Option<Map<String, Value>>,
    /// US dollars; the older API says them by another name.
    total_cost: Option<f64>,
    calculated_total_cost: Option<f64>,
    prompt_name: Option<String>,
    prompt_version: Value,
}

impl Row {
    /// The span as a library recorded it.
    pub(super) fn into_span(mut self) -> Span {
        let Metadata { own, span, resource, scope } = Metadata::new(self.metadata.take());
        let mut attributes = span;
        for (name, value) in own {
            put(&mut attributes, &format!("langfuse.observation.metadata.{name}"), value);
        }
        self.put_surroundings(&mut attributes);
        if !foreign::restore(&mut attributes, present(&self.input), present(&self.output)) {
            self.put_call(&mut attributes);
        }
        Span {
            id: self.id,
            parent: self.parent_observation_id.filter(|parent| !parent.is_empty()),
            name: self.name.unwrap_or_default(),
            start_ns: nanoseconds(self.start_time.as_deref()),
            end_ns: nanoseconds(self.end_time.as_deref()),
            status: if self.level.as_deref() == Some("ERROR") { Status::Error } else { Status::Unset },
            message: self.status_message.filter(|message| !message.is_empty()),
            attributes: attributes.into(),
            resource: Arc::new(resource.into()),
            scope: Arc::from(scope.unwrap_or_default()),
            ..Span::default()
        }
    }

    /// Who asked, where and under which name, and what it cost.
    fn put_surroundings(&mut self, attributes: &mut Map<String, Value>) {
        let texts = [
            ("user.id", &mut self.user_id),
            ("session.id", &mut self.session_id),
            ("langfuse.environment", &mut self.environment),
            ("langfuse.release", &mut self.release),
            ("langfuse.version", &mut self.version),
            ("langfuse.trace.name", &mut self.trace_name),
        ];
        for (name, text) in texts {
            text.take().filter(|text| !text.is_empty()).into_iter().for_each(|text| put(attributes, name, text.into()));
        }
        if let Some(tags) = self.tags.take().filter(|tags| !tags.is_empty()) {
            put(attributes, "langfuse.trace.tags", tags.into());
        }
        if let Some(cost) = self.total_cost.or(self.calculated_total_cost).filter(|cost| *cost > 0.0) {
            put(attributes, "langfuse.observation.cost_details", json!({"total": cost}));
        }
    }

    /// What was asked and answered.
    fn put_call(&mut self, attributes: &mut Map<String, Value>) {
        let model = self.model.take().filter(|model| !model.is_empty()).or(self.provided_model_name.take());
        let counts = self.usage_details.as_ref().and_then(usage::recorded);
        let values = [
            ("type", self.kind.take().map(|kind| kind.to_ascii_lowercase().into())),
            ("input", Some(self.input.take())),
            ("output", Some(self.output.take())),
            ("level", self.level.clone().map(Value::from)),
            ("status_message", self.status_message.clone().map(Value::from)),
            ("model.name", model.map(Value::from)),
            ("model.parameters", Some(self.model_parameters.take())),
            ("usage_details", counts),
            ("prompt.name", self.prompt_name.take().map(Value::from)),
            ("prompt.version", Some(self.prompt_version.take())),
            ("completion_start_time", self.completion_start_time.take().map(Value::from)),
        ];
        for (name, value) in values {
            let value = value.filter(|value| !value.is_null());
            value.into_iter().for_each(|value| put(attributes, &format!("langfuse.observation.{name}"), value));
        }
    }
}

fn put(attributes: &mut Map<String, Value>, name: &str, value: Value) {
    attributes.insert(name.to_owned(), value);
}

fn present(value: &Value) -> Option<&Value> {
    Some(value).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(value: Value) -> Span {
        serde_json::from_value::<Row>(value).unwrap().into_span()
    }

    #[test]
    fn an_observation_is_what_the_sdk_recorded() {
        let row = json!({
            "id": "s", "traceId": "t", "parentObservationId": "p", "type": "GENERATION", "name": "call", "projectId": "x",
            "startTime": "2026-11-20T10:00:00.250Z", "endTime": "2026-11-20T10:00:01.000Z", "level": "ERROR",
            "statusMessage": "too busy", "environment": "production", "release": "1.4", "version": null, "userId": "u",
            "sessionId": "", "tags": ["a"], "traceName": "support", "input": "[{\"role\": \"user\"}]", "output": null,
            "metadata": {"tier": "gold", "resourceAttributes.service.name": "acme"}, "providedModelName": "m",
            "model": "", "modelParameters": {"temperature": 0}, "usageDetails": {"input": 3, "output": 4},
            "promptName": "agent", "promptVersion": 3, "totalCost": 0.25, "completionStartTime": "2026-11-20T10:00:00.500Z",
        });
        let span = span(row);
        let expected = json!({
            "langfuse.observation.metadata.tier": "gold", "user.id": "u", "langfuse.environment": "production",
            "langfuse.release": "1.4", "langfuse.trace.name": "support", "langfuse.trace.tags": ["a"],
            "langfuse.observation.type": "generation", "langfuse.observation.input": "[{\"role\": \"user\"}]",
            "langfuse.observation.level": "ERROR", "langfuse.observation.status_message": "too busy",
            "langfuse.observation.model.name": "m", "langfuse.observation.model.parameters": {"temperature": 0},
            "langfuse.observation.usage_details": {"input": 3, "output": 4, "input_cached_tokens": 0},
            "langfuse.observation.cost_details": {"total": 0.25}, "langfuse.observation.prompt.name": "agent", "langfuse.observation.prompt.version": 3,
            "langfuse.observation.completion_start_time": "2026-11-20T10:00:00.500Z",
        });
        assert_eq!(Value::Object(span.attributes.clone().into()), expected);
        assert_eq!((span.status, span.parent.as_deref()), (Status::Error, Some("p")));
        assert_eq!(span.duration_ms(), Some(750.0));
        assert_eq!(span.resource.text("service.name"), Some("acme"));
    }

    #[test]
    fn what_another_library_recorded_is_read_by_its_own_names() {
        let row = json!({
            "id": "s", "traceId": "t", "type": "GENERATION", "input": "{}", "output": "o", "tags": ["a"],
            "metadata": {"attributes": {"openinference.span.kind": "LLM", "llm.model_name": "m"}}, "calculatedTotalCost": 0.5,
        });
        let expected = json!({
            "openinference.span.kind": "LLM", "llm.model_name": "m", "langfuse.trace.tags": ["a"],
            "langfuse.observation.cost_details": {"total": 0.5},
            "input.value": "{}", "output.value": "o",
        });
        assert_eq!(Value::Object(span(row).attributes.into()), expected);
    }

    #[test]
    fn an_observation_may_lack_everything() {
        let span = span(json!({"id": "s", "endTime": null, "input": null, "metadata": null, "usageDetails": null}));
        assert_eq!((span.id.as_str(), span.start_ns, span.end_ns), ("s", 0, 0));
        assert!(serde_json::from_value::<Row>(json!({"id": 3})).is_err());
    }
}
