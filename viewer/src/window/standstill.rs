//! A display that stands still, as one whose server is stopped: whoever draws on it is not let go until it moves again.
#![expect(clippy::disallowed_methods, reason = "a thread looks now and then at how long the main one has been drawing")]

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use pipeline::Observer;

use super::display;
use crate::terminal::print_unless_stuck;

/// Since when something is drawn, for the thread that watches.
pub(super) struct Standstill(Arc<Mutex<Option<Duration>>>);

impl Standstill {
    /// Says when drawing does not come back, and lets the program end all the same if the user wishes.
    ///
    /// # Errors
    /// Fails where the system has no room for a thread.
    pub(super) fn watch(observer: Observer) -> io::Result<Self> {
        let since = Arc::new(Mutex::new(None));
        let watched = Arc::clone(&since);
        thread::Builder::new().name("standstill".to_owned()).spawn(move || watch(&watched, &observer))?;
        Ok(Self(since))
    }

    /// Something is drawn from now on, or no longer.
    pub(super) fn set_drawing(&self, since: Option<Duration>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }
}

fn watch(since: &Mutex<Option<Duration>>, observer: &Observer) {
    let mut said = false;
    loop {
        thread::sleep(LOOK_EVERY);
        let since = *since.lock().unwrap_or_else(PoisonError::into_inner);
        let stands_for = since.map_or(Duration::ZERO, |since| observer.clock().since(since));
        if stands_for < SAID_AFTER {
            said = false;
        } else if !said {
            print_unless_stuck("the display does not answer; until it does, no picture is shown or searched");
            said = true;
        }
        if stands_for >= GIVEN_UP_AFTER && observer.is_interrupted() {
            display::give_up();
            return;
        }
    }
}

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A desktop that is busy makes nobody wait for so long.
const SAID_AFTER: Duration = Duration::from_secs(5);
/// How long a display may take that is wanted only for the end.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(2);
