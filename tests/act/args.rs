//! Arguments arrive as they were written.

use std::fs;

use crate::stage::Stage;

/// A name that a shell would tear apart or run.
const NAME: &str = r#"it's "new" $(touch pwned) `touch pwned` ; * & a	b.prompt.yml"#;

const LATER: &str = r#"      - if: always()
        run: if [ -e pwned ]; then echo "something ran"; else echo "nothing ran"; fi
"#;

#[test]
fn a_line_is_an_argument() {
    let Some(stage) = Stage::set() else { return };
    let prompts = stage.path("shop/prompts");
    fs::rename(prompts.join("friendlier.prompt.yml"), prompts.join(NAME)).unwrap();
    stage.workflow("eval-gate.yml", &format!("args: |\n  --prompt\n  prompts/{NAME}\n\n  --looks=1"), LATER);
    // The friendlier prompt fails: it was read.
    stage.run("eval-gate.yml", "pull_request").expect(false, &["Fail: danger_rule on intent=safety", "nothing ran"]);
}

#[test]
fn other_commands_and_folders_are_inputs_too() {
    let Some(stage) = Stage::set() else { return };
    fs::rename(stage.path("shop/eval-gate.yaml"), stage.path("shop/prompts/gate $(touch pwned).yaml")).unwrap();
    let config = stage.path("shop/prompts/gate $(touch pwned).yaml");
    let text = fs::read_to_string(&config).unwrap();
    let text = ["evalsets/", "prompts/", "recordings/", "schemas/"]
        .iter()
        .fold(text, |text, folder| text.replace(&format!(" {folder}"), &format!(" ../{folder}")));
    fs::write(&config, text).unwrap();
    let inputs = "command: check\nworking-directory: prompts\nconfig: gate $(touch pwned).yaml\nargs: \"\"";
    stage.workflow("eval-gate.yml", inputs, LATER);
    let job = stage.run("eval-gate.yml", "pull_request");
    // The step after the action's fails for want of a report: `check` writes none.
    job.expect(false, &["175 cases", "nothing ran"]).lacks(&["exit status 2"]);
}
