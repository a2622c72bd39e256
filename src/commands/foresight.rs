//! What can be known of a run before anything is sent: mistakes that would otherwise be paid for.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::arms::BaselinePlan;
use super::cases::{recorded_scores, tell_recorded_scores};
use super::{Error, output, tally};
use crate::config::Config;
use crate::evalset::Case;
use crate::replay::{Asked, BaselineArm};
use crate::score::{GateConfig, Scorer};

/// A configuration without any gate would pass whatever happens.
pub(super) fn check_gates(config: &Config, scorers: &[Scorer]) -> Result<(), Error> {
    let path = config.path.display();
    if scorers.is_empty() {
        return Err(Error::Usage(format!("{path}: there are no scorers; write scorers: {{ NAME: {{ … }} }}")));
    }
    if scorers.iter().all(|scorer| scorer.gate.is_none()) {
        let advice = "give one a gate, such as gate: { max_drop: 0.05 }";
        return Err(Error::Usage(format!("{path}: no scorer has a gate, so nothing could ever fail; {advice}")));
    }
    Ok(())
}

/// A gate on classes that no case has would hold nothing, and nobody would miss it.
pub(super) fn check_slices<'a>(
    config: &Config,
    scorers: &[Scorer],
    tags: impl Iterator<Item = &'a String>,
) -> Result<(), Error> {
    let known: BTreeSet<&str> = tags.map(String::as_str).collect();
    for scorer in scorers {
        let mut asked = scorer.gate.iter().flat_map(GateConfig::slice_tags);
        if let Some(tag) = asked.find(|tag| !known.contains(tag)) {
            let (path, name) = (config.path.display(), &scorer.name);
            let known = known.iter().map(|tag| format!("metadata.{tag}")).collect::<Vec<_>>().join(", ");
            let known =
                if known.is_empty() { "cases have no tags at all".to_owned() } else { format!("there is {known}") };
            let problem = format!("no case has metadata.{tag}; {known}");
            return Err(Error::Usage(format!("{path}: scorers.{name}.gate.slices: {problem}")));
        }
    }
    Ok(())
}

/// A gate on latency holds only where both arms are timed together.
pub(super) fn check_times(config: &Config, scorers: &[Scorer], baseline: &BaselinePlan) -> Result<(), Error> {
    let columns = tally::columns(scorers, baseline.is_timed_apart());
    if columns.iter().any(|column| column.gate.is_some()) {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{}: the only gates are on latency, and {} were timed on another machine or at another time; write baseline: replay, or gate something else as well",
        config.path.display(),
        baseline.of
    )))
}

/// A variable or a model that no case has is a mistake of the configuration; one that some cases lack leaves those cases
/// out.
pub(super) fn check_requests(
    config: &Config,
    cases: &[Case],
    candidate: &Asked,
    baseline: &BaselineArm,
) -> Result<(), Error> {
    let baseline = if let BaselineArm::Asked(asked) = baseline { Some(asked.as_ref()) } else { None };
    for asked in [Some(candidate), baseline].into_iter().flatten() {
        let unaskable = cases.iter().filter_map(|case| asked.steps(case, &config.vars).err());
        let reasons: Vec<_> = unaskable.collect();
        if !reasons.is_empty() && reasons.len() == cases.len() {
            let (place, advice) = match &asked.prompt {
                Some(prompt) if prompt.render(&cases[0], &config.vars).is_err() => {
                    (prompt.path.clone(), "; define the variable under vars:, or mend the prompt")
                }
                _ => (config.path.display().to_string(), ""),
            };
            let (count, reason) = (reasons.len(), &reasons[0]);
            return Err(Error::Usage(format!("{place}: none of {count} cases can be asked: {reason}{advice}")));
        }
    }
    Ok(())
}

/// A gate on cost needs prices. So does a budget in money, which other limits may stand beside.
pub(super) fn check_prices(
    config: &Config,
    scorers: &[Scorer],
    cases: &[Case],
    candidate: &Asked,
    is_strangers: bool,
) -> Result<(), Error> {
    let is_gated = |scorer: &&Scorer| scorer.unit() == "usd" && scorer.gate.is_some();
    let gated = scorers.iter().find(is_gated);
    if gated.is_none() && config.budget.usd.is_none() {
        return Ok(());
    }
    let steps = cases.iter().filter_map(|case| candidate.steps(case, &config.vars).ok()).flatten();
    let models: BTreeSet<String> = steps.map(|step| step.request.model).collect();
    let Some(model) = models.iter().find(|model| config.prices.of(model).is_none()) else { return Ok(()) };
    let advice = format!("the price of the model {model} is not known; write it under prices:");
    if let Some(scorer) = gated {
        let path = config.path.display();
        return Err(Error::Usage(format!("{path}: scorers.{} gates the cost, but {advice}", scorer.name)));
    }
    if is_strangers && config.budget.requests.is_none() {
        let why = "the commit that `--head` names chose it, and budget.usd would not count it";
        return Err(Error::Usage(format!("{advice}, or limit budget.requests: {why}")));
    }
    if config.budget.usd.is_some() {
        output::note(&format!("warning: budget.usd does not count every call: {advice}, or limit budget.requests"));
    }
    Ok(())
}

/// Two arms that ask the same measure the model's mood and no change: most likely the base is the work itself.
pub(super) fn warn_of_equal_arms(candidate: &Asked, baseline: &BaselinePlan) {
    if let Some(why) = &baseline.without_base {
        return output::note(&format!("warning: {why}"));
    }
    let BaselineArm::Asked(baseline) = &baseline.arm else { return };
    let sent = |asked: &Asked| {
        let prompt = asked.prompt.as_ref().map(|p| (p.model.clone(), p.parameters.clone(), p.messages.clone()));
        (prompt, asked.model.clone(), asked.parameters.clone(), Arc::as_ptr(&asked.provider))
    };
    if candidate.route.is_empty() && baseline.route.is_empty() && sent(candidate) == sent(baseline) {
        output::note("warning: the candidate is what stands at the base commit: there is no change to measure");
    }
}

/// A recorded score that no case has is most likely a typing error; in another week there may be one.
pub(super) fn warn_of_absent_scores(scorers: &[Scorer], cases: &[Case]) {
    let known = recorded_scores(cases);
    let absent = |scorer: &&Scorer| scorer.recorded_score().is_some_and(|name| !known.contains_key(name));
    for scorer in scorers.iter().filter(absent) {
        let there = tell_recorded_scores(cases).unwrap_or_else(|| "there are no recorded scores".to_owned());
        let (name, score) = (&scorer.name, scorer.recorded_score().unwrap_or_default());
        output::note(&format!("warning: {name}: no case has a recorded score `{score}`; {there}"));
    }
}
