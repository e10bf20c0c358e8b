//! The program `fleet`: arguments in, exit code out.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use fleet::cli::{Cli, Job};
use fleet::{gateway, router, worker};

fn main() -> ExitCode {
    let job = Cli::parse().into_job().unwrap_or_else(|error| error.exit());
    let ended = match job {
        Job::Gateway(config) => gateway::run(config),
        Job::Worker(config) => worker::run(config),
        Job::Router(config) => router::run(config),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // An error that cannot be shown cannot be reported either.
            _ = writeln!(io::stderr(), "error: {}", vision::text::printable(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}
