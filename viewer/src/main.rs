//! The program `viewer`: arguments in, exit code out.

use std::env;

use viewer::{Cli, Outcome};

fn main() {
    keep_ffmpeg_off_the_terminal();
    take_limits_on_files_for_full_disks();
    let code = match viewer::run(Cli::from_command_line()) {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::CutShort) => 3,
        Err(error) => {
            viewer::print_unless_stuck(&format!("error: {error:#}"));
            1
        }
    };
    end(code)
}

/// OpenCV's video decoder writes to standard error what it thinks of a file, with addresses and all, beside our own
/// message; the variable is OpenCV's, and whoever sets it reads it all the same.
#[expect(unsafe_code, reason = "OpenCV reads this setting from the environment only")]
fn keep_ffmpeg_off_the_terminal() {
    const LEVEL: &str = "OPENCV_FFMPEG_LOGLEVEL";
    const QUIET: &str = "-8";
    if env::var_os(LEVEL).is_none() {
        // SAFETY: there is one thread yet.
        unsafe { env::set_var(LEVEL, QUIET) };
    }
}

/// A write beyond the limit on a file's size (`ulimit -f`) fails as on a full disk, and does not kill the program.
#[expect(unsafe_code, reason = "the standard library ignores no signal")]
fn take_limits_on_files_for_full_disks() {
    #[cfg(unix)]
    // SAFETY: ignoring a signal runs no code of ours.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
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
