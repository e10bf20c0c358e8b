//! Compares what was read in the video with the truth beside it.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use xtask::report::Frame;
use xtask::score::{self, Kind, Object, Outline, Tally};

use crate::programs::fixture;
use crate::stream::expected;

/// Asserts that nothing false was read, that most of the readable was, and that it was where it is.
pub(crate) fn compare(frames: &[Frame]) {
    let text = fs::read_to_string(fixture("qr.truth.json")).expect("the truth is there");
    let truth: Value = serde_json::from_str(&text).expect("the truth is JSON");
    let truth = truth["frames"].as_array().expect("the truth has a list of frames");
    assert_eq!(truth.len(), frames.len());

    let (mut readable, mut read, mut far) = (0, 0, Vec::new());
    let mut payloads = BTreeSet::new();
    for (frame, truth) in frames.iter().zip(truth) {
        let there = truth.as_array().expect("a frame has a list of codes");
        for found in &frame.detections {
            let Some(code) = there.iter().find(|code| code["text"] == found.payload.as_str()) else {
                panic!("frame {}: {:?} was read, which is not in view", frame.seq, found.payload)
            };
            payloads.insert(found.payload.clone());
            let distance = farthest(&found.corners, code);
            if distance > NEAR_PX {
                far.push((frame.seq, found.payload.clone(), distance));
            }
        }
        for code in there.iter().filter(|code| code["readable"] == true) {
            readable += 1;
            read += u32::from(frame.detections.iter().any(|found| code["text"] == found.payload.as_str()));
        }
    }
    assert!(far.is_empty(), "found more than {NEAR_PX} px from where they are: {far:?}");
    assert!(f64::from(read) >= f64::from(readable) * RECALL, "{read} of {readable} readable codes were read");
    let all: Vec<String> = payloads.into_iter().collect();
    assert_eq!(all, expected(fixtures::get("qr.mp4").expect("it is in the catalogue").codes));
}

/// Judges each picture of a video of faces or humans by the truth beside it.
pub(crate) fn judge(kind: Kind, truth: &str, frames: &[Frame]) -> Vec<Tally> {
    let text = fs::read_to_string(fixture(truth)).expect("the truth is there");
    let truth: Value = serde_json::from_str(&text).expect("the truth is JSON");
    let truth = truth["frames"].as_array().expect("the truth has a list of frames");
    assert_eq!(truth.len(), frames.len());
    let tally = |(truth, frame): (&Value, &Frame)| {
        let objects: Vec<Object> = truth.as_array().expect("a frame has a list").iter().map(object).collect();
        let hits: Vec<Outline> = frame.detections.iter().map(Outline::of).collect();
        score::judge(kind, &objects, &hits).tally()
    };
    truth.iter().zip(frames).map(tally).collect()
}

fn object(value: &Value) -> Object {
    let side = |at: usize| value["box"][at].as_f64().expect("a box has four numbers");
    let difficult = value["difficult"].as_bool().expect("it is said whether it is difficult");
    Object { outline: Outline::Rect([0, 1, 2, 3].map(side)), difficult }
}

/// The corners of the codes in a still picture: top-left, top-right, bottom-right, bottom-left of each.
pub(crate) fn of_still(name: &str) -> Vec<Vec<[f64; 2]>> {
    let text = fs::read_to_string(fixture("jpeg.truth.json")).expect("the truth is there");
    let truth: Value = serde_json::from_str(&text).expect("the truth is JSON");
    let codes = truth[name].as_array().expect("the still is in the truth");
    codes.iter().map(corners).collect()
}

/// The largest distance between a corner and its true place.
fn farthest(found: &[[f64; 2]], code: &Value) -> f64 {
    let truth = corners(code);
    assert_eq!((found.len(), truth.len()), (4, 4));
    let distance = |(found, truth): (&[f64; 2], &[f64; 2])| (found[0] - truth[0]).hypot(found[1] - truth[1]);
    found.iter().zip(&truth).map(distance).fold(0.0, f64::max)
}

fn corners(code: &Value) -> Vec<[f64; 2]> {
    let coordinate = |value: &Value| value.as_f64().expect("a coordinate is a number");
    let corners = code["corners"].as_array().expect("a code has corners");
    corners.iter().map(|corner| [coordinate(&corner[0]), coordinate(&corner[1])]).collect()
}

/// Readers round to whole pixels and take the symbol's edge from its blurred pattern.
const NEAR_PX: f64 = 12.0;
const RECALL: f64 = 0.9;
