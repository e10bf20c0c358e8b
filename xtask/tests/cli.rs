//! The task runner's own command line, which builds nothing and changes nothing here.

use std::fs;
use std::process::{Command, Output};

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().expect("xtask starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("xtask writes UTF-8")
}

#[test]
fn help_lists_every_task_and_each_has_help_of_its_own() {
    let help = xtask(&["--help"]);
    assert_eq!(help.status.code(), Some(0), "{help:?}");
    for task in TASKS {
        assert!(text(&help.stdout).contains(&format!("\n  {task} ")), "{task} is not in {help:?}");
        let own = xtask(&[task, "--help"]);
        assert_eq!(own.status.code(), Some(0), "{own:?}");
        assert!(text(&own.stdout).contains(&format!("Usage: cargo xtask {task}")), "{own:?}");
    }
}

#[test]
fn an_unknown_argument_is_quoted_and_exits_with_2() {
    for typed in [
        &["frobnicate"][..],
        &["demo", "frobnicate"],
        &["test", "frobnicate"],
        &["bench", "frobnicate"],
        &["eval", "frobnicate"],
    ] {
        let output = xtask(typed);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).contains("frobnicate"), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
    }
}

#[test]
fn no_task_at_all_gets_the_list() {
    let output = xtask(&[]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(text(&output.stderr).contains("cargo xtask TASK"), "{output:?}");
}

#[test]
fn a_first_build_shows_its_progress() {
    let config = fs::read_to_string(xtask::cargo::root().join(".cargo/config.toml")).expect("the alias is there");
    let alias = config.lines().find(|line| line.starts_with("xtask = ")).expect("the alias is there");
    assert!(!alias.contains("-q"), "it is silent for as long as it builds: {alias}");
}

const TASKS: [&str; 8] = ["setup", "demo", "test", "rules", "e2e", "fixtures", "bench", "eval"];
