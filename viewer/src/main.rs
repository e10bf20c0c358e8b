//! The program `viewer`: arguments in, exit code out.

use std::env;
use std::io::{self, Write as _};

use clap::Parser as _;
use viewer::{Cli, Outcome};

fn main() {
    keep_ffmpeg_off_the_terminal();
    let code = match viewer::run(Cli::parse()) {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::CutShort) => 3,
        Err(error) => {
            // Where the terminal has gone, the exit code still says it.
            _ = writeln!(io::stderr(), "error: {error:#}");
            1
        }
    };
    end(code)
}

/// OpenCV's video decoder writes to standard error what it thinks of a file, with addresses and all, beside our own
/// message; the variable is OpenCV's, and whoever sets it reads it all the same.
#[expect(unsafe_code, reason = "OpenCV can be told in no other way")]
fn keep_ffmpeg_off_the_terminal() {
    const LEVEL: &str = "OPENCV_FFMPEG_LOGLEVEL";
    const QUIET: &str = "-8";
    if env::var_os(LEVEL).is_none() {
        // SAFETY: there is one thread yet.
        unsafe { env::set_var(LEVEL, QUIET) };
    }
}

/// Ends the program on the spot, also while a detector is still busy with a large picture.
///
/// An ordinary exit would first take apart the C++ libraries that the detectors' threads are using.
#[expect(unsafe_code, reason = "the standard library has no exit that leaves other threads' libraries alone")]
fn end(code: i32) -> ! {
    // SAFETY: `_exit` takes any number and touches no memory of ours.
    unsafe { libc::_exit(code) }
}
