//! The Python environment that the original and the peers run in: made once, in target/baseline.

use std::process::Command;

use anyhow::{Result, bail};
use xtask::python::{self, Environment};

use crate::bench::receivers;

/// An interpreter that has what requirements.txt lists, and the library of the system that zbar's package needs.
#[derive(Debug)]
pub(super) struct Python(python::Python);

impl Python {
    /// The environment, made first if it is not there or was made from other requirements.
    pub(super) fn ready() -> Result<Self> {
        let python = ENVIRONMENT.ready()?;
        if let Some(error) = python.import("pyzbar.pyzbar")? {
            bail!(no_zbar(&error));
        }
        Ok(Self(python))
    }

    /// A program of xtask/baseline.
    pub(super) fn script(&self, name: &str) -> Command {
        receivers::script(self.0.path(), name)
    }
}

fn no_zbar(error: &str) -> String {
    format!(
        "the original reads codes with zbar, whose library is missing: {error}; install it: apt-get install libzbar0 \
         (Fedora, Arch and Homebrew: zbar)"
    )
}

const ENVIRONMENT: Environment = Environment {
    folder: "baseline",
    requirements: "xtask/baseline/requirements.txt",
    modules: "cv2, imagezmq, PIL.Image",
    purpose: "--original",
    download: "OpenCV, Pillow, zbar and imagezmq for Python, about 80 MB",
};

#[cfg(test)]
mod tests {
    use std::fs;

    use xtask::cargo;

    use super::*;

    #[test]
    fn without_zbar_the_message_says_what_to_install() {
        let text = no_zbar("ImportError: Unable to find zbar shared library");
        assert!(text.contains("Unable to find zbar shared library; install it: apt-get install libzbar0"), "{text}");
    }

    #[test]
    fn opencv_still_has_the_cascades() {
        let text = fs::read_to_string(cargo::root().join(ENVIRONMENT.requirements)).unwrap();
        let opencv = text.lines().find(|line| line.starts_with("opencv-python-headless==")).unwrap();
        assert!(opencv.starts_with("opencv-python-headless==4."), "they are gone from OpenCV 5's main modules");
    }
}
