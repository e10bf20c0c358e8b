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

    /// It has no settings: every effort is the same.
    fn read(&mut self, view: &View<'_>, _effort: Effort) -> Result<Vec<Sighted>, String> {
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
