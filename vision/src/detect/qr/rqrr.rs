//! rqrr, a reader in pure Rust; it reads some slanted and damaged codes that zxing-cpp misses.

use std::collections::HashSet;

use opencv::core::{self, Mat, MatTraitConstManual as _};
use opencv::imgproc;

use super::engine::{Content, Engine, Symbol};
use super::findings::Finders;
use super::plan::MOST_AT_ONCE;
use super::preprocess::Input;
use super::variant::Mode;
use crate::detect::Payload;
use crate::opencv_error::reason;

pub(super) struct Rqrr;

impl Engine for Rqrr {
    fn name(&self) -> &'static str {
        "rqrr"
    }

    /// It cannot be configured, so the mode does not matter. Pictures above [`MOST_AT_ONCE`] or [`MOST_WORK`] are left to
    /// zxing-cpp.
    fn read(&mut self, input: &Input<'_>, _mode: Mode) -> Result<Vec<Symbol>, String> {
        if input.width * input.height > MOST_AT_ONCE {
            return Ok(Vec::new());
        }
        let pixel = |x: usize, y: usize| input.data[y * input.width + x];
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(input.width, input.height, pixel);
        let suspects = suspects(input.width, input.height, |x, y| prepared.get_pixel_at(x, y) == BLACK);
        let suspects = suspects.map_err(|error| reason(&error))?;
        if suspects.saturating_pow(3).saturating_mul(input.width * input.height) > MOST_WORK {
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

/// How many finder patterns rqrr may see, at most: black rings, each counted once, with a row that is black, white, black, white
/// and black in the widths 1 : 1 : 3 : 1 : 1 (ISO/IEC 18004, 12) and ends in that ring. The tolerance is rqrr's.
fn suspects(width: usize, height: usize, is_black: impl Fn(usize, usize) -> bool) -> opencv::Result<usize> {
    let black: Vec<u8> = (0..width * height).map(|at| u8::from(is_black(at % width, at / width))).collect();
    let mut areas = Mat::default();
    let black = Mat::new_rows_cols_with_bytes::<u8>(height as i32, width as i32, &black)?;
    imgproc::connected_components(&black, &mut areas, 4, core::CV_32S)?;
    let mut rings = HashSet::new();
    for row in areas.data_typed::<i32>()?.chunks_exact(width) {
        let mut runs = [0; 5];
        let (mut colours, mut begin) = (0, 0);
        for x in 1..=width {
            let was_black = row[x - 1] != WHITE;
            if x < width && (row[x] != WHITE) == was_black {
                continue;
            }
            runs.rotate_left(1);
            runs[4] = x - begin;
            begin = x;
            colours += 1;
            let module = (runs[0] + runs[1] + runs[3] + runs[4]) / 4;
            let fits = |(run, modules): (usize, usize)| run.abs_diff(modules * module) <= module * 3 / 4;
            if was_black && colours >= runs.len() && runs.into_iter().zip([1, 1, 3, 1, 1]).all(fits) {
                rings.insert(row[x - 1]);
            }
        }
    }
    Ok(rings.len())
}

/// The number of the background among connected components.
const WHITE: i32 = 0;
/// The third power of the number of finder patterns, times the pixels: rqrr copies the picture for many triples of them. That is
/// 45 in 1920 × 1080 pixels and 86 in 640 × 480, which take 0.2 s where they are in four groups at the corners of a square.
const MOST_WORK: usize = 200_000_000_000;
/// rqrr's value for black pixels, for which it has no public name.
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
    fn finder_patterns_are_counted_also_at_the_edges() {
        let luma = lattice(80, 64);
        let count =
            |width: usize, top: usize| suspects(width, 64 - top, |x, y| luma.data[(top + y) * 80 + x] == 0).unwrap();
        assert_eq!((count(80, 0), count(79, 2), count(76, 0)), (10 * 8, 10 * 8, 9 * 8));
    }

    #[test]
    fn as_many_finder_patterns_as_are_allowed_are_looked_at_and_not_one_more() {
        let symbols = |others: usize| {
            let mut luma = lattice(640, 480);
            // Ten times eight of them, and below them some more.
            let is_left = |x: usize, y: usize| x < 80 && y < 64 || x < 8 * others && y >= 472;
            let pixels = luma.data.iter_mut().enumerate().filter(|(at, _)| !is_left(at % 640, at / 640));
            pixels.for_each(|(_, pixel)| *pixel = 255);
            Rqrr.read(&Input::native(&luma), Mode::NATIVE).unwrap().len()
        };
        assert!(symbols(6) > 0 && symbols(7) == 0, "{} {}", symbols(6), symbols(7));
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
