//! Who answers: found out from the prompt's model, the repository's files and the environment, in this order.

use std::path::Path;

use crate::prompt::Prompt;
use crate::provider::Prices;

/// The largest file that is looked at, in bytes.
const MOST_BYTES: u64 = 1 << 20;
/// Publishers of models as GitHub Models writes them before the model's name.
const PUBLISHERS: [&str; 9] =
    ["openai", "microsoft", "meta", "mistral-ai", "deepseek", "cohere", "ai21-labs", "xai", "core42"];

/// A kind of provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vendor {
    OpenAi,
    Anthropic,
    /// The models that GitHub serves, under GitHub's own token.
    GitHubModels,
}

impl Vendor {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "OpenAI",
            Self::Anthropic => "Anthropic",
            Self::GitHubModels => "GitHub Models",
        }
    }

    /// The key in `providers`.
    pub(super) fn kind(self) -> &'static str {
        if self == Self::Anthropic { "anthropic" } else { "openai" }
    }

    /// The environment variable of its key.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::OpenAi => "OPENAI_API_KEY",
            Self::Anthropic => "ANTHROPIC_API_KEY",
            Self::GitHubModels => "GITHUB_TOKEN",
        }
    }

    pub(super) fn url(self) -> &'static str {
        match self {
            Self::OpenAi => "https://api.openai.com/v1",
            Self::Anthropic => "https://api.anthropic.com",
            Self::GitHubModels => "https://models.github.ai/inference",
        }
    }

    /// A small model, where nothing names one.
    pub(super) fn model(self) -> &'static str {
        match self {
            Self::OpenAi => "gpt-4o-mini",
            Self::Anthropic => "claude-haiku-4-5",
            Self::GitHubModels => "openai/gpt-4o-mini",
        }
    }

    /// Whether a text says that this provider is used: the name of its key, or of its library.
    fn is_in(self, text: &str) -> bool {
        let signs: &[&str] = match self {
            Self::OpenAi => &["OPENAI_API_KEY", "\"openai\"", "\"@ai-sdk/openai\""],
            Self::Anthropic => &["ANTHROPIC_API_KEY", "\"@anthropic-ai/sdk\"", "\"@ai-sdk/anthropic\""],
            Self::GitHubModels => &[],
        };
        signs.iter().any(|sign| text.contains(sign))
    }

    /// Whether a list of Python packages names its library.
    fn is_required_by(self, requirements: &str) -> bool {
        let library = self.kind();
        let is_it = |line: &str| {
            let rest = line.trim_start_matches([' ', '\t', '"', '\'']).strip_prefix(library);
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || "-_.".contains(c)))
        };
        requirements.split(['\n', ',', '[']).any(is_it)
    }
}

/// The provider, how it was found out, and the model.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) vendor: Vendor,
    /// Why this one, in words.
    pub(super) why: String,
    pub(super) model: String,
}

impl Choice {
    /// Chooses for `prompt`; `places` are folders whose `files` may tell, and `lookup` is the environment.
    pub(super) fn find(
        prompt: Option<&Prompt>,
        places: &[(&Path, &[String])],
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let named = prompt.and_then(|prompt| Some((prompt.path.as_str(), prompt.model.as_deref()?)));
        let of_model = named.and_then(|(path, model)| Some((of_model(model)?, format!("{path} names {model}"))));
        let of_files = || places.iter().find_map(|(folder, files)| of_files(folder, files));
        let of_environment = || {
            let is_set = |vendor: &Vendor| lookup(vendor.key()).is_some_and(|key| !key.is_empty());
            let vendor = [Vendor::OpenAi, Vendor::Anthropic].into_iter().find(is_set)?;
            Some((vendor, format!("{} is set", vendor.key())))
        };
        let (vendor, why) = of_model
            .or_else(of_files)
            .or_else(of_environment)
            .unwrap_or((Vendor::OpenAi, "nothing names another".to_owned()));
        let model = named.map_or_else(|| vendor.model().to_owned(), |(_, model)| model.to_owned());
        Self { vendor, why, model }
    }

    /// Whether the price of its model is known.
    pub(super) fn is_priced(&self) -> bool {
        Prices::default().of(&self.model).is_some()
    }
}

