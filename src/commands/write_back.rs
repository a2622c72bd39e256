//! The scores of a run, written to the store that its cases came from. Never a different exit code: what does not succeed
//! is a warning.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::Plan;
use super::{output, variable};
use crate::config::{Baseline, CaseSource};
use crate::report::Report;
use crate::source::{self, Remark};

/// Writes the report's scores to their spans, if the configuration says so.
pub(super) async fn write_back(plan: &Plan, report: &Report) {
    let CaseSource::Traces(traces) = &plan.config.cases else { return };
    if !traces.source.writes_back() {
        return;
    }
    let by = format!("eval-gate:{}", plan.config.name);
    match source::write_back(&traces.source, &remarks(plan, report), &by, &variable).await {
        Ok(count) => output::note(&format!("{count} scores written back as {by}")),
        Err(error) => output::note(&format!("warning: the scores are not written back, or not all: {error}")),
    }
}

/// Every score of the report that has a span to go to.
fn remarks(plan: &Plan, report: &Report) -> Vec<Remark> {
    let place = |case: &crate::evalset::Case| {
        let trace = case.trace.as_ref()?;
        Some((case.id.clone(), (trace.id.clone(), trace.span.clone()?)))
    };
    let places: BTreeMap<String, (String, String)> = plan.chosen.cases.iter().filter_map(place).collect();
    let judged: BTreeMap<&str, bool> =
        plan.panel.scorers().iter().map(|scorer| (scorer.name.as_str(), scorer.judge().is_some())).collect();
    let of_store = plan.panel.scorers().iter().filter(|scorer| scorer.unit() != "score" || scorer.is_recorded());
    let measured: BTreeSet<&str> = of_store.map(|scorer| scorer.name.as_str()).collect();
    let is_recorded = plan.baseline.kind == Baseline::Recorded;
    let mut remarks = Vec::new();
    for result in &report.results {
        let Some((trace, span)) = places.get(&result.case) else { continue };
        // What came from the store is there already, and it measures times, tokens and cost itself.
        let own = result.scores.iter().filter(|(scorer, _)| !measured.contains(scorer.as_str()));
        for (scorer, pair) in own {
            let remark = |arm: &'static str, of: &str, score: f64, reason: &Option<String>| Remark {
                trace: trace.clone(),
                span: span.clone(),
                name: name(scorer, arm, is_recorded),
                arm,
                of: of.to_owned(),
                score,
                reason: reason.clone(),
                is_judged: judged.get(scorer.as_str()).copied().unwrap_or_default(),
            };
            let baseline =
                pair.baseline.map(|score| remark("baseline", &report.setup.baseline, score, &pair.baseline_reason));
            let candidate =
                pair.candidate.map(|score| remark("candidate", &report.setup.candidate, score, &pair.candidate_reason));
            remarks.extend(baseline.into_iter().chain(candidate));
        }
    }
    remarks
}

/// A span holds the answer that production gave. Only a score of that answer has the scorer's name alone.
fn name(scorer: &str, arm: &str, is_recorded: bool) -> String {
    if is_recorded && arm == "baseline" { scorer.to_owned() } else { format!("{scorer}.{arm}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_score_of_the_recorded_answer_has_the_scorers_name() {
        for (arm, is_recorded, expected) in [
            ("baseline", true, "short"),
            ("candidate", true, "short.candidate"),
            ("baseline", false, "short.baseline"),
            ("candidate", false, "short.candidate"),
        ] {
            assert_eq!(name("short", arm, is_recorded), expected);
        }
    }
}
