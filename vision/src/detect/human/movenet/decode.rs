//! From the network's maps to people, and from the people of two passes to those of the picture; pure.

use crate::detect::merge::merge;
use crate::detect::{Detection, KEYPOINTS, Point, Rect};

/// Somebody whom one pass saw.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Person {
    /// Head to foot as far as it is in the picture, in its pixels.
    pub(crate) bounds: Rect,
    /// How sure the network is, from 0 to 1.
    pub(crate) score: f32,
    /// In COCO's order; some may be guessed, and lie outside the picture.
    pub(crate) keypoints: [Point; KEYPOINTS],
}

/// What one pass saw.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Everybody from [`PERHAPS`] on, in no order; one person may be there several times.
    pub(crate) people: Vec<Person>,
    centres: Vec<f32>,
    grid: Grid,
}

/// How the cells of the network's maps lie in the picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    /// The top-left corner of the first cell, in pixels of the picture.
    pub(crate) origin: [f64; 2],
    /// Width and height of a cell, in pixels of the picture.
    pub(crate) cell: [f64; 2],
}

impl Seen {
    /// Finds the people in the maps of a pass.
    ///
    /// `centres` holds how much each cell of the grid is like the middle of a person, row by row; `offsets` a map like
    /// that for each of y and x of each key point: how many cells it is away. `picture` is all of the picture, where boxes
    /// end.
    pub(super) fn decode(centres: &[f32], offsets: &[f32], grid: Grid, picture: Rect) -> Self {
        let cells = grid.columns * grid.rows;
        debug_assert!(centres.len() == cells && offsets.len() == 2 * KEYPOINTS * cells);
        let least = LEAST_HEIGHT / CELL * grid.cell[0].max(grid.cell[1]);
        let person = |at: usize| {
            let (column, row) = ((at % grid.columns) as f64, (at / grid.columns) as f64);
            let keypoints: [[f64; 2]; KEYPOINTS] = std::array::from_fn(|n| {
                let [dy, dx] = [2 * n, 2 * n + 1].map(|map| f64::from(offsets[map * cells + at]));
                let [x, y] = [column + dx, row + dy];
                [grid.origin[0] + x * grid.cell[0], grid.origin[1] + y * grid.cell[1]]
            });
            let bounds = around(&keypoints).intersection(&picture);
            let keypoints = keypoints.map(|[x, y]| Point { x: x.round() as i32, y: y.round() as i32 });
            Person { bounds, score: centres[at], keypoints }
        };
        let peaks = (0..cells).filter(|&at| centres[at] >= PERHAPS && is_peak(centres, &grid, at));
        let people = peaks.map(person).filter(|person| f64::from(person.bounds.height) >= least);
        let people = people.filter(|person| person.bounds.width > 0).collect();
        Self { people, centres: centres.to_vec(), grid }
    }

    /// How much the middle of `bounds` looks like the middle of a person, from 0 to 1; 0 where the pass did not look.
    pub(crate) fn hint(&self, bounds: &Rect) -> f32 {
        let Grid { columns, rows, origin, cell } = self.grid;
        let reach = (HINT_REACH * f64::from(bounds.height)).max(HINT_CELLS * cell[0]);
        let cells = |middle: f64, axis: usize, count: usize| {
            let place = |at: f64| (at - origin[axis]) / cell[axis];
            let first = place(middle - reach).floor().max(0.0) as usize;
            first..(place(middle + reach).ceil() + 1.0).clamp(0.0, count as f64) as usize
        };
        let across = cells(f64::from(bounds.x) + f64::from(bounds.width) / 2.0, 0, columns);
        let down = cells(f64::from(bounds.y) + f64::from(bounds.height) / 2.0, 1, rows);
        let values = down.flat_map(|row| across.clone().map(move |column| row * columns + column));
        values.map(|at| self.centres[at]).fold(0.0, f32::max)
    }

    /// Those whom a pass over the whole picture may report, where `close` has looked at the same picture, or one shortly
    /// before, with a small input.
    ///
    /// What resembles a person at one size only is usually none: texture, letters, parts of a code. Nearly all people leave
    /// a trace in the other pass, even where that is not sure of them.
    pub(crate) fn confirmed(&self, close: &Seen) -> impl Iterator<Item = &Person> {
        let is_confirmed =
            |person: &&Person| person.score >= SURE || person.score >= LIKELY && close.hint(&person.bounds) >= HINT;
        self.people.iter().filter(is_confirmed)
    }
}

