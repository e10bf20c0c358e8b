//! Standard output, kept for results: what libraries print there goes to standard error.

use std::fs::File;
use std::io::{self, Write};
use std::sync::OnceLock;

/// Gives file descriptor 1 to standard error, and keeps what it was for [`results`].
///
/// OpenCV prints there what an OpenCL driver says about a program it cannot build, in the middle of a report.
#[cfg(unix)]
pub(crate) fn reserve() {
    use std::os::fd::AsFd as _;

    // Where it does not work, where else would results go but where they were to go.
    let Ok(results) = io::stdout().as_fd().try_clone_to_owned() else { return };
    if RESULTS.set(results.into()).is_ok() {
        _ = rustix::stdio::dup2_stdout(io::stderr());
    }
}

#[cfg(not(unix))]
pub(crate) fn reserve() {}

/// Where results go; each write arrives at once.
pub(crate) fn results() -> Box<dyn Write> {
    match RESULTS.get() {
        Some(results) => Box::new(results),
        None => Box::new(io::stdout()),
    }
}

static RESULTS: OnceLock<File> = OnceLock::new();
