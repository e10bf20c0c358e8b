//! Runs cargo as a process and finds the programs that it built.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::process;

/// Optimisation of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Quick to rebuild; dependencies are optimised all the same.
    Dev,
    /// What is measured.
    Release,
}

/// Executables by name, as cargo reported them.
#[derive(Debug)]
pub struct Programs(BTreeMap<String, PathBuf>);

impl Programs {
    /// The path of program `name`.
    pub fn path(&self, name: &str) -> Result<&Path> {
        self.0.get(name).map(PathBuf::as_path).with_context(|| format!("cargo built no program called {name}"))
    }
}

/// The workspace's directory: of `cargo xtask` when it is running, else of the sources this was built from.
pub fn root() -> PathBuf {
    let manifest =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    manifest.parent().map_or_else(|| manifest.clone(), Path::to_owned)
}

/// A folder in the build directory for files that people look at afterwards.
pub fn output_folder(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    root().join(target).join(name)
}

/// Cargo, to be run at the workspace's root.
pub fn command() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(root());
    // Cargo describes xtask in these. The build script of `ring` watches their like, and would be run again, and all that needs
    // it compiled again, whenever a task builds after a person did.
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// Builds the programs that end-to-end tests start.
///
/// # Errors
/// Fails where they do not compile.
pub fn build_for_e2e() -> Result<Programs> {
    let packages = ["viewer", "robot-sim", "fixtures", "fleet"].map(|name| ["--package", name]).concat();
    build(Profile::Dev, &[&packages[..], &["--features", "fixtures/certs,viewer/fleet"]].concat())
}

/// Builds viewer and robot-sim for release, after saying, in the name of `task`, how long this may take.
///
/// Every task that needs them builds both: cargo would compile OpenCV's bindings once more for one of them alone.
#[expect(clippy::print_stderr, reason = "it talks to the person who started the task")]
pub fn build_for_release(task: &str) -> Result<Programs> {
    eprintln!(
        "{task}: building viewer and robot-sim for release: about four minutes on two cores if no task has done so \
         before, else seconds"
    );
    build(Profile::Release, &[])
}

/// Builds the programs of a fleet for release, viewer and robot-sim among them.
#[expect(clippy::print_stderr, reason = "it talks to the person who started the task")]
pub fn build_fleet_for_release(task: &str) -> Result<Programs> {
    eprintln!(
        "{task}: building the programs of a fleet for release: some minutes if no task has done so before, else seconds"
    );
    let packages = ["--package", "viewer", "--package", "robot-sim", "--package", "fleet"];
    build(Profile::Release, &[&packages[..], &["--features", "viewer/fleet"]].concat())
}

/// Builds with `arguments` (such as `-p viewer`), shows cargo's progress, and returns the programs.
pub fn build(profile: Profile, arguments: &[&str]) -> Result<Programs> {
    let mut command = command();
    command.arg("build").args(arguments).arg("--message-format=json-render-diagnostics");
    if profile == Profile::Release {
        command.arg("--release");
    }
    let title = process::title(&command);
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {title}"))?;
    let messages = BufReader::new(child.stdout.take().context("cargo's output is piped")?);
    let mut programs = BTreeMap::new();
    for line in messages.lines() {
        let line = line.with_context(|| format!("cannot read what {title} prints"))?;
        if let Some((name, path)) = executable(&line) {
            programs.insert(name, path);
        }
    }
    let status = child.wait().with_context(|| format!("cannot wait for {title}"))?;
    if !status.success() {
        bail!("{title} ended with {status}; its messages are above");
    }
    Ok(Programs(programs))
}

/// The executable that one of cargo's JSON messages reports, if any.
fn executable(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    if message["profile"]["test"] == true {
        return None;
    }
    let path = message.get("executable")?.as_str()?;
    let name = message.get("target")?.get("name")?.as_str()?;
    Some((name.to_owned(), path.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_message_names_its_executable() {
        let message =
            r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"viewer"},"executable":"/t/viewer"}"#;
        assert_eq!(executable(message), Some(("viewer".into(), "/t/viewer".into())));
    }

    #[test]
    fn the_tests_of_a_program_do_not_take_its_place() {
        let message = r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"viewer"},"profile":{"test":true},
            "executable":"/t/deps/viewer-0a"}"#;
        assert_eq!(executable(message), None);
    }

    #[test]
    fn a_library_message_names_none() {
        let message = r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"viewer"},"executable":null}"#;
        assert_eq!(executable(message), None);
        assert_eq!(executable("warning: not JSON at all"), None);
    }

    #[test]
    fn the_root_holds_the_workspace_manifest() {
        let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[workspace]"));
    }
}
