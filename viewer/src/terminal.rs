//! Messages for the person at the terminal.

use std::io::{self, Write as _};
use std::process;

use vision::text::printable;

/// Writes to standard error; a terminal that has gone away is no reason to stop.
pub(crate) fn print(message: &str) {
    _ = writeln!(io::stderr(), "{}", printable(message));
}

/// Ends the program with what the arguments lack; one of them may be the name of a stranger's file.
pub(crate) fn exit(error: &clap::Error) -> ! {
    let message = error.to_string();
    if printable(&message) == message {
        // In colour.
        error.exit();
    }
    print(message.trim_end());
    process::exit(error.exit_code());
}

/// How much is written to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// What happens.
    Normal,
    /// And how it is done.
    Verbose,
}

impl Verbosity {
    /// Writes warnings, and notes on how it is done where that is asked for.
    pub(crate) fn print(self, warnings: &[String], notes: &[String]) {
        if self == Verbosity::Verbose {
            notes.iter().for_each(|note| print(note));
        }
        warnings.iter().for_each(|warning| print(warning));
    }
}