/// Each of `people` once, the surest first: several passes may see one person, whole or in part.
pub(crate) fn join(mut people: Vec<Person>, engine: &'static str) -> Vec<Detection> {
    people.sort_by(|a, b| {
        let place = |person: &Person| (person.bounds.y, person.bounds.x, person.bounds.width, person.bounds.height);
        b.score.total_cmp(&a.score).then_with(|| place(a).cmp(&place(b)))
    });
    let mut found = Vec::new();
    let detection = |Person { bounds, score, keypoints }| Detection {
        keypoints: Some(keypoints),
        ..Detection::human(bounds, score, engine)
    };
    merge(&mut found, people.into_iter().map(detection));
    found
}

/// Whether no neighbour of a cell has more.
fn is_peak(centres: &[f32], grid: &Grid, at: usize) -> bool {
    let (column, row) = (at % grid.columns, at / grid.columns);
    let rows = row.saturating_sub(1)..(row + 2).min(grid.rows);
    let columns = column.saturating_sub(1)..(column + 2).min(grid.columns);
    rows.flat_map(|row| columns.clone().map(move |column| row * grid.columns + column))
        .all(|other| centres[other] <= centres[at])
}

/// The box around a body: key points are joints and a face, and there is more above, below and beside them.
fn around(keypoints: &[[f64; 2]; KEYPOINTS]) -> Rect {
    let least = |axis: usize| keypoints.iter().map(|point| point[axis]).fold(f64::MAX, f64::min);
    let most = |axis: usize| keypoints.iter().map(|point| point[axis]).fold(f64::MIN, f64::max);
    let (left, right, top, bottom) = (least(0), most(0), least(1), most(1));
    let height = bottom - top;
    let (x, y) = ((left - BESIDE * height).round() as i32, (top - ABOVE * height).round() as i32);
    let right = (right + BESIDE * height).round() as i32;
    let bottom = (bottom + BELOW * height).round() as i32;
    Rect { x, y, width: right.saturating_sub(x), height: bottom.saturating_sub(y) }
}

