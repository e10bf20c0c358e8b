//! The Python environment that the original and the peers run in: made once, in target/baseline.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use xtask::cargo;
use xtask::process;

use crate::bench::receivers;

/// An interpreter that has what requirements.txt lists.
#[derive(Debug)]
pub(super) struct Python {
    interpreter: PathBuf,
}

impl Python {
    /// The environment, made first if it is not there or was made from other requirements.
    pub(super) fn ready() -> Result<Self> {
        let folder = cargo::output_folder("baseline");
        let wanted = cargo::root().join("xtask/baseline/requirements.txt");
        let python = Self { interpreter: folder.join("bin/python") };
        let text = fs::read_to_string(&wanted).with_context(|| format!("cannot read {}", wanted.display()))?;
        // Written last, so that what was interrupted is made again.
        let made = folder.join("requirements.txt");
        if fs::read_to_string(&made).is_ok_and(|made| made == text) {
            return python.checked();
        }
        eprintln!("bench: making {}: OpenCV, Pillow, zbar and imagezmq for Python, about 80 MB", folder.display());
        let system = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
        let venv = &mut Command::new(system);
        process::run(venv.args(["-m", "venv", "--clear"]).arg(&folder))
            .context("--original needs Python 3.11 or newer with venv; on Debian: apt-get install python3-venv")?;
        process::run(&mut python.pip(&wanted)).context(
            "Python's packages could not be installed; pip has to reach PyPI, and Python has to be 3.11 or newer",
        )?;
        let python = python.checked()?;
        fs::write(&made, text).with_context(|| format!("cannot write {}", made.display()))?;
        Ok(python)
    }

    /// A program of xtask/baseline.
    pub(super) fn script(&self, name: &str) -> Command {
        receivers::script(&self.interpreter, name)
    }

    fn pip(&self, requirements: &Path) -> Command {
        let mut pip = Command::new(&self.interpreter);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]);
        pip.args(["--require-hashes", "--requirement"]).arg(requirements);
        pip
    }

    /// Whether the packages can be used: the one for zbar needs a library of the system.
    fn checked(self) -> Result<Self> {
        let import = |modules: &str| -> Result<Option<String>> {
            let output = Command::new(&self.interpreter).args(["-c", &format!("import {modules}")]).output();
            let output = output.with_context(|| format!("cannot start {}", self.interpreter.display()))?;
            let errors = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Ok((!output.status.success()).then_some(errors))
        };
        if let Some(errors) = import("pyzbar.pyzbar")? {
            bail!(no_zbar(&errors));
        }
        let errors = import("cv2, imagezmq, PIL.Image")?;
        ensure!(
            errors.is_none(),
            "the packages in target/baseline do not work: {}; remove that folder, so that it is made again",
            last_line(&errors.unwrap_or_default())
        );
        Ok(self)
    }
}

fn no_zbar(errors: &str) -> String {
    format!(
        "the original reads codes with zbar, whose library is missing: {}; install it: apt-get install libzbar0 (Fedora, \
         Arch and Homebrew: zbar)",
        last_line(errors)
    )
}

fn last_line(errors: &str) -> &str {
    errors.lines().next_back().unwrap_or("no reason was given")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_zbar_the_message_says_what_to_install() {
        let text = no_zbar("Traceback:\n  File x\nImportError: Unable to find zbar shared library");
        assert!(text.contains("Unable to find zbar shared library; install it: apt-get install libzbar0"), "{text}");
        assert!(!text.contains("Traceback"), "{text}");
    }

    #[test]
    fn an_interpreter_that_is_not_there_is_named() {
        let error = Python { interpreter: "no/such/python".into() }.checked().unwrap_err();
        assert!(format!("{error:#}").contains("cannot start no/such/python"), "{error:#}");
    }

    #[test]
    fn every_package_is_pinned_with_its_hashes() {
        let path = cargo::root().join("xtask/baseline/requirements.txt");
        let text = fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let (hashes, packages): (Vec<_>, Vec<_>) =
            lines.into_iter().partition(|line| line.starts_with("    --hash=sha256:"));
        assert!(hashes.len() > packages.len() && packages.iter().all(|line| line.contains("==")), "{packages:?}");
        let opencv = packages.iter().find(|line| line.starts_with("opencv-python-headless==")).unwrap();
        assert!(opencv.starts_with("opencv-python-headless==4."), "the cascades are gone from OpenCV 5's main modules");
    }
}
