//! How a picture is rotated and flipped, for cameras that do not stand upright.

use std::fmt;

use crate::picture::Pixels;

/// A rotation by quarter turns, and a flip: one of the eight ways in which a rectangular picture can lie.
///
/// Rotations are clockwise, as seen. Orientations are put together with [`then`](Self::then), each acting on what the one
/// before has made: `R90.then(FLIP_H)` rotates the picture, and then exchanges left and right of what is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Orientation {
    /// Left and right are exchanged before the rotation.
    is_mirrored: bool,
    /// Quarter turns clockwise, 0 to 3.
    quarters: u8,
}

impl Orientation {
    /// As it is.
    pub const UPRIGHT: Self = Self { is_mirrored: false, quarters: 0 };
    /// A quarter turn clockwise: what was at the top is at the right.
    pub const R90: Self = Self { is_mirrored: false, quarters: 1 };
    /// Upside down.
    pub const R180: Self = Self { is_mirrored: false, quarters: 2 };
    /// A quarter turn anticlockwise: what was at the top is at the left.
    pub const R270: Self = Self { is_mirrored: false, quarters: 3 };
    /// Left and right exchanged, as in a mirror.
    pub const FLIP_H: Self = Self { is_mirrored: true, quarters: 0 };
    /// Top and bottom exchanged.
    pub const FLIP_V: Self = Self { is_mirrored: true, quarters: 2 };
    /// Rows become columns: flipped along the line from the top left to the bottom right.
    pub const TRANSPOSED: Self = Self { is_mirrored: true, quarters: 3 };
    /// Flipped along the line from the top right to the bottom left.
    pub const TRANSVERSED: Self = Self { is_mirrored: true, quarters: 1 };

    /// All eight.
    pub const ALL: [Self; 8] = [
        Self::UPRIGHT,
        Self::R90,
        Self::R180,
        Self::R270,
        Self::FLIP_H,
        Self::FLIP_V,
        Self::TRANSPOSED,
        Self::TRANSVERSED,
    ];

    /// The orientation that makes a picture upright whose EXIF tag `Orientation` (0x0112) has this value, from 1 to 8.
    pub fn of_exif(value: u16) -> Option<Self> {
        Some(match value {
            1 => Self::UPRIGHT,
            2 => Self::FLIP_H,
            3 => Self::R180,
            4 => Self::FLIP_V,
            5 => Self::TRANSPOSED,
            6 => Self::R90,
            7 => Self::TRANSVERSED,
            8 => Self::R270,
            _ => return None,
        })
    }

    /// This one first, and `next` on what it has made.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        // A rotation before a flip is the opposite rotation after it.
        let before = if next.is_mirrored { 4 - self.quarters } else { self.quarters };
        Self { is_mirrored: self.is_mirrored != next.is_mirrored, quarters: (before + next.quarters) % 4 }
    }

    /// The orientation that undoes this one.
    #[must_use]
    pub fn inverse(self) -> Self {
        // Whatever exchanges sides undoes itself.
        if self.is_mirrored { self } else { Self { quarters: (4 - self.quarters) % 4, ..self } }
    }

    /// Whether width and height are exchanged.
    pub fn swaps_sides(self) -> bool {
        self.quarters % 2 == 1
    }

    /// Where a point of a picture of this width and height is afterwards, in pixels from the top left corner.
    #[must_use]
    pub fn point(self, [x, y]: [f64; 2], width: usize, height: usize) -> [f64; 2] {
        let (width, height) = (width as f64, height as f64);
        let x = if self.is_mirrored { width - x } else { x };
        match self.quarters {
            0 => [x, y],
            1 => [height - y, x],
            2 => [width - x, height - y],
            _ => [y, width - x],
        }
    }

    /// The same as a rotation clockwise, in degrees, and whether left and right are then exchanged.
    pub fn as_rotation_and_flip(self) -> (u16, bool) {
        let quarters = if self.is_mirrored { 4 - self.quarters } else { self.quarters };
        (u16::from(quarters % 4) * 90, self.is_mirrored)
    }

    /// Gives `pixels` this orientation. The upright one does nothing.
    ///
    /// Where width and height are exchanged this takes the memory of `spare`, which holds what is left over afterwards;
    /// keep it for the next picture.
    pub fn apply(self, pixels: &mut Pixels, spare: &mut Pixels) {
        let (width, height) = (pixels.width(), pixels.height());
        if width == 0 || height == 0 {
            return;
        }
        match (self.is_mirrored, self.quarters) {
            (false, 0) => {}
            (true, 0) => pixels.data_mut().chunks_exact_mut(width).for_each(<[u32]>::reverse),
            (false, 2) => pixels.data_mut().reverse(),
            (true, 2) => {
                let (top, bottom) = pixels.data_mut().split_at_mut(width * (height / 2));
                let from_below = bottom.chunks_exact_mut(width).rev();
                top.chunks_exact_mut(width).zip(from_below).for_each(|(above, below)| above.swap_with_slice(below));
            }
            (is_mirrored, quarters) => {
                // What is a row afterwards was a column, read from its bottom or from its top.
                let from_bottom = quarters == 1;
                // The first row was the left column, or the right one.
                let from_right = is_mirrored == from_bottom;
                spare.resize(height, width);
                turn(pixels, spare, from_bottom, from_right);
                std::mem::swap(pixels, spare);
            }
        }
    }
}

impl Default for Orientation {
    fn default() -> Self {
        Self::UPRIGHT
    }
}

/// In the words of the options that ask for it.
impl fmt::Display for Orientation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.is_mirrored, self.quarters) {
            (false, 0) => "upright",
            (false, 1) => "rotated by 90°",
            (false, 2) => "rotated by 180°",
            (false, _) => "rotated by 270°",
            (true, 0) => "flipped left to right",
            (true, 2) => "flipped top to bottom",
            (true, 1) => "rotated by 270° and flipped left to right",
            (true, _) => "rotated by 90° and flipped left to right",
        })
    }
}

/// Makes columns of `from` into rows of `to`, in blocks that stay in the processor's first cache: read column by column, a
/// large picture would fetch a line of memory for every pixel.
fn turn(from: &Pixels, to: &mut Pixels, from_bottom: bool, from_right: bool) {
    let (columns, rows) = (from.width(), from.height());
    let source = from.data();
    // Row `y` of the result has `rows` pixels, and there are `columns` of them.
    for (block, out) in to.data_mut().chunks_mut(BLOCK * rows).enumerate() {
        for left in (0..rows).step_by(BLOCK) {
            let right = (left + BLOCK).min(rows);
            for (n, row) in out.chunks_exact_mut(rows).enumerate() {
                let y = block * BLOCK + n;
                let column = if from_right { columns - 1 - y } else { y };
                let cells = &mut row[left..right];
                if from_bottom {
                    let read = source[(rows - right) * columns + column..].iter().step_by(columns);
                    cells.iter_mut().rev().zip(read).for_each(|(cell, pixel)| *cell = *pixel);
                } else {
                    let read = source[left * columns + column..].iter().step_by(columns);
                    cells.iter_mut().zip(read).for_each(|(cell, pixel)| *cell = *pixel);
                }
            }
        }
    }
}

/// Pixels on a side of a block: 16 of four bytes are a line of the processor's cache.
const BLOCK: usize = 16;

#[cfg(test)]
mod tests;
