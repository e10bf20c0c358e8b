//! Which detection is which object, from picture to picture.
//!
//! A constant-velocity filter says where each object should be, and the assignment of least cost says which detection is
//! which object: the two parts of SORT (Bewley and others, 2016), with an alpha-beta filter (Kalata, 1984) in place of the
//! full Kalman filter, and the distance of centres in place of the overlap, because a small code may move by more than its
//! size from one picture to the next. A code that is the only one with its payload, or a tag with its id, needs neither: it is
//! recognised by that, however fast the robot turns.
//!
//! Time is counted in frames of the stream, so that the numbers do not depend on how fast this machine is.

mod assign;
mod filter;
mod state;

use std::collections::BTreeMap;

use crate::detect::merge::overlap;
use crate::detect::{Answer, Detection, Kind, Searched};
use assign::{Item, Name, assign};
pub use state::PATIENCE;
use state::{Track, extent};

/// Follows the objects of one stream.
///
/// Give each answer of each detector to [`Tracker::answer`], then ask [`Tracker::at`] what to draw over a picture, which
/// may be a later one: detectors answer late, and objects move on meanwhile.
#[derive(Debug, Default)]
pub struct Tracker {
    kinds: BTreeMap<Kind, Tracks>,
    /// How many numbers have been given.
    numbered: u32,
}

/// An object in some frame.
#[derive(Debug, Clone)]
pub struct Tracked {
    /// The object as it was last seen, moved on to that frame; `track` is its number.
    pub detection: Detection,
    /// How strongly to draw it, from 0 to 1: an object that is missed, or whose detector has not answered for long, fades.
    pub opacity: f64,
    /// Whether the last answer of its detector had it.
    pub sight: Sight,
    /// The frame in which it was last seen.
    pub seen_at: u64,
}

/// Whether an object is seen, or only expected to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// It was found in the last answer of its detector.
    Seen,
    /// The last answer of its detector, or more than that one, missed it.
    Expected,
}

/// How much of an answer is the engine's own.
#[derive(Debug, Clone, Copy)]
struct Scope<'a> {
    searched: &'a Searched,
    /// How many detections, from the first on, the engine found; the others were followed.
    fresh: usize,
}

/// The tracks of one kind, and when its detector answered.
#[derive(Debug, Default)]
struct Tracks {
    tracks: Vec<Track>,
    /// The frame of the last answer.
    answered_at: Option<u64>,
    /// Frames between the last two answers.
    interval: u64,
}

impl Tracker {
    /// Numbers what was found of `kind` in frame `at`, and adds the objects that are known and that the search left out,
    /// where they should be by now. Frames come in order, and some may be missing.
    ///
    /// An object keeps its number while it is missed for up to 60 frames, and is added until it was left out for 45. Of each
    /// kind 512 objects are remembered; beyond that the ones that have not been seen for longest are forgotten.
    pub fn answer(
        &mut self,
        kind: Kind,
        at: u64,
        Answer { mut found, mut followed, searched }: Answer,
    ) -> Vec<Detection> {
        let fresh = found.len();
        found.append(&mut followed);
        let Self { kinds, numbered } = self;
        let next_number = || {
            *numbered += 1;
            *numbered
        };
        let tracks = kinds.entry(kind).or_default();
        tracks.update(at, Scope { searched: &searched, fresh }, &mut found, next_number);
        let left_out = tracks.left_out(at, &searched);
        // What was found in a part may be an object whose box was so different that it was not recognised.
        let is_new = |object: &Detection, found: &[Detection]| {
            let bounds = object.shape.bounds();
            found.iter().all(|other| overlap(&bounds, &other.shape.bounds()) < FOUND_AGAIN)
        };
        let left_out: Vec<_> = left_out.filter(|object| is_new(object, &found)).collect();
        found.extend(left_out);
        found
    }

    /// The objects of `kind` as they should look in frame `at`.
    pub fn at(&self, kind: Kind, at: u64) -> impl Iterator<Item = Tracked> {
        let tracked = move |of: &Tracks| {
            let horizon = of.horizon();
            of.tracks.iter().map(|track| track.tracked(at, horizon)).collect::<Vec<_>>()
        };
        self.kinds.get(&kind).map(tracked).into_iter().flatten()
    }

