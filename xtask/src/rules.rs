//! The rules of ARCHITECTURE.md that Cargo itself cannot check: which crate may use which, and what may be in a source file.
//!
//! ```text
//! cargo metadata ──▶ crates   who depends on whom        ┐
//! *.rs           ──▶ sources  attributes, sizes, names   ├─▶ all broken rules at once
//! ARCHITECTURE.md ─▶ stars    who may touch the clock    │
//! SECURITY.md ─────▶ unsafes  where `unsafe` is          ┘
//! ```

mod crates;
mod sources;
mod stars;
mod unsafes;

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use xtask::{cargo, process};

use crate::args::{Usage, switches};

/// What the user typed: nothing.
pub(crate) struct Args;

impl Args {
    pub(crate) fn parse(typed: &[String]) -> Result<Self, Usage> {
        switches(HELP, [], typed).map(|[]| Self)
    }
}

const HELP: &str = "\
Checks the rules of ARCHITECTURE.md that Cargo cannot check, in a second and without building anything:
  - which crate of the workspace may depend on which, and which outside crates may not be below them
  - where `unsafe` is, and whether SECURITY.md says so
  - source files: their length, no `#[path]`, the one file that knows the window's library
Every broken rule is listed with the file, what was found there, what is allowed and what to do.

Usage: cargo xtask rules
";

pub(crate) fn run(_: Args) -> Result<()> {
    let sources = sources::read(&cargo::root())?;
    let mut broken = crates::check(&metadata()?)?;
    broken.extend(sources::check(&sources));
    broken.extend(stars::check(&page(stars::LIST)?, &sources));
    broken.extend(unsafes::check(&page(unsafes::LIST)?, &sources));
    ensure!(broken.is_empty(), "{} rules are broken:\n  {}", broken.len(), broken.join("\n  "));
    Ok(())
}

fn page(name: &str) -> Result<String> {
    let path = cargo::root().join(name);
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// What Cargo knows about the workspace, for this machine: metadata of other systems' crates would have to be downloaded.
fn metadata() -> Result<Value> {
    let mut command = cargo::command();
    command.args(["metadata", "--format-version=1", "--filter-platform", &host()?]);
    let title = process::title(&command);
    let output = command.output().with_context(|| format!("cannot start {title}"))?;
    if !output.status.success() {
        bail!("{title} ended with {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("{title} did not print JSON"))
}

fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot start rustc -vV")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).with_context(|| format!("rustc -vV printed no line \"host: \", but {text:?}"))
}
