//! One object over time: where it was last seen, how it moves, and whether it is still there.

use super::assign::{Extent, Item, Name};
use super::filter::Filter;
use super::{Sight, Tracked};
use crate::detect::Detection;

/// An object that is followed.
#[derive(Debug, Clone)]
pub(super) struct Track {
    number: u32,
    /// As it was last seen.
    detection: Detection,
    /// In which frame that was.
    seen_at: u64,
    /// In which frame its engine found it.
    found_at: u64,
    /// The frame of its detector's first answer without it; `None` while it is in view.
    missed_since: Option<u64>,
    filter: Filter,
}

impl Track {
    /// Starts with the first detection of an object, which gets this number.
    pub(super) fn new(detection: &mut Detection, number: u32, at: u64) -> Self {
        detection.track = Some(number);
        let filter = Filter::start(extent(detection).centre);
        Self { number, detection: detection.clone(), seen_at: at, found_at: at, missed_since: None, filter }
    }

    /// In which frame it was last seen.
    pub(super) fn seen_at(&self) -> u64 {
        self.seen_at
    }

    /// Where it is expected in frame `at`; it moves on for at most `horizon` frames.
    pub(super) fn expected(&self, at: u64, horizon: u64) -> Item<'_> {
        let centre = self.filter.predicted(self.foreseen(at, horizon));
        Item { name: Name::of(&self.detection), extent: Extent { centre, ..extent(&self.detection) } }
    }

    /// It was seen as `detection` in frame `at`; gives that its number.
    pub(super) fn follow(&mut self, detection: &mut Detection, at: u64, horizon: u64) {
        let found = extent(detection);
        if self.expected(at, horizon).extent.cost(&found).is_none() {
            // Recognised by its payload or id alone: the robot turned, or it is another code or tag with the same one. Neither says
            // how it moves.
            self.filter = Filter::start(found.centre);
        } else {
            let foreseen = self.foreseen(at, horizon);
            self.filter.correct(found.centre, at.saturating_sub(self.seen_at), foreseen);
        }
        detection.track = Some(self.number);
        self.detection = detection.clone();
        self.found_at = at;
        (self.seen_at, self.missed_since) = (at, None);
    }

    /// As [`Track::follow`], where its engine did not find it: it was followed by how it looks.
    pub(super) fn follow_on(&mut self, detection: &mut Detection, at: u64, horizon: u64) {
        let found_at = self.found_at;
        self.follow(detection, at, horizon);
        self.found_at = found_at;
        detection.last_found = Some(found_at);
    }

    /// In which frame its engine last found it.
    pub(super) fn found_at(&self) -> u64 {
        self.found_at
    }

    /// Its detector did not find it in frame `at`.
    pub(super) fn miss(&mut self, at: u64) {
        self.missed_since.get_or_insert(at);
    }

    /// What is known of it in frame `at`.
    pub(super) fn tracked(&self, at: u64, horizon: u64) -> Tracked {
        let [dx, dy] = self.filter.motion(self.foreseen(at, horizon));
        let detection = self.detection.clone().moved(dx.round() as i32, dy.round() as i32);
        let sight = if self.missed_since.is_none() { Sight::Seen } else { Sight::Expected };
        let missed_for = self.missed_since.map_or(0, |since| at.saturating_sub(since));
        let unanswered_for = at.saturating_sub(self.seen_at).saturating_sub(PATIENCE);
        let opacity = 1.0 - missed_for.max(unanswered_for) as f64 / FADE_OVER;
        Tracked { detection, opacity: opacity.max(0.0), sight, seen_at: self.seen_at }
    }

    /// For how many frames after it was last seen its motion goes on until frame `at`.
    fn foreseen(&self, at: u64, horizon: u64) -> u64 {
        at.saturating_sub(self.seen_at).min(horizon)
    }
}

/// The place and the size of a detection.
pub(super) fn extent(detection: &Detection) -> Extent {
    let bounds = detection.shape.bounds();
    let (width, height) = (f64::from(bounds.width), f64::from(bounds.height));
    let centre = [f64::from(bounds.x) + width / 2.0, f64::from(bounds.y) + height / 2.0];
    Extent { centre, size: width.hypot(height).max(1.0) }
}

/// Frames that an object stays without an answer of its detector; a quicker detector would have missed it by then.
pub const PATIENCE: u64 = 45;
/// Frames from the first miss until nothing of the object is shown.
const FADE_OVER: f64 = 15.0;
