//! Tracks on known paths.

mod crowd;
mod follow;
mod parts;

use super::*;
use crate::detect::{Payload, Point, Shape};

/// A square of `side` around (`x`, `y`), anonymous.
fn square(x: i32, y: i32, side: i32) -> Detection {
    let half = side / 2;
    let corners = [(-half, -half), (half, -half), (half, half), (-half, half)];
    let shape = Shape::Quad(corners.map(|(dx, dy)| Point { x: x + dx, y: y + dy }));
    Detection::new(Kind::Qr, shape, "test")
}

/// Answers with all that there is in frame `at`, and numbers it.
fn update(tracker: &mut Tracker, kind: Kind, at: u64, found: &mut [Detection]) {
    found.clone_from_slice(&tracker.answer(kind, at, found.to_vec().into()));
}

/// The numbers given to the objects whose centres are listed for frame `n`.
fn numbers(tracker: &mut Tracker, n: u64, centres: &[(i32, i32)]) -> Vec<u32> {
    let mut found: Vec<_> = centres.iter().map(|&(x, y)| square(x, y, 40)).collect();
    update(tracker, Kind::Qr, n, &mut found);
    found.into_iter().map(|detection| detection.track.unwrap()).collect()
}

#[test]
fn an_object_keeps_its_number_while_it_moves() {
    let mut tracker = Tracker::default();
    for n in 0..60 {
        assert_eq!(numbers(&mut tracker, n, &[(50 + 9 * n as i32, 100)]), [1]);
    }
}

#[test]
fn a_miss_of_a_few_frames_does_not_end_a_track() {
    let mut tracker = Tracker::default();
    for n in 0..10 {
        numbers(&mut tracker, n, &[(50 + 9 * n as i32, 100)]);
    }
    for n in 10..15 {
        numbers(&mut tracker, n, &[]);
    }
    assert_eq!(numbers(&mut tracker, 15, &[(50 + 9 * 15, 100)]), [1]);
}

#[test]
fn an_object_whose_detector_no_longer_answers_fades() {
    let mut tracker = Tracker::default();
    numbers(&mut tracker, 0, &[(50, 100)]);
    let opacity = |at| tracker.at(Kind::Qr, at).next().unwrap().opacity;
    assert_eq!((opacity(45), opacity(60), opacity(500)), (1.0, 0.0, 0.0));
}

#[test]
fn an_object_is_seen_until_its_detector_answers_without_it() {
    let mut tracker = Tracker::default();
    let sight = |tracker: &Tracker, at| tracker.at(Kind::Qr, at).next().unwrap().sight;
    numbers(&mut tracker, 0, &[(50, 100)]);
    assert_eq!([sight(&tracker, 0), sight(&tracker, 40)], [Sight::Seen; 2]);
    numbers(&mut tracker, 4, &[]);
    assert_eq!(sight(&tracker, 4), Sight::Expected);
    numbers(&mut tracker, 8, &[]);
    assert_eq!(sight(&tracker, 10), Sight::Expected);
    numbers(&mut tracker, 12, &[(50, 100)]);
    assert_eq!(sight(&tracker, 14), Sight::Seen);
}

#[test]
fn an_answer_about_one_kind_misses_no_track_of_another() {
    let mut tracker = Tracker::default();
    numbers(&mut tracker, 0, &[(50, 100)]);
    update(&mut tracker, Kind::Face, 1, &mut []);
    assert_eq!(tracker.at(Kind::Qr, 1).next().unwrap().sight, Sight::Seen);
}

#[test]
fn an_object_that_comes_back_after_two_seconds_is_a_new_one() {
    let mut tracker = Tracker::default();
    numbers(&mut tracker, 0, &[(50, 100)]);
    assert_eq!(numbers(&mut tracker, 61, &[(50, 100)]), [2]);
}

