//! Which detection continues which track.
//!
//! ```text
//!  same name, once on either side ──▶ paired, wherever they are
//!  the others ──▶ within reach? ──▶ groups that compete ──▶ small: least total cost; large: nearest pairs first
//! ```
//!
//! The time grows with the number of pairs within reach, not with tracks times detections.

use std::collections::HashMap;
use std::f64::consts::E;

use pathfinding::kuhn_munkres::kuhn_munkres_min;
use pathfinding::matrix::Matrix;

use crate::detect::tag::TagFamily;
use crate::detect::{Detection, Payload};

/// A track at its expected place, or a detection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) name: Option<Name<'a>>,
    pub(super) extent: Extent,
}

/// What tells an object from all others, wherever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Name<'a> {
    /// Of a code.
    Payload(&'a Payload),
    /// Of a tag.
    Tag(TagFamily, u32),
}

impl<'a> Name<'a> {
    pub(super) fn of(detection: &'a Detection) -> Option<Self> {
        let payload = detection.payload.as_ref().map(Name::Payload);
        payload.or_else(|| detection.tag.as_ref().map(|tag| Name::Tag(tag.family, tag.id)))
    }
}

/// The place and the size of a box.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// In pixels.
    pub(super) centre: [f64; 2],
    /// The length of the diagonal in pixels, above 0.
    pub(super) size: f64,
}

/// The outcome.
#[derive(Debug, Default)]
pub(super) struct Assignment {
    /// For each detection its track, if it has one.
    pub(super) track_of: Vec<Option<usize>>,
    /// What it cost: comparisons, and cells of matrices. Tests hold it against a limit.
    pub(super) work: usize,
}

/// A track and a detection that may be one object, and how unlikely that is: from 0 up to [`UNLIKELY`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    cost: i64,
    track: usize,
    found: usize,
}

/// The tracks and the detections with one name.
#[derive(Debug, Default)]
struct Alike {
    tracks: Vec<usize>,
    found: Vec<usize>,
}

impl Extent {
    /// How unlikely `found` is the object expected here: the distance in diagonals plus the logarithm of the growth, in
    /// thousandths; `None` for never.
    pub(super) fn cost(&self, found: &Extent) -> Option<i64> {
        let larger = self.size.max(found.size);
        let [dx, dy] = [self.centre[0] - found.centre[0], self.centre[1] - found.centre[1]];
        if dx.abs() >= larger || dy.abs() >= larger {
            return None;
        }
        let growth = (found.size / self.size).ln().abs();
        let cost = (dx.hypot(dy) / larger + growth) * f64::from(THOUSANDTHS);
        (cost < UNLIKELY as f64).then_some(cost as i64)
    }
}

/// Pairs `tracks` with the detections in `found`.
pub(super) fn assign(tracks: &[Item<'_>], found: &[Item<'_>]) -> Assignment {
    let mut groups: HashMap<Option<Name<'_>>, Alike> = HashMap::new();
    for (n, item) in tracks.iter().enumerate() {
        groups.entry(item.name).or_default().tracks.push(n);
    }
    for (n, item) in found.iter().enumerate() {
        groups.entry(item.name).or_default().found.push(n);
    }
    let mut assignment = Assignment { track_of: vec![None; found.len()], work: 0 };
    for (name, alike) in groups {
        match (name, &alike.tracks[..], &mut { alike.found }[..]) {
            (Some(_), &[track], &mut [found]) => assignment.track_of[found] = Some(track),
            (_, these, those) => {
                let pairs = within_reach(tracks, these, found, those, &mut assignment.work);
                for component in components(&pairs, tracks.len()) {
                    assignment.settle(component);
                }
            }
        }
    }
    assignment
}

impl Assignment {
    /// Chooses among the pairs of one component.
    fn settle(&mut self, mut pairs: Vec<Pair>) {
        let distinct = |value: fn(&Pair) -> usize| {
            let mut values: Vec<usize> = pairs.iter().map(value).collect();
            values.sort_unstable();
            values.dedup();
            values
        };
        let (tracks, found) = (distinct(|pair| pair.track), distinct(|pair| pair.found));
        if tracks.len().max(found.len()) <= MOST_EXACT {
            self.settle_exactly(&pairs, &tracks, &found);
        } else {
            pairs.sort_unstable();
            self.work += pairs.len();
            self.settle_greedily(&pairs);
        }
    }

