//! A scorer's making and use.

use std::path::Path;

use super::error::ScorerError;
use super::expr::Expr;
use super::judge::Judge;
use super::kind::Kind;
use super::raw::RawScorer;
use super::subject::{self, Exchange, State, Subject};
use super::{Aggregate, Score, Scorer, Scoring, fingerprint};

impl Scorer {
    /// Checks what the user wrote under `scorers.NAME` and makes it ready: reads the files it names, relative to
    /// `base_dir` (the config's folder), and compiles what there is to compile.
    ///
    /// All mistakes of the entry are reported at once, each with its key, such as `scorers.short.gate.max_drop`.
    pub fn new(name: &str, raw: RawScorer, base_dir: &Path) -> Result<Self, Vec<ScorerError>> {
        let mut errors = Vec::new();
        let gate = raw.gate.clone();
        let description = raw.description.clone();
        let when = raw.when.as_deref().map(Expr::compile).transpose();
        let when = when.map_err(|problem| errors.push(ScorerError::at("when", problem))).ok().flatten();
        let written = raw.clone();
        let kind = Kind::new(raw, base_dir).map_err(|error| errors.push(error)).ok();
        if let (Some(gate), Some(kind)) = (&gate, &kind) {
            errors.extend(gate.check(kind).into_iter().map(|error| error.under("gate")));
        }
        match kind {
            Some(kind) if errors.is_empty() => Ok(Self {
                name: name.to_owned(),
                direction: kind.direction(gate.as_ref()),
                scale: kind.scale(),
                fingerprint: fingerprint::of(&written, &kind),
                kind,
                gate,
                description,
                when,
            }),
            _ => Err(errors.into_iter().map(|error| error.under(&format!("scorers.{name}"))).collect()),
        }
    }

