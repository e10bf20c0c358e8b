//! Divides a picture, for a search that takes one part after the other.

use super::Rect;

/// A part of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tile {
    /// Objects whose centre is here belong to this tile; the zones of all tiles cover the picture once.
    pub(crate) zone: Rect,
    /// The zone and what of its surroundings such objects reach into.
    pub(crate) area: Rect,
}

/// At least `count` tiles of a picture of `width`×`height` pixels, in reading order, as square as that many can be; their
/// areas reach `margin` pixels beyond their zones, where there is that much of the picture.
pub(crate) fn tiles(width: usize, height: usize, count: usize, margin: i32) -> Vec<Tile> {
    let count = count.clamp(1, MOST);
    let columns = (count as f64 * width as f64 / height.max(1) as f64).sqrt().round();
    let columns = (columns as usize).clamp(1, count);
    grid(width, height, [columns, count.div_ceil(columns)], margin)
}

/// As [`tiles`], all of them as high as the picture: for objects that are much higher than wide.
pub(crate) fn strips(width: usize, height: usize, count: usize, margin: i32) -> Vec<Tile> {
    grid(width, height, [count.clamp(1, MOST), 1], margin)
}

fn grid(width: usize, height: usize, [columns, rows]: [usize; 2], margin: i32) -> Vec<Tile> {
    let (width, height) = (width as i32, height as i32);
    let whole = Rect { x: 0, y: 0, width, height };
    let edge = |n: usize, of: usize, side: i32| (i64::from(side) * n as i64 / of as i64) as i32;
    let tile = |row: usize, column: usize| {
        let (left, right) = (edge(column, columns, width), edge(column + 1, columns, width));
        let (top, bottom) = (edge(row, rows, height), edge(row + 1, rows, height));
        let zone = Rect { x: left, y: top, width: right - left, height: bottom - top };
        let area = Rect {
            x: left - margin,
            y: top - margin,
            width: zone.width + 2 * margin,
            height: zone.height + 2 * margin,
        };
        Tile { zone, area: area.intersection(&whole) }
    };
    (0..rows).flat_map(|row| (0..columns).map(move |column| tile(row, column))).collect()
}

/// More would be so small that they consist of margins.
const MOST: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_cover_the_picture_once_and_areas_stay_inside() {
        for (width, height, count) in
            [(640, 480, 1), (640, 480, 2), (321, 243, 5), (100, 900, 7), (1, 1, 3), (1920, 1080, 99)]
        {
            let tiles = tiles(width, height, count, 20);
            assert!(tiles.len() >= count.min(MOST), "{width}×{height} in {count}");
            let covered: i64 = tiles.iter().map(|tile| tile.zone.area()).sum();
            assert_eq!(covered, (width * height) as i64);
            for tile in &tiles {
                let Rect { x, y, width: across, height: down } = tile.area;
                assert!(x >= 0 && y >= 0 && x + across <= width as i32 && y + down <= height as i32, "{tile:?}");
                assert_eq!(tile.zone.intersection(&tile.area), tile.zone);
            }
        }
    }

    #[test]
    fn two_tiles_of_a_wide_picture_are_side_by_side() {
        let [left, right] = tiles(640, 480, 2, 20)[..] else { panic!("not two") };
        assert_eq!((left.zone.width, left.area), (320, Rect { x: 0, y: 0, width: 340, height: 480 }));
        assert_eq!((right.zone.x, right.area.x, right.area.width), (320, 300, 340));
    }

    #[test]
    fn strips_are_as_high_as_the_picture() {
        for (width, height) in [(640, 480), (480, 640)] {
            let strips = strips(width, height, 3, 20);
            assert!(strips.len() == 3 && strips.iter().all(|strip| strip.area.height == height as i32), "{strips:?}");
        }
    }
}
