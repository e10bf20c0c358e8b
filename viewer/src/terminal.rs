//! Messages for the person at the terminal.

use std::io::{self, Write as _};

use vision::text::is_steering;

/// Writes to standard error; a terminal that has gone away is no reason to stop.
pub(crate) fn print(message: &str) {
    _ = writeln!(io::stderr(), "{}", printable(message));
}

/// `message` with escapes for what would steer a terminal: names of files may be a stranger's.
pub fn printable(message: &str) -> String {
    let steers = |c: char| is_steering(c) && !matches!(c, '\n' | '\t');
    message.chars().fold(String::with_capacity(message.len()), |mut text, c| {
        if steers(c) {
            text.extend(c.escape_default())
        } else {
            text.push(c)
        }
        text
    })
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
