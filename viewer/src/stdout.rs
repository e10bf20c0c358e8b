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

    // Where it does not work, results and libraries share standard output.
    let Ok(results) = io::stdout().as_fd().try_clone_to_owned() else { return };
    if RESULTS.set(results.into()).is_ok() {
        _ = rustix::stdio::dup2_stdout(io::stderr());
    }
}

#[cfg(not(unix))]
pub(crate) fn reserve() {}

/// Where results go; each write arrives at once.
pub(crate) fn results() -> Box<dyn Write + Send> {
    match RESULTS.get() {
        Some(results) => Box::new(results),
        None => Box::new(io::stdout()),
    }
}

static RESULTS: OnceLock<File> = OnceLock::new();

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::process::Command;

    /// In a process of its own, since it changes what standard output is: this test, run with [`ALONE`].
    #[test]
    fn results_go_to_standard_output_and_what_libraries_print_does_not() {
        const NAME: &str = "stdout::tests::results_go_to_standard_output_and_what_libraries_print_does_not";
        if std::env::var_os(ALONE).is_some() {
            reserve();
            results().write_all(b"a result\n").unwrap();
            rustix::io::write(io::stdout(), b"from a library\n").unwrap();
            return;
        }
        let mut test = Command::new(std::env::current_exe().unwrap());
        let output = test.args(["--exact", NAME, "--nocapture"]).env(ALONE, "1").output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(out.contains("a result") && !out.contains("from a library"), "{out}\n{err}");
        assert!(err.contains("from a library") && !err.contains("a result"), "{out}\n{err}");
    }

    const ALONE: &str = "VIEWER_TEST_STDOUT_ALONE";
}
