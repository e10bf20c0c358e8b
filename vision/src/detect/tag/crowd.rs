//! Whether a stream's picture has more tags than anybody hangs up.
//!
//! The library compares every two tags of one number: two hundred take it milliseconds, 5,000 seven seconds and 18,000 three
//! minutes, in which no other robot's picture is searched.

use std::hash::BuildHasher;

use super::library::{Grey, Library, Look};
use crate::detect::Rect;
use crate::picture::Luma;

/// Whether `look` would find far too many tags in `luma`, estimated from some parts of it. `chance` decides which, and where they
/// begin, so that nobody can put tags beside them or on their edges.
pub(super) fn is_crowded(library: &mut Library, luma: &Luma, look: Look, chance: &impl BuildHasher) -> bool {
    let Luma { width, height, .. } = *luma;
    // However large the tags are of which there is room for that many, a part has some that are whole, unless they are long.
    let side = ((4.0 * (width * height) as f64 / MOST_TAGS).sqrt().ceil() as usize).max(1);
    let squares = has_many(library, luma, look, squares(luma, side, chance), PARTS);
    // In a small picture there is no room for so many that are longer than that.
    if squares || width * height <= SMALL {
        return squares;
    }
    let any = |way: &str, end: usize| (chance.hash_one(way) % end.saturating_sub(side).max(1) as u64) as i32;
    let (width, height, side) = (width as i32, height as i32, side as i32);
    let upright = ["first", "second"].map(|way| Rect { x: any(way, luma.width), y: 0, width: side, height });
    let level = ["third", "fourth"].map(|way| Rect { x: 0, y: any(way, luma.height), width, height: side });
    has_many(library, luma, look, upright, (width / (2 * side)).max(1) as u64)
        || has_many(library, luma, look, level, (height / (2 * side)).max(1) as u64)
}

/// Parts of this side, one in [`PARTS`].
fn squares(luma: &Luma, side: usize, chance: &impl BuildHasher) -> impl Iterator<Item = Rect> {
    let shift = ["across", "down"].map(|way| (chance.hash_one(way) % side as u64) as usize);
    let columns = (luma.width + shift[0]).div_ceil(side);
    let count = columns * (luma.height + shift[1]).div_ceil(side);
    let at = move |n: usize, shift: usize| (n * side) as i32 - shift as i32;
    let part = move |part: usize| {
        let (x, y) = (at(part % columns, shift[0]), at(part / columns, shift[1]));
        Rect { x, y, width: side as i32, height: side as i32 }
    };
    (0..count).filter(|part| chance.hash_one(part) % PARTS == 0).map(part)
}

/// Whether there are many tags in these parts, each of which stands for so many.
fn has_many(library: &mut Library, luma: &Luma, look: Look, parts: impl IntoIterator<Item = Rect>, each: u64) -> bool {
    let mut tags = 0;
    parts.into_iter().any(|part| {
        let Rect { x, y, width, height } = part.within(luma);
        let row = |y: i32| &luma.data[y as usize * luma.width + x as usize..][..width as usize];
        let data: Vec<u8> = (y..y + height).flat_map(row).copied().collect();
        let grey = Grey { width: width as usize, height: height as usize, data: &data };
        tags += library.search(grey, look).len() as u64;
        tags * each > SUSPICIOUS
    })
}

/// Pixels. There is room for 2000 tags that are longer than a part, which take a second; in 16 megapixels it is 7000.
const SMALL: usize = 1920 * 1080;
/// Of one number; 2303 took a second and a half.
const MOST_TAGS: f64 = 3000.0;
/// Between a quarter and all of the tags in a part are whole.
const SUSPICIOUS: u64 = 500;
/// By calculation, looking at one of so many costs six percent of what the search costs, and misses 1500 small tags in a tenth of
/// the picture in one case of a hundred; four strips of a large picture cost fifteen percent more.
const PARTS: u64 = 16;
