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

    /// It cannot be configured, so the mode does not matter. Pictures above [`MOST_PIXELS`] are left to zxing-cpp.
    fn read(&mut self, input: &Input<'_>, _mode: Mode) -> Result<Vec<Symbol>, String> {
        if input.width * input.height > MOST_PIXELS {
            return Ok(Vec::new());
        }
        let pixel = |x: usize, y: usize| input.data[y * input.width + x];
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(input.width, input.height, pixel);
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

/// Its time grows with the square of the number of things that look like finder patterns: 0.3 s for noise in full HD, 8 s
/// for 6 megapixels of it, minutes for 12.
const MOST_PIXELS: usize = 2_100_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Luma;

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
