//! Where the binary comes from, and what is never run.

use std::fs;

use crate::release::{ASSET, Has};
use crate::stage::Stage;

/// What the log says once the binary runs.
const RAN: &str = "cases compared of";

#[test]
fn an_asset_with_another_byte_is_an_error_and_never_a_reason_to_build() {
    for inputs in ["install: auto", "install: download"] {
        let Some(stage) = Stage::set() else { return };
        stage.workflow("eval-gate.yml", inputs, "");
        stage.releases.has(Has::AnotherByte);
        let job = stage.run("eval-gate.yml", "pull_request");
        job.expect(false, &["has the SHA-256", &format!("pins {}", ASSET.sha256), "Do not use it"]);
        job.lacks(&[RAN, "built from source", "no cargo"]);
        assert!(stage.github.comments().is_empty());
    }
}

#[test]
fn a_release_that_is_not_there_is_built_where_that_is_allowed() {
    for (inputs, said) in [
        ("install: download", "install: download allows nothing else"),
        ("install: auto", "must be built from source, and this runner has no cargo. Install Rust in an earlier step"),
    ] {
        let Some(stage) = Stage::set() else { return };
        stage.workflow("eval-gate.yml", inputs, "");
        stage.releases.has(Has::Nothing);
        let status = format!("{} gave the HTTP status 404", ASSET.name);
        stage.run("eval-gate.yml", "pull_request").expect(false, &[said, &status]).lacks(&[RAN]);
    }
}

#[test]
fn sources_that_are_not_the_releases_are_built() {
    let Some(stage) = Stage::set() else { return };
    stage.workflow("eval-gate.yml", "", "");
    let main = stage.path("action/src/main.rs");
    fs::write(&main, fs::read_to_string(&main).unwrap() + "// another line\n").unwrap();
    let said = ["the action's sources are not those of release", "no cargo"];
    stage.run("eval-gate.yml", "pull_request").expect(false, &said).lacks(&[RAN]);
    assert!(stage.releases.asked().is_empty());
}

#[test]
fn a_manifest_without_assets_is_a_build() {
    let Some(stage) = Stage::set() else { return };
    stage.workflow("eval-gate.yml", "", "");
    fs::write(stage.path("action/action/release.sha256"), "# version: 0.1.0\n# source: none\n").unwrap();
    let said = ["action/release.sha256 lists no eval-gate-0.1.0-", "no cargo"];
    stage.run("eval-gate.yml", "pull_request").expect(false, &said).lacks(&[RAN]);
    assert!(stage.releases.asked().is_empty());
}

#[test]
fn a_build_runs_cargo_where_the_action_is() {
    let Some(stage) = Stage::set() else { return };
    stage.workflow("eval-gate.yml", "install: build", "");
    // A cargo that says how it was called and gives the program at hand: a real build takes minutes, and CI does one.
    let cargo = r#"#!/usr/bin/env bash
[ -e action.yml ] && [ ! -e eval-gate.yaml ] && echo "cargo where the action is: $*"
while [ "$1" != --target-dir ]; do shift; done
mkdir -p "$2/release" && cp "PROGRAM" "$2/release/eval-gate"
"#;
    let file = stage.path("tools/cargo");
    fs::write(&file, cargo.replace("PROGRAM", env!("CARGO_BIN_EXE_eval-gate"))).unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let job = stage.run("eval-gate.yml", "pull_request");
    job.expect(true, &["cargo where the action is: build --locked --release", "install: build asks for it", RAN]);
    assert!(stage.releases.asked().is_empty());
}

#[test]
fn a_mirror_serves_as_well() {
    let Some(stage) = Stage::set() else { return };
    let base = format!("download-base: {}/mirror/\ninstall: download", stage.releases.url);
    stage.workflow("eval-gate.yml", &base, "");
    stage.run("eval-gate.yml", "pull_request").expect(true, &[RAN]);
    assert!(stage.releases.asked()[0].starts_with("/mirror/v"), "{:?}", stage.releases.asked());
}

#[test]
fn inputs_that_make_no_sense_are_told() {
    for (inputs, said) in [
        ("install: sometimes", "install must be auto, download or build, and is sometimes"),
        ("download-base: file:///etc", "download-base must begin with https:// or http://"),
        ("working-directory: nowhere", "the input working-directory does not name a folder"),
    ] {
        let Some(stage) = Stage::set() else { return };
        stage.workflow("eval-gate.yml", inputs, "");
        stage.run("eval-gate.yml", "pull_request").expect(false, &[said]).lacks(&[RAN]);
    }
}

#[test]
fn what_earlier_steps_left_in_the_environment_is_not_run() {
    let Some(stage) = Stage::set() else { return };
    let hostile = stage.path("hostile.sh");
    fs::write(&hostile, "echo hostile >&2\n").unwrap();
    stage.workflow("eval-gate.yml", "", "");
    let file = stage.path("shop/.github/workflows/eval-gate.yml");
    let text = fs::read_to_string(&file).unwrap();
    let earlier = format!("env:\n          BASH_ENV: {}\n          CDPATH: /\n", hostile.display());
    fs::write(&file, text.replacen("env:\n", &earlier, 1)).unwrap();
    stage.run("eval-gate.yml", "pull_request").expect(true, &[RAN]).lacks(&["hostile"]);
}
