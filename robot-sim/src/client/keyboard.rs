//! The keys of a terminal while a recording is played, without Enter and without showing them.
//!
//! The library `console`, which comes with the progress bar, waits for a key in raw mode: a program that ends in that time
//! leaves the terminal so.

use std::io::{self, IsTerminal, Read};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr};

use super::Run;
use super::thread::{self, ThreadError};
use crate::keys::{self, Keys};

/// A terminal that gives each key at once; as it was before when dropped.
pub(super) struct Keyboard(());

impl Keyboard {
    /// Listens to standard input if that is a terminal and this program is in its foreground.
    pub(super) fn open(run: &Arc<Run>) -> Result<Option<Self>, ThreadError> {
        let stdin = io::stdin();
        // A program in the background would be stopped when it changes the terminal.
        let is_ours = stdin.is_terminal() && tcgetpgrp(&stdin).is_ok_and(|group| group == getpgrp());
        let Some(before) = is_ours.then(|| tcgetattr(&stdin).ok()).flatten() else { return Ok(None) };
        let mut modes = before.clone();
        // Ctrl-C stays a signal.
        modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        *saved_mode().lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        let keyboard = Self(());
        if tcsetattr(&stdin, OptionalActions::Now, &modes).is_err() {
            return Ok(None);
        }
        run.progress.print(keys::LINE);
        let run = Arc::downgrade(run);
        // It waits for a key that may never come, and is left behind when the program ends.
        thread::start("that waits for keys", move || {
            let mut keys = Keys::default();
            for byte in io::stdin().lock().bytes() {
                let (Ok(byte), Some(run)) = (byte, run.upgrade()) else { return };
                if let Some(told) = keys.take(byte).and_then(|key| run.clock.press(key)) {
                    run.progress.print(&told);
                }
            }
        })?;
        Ok(Some(keyboard))
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        restore();
    }
}

/// Makes the terminal as it was before; does nothing if it was not changed.
pub(super) fn restore() {
    if let Some(before) = saved_mode().lock().unwrap_or_else(PoisonError::into_inner).take() {
        // Fails where the terminal is gone.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
    }
}

/// The terminal's modes before, where a program that ends at once finds them too.
fn saved_mode() -> &'static Mutex<Option<Termios>> {
    static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);
    &BEFORE
}
