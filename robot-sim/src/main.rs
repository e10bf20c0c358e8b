//! The `robot-sim` program: arguments in, reports on stdout, an exit code out.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use robot_sim::{Args, Config, Ended};

fn main() -> ExitCode {
    let config = match Args::parse().into_config() {
        Ok(config) => config,
        // The same form as clap's own errors, and the same exit code, 2.
        Err(error) => {
            Args::command().error(ErrorKind::ValueValidation, format!("{:#}", anyhow::Error::from(error))).exit()
        }
    };
    match run(config) {
        Ok(Ended::CutShort) => ExitCode::from(3),
        Ok(Ended::Complete | Ended::ByFault | Ended::Interrupted) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to be done if nobody reads this.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(config: Config) -> anyhow::Result<Ended> {
    let outcome = config.run()?;
    let mut stdout = io::stdout().lock();
    for line in outcome.lines() {
        writeln!(stdout, "{line}")?;
    }
    Ok(outcome.into_ended()?)
}
