//! The program `viewer`: arguments in, exit code out.

use std::io::{self, Write as _};

use clap::Parser as _;
use viewer::{Cli, Outcome};

fn main() {
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

/// Ends the program on the spot, also while a detector is still busy with a large picture.
///
/// An ordinary exit would first take apart the C++ libraries that the detectors' threads are using.
#[expect(unsafe_code, reason = "the standard library has no exit that leaves other threads' libraries alone")]
fn end(code: i32) -> ! {
    // SAFETY: `_exit` takes any number and touches no memory of ours.
    unsafe { libc::_exit(code) }
}
