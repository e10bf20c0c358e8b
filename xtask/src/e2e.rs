//! Plays the end-to-end scenarios with freshly built programs; with `--accept` makes what they now detect the expected result.

use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use xtask::cargo::{self, Programs};
use xtask::process;

use crate::args::{Usage, switches};

/// What the user typed.
pub(crate) struct Args {
    accept: bool,
}

impl Args {
    pub(crate) fn parse(typed: &[String]) -> Result<Self, Usage> {
        let [accept] = switches(HELP, ["--accept"], typed)?;
        Ok(Self { accept })
    }
}

const HELP: &str = "\
Starts the real programs as processes, plays scenarios, and compares what was detected with the snapshots in
xtask/tests/snapshots. One scenario alone: cargo test -p xtask --test e2e NAME

Usage: cargo xtask e2e [--accept]

  --accept  shows each snapshot that changed or is new, and takes it: after asking on a terminal, without asking elsewhere
";

pub(crate) fn run(args: Args) -> Result<()> {
    let programs = cargo::build_for_e2e()?;
    let mut tests = cargo::command();
    tests.args(["test", "--package", "xtask", "--test", "e2e"]);
    with_programs(&mut tests, &programs);
    let snapshots = cargo::root().join("xtask/tests/snapshots");
    if args.accept {
        for leftover in pending(&snapshots)? {
            fs::remove_file(&leftover).with_context(|| format!("cannot remove {}", leftover.display()))?;
        }
        // Differences are written down and do not fail; everything else that fails still does.
        tests.env("INSTA_UPDATE", "new").env("INSTA_FORCE_PASS", "1");
    }
    let taken = if args.accept { "; no snapshot was taken" } else { "" };
    process::run(&mut tests)
        .with_context(|| format!("the failures above show what each program was given and wrote{taken}"))?;
    if args.accept { review(&snapshots) } else { Ok(()) }
}

/// Passes the paths of the programs to the end-to-end tests, so that these do not build them once more.
pub(crate) fn with_programs(tests: &mut Command, programs: &Programs) {
    // Some tasks build only those that they need.
    for program in ["viewer", "robot-sim", "fleet", "make-certs"] {
        if let Ok(path) = programs.path(program) {
            tests.env(format!("ROBOT_VISION_{}", program.replace('-', "_").to_uppercase()), path);
        }
    }
    // A difference is a failure and leaves no file behind; taking new snapshots is what --accept is for.
    tests.env("INSTA_UPDATE", "no");
}

/// Shows every pending snapshot and takes it where that is wanted.
fn review(snapshots: &Path) -> Result<()> {
    let pending = pending(snapshots)?;
    if pending.is_empty() {
        eprintln!("e2e: every snapshot is as expected");
        return Ok(());
    }
    let ask = io::stdin().is_terminal();
    let mut taken = 0;
    for new in &pending {
        let old = new.with_extension("");
        let name = old.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(new).with_context(|| format!("cannot read {}", new.display()))?;
        fs::write(new, lasting(&text)).with_context(|| format!("cannot write {}", new.display()))?;
        eprintln!("\n== {name}");
        show(&old, new)?;
        if ask && !wants(&name)? {
            continue;
        }
        fs::rename(new, &old).with_context(|| format!("cannot replace {}", old.display()))?;
        taken += 1;
    }
    eprintln!("e2e: took {taken} of {} snapshots; `git diff` shows them once more", pending.len());
    Ok(())
}

fn pending(snapshots: &Path) -> Result<Vec<PathBuf>> {
    let Ok(files) = fs::read_dir(snapshots) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for file in files {
        let path = file.with_context(|| format!("cannot list {}", snapshots.display()))?.path();
        if path.extension().is_some_and(|extension| extension == "new") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Prints the difference, or the whole of a snapshot that had no predecessor.
fn show(old: &Path, new: &Path) -> Result<()> {
    if old.exists() {
        let mut diff = Command::new("git");
        diff.args(["--no-pager", "diff", "--no-index", "--"]).args([old, new]);
        // Exit code 1 means that they differ, which is why they are shown.
        if diff.stdout(io::stderr()).status().is_ok_and(|status| matches!(status.code(), Some(0 | 1))) {
            return Ok(());
        }
    }
    let text = fs::read_to_string(new).with_context(|| format!("cannot read {}", new.display()))?;
    eprintln!("{text}");
    Ok(())
}

fn wants(name: &str) -> Result<bool> {
    eprint!("take {name}? [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).context("cannot read the answer")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// A pending snapshot without the line number in its header, which would change with every edit of the test.
fn lasting(pending: &str) -> String {
    let mut in_header = false;
    let kept = pending.split_inclusive('\n').filter(|line| {
        if line.trim_end() == "---" {
            in_header = !in_header;
        }
        !(in_header && line.starts_with("assertion_line:"))
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accepted_snapshot_keeps_no_line_number() {
        let pending = "---\nsource: xtask/tests/e2e/x.rs\nassertion_line: 7\n---\nbody\nassertion_line: 9\n";
        assert_eq!(lasting(pending), "---\nsource: xtask/tests/e2e/x.rs\n---\nbody\nassertion_line: 9\n");
    }
}
