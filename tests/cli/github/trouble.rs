//! The network is bad, the token may not write, the text is too long: the exit code never changes, and nothing is said twice.

use super::run_in_actions;
use super::server::{BOT, GitHub, Trouble};
use crate::model::{Model, Says};
use crate::support::{Project, Ran};

fn run(github: &GitHub) -> Ran {
    let project = Project::shop(&Model::fine(), 24);
    run_in_actions(&project, github, "run", "pull_request", &[])
}

#[test]
fn a_create_whose_answer_was_lost_is_not_repeated() {
    let github = GitHub::start();
    github.has_trouble("POST", "comments", Trouble::LosesAnswer);
    run(&github).expect(0, &[]).lacks(&["warning"]);
    assert_eq!(github.comments().len(), 1);
    assert_eq!(github.asked("POST", "comments").len(), 1);
}

#[test]
fn a_create_that_failed_is_repeated_after_looking() {
    let github = GitHub::start();
    github.has_trouble("POST", "comments", Trouble::Refuses(502, "", "Bad Gateway"));
    run(&github).expect(0, &[]).lacks(&["warning"]);
    assert_eq!((github.comments().len(), github.asked("GET", "comments").len()), (1, 3));
}

#[test]
fn of_two_that_were_created_at_once_the_older_stays() {
    let github = GitHub::start();
    github.has_trouble("POST", "/comments", Trouble::IsLate("<!-- eval-gate:v1:shop -->\nof another run"));
    run(&github).expect(0, &["comment: https://github.test"]);
    let [comment] = github.comments().try_into().unwrap();
    assert!(comment.contains("✅ Pass") && !comment.contains("another run"), "{comment}");
}

#[test]
fn limits_that_pass_are_waited_for() {
    let github = GitHub::start();
    github.has_trouble("GET", "comments", Trouble::Refuses(429, "retry-after: 1\r\n", "Too many requests"));
    let secondary = "You have exceeded a secondary rate limit";
    github.has_trouble("POST", "comments", Trouble::Refuses(403, "retry-after: 1\r\n", secondary));
    run(&github).expect(0, &[]).lacks(&["warning"]);
    assert_eq!(github.comments().len(), 1);
}

#[test]
fn a_limit_that_takes_an_hour_is_given_up_at_once() {
    let github = GitHub::start();
    github.has_trouble("GET", "comments", Trouble::Refuses(429, "retry-after: 3600\r\n", "Too many requests"));
    run(&github).expect(0, &["warning: the comment:", "429"]);
    assert_eq!(github.asked("GET", "comments").len(), 1);
}

#[test]
fn a_forks_token_is_refused_once_and_that_is_all() {
    let github = GitHub::start();
    github.has_trouble("POST", "comments", Trouble::Refuses(403, "", "Resource not accessible by integration"));
    let project = Project::shop(&Model::fine(), 24);
    let ran = run_in_actions(&project, &github, "run", "pull_request.fork", &[]);
    ran.expect(0, &["warning: the comment:", "a fork's own run may not comment"]);
    assert_eq!(github.asked("POST", "").len(), 1);
    assert!(project.read("summary").contains("✅ Pass"));
}

#[test]
fn a_text_that_is_refused_as_too_long_is_sent_shorter() {
    let github = GitHub::start();
    github.has_trouble("POST", "comments", Trouble::TooLong(10_000));
    let project = Project::shop(&Model::start(|_| Says::Text("bad ".repeat(500))), 60);
    run_in_actions(&project, &github, "run", "pull_request", &[]).expect(1, &[]).lacks(&["warning"]);
    let sizes: Vec<usize> =
        github.asked("POST", "comments").iter().map(|asked| asked.body["body"].as_str().unwrap().len()).collect();
    assert!(sizes.len() > 1 && sizes.is_sorted_by(|a, b| a >= b) && sizes[0] < 60_000, "{sizes:?}");
    let [comment] = github.comments().try_into().unwrap();
    assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());

    let github = GitHub::start();
    github.has_trouble("POST", "comments", Trouble::TooLong(0));
    run(&github).expect(0, &["warning: the comment:", "422"]);
}

#[test]
fn a_comment_that_was_deleted_meanwhile_is_made_anew() {
    let github = GitHub::start();
    github.has_comment(BOT, "<!-- eval-gate:v1:shop -->\nold");
    github.has_trouble("PATCH", "comments", Trouble::Refuses(404, "", "Not Found"));
    run(&github).expect(0, &[]).lacks(&["warning"]);
    assert!(github.comments()[0].contains("✅ Pass"));
}

#[test]
fn an_enterprise_servers_prefix_survives() {
    let github = GitHub::start_at("/api/v3");
    (0..101).for_each(|number| github.has_comment("dev", &format!("comment {number}")));
    run(&github).expect(0, &[]).lacks(&["warning"]);
    assert_eq!(github.comments().len(), 102);
    assert!(github.asked("GET", "").iter().all(|asked| asked.path.starts_with("/api/v3/repos/")));
}

#[test]
fn an_error_is_said_too_and_no_key_with_it() {
    let github = GitHub::start();
    let project = Project::shop(&Model::absent(), 24);
    project.edit("api_key: sk-test", "api_key: sk-very-secret");
    let ran = run_in_actions(&project, &github, "run", "pull_request", &[]);
    ran.expect(4, &["::add-mask::sk-very-secret"]);
    let [comment] = github.comments().try_into().unwrap();
    assert!(comment.contains("Error: ") && !comment.contains("sk-very-secret"), "{comment}");
}

#[test]
fn a_key_that_a_server_quotes_is_in_no_file_and_no_comment() {
    const KEY: &str = "sk_live_*0123_abc*";
    let model = Model::start(|_| Says::Refuses(400, "Incorrect key sk_live_*0123_abc* for this model"));
    let (project, github) = (Project::shop(&model, 40), GitHub::start());
    project.edit("sk-test", KEY);
    let ran = run_in_actions(&project, &github, "run", "pull_request", &[]).expect(4, &["Error: "]);
    let said: String = ran.stderr.lines().filter(|line| !line.contains("::add-mask::")).collect();
    assert!(!said.contains(KEY) && !ran.stdout.contains(KEY), "{ran}");
    let comment = github.comments().remove(0);
    assert!(comment.contains("Incorrect key") && !comment.replace('\\', "").contains("0123"), "{comment}");
    for file in ["report.json", "report.html", "report.md", "junit.xml"] {
        assert!(!project.read(&format!(".eval-gate/{file}")).contains("0123"), "{file}");
    }
}
