//! Which detection is which object, from picture to picture.
//!
//! A constant-velocity filter says where each object should be, and the assignment of least cost says which detection is
//! which object: the two parts of SORT (Bewley and others, 2016), with an alpha-beta filter (Kalata, 1984) in place of the
//! full Kalman filter, and the distance of centres in place of the overlap, since a small code may move by more than its
//! size from one picture to the next. A code that is the only one with its payload needs neither: it is known by that,
//! however fast the robot turns.
//!
//! Time is counted in the robot's frames, so that the numbers do not depend on how fast this machine is.

use pathfinding::kuhn_munkres::kuhn_munkres_min;
use pathfinding::matrix::Matrix;

use crate::detect::{Detection, Kind};

/// Follows the objects of one robot's stream.
#[derive(Debug, Default)]
pub struct Tracker {
    tracks: Vec<Track>,
    /// How many numbers have been given.
    numbered: u32,
}

/// One object.
#[derive(Debug, Clone)]
struct Track {
    number: u32,
    /// As it was last seen.
    seen: Detection,
    /// In which frame that was.
    at: u64,
    /// The frame of its detector's first answer without it; `None` while it is in view.
    missed_since: Option<u64>,
    /// Where the filter believes the centre is, in pixels.
    centre: [f64; 2],
    /// Pixels a frame.
    velocity: [f64; 2],
}

/// An object in some frame: moved on with the picture, and how strongly to draw it.
#[derive(Debug, Clone)]
pub struct Tracked {
    pub detection: Detection,
    /// From 0 to 1: an object that is missed, or whose detector has not answered for long, fades.
    pub opacity: f64,
}

impl Tracker {
    /// Numbers the detections of `kind` in frame `at`; frames come in order, and some may be missing.
    ///
    /// An object keeps its number through misses of up to [`FORGOTTEN_AFTER`] frames.
    pub fn update(&mut self, kind: Kind, at: u64, found: &mut [Detection]) {
        self.tracks.retain(|track| at.saturating_sub(track.at) <= FORGOTTEN_AFTER || track.seen.kind != kind);
        let candidates: Vec<usize> = (0..self.tracks.len()).filter(|&n| self.tracks[n].seen.kind == kind).collect();
        let pairs = self.assign(&candidates, at, found);
        for (&n, _) in candidates.iter().zip(&pairs).filter(|(_, pair)| pair.is_none()) {
            self.tracks[n].missed_since.get_or_insert(at);
        }
        let known: Vec<Option<usize>> = (0..found.len())
            .map(|f| pairs.iter().position(|pair| *pair == Some(f)).map(|row| candidates[row]))
            .collect();
        for (detection, known) in found.iter_mut().zip(known) {
            match known {
                Some(n) => self.tracks[n].follow(detection, at),
                None => {
                    self.numbered += 1;
                    detection.track = Some(self.numbered);
                    self.tracks.push(Track::start(detection.clone(), self.numbered, at));
                }
            }
        }
    }

    /// The objects of `kind` as they should look in frame `at`.
    pub fn at(&self, kind: Kind, at: u64) -> impl Iterator<Item = Tracked> {
        self.tracks.iter().filter(move |track| track.seen.kind == kind).map(move |track| track.at(at))
    }

    /// Forgets the objects of `kind`, whose detector was switched off; their numbers are not given again.
    pub fn forget(&mut self, kind: Kind) {
        self.tracks.retain(|track| track.seen.kind != kind);
    }

    /// For each candidate the detection that continues it.
    fn assign(&self, candidates: &[usize], at: u64, found: &[Detection]) -> Vec<Option<usize>> {
        if candidates.is_empty() || found.is_empty() {
            return vec![None; candidates.len()];
        }
        // One column more for each candidate: to stay without a detection costs as much as the worst pair that may be.
        let columns = found.len() + candidates.len();
        let is_known: Vec<bool> = found.iter().map(|detection| self.is_known(candidates, detection, found)).collect();
        let costs = Matrix::from_fn(candidates.len(), columns, |(row, column)| match found.get(column) {
            Some(detection) => self.tracks[candidates[row]].cost(detection, at, is_known[column]),
            None => UNPAIRED,
        });
        let (_, columns) = kuhn_munkres_min(&costs);
        let paired =
            |(row, column): (usize, usize)| (column < found.len() && costs[(row, column)] < UNPAIRED).then_some(column);
        columns.into_iter().enumerate().map(paired).collect()
    }

    /// Whether `detection` has a payload that is on no other one and on one candidate only.
    fn is_known(&self, candidates: &[usize], detection: &Detection, found: &[Detection]) -> bool {
        let alike = |other: &&Detection| other.payload == detection.payload;
        detection.payload.is_some()
            && found.iter().filter(alike).count() == 1
            && candidates.iter().map(|&n| &self.tracks[n].seen).filter(alike).count() == 1
    }
}

