//! rqrr, a reader in pure Rust; it reads some slanted and damaged codes that zxing-cpp misses.

use super::darkroom::View;
use super::evidence::Pattern;
use super::look::Effort;
use super::{Engine, Says, Sighted};
use crate::detect::Payload;

pub(super) struct Rqrr;

impl Engine for Rqrr {
    fn name(&self) -> &'static str {
        "rqrr"
    }

    /// It has no settings: every effort is the same. Pictures above [`MOST_PIXELS`] it leaves to zxing-cpp.
    fn read(&mut self, view: &View<'_>, _effort: Effort) -> Result<Vec<Sighted>, String> {
        if view.width * view.height > MOST_PIXELS {
            return Ok(Vec::new());
        }
        let pixel = |x: usize, y: usize| view.data[y * view.width + x];
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(view.width, view.height, pixel);
        let sighted = |grid: &rqrr::Grid<_>| {
            let mut bytes = Vec::new();
            let says = match grid.decode_to(&mut bytes) {
                Ok(_) => Says::Payload(Payload::new(bytes, None)),
                // A picture of something else, or a code that is still too far away.
                Err(_) => Says::Nothing(Pattern::Square),
            };
            Sighted { corners: grid.bounds.map(|p| (f64::from(p.x), f64::from(p.y))), says }
        };
        Ok(prepared.detect_grids().iter().map(sighted).collect())
    }
}

/// Its time grows with the square of what looks like a pattern: 0.3 s for full HD noise, 8 s for 6 megapixels of it, and
/// minutes for 12.
const MOST_PIXELS: usize = 2_100_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::qr::look::NATIVE;
    use crate::picture::Luma;

    /// Without the limit this takes minutes, which a test's name cannot say and its time does.
    #[test]
    fn a_large_picture_is_left_to_the_other_engine() {
        let mut state = 1_u32;
        let noise = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let data: Vec<u8> = (0..4056 * 3040).map(noise).collect();
        let luma = Luma { width: 4056, height: 3040, data };
        assert!(Rqrr.read(&View::of(&luma), NATIVE.effort).unwrap().is_empty());
    }
}
