//! Whatever is wrong gives one clear message and the documented exit code: nothing panics, nothing passes, and finished work
//! is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::model::{Model, Says};
use crate::support::Project;

#[test]
fn evalsets_that_cannot_be_read() {
    let model = Model::fine();
    let project = Project::shop(&model, 8);
    let whole = project.read("evalset/cases.jsonl");
    let two = whole.lines().take(2).collect::<Vec<_>>().join("\n");
    let cases: [(&[u8], &[&str]); 8] = [
        (b"", &["evalset/cases.jsonl holds no case"]),
        (b"\n\n", &["evalset/cases.jsonl holds no case"]),
        (b"hello\n", &["evalset/cases.jsonl:1: not JSON: expected value at column 1"]),
        (b"{\"id\": \"x\"}\n", &["cases.jsonl:1: missing field `messages`"]),
        (b"{\"messages\": []}\n", &["cases.jsonl:1: `messages` is empty"]),
        (
            b"{\"messages\": [{\"role\": \"user\"}]}\n[]\n",
            &["cases.jsonl:1: `messages[0]`: a user message needs `content`", "cases.jsonl:2: an array"],
        ),
        (b"{\"messages\": [{\"role\": \"user\", \"content\": \"\xff\"}]}\n", &["cases.jsonl:1: byte 44 is not UTF-8"]),
        (two.as_bytes(), &["2 cases compared", "Inconclusive"]),
    ];
    for (content, words) in cases {
        project.write("evalset/cases.jsonl", content);
        let code = if content.len() > 200 { 0 } else { 2 };
        project.run("run").expect(code, words);
    }
    project.edit("evalset: evalset", "evalset: elsewhere");
    project.run("run").expect(2, &["no evalset at elsewhere", "eval-gate sample"]);
}

#[test]
fn a_line_of_a_hundred_megabytes() {
    let project = Project::shop(&Model::fine(), 8);
    let long = "x".repeat(100 << 20);
    project.write("evalset/cases.jsonl", &long);
    let ran = project.run("check").expect(2, &["cases.jsonl:1: not JSON"]);
    assert!(ran.stderr.len() < 1000);
    project.write("evalset/cases.jsonl", format!("{{\"{long}\": 1}}"));
    let ran = project.run("check").expect(2, &["cases.jsonl:1: ", "`xxxx", "more characters"]);
    assert!(ran.stderr.len() < 10_000, "{}", ran.stderr.len());
    let long = &long[..8 << 20];
    project
        .write("evalset/cases.jsonl", format!("{{\"messages\": [{{\"role\": \"user\", \"content\": \"{long}\"}}]}}"));
    project.run("check").expect(0, &["cases: 1 of 1 seen"]);
}

#[test]
fn prompts_that_cannot_be_used() {
    let model = Model::fine();
    let project = Project::shop(&model, 8);
    for (name, content, words) in [
        ("prompt.txt", "", "prompt.txt: the prompt has no text"),
        ("prompt.txt", "{{ name", "prompt.txt: messages[0] is not a valid template"),
        (
            "prompt.txt",
            "Hello {{ customer }}",
            "prompt.txt: none of 8 cases can be asked: the case has no variable `customer`; define the variable under vars:",
        ),
        ("prompt.txt", "{{ case.id | shout }}", "unknown filter"),
        (
            "p.prompt.yml",
            "messages: [{ role: system, content: Hi }]\nmodelParameter: {}\n",
            "p.prompt.yml: unknown field `modelParameter`, expected one of",
        ),
        ("p.prompt.yml", "messages: [", "p.prompt.yml: "),
        ("p.prompt.yml", "messages: [{ role: robot, content: Hi }]\n", "p.prompt.yml: messages[0].role is `robot`"),
    ] {
        project.write(name, content);
        project.run(&format!("run --prompt {name}")).expect(2, &[words]);
    }
    project.write("prompt.txt", b"\xff\xfe");
    project.run("run").expect(2, &["cannot read the prompt prompt.txt", "UTF-8"]);
    project.run("run --prompt none.txt").expect(2, &["cannot read the prompt none.txt"]);
    assert_eq!(model.take(), 0);
}

