//! A second opinion: the vendor's own client, the Python package `langfuse`, reads what the fake holds and what a run wrote to
//! it. It needs a `python3` on PATH that has the package, which `.ci/run` sees to, and says loudly where there is none.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::server::{Generation, Langfuse};
use super::{KEYS, prompts, runnable, with_keys};
use crate::model::Model;

fn has_client() -> bool {
    let found = Command::new("python3").args(["-c", "import langfuse"]).output().is_ok_and(|ran| ran.status.success());
    if !found {
        let is_required = std::env::var_os("EVAL_GATE_REQUIRE_SDKS").is_some();
        assert!(!is_required, "python3 has no langfuse, and EVAL_GATE_REQUIRE_SDKS says that it must");
        let advice = "SKIPPED: python3 on PATH has no langfuse, so the vendor's client did not read the fake. .ci/run brings it; so does `pip install --requirement .ci/requirements.txt`";
        // Straight to the handle: what is printed by macros is shown of failing tests only.
        std::io::stderr().write_all(format!("\n{advice}\n\n").as_bytes()).unwrap();
    }
    found
}

#[test]
fn the_vendors_client_reads_what_the_fake_holds_and_what_a_run_wrote() {
    if !has_client() {
        return;
    }
    let model = Model::fine();
    let store = Langfuse::start(Generation::New, prompts::kept());
    let project = runnable(&store.url(), ", write_back: true", &model);
    with_keys(&project, "run").expect(0, &["40 scores written back"]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/langfuse/official.py");
    let keys = KEYS.map(|(_, key)| key);
    let ran = Command::new("python3").arg(script).arg(store.url()).args(keys).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    let read: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(
        (&read["observations"], &read["scores"]),
        (&json!(40), &json!(["fine", "fine.candidate", "thumbs"])),
        "{said}"
    );
    let question = json!([{"role": "user", "content": "question 19"}]).to_string();
    assert_eq!(read["call"], json!(["m", question, {"input": 3, "output": 2, "total": 5}, "support", "acme"]));
    let [value, kind, _, by, subject, id] = &read["written"][0].as_array().unwrap()[..] else { panic!("{read}") };
    assert_eq!(
        [value, kind, by, subject],
        [&json!(1.0), &json!("NUMERIC"), &json!("eval-gate:shop"), &json!("observation")]
    );
    assert_eq!(id.as_str().map(str::len), Some(16));
    let messages = json!([{"role": "system", "content": "Help customers."}, {"role": "user", "content": "Hello"}]);
    assert_eq!(read["prompt"], json!([3, {"model": "m", "temperature": 0.1}, messages]));
    assert_eq!(read["text"], "Help the customer.");
}