    /// The pairs of least total cost.
    fn settle_exactly(&mut self, pairs: &[Pair], tracks: &[usize], found: &[usize]) {
        if let [Pair { track, found, .. }] = *pairs {
            self.track_of[found] = Some(track);
            return;
        }
        // One more column for each track: to have no detection costs as much as the most unlikely pair.
        let mut costs = Matrix::new(tracks.len(), found.len() + tracks.len(), UNLIKELY);
        self.work += costs.rows * costs.columns;
        let position = |list: &[usize], value| list.binary_search(&value).ok();
        for pair in pairs {
            if let (Some(row), Some(column)) = (position(tracks, pair.track), position(found, pair.found)) {
                costs[(row, column)] = pair.cost;
            }
        }
        let (_, columns) = kuhn_munkres_min(&costs);
        for (row, column) in columns.into_iter().enumerate() {
            if column < found.len() && costs[(row, column)] < UNLIKELY {
                self.track_of[found[column]] = Some(tracks[row]);
            }
        }
    }

    /// The cheapest pair first, then the cheapest of what is left.
    fn settle_greedily(&mut self, sorted: &[Pair]) {
        let mut taken = std::collections::HashSet::new();
        for pair in sorted {
            if self.track_of[pair.found].is_none() && taken.insert(pair.track) {
                self.track_of[pair.found] = Some(pair.track);
            }
        }
    }
}

/// Every pair of `these` tracks and `those` detections that may be one object; sorts `those` from left to right.
fn within_reach(
    tracks: &[Item<'_>],
    these: &[usize],
    found: &[Item<'_>],
    those: &mut [usize],
    work: &mut usize,
) -> Vec<Pair> {
    let x = |n: usize| found[n].extent.centre[0];
    those.sort_by(|&a, &b| x(a).total_cmp(&x(b)));
    let mut pairs = Vec::new();
    for &track in these {
        let expected = tracks[track].extent;
        // A detection e times as large costs too much at any distance.
        let reach = expected.size * E;
        let first = those.partition_point(|&n| x(n) < expected.centre[0] - reach);
        for &n in those[first..].iter().take_while(|&&n| x(n) <= expected.centre[0] + reach) {
            *work += 1;
            pairs.extend(expected.cost(&found[n].extent).map(|cost| Pair { cost, track, found: n }));
        }
    }
    pairs
}

/// Divides `pairs` so that no track and no detection is in two parts; numbers of tracks are below `tracks`.
fn components(pairs: &[Pair], tracks: usize) -> Vec<Vec<Pair>> {
    // A detection links the first track that it is paired with to all others.
    let mut parent: Vec<usize> = (0..tracks).collect();
    let mut first_track: HashMap<usize, usize> = HashMap::new();
    for pair in pairs {
        let linked = *first_track.entry(pair.found).or_insert(pair.track);
        let (a, b) = (root(&mut parent, pair.track), root(&mut parent, linked));
        parent[a] = b;
    }
    let mut parts: HashMap<usize, Vec<Pair>> = HashMap::new();
    for pair in pairs {
        parts.entry(root(&mut parent, pair.track)).or_default().push(*pair);
    }
    parts.into_values().collect()
}

/// The representative of `n`; shortens the way to it (union-find with path halving).
fn root(parent: &mut [usize], mut n: usize) -> usize {
    while parent[n] != n {
        parent[n] = parent[parent[n]];
        n = parent[n];
    }
    n
}

/// Costs are whole numbers for the assignment: thousandths of a diagonal.
const THOUSANDTHS: i32 = 1000;
/// A detection that costs this much, such as one a diagonal away, is another object.
const UNLIKELY: i64 = 1000;
/// The most tracks or detections that are paired at least total cost, whose time grows with the cube of their number.
const MOST_EXACT: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f64) -> Item<'static> {
        Item { name: None, extent: Extent { centre: [x, 0.0], size: 40.0 } }
    }

    /// For each detection its track, all of them on a line.
    fn paired(tracks: &[f64], found: &[f64]) -> Vec<Option<usize>> {
        let items = |xs: &[f64]| xs.iter().copied().map(at).collect::<Vec<_>>();
        assign(&items(tracks), &items(found)).track_of
    }

    #[test]
    fn a_diagonal_away_is_another_object() {
        assert_eq!(paired(&[0.0], &[39.0]), [Some(0)]);
        assert_eq!(paired(&[0.0], &[40.0]), [None]);
    }

    #[test]
    fn a_few_objects_are_paired_at_least_total_cost() {
        // The nearest pair first, 20 and 12, would leave 0 to 34.
        assert_eq!(paired(&[0.0, 20.0], &[12.0, 34.0]), [Some(0), Some(1)]);
        assert_eq!(paired(&[0.0, 20.0], &[12.0]), [Some(1)]);
    }

    #[test]
    fn of_many_objects_the_nearest_are_paired_first() {
        let row: Vec<f64> = (0..100).map(|n| f64::from(n) * 30.0).collect();
        let moved: Vec<f64> = row.iter().map(|x| x + 10.0).collect();
        assert_eq!(paired(&row, &moved), (0..100).map(Some).collect::<Vec<_>>());
    }
}
