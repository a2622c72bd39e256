//! Prompt files that are there already.

use std::collections::BTreeSet;
use std::path::Path;

use minijinja::Environment;

use super::tree::is_aside;
use crate::prompt::Prompt;

/// The largest file that is taken for a prompt, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// The prompts of a project.
#[derive(Debug, Default)]
pub(super) struct Prompts {
    /// The best one.
    pub(super) chosen: Option<Prompt>,
    /// The paths of the others, the better first.
    pub(super) others: Vec<String>,
    /// Files that are no prompts that eval-gate can use, each with why.
    pub(super) unusable: Vec<String>,
}

/// Finds the prompts among `files`, which are relative to `folder`: GitHub Models' prompt files, then text in folders named
/// `prompts`. A prompt's `path` is relative to the folder too.
pub(super) fn find(folder: &Path, files: &[String]) -> Prompts {
    let mut ranked: Vec<(bool, u8, &String)> =
        files.iter().filter_map(|path| Some((is_aside(path), kind(path)?, path))).collect();
    // The sort is stable: what is nearest stays first.
    ranked.sort_by_key(|(is_aside, kind, _)| (*is_aside, *kind));
    let mut prompts = Prompts::default();
    for (.., path) in ranked {
        match read(folder, path) {
            Ok(prompt) if prompts.chosen.is_none() => prompts.chosen = Some(prompt),
            Ok(prompt) => prompts.others.push(prompt.path),
            Err(why) => prompts.unusable.push(why),
        }
    }
    prompts
}

fn kind(path: &str) -> Option<u8> {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = name.to_ascii_lowercase();
    if path.starts_with(".github/") || name.starts_with("readme") {
        return None;
    }
    if name.ends_with(".prompt.yml") || name.ends_with(".prompt.yaml") {
        return Some(0);
    }
    let is_text = [".md", ".txt", ".j2"].iter().any(|end| name.ends_with(end));
    (is_text && folders.split('/').any(|folder| matches!(folder, "prompts" | "prompt"))).then_some(1)
}

fn read(folder: &Path, path: &str) -> Result<Prompt, String> {
    if path.contains("${") {
        return Err(format!("{path}: the configuration would read ${{…}} in its name as a variable; rename it"));
    }
    let file = folder.join(path);
    if file.metadata().is_ok_and(|data| data.len() > MOST_BYTES) {
        return Err(format!("{path}: too large for a prompt"));
    }
    let text = std::fs::read_to_string(file).map_err(|error| format!("{path}: {error}"))?;
    Prompt::parse(path, &text).map_err(|error| error.to_string())
}

/// A variable of the prompt, and where its value comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    /// An expression over the case.
    pub(super) value: String,
    /// Whether the value is only there so that the prompt can be rendered.
    pub(super) is_stand_in: bool,
}

/// The variables that the prompt uses and the cases did not record.
pub(super) fn variables(prompt: &Prompt, recorded: &BTreeSet<String>) -> Vec<Variable> {
    let env = Environment::new();
    let templates = prompt.messages.iter().filter_map(|message| env.template_from_str(&message.content).ok());
    let used: BTreeSet<String> = templates.flat_map(|template| template.undeclared_variables(false)).collect();
    let is_known = |name: &String| *name == "case" || recorded.contains(name) || env.globals().any(|(g, _)| g == name);
    used.into_iter().filter(|name| !is_known(name)).map(variable).collect()
}

fn variable(name: String) -> Variable {
    let value = match name.to_ascii_lowercase().as_str() {
        "question" | "query" | "input" | "message" | "user_input" | "user_message" | "user_query" | "text" => {
            "case.messages[-1].content"
        }
        "context" | "documents" | "docs" | "passages" | "sources" | "knowledge" => {
            "case.documents | map(attribute='content') | join(' ')"
        }
        "history" | "conversation" | "messages" => "case.messages | map(attribute='content') | join(' ')",
        _ => return Variable { value: format!("'({name})'"), name, is_stand_in: true },
    };
    Variable { name, value: value.to_owned(), is_stand_in: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projects_own_prompt_files_come_first() {
        let root = tempfile::tempdir().unwrap();
        let files = [
            ("prompts/README.md", "About prompts."),
            ("prompts/a.md", "Be brief."),
            ("tests/t.prompt.yml", "messages: [{role: system, content: x}]"),
            ("prompts/bad.j2", "{{ oh"),
            ("app/chat.prompt.yml", "messages: [{role: system, content: x}]"),
            ("prompts/${HOME}.md", "x"),
            (".github/prompts/x.md", "x"),
        ];
        for (path, text) in files {
            std::fs::create_dir_all(root.path().join(path).parent().unwrap()).unwrap();
            std::fs::write(root.path().join(path), text).unwrap();
        }
        let found = find(root.path(), &files.map(|(path, _)| path.to_owned()));
        assert_eq!(found.chosen.unwrap().path, "app/chat.prompt.yml");
        assert_eq!(found.others, ["prompts/a.md", "tests/t.prompt.yml"]);
        assert!(found.unusable[0].starts_with("prompts/bad.j2: messages[0] is not a valid template"));
        assert!(found.unusable[1].contains("rename it"));
    }

    #[test]
    fn variables_come_from_where_their_names_say() {
        let text = "{{ question }} {{ tone }} {{ case.id }} {{ plan }} {% for i in range(3) %}{{ i }}{% endfor %}";
        let prompt = Prompt::parse("p.md", text).unwrap();
        let variables = variables(&prompt, &BTreeSet::from(["plan".to_owned()]));
        let told: Vec<_> = variables.iter().map(|v| (v.name.as_str(), v.value.as_str(), v.is_stand_in)).collect();
        assert_eq!(told, [("question", "case.messages[-1].content", false), ("tone", "'(tone)'", true)]);
    }
}
