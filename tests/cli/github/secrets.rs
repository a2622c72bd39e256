//! A corpus of made-up secrets and personal data in every place of a trace: none of it may be found in any file, request,
//! comment or output of a run.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;
use serde_json::{Map, Value, json};

use super::run_in_actions;
use super::server::GitHub;
use crate::model::{Model, Says, system};
use crate::support::{Project, Ran};

/// Each line has a text in which brackets enclose what must not be found. The points in it are taken out here, for a
/// scanner of repositories would take it for the real thing.
const CORPUS: &str = include_str!("../../fixtures/secrets.jsonl");

/// What the model says of its own accord: nobody told it.
const INVENTED: &str = "made.up@invented.example";

struct Planted {
    name: String,
    text: String,
    secrets: Vec<String>,
}

fn corpus() -> Vec<Planted> {
    let planted = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let marked = line["text"].as_str().unwrap().replace('·', "");
        let secrets = marked.split('⟦').skip(1).map(|rest| rest.split_once('⟧').unwrap().0.to_owned()).collect();
        let name = format!("{}/{}", line["kind"].as_str().unwrap(), line["name"].as_str().unwrap());
        Planted { name, text: marked.replace(['⟦', '⟧'], ""), secrets }
    };
    CORPUS.lines().map(planted).collect()
}

/// Looks for secrets in every form that a text may be written in.
struct Search {
    pattern: Regex,
    needles: Vec<(String, String)>,
}

impl Search {
    fn new<'p>(corpus: impl Iterator<Item = &'p Planted>) -> Self {
        let mut needles = Vec::new();
        for planted in corpus {
            for secret in &planted.secrets {
                let json = Value::from(secret.as_str()).to_string();
                let twice = Value::from(json.as_str()).to_string();
                let inner = |text: &str| text.trim_matches(['"', '\\']).to_owned();
                let forms = [secret.clone(), inner(&json), inner(&twice), in_url(secret), STANDARD.encode(secret)];
                needles.extend(forms.map(|form| (form, planted.name.clone())));
            }
        }
        let alternatives: Vec<String> = needles.iter().map(|(form, _)| regex::escape(form)).collect();
        let pattern = regex::RegexBuilder::new(&alternatives.join("|")).size_limit(1 << 28).build().unwrap();
        Self { pattern, needles }
    }

    /// What of the corpus is in a text, as lines that name it.
    fn leaks(&self, place: &str, text: &str) -> Vec<String> {
        let name = |found: &str| self.needles.iter().find(|(form, _)| form == found).map(|(_, name)| name.clone());
        let found = self.pattern.find_iter(text).map(|found| found.as_str());
        found.map(|found| format!("{place}: {} ({found})", name(found).unwrap_or_default())).collect()
    }
}

fn in_url(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => write!(encoded, "%{byte:02X}").unwrap(),
        }
    }
    encoded
}

fn span(number: usize, id: usize, kind: &str, name: &str, attributes: Value) -> Value {
    let Value::Object(mut attributes) = attributes else { panic!("an object") };
    attributes.insert("openinference.span.kind".into(), kind.into());
    let attributes: Vec<Value> = attributes
        .iter()
        .map(|(key, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            json!({"key": key, "value": {"stringValue": text}})
        })
        .collect();
    let start = 1_795_436_733_000_000_000_u64 + number as u64 * 1_000_000_000 + id as u64 * 10_000_000;
    let (parent, id) = (if id == 0 { "" } else { "00000000000000aa" }, 0xaa + id);
    json!({
        "traceId": format!("{:032x}", number + 1), "spanId": format!("{id:016x}"), "parentSpanId": parent, "name": name,
        "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + 5_000_000).to_string(), "attributes": attributes,
    })
}

/// A trace with the text wherever an application may put one.
fn export(number: usize, text: &str) -> Value {
    let arguments = json!({"query": text, "deep": json!({"note": text}).to_string()}).to_string();
    let messages = json!({
        "0.message.role": "system", "0.message.content": format!("Old prompt. {text}"),
        "1.message.role": "user", "1.message.content": text,
        "2.message.role": "assistant", "2.message.tool_calls.0.tool_call.id": "call_1",
        "2.message.tool_calls.0.tool_call.function.name": "look_up",
        "2.message.tool_calls.0.tool_call.function.arguments": arguments,
        "3.message.role": "tool", "3.message.tool_call_id": "call_1", "3.message.content": json!({"found": text}).to_string(),
        "4.message.role": "assistant", "4.message.content": format!("I read: {text}"),
        "5.message.role": "user", "5.message.content": format!("question {number}: {text}"), "5.message.name": text,
    });
    let mut call: Map<String, Value> = messages
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (format!("llm.input_messages.{key}"), value.clone()))
        .collect();
    let more = json!({
        "llm.model_name": "m", "session.id": text, "user.id": text, "url.full": text, "tag.tags": json!([text]).to_string(),
        "metadata": json!({"intent": (["refund", "shipping"][number % 2]), "note": text, "user_id": text}).to_string(),
        "llm.invocation_parameters": json!({"temperature": 0, "user": text, "stop": [text]}).to_string(),
        "llm.prompt_template.variables": json!({"question": text, "deep": {"list": [text]}}).to_string(),
        "llm.prompt_template.version": text,
        "llm.output_messages.0.message.role": "assistant", "llm.output_messages.0.message.content": format!("fine: {text}"),
    });
    call.extend(more.as_object().unwrap().clone());
    let tool = json!({"tool.name": "look_up", "input.value": arguments, "output.value": text});
    let retriever = json!({
        "retrieval.documents.0.document.content": text, "retrieval.documents.0.document.id": text,
        "retrieval.documents.0.document.metadata": json!({"author": text}).to_string(),
    });
    let mut call = span(number, 3, "LLM", text, call.into());
    if number.is_multiple_of(4) {
        call["status"] = json!({"code": 2, "message": format!("refused: {text}")});
    }
    let root = span(number, 0, "CHAIN", text, json!({"input.value": text, "session.id": text}));
    let spans = [root, span(number, 1, "RETRIEVER", text, retriever), span(number, 2, "TOOL", text, tool), call];
    let resource = json!({"attributes": [{"key": "host.name", "value": {"stringValue": text}}]});
    json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "openinference"}, "spans": spans}]}]})
}

