//! The parts of the Rust toolchain that the checks use and that a minimal one lacks.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use xtask::{cargo, process};

/// Adds rustfmt and clippy through rustup where they are missing.
pub(super) fn ensure() -> Result<()> {
    let missing: Vec<&str> =
        COMPONENTS.iter().filter(|(_, subcommand)| !answers(subcommand)).map(|(component, _)| *component).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut add = Command::new("rustup");
    add.args(["component", "add"]).args(&missing);
    let missing = missing.join(" and ");
    eprintln!("setup: the checks need {missing}, which this Rust toolchain lacks\nsetup: {}", process::title(&add));
    process::run(&mut add)
        .with_context(|| format!("cannot add {missing}; install it the way this toolchain was installed"))
}

fn answers(subcommand: &str) -> bool {
    let mut command = cargo::command();
    command.args([subcommand, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Component, and the subcommand of cargo that it brings.
const COMPONENTS: &[(&str, &str)] = &[("rustfmt", "fmt"), ("clippy", "clippy")];
