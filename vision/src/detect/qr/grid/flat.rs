//! A code without perspective and without bend.

use super::perspective::brightness;
use crate::picture::Luma;

/// A square of modules of [`PIXELS`] × [`PIXELS`] pixels.
pub(super) struct Flat {
    /// Modules across.
    pub(super) side: usize,
    data: Vec<f32>,
}

impl Flat {
    /// `side` × `side` modules, in rows, whose middles are in the picture at `middles`.
    pub(super) fn new(luma: &Luma, side: usize, middles: &[(f32, f32)]) -> Self {
        // Between the middles of four modules each pixel is where its share of each of them says.
        let mix = |a: (f32, f32), b: (f32, f32), share: f32| (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share);
        let width = side * PIXELS;
        let mut data = vec![0.0; width * width];
        for (row, pixels) in data.chunks_exact_mut(width).enumerate() {
            let (above, share) = neighbour(row, side);
            let (top, bottom) = (&middles[above * side..], &middles[(above + 1) * side..]);
            for (column, pixel) in pixels.iter_mut().enumerate() {
                let (left, part) = neighbour(column, side);
                let (x, y) = mix(mix(top[left], top[left + 1], part), mix(bottom[left], bottom[left + 1], part), share);
                *pixel = brightness(luma, x, y);
            }
        }
        Self { side, data }
    }

    /// The pixels of a row.
    pub(super) fn row(&self, row: usize) -> &[f32] {
        let width = self.side * PIXELS;
        &self.data[row * width..][..width]
    }

    /// The mean brightness in the middle of a module, away from its edges.
    pub(super) fn middle(&self, column: usize, row: usize) -> f32 {
        let inner = |n: usize| n * PIXELS + INSET..(n + 1) * PIXELS - INSET;
        let sum: f32 = inner(row).map(|row| self.row(row)[inner(column)].iter().sum::<f32>()).sum();
        sum / ((PIXELS - 2 * INSET) * (PIXELS - 2 * INSET)) as f32
    }
}

/// The module whose middle is before pixel `at`, and how far the pixel is on the way to the next, from 0 to 1; beyond the
/// outermost middles it goes on in the same way.
fn neighbour(at: usize, side: usize) -> (usize, f32) {
    let shifted = at as isize - PIXELS as isize / 2;
    let module = shifted.div_euclid(PIXELS as isize).clamp(0, side as isize - 2);
    let steps = shifted - module * PIXELS as isize;
    (module as usize, (steps as f32 + 0.5) / PIXELS as f32)
}

/// The pixels of a module, across; with six of them creases are lost.
pub(super) const PIXELS: usize = 8;
/// What a module's middle leaves out on each side, in pixels.
const INSET: usize = 2;
