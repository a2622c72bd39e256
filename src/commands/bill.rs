//! What a run took: calls, tokens, money and time, by what they were for.

use super::work::{Call, Receipt, ScoredAttempt, Worked};
use crate::replay::{Answer, Arm, Origin, Outcome};
use crate::report::UsageRow;

/// The bill: candidate, baseline, judge.
pub(super) fn usage(worked: &[Option<Worked>]) -> Vec<UsageRow> {
    let mut bills = [Bill::default(), Bill::default(), Bill::default()];
    for attempt in worked.iter().flatten().flat_map(|worked| worked.baseline.iter().chain(&worked.candidate)) {
        if let Outcome::Answered(answer) = &attempt.attempt.outcome {
            bills[usize::from(attempt.attempt.arm == Arm::Baseline)].add(receipt(answer));
        }
        for given in &attempt.scores {
            if let Some(Call::Answered(receipt)) = given.call {
                bills[2].add(receipt);
            }
        }
    }
    let rows = ["candidate", "baseline", "judge"].into_iter().zip(bills);
    rows.filter(|(_, bill)| bill.row.calls > 0).map(|(purpose, bill)| bill.into_row(purpose)).collect()
}

/// What it all cost in US dollars; `None` where a price is not known.
pub(super) fn total(bill: &[UsageRow]) -> Option<f64> {
    let costs = bill.iter().map(|row| if row.calls == 0 { Some(0.0) } else { row.cost_usd });
    // The sum of nothing is minus zero.
    costs.sum::<Option<f64>>().map(|usd| usd + 0.0)
}

/// Calls that the cases which were not worked through would have taken, at the rate of the others: answers asked for and
/// judgements, whoever would have answered.
pub(super) fn calls_saved(worked: &[Option<Worked>]) -> usize {
    let attempts = worked.iter().flatten().flat_map(|worked| worked.baseline.iter().chain(&worked.candidate));
    let calls: usize = attempts.map(calls).sum();
    let done = worked.iter().flatten().count();
    (calls * (worked.len() - done)).checked_div(done).unwrap_or(0)
}

fn calls(attempt: &ScoredAttempt) -> usize {
    let is_recorded =
        matches!(&attempt.attempt.outcome, Outcome::Answered(answer) if answer.origin == Origin::Recorded);
    let is_asked = !is_recorded && !matches!(attempt.attempt.outcome, Outcome::NotReplayable(_));
    usize::from(is_asked) + attempt.scores.iter().filter(|given| given.call.is_some()).count()
}

fn receipt(answer: &Answer) -> Receipt {
    let Answer { completion, cost_usd, origin, .. } = answer;
    let (usage, total_ms) = (completion.usage, completion.timing.total_ms);
    Receipt { usage, total_ms, is_cached: *origin != Origin::Fresh, cost_usd: *cost_usd }
}

#[derive(Default)]
struct Bill {
    row: UsageRow,
    usd: f64,
    is_unpriced: bool,
}

impl Bill {
    fn add(&mut self, receipt: Receipt) {
        let usage = receipt.usage.unwrap_or_default();
        self.row.calls += 1;
        self.row.cached += usize::from(receipt.is_cached);
        self.row.input_tokens += usage.input;
        self.row.output_tokens += usage.output;
        self.row.seconds += receipt.total_ms / 1_000.0;
        match receipt.cost_usd {
            Some(usd) => self.usd += usd,
            None => self.is_unpriced = true,
        }
    }

    fn into_row(self, purpose: &str) -> UsageRow {
        let cost_usd = (!self.is_unpriced).then_some(self.usd);
        UsageRow { purpose: purpose.to_owned(), cost_usd, ..self.row }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Completion, Timing, Usage};
    use crate::replay::Attempt;

    #[test]
    fn a_total_needs_every_price_and_nothing_costs_nothing() {
        let row = |calls, cost_usd| UsageRow { calls, cost_usd, ..UsageRow::default() };
        assert_eq!(total(&[row(2, Some(0.25)), row(0, None), row(1, Some(0.5))]), Some(0.75));
        assert_eq!(total(&[row(2, Some(0.25)), row(1, None)]), None);
        assert_eq!(total(&[]).map(|usd| format!("{usd:.6}")), Some("0.000000".into()));
    }

    #[test]
    fn a_bill_with_an_unknown_price_names_no_sum() {
        let completion = Completion {
            usage: Some(Usage { input: 100, output: 10, cached: 0 }),
            timing: Timing { ttft_ms: None, total_ms: 500.0 },
            ..Completion::default()
        };
        let attempt = |arm, repeat, origin, cost_usd| {
            let answer = Answer { model: "m".into(), completion: completion.clone(), cost_usd, origin };
            let outcome = Outcome::Answered(Box::new(answer));
            ScoredAttempt { attempt: Attempt { arm, repeat, outcome }, scores: Vec::new() }
        };
        let worked = Worked {
            baseline: vec![attempt(Arm::Baseline, 0, Origin::Recorded, None)],
            candidate: vec![
                attempt(Arm::Candidate, 0, Origin::Fresh, Some(0.25)),
                attempt(Arm::Candidate, 1, Origin::Cached, Some(0.25)),
            ],
        };
        let rows = usage(&[Some(worked)]);
        let told: Vec<_> = rows
            .iter()
            .map(|r| (r.purpose.as_str(), r.calls, r.cached, r.input_tokens, r.cost_usd, r.seconds))
            .collect();
        assert_eq!(told, [("candidate", 2, 1, 200, Some(0.5), 1.0), ("baseline", 1, 1, 100, None, 0.5)]);
    }
}