/// A model that says again all that it is told and something more, as a judge too.
fn parrot() -> Model {
    Model::start(|request| {
        let messages: Vec<&str> =
            request["messages"].as_array().unwrap().iter().filter_map(|message| message["content"].as_str()).collect();
        let all = format!("{}\nAsk {INVENTED}.", messages.join("\n"));
        let is_judge = system(request).contains("score");
        Says::Text(if is_judge { json!({"reason": all, "score": 3}).to_string() } else { format!("fine: {all}") })
    })
}

fn config(model: &Model, cases: &str) -> String {
    let url = &model.url;
    format!(
        "version: 1\nname: shop\n{cases}\ncandidate: {{ prompt: prompt.txt }}\nbaseline: recorded\nproviders:\n  \
         default: {{ openai: {{ base_url: \"{url}\", model: m, retries: 0, timeout: 20 }} }}\nscorers:\n  \
         fine: {{ contains: fine, gate: {{ max_drop: 0.1, slices: [metadata.intent, auto] }} }}\n  \
         short: {{ max_words: 10 }}\n  helpful: {{ judge: helpfulness }}\ngithub: {{ check: true }}\n"
    )
}

/// Every file below a folder but the traces, with its name.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("traces") {
            found.extend(files(&path));
        } else if path.is_file() {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            found.push((path.display().to_string(), text));
        }
    }
    found
}

#[test]
fn nothing_of_a_corpus_of_secrets_leaves_in_a_run() {
    let corpus = corpus();
    assert!(corpus.len() > 300 && corpus.iter().all(|planted| !planted.secrets.is_empty()));
    let invented = Planted { name: "invented".into(), text: INVENTED.into(), secrets: vec![INVENTED.into()] };
    let search = Search::new(corpus.iter().chain([&invented]));
    let (project, model, github) = (Project::new(), parrot(), GitHub::start());
    let lines = corpus.iter().enumerate().map(|(number, planted)| export(number, &planted.text).to_string() + "\n");
    let traces: String = lines.collect();
    assert!(corpus.iter().all(|planted| !search.leaks("", &json!(planted.text).to_string()).is_empty()));
    project.write("traces/day.jsonl", traces);
    project.write("prompt.txt", "You help customers.");
    let live = "traces:\n  otlp: { files: [traces] }";
    project.write("eval-gate.yaml", config(&model, live));

    let mut said = Vec::new();
    let mut does = |arguments: &str| -> Ran {
        let ran = run_in_actions(&project, &github, arguments, "pull_request", &[]);
        said.push((arguments.to_owned(), ran.to_string()));
        ran
    };
    does("sample --to evalset").expect(0, &[]);
    does("run --out .eval-gate/live").expect(0, &[]);
    project.write("eval-gate.yaml", config(&model, "evalset: evalset"));
    does("check").expect(0, &[]);
    does("run --record recorded.jsonl").expect(0, &[]);
    does("baseline --to baseline.json").expect(0, &[]);
    let cases = project.read("evalset/cases.jsonl");
    let case: Value = serde_json::from_str(cases.lines().next().unwrap()).unwrap();
    does(&format!("replay {}", case["id"].as_str().unwrap())).expect(0, &[]);
    does("redact traces/day.jsonl").expect(0, &[]);
    does("redact --check traces/day.jsonl").expect(1, &[]);

    assert!(cases.lines().count() > corpus.len() * 9 / 10, "{}", cases.lines().count());
    let mut texts = files(&project.path(""));
    let runs: Vec<String> = said.iter().map(|(_, text)| text.chars().take(4000).collect()).collect();
    texts.extend(said);
    texts.extend(model.asked().iter().map(|asked| ("to the model".to_owned(), asked.to_string())));
    let asked = github.asked("", "");
    texts.extend(asked.iter().map(|asked| (format!("to GitHub, {}", asked.path), asked.body.to_string())));
    for part in ["issues/7/comments", "check-runs"] {
        assert!(!github.asked("POST", part).is_empty(), "{part}: {}", runs.join("\n"));
    }
    let leaks: Vec<String> = texts.iter().flat_map(|(place, text)| search.leaks(place, text)).collect();
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}
