//! Checks licences, bans and sources of all dependencies, and known vulnerabilities where their list can be reached.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use xtask::process::Running;
use xtask::{cargo, process};

/// Checks what `deny.toml` says, with cargo-deny, which is installed into the build directory if it is not there.
pub(crate) fn run() -> Result<()> {
    let program = installed()?;
    let mut offline = deny(&program);
    process::run(offline.args(["--offline", "check", "licenses", "bans", "sources"]))?;
    if !is_reachable() {
        eprintln!("test: the list of known vulnerabilities cannot be reached, so advisories are not checked");
        return Ok(());
    }
    process::run(deny(&program).args(["check", "advisories"]))
}

fn deny(program: &PathBuf) -> Command {
    let mut command = Command::new(program);
    command.args(["--all-features", "--log-level", "error"]).current_dir(cargo::root());
    command
}

/// The path of the program.
fn installed() -> Result<PathBuf> {
    let folder = cargo::output_folder("tools");
    let program = folder.join("bin/cargo-deny");
    let has = Command::new(&program).arg("--version").stderr(Stdio::null()).output();
    if has.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == format!("cargo-deny {VERSION}")) {
        return Ok(program);
    }
    eprintln!("test: installing cargo-deny into the build directory, once; this takes a minute or two");
    let mut install = cargo::command();
    // Without optimisation, which would take most of the time: it runs for a second.
    install.args(["install", "cargo-deny", "--version", VERSION, "--locked", "--no-default-features", "--debug"]);
    install.arg("--root").arg(&folder).arg("--target-dir").arg(folder.join("build"));
    process::run(install.arg("--quiet")).context("cargo-deny is needed for this check")?;
    Ok(program)
}

/// Whether the list of advisories can be fetched just now.
fn is_reachable() -> bool {
    let mut git = Command::new("git");
    git.args(["ls-remote", "--exit-code", ADVISORIES, "HEAD"]).env("GIT_TERMINAL_PROMPT", "0");
    Running::start(&mut git).is_ok_and(|mut git| git.exit(PATIENCE).is_ok_and(|status| status.success()))
}

const VERSION: &str = "0.20.2";
const ADVISORIES: &str = "https://github.com/RustSec/advisory-db";
const PATIENCE: Duration = Duration::from_secs(10);