#[test]
fn two_objects_that_cross_keep_their_numbers() {
    let mut tracker = Tracker::default();
    for n in 0..60 {
        let x = 10 * n as i32;
        // They pass each other at half their height's distance, and the detector lists them from left to right.
        let (right, left) = ((100 + x, 100), (690 - x, 120));
        let order = if right.0 <= left.0 { [right, left] } else { [left, right] };
        let given = numbers(&mut tracker, n, &order);
        let want = if right.0 <= left.0 { [1, 2] } else { [2, 1] };
        assert_eq!(given, want, "frame {n}");
    }
}

#[test]
fn two_objects_that_cross_behind_a_miss_keep_their_numbers() {
    let mut tracker = Tracker::default();
    for n in 0..60 {
        let x = 10 * n as i32;
        let (right, left) = ((100 + x, 100), (690 - x, 112));
        let hidden = (right.0 - left.0).abs() < 40;
        let given = if hidden { numbers(&mut tracker, n, &[]) } else { numbers(&mut tracker, n, &[left, right]) };
        assert!(given.is_empty() && hidden || given == [1, 2], "frame {n}: {given:?}");
    }
}

#[test]
fn codes_with_different_payloads_are_never_one_object() {
    let mut tracker = Tracker::default();
    let mut first = [square(100, 100, 40)];
    first[0].payload = Some(Payload::new(b"a".to_vec(), None));
    update(&mut tracker, Kind::Qr, 0, &mut first);
    let mut second = [square(100, 100, 40)];
    second[0].payload = Some(Payload::new(b"b".to_vec(), None));
    update(&mut tracker, Kind::Qr, 1, &mut second);
    assert_eq!(second[0].track, Some(2));
}

/// The same square with a payload.
fn code(x: i32, y: i32, text: &str) -> Detection {
    Detection { payload: Some(Payload::new(text.as_bytes().to_vec(), None)), ..square(x, y, 40) }
}

#[test]
fn a_code_keeps_its_number_however_fast_the_robot_turns() {
    let mut tracker = Tracker::default();
    for (n, x) in [(0, 50), (1, 50), (2, 200), (3, 360), (8, 900), (9, 60)] {
        let mut found = [code(x, 100, "a"), code(x + 50, 100, "b")];
        update(&mut tracker, Kind::Qr, n, &mut found);
        assert_eq!(found.map(|code| code.track), [Some(1), Some(2)], "frame {n}");
    }
}

#[test]
fn a_code_that_is_suddenly_elsewhere_stays_there() {
    let mut tracker = Tracker::default();
    for (n, x) in [(0, 50), (1, 50), (2, 510)] {
        update(&mut tracker, Kind::Qr, n, &mut [code(x, 100, "a")]);
    }
    update(&mut tracker, Kind::Qr, 3, &mut []);
    let centres = |at| tracker.at(Kind::Qr, at).map(|tracked| tracked.detection.shape.centre()).collect::<Vec<_>>();
    assert_eq!([centres(2), centres(3), centres(9)], [2, 3, 9].map(|_| vec![Point { x: 510, y: 100 }]));
}

#[test]
fn of_two_codes_that_say_the_same_a_distant_one_is_another() {
    let mut tracker = Tracker::default();
    let mut update = |n, places: &[i32]| {
        let mut found: Vec<Detection> = places.iter().map(|&x| code(x, 100, "a")).collect();
        update(&mut tracker, Kind::Qr, n, &mut found);
        found.into_iter().filter_map(|code| code.track).collect::<Vec<_>>()
    };
    assert_eq!(update(0, &[50, 400]), [1, 2]);
    assert_eq!(update(1, &[402, 52]), [2, 1]);
    // Which of the two would this be?
    assert_eq!(update(2, &[800]), [3]);
}

