//! rqrr, a reader in pure Rust; it reads some slanted and damaged codes that zxing-cpp misses.

use super::{Code, Engine};
use crate::detect::Payload;
use crate::picture::Luma;

pub(super) struct Rqrr;

impl Engine for Rqrr {
    fn name(&self) -> &'static str {
        "rqrr"
    }

    fn read(&mut self, luma: &Luma) -> Result<Vec<Code>, String> {
        let pixel = |x: usize, y: usize| luma.data[y * luma.width + x];
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(luma.width, luma.height, pixel);
        let grids = prepared.detect_grids();
        Ok(grids
            .iter()
            .filter_map(|grid| {
                let mut bytes = Vec::new();
                // A grid that does not decode is a picture of something else, or a code that is still too far away.
                grid.decode_to(&mut bytes).ok()?;
                Some(Code::new(grid.bounds.map(|p| (p.x, p.y)), Payload::new(bytes, None), luma))
            })
            .collect())
    }
}
