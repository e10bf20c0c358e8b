//! How far the drawn boxes are off when answers come late: the box in the shown frame against the truth of that frame.

use super::*;
use crate::detect::Rect;

/// One answer every `every` frames, known `delay` frames after the frame that it is about.
#[derive(Debug, Clone, Copy)]
struct Rhythm {
    every: u64,
    delay: u64,
}

/// At 30 frames a second a detector that answers 7 times a second, one that answers 15 times, one that answers twice.
const RHYTHMS: [Rhythm; 3] =
    [Rhythm { every: 4, delay: 6 }, Rhythm { every: 2, delay: 3 }, Rhythm { every: 15, delay: 20 }];

/// For each frame the box of each walker.
type Truth = Vec<Vec<Rect>>;

/// Walkers of 40 × 100 pixels, 4 pixels a frame, in both directions, for 6 seconds.
fn walkers() -> Truth {
    let place = |n: i32| {
        let walker = |x, y| Rect { x, y, width: 40, height: 100 };
        vec![walker(4 * n, 0), walker(1000 - 4 * n, 150), walker(3 * n, 300 + 3 * n)]
    };
    (0..180).map(place).collect()
}

/// Boxes as an imprecise detector finds them: up to `most` pixels off, at random.
fn jittered(truth: &Truth, most: i32) -> Truth {
    let mut seed = 1_u32;
    let mut off = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) as i32 % (2 * most + 1) - most
    };
    let moved = |rect: &Rect, dx, dy| Rect { x: rect.x + dx, y: rect.y + dy, ..*rect };
    truth.iter().map(|boxes| boxes.iter().map(|rect| moved(rect, off(), off())).collect()).collect()
}

/// The walkers of fixture `humans.mp4`, in a room through which the camera moves too.
fn street() -> Truth {
    let truth = fixtures::get("humans.mp4").unwrap().path().with_file_name("humans.truth.json");
    let truth: serde_json::Value = serde_json::from_slice(&std::fs::read(truth).unwrap()).unwrap();
    let rect = |human: &serde_json::Value| {
        let [x, y, width, height] = [0, 1, 2, 3].map(|n| human["box"][n].as_f64().unwrap().round() as i32);
        Rect { x, y, width, height }
    };
    let frame = |frame: &serde_json::Value| frame.as_array().unwrap().iter().map(rect).collect();
    truth["frames"].as_array().unwrap().iter().map(frame).collect()
}

/// From the second second on, how far each drawn box is from the truth, in widths of the box, in ascending order.
///
/// `found` are the boxes as the detector sees them; `is_missed` says which walker it misses in which of its answers.
fn errors(truth: &Truth, found: &Truth, rhythm: Rhythm, is_missed: impl Fn(u64, usize) -> bool) -> Vec<f64> {
    let mut tracker = Tracker::default();
    let mut numbers = vec![None; truth[0].len()];
    let mut errors = Vec::new();
    for (shown, boxes) in (0..).zip(truth) {
        if let Some(at) = u64::checked_sub(shown, rhythm.delay).filter(|at| at.is_multiple_of(rhythm.every)) {
            let seen: Vec<usize> = (0..boxes.len()).filter(|&n| !is_missed(at / rhythm.every, n)).collect();
            let human = |&n: &usize| Detection::human(found[at as usize][n], 1.0, "test");
            let mut answer: Vec<_> = seen.iter().map(human).collect();
            update(&mut tracker, Kind::Human, at, &mut answer);
            seen.iter().zip(answer).for_each(|(&n, human)| numbers[n] = human.track);
        }
        let drawn: Vec<Tracked> = tracker.at(Kind::Human, shown).collect();
        for (rect, number) in boxes.iter().zip(&numbers).filter(|_| shown >= rhythm.delay + 30) {
            let drawn = drawn.iter().find(|tracked| tracked.detection.track == *number).unwrap();
            let (drawn, there) = (drawn.detection.shape.bounds(), rect);
            let off = f64::from(drawn.x - there.x).hypot(f64::from(drawn.y - there.y));
            errors.push(off / f64::from(there.width));
        }
    }
    errors.sort_by(f64::total_cmp);
    errors
}

/// The error that nine in ten do not exceed.
fn p90(errors: &[f64]) -> f64 {
    errors[errors.len() * 9 / 10]
}

#[test]
fn boxes_keep_up_with_steady_walkers() {
    let truth = walkers();
    for rhythm in RHYTHMS {
        let off = p90(&errors(&truth, &truth, rhythm, |_, _| false));
        assert!(off <= 0.05, "{rhythm:?}: {off:.2} widths");
    }
}

#[test]
fn boxes_keep_up_with_walkers_that_are_found_a_few_pixels_off() {
    let truth = walkers();
    for rhythm in RHYTHMS {
        let off = p90(&errors(&truth, &jittered(&truth, 3), rhythm, |_, _| false));
        assert!(off <= 0.25, "{rhythm:?}: {off:.2} widths");
    }
}

#[test]
fn boxes_keep_up_with_walkers_that_one_answer_in_five_misses() {
    let truth = walkers();
    for rhythm in RHYTHMS {
        let off =
            p90(&errors(&truth, &jittered(&truth, 3), rhythm, |answer, n| (answer as usize + n).is_multiple_of(5)));
        assert!(off <= 0.25, "{rhythm:?}: {off:.2} widths");
    }
}

#[test]
fn boxes_follow_people_who_turn_while_the_camera_moves() {
    let truth = street();
    for (rhythm, most) in RHYTHMS.into_iter().zip([0.4, 0.2]) {
        let off = p90(&errors(&truth, &truth, rhythm, |_, _| false));
        assert!(off <= most, "{rhythm:?}: {off:.2} widths");
    }
}

#[test]
fn a_walker_that_is_no_longer_found_does_not_run_away() {
    for Rhythm { every, .. } in RHYTHMS {
        let mut tracker = Tracker::default();
        let gone_at = 10 * every;
        for at in (0..40 * every).step_by(every as usize) {
            let walker = Rect { x: 4 * at as i32, y: 0, width: 40, height: 100 };
            let mut answer = vec![Detection::human(walker, 1.0, "test")];
            answer.truncate(usize::from(at < gone_at));
            update(&mut tracker, Kind::Human, at, &mut answer);
            for shown in (at.max(gone_at)..at + 2 * every).filter(|_| at >= gone_at) {
                let Some(tracked) = tracker.at(Kind::Human, shown).next() else { continue };
                let moved = tracked.detection.shape.bounds().x - 4 * (gone_at - every) as i32;
                assert!(moved <= 4 * LEAST_HORIZON.max(INTERVALS_FORESEEN * every) as i32, "{moved} pixels");
                assert_eq!(tracked.opacity > 0.0, shown < gone_at + 15, "frame {shown}, missed since {gone_at}");
            }
        }
    }
}
