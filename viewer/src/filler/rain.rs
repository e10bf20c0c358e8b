//! Green digital rain at any size: each column's trail falls at its own speed, and every glyph changes now and then.

use std::time::Duration;

use opencv::core::{CV_8UC1, Mat, Point, Scalar, flip};
use opencv::imgproc;
use opencv::prelude::MatTraitConstManual;

use crate::canvas::Surface;
use vision::detect::Rect;

/// The glyphs, drawn once; all else follows from the time.
pub(crate) struct Rain {
    /// `GLYPHS.len()` masks of `CELL_WIDTH × CELL_HEIGHT` values, 0 to 255.
    masks: Vec<Vec<u8>>,
}

impl Rain {
    pub(super) fn new() -> opencv::Result<Self> {
        let masks = GLYPHS.chars().map(mask).collect::<opencv::Result<_>>()?;
        Ok(Self { masks })
    }

    /// Draws glyphs all over a black `surface`; the same time gives the same picture.
    pub(super) fn draw(&self, surface: &mut Surface<'_>, now: Duration) {
        let Rect { width, height, .. } = surface.area();
        let (columns, rows) = ((width as usize).div_ceil(CELL_WIDTH), (height as usize).div_ceil(CELL_HEIGHT));
        for column in 0..columns {
            let trail = Trail::of(column, rows);
            let head = trail.head(now);
            for row in 0..rows {
                if let Some((brightness, is_head)) = trail.brightness(head, row) {
                    let glyph = glyph_at(column, row, now) % self.masks.len();
                    blit(surface, (column, row), &self.masks[glyph], colour(brightness, is_head));
                }
            }
        }
    }
}

/// One column's falling text.
struct Trail {
    /// Rows a second.
    speed: f64,
    /// Rows from its head to where it has faded.
    length: f64,
    /// Rows it starts ahead.
    offset: f64,
    /// Rows from one head to the next in the same column.
    period: f64,
}

impl Trail {
    fn of(column: usize, rows: usize) -> Self {
        let unit = |salt: u64| (hash(column as u64, salt) % 1000) as f64 / 1000.0;
        let length = 8.0 + 16.0 * unit(1);
        Self {
            speed: 6.0 + 14.0 * unit(2),
            length,
            offset: 97.0 * unit(3),
            period: rows as f64 + length + 10.0 * unit(4),
        }
    }

    fn head(&self, now: Duration) -> f64 {
        (now.as_secs_f64() * self.speed + self.offset) % self.period
    }

    /// From 0 to 1 in `row`, and whether the head is there.
    fn brightness(&self, head: f64, row: usize) -> Option<(f64, bool)> {
        let behind = head - row as f64;
        (0.0..self.length).contains(&behind).then(|| (1.0 - behind / self.length, behind < 1.0))
    }
}

fn colour(brightness: f64, is_head: bool) -> [f64; 3] {
    if is_head { [190.0, 255.0, 200.0] } else { [10.0 * brightness, 235.0 * brightness, 60.0 * brightness] }
}

/// Which glyph a cell shows; cells change at different moments, about once a second.
fn glyph_at(column: usize, row: usize, now: Duration) -> usize {
    let cell = (column as u64) << 32 | row as u64;
    let phase = hash(cell, 5) % 1000;
    let step = (now.as_millis() as u64 + phase) / 1000;
    hash(cell, step.wrapping_add(7)) as usize
}

fn blit(surface: &mut Surface<'_>, (column, row): (usize, usize), mask: &[u8], [red, green, blue]: [f64; 3]) {
    let (x, y) = ((column * CELL_WIDTH) as i32, (row * CELL_HEIGHT) as i32);
    let cell = Rect { x, y, width: CELL_WIDTH as i32, height: CELL_HEIGHT as i32 };
    for (line, covers) in surface.rows(cell).zip(mask.chunks_exact(CELL_WIDTH)) {
        for (pixel, &cover) in line.iter_mut().zip(covers) {
            let value = |channel: f64| (channel * f64::from(cover) / 255.0) as u32;
            *pixel = value(red) << 16 | value(green) << 8 | value(blue);
        }
    }
}

/// A glyph, mirrored, so that it looks like writing that nobody can read.
fn mask(glyph: char) -> opencv::Result<Vec<u8>> {
    let mut cell = Mat::new_rows_cols_with_default(CELL_HEIGHT as i32, CELL_WIDTH as i32, CV_8UC1, Scalar::all(0.0))?;
    let at = Point::new(1, CELL_HEIGHT as i32 - 4);
    let white = Scalar::all(255.0);
    let font = imgproc::FONT_HERSHEY_SIMPLEX;
    imgproc::put_text(&mut cell, &glyph.to_string(), at, font, 0.45, white, 1, imgproc::LINE_AA, false)?;
    let mut mirrored = Mat::default();
    flip(&cell, &mut mirrored, 1)?;
    Ok(mirrored.data_bytes()?.to_vec())
}

/// SplitMix64's finaliser (Steele, Lea and Flood, 2014): spreads neighbouring numbers apart.
fn hash(value: u64, salt: u64) -> u64 {
    let mut z = value.wrapping_add(salt.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

const CELL_WIDTH: usize = 12;
const CELL_HEIGHT: usize = 18;
const GLYPHS: &str = "0123456789ABCDEFGHIJKLMNPQRSTUVXYZ<>+*=:$%&#";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Canvas;
    use crate::picture::Pixels;

    fn drawn(width: usize, height: usize, ms: u64) -> Pixels {
        let mut canvas = Canvas::default();
        canvas.resize(width, height);
        Rain::new().unwrap().draw(&mut canvas.whole(), Duration::from_millis(ms));
        canvas.pixels().clone()
    }

    #[test]
    fn rain_is_green_and_moves() {
        let (first, second) = (drawn(640, 480, 3000), drawn(640, 480, 3400));
        let sum = |shift: u32| first.data().iter().map(|p| u64::from(p >> shift & 0xFF)).sum::<u64>();
        assert!(sum(8) > 2 * sum(16) && sum(8) > 2 * sum(0), "red {} green {} blue {}", sum(16), sum(8), sum(0));
        assert!(sum(8) > 640 * 480, "hardly anything is drawn: {}", sum(8));
        assert_ne!(first, second);
        assert_eq!(first, drawn(640, 480, 3000));
    }

    #[test]
    fn rain_falls_at_any_size() {
        for (width, height) in [(1, 1), (13, 19), (3840, 2160)] {
            drawn(width, height, 60_000);
        }
    }
}
