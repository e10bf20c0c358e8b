//! The modules of a code that is bent, creased or badly lit, for an engine that has seen its finder patterns only.
//!
//! ```text
//! corners ──▶ perspective ──▶ shape ──▶ bend ───────────────▶ modules ──▶ engine
//!             of a flat code  how many  how far the grid is     black or    error
//!                             modules   off, from place to place white     correction
//! ```
//!
//! An engine lays a flat grid through the finder patterns. Here the grid follows the edges between modules, which show where
//! it is wherever modules of both colours meet.

mod bend;
mod edges;
mod field;
mod flat;
mod modules;
mod perspective;
mod size;
mod smooth;

use super::preprocess::Input;
use crate::picture::Luma;
use bend::Bend;
use modules::Modules;
use perspective::Perspective;

/// The corners of a code in the picture, clockwise from the one between the other two that have a finder pattern.
pub(super) type Corners = [(f64, f64); 4];

/// A code as its modules say, drawn anew: what an engine reads without searching.
pub(super) struct Redrawn {
    pub(super) corners: Corners,
    side: usize,
    data: Vec<u8>,
}

impl Redrawn {
    /// Samples the code with finder patterns in three of `corners`; `None` where there are none after all.
    pub(super) fn sample(luma: &Luma, corners: &Corners) -> Option<Self> {
        let modules = size::modules(luma, corners)?;
        let perspective = Perspective::new(corners, modules);
        let bend = Bend::follow(luma, &perspective, modules);
        let (side, data) = Modules::of(&bend.flatten(luma, &perspective), modules).draw();
        Some(Self { corners: bend.corners(&perspective), side, data })
    }

    pub(super) fn input(&self) -> Input<'_> {
        Input::drawn(self.side, &self.data)
    }
}
