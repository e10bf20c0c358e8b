//! Many objects at once: what following them costs, and that it is bounded.

use std::time::{Duration, Instant};

use super::*;
use crate::track::assign::assign;

/// 300 codes in rows of 20, `n` frames on; `text` is what each says.
fn crowd(n: u64, text: impl Fn(usize) -> String) -> Vec<Detection> {
    let place = |k: usize| ((k % 20 * 32) as i32 + n as i32, (k / 20 * 32) as i32);
    let each = |k| {
        let (x, y) = place(k);
        let half = 12;
        let corners = [(-half, -half), (half, -half), (half, half), (-half, half)];
        let payload = Payload::new(text(k).into_bytes(), None);
        Detection::code(corners.map(|(dx, dy)| Point { x: x + dx, y: y + dy }), payload, "test")
    };
    (0..300).map(each).collect()
}

/// What pairing 300 codes with those of the frame before costs.
fn work(text: impl Fn(u64, usize) -> String) -> usize {
    let frame = |n| crowd(n, |k| text(n, k));
    let (before, now) = (frame(0), frame(1));
    let items = |found: &'static [Detection]| found.iter().map(item).collect::<Vec<_>>();
    let [before, now] = [before, now].map(|found| items(found.leak()));
    assign(&before, &now).work
}

#[test]
fn codes_that_differ_cost_no_comparison_and_codes_that_are_alike_only_their_neighbours() {
    assert_eq!(work(|_, k| k.to_string()), 0);
    assert_eq!(work(|n, k| format!("{n} {k}")), 0);
    // Three columns to either side are near enough to be compared: of 90,000 pairs a third.
    let alike = work(|_, _| "alike".to_owned());
    assert!((300..45_000).contains(&alike), "{alike}");
}

#[test]
fn codes_that_are_alike_keep_their_numbers_while_they_move_together() {
    let mut tracker = Tracker::default();
    for n in 0..10 {
        let mut found = crowd(3 * n, |_| "alike".to_owned());
        update(&mut tracker, Kind::Qr, n, &mut found);
        assert!(found.iter().zip(1..).all(|(code, number)| code.track == Some(number)), "frame {n}");
    }
}

#[test]
fn the_objects_that_are_remembered_are_bounded_and_the_latest_stay() {
    let mut tracker = Tracker::default();
    for n in 0..20 {
        update(&mut tracker, Kind::Qr, n, &mut crowd(n, |k| format!("{n} {k}")));
    }
    update(&mut tracker, Kind::Face, 20, &mut [square(0, 0, 40)]);
    assert_eq!(tracker.at(Kind::Qr, 20).count(), MOST_TRACKS);
    assert_eq!(tracker.at(Kind::Qr, 20).filter(|tracked| tracked.sight == Sight::Seen).count(), 300);
    assert_eq!(tracker.at(Kind::Face, 20).count(), 1);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the time is what is tested")]
fn three_hundred_codes_a_frame_that_always_change_are_followed_at_once() {
    let mut tracker = Tracker::default();
    let started = Instant::now();
    for n in 0..60 {
        update(&mut tracker, Kind::Qr, n, &mut crowd(n, |k| format!("{n} {k}")));
    }
    // It took minutes while each code was compared with all those of the last 60 frames.
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
