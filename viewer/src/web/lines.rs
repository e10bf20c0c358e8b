//! The report for whoever listens at `/events`: a sink that loses nothing of its own accord and waits for nobody.

use std::sync::Arc;

use pipeline::report::{Contents, Line};
use pipeline::{Event, Filter, Sink, SinkError};
use tokio::sync::broadcast;

/// Hands the report's lines to everybody who listens.
pub(super) struct Lines {
    listeners: broadcast::Sender<Arc<str>>,
    contents: Contents,
}

impl Lines {
    pub(super) fn new(listeners: broadcast::Sender<Arc<str>>, contents: Contents) -> Self {
        Self { listeners, contents }
    }
}

impl Sink for Lines {
    fn name(&self) -> &'static str {
        "events"
    }

    fn filter(&self) -> Filter {
        let listeners = self.listeners.clone();
        Box::new(move |event| listeners.receiver_count() > 0 && Line::of(event).is_some())
    }

    fn is_result(&self) -> bool {
        false
    }

    fn write(&mut self, event: &Event) -> Result<(), SinkError> {
        let line = Line::of(event).and_then(|line| line.with_contents(self.contents));
        let Some(line) = line else { return Ok(()) };
        // Nobody may be listening any more.
        _ = self.listeners.send(line.to_json().into());
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}
