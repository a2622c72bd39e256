//! One arm: how its requests for a case are built, and what its answer comes to.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Answer, Arm, Attempt, Budget, Origin, Outcome, recorded};
use crate::evalset::{Case, Message};
use crate::prompt::{Leg, Prompt, Vars};
use crate::provider::{CachePolicy, Completion, Prices, Provider, ProviderError, Request};

/// An arm that asks a model, or a route of several.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The prompt; without one the recorded messages are sent as they are.
    pub prompt: Option<Prompt>,
    /// The model of the command line or of `candidate`, before that of the prompt file.
    pub model: Option<String>,
    /// Parameters of `candidate`, over those of the prompt file.
    pub parameters: Map<String, Value>,
    /// Who is asked, where there is no route.
    pub provider: Arc<Provider>,
    /// The legs of a route, each with its provider; empty for one model.
    pub route: Vec<(Leg, Arc<Provider>)>,
}

/// One request that an arm may make for a case; of a route there are several, and the first accepted answer counts.
#[derive(Debug, Clone)]
pub struct Step<'a> {
    /// What is asked.
    pub request: Request,
    provider: &'a Provider,
    leg: Option<&'a Leg>,
}

impl Asked {
    /// The requests for a case in their order, or why there are none. Model and parameters: what is set from outside,
    /// then the prompt file, then what was recorded; the provider's own model last.
    pub fn steps(&self, case: &Case, vars: &Vars) -> Result<Vec<Step<'_>>, String> {
        let messages = match &self.prompt {
            Some(prompt) => prompt.render(case, vars).map_err(|error| error.to_string())?,
            None => case.messages.clone(),
        };
        let messages: Vec<Value> = messages.iter().map(to_json).collect();
        if self.route.is_empty() {
            let step = self.step(case, messages, self.model.as_deref(), &self.provider, None)?;
            return Ok(vec![step]);
        }
        let mut steps = Vec::with_capacity(self.route.len());
        for (leg, provider) in &self.route {
            if leg.takes(case)? {
                steps.push(self.step(case, messages.clone(), leg.model.as_deref(), provider, Some(leg))?);
            }
        }
        if steps.is_empty() { Err("no leg of the route takes the case".to_owned()) } else { Ok(steps) }
    }

    fn step<'a>(
        &self,
        case: &Case,
        messages: Vec<Value>,
        model: Option<&str>,
        provider: &'a Provider,
        leg: Option<&'a Leg>,
    ) -> Result<Step<'a>, String> {
        let of_prompt = self.prompt.as_ref().and_then(|prompt| prompt.model.as_deref());
        let model = model.or(of_prompt).or(case.request.model.as_deref()).or(provider.model());
        let model =
            model.ok_or("no model is named: not by the candidate, the prompt file, the trace, or the provider")?;
        let mut parameters = case.request.parameters.clone();
        if let Some(prompt) = &self.prompt {
            parameters.extend(prompt.parameters.clone());
        }
        parameters.extend(self.parameters.clone());
        let request = Request { model: model.to_owned(), messages, tools: case.tools.clone(), parameters };
        Ok(Step { request, provider, leg })
    }
}

/// One attempt that is about to be made.
pub(super) struct Ask<'a> {
    pub(super) arm: Arm,
    pub(super) repeat: u32,
    pub(super) case: &'a Case,
    pub(super) steps: Vec<Step<'a>>,
    pub(super) prices: &'a Prices,
    pub(super) budget: &'a Budget,
}

impl Ask<'_> {
    /// Whether the whole way to an accepted answer is stored.
    pub(super) fn is_stored(&self) -> bool {
        let stored = |step: &Step<'_>| step.provider.peek(&step.request, slot(self.arm, self.repeat));
        let (last, before) = self.last_and_before();
        for step in before {
            match stored(step) {
                None => return false,
                Some(completion) if self.accepts(step, &completion) => return true,
                Some(_) => {}
            }
        }
        stored(last).is_some()
    }

    /// Asks until an answer is accepted, and says what came of it. A failure of the provider is an attempt too.
    pub(super) async fn attempt(&self, policy: CachePolicy) -> Attempt {
        let outcome = match self.answer(policy).await {
            Ok(answer) => Outcome::Answered(Box::new(answer)),
            Err(error) => {
                self.budget.note_failure(&error);
                Outcome::Failed(error.to_string())
            }
        };
        Attempt { arm: self.arm, repeat: self.repeat, outcome }
    }

    async fn answer(&self, policy: CachePolicy) -> Result<Answer, ProviderError> {
        let (last, before) = self.last_and_before();
        let mut earlier: Option<Answer> = None;
        for step in before {
            let answer = self.one(step, policy).await?;
            let is_accepted = self.accepts(step, &answer.completion);
            let answer = answer.after(earlier);
            if is_accepted {
                return Ok(answer);
            }
            earlier = Some(answer);
        }
        Ok(self.one(last, policy).await?.after(earlier))
    }

    /// The answer to one step, paid for.
    async fn one(&self, step: &Step<'_>, policy: CachePolicy) -> Result<Answer, ProviderError> {
        let reply = step.provider.complete(&step.request, slot(self.arm, self.repeat), policy).await?;
        let origin = if reply.cached { Origin::Cached } else { Origin::Fresh };
        let answer = Answer::new(&step.request.model, reply.completion, origin, self.prices);
        self.budget.spend(&answer);
        Ok(answer)
    }

    /// The step whose answer counts whatever it is, and those before it.
    fn last_and_before(&self) -> (&Step<'_>, &[Step<'_>]) {
        self.steps.split_last().expect("`Asked::steps` gives at least one or an error")
    }

    fn accepts(&self, step: &Step<'_>, completion: &Completion) -> bool {
        step.leg.is_none_or(|leg| leg.accepts(self.case, &recorded::output(completion)))
    }
}

/// The number under which an answer is stored: no two repeats and no two arms share an entry, or a model that wavers
/// would seem steady.
pub fn slot(arm: Arm, repeat: u32) -> u32 {
    match arm {
        Arm::Candidate => 2 * repeat,
        Arm::Baseline => 2 * repeat + 1,
    }
}

fn to_json(message: &Message) -> Value {
    serde_json::to_value(message).expect("a message has string keys only")
}
