//! Draws the test data again, or checks that what is there is what would be drawn.

use anyhow::Result;
use xtask::{cargo, process};

use crate::args::{Usage, switches};

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
Draws the test data in fixtures/ again: the videos and their truth, stills, filler, wire streams.

Usage: cargo xtask fixtures [--check]

  --check  changes nothing; names each file that differs from what would be drawn
";

pub(crate) fn run(args: Args) -> Result<()> {
    let mut command = cargo::command();
    command.args(["run", "--package", "fixtures", "--features", "draw", "--bin", "draw-fixtures", "--"]);
    if args.check {
        command.arg("--check");
    }
    process::run(&mut command)
}