#[test]
fn a_variable_that_some_cases_lack_leaves_those_out() {
    let model = Model::fine();
    let project = Project::shop(&model, 12);
    project.write("prompt.txt", "Talk about {{ topic }}.");
    project.add("vars: { topic: \"'it' if case.id != 'c003' else case.metadata.nothing\" }");
    project.run("run").expect(0, &["Pass", "11 cases compared of 12 chosen, 1 left out"]);
    assert_eq!(model.take(), 11);
    let left_out = &project.report()["cases"]["left_out"][0];
    assert_eq!(left_out["what"], "not replayable: the case has no variable `topic`");
    project.run("replay c003").expect(4, &["no answer: the case has no variable `topic`"]);
}

#[test]
fn no_model_anywhere_is_a_mistake_of_the_configuration() {
    let model = Model::fine();
    let project = Project::shop(&model, 8);
    project.edit("model: m, ", "");
    project.run("run").expect(2, &["no model is named"]);
    assert_eq!(model.take(), 0);
    project.run("run --model m").expect(0, &["Pass"]);
}

#[test]
fn a_stream_that_breaks_off_is_no_answer() {
    let project = Project::shop(&Model::start(|_| Says::Cut("fi".into())), 8);
    project.run("run").expect(4, &["Error: fine could not score 8 of 16 attempts", "8 calls failed"]);
    assert!(project.read(".eval-gate/report.md").contains("the stream ended before the answer did"));
}

#[test]
fn a_sample_of_nothing_is_no_verdict() {
    let project = Project::shop(&Model::fine(), 8);
    project.run("run --sample 0").expect(2, &["0", "--sample"]);
    project.add("sample: { size: 0 }");
    project.run("run").expect(2, &["eval-gate.yaml:10:17: sample.size: "]);
}

#[test]
fn an_interrupted_run_keeps_what_is_done_and_never_passes() {
    let started = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&started);
    let model = Model::start(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(60));
        Says::Text("fine".into())
    });
    let project = Project::shop(&model, 60);
    project.edit("timeout: 5", "timeout: 5, concurrency: 4");
    let words = [
        "stopping: what is under way is finished and reported",
        "Inconclusive: the run was interrupted before all cases were worked through",
    ];
    let ran = project.interrupt("run", 1, || started.load(Ordering::SeqCst) > 12);
    ran.expect(4, &words);
    let asked = model.take();
    assert!((12..40).contains(&asked), "{asked}");
    assert_eq!(project.report()["verdict"]["ruling"], "inconclusive");
    assert_eq!(project.report()["results"].as_array().unwrap().len(), asked);
    project.run("run").expect(0, &["Pass"]);
    assert_eq!(model.take(), 60 - asked, "what was answered is not asked again");
}

#[test]
fn the_second_interrupt_drops_what_is_under_way() {
    let started = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&started);
    let model = Model::start(move |_| {
        let is_slow = count.fetch_add(1, Ordering::SeqCst) > 5;
        std::thread::sleep(if is_slow { Duration::from_secs(20) } else { Duration::ZERO });
        Says::Text("fine".into())
    });
    let project = Project::shop(&model, 60);
    project.edit("timeout: 5", "timeout: 25, concurrency: 2");
    let start = Instant::now();
    let ran = project.interrupt("run", 2, || started.load(Ordering::SeqCst) > 7);
    ran.expect(4, &["press Ctrl-C again to drop it", "Inconclusive: the run was interrupted"]);
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(project.report()["results"].as_array().unwrap().len(), 6);
}

#[test]
fn what_cannot_be_written_is_said() {
    let model = Model::fine();
    let project = Project::shop(&model, 8);
    project.write("blocked", "a file");
    project.run("run --out blocked").expect(4, &["cannot write blocked/cache"]);
    project.run("run --record blocked/tape.jsonl").expect(4, &["cannot write blocked/tape.jsonl"]);
    assert_eq!(model.take(), 0, "nothing is paid for that cannot be kept");
}

#[test]
fn usage_mistakes_end_with_two() {
    let project = Project::new();
    for (arguments, word) in [
        ("", "Usage: eval-gate"),
        ("rnu", "unrecognized subcommand 'rnu'"),
        ("run --promt x", "--prompt"),
        ("run --sample many", "invalid value 'many'"),
        ("run", "cannot read the configuration eval-gate.yaml"),
        ("compare a.jsonl", "<CANDIDATE>"),
        ("report none.json", "none.json: cannot be read"),
    ] {
        project.run(arguments).expect(2, &[word]).lacks(&["eval-gate init"]);
    }
    project.write("report.json", "{\"version\": 1}");
    project.run("report report.json").expect(2, &["report.json: not a report: missing field"]);
}
