//! Compares what was read in the video with the truth beside it.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use xtask::report::Frame;
use xtask::score::{Hit, Judged, Kind, Outline, Tally};
use xtask::truth::{Truth, sights};

use crate::programs::fixture;
use crate::stream::expected;

/// Asserts that nothing false was read, that most readable codes were read, at the right place, and that they kept their
/// numbers.
pub(crate) fn compare(frames: &[Frame]) {
    let truth = Truth::load(Kind::Qr).expect("the truth is there");
    let judged = judge(&truth, frames);

    let (mut far, mut payloads) = (Vec::new(), BTreeSet::new());
    for ((frame, there), judged) in frames.iter().zip(&truth.frames).zip(&judged) {
        for (found, hit) in frame.detections.iter().zip(&judged.hits) {
            assert_ne!(*hit, Hit::False, "frame {}: {:?} was read, which is not in view", frame.seq, found.payload);
            payloads.insert(found.payload.clone());
            let alike = there.iter().filter(|sight| sight.payload == found.payload);
            let distance = alike.map(|code| farthest(&found.corners, &code.object.outline)).fold(f64::MAX, f64::min);
            if distance > NEAR_PX {
                far.push((frame.seq, found.payload.clone(), distance));
            }
        }
    }
    assert!(far.is_empty(), "found more than {NEAR_PX} px from where they are: {far:?}");
    let all: Tally = judged.iter().map(Judged::tally).sum();
    assert!(all.recall() >= Some(RECALL), "of the readable codes: {all:?}");
    let renumbered = truth.renumbered(frames.iter().map(|frame| frame.detections.as_slice()));
    assert!(renumbered <= RENUMBERED, "{renumbered} times a code got another number");
    let all: Vec<String> = payloads.into_iter().collect();
    assert_eq!(all, expected(fixtures::get("qr.mp4").expect("it is in the catalogue").codes));
}

/// Judges each picture of a video, in which only the truth's kind was looked for.
pub(crate) fn judge(truth: &Truth, frames: &[Frame]) -> Vec<Judged> {
    let found = frames.iter().map(|frame| frame.detections.as_slice());
    truth.judge(found).expect("every frame is in the report")
}

/// The corners of the codes in a still picture: top-left, top-right, bottom-right, bottom-left of each.
pub(crate) fn of_still(name: &str) -> Vec<[[f64; 2]; 4]> {
    let text = fs::read_to_string(fixture("jpeg.truth.json")).expect("the truth is there");
    let truth: Value = serde_json::from_str(&text).expect("the truth is JSON");
    let codes = sights(Kind::Qr, &truth[name]).expect("the still is in the truth");
    codes.iter().map(|code| code.object.outline.corners()).collect()
}

/// The largest distance between a corner and its true place.
fn farthest(found: &[[f64; 2]], truth: &Outline) -> f64 {
    assert_eq!(found.len(), 4);
    let distance = |(found, truth): (&[f64; 2], &[f64; 2])| (found[0] - truth[0]).hypot(found[1] - truth[1]);
    found.iter().zip(&truth.corners()).map(distance).fold(0.0, f64::max)
}

/// Readers round to whole pixels and take the symbol's edge from its blurred pattern.
const NEAR_PX: f64 = 12.0;
const RECALL: f64 = 0.9;
/// One code stays in view out of reach for so long that it is forgotten.
const RENUMBERED: usize = 1;
