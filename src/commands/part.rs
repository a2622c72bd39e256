//! A part of a run: what one machine of several worked through, in a file of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::carry_out::Finished;
use super::identity::{Identity, difference};
use super::plan::Plan;
use super::work::{ScoredAttempt, Worked};
use super::{Error, output};
use crate::cli::{ArmOptions, SampleOptions, Shard};
use crate::replay::BaselineArm;
use crate::verdict::Circumstances;

/// The version of the files' shape.
const VERSION: u32 = 1;

/// What one machine worked through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    version: u32,
    pub(super) shard: Shard,
    pub(super) identity: Identity,
    /// The options of the command line that chose what is asked.
    pub(super) options: Options,
    pub(super) circumstances: Circumstances,
    /// By the ids of the cases.
    worked: BTreeMap<String, Worked>,
}

/// Options that every part of a run shares.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    pub(super) arms: ArmOptions,
    pub(super) sampling: SampleOptions,
    pub(super) provider: Option<String>,
}

impl Part {
    pub(super) fn new(shard: Shard, plan: &Plan, identity: Identity, options: Options, finished: Finished) -> Self {
        let cases = plan.chosen.cases.iter().zip(finished.worked);
        let worked = cases.filter_map(|(case, worked)| Some((case.id.clone(), worked?))).collect();
        Self { version: VERSION, shard, identity, options, circumstances: finished.circumstances, worked }
    }

    /// Number of cases that were worked through.
    pub(super) fn len(&self) -> usize {
        self.worked.len()
    }

    /// Writes it into `folder`, and gives its path.
    pub(super) fn write(&self, folder: &Path) -> Result<PathBuf, Error> {
        let path = folder.join(format!("part-{}-of-{}.json", self.shard.number, self.shard.of));
        output::write(&path, &serde_json::to_string(self).expect("plain data with string keys"))?;
        Ok(path)
    }

    fn read(path: &Path) -> Result<Self, Error> {
        let wrong = |problem: String| Error::Usage(format!("{}: {problem}", path.display()));
        let text = std::fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let part: Self = serde_json::from_slice(&text)
            .map_err(|error| wrong(format!("is no part that `eval-gate run --shard` wrote: {error}")))?;
        if part.version == VERSION { Ok(part) } else { Err(wrong(format!("is of version {}", part.version))) }
    }
}

/// All parts of one run.
#[derive(Debug)]
pub(super) struct Parts {
    /// In the order of their numbers, with where each was read from.
    parts: Vec<(PathBuf, Part)>,
}

