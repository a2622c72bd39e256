//! The gate's scores as feedback on the runs that its cases came from.

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures::{TryStreamExt, stream};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::fault::Fault;
use super::super::{Remark, SourceError};
use super::store::{Project, Store};

/// Scores that are sent at the same time.
const AT_ONCE: usize = 8;
/// How long runs are waited for that the server does not know yet, all scores together, and between two tries.
const PATIENCE: Duration = Duration::from_secs(15);
const WAIT: Duration = Duration::from_secs(1);
/// The longest name that the server takes, in characters.
const LONGEST_KEY: usize = 180;
/// How much of a reason is sent, in characters.
const LONGEST_COMMENT: usize = 2000;
/// Digits behind the point that the server stores; it refuses more.
const DIGITS: f64 = 1e4;

/// Writes the scores under the name `by`, which replaces what was written under it before. Gives their number.
pub(super) async fn write(
    store: &Store,
    project: &Project,
    remarks: &[Remark],
    by: &str,
) -> Result<usize, SourceError> {
    let state = State::default();
    let sent = stream::iter(remarks.iter().map(Ok::<_, Fault>));
    let sent = sent.try_for_each_concurrent(AT_ONCE, |remark| send(store, feedback(remark, by, &project.id), &state));
    sent.await.map_err(|fault| store.explain(&fault))?;
    match state.lost.get() {
        0 => Ok(remarks.len()),
        lost => Err(store.error(format!(
            "of {} scores {lost} were not taken (HTTP 404): the run is not there, or not yet",
            remarks.len()
        ))),
    }
}

/// What the sending of all scores has in common.
#[derive(Default)]
struct State {
    /// Until when runs are waited for that are not there yet.
    deadline: Cell<Option<Instant>>,
    /// Scores whose run did not come.
    lost: Cell<usize>,
}

impl State {
    fn may_wait(&self) -> bool {
        let now = Instant::now();
        let deadline = self.deadline.get().unwrap_or(now + PATIENCE);
        self.deadline.set(Some(deadline));
        now < deadline
    }
}

async fn send(store: &Store, feedback: Value, state: &State) -> Result<(), Fault> {
    loop {
        match store.http.post(&["api", "v1", "feedback"], &[], &feedback).await {
            Err(fault) if fault.status() == Some(409) => return replace(store, &feedback).await,
            Err(fault) if fault.status() == Some(404) => {
                if !state.may_wait() {
                    state.lost.set(state.lost.get() + 1);
                    return Ok(());
                }
                tokio::time::sleep(WAIT).await;
            }
            sent => return sent.map(|_| ()),
        }
    }
}

/// Changes what is there under the same id.
async fn replace(store: &Store, feedback: &Value) -> Result<(), Fault> {
    let id = feedback["id"].as_str().unwrap_or_default();
    let change = json!({"score": feedback["score"], "comment": feedback["comment"]});
    store.http.patch(&["api", "v1", "feedback", id], &change).await.map(|_| ())
}

fn feedback(remark: &Remark, by: &str, project: &str) -> Value {
    let comment = |reason: &String| reason.chars().take(LONGEST_COMMENT).collect::<String>();
    json!({
        "id": id(remark, by),
        "key": key(&remark.name),
        "score": (remark.score * DIGITS).round() / DIGITS,
        "comment": remark.reason.as_ref().map(comment),
        "run_id": remark.span,
        "trace_id": remark.trace,
        "session_id": project,
        "feedback_source": {
            "type": if remark.is_judged { "model" } else { "api" },
            "metadata": {"by": by, "arm": remark.arm, "of": remark.of},
        },
        // Else the trace would be kept longer, which costs ten times as much.
        "extend_trace_retention": false,
    })
}

/// The same id for the same score of the same run, as a UUID of the version that is everyone's own.
fn id(remark: &Remark, by: &str) -> String {
    let parts = [by, &remark.trace, &remark.span, &remark.name];
    let hash = hash(&parts.join("\0"));
    // Version 8 and the variant of RFC 9562.
    let id = hash & !(0xf << 76 | 0x3 << 62) | 0x8 << 76 | 0x2 << 62;
    let hex = format!("{id:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn hash(text: &str) -> u128 {
    let bytes = Sha256::digest(text.as_bytes());
    bytes.iter().take(16).fold(0, |hash, byte| hash << 8 | u128::from(*byte))
}

/// The name; of one that is too long its start, and a hash of it that tells it from others.
fn key(name: &str) -> String {
    if name.chars().count() <= LONGEST_KEY {
        return name.to_owned();
    }
    // The arm stays: without it a score would be read as one of production's answer.
    let arm = [".candidate", ".baseline"].into_iter().find(|arm| name.ends_with(arm)).unwrap_or_default();
    let end = format!("~{:08x}{arm}", hash(name) >> 96);
    let start: String = name.chars().take(LONGEST_KEY - end.len()).collect();
    start + &end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remark() -> Remark {
        Remark {
            trace: "018e4c7e-a9fb-7ef0-a5b6-6ea3a82e9327".into(),
            span: "f47ac10b-58cc-4372-a567-0e02b2c3d479".into(),
            name: "short.candidate".into(),
            arm: "candidate",
            of: "prompt.txt".into(),
            score: 2.0 / 3.0,
            reason: Some("long".repeat(1000)),
            is_judged: false,
        }
    }

    #[test]
    fn feedback_says_who_gave_it_and_extends_nothing() {
        let mut body = feedback(&remark(), "eval-gate:shop", "p");
        assert_eq!(body["comment"].take().as_str().map(str::len), Some(LONGEST_COMMENT));
        let expected = json!({
            "id": id(&remark(), "eval-gate:shop"), "key": "short.candidate", "score": 0.6667, "comment": null,
            "run_id": "f47ac10b-58cc-4372-a567-0e02b2c3d479", "trace_id": "018e4c7e-a9fb-7ef0-a5b6-6ea3a82e9327",
            "session_id": "p", "extend_trace_retention": false,
            "feedback_source": {"type": "api", "metadata": {"by": "eval-gate:shop", "arm": "candidate", "of": "prompt.txt"}},
        });
        assert_eq!(body, expected);
        let judged = Remark { is_judged: true, ..remark() };
        assert_eq!(feedback(&judged, "g", "p")["feedback_source"]["type"], "model");
    }

    #[test]
    fn an_id_is_a_uuid_that_stays() {
        let same = |name: &str, by: &str| id(&Remark { name: name.into(), ..remark() }, by);
        assert_eq!(same("a", "g"), same("a", "g"));
        assert!(same("a", "g") != same("b", "g") && same("a", "g") != same("a", "h"));
        let form = regex::Regex::new("^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$").unwrap();
        assert!(form.is_match(&same("a", "g")), "{}", same("a", "g"));
    }

    #[test]
    fn a_long_name_is_cut_and_stays_its_own() {
        assert!(key(&format!("{}.candidate", "a".repeat(200))).ends_with(".candidate"));
        assert_eq!(key("short"), "short");
        let long = |end: &str| key(&("x".repeat(200) + end));
        assert_eq!(long("a").chars().count(), LONGEST_KEY);
        assert_ne!(long("a"), long("b"));
    }
}
