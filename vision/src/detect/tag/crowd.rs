//! Whether a stream's picture has more tags than anybody hangs up.
//!
//! The library compares every two tags of one number: two hundred take it milliseconds, 5,000 seven seconds and 18,000 three
//! minutes, in which no other robot's picture is searched.

use std::hash::{BuildHasher as _, RandomState};

use super::library::{Grey, Library, Look};
use crate::picture::Luma;

/// Whether `look` would find far too many tags in `luma`: estimated from one part of it in [`PARTS`], which nobody can foresee.
pub(super) fn is_crowded(library: &mut Library, luma: &Luma, look: Look) -> bool {
    let Luma { width, height, .. } = *luma;
    // However large the tags are of which there is room for that many, a part has some that are whole.
    let side = (4.0 * (width * height) as f64 / MOST_TAGS).sqrt().ceil() as usize;
    let (columns, rows) = (width / side.max(1), height / side.max(1));
    let chance = RandomState::new();
    let parts = (0..columns * rows).filter(|part| chance.hash_one(part) % PARTS == 0);
    let mut tags = 0;
    for part in parts {
        let (left, top) = (side * (part % columns), side * (part / columns));
        let row = |y: usize| &luma.data[y * width + left..][..side];
        let data: Vec<u8> = (top..top + side).flat_map(row).copied().collect();
        tags += library.search(Grey { width: side, height: side, data: &data }, look).len();
        if tags as u64 * PARTS > SUSPICIOUS {
            return true;
        }
    }
    false
}

/// Of one number, which take three seconds.
const MOST_TAGS: f64 = 3000.0;
/// Between a quarter and all of the tags in a part are whole.
const SUSPICIOUS: u64 = 500;
/// Looking at one of so many costs six percent of what the search costs, and misses 1500 small tags in a tenth of the picture
/// in one case of a hundred.
const PARTS: u64 = 16;
