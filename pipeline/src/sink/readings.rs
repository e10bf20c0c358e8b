//! Payloads as they come into view, one a line.

use std::io::Write;

use super::{Filter, Sink, SinkError};
use crate::event::Event;

/// Writes each payload on a line of its own, harmless to a terminal.
pub struct Readings<W>(pub W);

impl<W: Write + Send> Sink for Readings<W> {
    fn name(&self) -> &'static str {
        "standard output"
    }

    fn filter(&self) -> Filter {
        Box::new(|event| matches!(event, Event::InView { .. }))
    }

    fn is_result(&self) -> bool {
        true
    }

    fn write(&mut self, event: &Event) -> Result<(), SinkError> {
        let Event::InView { payload, .. } = event else { return Ok(()) };
        writeln!(self.0, "{payload}").map_err(|error| SinkError::of_write("standard output", error))
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.0.flush().map_err(|error| SinkError::of_write("standard output", error))
    }
}