impl Track {
    fn start(seen: Detection, number: u32, at: u64) -> Self {
        let centre = centre(&seen);
        Self { number, seen, at, missed_since: None, centre, velocity: [0.0; 2] }
    }

    fn follow(&mut self, detection: &mut Detection, at: u64) {
        if self.distance(detection, at) >= UNPAIRED {
            // Known by its payload alone: a robot that turned, or another code that says the same, but no motion to go on.
            let measured = centre(detection);
            (self.centre, self.velocity) = (measured, [0.0; 2]);
        } else {
            self.correct(detection, at);
        }
        detection.track = Some(self.number);
        (self.seen, self.at, self.missed_since) = (detection.clone(), at, None);
    }

    fn correct(&mut self, detection: &Detection, at: u64) {
        let dt = at.saturating_sub(self.at) as f64;
        let (predicted, measured) = (self.predicted(at), centre(detection));
        for axis in 0..2 {
            let residual = measured[axis] - predicted[axis];
            self.centre[axis] = predicted[axis] + ALPHA * residual;
            if dt > 0.0 {
                self.velocity[axis] += BETA * residual / dt;
            }
        }
    }

    fn predicted(&self, at: u64) -> [f64; 2] {
        let dt = at.saturating_sub(self.at).min(FORESEEN_FOR) as f64;
        [self.centre[0] + self.velocity[0] * dt, self.centre[1] + self.velocity[1] * dt]
    }

    fn at(&self, at: u64) -> Tracked {
        let [x, y] = self.predicted(at);
        let [from_x, from_y] = if at <= self.at { [x, y] } else { self.centre };
        let mut detection = self.seen.clone();
        detection.shape = detection.shape.moved((x - from_x).round() as i32, (y - from_y).round() as i32);
        let missed_for = self.missed_since.map_or(0, |since| at.saturating_sub(since));
        let unanswered_for = at.saturating_sub(self.at).saturating_sub(PATIENCE);
        let opacity = 1.0 - missed_for.max(unanswered_for) as f64 / FADE_OVER;
        Tracked { detection, opacity: opacity.max(0.0) }
    }

    /// How unlikely `detection` is this object: 0 for the very place and size, [`UNPAIRED`] for never; one that
    /// `is_known` by its payload may be anywhere.
    fn cost(&self, detection: &Detection, at: u64, is_known: bool) -> i64 {
        if detection.payload != self.seen.payload {
            return UNPAIRED;
        }
        let most = if is_known { UNPAIRED - 1 } else { UNPAIRED };
        self.distance(detection, at).min(most)
    }

    /// How far `detection` is from the place and size expected, up to [`UNPAIRED`].
    fn distance(&self, detection: &Detection, at: u64) -> i64 {
        let (before, now) = (size(&self.seen), size(detection));
        let (predicted, measured) = (self.predicted(at), centre(detection));
        let distance = (predicted[0] - measured[0]).hypot(predicted[1] - measured[1]) / before.max(now);
        let growth = (now / before).ln().abs();
        let cost = (distance + growth) * f64::from(SCALE);
        if cost < UNPAIRED as f64 { cost as i64 } else { UNPAIRED }
    }
}

fn centre(detection: &Detection) -> [f64; 2] {
    let bounds = detection.shape.bounds();
    [f64::from(bounds.x) + f64::from(bounds.width) / 2.0, f64::from(bounds.y) + f64::from(bounds.height) / 2.0]
}

/// The diagonal of the box, in pixels and never nought.
fn size(detection: &Detection) -> f64 {
    let bounds = detection.shape.bounds();
    f64::from(bounds.width).hypot(f64::from(bounds.height)).max(1.0)
}

/// Costs are whole numbers for the assignment; this much is one diagonal away, or e times the size.
const SCALE: i32 = 1000;
/// A detection as far from where the object should be as this is another object.
const UNPAIRED: i64 = 1000;
/// Frames; two seconds of the camera's, in which the slowest detector answers twice.
const FORGOTTEN_AFTER: u64 = 60;
/// Frames; beyond this a straight line says nothing about a robot that turns.
const FORESEEN_FOR: u64 = 10;
/// Frames that an object stays though its detector has not answered; a quick one would have told that it is gone.
const PATIENCE: u64 = 45;
/// Frames from the first miss to nothing.
const FADE_OVER: f64 = 15.0;
/// Detections jitter by a pixel or two while the robot turns at ten a frame: trust what is seen, smooth a little.
const ALPHA: f64 = 0.85;
/// From alpha by Benedict and Bordner (1962), beta = alpha² / (2 - alpha), for the least error in both.
const BETA: f64 = ALPHA * ALPHA / (2.0 - ALPHA);

#[cfg(test)]
mod tests;
