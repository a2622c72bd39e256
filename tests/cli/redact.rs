//! `redact`: what would go, and a file without it.

use crate::support::Project;

const MAIL: &str = "mia.kern@shop.example";

fn project() -> Project {
    let project = Project::new();
    let text = format!("Write to {MAIL} or call.\nOrder A12 is fine.\nAgain {MAIL}, card 4111 1111 1111 1111.\n");
    project.write("talk.txt", text);
    project
}

#[test]
fn a_check_tells_places_and_no_values() {
    let ran = project().run("redact --check talk.txt");
    let places =
        ["talk.txt:1: Write to <EMAIL_1> or call.", "talk.txt:3: Again <EMAIL_1>, card <CARD_1>.", "2 × email"];
    ran.expect(1, &places).lacks(&[MAIL, "4111", "talk.txt:2"]);
}

#[test]
fn what_is_printed_is_clean_and_stays_clean() {
    let project = project();
    let ran = project.run("redact talk.txt").expect(0, &["1 × card"]).lacks(&[MAIL]);
    let clean = "Write to <EMAIL_1> or call.\nOrder A12 is fine.\nAgain <EMAIL_1>, card <CARD_1>.\n";
    assert_eq!(ran.stdout, clean);
    project.write("clean.txt", clean);
    let ran = project.run("redact --check clean.txt").expect(0, &[]);
    assert_eq!((ran.stdout, ran.stderr), (String::new(), String::new()));
}

#[test]
fn json_lines_stay_json_and_their_names_count() {
    let project = Project::new();
    project.write("cases.jsonl", format!("{{\"phone\": \"030 1234567\", \"n\": 1.50}}\n{{\"n\": 1.50}}\n[\"{MAIL}\"]"));
    let ran = project.run("redact cases.jsonl").expect(0, &[]);
    assert_eq!(ran.stdout, "{\"phone\":\"<PHONE_1>\",\"n\":1.5}\n{\"n\": 1.50}\n[\"<EMAIL_1>\"]\n");
}

#[test]
fn the_configurations_rules_count() {
    let project = project();
    project.write("eval-gate.yaml", "version: 1\nredact: { rules: [], patterns: [\"A\\\\d+\"], allow: [] }\n");
    project.run("redact --check talk.txt").expect(1, &["talk.txt:2: Order <PATTERN_1> is fine."]).lacks(&["EMAIL"]);
    project.write("eval-gate.yaml", "version: 1\nredact: { rules: [nothing] }\n");
    project.run("redact talk.txt").expect(2, &["redact.rules"]);
}

#[test]
fn what_is_no_text_is_refused() {
    let project = project();
    project.write("binary", [0xff, 0xfe, 0]);
    project.run("redact binary").expect(2, &["binary: is no text in UTF-8"]);
    project.run("redact nothing.txt").expect(2, &["nothing.txt: cannot be read"]);
}