    /// Forgets the objects of `kind`, whose detector was switched off; their numbers are not given again.
    pub fn forget(&mut self, kind: Kind) {
        self.kinds.remove(&kind);
    }
}

impl Tracks {
    fn update(&mut self, at: u64, scope: Scope<'_>, found: &mut [Detection], mut next_number: impl FnMut() -> u32) {
        if let Some(last) = self.answered_at.replace(at) {
            self.interval = at.saturating_sub(last);
        }
        self.tracks.retain(|track| at.saturating_sub(track.seen_at()) <= FORGOTTEN_AFTER);
        let horizon = self.horizon();
        let track_of = self.assign(at, horizon, found);
        let mut is_seen = vec![false; self.tracks.len()];
        for (place, (detection, known)) in found.iter_mut().zip(track_of).enumerate() {
            match known {
                Some(n) => {
                    let follow = if place < scope.fresh { Track::follow } else { Track::follow_on };
                    follow(&mut self.tracks[n], detection, at, horizon);
                    is_seen[n] = true;
                }
                None => self.tracks.push(Track::new(detection, next_number(), at)),
            }
        }
        for (track, _) in self.tracks.iter_mut().zip(is_seen).filter(|(_, is_seen)| !is_seen) {
            if scope.searched.includes(&track.tracked(at, horizon).detection.shape.bounds()) {
                track.miss(at);
            }
        }
        self.forget_excess();
    }

    /// The objects in view that the search of frame `at` could not find.
    fn left_out(&self, at: u64, searched: &Searched) -> impl Iterator<Item = Detection> {
        let horizon = self.horizon();
        let objects = self.tracks.iter().map(move |track| (track, track.tracked(at, horizon)));
        let left_out = objects.filter(move |(track, tracked)| {
            let age = at.saturating_sub(track.seen_at());
            (1..=PATIENCE).contains(&age)
                && tracked.sight == Sight::Seen
                && !searched.includes(&tracked.detection.shape.bounds())
        });
        left_out.map(|(track, tracked)| Detection { last_found: Some(track.found_at()), ..tracked.detection })
    }

    /// For each detection the track that it continues.
    fn assign(&self, at: u64, horizon: u64, found: &[Detection]) -> Vec<Option<usize>> {
        let expected: Vec<Item> = self.tracks.iter().map(|track| track.expected(at, horizon)).collect();
        let found: Vec<Item> = found.iter().map(item).collect();
        assign(&expected, &found).track_of
    }

    /// Keeps the number of tracks within its limit.
    fn forget_excess(&mut self) {
        if let Some(excess) = self.tracks.len().checked_sub(MOST_TRACKS).filter(|&excess| excess > 0) {
            // Stable: of those seen last in one frame the first ones go first.
            self.tracks.sort_by_key(Track::seen_at);
            self.tracks.drain(..excess);
        }
    }

    /// For how many frames after an object was last seen its motion is expected to go on.
    ///
    /// A detector that answers every `interval` frames is about as late, and it may miss an object once; the box of an object
    /// that moves steadily has to keep up until the answer after that. A quick detector needs no more than a third of a
    /// second, beyond which a straight line predicts nothing while a robot turns.
    fn horizon(&self) -> u64 {
        self.interval.saturating_mul(INTERVALS_FORESEEN).clamp(LEAST_HORIZON, FORGOTTEN_AFTER)
    }
}

fn item(detection: &Detection) -> Item<'_> {
    Item { name: Name::of(detection), extent: extent(detection) }
}

/// Frames; two seconds of the camera's, in which the slowest detector answers twice.
const FORGOTTEN_AFTER: u64 = 60;
/// The common area of an object that was left out and one that was found, as a share of both together, from which on they
/// are the same.
const FOUND_AGAIN: f64 = 0.3;
/// Of each kind; several times what engines find in one picture.
const MOST_TRACKS: usize = 512;
/// Frames; a third of a second of the camera's.
const LEAST_HORIZON: u64 = 10;
/// One interval until the next answer, one that the answer takes, one for the picture that waits, one for a miss.
const INTERVALS_FORESEEN: u64 = 4;

#[cfg(test)]
mod tests;
