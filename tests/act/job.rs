//! What act tells of a run, line by line as JSON.

use serde_json::Value;

/// A run of a workflow that has one job.
pub(crate) struct Job {
    entries: Vec<Value>,
    succeeded: bool,
}

impl Job {
    /// Reads act's log; its own errors count as said.
    pub(crate) fn read(log: &str, errors: &str, succeeded: bool) -> Self {
        let entry = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| Value::from(line));
        Self { entries: log.lines().chain(errors.lines()).map(entry).collect(), succeeded }
    }

    /// Asserts that the job ended so, and that its log has these texts.
    #[track_caller]
    pub(crate) fn expect(&self, succeeded: bool, said: &[&str]) -> &Self {
        assert_eq!(self.succeeded, succeeded, "{}", self.log());
        let log = self.log();
        for text in said {
            assert!(log.contains(text), "{log}\nThis is not in it: {text:?}");
        }
        self
    }

    /// Asserts that the log has none of these texts.
    #[track_caller]
    pub(crate) fn lacks(&self, said: &[&str]) -> &Self {
        let log = self.log();
        for text in said {
            assert!(!log.contains(text), "{log}\nThis is in it: {text:?}");
        }
        self
    }

    /// An output of the action, as its caller has it.
    pub(crate) fn output(&self, step: &str, name: &str) -> Option<&str> {
        let is_it = |entry: &&Value| {
            entry["command"] == "set-output"
                && entry["name"] == name
                && entry["stepID"].as_array() == Some(&vec![step.into()])
        };
        self.entries.iter().filter(is_it).find_map(|entry| entry["arg"].as_str())
    }

    /// The job summary. act tells that of a composite twice: of its step and of itself.
    pub(crate) fn summary(&self) -> &str {
        let is_inner = |entry: &&Value| entry["stepID"].as_array().is_some_and(|step| step.len() == 2);
        let summaries = self.entries.iter().filter(|entry| entry["command"] == "summary").filter(is_inner);
        let [summary] = summaries.map(|entry| entry["content"].as_str().unwrap()).collect::<Vec<_>>()[..] else {
            panic!("not one summary in\n{}", self.log());
        };
        summary
    }

    fn log(&self) -> String {
        let text = |entry: &Value| entry["msg"].as_str().or(entry.as_str()).unwrap_or_default().to_owned();
        self.entries.iter().map(|entry| text(entry).trim_end().to_owned() + "\n").collect()
    }
}
