//! How far the grid of a code is off that of a flat one, from place to place.

use super::Corners;
use super::edges::{Axis, Edges};
use super::field::Field;
use super::flat::Flat;
use super::perspective::Perspective;
use super::smooth;
use crate::picture::Luma;

/// How far each module is off, across and down, in modules; also for [`BORDER`] more on each side of the code.
pub(super) struct Bend {
    modules: usize,
    pub(super) across: Field,
    pub(super) down: Field,
}

impl Bend {
    /// Follows the grid of the code in `luma` that would be at `perspective` if it were flat.
    ///
    /// A grid looks the same after a step of one module, so the edges say where it is only if that is nearly known. It is
    /// at the finder patterns: from there a smooth bend is fitted to larger and larger parts of the code, and the creases
    /// that remain are followed in the end.
    pub(super) fn follow(luma: &Luma, perspective: &Perspective, modules: usize) -> Self {
        let side = modules + 2 * BORDER;
        let mut bend = Self { modules, across: Field::new(side), down: Field::new(side) };
        for reach in REACHES {
            bend.correct(luma, perspective, |so_far, edges| {
                let off = so_far.with(&edges.off, |so_far, more| so_far + more);
                smooth::fit(&off, &edges.clarity, modules, reach)
            });
        }
        bend.correct(luma, perspective, |so_far, edges| {
            let weight = edges.clarity.with(&edges.clarity, |a, b| a * b);
            let total = weight.gaussian(CREASE);
            let sum = edges.off.with(&weight, |more, weight| more * weight).gaussian(CREASE);
            let more = sum.with(&total, |sum, total| sum / total.max(1e-9));
            so_far.with(&more, |so_far, more| so_far + more)
        });
        bend
    }

    /// Looks at the edges between modules, as far as the bend is known, and lets `better` make a better one of it.
    fn correct(&mut self, luma: &Luma, perspective: &Perspective, better: impl Fn(&Field, &Edges) -> Field) {
        let flat = self.flatten(luma, perspective);
        self.across = better(&self.across, &Edges::of(&flat, Axis::Across, self.modules));
        self.down = better(&self.down, &Edges::of(&flat, Axis::Down, self.modules));
    }

    /// The code without its bend.
    pub(super) fn flatten(&self, luma: &Luma, perspective: &Perspective) -> Flat {
        let side = self.across.side;
        let middle = |n: usize| n as f64 + 0.5 - BORDER as f64;
        let place = |at: usize| {
            let (u, v) = (middle(at % side), middle(at / side));
            let (x, y) = perspective.map(u + f64::from(self.across.data[at]), v + f64::from(self.down.data[at]));
            (x as f32, y as f32)
        };
        Flat::new(luma, side, &(0..side * side).map(place).collect::<Vec<_>>())
    }

    /// Where the corners of the code are in the picture.
    pub(super) fn corners(&self, perspective: &Perspective) -> Corners {
        let (near, far) = (BORDER, BORDER + self.modules - 1);
        [(near, near), (far, near), (far, far), (near, far)].map(|(column, row)| {
            let at = row * self.across.side + column;
            let end = |n: usize| if n == near { 0.0 } else { self.modules as f64 };
            let (across, down) = (f64::from(self.across.data[at]), f64::from(self.down.data[at]));
            perspective.map(end(column) + across, end(row) + down)
        })
    }
}

/// Modules around the code, whose edges count as well.
pub(super) const BORDER: usize = 1;
/// How far from the middle of a finder pattern a smooth bend is fitted, as a share of the code's side.
const REACHES: [f32; 3] = [0.5, 0.7, 1.0];
/// The blur of what creases are, in modules: less follows noise, more straightens creases.
const CREASE: f32 = 1.5;
