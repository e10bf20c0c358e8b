//! What is remembered from frame to frame of a stream: where codes were, and whose turn it is.

use super::evidence::{Evidence, around, covers};
use crate::detect::{Rect, Shape};
use crate::picture::Luma;

/// Places of codes in the last frames, and the looks whose turn it is.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Of the last frame, across and down.
    size: (usize, usize),
    places: Vec<Place>,
    /// Parts of the last frame that looked like codes, once enlarged perhaps, and were not read.
    hints: Vec<Rect>,
    /// Frames since all of one was searched.
    since_whole: usize,
    /// Which look is next, counted on without end.
    next_whole: usize,
    next_close: usize,
}

/// Where a code was read last.
#[derive(Debug, Clone, Copy)]
struct Place {
    shape: Shape,
    /// For how many frames it has not been read.
    missed: usize,
}

/// What to do with a frame beyond reading it as it is; looks by their number.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Chance {
    /// Parts to look at closely, and which way.
    pub(super) close: Option<(usize, Vec<Rect>)>,
    /// How to look at all of it.
    pub(super) whole: Option<usize>,
}

impl Memory {
    /// What else to try on a frame that was read as it is, with so many ways to look at all and at parts of it.
    ///
    /// The looks take turns: what one frame does not show the next one may.
    pub(super) fn chance(&mut self, luma: &Luma, evidence: &Evidence, whole: usize, close: usize) -> Chance {
        let size = (luma.width, luma.height);
        if self.size != size {
            // A camera that was set to another size shows nothing where it was.
            *self = Self { size, ..Self::default() };
        }
        let lost = self.places.iter().filter(|place| !evidence.explains(&place.shape));
        let lost = lost.filter_map(|place| around(&place.shape, MOTION, luma));
        let mut parts: Vec<Rect> = Vec::new();
        for part in lost.chain(evidence.regions(luma, MOST_PARTS)).chain(self.hints.iter().copied()) {
            if parts.len() < MOST_PARTS && !parts.iter().any(|known| covers(known, &part)) {
                parts.push(part);
            }
        }
        self.since_whole += 1;
        let mut chance = Chance::default();
        let pause = if !parts.is_empty() {
            chance.close = Some((self.next_close % close, parts));
            self.next_close += 1;
            PARTS_PAUSE
        } else if evidence.is_settled() {
            SETTLED_PAUSE
        } else {
            1
        };
        if self.since_whole >= pause {
            self.since_whole = 0;
            chance.whole = Some(self.next_whole % whole);
            self.next_whole += 1;
        }
        chance
    }

    /// Takes over what the frame has shown.
    pub(super) fn learn(&mut self, luma: &Luma, evidence: &Evidence) {
        self.hints = evidence.regions(luma, MOST_PARTS);
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
/// While parts are looked at, the whole picture is searched on every so many frames.
pub(super) const PARTS_PAUSE: usize = 3;
/// Where all seems read, every so many frames the whole picture is searched for codes too small to be suspected.
const SETTLED_PAUSE: usize = 5;
