//! Makes certificates for streams that are encrypted.

use anyhow::{Context as _, Result};
use xtask::{cargo, process};

use crate::args::Usage;

/// What the user typed, which `make-certs` understands.
pub(crate) struct Args(Vec<String>);

impl Args {
    #[expect(clippy::unnecessary_wraps, reason = "other tasks can be typed wrongly")]
    pub(crate) fn parse(typed: &[String]) -> Result<Self, Usage> {
        Ok(Self(typed.to_vec()))
    }
}

pub(crate) fn run(args: Args) -> Result<()> {
    let mut command = cargo::command();
    command.args(["run", "--quiet", "--package", "fixtures", "--features", "certs", "--bin", "make-certs"]);
    command.arg("--manifest-path").arg(cargo::root().join("Cargo.toml")).arg("--").args(args.0);
    // Its folder is where the user is.
    command.current_dir(std::env::current_dir().context("the current folder is gone")?);
    process::run(&mut command)
}
