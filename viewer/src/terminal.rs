//! Messages for the person at the terminal.
#![expect(clippy::disallowed_methods, reason = "standard error that nobody reads is written to from a thread")]

use std::io::{self, Write as _};
use std::process;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use vision::text::printable;

/// Writes to standard error, and waits for as long as that takes; a terminal that has gone away is no reason to stop.
pub(crate) fn print(message: &str) {
    _ = writeln!(io::stderr(), "{}", printable(message));
}

/// Writes to standard error, and goes on after a second if that takes nothing.
///
/// For a viewer that runs: a pipe that nobody reads, or a terminal that was told to wait, must not keep it from ending.
pub fn print_unless_stuck(message: &str) {
    let (writing, written) = mpsc::channel::<()>();
    let text = message.to_owned();
    let write = move || {
        print(&text);
        drop(writing);
    };
    match thread::Builder::new().name("message".to_owned()).spawn(write) {
        Ok(_) => _ = written.recv_timeout(STUCK_AFTER),
        // That there is no thread may be the very message.
        Err(_) => print(message),
    }
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

const STUCK_AFTER: Duration = Duration::from_secs(1);
