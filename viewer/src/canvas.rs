//! Drawing on pixels: pictures into a rectangle, shapes and text over them, through OpenCV.

use opencv::core::{Mat, MatTraitConst, Point, Rect as Region, Scalar, Size};
use opencv::imgproc;

use crate::picture::Pixels;
use crate::text::TextBitmap;
use vision::detect::Rect;

/// Blue, green, red.
pub(crate) type Colour = [u8; 3];

/// Something to draw on, as large as the window.
#[derive(Debug, Default)]
pub(crate) struct Canvas {
    pixels: Pixels,
}

/// A rectangle of the canvas, and how a picture's coordinates are found in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placement {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
    /// Canvas pixels per picture pixel.
    pub(crate) scale: f64,
}

impl Placement {
    /// The largest place of `width × height`'s shape in the middle of an area that starts at the canvas's corner.
    pub(crate) fn fit(width: usize, height: usize, area_width: usize, area_height: usize) -> Self {
        let (w, h) = (width.max(1) as f64, height.max(1) as f64);
        let scale = (area_width.max(1) as f64 / w).min(area_height.max(1) as f64 / h);
        let placed = |size: f64| (size * scale).round().max(1.0) as i32;
        let (width, height) = (placed(w), placed(h));
        let x = (area_width as i32 - width) / 2;
        let y = (area_height as i32 - height) / 2;
        Self { x: x.max(0), y: y.max(0), width, height, scale }
    }

    /// Where a point of the picture is on the canvas; one that is far outside is brought nearer.
    pub(crate) fn map(&self, x: i32, y: i32) -> (i32, i32) {
        let at = |origin: i32, value: i32| origin + (f64::from(value) * self.scale).round().clamp(-FAR, FAR) as i32;
        (at(self.x, x), at(self.y, y))
    }

    /// The part of the canvas that it covers.
    pub(crate) fn area(&self) -> Rect {
        Rect { x: self.x, y: self.y, width: self.width, height: self.height }
    }
}

impl Canvas {
    pub(crate) fn resize(&mut self, width: usize, height: usize) {
        if (self.width(), self.height()) != (width, height) {
            self.pixels.resize(width, height);
        }
    }

    pub(crate) fn width(&self) -> usize {
        self.pixels.width()
    }

    pub(crate) fn height(&self) -> usize {
        self.pixels.height()
    }

    pub(crate) fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    pub(crate) fn pixels_mut(&mut self) -> &mut Pixels {
        &mut self.pixels
    }

    pub(crate) fn clear(&mut self) {
        self.pixels.data_mut().fill(0);
    }

    /// Draws `picture` at `place`; bars beside it keep what they hold.
    pub(crate) fn picture(&mut self, picture: &Pixels, place: Placement) -> opencv::Result<()> {
        let region = Region::new(place.x, place.y, place.width, place.height);
        let mut canvas = self.pixels.mat_mut()?;
        let mut target = Mat::roi_mut(&mut canvas, region)?;
        let source = picture.mat()?;
        if source.size()? == Size::new(place.width, place.height) {
            return source.copy_to(&mut target);
        }
        // Averaging when it shrinks, lest thin lines vanish; linear when it grows.
        let method = if place.scale < 1.0 { imgproc::INTER_AREA } else { imgproc::INTER_LINEAR };
        imgproc::resize(&source, &mut target, Size::new(place.width, place.height), 0.0, 0.0, method)
    }

    /// Darkens a rectangle to `keep` of its brightness, from 0 to 1.
    pub(crate) fn dim(&mut self, area: Rect, keep: f64) {
        let keep = (keep.clamp(0.0, 1.0) * 256.0) as u32;
        for pixel in self.rows(area).flatten() {
            *pixel = each_channel(|shift| (((*pixel >> shift) & 0xFF) * keep) >> 8);
        }
    }

    /// Lets `draw` draw in `area`, and what it drew show by `opacity` only, from 0 to 1.
    pub(crate) fn faded(
        &mut self,
        area: Rect,
        opacity: f64,
        draw: impl FnOnce(&mut Self) -> opencv::Result<()>,
    ) -> opencv::Result<()> {
        if opacity >= 1.0 {
            return draw(self);
        }
        let share = (opacity.max(0.0) * 256.0) as u32;
        let below: Vec<u32> = self.rows(area).flatten().map(|pixel| *pixel).collect();
        draw(self)?;
        for (pixel, below) in self.rows(area).flatten().zip(below) {
            let mixed = |above: u32, below: u32| (above * share + below * (256 - share)) >> 8;
            *pixel = each_channel(|shift| mixed((*pixel >> shift) & 0xFF, (below >> shift) & 0xFF));
        }
        Ok(())
    }

