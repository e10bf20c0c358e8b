//! Messages for the person at the terminal.

use std::io::{self, Write as _};

/// Says it on standard error; a terminal that has gone away is no reason to stop.
pub(crate) fn tell(message: &str) {
    _ = writeln!(io::stderr(), "{message}");
}
