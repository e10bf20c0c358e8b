//! One object found by several engines is one object.

use super::{Detection, Point, Shape};

/// Adds to `found` what `more` has and `found` has not; on a tie the earlier one stays.
///
/// Two hits are one object when the centre of either lies inside the other.
pub(crate) fn merge(found: &mut Vec<Detection>, more: Vec<Detection>) {
    for candidate in more {
        if !found.iter().any(|known| is_same(known, &candidate)) {
            found.push(candidate);
        }
    }
}

fn is_same(a: &Detection, b: &Detection) -> bool {
    a.kind == b.kind && is_same_place(&a.shape, &b.shape)
}

/// Whether the centre of either lies inside the other.
pub(crate) fn is_same_place(a: &Shape, b: &Shape) -> bool {
    contains(a, b.centre()) || contains(b, a.centre())
}

/// Whether `point` lies in the shape or on its edge, whichever way round its corners run.
fn contains(shape: &Shape, point: Point) -> bool {
    let Shape::Quad(corners) = shape;
    let side = |n: usize| {
        let (a, b) = (corners[n], corners[(n + 1) % 4]);
        let cross = i64::from(b.x - a.x) * i64::from(point.y - a.y) - i64::from(b.y - a.y) * i64::from(point.x - a.x);
        cross.signum()
    };
    let sides = [side(0), side(1), side(2), side(3)];
    // Of corners that coincide every side is 0, and nothing lies inside.
    sides != [0; 4] && (sides.iter().all(|&s| s >= 0) || sides.iter().all(|&s| s <= 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Kind, Payload};

    fn square(x: i32, y: i32, side: i32, engine: &'static str) -> Detection {
        let corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)].map(|(x, y)| Point { x, y });
        let payload = Some(Payload::new(b"x".to_vec(), None));
        Detection { kind: Kind::Qr, shape: Shape::Quad(corners), payload, engine }
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
        let Shape::Quad(mut corners) = square(0, 0, 10, "e").shape;
        corners.reverse();
        assert!(contains(&Shape::Quad(corners), Point { x: 5, y: 5 }));
        assert!(!contains(&Shape::Quad(corners), Point { x: 15, y: 5 }));
    }
}
