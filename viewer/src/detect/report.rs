//! The report of `viewer detect`, whose lines also say which topic of a recording they are about.

use std::io::Write;

use pipeline::SinkError;
use pipeline::report::Line;
use serde::Serialize;

use crate::report_target::{ReportFileError, ReportTarget};

/// A report that goes wherever the user wants it.
pub(super) struct Report {
    out: Box<dyn Write + Send>,
    name: String,
}

/// A line about a topic of a recording.
#[derive(Serialize)]
struct OfTopic<'a> {
    #[serde(flatten)]
    line: &'a Line<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
}

impl Report {
    pub(super) fn open(target: &ReportTarget) -> Result<Self, ReportFileError> {
        let (out, name) = target.writer()?;
        Ok(Self { out, name })
    }

    /// Writes one line and lets readers see it.
    pub(super) fn line(&mut self, topic: Option<&str>, line: &Line<'_>) -> Result<(), SinkError> {
        let line = OfTopic { line, topic };
        let mut text = serde_json::to_vec(&line).expect("a line's keys are strings and its numbers finite");
        text.push(b'\n');
        let written = self.out.write_all(&text).and_then(|()| self.out.flush());
        written.map_err(|error| SinkError::of_write(&self.name, error))
    }
}
