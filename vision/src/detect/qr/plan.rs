//! What is tried on a picture, and in which order.

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
    /// The main engine on drawings of the codes that no step before has read.
    Grids(Grids),
    /// The second engine, if there is one, on the picture as it is.
    SecondEngine,
}

/// How many grids are followed in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grids {
    /// At one place, where candidates differ a little.
    pub(super) each: usize,
    pub(super) all: usize,
}

impl Grids {
    /// More than two at one place, or more than this in a photo full of codes, read nothing more.
    pub(super) const STILL: Self = Self { each: 2, all: 24 };
    pub(super) const STREAM: Self = Self { each: 1, all: 2 };
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
