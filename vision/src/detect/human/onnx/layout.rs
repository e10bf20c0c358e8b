//! How the outputs of YOLOX and of NanoDet-Plus read: a row for each cell of several grids over the input; pure.

use std::fmt::Write as _;

use crate::detect::Rect;
use crate::detect::boxes::Hit;
use crate::detect::merge::overlap;

/// Which of the networks it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// A row holds the box's centre, its size, whether anything is there, and how much it is each of 80 classes.
    Yolox,
    /// A row holds how much it is each of 80 classes, and for each side of the box 8 weights of its distance.
    NanoDetPlus,
}

impl Layout {
    pub(super) const ALL: [Self; 2] = [Layout::Yolox, Layout::NanoDetPlus];

    /// In reports.
    pub(super) fn name(self) -> &'static str {
        match self {
            Layout::Yolox => "yolox",
            Layout::NanoDetPlus => "nanodet",
        }
    }

    /// Of the square input, in pixels.
    pub(super) fn side(self) -> i32 {
        match self {
            Layout::Yolox => 640,
            Layout::NanoDetPlus => 416,
        }
    }

    /// What is taken from blue, green and red, and what they are divided by then.
    pub(super) fn normalisation(self) -> ([f64; 3], [f64; 3]) {
        match self {
            Layout::Yolox => ([0.0; 3], [1.0; 3]),
            Layout::NanoDetPlus => ([103.53, 116.28, 123.675], [57.375, 57.12, 58.395]),
        }
    }

    fn strides(self) -> &'static [i32] {
        match self {
            Layout::Yolox => &[8, 16, 32],
            Layout::NanoDetPlus => &[8, 16, 32, 64],
        }
    }

    fn columns(self) -> usize {
        match self {
            Layout::Yolox => 5 + CLASSES,
            Layout::NanoDetPlus => CLASSES + 4 * BINS,
        }
    }

    fn rows(self) -> usize {
        self.cells().count()
    }

    /// The cells of all grids: column, row and stride.
    fn cells(self) -> impl Iterator<Item = [f64; 3]> {
        self.strides().iter().flat_map(move |&stride| {
            let count = (self.side() + stride - 1) / stride;
            (0..count).flat_map(move |y| (0..count).map(move |x| [x, y, stride].map(f64::from)))
        })
    }

    /// Whether an output of this shape is this network's.
    pub(super) fn fits(self, shape: &[i32]) -> bool {
        shape == [1, self.rows() as i32, self.columns() as i32]
    }

    /// The people in an output; `scale` is the input's pixels for one of the picture.
    pub(super) fn people(self, output: &[f32], scale: f64) -> Vec<Hit> {
        let rows = output.chunks_exact(self.columns()).zip(self.cells());
        let hits = rows.filter_map(|(row, [x, y, stride])| {
            let score = match self {
                Layout::Yolox => row[4] * row[5 + PERSON],
                Layout::NanoDetPlus => row[PERSON],
            };
            if score.is_nan() || score < LEAST_SCORE {
                return None;
            }
            let [left, top, right, bottom] = match self {
                Layout::Yolox => {
                    let [cx, cy, width, height] = [0, 1, 2, 3].map(|n| f64::from(row[n]));
                    let (cx, cy) = ((cx + x) * stride, (cy + y) * stride);
                    let (width, height) = (width.exp() * stride, height.exp() * stride);
                    [cx - width / 2.0, cy - height / 2.0, cx + width / 2.0, cy + height / 2.0]
                }
                Layout::NanoDetPlus => {
                    let (cx, cy) = (x * stride, y * stride);
                    let side = |n: usize| stride * expected(&row[CLASSES + n * BINS..][..BINS]);
                    [cx - side(0), cy - side(1), cx + side(2), cy + side(3)]
                }
            };
            let at = |value: f64| (value / scale).round() as i32;
            let (x, y) = (at(left), at(top));
            let bounds = Rect { x, y, width: at(right).saturating_sub(x), height: at(bottom).saturating_sub(y) };
            Some(Hit { bounds, score })
        });
        suppressed(hits.collect())
    }
}

