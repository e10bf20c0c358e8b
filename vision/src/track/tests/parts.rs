//! Answers of searches that leave something out.

use super::*;
use crate::detect::{Part, Rect};

const ALL: Rect = Rect { x: 0, y: 0, width: 1000, height: 1000 };

/// What a search of the columns from 0 to 199 found, as squares with these centres.
fn left_half(centres: &[(i32, i32)]) -> Answer {
    let area = Rect { x: 0, y: 0, width: 200, height: 1000 };
    let found = centres.iter().map(|&(x, y)| square(x, y, 40)).collect();
    Answer {
        found,
        followed: Vec::new(),
        searched: Searched::Parts { picture: ALL, parts: vec![Part { area, heights: 0..=1000 }] },
    }
}

/// The left edge of each object, and when it was last found.
fn places(objects: &[Detection]) -> Vec<(i32, Option<u64>)> {
    objects.iter().map(|object| (object.shape.bounds().x, object.last_found)).collect()
}

#[test]
fn an_object_that_was_left_out_moves_on_with_its_number() {
    let mut tracker = Tracker::default();
    numbers(&mut tracker, 0, &[(100, 100), (400, 100)]);
    numbers(&mut tracker, 1, &[(100, 100), (410, 100)]);
    let objects = tracker.answer(Kind::Qr, 4, left_half(&[(100, 100)]));
    assert_eq!(places(&objects), [(80, None), (420, Some(1))]);
    assert_eq!(objects.iter().map(|object| object.track).collect::<Vec<_>>(), [Some(1), Some(2)]);
    assert!(tracker.at(Kind::Qr, 4).all(|object| object.sight == Sight::Seen));
    assert_eq!(numbers(&mut tracker, 5, &[(450, 100)]), [2]);
}

#[test]
fn an_object_that_a_search_should_have_found_is_missed() {
    let mut tracker = Tracker::default();
    numbers(&mut tracker, 0, &[(100, 100), (400, 100)]);
    let objects = tracker.answer(Kind::Qr, 1, left_half(&[]));
    assert_eq!(places(&objects), [(380, Some(0))]);
    // It is not there for a later search that leaves it out either.
    update(&mut tracker, Kind::Qr, 2, &mut []);
    assert_eq!(tracker.answer(Kind::Qr, 3, left_half(&[])), []);
}

#[test]
fn what_is_left_out_for_long_is_not_believed() {
    let mut tracker = Tracker::default();
    numbers(&mut tracker, 0, &[(400, 100)]);
    assert_eq!(tracker.answer(Kind::Qr, 45, left_half(&[])).len(), 1);
    assert_eq!(tracker.answer(Kind::Qr, 46, left_half(&[])), []);
}

#[test]
fn an_object_that_reaches_into_the_search_is_not_counted_twice() {
    let mut tracker = Tracker::default();
    numbers(&mut tracker, 0, &[(210, 100)]);
    // Three times as large: too different for the assignment, and too much in common for two objects.
    let mut answer = left_half(&[]);
    answer.found.push(square(205, 100, 72));
    assert_eq!(places(&tracker.answer(Kind::Qr, 1, answer)).len(), 1);
}

#[test]
fn an_object_that_was_followed_is_where_it_is_seen() {
    let mut tracker = Tracker::default();
    numbers(&mut tracker, 0, &[(400, 100)]);
    let followed = |x, at| (Answer { followed: vec![square(x, 100, 40)], ..left_half(&[]) }, at);
    for (answer, at) in [followed(410, 1), followed(420, 2)] {
        let objects = tracker.answer(Kind::Qr, at, answer);
        assert_eq!((places(&objects), objects[0].track), (vec![(380 + 10 * at as i32, Some(0))], Some(1)));
    }
    // Its motion goes on from where it was followed to.
    assert_eq!(places(&tracker.answer(Kind::Qr, 3, left_half(&[]))), [(410, Some(0))]);
}

#[test]
fn an_object_that_has_left_the_picture_is_missed() {
    let mut tracker = Tracker::default();
    for n in 0..3 {
        numbers(&mut tracker, n, &[(960 + 20 * n as i32, 100)]);
    }
    assert_eq!(tracker.answer(Kind::Qr, 3, left_half(&[])), []);
}
