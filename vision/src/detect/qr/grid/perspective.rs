//! Maps a flat code to the picture.

use super::Corners;
use crate::picture::Luma;

/// Maps places in a flat code, in modules from its top left corner, to places in the picture, in pixels.
pub(super) struct Perspective {
    x: [f64; 3],
    y: [f64; 3],
    w: [f64; 3],
}

impl Perspective {
    /// For a code of `modules` across and down with these corners.
    ///
    /// Paul Heckbert, "Fundamentals of Texture Mapping and Image Warping" (1989), section 2.2.3.
    pub(super) fn new(corners: &Corners, modules: usize) -> Self {
        let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = *corners;
        let (dx1, dx2, sx) = (x1 - x2, x3 - x2, x0 - x1 + x2 - x3);
        let (dy1, dy2, sy) = (y1 - y2, y3 - y2, y0 - y1 + y2 - y3);
        let area = dx1 * dy2 - dx2 * dy1;
        let (g, h) = ((sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area);
        let scale = 1.0 / modules as f64;
        Self {
            x: [(x1 - x0 + g * x1) * scale, (x3 - x0 + h * x3) * scale, x0],
            y: [(y1 - y0 + g * y1) * scale, (y3 - y0 + h * y3) * scale, y0],
            w: [g * scale, h * scale, 1.0],
        }
    }

    pub(super) fn map(&self, u: f64, v: f64) -> (f64, f64) {
        let dot = |row: &[f64; 3]| row[0] * u + row[1] * v + row[2];
        let w = dot(&self.w);
        (dot(&self.x) / w, dot(&self.y) / w)
    }
}

/// The brightness at a place between pixels, whose centres are at whole numbers; outside it is that of the nearest pixel.
pub(super) fn brightness(luma: &Luma, x: f32, y: f32) -> f32 {
    // Corners in a line give NaN, which `max` turns into 0.
    let within = |value: f32, size: usize| value.max(0.0).min((size - 1) as f32);
    let (x, y) = (within(x, luma.width), within(y, luma.height));
    let (column, row) = (x as usize, y as usize);
    let (right, down) = (usize::from(column + 1 < luma.width), usize::from(row + 1 < luma.height) * luma.width);
    let at = row * luma.width + column;
    let pixel = |at: usize| f32::from(luma.data[at]);
    let (fx, fy) = (x - column as f32, y - row as f32);
    let top = pixel(at) + (pixel(at + right) - pixel(at)) * fx;
    let bottom = pixel(at + down) + (pixel(at + down + right) - pixel(at + down)) * fx;
    top + (bottom - top) * fy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corners_of_a_code_come_to_those_in_the_picture() {
        let corners = [(10.0, 20.0), (90.0, 25.0), (80.0, 70.0), (5.0, 95.0)];
        let perspective = Perspective::new(&corners, 25);
        for ((u, v), (x, y)) in [(0.0, 0.0), (25.0, 0.0), (25.0, 25.0), (0.0, 25.0)].into_iter().zip(corners) {
            let (got_x, got_y) = perspective.map(u, v);
            assert!((got_x - x).abs() < 1e-9 && (got_y - y).abs() < 1e-9, "({u}, {v}) is at ({got_x}, {got_y})");
        }
    }

    #[test]
    fn brightness_is_shared_out_between_pixels_and_goes_on_outside() {
        let luma = Luma { width: 2, height: 2, data: vec![0, 100, 200, 40] };
        assert_eq!(brightness(&luma, 0.5, 0.5), 85.0);
        assert_eq!((brightness(&luma, -9.0, 7.0), brightness(&luma, 1.0, -1.0)), (200.0, 100.0));
        assert_eq!(brightness(&luma, f32::NAN, f32::NAN), 0.0);
    }
}
