//! The workspace's tasks: `cargo xtask TASK`. This file lists and dispatches; each task has a file of its own.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to the person who started it")]

mod args;
mod bench;
mod certs;
mod chromium;
mod demo;
mod deny;
mod e2e;
mod eval;
mod fixtures;
mod fleet;
mod fuzz;
mod rows;
mod rules;
mod setup;
mod soak;
mod svg;
mod test;
mod tools;

use std::process::ExitCode;

use args::Usage;

const HELP: &str = "\
The workspace's tasks.

Usage: cargo xtask TASK [OPTIONS]

  setup     installs the system packages that are missing        [--check]
  demo      sets up, builds, and shows a simulated robot          [--headless] [--no-setup]
  test      sets up, then runs every check and test               [--no-setup]
  rules     checks the architecture's rules that Cargo cannot check
  e2e       plays scenarios with the real programs                [--accept]
  fixtures  draws the test data again                             [--check]
  certs     makes certificates for encrypted streams              [DIR] [--host HOST]... [--robot NAME]...
  fuzz      fuzzes everything that reads bytes from elsewhere     [--seconds N] [TARGET]...
  bench     measures speed and size against their goals          [NAME]... [--original ...]
  soak      runs failing robots for long: nothing may grow        [--minutes N] [--seed N]
  eval      measures detectors on videos and labelled pictures    [--fixtures] [--qr DIR] [--faces DIR] ...

`cargo xtask TASK --help` shows the help of one task.
";

fn main() -> ExitCode {
    let mut typed = std::env::args().skip(1);
    let task = typed.next().unwrap_or_default();
    let rest: Vec<String> = typed.collect();
    let outcome = match task.as_str() {
        "setup" => setup::Args::parse(&rest).map(setup::run),
        "demo" => demo::Args::parse(&rest).map(demo::run),
        "test" => test::Args::parse(&rest).map(test::run),
        "e2e" => e2e::Args::parse(&rest).map(e2e::run),
        "rules" => rules::Args::parse(&rest).map(rules::run),
        "fixtures" => fixtures::Args::parse(&rest).map(fixtures::run),
        "certs" => certs::Args::parse(&rest).map(certs::run),
        "bench" => bench::Args::parse(&rest).map(bench::run),
        "fuzz" => fuzz::Args::parse(&rest).map(fuzz::run),
        "soak" => soak::Args::parse(&rest).map(soak::run),
        "eval" => eval::Args::parse(&rest).map(eval::run),
        "help" | "--help" | "-h" => Err(Usage::Help(HELP)),
        "" => Err(Usage::Wrong(format!("no task given\n\n{HELP}"))),
        other => Err(Usage::Wrong(format!("unknown task {other:?}\n\n{HELP}"))),
    };
    match outcome {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
        Err(Usage::Help(text)) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(Usage::Wrong(message)) => {
            eprintln!("error: {}", message.trim_end());
            ExitCode::from(2)
        }
    }
}
