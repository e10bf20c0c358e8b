//! Draws where an object is.

use super::palette::{DARK, colour_of};
use crate::canvas::{Colour, Placement, Surface};
use crate::scene::{Mark, Sight};
use vision::detect::{Kind, Rect};

/// The outline, dark below and coloured above, so that it shows on light and dark ground; both fade with the mark.
///
/// `thickness` is that of the coloured line. That of an object that is only expected is thin, dashed and dim. What has no `room`
/// any more to be faded is left out.
pub(super) fn draw(
    surface: &mut Surface<'_>,
    place: Placement,
    mark: &Mark,
    thickness: i32,
    room: &mut i64,
) -> opencv::Result<()> {
    let kind = mark.detection.kind;
    let points = mark.detection.shape.corners().map(|p| place.map(p.x, p.y));
    let circle = Circle::around(&points);
    let reach = match kind {
        Kind::Qr | Kind::Tag => reach(&points, thickness),
        Kind::Face | Kind::Human => circle.reach(thickness),
    };
    if mark.sight == Sight::Expected || mark.opacity < 1.0 {
        *room -= reach.intersection(&surface.area()).area();
        if *room < 0 {
            return Ok(());
        }
    }
    match mark.sight {
        Sight::Seen => surface.faded(reach, mark.opacity, |surface| {
            trace(surface, kind, &points, &circle, DARK, 2 * thickness)?;
            trace(surface, kind, &points, &circle, colour_of(kind), thickness)?;
            skeleton(surface, place, mark, (thickness / 2).max(1))
        }),
        Sight::Expected => surface.faded(reach, EXPECTED * mark.opacity, |surface| {
            let path = if kind == Kind::Face { circle.path() } else { points.to_vec() };
            let dashes = dashes(&path);
            surface.lines(&dashes, DARK, 3 * thickness / 2)?;
            surface.lines(&dashes, colour_of(kind), thickness / 2)
        }),
    }
}

/// A circle around a head, a box around a body, a code's four sides with a dot at the first corner, a tag's with a line from
/// its middle to the upper one.
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
        Kind::Tag => {
            surface.polygon(points, colour, thickness)?;
            let [a, b, c, d] = *points;
            let middle = ((a.0 + b.0 + c.0 + d.0) / 4, (a.1 + b.1 + c.1 + d.1) / 4);
            surface.lines(&[[middle, ((a.0 + b.0) / 2, (a.1 + b.1) / 2)]], colour, thickness)
        }
        Kind::Face => surface.circle(circle.centre, circle.radius, colour, thickness),
        Kind::Human => surface.polygon(points, colour, thickness),
    }
}

/// Lines between the key points, where they are known.
fn skeleton(surface: &mut Surface<'_>, place: Placement, mark: &Mark, thickness: i32) -> opencv::Result<()> {
    let Some(points) = mark.detection.keypoints else { return Ok(()) };
    let bones = BONES.map(|bone| bone.map(|point| place.map(points[point].x, points[point].y)));
    surface.lines(&bones, DARK, 3 * thickness)?;
    surface.lines(&bones, colour_of(mark.detection.kind), thickness)
}

/// The circle that a head gets; the lines of the other kinds lie inside its box.
struct Circle {
    centre: (i32, i32),
    radius: i32,
}

impl Circle {
    fn around(points: &[(i32, i32); 4]) -> Self {
        let span = |values: [i32; 4]| {
            let (low, high) = ends(values);
            ((low + high) / 2, high - low)
        };
        let ((x, width), (y, height)) = (span(points.map(|p| p.0)), span(points.map(|p| p.1)));
        Self { centre: (x, y), radius: width.max(height) / 2 }
    }

    /// Points along it, as close together as its dashes are long.
    fn path(&self) -> Vec<(i32, i32)> {
        let at = |turn: f64| {
            let (sin, cos) = turn.sin_cos();
            let along = |centre: i32, share: f64| centre + (share * f64::from(self.radius)).round() as i32;
            (along(self.centre.0, cos), along(self.centre.1, sin))
        };
        let points = (std::f64::consts::TAU * f64::from(self.radius) / DASH).clamp(8.0, MOST_DASHES) as i32;
        (0..points).map(|n| at(std::f64::consts::TAU * f64::from(n) / f64::from(points))).collect()
    }

    /// The part of the canvas that any kind's lines keep to.
    fn reach(&self, thickness: i32) -> Rect {
        // Beside a line, or a dot, of twice that thickness.
        let (reach, (x, y)) = (self.radius + 3 * thickness + 3, self.centre);
        Rect { x: x - reach, y: y - reach, width: 2 * reach, height: 2 * reach }
    }
}

/// The part of the canvas that lines between `points` keep to.
fn reach(points: &[(i32, i32); 4], thickness: i32) -> Rect {
    let ((left, right), (top, bottom)) = (ends(points.map(|p| p.0)), ends(points.map(|p| p.1)));
    // Beside a line, or a dot, of twice that thickness.
    let beside = 3 * thickness + 3;
    let (width, height) = (right.saturating_sub(left), bottom.saturating_sub(top));
    Rect { x: left - beside, y: top - beside, width: width + 2 * beside, height: height + 2 * beside }
}

/// The least of the values, and the largest.
fn ends(values: [i32; 4]) -> (i32, i32) {
    values.into_iter().fold((i32::MAX, i32::MIN), |(low, high), value| (low.min(value), high.max(value)))
}

/// The dashes along the closed line through `points`.
fn dashes(points: &[(i32, i32)]) -> Vec<[(i32, i32); 2]> {
    let sides = points.iter().zip(points.iter().cycle().skip(1));
    let sides: Vec<_> = sides
        .map(|(&(x, y), &(to_x, to_y))| {
            let (x, y, dx, dy) =
                (f64::from(x), f64::from(y), f64::from(to_x) - f64::from(x), f64::from(to_y) - f64::from(y));
            (x, y, dx, dy, dx.hypot(dy))
        })
        .collect();
    let whole: f64 = sides.iter().map(|side| side.4).sum();
    // An object that reaches far beyond the picture has longer dashes, not more of them.
    let dash = DASH.max(whole / (2.0 * MOST_DASHES));
    let mut dashes = Vec::new();
    let mut behind = 0.0;
    for (x, y, dx, dy, length) in sides {
        let at = |along: f64| ((x + dx * along / length).round() as i32, (y + dy * along / length).round() as i32);
        // A dash that began before the corner goes on after it.
        let mut start = -(behind % (2.0 * dash));
        while start < length {
            let (from, to) = (start.max(0.0), (start + dash).min(length));
            if from < to {
                dashes.push([at(from), at(to)]);
            }
            start += 2.0 * dash;
        }
        behind += length;
    }
    dashes
}

/// Which key points are joined, by their places in COCO's order: a head, arms, a body, legs.
const BONES: [[usize; 2]; 16] = [
    [0, 1],
    [0, 2],
    [1, 3],
    [2, 4],
    [5, 6],
    [5, 7],
    [7, 9],
    [6, 8],
    [8, 10],
    [5, 11],
    [6, 12],
    [11, 12],
    [11, 13],
    [13, 15],
    [12, 14],
    [14, 16],
];
/// Opacity of an expected object's outline, relative to that of one that is seen.
const EXPECTED: f64 = 0.6;
/// Length in pixels of a dash, and of the gap after it.
const DASH: f64 = 6.0;
/// Enough for the outline of a picture on the largest screens.
const MOST_DASHES: f64 = 1000.0;