/// Pixels of the network's input in a cell of its maps.
pub(super) const CELL: f64 = 4.0;
/// In pixels of the network's input; it was made for larger people, and what it takes for smaller ones is mostly texture.
const LEAST_HEIGHT: f64 = 36.0;
/// What the box has more than the key points, as shares of their height.
const ABOVE: f64 = 0.14;
const BELOW: f64 = 0.12;
const BESIDE: f64 = 0.10;
/// The least score: enough for somebody who fills the picture, since little else does.
const PERHAPS: f32 = 0.3;
/// The least score of the pass over the whole picture, with a hint from the other one.
const LIKELY: f32 = 0.4;
/// The score from which on that pass needs no hint.
const SURE: f32 = 0.6;
/// In 272 photos of codes what was falsely likely had at most 0.15 there, most of it below 0.08; of 38 people in a street
/// all but one had more than 0.14.
const HINT: f32 = 0.1;
/// Where a hint is looked for around the middle of a box: a share of its height, and at least this many cells.
const HINT_REACH: f64 = 0.15;
const HINT_CELLS: f64 = 1.2;

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: usize = 40;
    const ROWS: usize = 30;
    const PICTURE: Rect = Rect { x: 0, y: 0, width: 320, height: 240 };

    /// A grid over all of [`PICTURE`]: an input of half its size.
    const GRID: Grid = Grid { columns: COLUMNS, rows: ROWS, origin: [0.0; 2], cell: [8.0; 2] };

    /// People in the given cells, each so many cells high and half as wide, seen in a grid.
    fn seen(grid: Grid, people: &[(usize, usize, f32, f32)]) -> Seen {
        let cells = grid.columns * grid.rows;
        let (mut centres, mut offsets) = (vec![0.0; cells], vec![0.0; 2 * KEYPOINTS * cells]);
        for &(column, row, score, height) in people {
            let at = row * grid.columns + column;
            centres[at] = score;
            for n in 0..KEYPOINTS {
                // From the nose down to the ankles, left and right in turn.
                let down = n as f32 / (KEYPOINTS - 1) as f32 - 0.5;
                offsets[2 * n * cells + at] = down * height;
                offsets[(2 * n + 1) * cells + at] = if n % 2 == 0 { -height / 4.0 } else { height / 4.0 };
            }
        }
        Seen::decode(&centres, &offsets, grid, PICTURE)
    }

    #[test]
    fn a_person_is_where_the_maps_say_and_reaches_beyond_the_key_points() {
        let seen = seen(GRID, &[(20, 15, 0.5, 10.0)]);
        let [Person { bounds, score, keypoints }] = &seen.people[..] else { panic!("{seen:?}") };
        // The middle is at 160, 120 pixels; key points are 80 pixels apart from top to bottom, and 40 across.
        assert_eq!((keypoints[0], keypoints[16]), (Point { x: 140, y: 80 }, Point { x: 140, y: 160 }));
        assert_eq!(*bounds, Rect { x: 132, y: 69, width: 56, height: 101 });
        assert_eq!(*score, 0.5);
    }

    #[test]
    fn the_maps_of_an_area_are_moved_and_scaled_to_the_picture() {
        let grid = Grid { origin: [100.0, 50.0], cell: [4.0, 2.0], ..GRID };
        let seen = seen(grid, &[(20, 15, 0.5, 20.0)]);
        assert_eq!(seen.people[0].keypoints[1], Point { x: 200, y: 63 });
        assert_eq!(seen.hint(&Rect { x: 170, y: 60, width: 20, height: 40 }), 0.5);
        assert_eq!(seen.hint(&Rect { x: 10, y: 60, width: 20, height: 40 }), 0.0, "the pass did not look there");
    }

    #[test]
    fn boxes_end_at_the_edge_of_the_picture() {
        let bounds = seen(GRID, &[(38, 28, 0.5, 20.0)]).people[0].bounds;
        assert_eq!((bounds.x + bounds.width, bounds.y + bounds.height), (320, 240));
        assert!(seen(GRID, &[(39, 29, 0.5, f32::INFINITY)]).people.len() <= 1, "no panic");
        assert!(seen(GRID, &[(39, 29, 0.5, f32::NAN)]).people.is_empty());
    }

    #[test]
    fn nobody_is_lower_than_36_pixels_of_the_input() {
        // Boxes are 1.26 times as high as their key points: 34 and 37 pixels of the input, twice that of the picture.
        let heights: Vec<i32> = [6.8, 7.4].map(|h| seen(GRID, &[(20, 15, 0.9, h)]).people.len() as i32).into();
        assert_eq!(heights, [0, 1]);
    }

    #[test]
    fn a_person_is_a_peak_and_scores_enough() {
        let seen = seen(GRID, &[(20, 15, 0.5, 10.0), (21, 15, 0.6, 10.0), (5, 15, 0.29, 10.0), (30, 15, 0.3, 10.0)]);
        assert_eq!(seen.people.iter().map(|person| person.score).collect::<Vec<_>>(), [0.6, 0.3]);
    }

    #[test]
    fn who_is_likely_needs_a_hint_and_who_is_sure_does_not() {
        let whole = seen(GRID, &[(5, 15, 0.59, 10.0), (20, 15, 0.4, 10.0), (30, 15, 0.39, 10.0), (38, 15, 0.6, 10.0)]);
        // Cells of 24 pixels; a hint where the second and the third are, too small for a person.
        let grid = Grid { columns: 13, rows: 10, cell: [24.0; 2], ..GRID };
        let close = seen(grid, &[(7, 5, 0.1, 1.0), (10, 5, 0.2, 1.0)]);
        let scores = |close: &Seen| whole.confirmed(close).map(|person| person.score).collect::<Vec<_>>();
        assert_eq!(scores(&close), [0.4, 0.6]);
        assert_eq!(scores(&seen(grid, &[])), [0.6]);
    }

    #[test]
    fn one_person_seen_twice_is_one_and_the_surer_view_stays() {
        let person = |bounds, score| Person { bounds, score, keypoints: [Point { x: 1, y: 2 }; KEYPOINTS] };
        let (all, half) = (Rect { x: 0, y: 0, width: 80, height: 200 }, Rect { x: 0, y: 0, width: 80, height: 110 });
        let beside = Rect { x: 100, ..all };
        let found = join(vec![person(half, 0.4), person(beside, 0.5), person(all, 0.7)], "e");
        assert_eq!(found.iter().map(|human| human.shape.bounds()).collect::<Vec<_>>(), [all, beside]);
        assert_eq!((found[0].score, found[0].keypoints.is_some()), (Some(0.7), true));
    }
}
