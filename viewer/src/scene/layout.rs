//! Where each robot's tile is on the screen.

use vision::detect::Rect;

/// Divides `area` among `count` tiles, in rows from the top left; where pixels are few, a tile may be empty.
///
/// While the grid stays the same, one robot more or less moves no other tile.
pub(crate) fn tiles(count: usize, area: Rect) -> Vec<Rect> {
    let (columns, rows) = grid(count, area);
    let gap = if count > 1 && area.width / columns as i32 > 16 * GAP { GAP } else { 0 };
    let tile = |n: usize| {
        let (x, width) = span(n % columns, columns, area.width, gap);
        let (y, height) = span(n / columns, rows, area.height, gap);
        Rect { x: area.x + x, y: area.y + y, width, height }
    };
    (0..count).map(tile).collect()
}

/// Columns and rows; each at least one.
fn grid(count: usize, area: Rect) -> (usize, usize) {
    let turned = |long: usize, short: usize| if area.height > area.width { (short, long) } else { (long, short) };
    match count {
        0 | 1 => (1, 1),
        2 => turned(2, 1),
        3 | 4 => (2, 2),
        5 | 6 => turned(3, 2),
        7..=9 => (3, 3),
        _ => largest(count, area),
    }
}

/// The grid in which pictures of 4:3 are largest.
///
/// Of several, one with the fewest empty places; of those the one with most columns, whose tiles have height to spare
/// for text.
fn largest(count: usize, area: Rect) -> (usize, usize) {
    let mut best = (1, count);
    let mut best_width = 0;
    for columns in 1..=count {
        let rows = count.div_ceil(columns);
        let (width, height) = (i64::from(area.width) / columns as i64, i64::from(area.height) / rows as i64);
        let width = width.min(height * 4 / 3);
        let is_fuller = width == best_width && columns * rows <= best.0 * best.1;
        if width > best_width || is_fuller {
            (best, best_width) = ((columns, rows), width);
        }
    }
    best
}

/// Start and length of part `n` of `count` in `whole` pixels, with `gap` pixels to the next one.
fn span(n: usize, count: usize, whole: i32, gap: i32) -> (i32, i32) {
    let edge = |n: usize| (i64::from(whole + gap) * n as i64 / count as i64) as i32;
    (edge(n), (edge(n + 1) - gap - edge(n)).max(0))
}

/// Pixels between two tiles.
const GAP: i32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn at_origin(width: i32, height: i32) -> Rect {
        Rect { x: 0, y: 0, width, height }
    }

    #[test]
    fn tiles_lie_inside_and_apart_at_any_size_and_count() {
        let sides = (1..40).chain([63, 64, 99, 128, 240, 320, 480, 641, 984, 1280, 2160, 3840]);
        for (width, height) in sides.clone().flat_map(|width| sides.clone().map(move |height| (width, height))) {
            let area = Rect { x: 7, y: 11, width, height };
            for count in (0..=10).chain([12, 17, 31, 64]) {
                let tiles = tiles(count, area);
                assert_eq!(tiles.len(), count);
                for (n, tile) in tiles.iter().enumerate() {
                    let is_inside = tile.area() == 0 || tile.intersection(&area) == *tile;
                    assert!(is_inside && tile.width >= 0 && tile.height >= 0, "{count} in {area:?}: {tile:?}");
                    let is_apart = tiles[..n].iter().all(|other| other.intersection(tile).area() == 0);
                    assert!(is_apart, "{count} in {area:?}: {tiles:?}");
                }
            }
        }
    }

    #[test]
    fn tiles_of_a_grid_differ_by_a_pixel_at_most() {
        for (count, width, height) in [(2, 641, 480), (4, 1281, 985), (6, 640, 504), (9, 1280, 984), (64, 647, 487)] {
            let tiles = tiles(count, at_origin(width, height));
            let spread = |values: Vec<i32>| values.iter().max().unwrap() - values.iter().min().unwrap();
            assert!(spread(tiles.iter().map(|tile| tile.width).collect()) <= 1, "{tiles:?}");
            assert!(spread(tiles.iter().map(|tile| tile.height).collect()) <= 1, "{tiles:?}");
        }
    }

    #[test]
    fn one_tile_is_everything() {
        let area = Rect { x: 3, y: 4, width: 640, height: 480 };
        assert_eq!(tiles(1, area), [area]);
        assert_eq!(tiles(0, area), []);
    }

    #[test]
    fn two_tiles_are_side_by_side_or_one_above_the_other() {
        let side = |width, height| {
            let two = tiles(2, at_origin(width, height));
            (two[0].y == two[1].y, two[0].x == two[1].x)
        };
        assert_eq!([side(640, 504), side(504, 640)], [(true, false), (false, true)]);
    }

    #[test]
    fn up_to_nine_tiles_have_a_fixed_grid() {
        let grids = |width, height| (1..=9).map(|count| grid(count, at_origin(width, height))).collect::<Vec<_>>();
        let wide = [(1, 1), (2, 1), (2, 2), (2, 2), (3, 2), (3, 2), (3, 3), (3, 3), (3, 3)];
        let tall = [(1, 1), (1, 2), (2, 2), (2, 2), (2, 3), (2, 3), (3, 3), (3, 3), (3, 3)];
        assert_eq!((grids(1280, 984), grids(984, 1280)), (wide.to_vec(), tall.to_vec()));
    }

    #[test]
    fn many_tiles_show_pictures_as_large_as_may_be() {
        assert_eq!(grid(64, at_origin(640, 480)), (8, 8));
        assert_eq!(grid(12, at_origin(640, 480)), (4, 3));
        assert_eq!(grid(64, at_origin(64 * 40, 30)), (64, 1));
        assert_eq!(grid(10, at_origin(40, 30 * 10)), (1, 10));
    }
}
