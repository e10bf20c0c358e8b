//! Every check and test, the quickest to fail first.

#![expect(clippy::disallowed_methods, reason = "each step is printed with the time it took")]

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};
use xtask::cargo::{self, Profile};
use xtask::process;

use crate::args::{Usage, switches};
use crate::deny;
use crate::e2e;
use crate::rules;
use crate::setup::{self, Purpose};

/// What the user typed.
pub(crate) struct Args {
    no_setup: bool,
}

impl Args {
    pub(crate) fn parse(typed: &[String]) -> Result<Self, Usage> {
        let [no_setup] = switches(HELP, ["--no-setup"], typed)?;
        Ok(Self { no_setup })
    }
}

const HELP: &str = "\
Sets up what is missing, then runs every check and test: format, the architecture's rules, licences and sources of dependencies,
lints, builds, documentation, test data, unit, property, golden and end-to-end tests. Stops at the first that fails and shows how
to run that one alone.

Usage: cargo xtask test [--no-setup]

  --no-setup  installs no system packages
";

pub(crate) fn run(args: Args) -> Result<()> {
    let started = Instant::now();
    if !args.no_setup {
        setup::ensure(Purpose::Test)?;
    }
    let mut steps = Steps::default();
    steps.run("format", cargo(&["fmt", "--all", "--check"]))?;
    steps.check("rules", "cargo xtask rules", || rules::run(rules::Args))?;
    steps.check("licences, bans and sources", "target/tools/bin/cargo-deny check licenses bans sources", deny::run)?;
    // Before anything that starts robot-sim: the build below puts the program that plays videos in the place of this one.
    steps.run("robot-sim without OpenCV", cargo(&["test", "--package", "robot-sim", "--no-default-features"]))?;
    steps.run("protocol without std", protocol_without_std())?;
    let lints = ["--all-targets", "--", "-D", "warnings"];
    steps.run("lints of protocol", on(&PROTOCOL, "clippy", &lints))?;
    steps.run("lints of the others", on(&OTHERS, "clippy", &lints))?;
    // Built with fleets for everything else; most people build it without.
    steps.run("viewer without fleets", cargo(&["check", "--package", "viewer", "--package", "robot-sim"]))?;
    let mut documentation = cargo(&["doc", "--workspace", "--no-deps", "--all-features"]);
    documentation.env("RUSTDOCFLAGS", "-D warnings");
    steps.run("documentation", documentation)?;
    let programs = steps.check("build", &process::title(&on(&OTHERS, "build", &TESTED)), || {
        cargo::build(Profile::Dev, &[&OTHERS[..], &TESTED].concat())
    })?;
    let mut test_data = Command::new(programs.path("draw-fixtures")?);
    test_data.arg("--check").current_dir(cargo::root());
    steps.run("test data", test_data)?;
    steps.run("tests of protocol", on(&PROTOCOL, "test", &[]))?;
    let mut tests = on(&OTHERS, "test", &[]);
    e2e::with_programs(&mut tests, &programs);
    steps.run("tests of the others, end-to-end ones among them", tests)?;
    println!("test: all {} steps passed in {:.0} s", steps.done, started.elapsed().as_secs_f64());
    Ok(())
}

/// Counts and times the steps, and stops at the first that fails.
#[derive(Default)]
struct Steps {
    done: u32,
}

impl Steps {
    fn run(&mut self, name: &str, mut command: Command) -> Result<()> {
        let title = process::title(&command);
        self.check(name, &title, || process::run(&mut command))
    }

    /// Takes a step; `alone` is what to type to take it alone.
    fn check<T>(&mut self, name: &str, alone: &str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        let started = Instant::now();
        let number = self.done + 1;
        eprintln!("\n== {number}. {name}: {alone}");
        let outcome = match step() {
            Ok(outcome) => outcome,
            Err(error) => bail!("step {number}, {name}: {error:#}\nto run it alone, type:\n  {alone}"),
        };
        eprintln!("== {number}. {name}: passed in {:.1} s", started.elapsed().as_secs_f64());
        self.done = number;
        Ok(outcome)
    }
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = cargo::command();
    command.args(arguments);
    command
}

fn on(packages: &[&str], verb: &str, more: &[&str]) -> Command {
    let mut command = cargo(&[verb]);
    command.args(packages).args(more);
    command
}

/// A target without std proves that protocol needs none; without it the crate's own `no_std` has to do.
fn protocol_without_std() -> Command {
    let mut command = cargo(&["check", "-p", "protocol", "--no-default-features"]);
    let sysroot = Command::new("rustc").args(["--print", "target-libdir", "--target", BARE]).output();
    let installed = sysroot.is_ok_and(|output| {
        let directory = String::from_utf8_lossy(&output.stdout);
        output.status.success() && Path::new(directory.trim()).is_dir()
    });
    if installed {
        command.args(["--target", BARE]);
    } else {
        eprintln!("test: protocol is checked for this machine only; `rustup target add {BARE}` for the stricter check");
    }
    command
}

// The benchmarks of protocol ask for a feature of a crate on which the QR reader's build depends, which would be compiled
// once more for every selection that has them.
const PROTOCOL: [&str; 3] = ["--package", "protocol", "--all-features"];
const OTHERS: [&str; 4] = ["--workspace", "--exclude", "protocol", "--all-features"];

/// Tests, and programs with the same features of dependencies as these; built alone, programs would have fewer, and a hundred
/// crates would be compiled twice. `cargo build --unit-graph` shows it.
const TESTED: [&str; 4] = ["--lib", "--bins", "--tests", "--examples"];

/// A microcontroller: no std exists for it.
const BARE: &str = "thumbv7em-none-eabi";
