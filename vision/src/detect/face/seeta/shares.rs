//! How the search of a stream's picture is divided: by the faces' size, and small faces by their place as well.
//!
//! The engine adds the scores of hits on one face at neighbouring sizes, so that a search at a single size would find fewer.
//! An octave is four sizes, the last of which is the first one of the next octave.

use crate::detect::tiles::tiles;
use crate::detect::{Part, Rect};

/// What one picture is searched for, and where.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Share {
    pub(super) area: Rect,
    /// Of the area, before the engine searches it.
    pub(super) scale: f64,
    /// The largest face in pixels of the scaled area, unless all are wanted.
    pub(super) largest: Option<u32>,
    pub(super) part: Part,
}

/// The shares of a picture of `width`×`height` pixels whose smallest faces are searched for at `scale`.
pub(super) fn shares(width: usize, height: usize, mut scale: f64) -> Vec<Share> {
    let (mut shares, mut smallest) = (Vec::new(), 0);
    let most = MOST_PIXELS.min(width as f64 * height as f64 * scale * scale * ALL_SIZES / 3.0);
    loop {
        let pixels = width as f64 * height as f64 * scale * scale;
        // Of the faces that are searched for in this octave, in pixels of the picture.
        let largest = super::WINDOW / (OCTAVE * scale);
        if pixels * ALL_SIZES <= most || (width.min(height) as f64) < 2.0 * largest {
            let whole = Rect { x: 0, y: 0, width: width as i32, height: height as i32 };
            let part = Part { area: whole, heights: smallest..=i32::MAX };
            shares.push(Share { area: whole, scale, largest: None, part });
            return shares;
        }
        let count = (pixels * FOUR_SIZES / most).ceil() as usize;
        for tile in tiles(width, height, count, (largest * MARGIN) as i32) {
            let part = Part { area: tile.zone, heights: smallest..=largest as i32 };
            shares.push(Share { area: tile.area, scale, largest: Some(LARGEST), part });
        }
        smallest = largest as i32 + 1;
        scale *= OCTAVE;
    }
}

/// From one octave to the next: three sizes, each 0.8 of the one before.
const OCTAVE: f64 = 0.512;
/// The pixels that are searched at all sizes, and at the first four, as a multiple of those at the first size.
const ALL_SIZES: f64 = 1.0 / (1.0 - 0.64);
const FOUR_SIZES: f64 = 1.0 + 0.64 + 0.4096 + 0.2621;
/// The most pixels that a share searches, at all its sizes together: 10 to 15 ms. Small pictures are divided as well, so
/// that other detectors have their turn.
const MOST_PIXELS: f64 = 450e3;
/// In pixels of a scaled area: between the fourth size, 78, and the fifth.
const LARGEST: u32 = 88;
/// Of a face whose centre is at the edge of a zone, what reaches out of it, as a share of the largest.
const MARGIN: f64 = 0.6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_of_any_size_and_place_belongs_to_one_share() {
        for (width, height) in [(320, 240), (640, 480), (1920, 1080), (480, 640)] {
            let shares = shares(width, height, 1.25);
            for side in [32, 40, 60, 61, 62, 63, 80, 120, 121, 122, 200] {
                for (x, y) in
                    [(0, 0), (width as i32 / 2, height as i32 / 2), (width as i32 - side, height as i32 - side)]
                {
                    let (x, y) = (x.min(width as i32 - side), y.min(height as i32 - side));
                    let face = Rect { x, y, width: side, height: side };
                    let of: Vec<_> = shares.iter().filter(|share| share.part.includes(&face)).collect();
                    let [share] = of[..] else { panic!("{face:?} of {width}×{height} belongs to {of:?}") };
                    assert_eq!(share.area.intersection(&face), face, "{width}×{height}");
                }
            }
        }
    }

    #[test]
    fn each_share_of_the_usual_picture_takes_about_a_quarter_of_the_search() {
        let shares = shares(640, 480, 1.25);
        let pixels = |share: &Share| {
            let sizes = if share.largest.is_some() { FOUR_SIZES } else { ALL_SIZES };
            share.area.area() as f64 * share.scale * share.scale * sizes
        };
        let all = 640.0 * 480.0 * 1.5625 * ALL_SIZES;
        let parts: Vec<_> = shares.iter().map(|share| (pixels(share) / all * 100.0).round() as i32).collect();
        assert_eq!(parts, [27, 27, 27, 27, 26]);
    }
}
