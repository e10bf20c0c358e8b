//! Reads recordings with the libraries that Python's programs read them with.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use xtask::cargo;
use xtask::process::{Output, Running};
use xtask::python::Environment;

use super::json;
use crate::programs::exit_code;

/// What tests/readers/read.py printed about a file.
pub(crate) struct Recording(Value);

/// Reads these files. One that was cut off is no mistake; anything else that a library refuses is.
pub(super) fn read(files: impl IntoIterator<Item = impl AsRef<Path>>) -> Vec<Recording> {
    let python = READERS.ready().unwrap_or_else(|error| panic!("{error:#}"));
    let mut command = Command::new(python.path());
    command.arg(cargo::root().join("xtask/tests/readers/read.py"));
    let files: Vec<PathBuf> = files.into_iter().map(|file| file.as_ref().to_owned()).collect();
    let mut reader = Running::start(command.args(&files)).expect("Python starts");
    assert_eq!(exit_code(&mut reader), Some(0), "a file cannot be read");
    let lines = reader.lines(Output::Stdout);
    assert_eq!(lines.len(), files.len(), "a file has one line");
    lines.iter().map(|line| Recording(json(line))).collect()
}

/// As [`read`], of one file.
pub(crate) fn read_one(file: impl AsRef<Path>) -> Recording {
    read([file]).pop().expect("a file has one line")
}

impl Recording {
    /// Whether the file is a recording at all, of which there may be no more than the beginning.
    pub(super) fn is_begun(&self) -> bool {
        self.0["header"] == true
    }

    /// Whether the file has its end.
    pub(super) fn is_complete(&self) -> bool {
        self.0["complete"] == true
    }

    /// How many messages of each topic are found by the index at the end.
    pub(super) fn index(&self) -> &Value {
        &self.0["index"]
    }

    /// Topics in the order of their names.
    pub(super) fn topics(&self) -> Vec<&str> {
        let channels = self.0["channels"].as_object().expect("channels have topics");
        let mut topics: Vec<&str> = channels.keys().map(String::as_str).collect();
        topics.sort_unstable();
        topics
    }

    /// Schema and encodings of a topic.
    pub(super) fn channel(&self, topic: &str) -> &Value {
        &self.0["channels"][topic]
    }

    /// The messages on a topic, in the file's order.
    pub(super) fn on(&self, topic: &str) -> Vec<&Value> {
        let messages = self.0["messages"].as_array().expect("messages are a list");
        messages.iter().filter(|message| message["topic"] == topic).collect()
    }

    /// A robot's pictures.
    pub(crate) fn frames(&self, robot: &str) -> Vec<&Value> {
        self.on(&format!("/{robot}/camera/image/compressed"))
    }

    /// The numbers that a robot that stamps its pictures gave them.
    pub(super) fn numbers(&self, robot: &str) -> Vec<u64> {
        let number = |frame: &&Value| frame["robots_number"].as_u64().expect("each picture is stamped");
        self.frames(robot).iter().map(number).collect()
    }

    /// The lines of the report about a robot.
    pub(super) fn report(&self, robot: &str) -> Vec<&Value> {
        self.on(&format!("/{robot}/report")).into_iter().map(|message| &message["line"]).collect()
    }
}

const READERS: Environment = Environment {
    folder: "readers",
    requirements: "xtask/tests/readers/requirements.txt",
    modules: "foxglove_schemas_protobuf, mcap, mcap_protobuf, mcap_ros2",
    purpose: "reading recordings",
    download: "MCAP's libraries for Python, about 10 MB",
};
