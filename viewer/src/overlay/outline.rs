//! Draws where an object is.

use super::palette::{DARK, colour_of};
use crate::canvas::{Colour, Placement, Surface};
use crate::scene::Mark;
use vision::detect::{Kind, Rect};

/// The outline, dark below and coloured above, so that it shows on light and dark ground; both fade with the mark.
pub(super) fn draw(surface: &mut Surface<'_>, place: Placement, mark: &Mark) -> opencv::Result<()> {
    let kind = mark.detection.kind;
    let points = mark.detection.shape.corners().map(|p| place.map(p.x, p.y));
    let circle = Circle::around(&points);
    surface.faded(circle.reach(), mark.opacity, |surface| {
        trace(surface, kind, &points, &circle, DARK, 4)?;
        trace(surface, kind, &points, &circle, colour_of(kind), 2)
    })
}

/// A circle around a head, a box around a body, a code's four sides with a dot at the first corner.
fn trace(
    surface: &mut Surface<'_>,
    kind: Kind,
    points: &[(i32, i32); 4],
    circle: &Circle,
    colour: Colour,
    thickness: i32,
) -> opencv::Result<()> {
    match kind {
        Kind::Qr => {
            surface.polygon(points, colour, thickness)?;
            surface.disc(points[0], 2 + thickness, colour)
        }
        Kind::Face => surface.circle(circle.centre, circle.radius, colour, thickness),
        Kind::Human => surface.polygon(points, colour, thickness),
    }
}

/// The circle that a head gets; the lines of the other kinds lie inside its box.
struct Circle {
    centre: (i32, i32),
    radius: i32,
}

impl Circle {
    fn around(points: &[(i32, i32); 4]) -> Self {
        let span = |values: [i32; 4]| {
            let (low, high) = values.into_iter().fold((i32::MAX, i32::MIN), |(low, high), v| (low.min(v), high.max(v)));
            ((low + high) / 2, high - low)
        };
        let ((x, width), (y, height)) = (span(points.map(|p| p.0)), span(points.map(|p| p.1)));
        Self { centre: (x, y), radius: width.max(height) / 2 }
    }

    /// The part of the canvas that any kind's lines keep to.
    fn reach(&self) -> Rect {
        let (reach, (x, y)) = (self.radius + WIDEST, self.centre);
        Rect { x: x - reach, y: y - reach, width: 2 * reach, height: 2 * reach }
    }
}

/// Pixels from the middle of a line, or of a dot, to where nothing of it is left.
const WIDEST: i32 = 9;
