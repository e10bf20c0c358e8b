//! A rectangle of a canvas that is drawn on in coordinates of its own, through OpenCV.

use opencv::core::{Mat, Point, Rect as Region, Scalar, Vector};
use opencv::imgproc;

use super::scale::scale;
use super::{Colour, Placement};
use crate::text::TextBitmap;
use vision::Pixels;
use vision::detect::Rect;

/// A rectangle of a canvas; its top-left corner is the origin, and nothing is drawn outside of it.
pub(crate) struct Surface<'a> {
    pixels: &'a mut Pixels,
    /// Where it is on the canvas; never beyond the canvas's edges.
    region: Rect,
}

impl<'a> Surface<'a> {
    pub(super) fn new(pixels: &'a mut Pixels) -> Self {
        let region = Rect { x: 0, y: 0, width: pixels.width() as i32, height: pixels.height() as i32 };
        Self { pixels, region }
    }

    /// The part of it that `area` covers; what of `area` lies outside is left out.
    pub(super) fn into_part(self, area: Rect) -> Self {
        let (x, y) = (area.x.saturating_add(self.region.x), area.y.saturating_add(self.region.y));
        let moved = Rect { x, y, ..area };
        Self { region: moved.intersection(&self.region), pixels: self.pixels }
    }

    /// A part of it to draw on; `area` is in the coordinates of this surface.
    pub(crate) fn part(&mut self, area: Rect) -> Surface<'_> {
        Surface { pixels: self.pixels, region: self.region }.into_part(area)
    }

    /// All of it, in its own coordinates.
    pub(crate) fn area(&self) -> Rect {
        Rect { x: 0, y: 0, ..self.region }
    }

    /// Draws `picture` at `place`, scaled; nothing beside it changes.
    pub(crate) fn picture(&mut self, picture: &Pixels, place: Placement) -> opencv::Result<()> {
        self.part(place.area()).on_mat(|target| scale(picture, target))
    }

    /// Darkens a rectangle to `keep` of its brightness, from 0 to 1.
    pub(crate) fn dim(&mut self, area: Rect, keep: f64) {
        let keep = (keep.clamp(0.0, 1.0) * 256.0) as u32;
        for pixel in self.rows(area).flatten() {
            *pixel = each_channel(|shift| (((*pixel >> shift) & 0xFF) * keep) >> 8);
        }
    }

    /// Mixes what `draw` draws in `area` with what was there: `opacity` is its share, from 0 to 1.
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

    /// The rows of the part that `area` covers.
    pub(crate) fn rows(&mut self, area: Rect) -> impl Iterator<Item = &mut [u32]> {
        let Rect { x, y, width, height } = self.part(area).region;
        let (columns, height) = (x as usize..(x + width) as usize, if width > 0 { height } else { 0 });
        let whole = self.pixels.width().max(1);
        let rows = self.pixels.data_mut().chunks_exact_mut(whole);
        rows.skip(y as usize).take(height as usize).map(move |row| &mut row[columns.clone()])
    }

    /// A closed line through `points`.
    pub(crate) fn polygon(&mut self, points: &[(i32, i32)], colour: Colour, thickness: i32) -> opencv::Result<()> {
        let points: Vector<Point> = points.iter().map(|&(x, y)| Point::new(x, y)).collect();
        self.on_mat(|mat| imgproc::polylines(mat, &points, true, scalar(colour), thickness, imgproc::LINE_AA, 0))
    }

    /// Straight lines, each between two points.
    pub(crate) fn lines(&mut self, lines: &[[(i32, i32); 2]], colour: Colour, thickness: i32) -> opencv::Result<()> {
        let line = |ends: &[(i32, i32); 2]| ends.iter().map(|&(x, y)| Point::new(x, y)).collect::<Vector<Point>>();
        let lines: Vector<Vector<Point>> = lines.iter().map(line).collect();
        self.on_mat(|mat| imgproc::polylines(mat, &lines, false, scalar(colour), thickness, imgproc::LINE_AA, 0))
    }

    /// A filled disc.
    pub(crate) fn disc(&mut self, (x, y): (i32, i32), radius: i32, colour: Colour) -> opencv::Result<()> {
        self.on_mat(|mat| imgproc::circle(mat, Point::new(x, y), radius, scalar(colour), -1, imgproc::LINE_AA, 0))
    }

    /// A circle, not filled.
    pub(crate) fn circle(
        &mut self,
        (x, y): (i32, i32),
        radius: i32,
        colour: Colour,
        thickness: i32,
    ) -> opencv::Result<()> {
        let centre = Point::new(x, y);
        self.on_mat(|mat| imgproc::circle(mat, centre, radius, scalar(colour), thickness, imgproc::LINE_AA, 0))
    }

    /// A filled rectangle.
    pub(crate) fn fill(&mut self, area: Rect, [blue, green, red]: Colour) {
        let pixel = u32::from_be_bytes([0, red, green, blue]);
        self.rows(area).for_each(|row| row.fill(pixel));
    }

    /// A rendered line of text whose top-left corner is at (`x`, `y`).
    pub(crate) fn bitmap(&mut self, bitmap: &TextBitmap, x: i32, y: i32) {
        let whole = Rect { x, y, width: bitmap.width as i32, height: bitmap.height as i32 };
        let visible = whole.intersection(&self.area());
        let (left, top) = ((visible.x - x) as usize, (visible.y - y) as usize);
        let lines = bitmap.pixels.chunks_exact(bitmap.width.max(1)).skip(top);
        for (row, line) in self.rows(visible).zip(lines) {
            for (pixel, &[red, green, blue, cover]) in row.iter_mut().zip(&line[left..]).filter(|(_, ink)| ink[3] > 0) {
                let blend = |shift: u32, value: u8| {
                    let below = (*pixel >> shift) & 0xFF;
                    (below + (u32::from(value) * u32::from(cover)) / 255 - below * u32::from(cover) / 255) << shift
                };
                *pixel = blend(16, red) | blend(8, green) | blend(0, blue);
            }
        }
    }

    /// Lets `draw` draw through OpenCV, unless there is nothing to draw on.
    fn on_mat(
        &mut self,
        draw: impl FnOnce(&mut opencv::boxed_ref::BoxedRefMut<'_, Mat>) -> opencv::Result<()>,
    ) -> opencv::Result<()> {
        let Rect { x, y, width, height } = self.region;
        if self.region.area() == 0 {
            return Ok(());
        }
        let mut canvas = self.pixels.mat_mut()?;
        let mut part = Mat::roi_mut(&mut canvas, Region::new(x, y, width, height))?;
        draw(&mut part)
    }
}

