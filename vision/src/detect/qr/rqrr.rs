//! rqrr, a reader in pure Rust; it reads some slanted and damaged codes that zxing-cpp misses.

use super::engine::{Content, Engine, Symbol};
use super::findings::Finders;
use super::preprocess::Input;
use super::variant::Mode;
use crate::detect::Payload;

pub(super) struct Rqrr;

impl Engine for Rqrr {
    fn name(&self) -> &'static str {
        "rqrr"
    }

    /// It cannot be configured, so the mode does not matter. Pictures above [`MOST_PIXELS`] or [`MOST_SUSPECTS`] are left to
    /// zxing-cpp.
    fn read(&mut self, input: &Input<'_>, _mode: Mode) -> Result<Vec<Symbol>, String> {
        if input.width * input.height > MOST_PIXELS {
            return Ok(Vec::new());
        }
        let pixel = |x: usize, y: usize| input.data[y * input.width + x];
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(input.width, input.height, pixel);
        if suspects(input.width, input.height, |x, y| prepared.get_pixel_at(x, y) == BLACK) > MOST_SUSPECTS {
            return Ok(Vec::new());
        }
        let symbol = |grid: &rqrr::Grid<_>| {
            let mut bytes = Vec::new();
            let content = match grid.decode_to(&mut bytes) {
                Ok(_) => Content::Read(Payload::new(bytes, None)),
                // Something else, or a code that is still too far away.
                Err(_) => Content::Unread(Finders::Three),
            };
            Symbol { corners: grid.bounds.map(|p| (f64::from(p.x), f64::from(p.y))), content }
        };
        Ok(prepared.detect_grids().iter().map(symbol).collect())
    }
}

/// How many finder patterns a picture may have: places where some rows one below the other are black, white, black, white and
/// black in the widths 1 : 1 : 3 : 1 : 1, by ISO/IEC 18004, 12. The tolerance is the library's.
fn suspects(width: usize, height: usize, is_black: impl Fn(usize, usize) -> bool) -> usize {
    // Counting rows from 1, the last one with a pattern at this column.
    let mut last_seen = vec![0; width];
    let mut count = 0;
    for y in 0..height {
        let mut runs = [0; 5];
        let (mut colours, mut begin) = (0, 0);
        for x in 1..=width {
            let was_black = is_black(x - 1, y);
            if x < width && is_black(x, y) == was_black {
                continue;
            }
            runs.rotate_left(1);
            runs[4] = x - begin;
            begin = x;
            colours += 1;
            let module = (runs[0] + runs[1] + runs[3] + runs[4]) / 4;
            let fits = |(run, modules): (usize, usize)| run.abs_diff(modules * module) <= module * 3 / 4;
            if was_black && colours >= runs.len() && runs.into_iter().zip([1, 1, 3, 1, 1]).all(fits) {
                let around = x - runs.iter().sum::<usize>()..x;
                let middle = x - runs[4] - runs[3] - runs[2].div_ceil(2);
                count += usize::from(last_seen[middle] != y);
                last_seen[around].fill(y + 1);
            }
        }
    }
    count
}

/// Its time grows with the square of the number of things that look like finder patterns: 0.3 s for noise in full HD, 8 s
/// for 6 megapixels of it, minutes for 12.
const MOST_PIXELS: usize = 2_100_000;
/// The library compares each three finder patterns, and copies the picture for many of these: 1,200 of them, as many as there
/// is room for in 320 × 240 pixels, take ten seconds.
const MOST_SUSPECTS: usize = 100;
/// The library's value for black pixels, for which it has no public name.
const BLACK: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Luma;

    /// Finder patterns of one pixel a module, as close together as they can be.
    fn lattice(width: usize, height: usize) -> Luma {
        let is_dark = |x: usize, y: usize| {
            let from_middle = (x % 8).abs_diff(3).max((y % 8).abs_diff(3));
            matches!(from_middle, 0 | 1 | 3)
        };
        let data = (0..width * height).map(|at| if is_dark(at % width, at / width) { 0 } else { 255 }).collect();
        Luma { width, height, data }
    }

    #[test]
    fn finder_patterns_are_counted() {
        let luma = lattice(80, 64);
        assert_eq!(suspects(80, 64, |x, y| luma.data[y * 80 + x] == 0), 10 * 8);
        // Three modules of the last ones in each row are missing.
        assert_eq!(suspects(76, 64, |x, y| luma.data[y * 80 + x] == 0), 9 * 8);
    }

    /// Without the limit this test takes minutes.
    #[test]
    fn a_picture_full_of_finder_patterns_is_left_to_the_other_engine() {
        let luma = lattice(640, 480);
        assert!(Rqrr.read(&Input::native(&luma), Mode::NATIVE).unwrap().is_empty());
    }

    /// Without the limit this test takes minutes.
    #[test]
    fn a_large_picture_is_left_to_the_other_engine() {
        let mut state = 1_u32;
        let noise = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let data: Vec<u8> = (0..4056 * 3040).map(noise).collect();
        let luma = Luma { width: 4056, height: 3040, data };
        assert!(Rqrr.read(&Input::native(&luma), Mode::NATIVE).unwrap().is_empty());
    }
}
