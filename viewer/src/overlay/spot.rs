//! Where a label goes, clear of its object and of other labels.

use super::panel::pushed_into;
use vision::detect::Rect;

/// Where to put `label`: below its object, else above, else past the labels in `taken`, always inside `picture`.
///
/// Where no place is free it covers another label.
pub(super) fn spot(label: Rect, object: &Rect, picture: &Rect, taken: &[Rect]) -> Rect {
    let candidates = candidates(label, object, picture, taken);
    for place in &candidates {
        if !overlaps(place, taken) {
            return *place;
        }
    }
    candidates[0]
}

/// The places to try, best first; there is at least one, and all are inside `picture`.
fn candidates(label: Rect, object: &Rect, picture: &Rect, taken: &[Rect]) -> Vec<Rect> {
    let at = |y: i32| pushed_into(picture, Rect { x: object.x, y, ..label });
    let (below, above) = (object.y + object.height + GAP, object.y - GAP - label.height);
    let mut places = Vec::new();
    for y in [below, above] {
        if at(y).y == y {
            places.push(at(y));
        }
    }
    // Where neither side has room, over the object.
    places.push(at(below));
    let column = Rect { y: picture.y, height: picture.height, ..at(below) };
    let mut past: Vec<Rect> = taken
        .iter()
        .filter(|other| other.intersection(&column).area() > 0)
        .flat_map(|other| [at(other.y + other.height + 1), at(other.y - 1 - label.height)])
        .collect();
    past.sort_by_key(|place| place.y.abs_diff(below));
    places.extend(past);
    places
}

fn overlaps(place: &Rect, taken: &[Rect]) -> bool {
    taken.iter().any(|other| other.intersection(place).area() > 0)
}

/// Pixels between an object and its label.
const GAP: i32 = 3;

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
}
