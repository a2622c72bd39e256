//! The gate's scores as Langfuse's, of the observations that its cases came from.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::{Remark, SourceError};
use super::store::{Store, advised};

/// The longest comment, in characters.
const COMMENT: usize = 1000;

/// Writes the scores under the name `by`, which replaces what was written under it before. Gives their number.
pub(super) async fn write(
    store: &Store,
    remarks: &[Remark],
    by: &str,
    environment: Option<&str>,
) -> Result<usize, SourceError> {
    for (written, remark) in remarks.iter().enumerate() {
        let body = score(remark, by, environment);
        if let Err(fault) = store.http.post(&["api", "public", "scores"], &[], &body).await {
            let all = remarks.len();
            let why = match fault.status() {
                Some(429) => {
                    format!("{fault}; the plan allows no more requests for now: a run of fewer cases fits in it")
                }
                _ => advised(&fault),
            };
            return Err(store.error(format!("{written} of {all} scores written, then {why}")));
        }
    }
    Ok(remarks.len())
}

fn score(remark: &Remark, by: &str, environment: Option<&str>) -> Value {
    let comment = remark.reason.as_deref().map(|reason| reason.chars().take(COMMENT).collect::<String>());
    let mut score = json!({
        "id": id(remark, by),
        "traceId": remark.trace,
        "observationId": remark.span,
        "name": remark.name,
        "value": remark.score,
        "dataType": "NUMERIC",
        "comment": comment,
        "metadata": {"by": by, "arm": remark.arm, "of": remark.of, "judged": remark.is_judged},
    });
    if let Some(environment) = environment {
        score["environment"] = json!(environment);
    }
    score
}

/// Langfuse keeps one score for each id: the same of whoever writes it again. In the form of a UUID.
fn id(remark: &Remark, by: &str) -> String {
    let mut hash = Sha256::new();
    for part in [by, &remark.trace, &remark.span, &remark.name] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let hex = hash.finalize().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_says_who_made_it_and_has_an_id_that_stays() {
        let remark = Remark {
            trace: "0af7651916cd43dd8448eb211c80319c".into(),
            span: "7e22eddb494c2760".into(),
            name: "short.candidate".into(),
            arm: "candidate",
            of: "prompt.txt".into(),
            score: 0.5,
            reason: Some("x".repeat(5000)),
            is_judged: false,
        };
        let written = score(&remark, "eval-gate:shop", Some("production"));
        let expected = json!({
            "id": written["id"], "traceId": remark.trace, "observationId": "7e22eddb494c2760", "name": "short.candidate",
            "value": 0.5, "dataType": "NUMERIC", "comment": "x".repeat(COMMENT), "environment": "production",
            "metadata": {"by": "eval-gate:shop", "arm": "candidate", "of": "prompt.txt", "judged": false},
        });
        assert_eq!(written, expected);
        let again = score(&Remark { score: 1.0, reason: None, ..remark.clone() }, "eval-gate:shop", None);
        assert_eq!(again["id"], written["id"]);
        assert_eq!((&again["comment"], again.get("environment")), (&Value::Null, None));
        assert_ne!(score(&remark, "eval-gate:other", None)["id"], written["id"]);
        assert_ne!(score(&Remark { name: "short".into(), ..remark }, "eval-gate:shop", None)["id"], written["id"]);
    }
}
