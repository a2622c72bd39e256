//! Both arms at one case, back to back.

use super::ask::{Ask, Asked};
use super::{Arm, Attempt, Budget, Outcome, recorded};
use crate::evalset::Case;
use crate::prompt::Vars;
use crate::provider::{CachePolicy, Prices};

/// What both arms are, and how often they are asked.
pub struct Replay<'a> {
    /// The baseline.
    pub baseline: BaselineArm,
    /// The candidate; none where only the baseline is wanted.
    pub candidate: Option<Asked>,
    /// The prompt's variables.
    pub vars: &'a Vars,
    /// Prices of models.
    pub prices: &'a Prices,
    /// What may be spent.
    pub budget: &'a Budget,
    /// Attempts of each arm.
    pub repeats: u32,
}

/// Where the baseline's answers come from.
#[derive(Debug, Clone)]
pub enum BaselineArm {
    /// Production's own answers.
    Recorded,
    /// Asked for now.
    Asked(Box<Asked>),
    /// Nobody: its scores are in a file.
    Absent,
}

/// The attempts of both arms at one case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseAttempts {
    /// The baseline's; one where it is recorded, none where it is absent.
    pub baseline: Vec<Attempt>,
    /// The candidate's.
    pub candidate: Vec<Attempt>,
}

impl Replay<'_> {
    /// Works through a case: repeat by repeat, both arms of a repeat at the same time.
    pub async fn case(&self, case: &Case) -> CaseAttempts {
        let mut attempts = CaseAttempts { baseline: Vec::new(), candidate: Vec::new() };
        if matches!(self.baseline, BaselineArm::Recorded) {
            attempts.baseline.push(recorded::attempt(case, self.prices));
        }
        for repeat in 0..self.repeats {
            let candidate = self.candidate.as_ref().map(|asked| self.ask(asked, Arm::Candidate, repeat, case));
            let baseline = match &self.baseline {
                BaselineArm::Asked(asked) => Some(self.ask(asked, Arm::Baseline, repeat, case)),
                BaselineArm::Recorded | BaselineArm::Absent => None,
            };
            match (baseline, candidate) {
                (Some(baseline), Some(candidate)) => {
                    let (of_baseline, of_candidate) = fair_pair(baseline, candidate).await;
                    attempts.baseline.push(of_baseline);
                    attempts.candidate.push(of_candidate);
                }
                (Some(baseline), None) => attempts.baseline.push(make(baseline, CachePolicy::Use).await),
                (None, Some(candidate)) => attempts.candidate.push(make(candidate, CachePolicy::Use).await),
                (None, None) => break,
            }
        }
        attempts
    }

    /// The attempt that an arm is about to make, or the attempt that came to nothing already.
    fn ask<'a>(&'a self, asked: &'a Asked, arm: Arm, repeat: u32, case: &'a Case) -> Result<Ask<'a>, Attempt> {
        let (prices, budget) = (self.prices, self.budget);
        let steps = asked.steps(case, self.vars);
        let steps = steps.map_err(|why| Attempt { arm, repeat, outcome: Outcome::NotReplayable(why) })?;
        Ok(Ask { arm, repeat, case, steps, prices, budget })
    }
}

/// Stored answers are used only if both arms have one, so that an old answer never meets a new one.
async fn fair_pair(baseline: Result<Ask<'_>, Attempt>, candidate: Result<Ask<'_>, Attempt>) -> (Attempt, Attempt) {
    let is_stored = |ask: &Result<Ask<'_>, Attempt>| ask.as_ref().is_ok_and(Ask::is_stored);
    let both = is_stored(&baseline) && is_stored(&candidate);
    let policy = if both { CachePolicy::Use } else { CachePolicy::Bypass };
    futures::join!(make(baseline, policy), make(candidate, policy))
}

