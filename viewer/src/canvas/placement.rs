//! Where a picture is shown, and how its coordinates map to the screen.

use vision::detect::Rect;

/// The rectangle that shows a picture, and how the picture's coordinates map to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placement {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
    /// Screen pixels per picture pixel.
    pub(crate) scale: f64,
}

impl Placement {
    /// The largest rectangle of `width × height`'s shape in the middle of an area whose corner is the origin.
    pub(crate) fn fit(width: usize, height: usize, area_width: usize, area_height: usize) -> Self {
        let (w, h) = (width.max(1) as f64, height.max(1) as f64);
        let scale = (area_width.max(1) as f64 / w).min(area_height.max(1) as f64 / h);
        let placed = |size: f64| (size * scale).round().max(1.0) as i32;
        let (width, height) = (placed(w), placed(h));
        let x = (area_width as i32 - width) / 2;
        let y = (area_height as i32 - height) / 2;
        Self { x: x.max(0), y: y.max(0), width, height, scale }
    }

    /// Where a point of the picture is shown; one that is far outside is brought nearer.
    pub(crate) fn map(&self, x: i32, y: i32) -> (i32, i32) {
        let at = |origin: i32, value: i32| origin + (f64::from(value) * self.scale).round().clamp(-FAR, FAR) as i32;
        (at(self.x, x), at(self.y, y))
    }

    /// The rectangle alone.
    pub(crate) fn area(&self) -> Rect {
        Rect { x: self.x, y: self.y, width: self.width, height: self.height }
    }

    /// The same, for a surface that begins at the rectangle's corner.
    pub(crate) fn at_origin(self) -> Self {
        Self { x: 0, y: 0, ..self }
    }
}

/// Pixels; farther than any screen reaches, and near enough to calculate with.
const FAR: f64 = 1e6;

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
}
