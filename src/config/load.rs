//! Reads the file: YAML, then variables, then section by section, so that one mistake does not hide the others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_yaml::Value;

use super::check::{Sections, check, check_candidate, relative};
use super::error::{ConfigError, Mistake, in_plain_words, with_suggestion};
use super::locate::locate;
use super::variables::expand;
use super::{Config, Then, not_set};

/// The keys of the configuration's first level.
const KEYS: [&str; 16] = [
    "version",
    "name",
    "evalset",
    "traces",
    "redact",
    "sample",
    "candidate",
    "baseline",
    "baseline_max_age",
    "vars",
    "providers",
    "prices",
    "scorers",
    "decision",
    "budget",
    "github",
];

impl Config {
    /// Reads and checks a configuration. Environment variables come from `lookup`.
    pub fn read(path: &Path, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.into(), source })?;
        Self::parse(path, &text, lookup)
    }

    /// Checks a configuration's text; `path` tells the folder that its paths are relative to, and names it in errors.
    pub fn parse(path: &Path, text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader { file: path.display().to_string(), text, mistakes: Vec::new() };
        let Some(mut root) = reader.parse_yaml() else {
            return Err(ConfigError::Invalid(reader.mistakes));
        };
        let missing = expand(&mut root, lookup);
        reader.report_missing(&missing);
        let missing_keys: BTreeSet<String> = reader.mistakes.iter().map(|mistake| mistake.key.clone()).collect();
        let sections = Sections::read(&mut reader, &root);
        let config = check(&mut reader, path, sections, missing);
        match config {
            Some(config) if reader.mistakes.is_empty() => Ok(config),
            _ => {
                // What else is said of a value that is not there is of the text that stands for it.
                reader.mistakes.retain(|mistake| mistake.missing.is_some() || !missing_keys.contains(&mistake.key));
                reader.mistakes.sort_by_key(|mistake| mistake.place);
                Err(ConfigError::Invalid(reader.mistakes))
            }
        }
    }
}

impl Then {
    /// Reads what an arm is made of in a configuration's text, whatever the other sections say: `title` names the text in
    /// errors, and `folder` is what its paths are relative to.
    pub fn parse(
        title: &str,
        folder: &Path,
        text: &str,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader { file: title.to_owned(), text, mistakes: Vec::new() };
        let then = reader.parse_yaml().map(|mut root| {
            let missing = expand(&mut root, lookup);
            let written = reader.section(&root, "candidate").unwrap_or_default();
            // A provider that could not be used then answered nobody; today's stands in for it.
            let mut of_providers = Reader { file: title.to_owned(), text, mistakes: Vec::new() };
            let providers = of_providers.entries(&root, "providers");
            let candidate = check_candidate(&mut reader, written, folder);
            Self { candidate, providers: relative(providers, folder), missing }
        });
        then.filter(|_| reader.mistakes.is_empty()).ok_or(ConfigError::Invalid(reader.mistakes))
    }
}

/// Reads sections and gathers what is wrong with them.
pub(super) struct Reader<'a> {
    file: String,
    text: &'a str,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    /// Notes a mistake under `key`, with its place.
    pub(super) fn wrong(&mut self, key: &str, message: impl Into<String>) {
        let (file, place) = (self.file.clone(), locate(self.text, key));
        self.mistakes.push(Mistake { file, place, key: key.to_owned(), message: message.into(), missing: None });
    }

    /// The text that is read.
    pub(super) fn text(&self) -> &str {
        self.text
    }

    fn parse_yaml(&mut self) -> Option<Value> {
        match serde_yaml::from_str::<Value>(self.text) {
            Ok(root @ Value::Mapping(_)) => Some(root),
            Ok(_) => {
                self.wrong("", "this is no configuration: it has no keys; the README explains one by example");
                None
            }
            Err(error) => {
                let place = error.location().map(|place| (place.line(), place.column()));
                let message = format!("not valid YAML: {error}");
                let file = self.file.clone();
                self.mistakes.push(Mistake { file, place, key: String::new(), message, missing: None });
                None
            }
        }
    }

    fn report_missing(&mut self, missing: &BTreeMap<String, String>) {
        for (key, name) in missing.iter().filter(|(key, _)| !key.starts_with("providers.")) {
            self.wrong(key, not_set(name));
            if let Some(mistake) = self.mistakes.last_mut() {
                mistake.missing = Some(name.clone());
            }
        }
    }

    /// Reports keys that mean nothing.
    pub(super) fn check_keys(&mut self, root: &Value) {
        for key in root.as_mapping().into_iter().flat_map(|map| map.keys()) {
            let Some(key) = key.as_str() else {
                self.wrong("", "a key of the first level is not text");
                continue;
            };
            if !KEYS.contains(&key) {
                let known: Vec<String> = KEYS.iter().map(|key| format!("`{key}`")).collect();
                self.wrong(
                    key,
                    with_suggestion(&format!("unknown field `{key}`, expected one of {}", known.join(", "))),
                );
            }
        }
    }

    /// One section; `None` where it is absent, empty or wrong.
    pub(super) fn section<T: DeserializeOwned>(&mut self, root: &Value, key: &str) -> Option<T> {
        self.value(root.get(key).filter(|value| !value.is_null())?, key)
    }

    /// The entries of a section that maps names to things, each read alone.
    pub(super) fn entries<T: DeserializeOwned>(&mut self, root: &Value, key: &str) -> Vec<(String, T)> {
        let Some(map) = root.get(key).filter(|value| !value.is_null()) else { return Vec::new() };
        let Some(map) = map.as_mapping() else {
            self.wrong(key, "expected a mapping from names to entries");
            return Vec::new();
        };
        let mut entries = Vec::new();
        for (name, value) in map {
            match name.as_str() {
                Some(name) => entries.extend(self.value(value, &format!("{key}.{name}")).map(|v| (name.to_owned(), v))),
                None => self.wrong(key, "a name must be text; put it in quotes"),
            }
        }
        entries
    }

    fn value<T: DeserializeOwned>(&mut self, value: &Value, key: &str) -> Option<T> {
        let read = serde_path_to_error::deserialize(value.clone());
        read.map_err(|error| {
            let below = error.path().to_string();
            let key = if below == "." { key.to_owned() } else { format!("{key}.{below}") };
            self.wrong(&key, with_suggestion(&in_plain_words(&error.inner().to_string())));
        })
        .ok()
    }
}