    /// The rows of what the canvas has of `area`.
    fn rows(&mut self, area: Rect) -> impl Iterator<Item = &mut [u32]> {
        let whole = Rect { x: 0, y: 0, width: self.width() as i32, height: self.height() as i32 };
        let Rect { x, y, width, height } = area.intersection(&whole);
        let (columns, height) = (x as usize..(x + width) as usize, if width > 0 { height } else { 0 });
        let rows = self.pixels.data_mut().chunks_exact_mut((whole.width as usize).max(1));
        rows.skip(y as usize).take(height as usize).map(move |row| &mut row[columns.clone()])
    }

    /// A closed line through `points`.
    pub(crate) fn polygon(&mut self, points: &[(i32, i32)], colour: Colour, thickness: i32) -> opencv::Result<()> {
        let points: opencv::core::Vector<Point> = points.iter().map(|&(x, y)| Point::new(x, y)).collect();
        let mut canvas = self.pixels.mat_mut()?;
        imgproc::polylines(&mut canvas, &points, true, scalar(colour), thickness, imgproc::LINE_AA, 0)
    }

    /// A filled disc.
    pub(crate) fn disc(&mut self, (x, y): (i32, i32), radius: i32, colour: Colour) -> opencv::Result<()> {
        let mut canvas = self.pixels.mat_mut()?;
        imgproc::circle(&mut canvas, Point::new(x, y), radius, scalar(colour), -1, imgproc::LINE_AA, 0)
    }

    /// A circle's line.
    pub(crate) fn circle(
        &mut self,
        (x, y): (i32, i32),
        radius: i32,
        colour: Colour,
        thickness: i32,
    ) -> opencv::Result<()> {
        let mut canvas = self.pixels.mat_mut()?;
        imgproc::circle(&mut canvas, Point::new(x, y), radius, scalar(colour), thickness, imgproc::LINE_AA, 0)
    }

    /// A filled rectangle.
    pub(crate) fn fill(&mut self, area: Rect, [blue, green, red]: Colour) {
        let pixel = u32::from_be_bytes([0, red, green, blue]);
        self.rows(area).for_each(|row| row.fill(pixel));
    }

    /// A line of text whose top-left corner is at (`x`, `y`); what lies outside the canvas is left out.
    pub(crate) fn bitmap(&mut self, bitmap: &TextBitmap, x: i32, y: i32) {
        let (width, height) = (self.width() as i32, self.height() as i32);
        for (row, line) in bitmap.pixels.chunks_exact(bitmap.width.max(1)).enumerate() {
            for (column, &[red, green, blue, cover]) in line.iter().enumerate() {
                let (x, y) = (x + column as i32, y + row as i32);
                if cover == 0 || !(0..width).contains(&x) || !(0..height).contains(&y) {
                    continue;
                }
                let pixel = &mut self.pixels.data_mut()[(y * width + x) as usize];
                let blend = |shift: u32, value: u8| {
                    let below = (*pixel >> shift) & 0xFF;
                    (below + (u32::from(value) * u32::from(cover)) / 255 - below * u32::from(cover) / 255) << shift
                };
                *pixel = blend(16, red) | blend(8, green) | blend(0, blue);
            }
        }
    }

    /// A line of text whose top-left corner is at (`x`, `y`).
    ///
    /// The built-in font knows printable ASCII only; [`printable`] makes a text of that.
    pub(crate) fn text(&mut self, text: &str, x: i32, y: i32, colour: Colour, size: f64) -> opencv::Result<()> {
        let mut baseline = 0;
        let above = imgproc::get_text_size(text, FONT, size, 1, &mut baseline)?.height;
        let mut canvas = self.pixels.mat_mut()?;
        let at = Point::new(x, y + above);
        imgproc::put_text(&mut canvas, text, at, FONT, size, scalar(colour), 1, imgproc::LINE_AA, false)
    }
}

