//! Environments of Python, each made once from a list of packages with their hashes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};

use crate::{cargo, process};

/// An environment of Python, apart from the system's packages.
#[derive(Clone, Copy, Debug)]
pub struct Environment {
    /// Its folder in the build directory.
    pub folder: &'static str,
    /// The list of its packages, from the workspace's root; pip takes nothing whose hash is not in it.
    pub requirements: &'static str,
    /// The modules that are imported to see that it works, separated by commas.
    pub modules: &'static str,
    /// Who needs it, as messages say it.
    pub purpose: &'static str,
    /// What is downloaded, as messages say it.
    pub download: &'static str,
}

/// The interpreter of an environment.
#[derive(Clone, Debug)]
pub struct Python {
    interpreter: PathBuf,
}

impl Environment {
    /// The environment's interpreter; makes the environment first if it is not there or was made from another list.
    ///
    /// Threads that ask at the same time wait for the one that makes it.
    ///
    /// # Errors
    /// Fails without venv, without PyPI, and where the modules cannot be imported.
    pub fn ready(&self) -> Result<Python> {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        // What a panic left behind has no list in it and is made again.
        let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = cargo::output_folder(self.folder);
        let python = Python { interpreter: folder.join("bin/python") };
        let wanted = cargo::root().join(self.requirements);
        let text = fs::read_to_string(&wanted).with_context(|| format!("cannot read {}", wanted.display()))?;
        // Written last, so that what was interrupted is made again.
        let made = folder.join("requirements.txt");
        if fs::read_to_string(&made).is_ok_and(|made| made == text) {
            self.check(&python)?;
            return Ok(python);
        }
        self.make(&folder, &python, &wanted)?;
        self.check(&python)?;
        fs::write(&made, text).with_context(|| format!("cannot write {}", made.display()))?;
        Ok(python)
    }

    #[expect(clippy::print_stderr, reason = "it talks to the person who waits for it")]
    fn make(&self, folder: &Path, python: &Python, requirements: &Path) -> Result<()> {
        eprintln!("{}: making {}: {}", self.purpose, folder.display(), self.download);
        let system = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
        let venv = &mut Command::new(system);
        process::run(venv.args(["-m", "venv", "--clear"]).arg(folder)).with_context(|| self.no_venv())?;
        process::run(&mut python.pip(requirements)).context(
            "Python's packages could not be installed; pip has to reach PyPI, and Python has to be 3.11 or newer",
        )
    }

    fn no_venv(&self) -> String {
        format!("{} needs Python 3.11 or newer with venv; on Debian: apt-get install python3-venv", self.purpose)
    }

    fn check(&self, python: &Python) -> Result<()> {
        let errors = python.import(self.modules)?;
        ensure!(
            errors.is_none(),
            "the packages in target/{} do not work: {}; remove that folder, so that it is made again",
            self.folder,
            errors.unwrap_or_default()
        );
        Ok(())
    }
}

impl Python {
    /// The interpreter at this path, whatever it has.
    pub fn new(interpreter: impl Into<PathBuf>) -> Self {
        Self { interpreter: interpreter.into() }
    }

    /// The path of the interpreter.
    pub fn path(&self) -> &Path {
        &self.interpreter
    }

    /// Why these modules, separated by commas, cannot be imported: the last line that Python wrote. `None` if they can.
    ///
    /// # Errors
    /// Fails if the interpreter cannot be started.
    pub fn import(&self, modules: &str) -> Result<Option<String>> {
        let output = Command::new(&self.interpreter).args(["-c", &format!("import {modules}")]).output();
        let output = output.with_context(|| format!("cannot start {}", self.interpreter.display()))?;
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = errors.trim().lines().next_back().unwrap_or("no reason was given");
        Ok((!output.status.success()).then(|| last.to_owned()))
    }

    fn pip(&self, requirements: &Path) -> Command {
        let mut pip = Command::new(&self.interpreter);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]);
        pip.args(["--require-hashes", "--requirement"]).arg(requirements);
        pip
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: Environment = Environment {
        folder: "some",
        requirements: "no/such/list.txt",
        modules: "no_such_module",
        purpose: "--some",
        download: "nothing",
    };

    #[test]
    fn an_interpreter_that_is_not_there_is_named() {
        let error = Python::new("no/such/python").import("json").unwrap_err();
        assert!(format!("{error:#}").contains("cannot start no/such/python"), "{error:#}");
    }

    #[test]
    fn a_module_that_is_missing_is_named_in_one_line_with_what_to_do() {
        let python = Python::new("python3");
        assert_eq!(python.import("json, struct").unwrap(), None);
        let error = SOME.check(&python).unwrap_err().to_string();
        assert!(error.contains("in target/some do not work: ModuleNotFoundError: No module named 'no_such_module'; "));
        assert!(error.contains("remove that folder") && !error.contains("Traceback"), "{error}");
    }

    #[test]
    fn a_list_that_is_not_there_is_named() {
        let error = format!("{:#}", SOME.ready().unwrap_err());
        assert!(error.contains("no/such/list.txt"), "{error}");
    }

    #[test]
    fn without_venv_the_message_says_what_to_install_for_what() {
        assert!(SOME.no_venv().starts_with("--some needs Python 3.11"), "{}", SOME.no_venv());
        assert!(SOME.no_venv().ends_with("apt-get install python3-venv"), "{}", SOME.no_venv());
    }

    #[test]
    fn every_package_is_pinned_with_its_hashes() {
        for list in ["baseline", "tests/readers", "tests/subscriber"].map(|of| format!("xtask/{of}/requirements.txt")) {
            let text = fs::read_to_string(cargo::root().join(&list)).unwrap();
            let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
            let (hashes, packages): (Vec<_>, Vec<_>) =
                lines.into_iter().partition(|line| line.starts_with("    --hash=sha256:"));
            let pinned = packages.iter().all(|line| line.contains("==") && line.ends_with('\\'));
            assert!(hashes.len() > packages.len() && pinned, "{list}: {packages:?}");
        }
    }
}