async fn make(ask: Result<Ask<'_>, Attempt>, policy: CachePolicy) -> Attempt {
    match ask {
        Ok(ask) => ask.attempt(policy).await,
        Err(attempt) => attempt,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use serde_json::json;
    use sha2::{Digest, Sha256};

    use super::super::{Cancel, Origin, Step, slot};
    use super::*;
    use crate::prompt::{Leg, Prompt};
    use crate::provider::{Completion, Provider, Timing, Usage};

    fn case() -> Case {
        let json = json!({"id": "c", "messages": [{"role": "user", "content": "q"}], "output": {"content": "old"}});
        serde_json::from_value(json).unwrap()
    }

    fn recorded_provider(file: &Path) -> Arc<Provider> {
        let config = serde_json::from_value(json!({"recorded": {"file": file, "model": "m"}})).unwrap();
        Arc::new(Provider::new("default", &config).unwrap())
    }

    /// An arm that asks with this system prompt.
    fn asked(prompt: &str, provider: &Arc<Provider>) -> Asked {
        let prompt = Some(Prompt::parse("p.md", prompt).unwrap());
        Asked { prompt, model: None, parameters: serde_json::Map::new(), provider: provider.clone(), route: Vec::new() }
    }

    fn completion(text: &str) -> Completion {
        Completion {
            content: Some(text.into()),
            usage: Some(Usage { input: 10, output: 5, cached: 0 }),
            timing: Timing { ttft_ms: Some(20.0), total_ms: 100.0 },
            ..Completion::default()
        }
    }

    /// A line of a recording; its key is the hash of the request and the slot.
    fn line(step: &Step<'_>, arm: Arm, text: &str) -> String {
        let mut keyed = json!([1, step.request, slot(arm, 0)]);
        keyed.sort_all_objects();
        let hash = Sha256::digest(keyed.to_string());
        let key = hash.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        json!({"key": key, "model": step.request.model, "asked": "", "completion": completion(text)}).to_string() + "\n"
    }

    /// Writes a recording with an answer to each of an arm's steps, and gives the provider that answers from it.
    fn record(file: &Path, arms: &[(Asked, Arm, &[&str])]) -> Arc<Provider> {
        let mut lines = String::new();
        for (asked, arm, answers) in arms {
            let steps = asked.steps(&case(), &Vars::new(&[].into()).unwrap()).unwrap();
            lines.extend(steps.iter().zip(*answers).map(|(step, text)| line(step, *arm, text)));
        }
        std::fs::write(file, lines).unwrap();
        recorded_provider(file)
    }

    async fn replayed(baseline: BaselineArm, candidate: Asked) -> CaseAttempts {
        let (vars, prices) = (Vars::new(&[].into()).unwrap(), Prices::default());
        let budget = Budget::new(None, None, Cancel::default());
        let (candidate, repeats) = (Some(candidate), 1);
        Replay { baseline, candidate, vars: &vars, prices: &prices, budget: &budget, repeats }.case(&case()).await
    }

    fn told(attempts: &[Attempt]) -> Vec<String> {
        let tell = |attempt: &Attempt| match &attempt.outcome {
            Outcome::Answered(answer) => answer.completion.content.clone().unwrap_or_default(),
            Outcome::Failed(why) => format!("failed: {why}"),
            Outcome::NotReplayable(why) => format!("not replayable: {why}"),
        };
        attempts.iter().map(tell).collect()
    }

    #[tokio::test]
    async fn each_arm_gets_its_own_answers() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("answers.jsonl");
        let nobody = record(&file, &[]);
        let (then, now) = (asked("old", &nobody), asked("new", &nobody));
        let provider =
            record(&file, &[(then.clone(), Arm::Baseline, &["before"]), (now.clone(), Arm::Candidate, &["after"])]);
        let (then, now) = (asked("old", &provider), asked("new", &provider));

        let attempts = replayed(BaselineArm::Asked(Box::new(then)), now.clone()).await;
        assert_eq!(
            (told(&attempts.baseline), told(&attempts.candidate)),
            (vec!["before".into()], vec!["after".into()])
        );
        let attempts = replayed(BaselineArm::Recorded, now.clone()).await;
        assert_eq!((told(&attempts.baseline), told(&attempts.candidate)), (vec!["old".into()], vec!["after".into()]));
        let attempts = replayed(BaselineArm::Absent, now).await;
        assert_eq!((attempts.baseline.len(), attempts.candidate.len()), (0, 1));
    }

    #[tokio::test]
    async fn what_cannot_be_asked_or_answered_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let nobody = record(&folder.path().join("answers.jsonl"), &[]);
        let attempts = replayed(BaselineArm::Absent, asked("{{ context }}", &nobody)).await;
        assert_eq!(told(&attempts.candidate), ["not replayable: the case has no variable `context`"]);
        let attempts = replayed(BaselineArm::Absent, asked("new", &nobody)).await;
        assert!(told(&attempts.candidate)[0].starts_with("failed: provider `default` has no stored answer"));
    }

    #[tokio::test]
    async fn a_route_pays_for_every_leg_it_took() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("answers.jsonl");
        let leg = |name: &str, accept: Option<&str>| {
            Leg::new(name.into(), Some(name.into()), None, accept.map(str::to_owned)).unwrap()
        };
        let route = |provider: &Arc<Provider>| Asked {
            route: vec![
                (leg("small", Some("output.text == 'good'")), provider.clone()),
                (leg("big", None), provider.clone()),
            ],
            ..asked("new", provider)
        };
        let nobody = record(&file, &[]);
        for (answers, expected, model, tokens, total_ms) in
            [(&["good", "unused"], "good", "small", 10, 100.0), (&["bad", "better"], "better", "big", 20, 200.0)]
        {
            let provider = record(&file, &[(route(&nobody), Arm::Candidate, answers)]);
            let attempts = replayed(BaselineArm::Absent, route(&provider)).await;
            assert_eq!(told(&attempts.candidate), [expected]);
            let Outcome::Answered(answer) = &attempts.candidate[0].outcome else { panic!("no answer") };
            let usage = answer.completion.usage.unwrap();
            assert_eq!((answer.model.as_str(), usage.input, answer.origin), (model, tokens, Origin::Cached));
            assert!((answer.completion.timing.total_ms - total_ms).abs() < 1e-9);
        }
    }
}
