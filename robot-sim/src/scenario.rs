//! Faults from a file.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::fault::Fault;
use crate::schedule::Rate;

/// What a scenario file may hold; nothing has to be there.
///
/// ```toml
/// seed = 7
/// fps = 30.0
/// no-end = true
/// faults = ["stall@30:2s", "reconnect@60:500ms"]
/// ```
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Scenario {
    /// The seed of the damage.
    pub(crate) seed: Option<u64>,
    /// Frames a second; zero for no pacing.
    pub(crate) fps: Option<Rate>,
    /// Whether the robot ends its stream by just closing the connection.
    pub(crate) no_end: bool,
    /// The faults, written as on the command line.
    pub(crate) faults: Vec<Fault>,
}

/// A scenario that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("cannot read the scenario {path}; check its name, and that it is a text file you may read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is not well written; the source has the place.
    #[error("the scenario {path} is not well written")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        #[source]
        source: Box<toml::de::Error>,
    },
}

impl Scenario {
    /// Reads a scenario from a file.
    pub(crate) fn read(path: &Path) -> Result<Self, ScenarioError> {
        let text = read(path).map_err(|source| ScenarioError::Read { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|source| ScenarioError::Parse { path: path.to_owned(), source: Box::new(source) })
    }

    pub(crate) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

/// The text of a file, which may be a device without an end.
fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    match File::open(path)?.take(MOST_BYTES).read_to_string(&mut text)? as u64 {
        MOST_BYTES.. => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has {MOST_BYTES} bytes or more"))),
        _ => Ok(text),
    }
}

/// A scenario has a few hundred.
const MOST_BYTES: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_file_without_an_end_is_no_scenario() {
        let ScenarioError::Read { source, .. } = Scenario::read(Path::new("/dev/zero")).unwrap_err() else {
            unreachable!("it cannot be read")
        };
        assert_eq!(source.to_string(), "it has 1048576 bytes or more");
    }

    #[test]
    fn a_scenario_holds_what_the_command_line_holds() {
        let text = "seed = 7\nfps = 30.0\nno-end = true\nfaults = [\"flip@12:20\", \"jitter:20ms\"]";
        let scenario: Scenario = toml::from_str(text).unwrap();
        let faults = vec!["flip@12:20".parse().unwrap(), "jitter:20ms".parse().unwrap()];
        assert_eq!(scenario, Scenario { seed: Some(7), fps: Some(Rate::CAMERA), no_end: true, faults });
    }

    #[test]
    fn an_error_names_the_list_and_the_fault() {
        let error = toml::from_str::<Scenario>("seed = 7\nfaults = [\"end@1\", \"flip@x\"]").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("`flip@x`, character 6"), "{error}");
    }

    #[test]
    fn unknown_keys_and_rates_are_refused() {
        for bad in ["speed = 3", "fps = -1.0", "seed = -1", "faults = \"end@1\""] {
            assert!(toml::from_str::<Scenario>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_scenarios_that_are_shipped_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/scenarios");
        let scenarios: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!scenarios.is_empty());
        for path in scenarios {
            assert!(!Scenario::read(&path).unwrap().faults.is_empty(), "{}", path.display());
        }
    }
}
