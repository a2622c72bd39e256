//! The gate's scores as annotations of the spans that its cases came from.

use serde_json::{Value, json};

use super::super::{Remark, SourceError};
use super::store::Store;

/// Annotations that are sent at once.
const AT_ONCE: usize = 500;

/// Writes the scores under the name `by`, which replaces what was written under it before. Gives their number.
pub(super) async fn write(store: &Store, remarks: &[Remark], by: &str) -> Result<usize, SourceError> {
    // Without it the server says yes before it has looked.
    let query = [("sync", "true".to_owned())];
    for batch in remarks.chunks(AT_ONCE) {
        let annotations: Vec<Value> = batch.iter().map(|remark| annotation(remark, by)).collect();
        let sent = store.http.post(&["v1", "span_annotations"], &query, &json!({"data": annotations})).await;
        if let Err(fault) = sent {
            return Err(store.explain(&fault).await);
        }
    }
    Ok(remarks.len())
}

/// Phoenix keeps one annotation for each span, name and identifier.
fn annotation(remark: &Remark, by: &str) -> Value {
    json!({
        "span_id": remark.span,
        "name": remark.name,
        "annotator_kind": if remark.is_judged { "LLM" } else { "CODE" },
        "result": {"score": remark.score, "explanation": remark.reason},
        "identifier": by,
        "metadata": {"by": by, "arm": remark.arm, "of": remark.of},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_says_who_made_it_and_of_what() {
        let remark = Remark {
            trace: "0af7651916cd43dd8448eb211c80319c".into(),
            span: "7e22eddb494c2760".into(),
            name: "short.candidate".into(),
            arm: "candidate",
            of: "prompt.txt".into(),
            score: 0.5,
            reason: Some("too long".into()),
            is_judged: false,
        };
        let expected = json!({
            "span_id": "7e22eddb494c2760", "name": "short.candidate", "annotator_kind": "CODE",
            "result": {"score": 0.5, "explanation": "too long"}, "identifier": "eval-gate:shop",
            "metadata": {"by": "eval-gate:shop", "arm": "candidate", "of": "prompt.txt"},
        });
        assert_eq!(annotation(&remark, "eval-gate:shop"), expected);
        let judged = annotation(&Remark { is_judged: true, reason: None, ..remark }, "g");
        assert_eq!((&judged["annotator_kind"], &judged["result"]["explanation"]), (&json!("LLM"), &Value::Null));
    }
}
