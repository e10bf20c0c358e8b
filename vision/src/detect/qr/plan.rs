//! What is tried on a picture, and in which order.

use super::grid::Corners;
use super::variant::{REGION, Variant, WHOLE};
use crate::detect::Rect;

/// What is tried.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plan {
    /// Every engine on the picture as it is, and nothing else.
    Native,
    /// The main engine on the picture as it is; then, until all candidates are read, on variants of it.
    Search(Search),
}

/// What is tried beyond the picture as it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Search {
    /// Of the whole picture.
    pub(super) whole: Vec<Variant>,
    /// Of the regions with candidates.
    pub(super) regions: Vec<Variant>,
}

/// One attempt at reading.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// The main engine on the picture as it is.
    Native,
    /// The main engine on a variant of the whole picture.
    Whole(Variant),
    /// The main engine on a variant of each of these regions.
    Regions(Variant, Vec<Rect>),
    /// The main engine on codes drawn anew, each by the grid between these corners.
    Grids(Vec<Corners>),
    /// The second engine, if there is one, on the picture as it is.
    SecondEngine,
}

impl Search {
    /// The steps on a whole picture, which the pictures of a stream get in turn.
    pub(super) fn whole_picture(&self) -> Vec<Step> {
        self.whole.iter().map(|&variant| Step::Whole(variant)).chain([Step::SecondEngine]).collect()
    }
}

impl Default for Search {
    fn default() -> Self {
        Self { whole: WHOLE.to_vec(), regions: REGION.to_vec() }
    }
}
