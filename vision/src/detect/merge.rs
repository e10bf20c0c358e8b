//! Several hits on one object become one, whichever engines or cascades they come from.

use super::{Detection, Kind, Point, Rect, Shape};

/// Adds to `found` each object of `more` that it does not have. Of two hits on one object the earlier one stays, so the
/// surest must come first.
pub(crate) fn merge(found: &mut Vec<Detection>, more: impl IntoIterator<Item = Detection>) {
    for candidate in more {
        if !found.iter().any(|known| is_same(known, &candidate)) {
            found.push(candidate);
        }
    }
}

/// Whether two hits are one object.
///
/// - Codes and tags: the centre of either lies inside the other.
/// - Faces: the boxes overlap well, or one covers most of the other, because there is no face inside a face.
/// - Humans: as faces, but somebody who stands in front of another is inside the other's box too; the smaller box counts
///   as a part of the larger one only if it is at least half as high.
///
/// The distance of the centres alone is not enough: within a distance that joins two hits on one body, two people side by
/// side would be one.
pub(crate) fn is_same(a: &Detection, b: &Detection) -> bool {
    if a.kind != b.kind {
        return false;
    }
    let (one, other) = (a.shape.bounds(), b.shape.bounds());
    match a.kind {
        Kind::Qr | Kind::Tag => is_same_place(&a.shape, &b.shape),
        Kind::Face => overlap(&one, &other) >= SAME_OVERLAP || covered(&one, &other) >= COVERED,
        Kind::Human => {
            let heights = (one.height.min(other.height), one.height.max(other.height));
            let comparable = f64::from(heights.0) >= PART_HEIGHT * f64::from(heights.1);
            overlap(&one, &other) >= SAME_OVERLAP || comparable && covered(&one, &other) >= COVERED
        }
    }
}

/// Whether the centre of either lies inside the other.
pub(crate) fn is_same_place(a: &Shape, b: &Shape) -> bool {
    contains(a, b.centre()) || contains(b, a.centre())
}

/// The common area as a share of the area of both together, from 0 to 1.
pub(crate) fn overlap(a: &Rect, b: &Rect) -> f64 {
    let common = a.intersection(b).area();
    common as f64 / (a.area() + b.area() - common).max(1) as f64
}

/// The common area as a share of the smaller one, from 0 to 1.
fn covered(a: &Rect, b: &Rect) -> f64 {
    a.intersection(b).area() as f64 / a.area().min(b.area()).max(1) as f64
}

/// Whether `point` lies in the shape or on its edge, whichever way round its corners run.
fn contains(shape: &Shape, point: Point) -> bool {
    let corners = shape.corners();
    let side = |n: usize| {
        let (a, b) = (corners[n], corners[(n + 1) % 4]);
        let cross = i64::from(b.x - a.x) * i64::from(point.y - a.y) - i64::from(b.y - a.y) * i64::from(point.x - a.x);
        cross.signum()
    };
    let sides = [side(0), side(1), side(2), side(3)];
    // Of corners that coincide every side is 0, and nothing lies inside.
    sides != [0; 4] && (sides.iter().all(|&s| s >= 0) || sides.iter().all(|&s| s <= 0))
}

/// Of two boxes around one thing; two people side by side share less.
const SAME_OVERLAP: f64 = 0.3;
/// Of a box inside another.
const COVERED: f64 = 0.7;
/// Of a human's box inside another's.
const PART_HEIGHT: f64 = 0.5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Kind, Payload};

    fn square(x: i32, y: i32, side: i32, engine: &'static str) -> Detection {
        let corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)].map(|(x, y)| Point { x, y });
        Detection::code(corners, Payload::new(b"x".to_vec(), None), engine)
    }

    #[test]
    fn the_same_code_seen_twice_counts_once_and_the_first_engine_keeps_it() {
        let mut found = vec![square(0, 0, 10, "first")];
        merge(&mut found, vec![square(1, 1, 11, "second"), square(30, 0, 10, "second")]);
        let engines: Vec<_> = found.iter().map(|d| d.engine).collect();
        assert_eq!(engines, ["first", "second"]);
    }

    #[test]
    fn two_codes_with_one_payload_are_two() {
        let mut found = vec![square(0, 0, 10, "first")];
        merge(&mut found, vec![square(12, 0, 10, "second")]);
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn corners_that_coincide_hold_nothing() {
        let nothing = square(5, 5, 0, "e").shape;
        assert!(!contains(&nothing, Point { x: 50, y: 50 }));
    }

    #[test]
    fn a_mirrored_code_still_contains_its_centre() {
        let mut corners = square(0, 0, 10, "e").shape.corners();
        corners.reverse();
        assert!(contains(&Shape::Quad(corners), Point { x: 5, y: 5 }));
        assert!(!contains(&Shape::Quad(corners), Point { x: 15, y: 5 }));
    }

    fn boxed(kind: Kind, (x, y, width, height): (i32, i32, i32, i32)) -> Detection {
        Detection { kind, ..Detection::face(Rect { x, y, width, height }, 1.0, "e") }
    }

    /// How many objects two boxes are.
    fn count(kind: Kind, a: (i32, i32, i32, i32), b: (i32, i32, i32, i32)) -> usize {
        let mut found = Vec::new();
        merge(&mut found, vec![boxed(kind, a), boxed(kind, b)]);
        found.len()
    }

    #[test]
    fn boxes_that_share_three_tenths_of_their_area_are_one() {
        // 13 columns of 10 against 7 in common: 7 / 13 > 0.3; 17 against 3: 3 / 17 < 0.3.
        for kind in [Kind::Face, Kind::Human] {
            assert_eq!(count(kind, (0, 0, 10, 10), (3, 0, 10, 10)), 1, "{kind}");
            assert_eq!(count(kind, (0, 0, 10, 10), (7, 0, 10, 10)), 2, "{kind}");
            // Exactly 0.3: 6 columns of 20 in common.
            assert_eq!(count(kind, (0, 0, 13, 10), (7, 0, 13, 10)), 1, "{kind}");
        }
    }

    #[test]
    fn a_face_inside_a_face_is_no_second_face() {
        assert_eq!(count(Kind::Face, (0, 0, 100, 100), (60, 60, 20, 20)), 1);
        // 14 of 20 columns inside: covered to 0.7; 13 are not enough.
        assert_eq!(count(Kind::Face, (0, 0, 100, 100), (86, 0, 20, 20)), 1);
        assert_eq!(count(Kind::Face, (0, 0, 100, 100), (87, 0, 20, 20)), 2);
    }

    #[test]
    fn a_child_before_a_grown_up_counts_and_half_a_body_does_not() {
        assert_eq!(count(Kind::Human, (0, 0, 80, 200), (20, 105, 36, 90)), 2);
        assert_eq!(count(Kind::Human, (0, 0, 80, 200), (20, 95, 40, 100)), 1);
    }

    #[test]
    fn two_people_side_by_side_are_two_and_a_face_is_not_a_human() {
        assert_eq!(count(Kind::Human, (0, 0, 40, 100), (25, 5, 40, 100)), 2);
        let mut found = vec![boxed(Kind::Human, (0, 0, 50, 50))];
        merge(&mut found, vec![boxed(Kind::Face, (0, 0, 50, 50))]);
        assert_eq!(found.len(), 2);
    }
}