impl Parts {
    /// Reads parts from files and folders. They have to be all parts of one run, each once.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut parts = Vec::new();
        for path in files(paths)? {
            let part = Part::read(&path)?;
            parts.push((path, part));
        }
        parts.sort_by_key(|(_, part): &(PathBuf, Part)| (part.shard.number, part.shard.of));
        let parts = Self { parts };
        parts.check_alike()?;
        parts.check_whole()?;
        Ok(parts)
    }

    /// The options that all of them share.
    pub(super) fn options(&self) -> &Options {
        &self.parts[0].1.options
    }

    fn check_alike(&self) -> Result<(), Error> {
        let Some((first_path, first)) = self.parts.first() else { return Ok(()) };
        for (path, part) in &self.parts[1..] {
            let what = match difference(&first.identity, &part.identity) {
                _ if part.shard.of != first.shard.of => Some("number of shards"),
                None if part.options != first.options => Some("set of options"),
                what => what,
            };
            if let Some(what) = what {
                return Err(foreign(path, what, &first_path.display().to_string()));
            }
        }
        Ok(())
    }

    /// Every number once. They stand in order, and all name the same number of shards.
    fn check_whole(&self) -> Result<(), Error> {
        let numbers = || self.parts.iter().map(|(_, part)| part.shard.number);
        if let Some(pair) = self.parts.windows(2).find(|pair| pair[0].1.shard == pair[1].1.shard) {
            let (shard, [a, b]) = (pair[0].1.shard, [&pair[0].0, &pair[1].0].map(|path| path.display().to_string()));
            return Err(Error::Usage(format!("part {shard} is there twice: {a} and {b}; leave one out")));
        }
        let of = self.parts.first().map_or(0, |(_, part)| part.shard.of);
        let missing: Vec<String> = (1..=of).filter(|n| !numbers().any(|m| m == *n)).map(|n| n.to_string()).collect();
        if missing.is_empty() && of > 0 {
            return Ok(());
        }
        Err(Error::MissingParts(if of == 0 { "all".into() } else { format!("{} of {of}", missing.join(", ")) }))
    }

    /// What they come to together, in the order of the plan's cases, if they are parts of this plan.
    pub(super) fn finished(mut self, plan: &Plan, identity: &Identity) -> Result<Finished, Error> {
        let mut circumstances = Circumstances::default();
        for (path, part) in &self.parts {
            if let Some(what) = difference(identity, &part.identity) {
                return Err(foreign(path, what, "the configuration here"));
            }
            let of_part = part.circumstances.clone();
            circumstances.is_budget_spent |= of_part.is_budget_spent;
            circumstances.is_interrupted |= of_part.is_interrupted;
            circumstances.fatal = circumstances.fatal.or(of_part.fatal);
            circumstances.missing_key = circumstances.missing_key.or(of_part.missing_key);
            circumstances.without_base = circumstances.without_base.or(of_part.without_base);
        }
        let mut worked = Vec::with_capacity(plan.chosen.cases.len());
        for case in &plan.chosen.cases {
            // All parts are there, in the order of their numbers.
            let place = Shard::place(case.cluster_key(), self.parts[0].1.shard.of);
            worked.push(self.parts[place].1.worked.remove(&case.id));
        }
        if let Some((path, _)) = self.parts.iter().find(|(_, part)| part.len() > 0) {
            return Err(foreign(path, "set of cases", "the configuration here"));
        }
        let is_whole = worked.iter().flatten().all(|worked| is_of(plan, worked));
        if !is_whole {
            return Err(Error::Usage(
                "the parts have other attempts or scores than this run has; they were edited".into(),
            ));
        }
        // A case that nobody worked through is never passed over in silence.
        let is_explained = circumstances.is_budget_spent || circumstances.fatal.is_some();
        circumstances.is_interrupted |= !is_explained && worked.iter().any(Option::is_none);
        Ok(Finished { worked, circumstances, decided: None })
    }
}

/// Whether a case was attempted and scored as often as the plan says.
fn is_of(plan: &Plan, worked: &Worked) -> bool {
    let repeats = plan.config.decision.repeats as usize;
    let of_baseline = match plan.baseline.arm {
        BaselineArm::Asked(_) => repeats,
        BaselineArm::Recorded => 1,
        BaselineArm::Absent => 0,
    };
    let is_scored = |attempt: &ScoredAttempt| attempt.scores.len() == plan.panel.scorers().len();
    let is_arm = |attempts: &[ScoredAttempt], count| attempts.len() == count && attempts.iter().all(is_scored);
    is_arm(&worked.baseline, of_baseline) && is_arm(&worked.candidate, repeats)
}

fn foreign(path: &Path, what: &str, other: &str) -> Error {
    Error::Usage(format!("{}: its {what} is another than that of {other}; parts are of one run", path.display()))
}

/// The files that are named, and the parts in the folders that are named.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in paths {
        // A folder that is not there holds no part; where all jobs failed, nothing was downloaded.
        if path.is_file() {
            files.push(path.clone());
        }
        if !path.is_dir() {
            continue;
        }
        let unreadable = |error: std::io::Error| Error::Usage(format!("{}: cannot be read: {error}", path.display()));
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            let is_named = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("part-"));
            files.extend((is_named && file.extension().is_some_and(|extension| extension == "json")).then_some(file));
        }
    }
    Ok(files)
}
