//! All scorers of a run at work on an attempt: the plain ones at once, the judges by asking their models.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;

use super::{Score, Scorer, Scoring, Subject};
use crate::evalset::Case;
use crate::provider::{CachePolicy, Completion, Prices, Provider, ProviderError};
use crate::replay::Attempt;

/// The scorers of a run, and the providers of those that are judges.
pub struct Panel {
    scorers: Vec<Scorer>,
    /// By the scorer's index.
    judges: BTreeMap<usize, Arc<Provider>>,
}

/// A score, and the call that it took.
#[derive(Debug)]
pub struct Scored {
    /// What the scorer says.
    pub score: Score,
    /// What the judge's model answered, if one was asked.
    pub call: Option<JudgeCall>,
}

/// A judge's call.
#[derive(Debug)]
pub struct JudgeCall {
    /// The model that was asked for.
    pub model: String,
    /// Its answer, and whether that is a stored one.
    pub reply: Result<(Completion, bool), ProviderError>,
}

impl JudgeCall {
    /// Its price in US dollars, where it is known.
    pub fn cost(&self, prices: &Prices) -> Option<f64> {
        let (completion, _) = self.reply.as_ref().ok()?;
        prices.cost(&self.model, completion.usage?)
    }
}

impl Panel {
    /// A panel; `judges` holds a provider for every scorer that is a judge, by its index.
    pub fn new(scorers: Vec<Scorer>, judges: BTreeMap<usize, Arc<Provider>>) -> Self {
        Self { scorers, judges }
    }

    /// The scorers, in the config's order.
    pub fn scorers(&self) -> &[Scorer] {
        &self.scorers
    }

    /// What makes two scorers of a name the same, by name: the scorer's fingerprint, and of a judge its model too.
    pub fn fingerprints(&self) -> BTreeMap<String, String> {
        let print = |(index, scorer): (usize, &Scorer)| {
            let of_judge = scorer.judge().zip(self.judges.get(&index));
            let model = of_judge.and_then(|(judge, provider)| judge.model().or(provider.model()));
            let model = model.map_or_else(String::new, |model| format!(" by {model}"));
            (scorer.name.clone(), format!("{}{model}", scorer.fingerprint()))
        };
        self.scorers.iter().enumerate().map(print).collect()
    }

    /// Scores an attempt: an entry a scorer, in their order. `slot` numbers the attempts that may be alike, so that each
    /// is judged for itself.
    pub async fn score(&self, case: &Case, attempt: &Attempt, slot: u32) -> Vec<Scored> {
        let subject = Subject::new(case, attempt);
        let subject = &subject;
        let scores = self.scorers.iter().enumerate().map(|(index, scorer)| self.one(index, scorer, subject, slot));
        join_all(scores).await
    }

    async fn one(&self, index: usize, scorer: &Scorer, subject: &Subject<'_>, slot: u32) -> Scored {
        let question = match scorer.score(subject) {
            Scoring::Done(score) => return Scored { score, call: None },
            Scoring::Ask(question) => question,
        };
        let Some(provider) = self.judges.get(&index) else {
            return Scored { score: Score::unscored("the judge has no provider"), call: None };
        };
        let request = question.request(provider.model().unwrap_or_default());
        let reply = provider.complete(&request, slot, CachePolicy::Use).await;
        let score = match &reply {
            Ok(reply) => question.parse(&reply.completion),
            Err(error) => Score::unscored(format!("the judge could not be asked: {error}")),
        };
        let reply = reply.map(|reply| (reply.completion, reply.cached));
        Scored { score, call: Some(JudgeCall { model: request.model, reply }) }
    }
}