fn of_model(model: &str) -> Option<Vendor> {
    let publisher = model.split_once('/').map(|(publisher, _)| publisher);
    if publisher.is_some_and(|publisher| PUBLISHERS.contains(&publisher)) {
        return Some(Vendor::GitHubModels);
    }
    let starts = |signs: &[&str]| signs.iter().any(|sign| model.starts_with(sign));
    match () {
        () if starts(&["gpt-", "chatgpt-", "o1", "o3", "o4"]) => Some(Vendor::OpenAi),
        () if starts(&["claude-"]) => Some(Vendor::Anthropic),
        () => None,
    }
}

/// What a repository's files say, the most telling first. `.env` itself holds secrets and is not read.
fn of_files(folder: &Path, files: &[String]) -> Option<(Vendor, String)> {
    let is_example = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        matches!(name, ".env.example" | ".env.sample" | ".env.template" | ".env.dist" | "env.example")
    };
    let is_workflow = |path: &str| path.starts_with(".github/workflows/");
    let is_manifest = |path: &str| path.ends_with("package.json");
    let is_python = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name == "pyproject.toml"
            || name.strip_prefix("requirements").and_then(|rest| rest.strip_suffix(".txt")).is_some()
    };
    let kinds: [&dyn Fn(&str) -> bool; 4] = [&is_example, &is_workflow, &is_manifest, &is_python];
    kinds.iter().enumerate().find_map(|(number, is_kind)| {
        let texts: Vec<(&String, String)> = files
            .iter()
            .filter(|path| is_kind(path))
            .filter_map(|path| Some((path, read(&folder.join(path))?)))
            .collect();
        [Vendor::OpenAi, Vendor::Anthropic].into_iter().find_map(|vendor| {
            let says = |text: &str| if number == 3 { vendor.is_required_by(text) } else { vendor.is_in(text) };
            let (path, _) = texts.iter().find(|(_, text)| says(text))?;
            Some((vendor, format!("{path} names it")))
        })
    })
}

fn read(path: &Path) -> Option<String> {
    let is_small = path.metadata().is_ok_and(|data| data.len() <= MOST_BYTES);
    if is_small { std::fs::read_to_string(path).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Option<Vendor> {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join(path).parent().unwrap()).unwrap();
        std::fs::write(root.path().join(path), text).unwrap();
        of_files(root.path(), &[path.to_owned()]).map(|(vendor, _)| vendor)
    }

    #[test]
    fn files_tell_the_provider() {
        use Vendor::{Anthropic, OpenAi};
        for (path, text, expected) in [
            (".env.example", "ANTHROPIC_API_KEY=\n", Some(Anthropic)),
            (".env", "ANTHROPIC_API_KEY=secret\n", None),
            (".github/workflows/ci.yml", "key: ${{ secrets.OPENAI_API_KEY }}", Some(OpenAi)),
            ("web/package.json", "{\"dependencies\": {\"@anthropic-ai/sdk\": \"1\"}}", Some(Anthropic)),
            ("requirements-dev.txt", "requests\nanthropic>=0.40\n", Some(Anthropic)),
            ("requirements.txt", "openai-whisper==1\nmy-anthropic\n", None),
            ("pyproject.toml", "dependencies = [\"httpx\", \"openai>=1\"]", Some(OpenAi)),
        ] {
            assert_eq!(found(path, text), expected, "{path}: {text}");
        }
    }

    #[test]
    fn the_prompts_model_comes_before_files_and_environment() {
        let nothing = |_: &str| None;
        let key = |name: &str| (name == "ANTHROPIC_API_KEY").then(|| "k".to_owned());
        for (model, vendor, expected) in [
            ("claude-sonnet-4-5", Vendor::Anthropic, "claude-sonnet-4-5"),
            ("openai/gpt-4.1", Vendor::GitHubModels, "openai/gpt-4.1"),
            ("qwen", Vendor::OpenAi, "qwen"),
        ] {
            let text = format!("model: {model}\nmessages: [{{role: system, content: x}}]");
            let prompt = Prompt::parse("p.yml", &text).unwrap();
            let choice = Choice::find(Some(&prompt), &[], &nothing);
            assert_eq!((choice.vendor, choice.model.as_str()), (vendor, expected));
        }
        let choice = Choice::find(None, &[], &key);
        assert_eq!((choice.vendor, choice.model.as_str()), (Vendor::Anthropic, "claude-haiku-4-5"));
        assert!(choice.is_priced());
        assert_eq!(Choice::find(None, &[], &nothing).vendor, Vendor::OpenAi);
    }
}
