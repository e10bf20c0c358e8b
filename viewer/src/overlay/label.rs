//! What is written beside an object, and where.

use super::palette::colour_of;
use super::panel::{Panel, pushed_into};
use crate::canvas::{Canvas, Placement};
use crate::scene::Mark;
use crate::text::TextRenderer;
use vision::detect::{Detection, Rect};

/// Draws the labels of `marks` inside the picture at `place`, clear of each other and of `taken` where there is room.
pub(super) fn draw(
    canvas: &mut Canvas,
    renderer: &mut TextRenderer,
    place: Placement,
    marks: &[Mark],
    taken: &[Rect],
) -> opencv::Result<()> {
    let picture = place.area();
    let mut taken = taken.to_vec();
    for mark in marks {
        let Some(text) = caption(&mark.detection) else { continue };
        let Some(panel) = Panel::new(renderer, &text, colour_of(mark.detection.kind), picture)? else { continue };
        let bounds = mark.detection.shape.bounds();
        let (x, y) = place.map(bounds.x, bounds.y);
        let (right, bottom) = place.map(bounds.x.saturating_add(bounds.width), bounds.y.saturating_add(bounds.height));
        let object = Rect { x, y, width: right - x, height: bottom - y };
        let Rect { x, y, .. } = spot(panel.place(), &object, &picture, &taken);
        let panel = panel.at(x, y);
        taken.push(panel.place());
        canvas.faded(panel.place(), opacity(mark), |canvas| panel.draw(canvas))?;
    }
    Ok(())
}

/// How much of a label shows: its ground and its text fade as one, and not before the outline has half gone.
///
/// Light ground shows through a ground that fades, so that a text could hardly be read from the start.
fn opacity(mark: &Mark) -> f64 {
    (2.0 * mark.opacity).min(1.0)
}

/// A code's payload, and the number an object is followed by.
fn caption(detection: &Detection) -> Option<String> {
    let number = detection.track.map(|track| format!("#{track}"));
    let payload = detection.payload.as_ref().map(|payload| recognisable(payload.to_string()));
    match (number, payload) {
        (Some(number), Some(payload)) => Some(format!("{number} {payload}")),
        (number, payload) => number.or(payload),
    }
}

/// A payload's beginning; the report has all of it.
fn recognisable(mut payload: String) -> String {
    if let Some((end, _)) = payload.char_indices().nth(MOST) {
        payload.truncate(end);
        payload.push_str("...");
    }
    payload
}

/// Where a label goes: below its object, else above, else past the labels that are there already.
///
/// Inside the picture it always is; where no place is free it lies on another.
pub(super) fn spot(label: Rect, object: &Rect, picture: &Rect, taken: &[Rect]) -> Rect {
    let at = |y: i32| pushed_into(picture, Rect { x: object.x, y, ..label });
    let (below, above) = (object.y + object.height + GAP, object.y - GAP - label.height);
    let in_the_way = |place: Rect| taken.iter().filter(move |other| other.intersection(&place).area() > 0);
    let is_free = |place: &Rect| in_the_way(*place).next().is_none();
    let beside = [below, above].into_iter().map(at).filter(|place| place.y == below || place.y == above);
    let column = Rect { y: picture.y, height: picture.height, ..at(below) };
    let past = in_the_way(column).flat_map(|other| [other.y + other.height + 1, other.y - 1 - label.height]);
    let mut past: Vec<Rect> = past.map(at).collect();
    past.sort_by_key(|place| place.y.abs_diff(below));
    let fallback = beside.clone().next().unwrap_or_else(|| at(below));
    beside.chain([at(below)]).chain(past).find(is_free).unwrap_or(fallback)
}

/// Pixels between an object and its label.
const GAP: i32 = 3;
/// Characters; a label is to recognise a payload by.
const MOST: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    const PICTURE: Rect = Rect { x: 10, y: 20, width: 200, height: 100 };
    const LABEL: Rect = Rect { x: 10, y: 20, width: 60, height: 20 };

    fn object(x: i32, y: i32) -> Rect {
        Rect { x, y, width: 30, height: 30 }
    }

    fn spot_of(object: Rect, taken: &[Rect]) -> (i32, i32) {
        let Rect { x, y, .. } = spot(LABEL, &object, &PICTURE, taken);
        (x, y)
    }

    #[test]
    fn a_label_is_below_its_object_or_above_where_there_is_no_room() {
        assert_eq!(spot_of(object(50, 40), &[]), (50, 73));
        assert_eq!(spot_of(object(50, 80), &[]), (50, 57));
        assert_eq!(spot_of(object(200, 40), &[]), (150, 73));
        // An object as high as the picture, and one that has left it.
        assert_eq!(spot_of(Rect { y: 20, height: 100, ..object(50, 0) }, &[]), (50, 100));
        assert_eq!(spot_of(object(-500, -500), &[]), (10, 20));
        assert_eq!(spot_of(object(500, 500), &[]), (150, 100));
    }

    #[test]
    fn a_label_makes_way_for_those_that_are_there() {
        let first = spot(LABEL, &object(50, 40), &PICTURE, &[]);
        // Above, since below is taken; then past the first, since above there is no room.
        assert_eq!(spot_of(object(60, 45), &[first]), (60, 22));
        assert_eq!(spot_of(object(60, 40), &[first]), (60, 94));
        // One that is beside it is not in the way.
        assert_eq!(spot_of(object(115, 40), &[first]), (115, 73));
    }

    #[test]
    fn no_two_labels_overlap_while_there_is_room() {
        let mut taken: Vec<Rect> = Vec::new();
        for _ in 0..3 {
            let place = spot(LABEL, &object(50, 60), &PICTURE, &taken);
            assert!(taken.iter().all(|other| other.intersection(&place).area() == 0), "{place:?} on {taken:?}");
            taken.push(place);
        }
        // Between them there is no room for a fourth; it lies on one of them, and inside.
        let fourth = spot(LABEL, &object(50, 60), &PICTURE, &taken);
        assert_eq!(fourth.intersection(&PICTURE), fourth);
    }

    #[test]
    fn a_label_begins_fading_when_its_outline_has_half_gone() {
        let shape = vision::detect::Shape::Rect(PICTURE);
        let kind = vision::detect::Kind::Face;
        let detection = Detection { kind, shape, payload: None, score: None, engine: "test", track: None };
        let shown =
            [1.0, 0.75, 0.5, 0.25, 0.0].map(|opacity| super::opacity(&Mark { detection: detection.clone(), opacity }));
        assert_eq!(shown, [1.0, 1.0, 1.0, 0.5, 0.0]);
    }

    #[test]
    fn a_long_payload_is_cut_to_its_beginning_before_it_is_drawn() {
        assert_eq!(recognisable("ü".repeat(MOST)), "ü".repeat(MOST));
        assert_eq!(recognisable("ü".repeat(4000)), "ü".repeat(MOST) + "...");
    }
}