    /// Scores an attempt, or says that a judge must be asked.
    pub fn score<'s>(&'s self, subject: &'s Subject<'_>) -> Scoring<'s> {
        match self.ready(subject) {
            Ok(exchange) => self.kind.score(exchange),
            Err(score) => Scoring::Done(score),
        }
    }

    /// How the numbers of one arm become one number.
    pub fn aggregate(&self) -> Aggregate {
        match &self.kind {
            Kind::Latency(latency) => latency.aggregate(),
            _ => Aggregate::Mean,
        }
    }

    /// The judge behind it, if it is one.
    pub fn judge(&self) -> Option<&Judge> {
        match &self.kind {
            Kind::Judge(judge) => Some(judge),
            _ => None,
        }
    }

    /// Whether it only reads what was recorded.
    pub fn is_recorded(&self) -> bool {
        matches!(self.kind, Kind::Recorded(_))
    }

    /// The recorded score that it reads, if it does.
    pub fn recorded_score(&self) -> Option<&str> {
        match &self.kind {
            Kind::Recorded(recorded) => recorded.score_name(),
            _ => None,
        }
    }

    /// The unit of its numbers: `score`, `ms`, `tokens` or `usd`.
    pub fn unit(&self) -> &'static str {
        match &self.kind {
            Kind::Latency(_) => "ms",
            Kind::Tokens(_) => "tokens",
            Kind::Cost(_) => "usd",
            Kind::Recorded(recorded) => recorded.unit(),
            _ => "score",
        }
    }

    /// Sixteen hex digits that change when what the scorer measures changes: its kind, options, `when`, and the content
    /// of the files it reads. Gate and description do not count, and neither does the model behind a judge's provider,
    /// which this room does not know.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The exchange to score, or the score of an attempt that has none or that `when` leaves out.
    fn ready<'s, 'a>(&self, subject: &'s Subject<'a>) -> Result<&'s Exchange<'a>, Score> {
        match &subject.state {
            State::Answered(exchange) => {
                self.check_when(exchange.context())?;
                Ok(exchange)
            }
            State::NotReplayable(why) => Err(Score::not_applicable(format!("not replayable: {why}"))),
            State::Failed(why) => {
                // A case that `when` leaves out is left out whether or not the provider failed on it. Only a `when`
                // that reads the answer cannot be asked then.
                if self.when.as_ref().is_some_and(|when| !when.reads_answer()) {
                    self.check_when(&subject::case_context(subject.case))?;
                }
                Err(Score::unscored(why))
            }
        }
    }

    fn check_when(&self, context: &minijinja::Value) -> Result<(), Score> {
        let Some(when) = &self.when else { return Ok(()) };
        match when.eval(context) {
            Ok(value) if value.is_true() => Ok(()),
            Ok(_) => Err(Score::not_applicable(format!("`when` does not hold: {}", when.source()))),
            Err(error) => Err(Score::unscored(format!("`when` cannot be evaluated: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::replay::Outcome;
    use crate::score::testing::{answer, attempt, case, errors, says, scorer};
    use crate::score::{RawScorer, Score, Scoring, Subject};

    fn done(yaml: &str, metadata: &serde_json::Value, outcome: Outcome) -> Score {
        let case = case(json!({"metadata": metadata}));
        let attempt = attempt(outcome);
        match scorer(yaml).score(&Subject::new(&case, &attempt)) {
            Scoring::Done(score) => score,
            Scoring::Ask(_) => panic!("{yaml} asks a judge"),
        }
    }

    #[test]
    fn an_entry_has_one_kind() {
        let table = [
            ("{}", "scorers.it: no kind of scorer here: write one of json, json_schema, "),
            ("{ cost: }", "scorers.it: no kind of scorer here"),
            ("{ json: {}, max_words: 5 }", "scorers.it: several kinds in one scorer (json, max_words)"),
        ];
        for (yaml, expected) in table {
            let messages = errors(yaml);
            assert_eq!(messages.len(), 1);
            assert!(messages[0].starts_with(expected), "{messages:?}");
        }
    }

    #[test]
    fn unknown_keys_are_errors() {
        for yaml in
            ["{ jsn: {} }", "{ json: { strict: true } }", "{ json: {}, gate: { max_dorp: 1 } }", "{ regex: { p: a } }"]
        {
            assert!(serde_yaml::from_str::<RawScorer>(yaml).is_err(), "{yaml}");
        }
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let messages = errors("{ max_words: 5, when: 'case.', gate: { max_rise: 1, min: 7 } }");
        let keys: Vec<_> = messages.iter().filter_map(|message| message.split(": ").next()).collect();
        assert_eq!(keys, ["scorers.it.when", "scorers.it.gate.max_rise", "scorers.it.gate.min"]);
    }

    #[test]
    fn when_leaves_cases_out() {
        let yaml = "{ max_words: 1, when: \"case.metadata.intent == 'refund' and output.text\" }";
        let answered = |text| Outcome::Answered(Box::new(answer(says(text))));
        let refund = json!({"intent": "refund"});
        assert_eq!(done(yaml, &refund, answered("a b")).value(), Some(0.0));
        assert!(matches!(done(yaml, &refund, answered("")), Score::NotApplicable(_)));
        assert!(matches!(done(yaml, &json!({}), answered("a b")), Score::NotApplicable(_)));
    }

    #[test]
    fn a_when_that_cannot_be_evaluated_scores_nothing() {
        let yaml = "{ max_words: 1, when: 'case.metadata.n + 1 > 1' }";
        let outcome = Outcome::Answered(Box::new(answer(says("a"))));
        assert!(matches!(done(yaml, &json!({"n": "x"}), outcome), Score::Unscored(_)));
    }

    #[test]
    fn an_attempt_without_an_answer_has_no_number() {
        let failed = || Outcome::Failed("HTTP 503 after 5 tries".to_owned());
        let score = done("max_words: 1", &json!({}), failed());
        assert_eq!(score, Score::Unscored("HTTP 503 after 5 tries".to_owned()));
        let score = done("max_words: 1", &json!({}), Outcome::NotReplayable("no input recorded".to_owned()));
        assert_eq!(score, Score::NotApplicable("not replayable: no input recorded".to_owned()));
        // A case that is left out is not missed, unless only the answer could say that it is left out.
        let score = done("{ max_words: 1, when: case.metadata.x }", &json!({}), failed());
        assert!(matches!(score, Score::NotApplicable(_)));
        let score = done("{ max_words: 1, when: output.text }", &json!({}), failed());
        assert!(matches!(score, Score::Unscored(_)));
    }

    #[test]
    fn a_score_from_a_file_is_not_made_here() {
        let outcome = Outcome::Answered(Box::new(answer(says("a"))));
        assert!(matches!(done("score: {}", &json!({}), outcome), Score::Unscored(_)));
    }

    #[test]
    fn the_fingerprint_covers_what_is_measured_and_nothing_else() {
        let of = |yaml: &str| scorer(yaml).fingerprint().to_owned();
        let base = of("{ max_words: 60 }");
        assert_eq!(base.len(), 16);
        assert_eq!(base, of("{ max_words: 60, description: short, gate: { max_drop: 0.1 } }"));
        let others = ["{ max_words: 61 }", "{ min_words: 60 }", "{ max_words: 60, when: case.metadata.x }"];
        assert!(others.iter().all(|yaml| of(yaml) != base));
        assert_eq!(of("contains: a"), of("contains: { all: [a] }"));
        assert_ne!(of("json_schema: answer.json"), of("json_schema: order.json"));
    }
}
