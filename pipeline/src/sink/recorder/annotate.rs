//! What was found in a picture, as it is drawn over the recorded one.

use recording::{Annotations, Circle, Colour, Label, Outline, OutlineShape};
use vision::detect::{Detection, Kind};

use crate::event::FrameEvent;

/// The outlines and labels of what was found in `frame`.
///
/// The JPEG is recorded as the robot sent it, so what was found in the picture as it was turned is turned back.
pub(super) fn annotations(frame: &FrameEvent, colours: fn(Kind) -> Colour) -> Annotations {
    let back = frame.orientation.inverse();
    let place = |x: i32, y: i32| back.point([f64::from(x), f64::from(y)], frame.width, frame.height);
    let mut annotations = Annotations::default();
    for found in &frame.detections {
        let (colour, bounds) = (colours(found.kind), found.shape.bounds());
        match found.kind {
            Kind::Face => {
                let diameter = f64::from(bounds.width.max(bounds.height));
                let [left, top] = place(bounds.x, bounds.y);
                let [right, bottom] = place(bounds.x + bounds.width, bounds.y + bounds.height);
                let centre = [left.midpoint(right), top.midpoint(bottom)];
                annotations.circles.push(Circle { centre, diameter, colour, thickness: THICKNESS });
            }
            Kind::Qr | Kind::Tag | Kind::Human => {
                let points = found.shape.corners().map(|corner| place(corner.x, corner.y)).to_vec();
                annotations.outlines.push(Outline {
                    points,
                    shape: OutlineShape::Closed,
                    colour,
                    thickness: THICKNESS,
                });
            }
        }
        if let Some(points) = found.keypoints {
            let points = points.map(|point| place(point.x, point.y)).to_vec();
            annotations.outlines.push(Outline {
                points,
                shape: OutlineShape::Points,
                colour,
                thickness: 2.0 * THICKNESS,
            });
        }
        if let Some(text) = label(found) {
            let corner = place(bounds.x, bounds.y);
            annotations.labels.push(Label { at: corner, text, colour, font_size: FONT_SIZE });
        }
    }
    annotations
}

/// The number that it is followed by, and what is read of it.
fn label(found: &Detection) -> Option<String> {
    let number = found.track.map(|track| format!("#{track}"));
    let payload = found.payload.as_ref().map(ToString::to_string);
    let tag = found.tag.as_ref().map(|tag| format!("tag {} {}", tag.family, tag.id));
    let parts: Vec<String> = number.into_iter().chain(payload).chain(tag).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Pixels.
const THICKNESS: f64 = 2.0;
const FONT_SIZE: f64 = 14.0;
