//! Installs the system packages that are missing, or shows what to type where it cannot.

mod machine;
mod packages;
mod plan;
mod toolchain;

use std::io;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use xtask::process;

use crate::args::{Usage, switches};
use machine::Machine;
pub(crate) use packages::Purpose;
use plan::{Install, Plan};

/// What the user typed.
pub(crate) struct Args {
    check: bool,
}

impl Args {
    pub(crate) fn parse(typed: &[String]) -> Result<Self, Usage> {
        let [check] = switches(HELP, ["--check"], typed)?;
        Ok(Self { check })
    }
}

const HELP: &str = "\
Installs the system packages that the build and the tests need, where they are missing.

Usage: cargo xtask setup [--check]

  --check  only lists what is missing and how it would be installed; exit code 1 if anything is

On Debian and its relatives packages come through apt-get, directly as root and through sudo otherwise. On other systems
the packages are named and nothing is touched. ROBOT_VISION_SKIP_SETUP=1 skips all of this in every task.
";

pub(crate) fn run(args: Args) -> Result<()> {
    if args.check {
        return check(Purpose::Test);
    }
    ensure(Purpose::Test)?;
    eprintln!("setup: everything is there");
    Ok(())
}

/// Sets up what `purpose` needs and this machine lacks.
pub(crate) fn ensure(purpose: Purpose) -> Result<()> {
    if std::env::var_os("ROBOT_VISION_SKIP_SETUP").is_some_and(|value| value != "0") {
        eprintln!("setup: skipped, because ROBOT_VISION_SKIP_SETUP is set");
        return Ok(());
    }
    if purpose == Purpose::Test {
        toolchain::ensure()?;
    }
    match plan::plan(&Machine::look(), purpose) {
        Plan::Nothing => Ok(()),
        Plan::Install(install) => carry_out(&install),
        Plan::Advise(advice) => bail!("{advice}"),
    }
}

fn check(purpose: Purpose) -> Result<()> {
    match plan::plan(&Machine::look(), purpose) {
        Plan::Nothing => {
            eprintln!("setup: everything is there");
            Ok(())
        }
        Plan::Install(install) => {
            bail!("these packages are missing:\n{}\nto install them: {}", install.reasons(), install.command_line())
        }
        Plan::Advise(advice) => bail!("{advice}"),
    }
}

fn carry_out(install: &Install) -> Result<()> {
    eprintln!("setup: these packages are missing and will be installed:\n{}", install.reasons());
    if install.update_first {
        // One bad source among many fails the whole update, although the packages may still be available: the install decides.
        if let Err(error) = step(&install.update()) {
            eprintln!("setup: {error:#}; trying to install all the same");
        }
    }
    announce(install);
    let Err(first) = step(&install.install()) else { return Ok(()) };
    if install.update_first {
        return Err(first).with_context(|| install.advice());
    }
    eprintln!(
        "setup: {first:#}; the package lists may be out of date, so they are fetched and the install is tried again"
    );
    step(&install.update()).with_context(|| install.advice())?;
    announce(install);
    step(&install.install()).with_context(|| install.advice())
}

/// Says how much the install downloads, if apt-get can tell beforehand.
fn announce(install: &Install) {
    let listing = install.listing();
    let output = Command::new(&listing[0]).args(&listing[1..]).output();
    let (count, bytes) = output.map_or((0, 0), |output| plan::download(&String::from_utf8_lossy(&output.stdout)));
    if count > 0 {
        eprintln!("setup: with all that they depend on {count} packages, {} MB to download", bytes / 1_000_000);
    }
}

/// Runs one command of the plan and shows its output.
fn step(words: &[String]) -> Result<()> {
    let (program, arguments) = words.split_first().context("a command has a program")?;
    let mut command = Command::new(program);
    // What apt-get prints is progress, not a result.
    command.args(arguments).stdout(io::stderr());
    eprintln!("setup: {}", process::title(&command));
    process::run(&mut command)
}
