//! Production's own answers, in the shape of fresh ones.

use super::{Answer, Arm, Attempt, Origin, Outcome};
use crate::evalset::{Case, Output};
use crate::provider::{Completion, Prices, Timing, Usage};

/// Production's own answer, as an attempt.
pub(super) fn attempt(case: &Case, prices: &Prices) -> Attempt {
    let outcome = match &case.output {
        Some(output) => Outcome::Answered(Box::new(answer(case, output, prices))),
        None => Outcome::NotReplayable(why_absent(case).to_owned()),
    };
    Attempt { arm: Arm::Baseline, repeat: 0, outcome }
}

fn why_absent(case: &Case) -> &'static str {
    let recorded = case.recorded.as_ref();
    if recorded.is_some_and(|recorded| recorded.error.is_some() || recorded.status == "error") {
        "production's own call failed, so there is no recorded answer"
    } else {
        "there is no recorded answer"
    }
}

fn answer(case: &Case, output: &Output, prices: &Prices) -> Answer {
    let recorded = case.recorded.clone().unwrap_or_default();
    let usage = recorded.usage.map(|usage| Usage { input: usage.input, output: usage.output, cached: usage.cached });
    let completion = Completion {
        content: output.content.clone(),
        tool_calls: output.tool_calls.clone(),
        refusal: output.refusal.clone(),
        finish_reason: output.finish_reason.clone(),
        model: None,
        usage,
        timing: Timing { ttft_ms: recorded.ttft_ms, total_ms: recorded.total_ms.unwrap_or_default() },
    };
    Answer::new(case.request.model.as_deref().unwrap_or_default(), completion, Origin::Recorded, prices)
}

/// A fresh answer in the shape of a recorded one.
pub(super) fn output(completion: &Completion) -> Output {
    Output {
        content: completion.content.clone(),
        tool_calls: completion.tool_calls.clone(),
        refusal: completion.refusal.clone(),
        finish_reason: completion.finish_reason.clone(),
    }
}
