//! What makes two runs the same run: parts of one may be put together, parts of two may not.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::Error;
use super::plan::Plan;
use crate::cli::RunArgs;
use crate::config::Baseline;
use crate::git;
use crate::replay::{Asked, BaselineArm};

/// Digests of all that decides what a run would do, by what they are of, what explains the others first.
pub(super) type Identity = Map<String, Value>;

/// The identity of a plan. Where its answers are kept and which keys are set is no part of it.
pub(super) fn identity(plan: &Plan) -> Result<Identity, Error> {
    let stored = match &plan.baseline.kind {
        Baseline::Stored(path) => read(path)?,
        Baseline::Recorded | Baseline::Replay | Baseline::Prompt(_) => Vec::new(),
    };
    let asked = match &plan.baseline.arm {
        BaselineArm::Asked(asked) => requests(plan, asked),
        BaselineArm::Recorded | BaselineArm::Absent => String::new(),
    };
    let terms = json!([plan.terms.seed, plan.config.decision.repeats, plan.terms.looks]);
    let parts = [
        ("version of eval-gate", env!("CARGO_PKG_VERSION").to_owned()),
        ("commit", git::head(plan.config.folder()).unwrap_or_default()),
        ("configuration", digest(&[&read(&plan.config.path)?])),
        ("set of cases", digest(&[&bytes(&plan.chosen.cases)])),
        ("prompt, model or route", requests(plan, &plan.candidate)),
        ("baseline", digest(&[format!("{:?}", plan.baseline.kind).as_bytes(), asked.as_bytes(), &stored])),
        ("set of scorers", digest(&[&bytes(&plan.panel.fingerprints())])),
        ("seed", digest(&[&bytes(&terms)])),
    ];
    Ok(parts.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
}

/// What a verdict on this plan is of: the files that are checked out, and all that the plan makes of them, whatever the
/// commit is called. `None` where files differ from the commit's, or where the candidate is not what is checked out.
pub(super) fn subject(plan: &Plan, args: &RunArgs) -> Option<String> {
    let folder = plan.config.folder();
    if args.arms.head.is_some() || git::is_changed(folder) {
        return None;
    }
    let mut identity = identity(plan).ok()?;
    identity.remove("commit");
    let path = args.config.config.to_string_lossy().into_owned();
    Some(digest(&[git::tree(folder)?.as_bytes(), path.as_bytes(), &bytes(&identity)]))
}

/// The first thing in which two identities differ.
pub(super) fn difference<'a>(a: &'a Identity, b: &Identity) -> Option<&'a str> {
    a.iter().find(|(name, value)| b.get(*name) != Some(*value)).map(|(name, _)| name.as_str())
}

/// What an arm would ask: the one digest that no option and no file can get around.
fn requests(plan: &Plan, asked: &Asked) -> String {
    let of_case = |case| match asked.steps(case, &plan.config.vars) {
        Ok(steps) => bytes(&steps.iter().map(|step| &step.request).collect::<Vec<_>>()),
        Err(why) => why.into_bytes(),
    };
    let all: Vec<Vec<u8>> = plan.chosen.cases.iter().map(of_case).collect();
    digest(&all.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

fn bytes(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data with string keys")
}

fn read(path: &std::path::Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| Error::Usage(format!("{}: cannot be read: {error}", path.display())))
}

/// SHA-256 over texts and their lengths, so that nothing can move from one to the next.
fn digest(texts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    }
    hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_where_matters() {
        let of = |texts: &[&str]| digest(&texts.iter().map(|text| text.as_bytes()).collect::<Vec<_>>());
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_eq!(of(&["ab"]).len(), 64);
    }

    #[test]
    fn the_first_difference_is_named() {
        let identity =
            |commit: &str| Identity::from_iter([("seed".into(), "1".into()), ("commit".into(), commit.into())]);
        assert_eq!(difference(&identity("a"), &identity("a")), None);
        assert_eq!(difference(&identity("a"), &identity("b")), Some("commit"));
        assert_eq!(difference(&identity("a"), &Identity::new()), Some("seed"));
    }
}