/// Width and height in pixels of a line of text.
pub(crate) fn text_size(text: &str, size: f64) -> opencv::Result<(i32, i32)> {
    let mut baseline = 0;
    let extent = imgproc::get_text_size(text, FONT, size, 1, &mut baseline)?;
    Ok((extent.width, extent.height + baseline))
}

/// `text` with every character that the built-in font lacks written as its escape.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c == ' ' || c.is_ascii_graphic() { c.to_string() } else { c.escape_default().to_string() })
        .collect()
}

/// A pixel of what `value` gives for each channel's place in it.
fn each_channel(value: impl Fn(u32) -> u32) -> u32 {
    (value(16) << 16) | (value(8) << 8) | value(0)
}

fn scalar([blue, green, red]: Colour) -> Scalar {
    Scalar::new(blue.into(), green.into(), red.into(), 0.0)
}

/// Pixels; farther than any canvas reaches, and near enough to count on with.
const FAR: f64 = 1e6;
const FONT: i32 = imgproc::FONT_HERSHEY_SIMPLEX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape_in_a_window_of_another() {
        let wide = Placement::fit(640, 480, 1000, 480);
        assert_eq!((wide.x, wide.y, wide.width, wide.height), (180, 0, 640, 480));
        let tall = Placement::fit(640, 480, 320, 1000);
        assert_eq!((tall.x, tall.y, tall.width, tall.height), (0, 380, 320, 240));
        assert_eq!(tall.map(640, 480), (320, 620));
    }

    #[test]
    fn points_of_any_picture_and_rectangles_anywhere_are_no_error() {
        let mut canvas = Canvas::default();
        canvas.resize(300, 200);
        let (x, y) = Placement::fit(300, 100, 300, 200).map(i32::MAX, i32::MIN);
        assert!(x > 300 && y < 0, "{x} {y}");
        for (x, y) in [(x, 0), (-x, 0), (0, x), (0, y), (300, 200)] {
            canvas.fill(Rect { x, y, width: 20, height: 20 }, [9; 3]);
        }
        assert!(canvas.pixels().data().iter().all(|pixel| *pixel == 0));
    }

    #[test]
    fn the_smallest_window_is_no_error() {
        for (width, height) in [(1, 1), (2, 1), (1, 300)] {
            let mut canvas = Canvas::default();
            canvas.resize(width, height);
            canvas.picture(&Pixels::new(64, 48), Placement::fit(64, 48, width, height)).unwrap();
        }
    }

    #[test]
    fn characters_without_a_glyph_are_escaped() {
        assert_eq!(printable("a ü\n"), r"a \u{fc}\n");
    }

    #[test]
    fn a_bitmap_covers_what_is_below_it_and_may_hang_over_the_edge() {
        let mut canvas = Canvas::default();
        canvas.resize(2, 1);
        canvas.pixels_mut().data_mut().fill(0x0000_00FF);
        let bitmap =
            TextBitmap { width: 3, height: 1, pixels: vec![[9, 9, 9, 0], [0xFF, 0, 0, 0xFF], [0, 0xFF, 0, 0xFF]] };
        canvas.bitmap(&bitmap, 0, 0);
        canvas.bitmap(&bitmap, -2, 5);
        assert_eq!(canvas.pixels().data(), [0x0000_00FF, 0x00FF_0000]);
    }

    #[test]
    fn dimming_halves_each_colour() {
        let mut canvas = Canvas::default();
        canvas.resize(2, 1);
        canvas.pixels_mut().data_mut().fill(0x00FF_8040);
        canvas.dim(Rect { x: -3, y: -3, width: 4, height: 9 }, 0.5);
        assert_eq!(canvas.pixels().data(), [0x007F_4020, 0x00FF_8040]);
    }

    #[test]
    fn what_is_drawn_at_half_opacity_shows_half_of_what_is_below() {
        let mut canvas = Canvas::default();
        canvas.resize(2, 1);
        canvas.pixels_mut().data_mut().fill(0x00FF_8000);
        let all = Rect { x: -1, y: -1, width: 9, height: 9 };
        let drawn = canvas.faded(all, 0.5, |canvas| {
            canvas.fill(Rect { x: 1, y: 0, width: 7, height: 1 }, [0x80, 0, 0]);
            Ok(())
        });
        drawn.unwrap();
        assert_eq!(canvas.pixels().data(), [0x00FF_8000, 0x007F_4040]);
    }
}
