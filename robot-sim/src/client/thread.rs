//! The threads of a run, whose number does not depend on the number of robots, but for one that reads each topic of a recording.
#![expect(clippy::disallowed_methods, reason = "what blocks needs a thread")]

use std::io;
use std::thread::{self, JoinHandle};

/// A thread that the operating system did not start.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot start the thread {purpose}; robot-sim needs a handful, and one for each topic of a recording: end other programs, \
     or raise the limit on processes, which `ulimit -u` shows"
)]
pub(crate) struct ThreadError {
    /// What the thread is for.
    purpose: &'static str,
    #[source]
    source: io::Error,
}

impl ThreadError {
    pub(crate) fn new(purpose: &'static str, source: io::Error) -> Self {
        Self { purpose, source }
    }
}

/// Starts a thread.
pub(crate) fn start(
    purpose: &'static str,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, ThreadError> {
    let name = purpose.trim_start_matches("that ").to_owned();
    thread::Builder::new().name(name).spawn(work).map_err(|source| ThreadError::new(purpose, source))
}
