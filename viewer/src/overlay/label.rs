//! What is written beside an object, and where.

use super::palette::colour_of;
use super::panel::Panel;
use super::pen::{Pen, Style};
use super::spot::spot;
use crate::canvas::{Placement, Surface};
use crate::scene::{Mark, Sight};
use vision::detect::{Detection, Rect};
use vision::{Tag, TagFamily};

/// Draws the labels of the first `most` objects that are seen inside the picture at `place`, clear of each other and of
/// `taken` where there is room; those for which the pen's allowance is too small are left out.
pub(super) fn draw(
    surface: &mut Surface<'_>,
    pen: &mut Pen<'_>,
    place: Placement,
    marks: &[Mark],
    taken: &[Rect],
    most: usize,
) -> opencv::Result<()> {
    let picture = place.area();
    let mut taken = taken.to_vec();
    for mark in marks.iter().filter(|mark| mark.sight == Sight::Seen).take(most) {
        let Some(text) = caption(&mark.detection) else { continue };
        let style = Style::plain(colour_of(mark.detection.kind));
        let Some(panel) = Panel::in_time(pen, &text, style, picture) else { continue };
        let bounds = mark.detection.shape.bounds();
        let (x, y) = place.map(bounds.x, bounds.y);
        let (right, bottom) = place.map(bounds.x.saturating_add(bounds.width), bounds.y.saturating_add(bounds.height));
        let object = Rect { x, y, width: right - x, height: bottom - y };
        let Rect { x, y, .. } = spot(panel.place(), &object, &picture, &taken);
        let panel = panel.at(x, y);
        taken.push(panel.place());
        surface.faded(panel.place(), opacity(mark), |surface| {
            panel.draw(surface);
            Ok(())
        })?;
    }
    Ok(())
}

/// A label's opacity: its ground and text fade together, and only once the outline has half faded.
///
/// Through a faded ground a light picture shows, and the text can hardly be read.
fn opacity(mark: &Mark) -> f64 {
    (2.0 * mark.opacity).min(1.0)
}

/// A code's payload or what a tag is, and the number an object is followed by.
pub(crate) fn caption(detection: &Detection) -> Option<String> {
    let number = detection.track.map(|track| format!("#{track}"));
    let payload = detection.payload.as_ref().map(|payload| recognisable(payload.to_string()));
    let said = payload.or_else(|| detection.tag.as_deref().map(tag));
    match (number, said) {
        (Some(number), Some(said)) => Some(format!("{number} {said}")),
        (number, said) => number.or(said),
    }
}

/// A tag's id, and how far away it is if that is known. The usual family goes without saying.
fn tag(Tag { family, id, pose, .. }: &Tag) -> String {
    let family = if *family == TagFamily::Tag36h11 { String::new() } else { format!("{family} ") };
    let away = pose.map(|pose| pose.position.iter().map(|metres| metres * metres).sum::<f64>().sqrt());
    let away = away.map(|metres| format!(", {metres:.2} m")).unwrap_or_default();
    format!("tag {family}{id}{away}")
}

/// The beginning of a payload; the report has all of it.
fn recognisable(mut payload: String) -> String {
    if let Some((end, _)) = payload.char_indices().nth(MOST) {
        payload.truncate(end);
        payload.push('…');
    }
    payload
}

/// Characters; enough to recognise a payload.
const MOST: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_begins_fading_when_its_outline_has_half_gone() {
        let shape = vision::detect::Shape::Rect(Rect { x: 10, y: 20, width: 200, height: 100 });
        let kind = vision::detect::Kind::Face;
        let detection = Detection::new(kind, shape, "test");
        let shown = [1.0, 0.75, 0.5, 0.25, 0.0]
            .map(|opacity| super::opacity(&Mark { detection: detection.clone(), opacity, sight: Sight::Seen }));
        assert_eq!(shown, [1.0, 1.0, 1.0, 0.5, 0.0]);
    }

    #[test]
    fn a_tag_says_its_id_and_how_far_away_it_is() {
        let pose = vision::TagPose {
            position: [0.3, 0.0, 0.4],
            rotation: [1.0, 0.0, 0.0, 0.0],
            error_px: 0.0,
            ambiguity: 0.0,
        };
        let tag = Tag {
            family: TagFamily::Tag36h11,
            id: 7,
            corners: [[0.0; 2]; 4],
            hamming: 0,
            margin: 80.0,
            pose: Some(pose),
        };
        let other = Tag { family: TagFamily::Tag16h5, pose: None, ..tag.clone() };
        let captions = [tag, other].map(|tag| caption(&Detection { track: Some(3), ..Detection::tag(tag, "test") }));
        assert_eq!(captions.map(Option::unwrap), ["#3 tag 7, 0.50 m", "#3 tag 16h5 7"]);
    }

    #[test]
    fn a_long_payload_is_cut_to_its_beginning_before_it_is_drawn() {
        assert_eq!(recognisable("ü".repeat(MOST)), "ü".repeat(MOST));
        assert_eq!(recognisable("ü".repeat(4000)), "ü".repeat(MOST) + "…");
    }
}
