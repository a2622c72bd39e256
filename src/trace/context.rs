//! Who asked, and what the application says about the request.

use serde_json::{Map, Value};

use super::tree::Tree;
use super::{Attributes, attributes};

const SESSION: [&str; 9] = [
    "session.id",
    "gen_ai.conversation.id",
    "langfuse.session.id",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.conversation_id",
    "langsmith.metadata.session_id",
    "langsmith.metadata.thread_id",
    "langsmith.metadata.conversation_id",
    "ai.telemetry.metadata.sessionId",
];

const USER: [&str; 6] = [
    "user.id",
    "enduser.id",
    "langfuse.user.id",
    "traceloop.association.properties.user_id",
    "langsmith.metadata.user_id",
    "ai.telemetry.metadata.userId",
];

/// Where applications put metadata, one attribute each.
const METADATA: [&str; 3] = ["traceloop.association.properties.", "langsmith.metadata.", "ai.telemetry.metadata."];

/// The same for Langfuse, which writes the values as JSON.
const JSON_METADATA: [&str; 2] = ["langfuse.trace.metadata.", "langfuse.observation.metadata."];

const TAGS: [&str; 3] = ["tag.tags", "langfuse.trace.tags", "langsmith.span.tags"];

/// Metadata that libraries write for themselves, by the start of its name.
const NOISE: [&str; 7] = ["ls_", "lc_", "langgraph_", "LANGSMITH_", "LANGCHAIN_", "__", "checkpoint_"];

/// Metadata that identifies people, or that is read elsewhere.
const ELSEWHERE: [&str; 17] = [
    "session_id",
    "sessionId",
    "thread_id",
    "threadId",
    "conversation_id",
    "conversationId",
    "user_id",
    "userId",
    "user",
    "usage_metadata",
    "finish_reason",
    "response_format",
    "revision_id",
    "run_id",
    "resourceAttributes",
    "scope",
    "tools",
];

/// Keys inside the JSON attribute `metadata`.
const INSIDE: [&[&str]; 2] = [&["session_id", "thread_id", "conversation_id"], &["user_id"]];

/// Who made a request: the session's and the user's id as recorded.
#[derive(Debug, Clone, Default, PartialEq)]
struct Who {
    session: Option<String>,
    user: Option<String>,
}

/// The ids of a trace. They may be on any span: root spans often lack them.
pub(super) struct Context<'a> {
    tree: &'a Tree<'a>,
    spans: Vec<Who>,
    anyone: Who,
}

impl<'a> Context<'a> {
    pub(super) fn new(tree: &'a Tree<'a>) -> Self {
        let spans: Vec<Who> = tree.trace.spans.iter().map(|span| who(&span.attributes)).collect();
        let anyone = Who {
            session: spans.iter().find_map(|who| who.session.clone()),
            user: spans.iter().find_map(|who| who.user.clone()),
        };
        Self { tree, spans, anyone }
    }

    /// The session's id, else the user's: from the nearest span that has it, else from any.
    pub(super) fn cluster(&self, at: usize) -> Option<String> {
        let near = || std::iter::once(at).chain(self.tree.ancestors(at)).map(|at| &self.spans[at]);
        let session = near().find_map(|who| who.session.clone()).or_else(|| self.anyone.session.clone());
        session.or_else(|| near().find_map(|who| who.user.clone())).or_else(|| self.anyone.user.clone())
    }
}

fn who(recorded: &Attributes) -> Who {
    let metadata = recorded.json("metadata").unwrap_or_default();
    let inside = |keys: &[&str]| keys.iter().find_map(|key| attributes::label(metadata.get(key)?));
    let named = |keys: &[&str]| keys.iter().find_map(|key| recorded.label(key));
    Who { session: named(&SESSION).or_else(|| inside(INSIDE[0])), user: named(&USER).or_else(|| inside(INSIDE[1])) }
}

/// Tags and metadata of a span and of everything around it; the nearest span wins.
pub(super) fn metadata(tree: &Tree<'_>, at: usize) -> Map<String, Value> {
    let mut metadata = deployment(&tree.span(at).resource, &tree.span(at).attributes);
    let mut around: Vec<usize> = tree.ancestors(at).collect();
    around.reverse();
    let mut tags: Vec<Value> = Vec::new();
    for place in around.into_iter().chain([at]) {
        let recorded = &tree.span(place).attributes;
        metadata.extend(own(recorded));
        for tag in own_tags(recorded) {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
    }
    if !tags.is_empty() {
        metadata.insert("tags".to_owned(), Value::Array(tags));
    }
    metadata
}

fn own(recorded: &Attributes) -> Map<String, Value> {
    let mut metadata = match recorded.json("metadata") {
        Some(Value::Object(metadata)) => metadata,
        _ => Map::new(),
    };
    for prefix in METADATA {
        metadata.extend(recorded.under(prefix).map(|(name, value)| (name.to_owned(), value.clone())));
    }
    for prefix in JSON_METADATA {
        let parsed = |value: &Value| value.as_str().and_then(|text| serde_json::from_str(text).ok());
        metadata.extend(
            recorded
                .under(prefix)
                .map(|(name, value)| (name.to_owned(), parsed(value).unwrap_or_else(|| value.clone()))),
        );
    }
    metadata.retain(|name, value| {
        let noise = NOISE.iter().any(|prefix| name.starts_with(prefix)) || ELSEWHERE.contains(&name.as_str());
        !noise && !value.is_null()
    });
    metadata
}

/// Tags as a list, as a JSON list, or as words between commas.
fn own_tags(recorded: &Attributes) -> Vec<Value> {
    let read = |key: &&str| match (recorded.json(key), recorded.text(key)) {
        (Some(Value::Array(tags)), _) => tags,
        (_, Some(text)) => text.split(',').map(|tag| tag.trim().into()).collect(),
        _ => Vec::new(),
    };
    TAGS.iter().flat_map(read).collect()
}

/// Where the application ran.
fn deployment(resource: &Attributes, span: &Attributes) -> Map<String, Value> {
    let places: [(&str, &[&str]); 3] = [
        ("environment", &["deployment.environment.name", "deployment.environment", "langfuse.environment"]),
        ("service", &["service.name"]),
        ("release", &["langfuse.release", "service.version"]),
    ];
    let unnamed = |name: &str| name == "langsmith" || name.starts_with("unknown_service");
    let mut map = Map::new();
    for (name, keys) in places {
        let value = keys.iter().find_map(|key| span.text(key).or_else(|| resource.text(key)));
        if let Some(value) = value.filter(|value| !unnamed(value)) {
            map.insert(name.to_owned(), value.into());
        }
    }
    map
}
