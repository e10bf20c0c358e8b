//! The program `viewer`: arguments in, exit code out.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use viewer::{Cli, Outcome};

fn main() -> ExitCode {
    match viewer::run(Cli::parse()) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::CutShort) => ExitCode::from(3),
        Err(error) => {
            // Where the terminal has gone, the exit code still says it.
            _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
