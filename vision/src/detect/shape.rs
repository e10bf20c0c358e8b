//! Where something is in a picture.

use crate::picture::Luma;

/// Where an object is, in pixels; the origin is the top-left corner of the top-left pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// Four corners in the object's own order: top-left, top-right, bottom-right, bottom-left of an upright code.
    Quad([Point; 4]),
    /// An upright rectangle: faces and humans.
    Rect(Rect),
}

/// A point in pixels: `x` to the right, `y` down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Pixels from the left edge of the picture.
    pub x: i32,
    /// Pixels from the top edge of the picture.
    pub y: i32,
}

/// An upright rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// The left edge.
    pub x: i32,
    /// The top edge.
    pub y: i32,
    /// From the left edge to the right one.
    pub width: i32,
    /// From the top edge to the bottom one.
    pub height: i32,
}

impl Shape {
    /// The four corners; those of a rectangle start at the top left and run clockwise.
    pub fn corners(&self) -> [Point; 4] {
        match *self {
            Shape::Quad(corners) => corners,
            Shape::Rect(Rect { x, y, width, height }) => {
                [(x, y), (x + width, y), (x + width, y + height), (x, y + height)].map(|(x, y)| Point { x, y })
            }
        }
    }

    /// The smallest upright rectangle around the shape.
    pub fn bounds(&self) -> Rect {
        let corners = self.corners();
        let (xs, ys) = (corners.map(|p| p.x), corners.map(|p| p.y));
        let low = |values: [i32; 4]| values.into_iter().min().unwrap_or(0);
        let high = |values: [i32; 4]| values.into_iter().max().unwrap_or(0);
        Rect { x: low(xs), y: low(ys), width: high(xs) - low(xs), height: high(ys) - low(ys) }
    }

    /// The same shape, `dx` pixels to the right and `dy` pixels down.
    pub fn moved(&self, dx: i32, dy: i32) -> Self {
        match *self {
            Shape::Quad(corners) => Shape::Quad(corners.map(|p| p.moved(dx, dy))),
            Shape::Rect(rect) => {
                let Point { x, y } = Point { x: rect.x, y: rect.y }.moved(dx, dy);
                Shape::Rect(Rect { x, y, ..rect })
            }
        }
    }

    /// The mean of the corners.
    pub fn centre(&self) -> Point {
        let corners = self.corners();
        let mean = |value: fn(&Point) -> i32| (corners.iter().map(|p| i64::from(value(p))).sum::<i64>() / 4) as i32;
        Point { x: mean(|p| p.x), y: mean(|p| p.y) }
    }
}

impl Point {
    /// The point `dx` pixels to the right and `dy` pixels down.
    pub fn moved(self, dx: i32, dy: i32) -> Self {
        Self { x: self.x.saturating_add(dx), y: self.y.saturating_add(dy) }
    }
}

impl Rect {
    /// Width times height, in pixels; 0 where one of them is negative.
    pub fn area(&self) -> i64 {
        i64::from(self.width.max(0)) * i64::from(self.height.max(0))
    }

    /// The area that both cover; its width or height is 0 where they do not meet.
    pub fn intersection(&self, other: &Rect) -> Rect {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let right = self.x.saturating_add(self.width).min(other.x.saturating_add(other.width));
        let bottom = self.y.saturating_add(self.height).min(other.y.saturating_add(other.height));
        Rect { x, y, width: right.saturating_sub(x).max(0), height: bottom.saturating_sub(y).max(0) }
    }

    /// The part that lies inside `luma`.
    pub fn within(&self, luma: &Luma) -> Rect {
        self.intersection(&Rect::of(luma))
    }

    /// The pixel in the middle.
    pub(crate) fn middle(&self) -> Point {
        Point { x: self.x.saturating_add(self.width / 2), y: self.y.saturating_add(self.height / 2) }
    }

    /// Whether the pixel lies in it.
    pub(crate) fn contains(&self, pixel: Point) -> bool {
        (self.x..self.x.saturating_add(self.width)).contains(&pixel.x)
            && (self.y..self.y.saturating_add(self.height)).contains(&pixel.y)
    }

    /// All of `luma`.
    pub(crate) fn of(luma: &Luma) -> Rect {
        Rect { x: 0, y: 0, width: luma.width as i32, height: luma.height as i32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_and_centre_follow_the_corners() {
        let quad = Shape::Quad([(10, 0), (20, 10), (10, 20), (0, 10)].map(|(x, y)| Point { x, y }));
        assert_eq!(quad.bounds(), Rect { x: 0, y: 0, width: 20, height: 20 });
        assert_eq!(quad.centre(), Point { x: 10, y: 10 });
        let rect = Rect { x: -3, y: 4, width: 10, height: 20 };
        assert_eq!((Shape::Rect(rect).bounds(), Shape::Rect(rect).centre()), (rect, Point { x: 2, y: 14 }));
    }

    #[test]
    fn a_rectangle_is_cut_at_the_edges_of_the_picture() {
        let luma = Luma { width: 10, height: 10, data: vec![0; 100] };
        let cut = Rect { x: -3, y: 4, width: 10, height: 20 }.within(&luma);
        assert_eq!(cut, Rect { x: 0, y: 4, width: 7, height: 6 });
        assert_eq!(Rect { x: 10, y: 0, width: 5, height: 5 }.within(&luma).area(), 0);
        let boundless = Rect { x: i32::MIN, y: 5, width: i32::MAX, height: i32::MAX };
        assert_eq!(boundless.within(&luma).area(), 0);
        assert_eq!(Rect { x: 9, ..boundless }.within(&luma), Rect { x: 9, y: 5, width: 1, height: 5 });
    }
}