#[test]
fn the_codes_of_the_drive_keep_their_numbers_while_they_are_in_view() {
    let truth = fixtures::get("qr.mp4").unwrap().path().with_file_name("qr.truth.json");
    let truth: serde_json::Value = serde_json::from_slice(&std::fs::read(truth).unwrap()).unwrap();
    let mut tracker = Tracker::default();
    let mut last: std::collections::HashMap<String, (u64, u32)> = std::collections::HashMap::new();
    for (n, codes) in (0..).zip(truth["frames"].as_array().unwrap()) {
        let mut found: Vec<Detection> = codes.as_array().unwrap().iter().map(truly).collect();
        update(&mut tracker, Kind::Qr, n, &mut found);
        for code in found {
            let (text, number) = (code.payload.unwrap().to_string(), code.track.unwrap());
            if let Some((seen, before)) = last.insert(text.clone(), (n, number)) {
                assert!(before == number || n - seen > FORGOTTEN_AFTER, "frame {n}: {text} was {before}, is {number}");
            }
        }
    }
    assert_eq!(last.len(), 6, "{last:?}");
}

/// A code as the truth beside the video has it.
fn truly(code: &serde_json::Value) -> Detection {
    let corner = |n: usize| {
        let at = |axis: usize| code["corners"][n][axis].as_f64().unwrap() as i32;
        Point { x: at(0), y: at(1) }
    };
    let payload = Some(Payload::new(code["text"].as_str().unwrap().as_bytes().to_vec(), None));
    Detection { payload, shape: Shape::Quad([0, 1, 2, 3].map(corner)), ..square(0, 0, 2) }
}

#[test]
fn a_jump_across_the_picture_is_another_object() {
    let mut tracker = Tracker::default();
    numbers(&mut tracker, 0, &[(50, 100)]);
    assert_eq!(numbers(&mut tracker, 1, &[(400, 100)]), [2]);
}

#[test]
fn between_answers_a_box_moves_on_with_its_object() {
    let mut tracker = Tracker::default();
    for n in 0..30 {
        numbers(&mut tracker, n, &[(50 + 9 * n as i32, 100)]);
    }
    let tracked: Vec<_> = tracker.at(Kind::Qr, 32).collect();
    let centre = tracked[0].detection.shape.centre();
    let want = 50 + 9 * 32;
    assert!((centre.x - want).abs() <= 1 && centre.y == 100, "{centre:?}, wanted {want}, 100");
    assert_eq!(tracked[0].opacity, 1.0);
}

#[test]
fn a_box_is_where_it_was_seen_in_its_own_picture() {
    let mut tracker = Tracker::default();
    for n in 0..10 {
        numbers(&mut tracker, n, &[(50 + 9 * n as i32, 100)]);
    }
    let tracked: Vec<_> = tracker.at(Kind::Qr, 9).collect();
    assert_eq!(tracked[0].detection.shape.centre(), Point { x: 50 + 81, y: 100 });
}

#[test]
fn an_object_that_is_missed_fades() {
    let mut tracker = Tracker::default();
    numbers(&mut tracker, 0, &[(50, 100)]);
    numbers(&mut tracker, 3, &[]);
    let tracked: Vec<_> = tracker.at(Kind::Qr, 6).collect();
    assert_eq!(tracked[0].opacity, 0.8);
}

#[test]
fn a_tag_is_recognised_by_its_id_however_far_it_has_moved() {
    let tag = |id: u32, x: f64| {
        let corners = [[x, 0.0], [x + 40.0, 0.0], [x + 40.0, 40.0], [x, 40.0]];
        let family = crate::TagFamily::Tag36h11;
        Detection::tag(crate::Tag { family, id, corners, hamming: 0, margin: 80.0, pose: None }, "test")
    };
    let mut tracker = Tracker::default();
    let mut numbers = |at: u64, mut found: [Detection; 2]| {
        update(&mut tracker, Kind::Tag, at, &mut found);
        found.map(|tag| tag.track.unwrap())
    };
    let first = numbers(0, [tag(7, 0.0), tag(8, 100.0)]);
    // They have changed places, and more.
    assert_eq!(numbers(1, [tag(8, 0.0), tag(7, 600.0)]), [first[1], first[0]]);
    assert_ne!(numbers(2, [tag(8, 0.0), tag(9, 600.0)])[1], first[0]);
}
