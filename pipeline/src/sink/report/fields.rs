//! How single values of a line are written.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Serialize, Serializer};
use vision::{Detection, KEYPOINTS, Kind, Payload, Point, Rect, Shape, Tag, TagPose};

use crate::event::{Drawn, Sighting};

pub(super) fn sightings<S: Serializer>(seen: &[Sighting], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(seen.iter().map(|Sighting { payload, first, last, frames }| SightingFields {
        payload: payload.into(),
        first: *first,
        last: *last,
        frames: *frames,
    }))
}

/// One sighting of each payload, from its first frame to its last: when one ends and another begins is a matter of time.
pub(super) fn by_payload(seen: &[Sighting]) -> Vec<Sighting> {
    let mut merged: Vec<Sighting> = Vec::new();
    let mut place = HashMap::new();
    for sighting in seen {
        let at = *place.entry(&sighting.payload).or_insert(merged.len());
        match merged.get_mut(at) {
            Some(whole) => (whole.last, whole.frames) = (sighting.last, whole.frames + sighting.frames),
            None => merged.push(sighting.clone()),
        }
    }
    merged
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
    corners: Option<Corners>,
    #[serde(flatten)]
    tag: Option<TagFields>,
    #[serde(flatten)]
    payload: Option<PayloadFields<'a>>,
    /// To a hundredth.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    /// Of humans, from engines that know them.
    #[serde(skip_serializing_if = "Option::is_none")]
    keypoints: Option<[[i32; 2]; KEYPOINTS]>,
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
#[serde(untagged)]
enum Corners {
    Whole([[i32; 2]; 4]),
    /// Of a tag: to a hundredth of a pixel.
    Exact([[f64; 2]; 4]),
}

#[derive(Serialize)]
struct TagFields {
    family: &'static str,
    id: u32,
    hamming: u8,
    margin: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pose: Option<PoseFields>,
}

#[derive(Serialize)]
struct PoseFields {
    /// In metres.
    position: [f64; 3],
    rotation: Quaternion,
    error_px: f64,
    ambiguity: f64,
}

/// With names, because some write `w` first and some last.
#[derive(Serialize)]
struct Quaternion {
    w: f64,
    x: f64,
    y: f64,
    z: f64,
}

impl From<&Tag> for TagFields {
    fn from(Tag { family, id, hamming, margin, pose, .. }: &Tag) -> Self {
        let margin = rounded(f64::from(*margin), 1);
        Self { family: family.name(), id: *id, hamming: *hamming, margin, pose: pose.as_ref().map(PoseFields::from) }
    }
}

impl From<&TagPose> for PoseFields {
    fn from(pose: &TagPose) -> Self {
        let [w, x, y, z] = pose.rotation.map(|value| rounded(value, 4));
        Self {
            position: pose.position.map(|metres| rounded(metres, 4)),
            rotation: Quaternion { w, x, y, z },
            error_px: rounded(pose.error_px, 2),
            ambiguity: rounded(pose.ambiguity, 2),
        }
    }
}

/// More digits are noise.
fn rounded(value: f64, digits: i32) -> f64 {
    let by = 10_f64.powi(digits);
    let rounded = (value * by).round() / by;
    // There is no minus in front of nothing.
    if rounded == 0.0 { 0.0 } else { rounded }
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
            Shape::Quad(corners) => Some(Corners::Whole(corners.map(|Point { x, y }| [x, y]))),
            Shape::Rect(_) => None,
        };
        let tag = detection.tag.as_deref();
        let exact = tag.map(|tag| Corners::Exact(tag.corners.map(|corner| corner.map(|value| rounded(value, 2)))));
        Self {
            kind: detection.kind.name(),
            bounds: [x, y, width, height],
            corners: exact.or(corners),
            tag: tag.map(TagFields::from),
            payload: detection.payload.as_ref().map(PayloadFields::from),
            score: detection.score.map(|score| rounded(f64::from(score), 2)),
            keypoints: detection.keypoints.map(|points| points.map(|Point { x, y }| [x, y])),
            engine: detection.engine,
            last_found: detection.last_found,
            track: detection.track,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vision::TagFamily;

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

    #[test]
    fn a_tag_has_its_corners_to_a_hundredth_and_its_pose_in_metres() {
        let corners = [[10.004, 20.0], [50.256, 20.0], [50.0, 60.0], [10.0, 60.0]];
        let pose = TagPose {
            position: [-0.000_01, 0.123_46, 1.5],
            rotation: [1.0, 0.0, 0.0, 0.0],
            error_px: 0.126,
            ambiguity: 0.5,
        };
        let tag = Tag { family: TagFamily::Tag36h11, id: 7, corners, hamming: 1, margin: 81.26, pose: Some(pose) };
        let line = serde_json::to_string(&DetectionLine::from(&Detection::tag(tag, "apriltag"))).unwrap();
        let want = concat!(
            r#"{"kind":"tag","box":[10,20,40,40],"corners":[[10.0,20.0],[50.26,20.0],[50.0,60.0],[10.0,60.0]],"#,
            r#""family":"36h11","id":7,"hamming":1,"margin":81.3,"pose":{"position":[0.0,0.1235,1.5],"#,
            r#""rotation":{"w":1.0,"x":0.0,"y":0.0,"z":0.0},"error_px":0.13,"ambiguity":0.5},"engine":"apriltag"}"#
        );
        assert_eq!(line, want);
    }

    #[test]
    fn a_human_has_its_key_points_where_the_engine_knows_them() {
        let human = Detection::human(Rect { x: 1, y: 2, width: 30, height: 90 }, 0.5, "movenet");
        let line = |human: &Detection| serde_json::to_value(DetectionLine::from(human)).unwrap();
        assert_eq!(line(&human).get("keypoints"), None);
        let keypoints = std::array::from_fn(|n| Point { x: n as i32 - 1, y: 2 * n as i32 });
        let line = line(&Detection { keypoints: Some(keypoints), ..human });
        let points = line["keypoints"].as_array().unwrap();
        assert_eq!(
            (points.len(), points[0].to_string(), points[16].to_string()),
            (17, "[-1,0]".into(), "[15,32]".into())
        );
    }
}
