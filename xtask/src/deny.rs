//! Checks licences, bans and sources of all dependencies, and known vulnerabilities where their list can be reached.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use xtask::process::Running;
use xtask::{cargo, process};

use crate::tools::{self, Tool};

/// Checks what `deny.toml` says, with cargo-deny, which is installed into the build directory if it is not there.
pub(crate) fn run() -> Result<()> {
    let program = tools::installed(&CARGO_DENY)?;
    // Building has fetched what this system needs; the licences of what other systems need are checked as well.
    process::run(cargo::command().args(["fetch", "--locked"]))?;
    let mut offline = deny(&program);
    process::run(offline.args(["--offline", "check", "licenses", "bans", "sources"]))?;
    if !is_reachable() {
        eprintln!("test: the list of known vulnerabilities cannot be reached, so advisories are not checked");
        return Ok(());
    }
    process::run(deny(&program).args(["check", "advisories"]))
}

fn deny(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--all-features", "--log-level", "error"]).current_dir(cargo::root());
    command
}

/// Whether the list of advisories can be fetched just now.
fn is_reachable() -> bool {
    let mut git = Command::new("git");
    git.args(["ls-remote", "--exit-code", ADVISORIES, "HEAD"]).env("GIT_TERMINAL_PROMPT", "0");
    Running::start(&mut git).is_ok_and(|mut git| git.exit(PATIENCE).is_ok_and(|status| status.success()))
}

const CARGO_DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2", features: &["--no-default-features"] };
const ADVISORIES: &str = "https://github.com/RustSec/advisory-db";
const PATIENCE: Duration = Duration::from_secs(10);