/// Of hits that overlap well the surest; the detector's own merging is coarser, for engines with fewer hits.
fn suppressed(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by(|a, b| b.score.total_cmp(&a.score));
    hits.truncate(MOST_HITS);
    let mut kept: Vec<Hit> = Vec::new();
    for hit in hits {
        if kept.iter().all(|other| overlap(&other.bounds, &hit.bounds) < SAME) {
            kept.push(hit);
        }
    }
    kept
}

/// The mean of 0, 1, 2, … by weights that are given as logarithms.
fn expected(logarithms: &[f32]) -> f64 {
    let most = logarithms.iter().copied().fold(f32::MIN, f32::max);
    let weights = logarithms.iter().map(|value| f64::from(value - most).exp());
    let (sum, mean) =
        weights.enumerate().fold((0.0, 0.0), |(sum, mean), (n, weight)| (sum + weight, mean + n as f64 * weight));
    mean / sum
}

/// A shape for people: `1×3598×112`.
pub(super) fn written(shape: &[i32]) -> String {
    let mut text = String::new();
    for (n, side) in shape.iter().enumerate() {
        let _ = write!(text, "{}{side}", if n == 0 { "" } else { "×" });
    }
    text
}

/// Of the data set COCO; a person is the first.
const CLASSES: usize = 80;
const PERSON: usize = 0;
/// Weights of a distance, for 0 to 7 cells.
const BINS: usize = 8;
/// From 0 to 1; the zoo's own examples use 0.35 to 0.5.
const LEAST_SCORE: f32 = 0.4;
/// Common area of two hits on one person, as a share of both together.
const SAME: f64 = 0.5;
/// More than fit into a picture.
const MOST_HITS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_both_are_those_of_their_published_models() {
        assert!(Layout::Yolox.fits(&[1, 8400, 85]) && Layout::NanoDetPlus.fits(&[1, 3598, 112]));
        assert!(!Layout::Yolox.fits(&[1, 85, 8400]) && !Layout::Yolox.fits(&[1, 3598, 112]));
        assert_eq!(written(&[1, 8400, 85]), "1×8400×85");
    }

    #[test]
    fn yolox_counts_from_a_cell_and_scales_by_powers() {
        let mut output = vec![0.0; 8400 * 85];
        // The second grid begins after 80 × 80 cells; column 3 of row 2 in it.
        let row = &mut output[(6400 + 2 * 40 + 3) * 85..][..85];
        (row[0], row[1], row[2], row[3], row[4], row[5]) = (0.5, 0.25, 2f32.ln(), 4f32.ln(), 0.9, 0.8);
        let hits = Layout::Yolox.people(&output, 2.0);
        // Centre 56, 36 in the input; 32 × 64 there.
        assert_eq!(hits.len(), 1);
        assert_eq!(hits[0].bounds, Rect { x: 20, y: 2, width: 16, height: 32 });
        assert!((hits[0].score - 0.72).abs() < 1e-6);
    }

    #[test]
    fn nanodet_has_distances_to_the_four_sides() {
        let mut output = vec![0.0; 3598 * 112];
        // The first grid has 52 × 52 cells; column 20 of row 10.
        let row = &mut output[(10 * 52 + 20) * 112..][..112];
        row[0] = 0.6;
        for (side, cells) in [1, 2, 3, 5].into_iter().enumerate() {
            row[80 + side * 8 + cells] = 50.0;
        }
        let hits = Layout::NanoDetPlus.people(&output, 1.0);
        assert_eq!(hits[0].bounds, Rect { x: 152, y: 64, width: 32, height: 56 });
        assert_eq!(hits.len(), 1);
    }

    #[test]
    fn nobody_is_found_in_other_classes_low_scores_and_nonsense() {
        let mut output = vec![0.0; 8400 * 85];
        (output[4], output[5 + 1]) = (1.0, 1.0);
        (output[85 + 4], output[85 + 5]) = (0.6, 0.6);
        (output[170 + 4], output[170 + 5]) = (f32::NAN, 1.0);
        assert_eq!(Layout::Yolox.people(&output, 1.0), []);
    }
}
