//! Which modules are black, and a drawing of them.

use super::bend::BORDER;
use super::field::Field;
use super::flat::Flat;

/// The modules of a code, `true` for white.
pub(super) struct Modules {
    side: usize,
    is_white: Vec<bool>,
}

impl Modules {
    /// Judges each module of a flat code by its neighbourhood, after sharpening: light from a white neighbour spills over.
    pub(super) fn of(flat: &Flat, side: usize) -> Self {
        let mut middles = Field::new(side);
        for (at, middle) in middles.data.iter_mut().enumerate() {
            *middle = flat.middle(at % side + BORDER, at / side + BORDER);
        }
        let blurred = middles.gaussian(SPILL);
        let sharp = middles.with(&blurred, |middle, blurred| middle + SHARPENING * (middle - blurred));
        let limit = sharp.mean(NEIGHBOURHOOD);
        let is_white = sharp.data.iter().zip(&limit.data).map(|(value, limit)| value >= limit).collect();
        let mut modules = Self { side, is_white };
        modules.set_known();
        modules
    }

    /// Sets what is the same in every code: without clean finder patterns an engine reads nothing.
    fn set_known(&mut self) {
        let far = self.side - 7;
        for (left, top) in [(0, 0), (far, 0), (0, far)] {
            for y in top.saturating_sub(1)..(top + 8).min(self.side) {
                for x in left.saturating_sub(1)..(left + 8).min(self.side) {
                    let ring = x.abs_diff(left + 3).max(y.abs_diff(top + 3));
                    self.is_white[y * self.side + x] = ring == 2 || ring == 4;
                }
            }
        }
        for n in 8..far - 1 {
            self.is_white[6 * self.side + n] = n % 2 == 1;
            self.is_white[n * self.side + 6] = n % 2 == 1;
        }
    }

    /// A picture of the code with its quiet zone: its side in pixels, and the pixels.
    pub(super) fn draw(&self) -> (usize, Vec<u8>) {
        let side = (self.side + 2 * QUIET) * DRAWN;
        let inside = QUIET..QUIET + self.side;
        let pixel = |at: usize| {
            let (x, y) = (at % side / DRAWN, at / side / DRAWN);
            let is_black =
                inside.contains(&x) && inside.contains(&y) && !self.is_white[(y - QUIET) * self.side + x - QUIET];
            if is_black { 0 } else { 255 }
        };
        (side, (0..side * side).map(pixel).collect())
    }
}

/// In modules, as the standard wants it.
const QUIET: usize = 4;
/// The pixels of a module in the drawing, across.
const DRAWN: usize = 3;
/// How far light spills over, in modules, and how much of it is taken back.
const SPILL: f32 = 0.8;
const SHARPENING: f32 = 2.0;
/// The modules across by whose mean one is judged: large enough for both colours, small enough for the edge of a shadow.
const NEIGHBOURHOOD: usize = 5;
