//! The gate's scores on the runs that its cases came from.

use super::server::{Held, LangSmith, uuid};
use super::{KEYS, configured, shop};
use crate::model::Model;
use crate::support::Project;

fn gated(langsmith: &LangSmith, model: &Model, write_back: bool) -> Project {
    let project = configured(langsmith);
    project.edit("project: shop,", &format!("project: shop, write_back: {write_back},"));
    let provider = format!("openai: {{ base_url: \"{}\", retries: 0 }}", model.url);
    project.add(&format!("name: shop\nproviders:\n  default: {{ {provider} }}"));
    project.add("scorers:\n  fine: { contains: fine, gate: { max_drop: 0.1 } }");
    project
}

/// What was sent that is not a question.
fn changes(langsmith: &LangSmith) -> usize {
    langsmith.store.asked("").iter().filter(|asked| asked.method != "GET" && !asked.path.ends_with("/query")).count()
}

#[test]
fn a_run_writes_its_scores_back_and_a_second_one_replaces_them() {
    let model = Model::fine();
    for conflicts in [false, true] {
        let langsmith = LangSmith::start(Held { conflicts, ..shop(40) });
        let project = gated(&langsmith, &model, true);
        project.run_with("run", &[KEYS]).expect(0, &["Pass", "80 scores written back as eval-gate:shop"]);
        assert!(project.read(".eval-gate/report.json").contains(&format!("/r/{}?poll=true", uuid(0xa, 1))));
        let sent = langsmith.store.asked("/api/v1/feedback");
        assert_eq!(sent.len(), 80);
        for asked in &sent {
            assert_eq!(
                (&asked.body["extend_trace_retention"], &asked.body["session_id"]),
                (&false.into(), &uuid(0xb0, 1).into())
            );
            assert_eq!(asked.body["feedback_source"]["type"], "api");
        }
        let count = || langsmith.held.lock().unwrap().feedback.len();
        assert_eq!(count(), 83);
        project.run_with("run", &[KEYS]).expect(0, &["80 scores written back"]);
        assert_eq!(count(), 83, "none is there twice");
        let patched = langsmith.store.asked("").iter().filter(|asked| asked.method == "PATCH").count();
        assert_eq!(patched, if conflicts { 80 } else { 0 });
    }
}

#[test]
fn nothing_but_questions_is_sent_where_it_is_not_asked_for() {
    let (model, langsmith) = (Model::fine(), LangSmith::start(shop(40)));
    gated(&langsmith, &model, false).run_with("run", &[KEYS]).expect(0, &["Pass"]).lacks(&["written back"]);
    assert_eq!(changes(&langsmith), 0);
}

#[test]
fn a_run_that_is_not_there_yet_is_waited_for() {
    let (model, langsmith) = (Model::fine(), LangSmith::start(Held { is_late: 1, ..shop(40) }));
    gated(&langsmith, &model, true).run_with("run", &[KEYS]).expect(0, &["80 scores written back"]);
    assert_eq!(changes(&langsmith), 81);
    let refused = LangSmith::odd(shop(40), |asked, says| {
        let is_write = asked.path.ends_with("/feedback");
        if is_write { crate::store::Says::Refuses(403, "", "read-only") } else { says }
    });
    let words = ["Pass", "warning: the scores are not written back, or not all", "HTTP 403: read-only"];
    gated(&refused, &model, true).run_with("run", &[KEYS]).expect(0, &words);
}
