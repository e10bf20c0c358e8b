//! What is said on the terminal.

use std::io::{self, Write as _};
use std::sync::Arc;

use vision::text::printable;

use crate::link::Link;

/// Writes a line to standard error; a terminal that has gone away is no reason to stop.
pub(crate) fn say(message: &str) {
    _ = writeln!(io::stderr(), "{}", printable(message));
}

/// What there is to say of the link to the router: each change once.
#[derive(Debug)]
pub struct LinkMessages {
    fault: Option<Arc<str>>,
    was_there: bool,
}

impl Default for LinkMessages {
    fn default() -> Self {
        Self { fault: Some("".into()), was_there: false }
    }
}

impl LinkMessages {
    /// What is new.
    pub fn news(&mut self, link: &Link) -> Option<String> {
        let fault = link.fault();
        if fault == self.fault {
            return None;
        }
        self.fault.clone_from(&fault);
        let address = link.address();
        let was_there = std::mem::replace(&mut self.was_there, fault.is_none());
        match fault {
            None => Some(format!("connected to {address}")),
            Some(fault) if was_there => Some(format!("lost {address}: {fault}; trying again until it is there")),
            Some(fault) => Some(format!("{address}: {fault}; trying until it is there")),
        }
    }
}
