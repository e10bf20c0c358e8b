//! How far a decoder has come.

use crate::Event;

/// What a decoder has done with some input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Something is whole.
    Event(Event),
    /// More is needed, and the input is empty.
    NeedsInput,
    /// It has worked as much as it was told to, and goes on at the next call; the input may not be empty.
    Paused,
}

impl Progress {
    /// Of work without a limit.
    pub(crate) fn event(self) -> Option<Event> {
        match self {
            Progress::Event(event) => Some(event),
            Progress::NeedsInput | Progress::Paused => None,
        }
    }
}

/// What a line, or the start of a picture, costs besides its bytes.
pub(crate) const STEP: usize = 32;