/// A pixel whose channels, each given by its place in the pixel, are what `value` returns.
fn each_channel(value: impl Fn(u32) -> u32) -> u32 {
    (value(16) << 16) | (value(8) << 8) | value(0)
}

fn scalar([blue, green, red]: Colour) -> Scalar {
    Scalar::new(blue.into(), green.into(), red.into(), 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Canvas;

    #[test]
    fn points_of_any_picture_and_rectangles_anywhere_are_no_error() {
        let mut canvas = Canvas::default();
        canvas.resize(300, 200);
        let (x, y) = Placement::fit(300, 100, 300, 200).map(i32::MAX, i32::MIN);
        assert!(x > 300 && y < 0, "{x} {y}");
        for (x, y) in [(x, 0), (-x, 0), (0, x), (0, y), (300, 200)] {
            canvas.whole().fill(Rect { x, y, width: 20, height: 20 }, [9; 3]);
        }
        assert!(canvas.pixels().data().iter().all(|pixel| *pixel == 0));
    }

    #[test]
    fn the_smallest_window_is_no_error() {
        for (width, height) in [(1, 1), (2, 1), (1, 300)] {
            let mut canvas = Canvas::default();
            canvas.resize(width, height);
            canvas.whole().picture(&Pixels::new(64, 48), Placement::fit(64, 48, width, height)).unwrap();
        }
    }

    #[test]
    fn a_bitmap_covers_what_is_below_it_and_may_hang_over_the_edge() {
        let mut canvas = Canvas::default();
        canvas.resize(2, 1);
        canvas.pixels.data_mut().fill(0x0000_00FF);
        let bitmap =
            TextBitmap { width: 3, height: 1, pixels: vec![[9, 9, 9, 0], [0xFF, 0, 0, 0xFF], [0, 0xFF, 0, 0xFF]] };
        canvas.whole().bitmap(&bitmap, 0, 0);
        canvas.whole().bitmap(&bitmap, -2, 5);
        assert_eq!(canvas.pixels().data(), [0x0000_00FF, 0x00FF_0000]);
    }

    #[test]
    fn dimming_halves_each_colour() {
        let mut canvas = Canvas::default();
        canvas.resize(2, 1);
        canvas.pixels.data_mut().fill(0x00FF_8040);
        canvas.whole().dim(Rect { x: -3, y: -3, width: 4, height: 9 }, 0.5);
        assert_eq!(canvas.pixels().data(), [0x007F_4020, 0x00FF_8040]);
    }

    #[test]
    fn what_is_drawn_at_half_opacity_shows_half_of_what_is_below() {
        let mut canvas = Canvas::default();
        canvas.resize(2, 1);
        canvas.pixels.data_mut().fill(0x00FF_8000);
        let all = Rect { x: -1, y: -1, width: 9, height: 9 };
        let drawn = canvas.whole().faded(all, 0.5, |surface| {
            surface.fill(Rect { x: 1, y: 0, width: 7, height: 1 }, [0x80, 0, 0]);
            Ok(())
        });
        drawn.unwrap();
        assert_eq!(canvas.pixels().data(), [0x00FF_8000, 0x007F_4040]);
    }

    #[test]
    fn a_part_has_its_own_origin_and_nothing_is_drawn_outside() {
        let mut canvas = Canvas::default();
        canvas.resize(60, 40);
        let part = Rect { x: 20, y: 10, width: 30, height: 20 };
        let mut surface = canvas.part(part);
        let all = Rect { x: -5, y: -5, width: 99, height: 99 };
        assert_eq!(surface.area(), Rect { x: 0, y: 0, ..part });
        surface.fill(all, [9; 3]);
        surface.polygon(&[(-9, -9), (99, -9), (99, 99)], [9; 3], 5).unwrap();
        surface.circle((0, 0), 25, [9; 3], 5).unwrap();
        surface.disc((29, 19), 9, [9; 3]).unwrap();
        let line = TextBitmap { width: 99, height: 20, pixels: vec![[9, 9, 9, 255]; 99 * 20] };
        surface.bitmap(&line, 5, 5);
        surface.picture(&Pixels::new(9, 9), Placement::fit(9, 9, 30, 20)).unwrap();
        surface.fill(Rect { x: 0, y: 0, width: 1, height: 1 }, [1, 2, 3]);
        surface.part(Rect { x: 25, y: 15, width: 99, height: 99 }).fill(all, [4, 5, 6]);
        for (n, pixel) in canvas.pixels.data().iter().enumerate() {
            let at = Rect { x: n as i32 % 60, y: n as i32 / 60, width: 1, height: 1 };
            assert!(*pixel == 0 || at.intersection(&part) == at, "{at:?}");
        }
        assert_eq!([canvas.pixels.data()[10 * 60 + 20], canvas.pixels.data()[25 * 60 + 45]], [0x03_0201, 0x06_0504]);
    }
}
