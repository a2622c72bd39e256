//! What real libraries recorded becomes cases, or says why not: a line for every model call of every capture.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use eval_gate::evalset::Case;
use eval_gate::source::otlp;
use eval_gate::trace::{self, Harvest};

const CAPTURES: &str = "tests/fixtures/captures";

/// The scenarios of a producer; a scenario's spans and logs are files of their own.
fn scenarios(producer: &str) -> Vec<(String, Vec<PathBuf>)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(Path::new(CAPTURES).join(producer))
        .expect("the producer's folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let mut scenarios: Vec<(String, Vec<PathBuf>)> = Vec::new();
    for file in files {
        let name = file.file_name().expect("a name").to_string_lossy().split('.').next().expect("a stem").to_owned();
        match scenarios.last_mut().filter(|(last, _)| *last == name) {
            Some((_, files)) => files.push(file),
            None => scenarios.push((name, vec![file])),
        }
    }
    scenarios
}

fn harvest(files: &[PathBuf]) -> Harvest {
    let batch = otlp::read(files).expect("readable");
    assert_eq!(batch.omissions, [], "nothing of a capture is left out");
    trace::cases(&batch.traces)
}

fn table(producer: &str) -> String {
    let mut table = String::new();
    for (scenario, files) in scenarios(producer) {
        let harvest = harvest(&files);
        for found in &harvest.found {
            writeln!(table, "{scenario}: {}", line(&found.case)).expect("a string");
        }
        for skipped in &harvest.skipped {
            writeln!(table, "{scenario}: not replayable: {}", skipped.reason).expect("a string");
        }
        if harvest.found.is_empty() && harvest.skipped.is_empty() {
            writeln!(table, "{scenario}: no model call").expect("a string");
        }
        for what in harvest.approximate.keys() {
            writeln!(table, "{scenario}: approximate: {what}").expect("a string");
        }
    }
    table
}

/// A case in one line: roles, answer, what surrounds it, tokens, model, and who asked.
fn line(case: &Case) -> String {
    let roles: Vec<&str> = case.messages.iter().map(|message| message.role.as_str()).collect();
    let usage = case.recorded.as_ref().and_then(|recorded| recorded.usage);
    let tokens =
        usage.map_or("-".to_owned(), |usage| format!("{}+{} ({} cached)", usage.input, usage.output, usage.cached));
    let parameters: Vec<&str> = case.request.parameters.keys().map(String::as_str).collect();
    let model = case.request.model.as_deref().unwrap_or("-");
    let parts = [
        vec![format!("{} -> {}", roles.join(" "), answer(case))],
        surroundings(case),
        vec![format!("tokens {tokens}"), format!("{model} {}", parameters.join(","))],
        origin(case),
    ];
    parts.concat().join("; ")
}

fn answer(case: &Case) -> String {
    let recorded = case.recorded.as_ref().expect("recorded");
    let Some(output) = &case.output else {
        return format!("{}: {}", recorded.status, recorded.error.as_deref().unwrap_or("no answer"));
    };
    let calls: Vec<&str> = output.tool_calls.iter().filter_map(|call| call["function"]["name"].as_str()).collect();
    let said = output.content.clone().unwrap_or_else(|| format!("calls {}", calls.join(", ")));
    format!("{said:?} ({})", output.finish_reason.as_deref().unwrap_or("?"))
}

fn surroundings(case: &Case) -> Vec<String> {
    let texts = case.documents.iter().filter(|document| !document.content.is_empty()).count();
    let counts = [
        ("documents", case.documents.len()),
        ("with text", texts),
        ("tools", case.tools.len()),
        ("tool results", case.tool_results.len()),
        ("variables", case.variables.len()),
    ];
    counts.into_iter().filter(|(_, count)| *count > 0).map(|(what, count)| format!("{what} {count}")).collect()
}

fn origin(case: &Case) -> Vec<String> {
    let recorded = case.recorded.as_ref().expect("recorded");
    let values = [
        ("cluster", case.cluster.clone()),
        ("prompt", case.trace.as_ref().and_then(|trace| trace.prompt_version.clone())),
        ("tier", case.metadata.get("tier").map(ToString::to_string)),
        ("tags", case.metadata.get("tags").map(ToString::to_string)),
        ("ttft", recorded.ttft_ms.map(|ms| format!("{ms:.0}"))),
    ];
    values.into_iter().filter_map(|(what, value)| Some(format!("{what} {}", value?))).collect()
}

macro_rules! captured {
    ($($name:ident: $producer:literal),* $(,)?) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(table($producer));
        }
    )*};
}

captured! {
    langfuse: "langfuse-v5",
    langsmith: "langsmith-otel",
    openinference_langchain: "openinference-langchain",
    openinference_openai: "openinference-openai",
    openllmetry: "openllmetry",
    otel_genai_span_and_event: "otel-genai-span-and-event",
    otel_latest_span: "otel-v2-latest-span",
    otel_legacy_events: "otel-v2-legacy-events",
    langsmith_in_bytes: "langsmith-0.4.4",
    openinference_anthropic: "openinference-anthropic",
    openinference_llama_index: "openinference-llama-index",
    openinference_openai_agents: "openinference-openai-agents",
    openinference_smolagents: "openinference-smolagents",
    pydantic_ai: "pydantic-ai-1.0.5",
    semantic_kernel: "semantic-kernel",
    strands: "strands-latest",
}
