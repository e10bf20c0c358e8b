//! What is remembered from frame to frame of a stream: where codes were, and whose turn it is.

use super::evidence::{Evidence, around};
use super::look::{CLOSE, Look, WHOLE};
use crate::detect::{Rect, Shape};
use crate::picture::Luma;

/// Places of codes in the last frames, and the frame's number.
#[derive(Debug, Default)]
pub(super) struct Memory {
    places: Vec<Place>,
    frame: usize,
}

/// Where a code was read last.
#[derive(Debug, Clone, Copy)]
struct Place {
    shape: Shape,
    /// For how many frames it has not been read.
    missed: usize,
}

/// The one costly thing to do with a frame.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Chance {
    /// Looks at parts of it.
    Close(&'static Look, Vec<Rect>),
    /// Looks at all of it.
    Whole(&'static Look),
    /// Everything that is to be expected was read.
    Nothing,
}

impl Memory {
    /// What else to try on a frame that was read as it is.
    ///
    /// Parts where a code is expected and the whole picture take turns, and the looks at them too: what one frame does
    /// not show the next one may.
    pub(super) fn chance(&self, luma: &Luma, evidence: &Evidence) -> Chance {
        let lost = self.places.iter().filter(|place| !evidence.explains(&place.shape));
        let mut parts: Vec<Rect> = lost.filter_map(|place| around(&place.shape, MOTION, luma)).collect();
        parts.extend(evidence.regions(luma, MOST_PARTS));
        parts.truncate(MOST_PARTS);
        let round = self.frame / 2;
        if self.frame % 2 == 0 && !parts.is_empty() {
            return Chance::Close(&CLOSE[round % CLOSE.len()], parts);
        }
        if parts.is_empty() && evidence.is_settled() && self.frame % SETTLED_PAUSE != 0 {
            return Chance::Nothing;
        }
        Chance::Whole(&WHOLE[round % WHOLE.len()])
    }

    /// Takes over what the frame has shown.
    pub(super) fn learn(&mut self, evidence: &Evidence) {
        self.frame += 1;
        self.places.retain_mut(|place| {
            place.missed += 1;
            place.missed <= MOST_MISSED && !evidence.explains(&place.shape)
        });
        self.places.extend(evidence.found.iter().map(|code| Place { shape: code.shape, missed: 0 }));
    }
}

/// At 30 frames a second a robot that turns moves a code by about half its size from frame to frame.
const MOTION: f64 = 0.5;
/// Parts of a frame that are looked at closely.
const MOST_PARTS: usize = 2;
/// Half a second: then the robot has turned away.
const MOST_MISSED: usize = 15;
/// Where all seems read, every so many frames the whole picture is searched for codes too small to be suspected.
const SETTLED_PAUSE: usize = 5;
