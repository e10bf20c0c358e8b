//! Programs from crates.io that tasks need, installed into the build directory.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use xtask::{cargo, process};

/// A program, and the version that is known to work.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// What `cargo install` is given as well.
    pub(crate) features: &'static [&'static str],
}

/// The path of the program, which is installed first if this version is not there.
pub(crate) fn installed(tool: &Tool) -> Result<PathBuf> {
    let Tool { name, version, features } = tool;
    let folder = cargo::output_folder("tools");
    let program = folder.join("bin").join(name);
    let has = Command::new(&program).arg("--version").stderr(Stdio::null()).output();
    if has.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == format!("{name} {version}")) {
        return Ok(program);
    }
    eprintln!("installing {name} into the build directory, once; this takes a minute or two");
    let mut install = cargo::command();
    // Without optimisation, which would take most of the time: it runs for a second.
    install.args(["install", name, "--version", version, "--locked", "--quiet", "--debug", "--force"]).args(*features);
    install.arg("--root").arg(&folder).arg("--target-dir").arg(folder.join("build"));
    process::run(&mut install).with_context(|| format!("{name} is needed for this"))?;
    Ok(program)
}
