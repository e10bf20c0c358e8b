//! How single values of a line are written.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Serialize, Serializer};
use vision::{Detection, Kind, Payload, Point, Rect, Shape};

use crate::event::{Drawn, Sighting};

pub(super) fn sightings<S: Serializer>(seen: &&[Sighting], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(seen.iter().map(|Sighting { payload, first, last, frames }| SightingFields {
        payload: payload.into(),
        first: *first,
        last: *last,
        frames: *frames,
    }))
}

#[derive(Serialize)]
struct SightingFields<'a> {
    #[serde(flatten)]
    payload: PayloadFields<'a>,
    first: u64,
    last: u64,
    frames: u64,
}

pub(super) fn by_name<S: Serializer>(counts: &&BTreeMap<Kind, usize>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(kind, count)| (kind.name(), count)))
}

pub(super) fn detections<S: Serializer>(found: &&[Detection], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(found.iter().map(DetectionLine::from))
}

#[derive(Serialize)]
pub(super) struct DetectionLine<'a> {
    kind: &'static str,
    #[serde(rename = "box")]
    bounds: [i32; 4],
    /// Only for what need not be an upright rectangle.
    #[serde(skip_serializing_if = "Option::is_none")]
    corners: Option<[[i32; 2]; 4]>,
    #[serde(flatten)]
    payload: Option<PayloadFields<'a>>,
    /// To a hundredth.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    engine: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_found: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    track: Option<u32>,
}

#[derive(Serialize)]
struct DrawnLine {
    kind: &'static str,
    #[serde(rename = "box")]
    bounds: [i32; 4],
    #[serde(skip_serializing_if = "Option::is_none")]
    track: Option<u32>,
    age_ms: f64,
}

pub(super) fn drawn<S: Serializer>(objects: &Option<&[Drawn]>, serializer: S) -> Result<S::Ok, S::Error> {
    let line = |&Drawn { kind, bounds: Rect { x, y, width, height }, track, age }: &Drawn| DrawnLine {
        kind: kind.name(),
        bounds: [x, y, width, height],
        track,
        age_ms: tenths_of_ms(age),
    };
    serializer.collect_seq(objects.iter().copied().flatten().map(line))
}

/// In milliseconds to a tenth.
pub(super) fn tenths_of_ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e4).round() / 10.0
}

#[derive(Serialize)]
struct PayloadFields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// The payload's bytes, where the text does not say them exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_base64: Option<String>,
}

impl<'a> From<&'a Payload> for PayloadFields<'a> {
    fn from(payload: &'a Payload) -> Self {
        let bytes_base64 = (!payload.is_utf8()).then(|| BASE64_STANDARD.encode(payload.bytes()));
        Self { text: payload.text(), bytes_base64 }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
pub(super) fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl<'a> From<&'a Detection> for DetectionLine<'a> {
    fn from(detection: &'a Detection) -> Self {
        let Rect { x, y, width, height } = detection.shape.bounds();
        let corners = match detection.shape {
            Shape::Quad(corners) => Some(corners.map(|Point { x, y }| [x, y])),
            Shape::Rect(_) => None,
        };
        Self {
            kind: detection.kind.name(),
            bounds: [x, y, width, height],
            corners,
            payload: detection.payload.as_ref().map(PayloadFields::from),
            score: detection.score.map(|score| (f64::from(score) * 100.0).round() / 100.0),
            engine: detection.engine,
            last_found: detection.last_found,
            track: detection.track,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_come_as_base64() {
        let shape = Shape::Quad([Point { x: 0, y: 0 }; 4]);
        let payload = Some(Payload::new(vec![0xFF, 0xFE], None));
        let code = Detection { payload, ..Detection::new(Kind::Qr, shape, "zxing") };
        let line = serde_json::to_value(DetectionLine::from(&code)).unwrap();
        assert_eq!((line.get("text"), line["bytes_base64"].as_str()), (None, Some("//4=")));
    }

    #[test]
    fn a_face_has_a_box_and_a_score_and_no_corners() {
        let shape = Shape::Rect(Rect { x: -1, y: 2, width: 30, height: 40 });
        let face = Detection { score: Some(12.345), ..Detection::new(Kind::Face, shape, "seeta") };
        let line = serde_json::to_string(&DetectionLine::from(&face)).unwrap();
        assert_eq!(line, r#"{"kind":"face","box":[-1,2,30,40],"score":12.35,"engine":"seeta"}"#);
    }
}
