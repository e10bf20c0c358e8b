//! Drawing on pixels: pictures into a rectangle, shapes and text over them, through OpenCV.

use opencv::core::{Mat, MatTraitConst, Point, Rect, Scalar, Size};
use opencv::imgproc;

use crate::lettering::Stamp;
use crate::picture::Pixels;

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

    /// Where a point of the picture is on the canvas.
    pub(crate) fn map(&self, x: i32, y: i32) -> (i32, i32) {
        let at = |origin: i32, value: i32| origin + (f64::from(value) * self.scale).round() as i32;
        (at(self.x, x), at(self.y, y))
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
        let rect = Rect::new(place.x, place.y, place.width, place.height);
        let mut canvas = self.pixels.mat_mut()?;
        let mut target = Mat::roi_mut(&mut canvas, rect)?;
        let source = picture.mat()?;
        if source.size()? == Size::new(place.width, place.height) {
            return source.copy_to(&mut target);
        }
        // Averaging when it shrinks, lest thin lines vanish; linear when it grows.
        let method = if place.scale < 1.0 { imgproc::INTER_AREA } else { imgproc::INTER_LINEAR };
        imgproc::resize(&source, &mut target, Size::new(place.width, place.height), 0.0, 0.0, method)
    }

    /// Darkens a rectangle to `keep` of its brightness, from 0 to 1.
    pub(crate) fn dim(&mut self, place: Placement, keep: f64) {
        let keep = (keep.clamp(0.0, 1.0) * 256.0) as u32;
        let scale = |pixel: u32, shift: u32| ((((pixel >> shift) & 0xFF) * keep) >> 8) << shift;
        let (x, y) = (place.x.max(0) as usize, place.y.max(0) as usize);
        let (right, bottom) = (
            (x + place.width.max(0) as usize).min(self.width()),
            (y + place.height.max(0) as usize).min(self.height()),
        );
        let width = self.width();
        for row in y..bottom {
            for pixel in &mut self.pixels.data_mut()[row * width..][x.min(right)..right] {
                *pixel = scale(*pixel, 16) | scale(*pixel, 8) | scale(*pixel, 0);
            }
        }
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
    pub(crate) fn fill(&mut self, place: Placement, colour: Colour) -> opencv::Result<()> {
        let rect = Rect::new(place.x, place.y, place.width, place.height);
        let mut canvas = self.pixels.mat_mut()?;
        imgproc::rectangle(&mut canvas, rect, scalar(colour), -1, imgproc::LINE_8, 0)
    }

    /// A line of text whose top-left corner is at (`x`, `y`); what lies outside the canvas is left out.
    pub(crate) fn stamp(&mut self, stamp: &Stamp, x: i32, y: i32) {
        let (width, height) = (self.width() as i32, self.height() as i32);
        for (row, line) in stamp.pixels.chunks_exact(stamp.width.max(1)).enumerate() {
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

    /// One line of text whose baseline starts at (`x`, `y`).
    ///
    /// The built-in font knows printable ASCII only; [`printable`] makes a text of that.
    pub(crate) fn text(&mut self, text: &str, x: i32, y: i32, colour: Colour, size: f64) -> opencv::Result<()> {
        let mut canvas = self.pixels.mat_mut()?;
        let at = Point::new(x, y);
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

fn scalar([blue, green, red]: Colour) -> Scalar {
    Scalar::new(blue.into(), green.into(), red.into(), 0.0)
}

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
    fn a_stamp_covers_what_is_below_it_and_may_hang_over_the_edge() {
        let mut canvas = Canvas::default();
        canvas.resize(2, 1);
        canvas.pixels_mut().data_mut().fill(0x0000_00FF);
        let stamp = Stamp { width: 3, height: 1, pixels: vec![[9, 9, 9, 0], [0xFF, 0, 0, 0xFF], [0, 0xFF, 0, 0xFF]] };
        canvas.stamp(&stamp, 0, 0);
        canvas.stamp(&stamp, -2, 5);
        assert_eq!(canvas.pixels().data(), [0x0000_00FF, 0x00FF_0000]);
    }

    #[test]
    fn dimming_halves_each_colour() {
        let mut canvas = Canvas::default();
        canvas.resize(2, 1);
        canvas.pixels_mut().data_mut().fill(0x00FF_8040);
        canvas.dim(Placement::fit(1, 1, 1, 1), 0.5);
        assert_eq!(canvas.pixels().data(), [0x007F_4020, 0x00FF_8040]);
    }
}
