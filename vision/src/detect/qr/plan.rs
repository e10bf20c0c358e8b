//! What is tried on a picture, and in which order.

use super::variant::{REGION, Variant, WHOLE};
use crate::detect::Rect;
use crate::detect::tiles::tiles;
use crate::picture::Luma;

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

/// How many pixels one attempt reads at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtOnce {
    /// For a still: as many as it has, up to a limit.
    Still,
    /// For one picture of many, which must not take long: a large one is read smaller, and in parts.
    Stream,
    /// Where one of the pictures before has taken long: a quarter of that.
    SlowStream,
}

/// One attempt at reading.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// The main engine on the picture as it is, or on a smaller copy where it has more pixels than are read at once.
    Native,
    /// The main engine on this part of the picture, in full size unless it has more pixels than are read at once.
    Part(Rect),
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

impl AtOnce {
    /// Whether the whole picture is read as it is.
    pub(super) fn fits(self, luma: &Luma) -> bool {
        self.most().is_none_or(|most| luma.width * luma.height <= most)
    }

    /// The most pixels of a picture of a stream.
    fn most(self) -> Option<usize> {
        match self {
            Self::Still => None,
            Self::Stream => Some(MOST_AT_ONCE),
            Self::SlowStream => Some(MOST_AT_ONCE / 4),
        }
    }

    /// The most pixels of what an engine gets of a picture, or a region of it, that has so many `pixels`.
    pub(super) fn most_pixels(self, pixels: f64) -> f64 {
        match self.most() {
            None => pixels.clamp(MOST_ENLARGED, MOST_OF_A_STILL),
            Some(most) if pixels <= most as f64 => MOST_ENLARGED,
            Some(most) => most as f64,
        }
    }

    /// The parts of a picture of a stream that has more pixels than are read at once; none of another one.
    pub(super) fn parts(self, luma: &Luma) -> Vec<Rect> {
        let Some(most) = self.most().filter(|_| !self.fits(luma)) else { return Vec::new() };
        // With their margins they then have up to as many as are read at once, while `tiles` gives that many parts.
        let without_margin = if self == Self::SlowStream { 2 * most / 5 } else { most / 2 };
        let count = (luma.width * luma.height).div_ceil(without_margin);
        let parts = tiles(luma.width, luma.height, count, PART_MARGIN);
        parts.into_iter().map(|part| part.area).collect()
    }
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

/// The most pixels of a picture that is enlarged: 1920 × 1080 twice as wide and high. With twice as many not one more of 652
/// codes was read, and four such pictures are in memory at once.
const MOST_ENLARGED: f64 = 8.3e6;
/// The most pixels of a larger still, which is made smaller beyond.
const MOST_OF_A_STILL: f64 = 16e6;
/// zxing-cpp compares every pair of finder patterns. Where each 8 × 8 pixels have one, this many pixels take 1.5 s, 5 megapixels
/// 8 s, and 16 megapixels 80 s; where they share their rings, this many take 5.5 s. Enlarging makes no more of them.
pub(super) const MOST_AT_ONCE: usize = 1920 * 1080;
/// Larger codes than this can be read in the smaller picture.
const PART_MARGIN: i32 = 128;
