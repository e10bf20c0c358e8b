//! The thread of a sink.
#![expect(clippy::disallowed_methods, reason = "the sinks' threads start here")]

use std::io;
use std::sync::Arc;
use std::thread;

use super::queue::{Queue, Work};
use super::{Sink, SinkError};
use crate::wake::Wake;

/// Lets `sink` write what is in `queue` until that is closed and empty, or the sink fails.
pub(super) fn spawn(mut sink: Box<dyn Sink>, queue: Arc<Queue>, wake: Arc<Wake>) -> io::Result<()> {
    let work = move || {
        let outcome = vision::panics::caught(|| write_all(&mut *sink, &queue)).unwrap_or_else(|message| {
            let cause = io::Error::other(format!("it panicked: {message}"));
            Err(SinkError::Write { name: sink.name().to_owned(), cause })
        });
        queue.ended(outcome);
        wake.wake();
    };
    thread::Builder::new().name("sink".into()).spawn(work).map(drop)
}

fn write_all(sink: &mut dyn Sink, queue: &Queue) -> Result<(), SinkError> {
    let (mut has_unseen, pause) = (false, sink.flush_every());
    loop {
        match queue.next(has_unseen, pause) {
            Work::Write(event) => {
                sink.write(&event)?;
                has_unseen = true;
            }
            Work::Flush => {
                sink.flush()?;
                has_unseen = false;
            }
            Work::End => return sink.close(),
        }
    }
}
