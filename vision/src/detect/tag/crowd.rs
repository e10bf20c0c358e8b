//! Whether a stream's picture has more tags than anybody hangs up.
//!
//! The library compares every two tags of one number: two hundred take it milliseconds, 5,000 seven seconds and 18,000 three
//! minutes, in which no other robot's picture is searched.

use std::hash::BuildHasher;

use super::family::TagFamily;
use super::library::{Grey, Library, Look};
use crate::picture::Luma;

/// Notices crowds of tags.
pub(super) struct Crowds {
    /// Sees squares.
    squares: Library,
}

impl Crowds {
    pub(super) fn new(families: &[TagFamily]) -> Self {
        Self { squares: Library::without_tags(families) }
    }

    /// Whether `look` would find far too many tags in `luma`; `chance` decides where it is looked at first.
    pub(super) fn is_one(&mut self, library: &mut Library, luma: &Luma, look: Look, chance: &impl BuildHasher) -> bool {
        seems_crowded(library, luma, look, chance)
            || luma.width * luma.height > SMALL && self.squares.squares(Grey::of(luma), look) > MOST_SQUARES
    }
}

/// Estimated from one part in [`PARTS`]. `chance` decides which, and where the parts begin, so that nobody can put tags beside
/// them or on their edges.
fn seems_crowded(library: &mut Library, luma: &Luma, look: Look, chance: &impl BuildHasher) -> bool {
    let Luma { width, height, .. } = *luma;
    // However large the tags are of which there is room for that many, unless they are stretched, a part has some that are whole.
    let side = ((4.0 * (width * height) as f64 / MOST_TAGS).sqrt().ceil() as usize).max(1);
    let shift = ["across", "down"].map(|way| (chance.hash_one(way) % side as u64) as usize);
    let columns = (width + shift[0]).div_ceil(side);
    let count = columns * (height + shift[1]).div_ceil(side);
    let mut tags = 0;
    for part in (0..count).filter(|part| chance.hash_one(part) % PARTS == 0) {
        let range = |n: usize, shift: usize, end: usize| {
            (n * side).saturating_sub(shift)..((n + 1) * side).saturating_sub(shift).min(end)
        };
        let (across, down) = (range(part % columns, shift[0], width), range(part / columns, shift[1], height));
        let row = |y: usize| &luma.data[y * width..][across.clone()];
        let data: Vec<u8> = down.clone().flat_map(row).copied().collect();
        tags += library.search(Grey { width: across.len(), height: down.len(), data: &data }, look).len();
        if tags as u64 * PARTS > SUSPICIOUS {
            return true;
        }
    }
    false
}

/// Pixels. What estimating misses in that many is up to 2000 stretched tags, which take a second. In 16 megapixels it is 7000,
/// so that there squares are counted; that costs nearly as much as the search, too much for the pictures of most cameras.
const SMALL: usize = 1920 * 1080;
/// Twice as many as in a photo of 16 megapixels; were all of them tags of one number, they would take two seconds.
const MOST_SQUARES: u32 = 2500;
/// Of one number, which take three seconds.
const MOST_TAGS: f64 = 3000.0;
/// Between a quarter and all of the tags in a part are whole.
const SUSPICIOUS: u64 = 500;
/// Looking at one of so many costs six percent of what the search costs, and misses 1500 small tags in a tenth of the picture
/// in one case of a hundred.
const PARTS: u64 = 16;
