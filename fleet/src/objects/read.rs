//! Reads the JSON of objects, which anybody in the fleet may have written.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pipeline::Found;
use serde::Deserialize;
use vision::{Answer, Detection, KEYPOINTS, Kind, Payload, Point, Rect, Searched, Shape, Tag, TagFamily, TagPose};

use super::Objects;
use crate::key;

/// The JSON is not that of objects.
#[derive(Debug, thiserror::Error)]
pub enum NotObjects {
    /// It is longer than any answer.
    #[error("{0} bytes, and {MOST_BYTES} are allowed")]
    TooLong(usize),
    /// More objects than anybody finds in a picture.
    #[error("{0} objects, and {MOST_OBJECTS} are allowed")]
    TooMany(usize),
    /// It is no JSON, or a field is missing or of another type.
    #[error("no JSON of objects: {0}")]
    Json(serde_json::Error),
    /// A field has a value that is not known.
    #[error("unknown {field}: {value:?}")]
    Unknown {
        /// Which field.
        field: &'static str,
        /// Its value.
        value: String,
    },
}

#[derive(Deserialize)]
struct Fields {
    name: String,
    stream: String,
    worker: String,
    kinds: Vec<String>,
    seq: u64,
    width: usize,
    height: usize,
    counts: BTreeMap<String, u64>,
    detections: Vec<Object>,
}

#[derive(Deserialize)]
struct Object {
    kind: String,
    #[serde(rename = "box")]
    bounds: [i32; 4],
    corners: Option<[[f64; 2]; 4]>,
    text: Option<String>,
    bytes_base64: Option<String>,
    family: Option<String>,
    id: Option<u32>,
    hamming: Option<u8>,
    margin: Option<f32>,
    pose: Option<Pose>,
    score: Option<f32>,
    keypoints: Option<[[i32; 2]; KEYPOINTS]>,
    engine: String,
    last_found: Option<u64>,
}

#[derive(Deserialize)]
struct Pose {
    position: [f64; 3],
    rotation: Quaternion,
    error_px: f64,
    ambiguity: f64,
}

#[derive(Deserialize)]
struct Quaternion {
    w: f64,
    x: f64,
    y: f64,
    z: f64,
}

pub(super) fn objects(json: &[u8]) -> Result<Objects, NotObjects> {
    if json.len() > MOST_BYTES {
        return Err(NotObjects::TooLong(json.len()));
    }
    let fields: Fields = serde_json::from_slice(json).map_err(NotObjects::Json)?;
    let kinds = fields.kinds.iter().map(|name| kind(name)).collect::<Result<BTreeSet<Kind>, _>>()?;
    let empty = || Answer { found: Vec::new(), followed: Vec::new(), searched: Searched::Everything };
    let mut answers = BTreeMap::new();
    for name in fields.counts.keys() {
        answers.insert(kind(name)?, empty());
    }
    if fields.detections.len() > MOST_OBJECTS {
        return Err(NotObjects::TooMany(fields.detections.len()));
    }
    for object in fields.detections {
        let detection = detection(object)?;
        // What is not counted was not searched for.
        let Some(answer) = answers.get_mut(&detection.kind) else { continue };
        let list = if detection.last_found.is_some() { &mut answer.followed } else { &mut answer.found };
        list.push(detection);
    }
    Ok(Objects {
        stream: fields.stream.parse().map_err(|_| unknown("stream", &fields.stream))?,
        name: fields.name.into(),
        worker: fields.worker.into(),
        kinds,
        found: Found { seq: fields.seq, width: fields.width, height: fields.height, answers },
    })
}

fn detection(object: Object) -> Result<Detection, NotObjects> {
    let (kind, engine) = (kind(&object.kind)?, engine(&object.engine));
    let points = object.corners.iter().flatten().flatten().copied();
    let places = points
        .chain(object.bounds.map(f64::from))
        .chain(object.keypoints.iter().flatten().flatten().map(|&at| f64::from(at)));
    if let Some(far) = places.into_iter().find(|at| !(-FARTHEST..=FARTHEST).contains(at)) {
        return Err(unknown("place", &far.to_string()));
    }
    let tag = tag(&object)?;
    let [x, y, width, height] = object.bounds;
    let shape = match (&tag, object.corners) {
        (Some(tag), _) => tag.shape(),
        (None, Some(corners)) => Shape::Quad(corners.map(|[x, y]| Point { x: x as i32, y: y as i32 })),
        (None, None) => Shape::Rect(Rect { x, y, width, height }),
    };
    let payload = match (object.text, object.bytes_base64) {
        (text, Some(encoded)) => {
            let bytes = BASE64_STANDARD.decode(&encoded).map_err(|_| unknown("bytes_base64", &encoded))?;
            Some(Payload::new(bytes, text))
        }
        (Some(text), None) => Some(Payload::new(text.into_bytes(), None)),
        (None, None) => None,
    };
    Ok(Detection {
        payload,
        tag: tag.map(Box::new),
        score: object.score,
        keypoints: object.keypoints.map(|points| points.map(|[x, y]| Point { x, y })),
        last_found: object.last_found,
        ..Detection::new(kind, shape, engine)
    })
}

fn tag(object: &Object) -> Result<Option<Tag>, NotObjects> {
    let (Some(family), Some(id), Some(corners)) = (&object.family, object.id, object.corners) else { return Ok(None) };
    let known = TagFamily::ALL.into_iter().find(|known| known.name() == family);
    let family = known.ok_or_else(|| unknown("family", family))?;
    let pose =
        object.pose.as_ref().map(|&Pose { position, rotation: Quaternion { w, x, y, z }, error_px, ambiguity }| {
            TagPose { position, rotation: [w, x, y, z], error_px, ambiguity }
        });
    let (hamming, margin) = (object.hamming.unwrap_or_default(), object.margin.unwrap_or_default());
    Ok(Some(Tag { family, id, corners, hamming, margin, pose }))
}

fn kind(name: &str) -> Result<Kind, NotObjects> {
    key::kind(name).ok_or_else(|| unknown("kind", name))
}

/// The engine with this name, of those that come with this program.
fn engine(name: &str) -> &'static str {
    const KNOWN: [&str; 9] = ["zxing", "rqrr", "apriltag", "seeta", "haar", "yunet", "movenet", "hog", "onnx"];
    KNOWN.into_iter().find(|known| *known == name).unwrap_or("other")
}

fn unknown(field: &'static str, value: &str) -> NotObjects {
    NotObjects::Unknown { field, value: value.chars().take(40).collect() }
}

/// A picture has no side as long as this, in pixels, and objects reach little beyond it.
const FARTHEST: f64 = 1e6;
/// As many tags as are looked for in one picture, and more.
const MOST_OBJECTS: usize = 4096;
/// More than thousands of objects take, and the texts of the largest codes.
const MOST_BYTES: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pipeline::{FrameEvent, FrameTimes, Identity, RobotId};
    use vision::Orientation;

    use super::*;
    use crate::key::StreamId;

    const STREAM: StreamId = StreamId([7; 16]);

    fn event(detections: Vec<Detection>) -> FrameEvent {
        let mut counts = BTreeMap::new();
        for detection in &detections {
            *counts.entry(detection.kind).or_default() += 1;
        }
        FrameEvent {
            robot: Identity { id: RobotId(1), name: Some("left".into()) },
            seq: 9,
            width: 640,
            height: 480,
            orientation: Orientation::UPRIGHT,
            bytes: 1234,
            times: FrameTimes { arrived_ns: 0, stamp: None },
            age: None,
            counts,
            detections,
            drawn: Vec::new(),
        }
    }

    fn every_kind() -> Vec<Detection> {
        let corners = [(1, 2), (11, 2), (11, 12), (-1, 12)].map(|(x, y)| Point { x, y });
        let text = Payload::new(b"hello".to_vec(), None);
        let bytes = Payload::new(vec![0xFF, 0xFE], None);
        let both = Payload::new(vec![0xFC], Some("ü".into()));
        let pose =
            TagPose { position: [0.1, -0.2, 1.5], rotation: [1.0, 0.0, 0.0, 0.0], error_px: 0.5, ambiguity: 0.25 };
        let tag = Tag {
            family: TagFamily::Standard41h12,
            id: 7,
            corners: [[10.25, 20.0], [50.5, 20.0], [50.0, 60.0], [10.0, 60.0]],
            hamming: 1,
            margin: 81.5,
            pose: Some(pose),
        };
        let bounds = Rect { x: -3, y: 4, width: 50, height: 60 };
        let keypoints = Some(std::array::from_fn(|n| Point { x: n as i32 - 3, y: 2 * n as i32 }));
        vec![
            Detection::code(corners, text, "zxing"),
            Detection::code(corners, bytes, "rqrr"),
            Detection::code(corners, both, "zxing"),
            Detection::tag(tag, "apriltag"),
            Detection::face(bounds, 12.25, "seeta"),
            Detection { keypoints, last_found: Some(5), ..Detection::human(bounds, 0.5, "movenet") },
        ]
    }

    #[test]
    fn every_kind_of_object_is_read_as_it_was() {
        let found = every_kind();
        let kinds = Kind::ALL.into();
        let json = Objects::to_json("left", STREAM, "w1", &kinds, &event(found.clone()));
        let read = Objects::from_json(json.as_bytes()).unwrap();
        assert_eq!((&*read.name, read.stream, &*read.worker, &read.kinds), ("left", STREAM, "w1", &kinds));
        assert_eq!((read.found.seq, read.found.width, read.found.height), (9, 640, 480));
        let answers = read.found.answers.into_values();
        let all: Vec<Detection> = answers.flat_map(|answer| answer.found.into_iter().chain(answer.followed)).collect();
        assert_eq!(all, found);
    }

    #[test]
    fn what_was_searched_for_and_not_found_is_an_answer_too() {
        let mut event = event(Vec::new());
        event.counts.insert(Kind::Face, 0);
        let json = Objects::to_json("left", STREAM, "w1", &[Kind::Face, Kind::Qr].into(), &event);
        let answers = Objects::from_json(json.as_bytes()).unwrap().found.answers;
        assert_eq!(answers.keys().collect::<Vec<_>>(), [&Kind::Face]);
    }

    #[test]
    fn the_json_is_the_reports_line_with_the_names_that_count_in_a_fleet() {
        let corners = [(1, 2), (11, 2), (11, 12), (1, 12)].map(|(x, y)| Point { x, y });
        let code = Detection::code(corners, Payload::new(b"hello".to_vec(), None), "zxing");
        let json = Objects::to_json("left", STREAM, "w1", &[Kind::Qr].into(), &event(vec![code]));
        let want = concat!(
            r#"{"name":"left","seq":9,"width":640,"height":480,"bytes":1234,"counts":{"qr":1},"#,
            r#""detections":[{"kind":"qr","box":[1,2,10,10],"corners":[[1,2],[11,2],[11,12],[1,12]],"text":"hello","#,
            r#""engine":"zxing"}],"stream":"07070707070707070707070707070707","worker":"w1","kinds":["qr"]}"#
        );
        assert_eq!(json, want);
    }

    #[test]
    fn other_json_is_refused_with_what_is_wrong() {
        let good = Objects::to_json("left", STREAM, "w1", &[Kind::Qr].into(), &event(every_kind()));
        for (from, to, why) in [
            ("{\"name\"", "[\"name\"", "no JSON of objects"),
            ("\"left\"", "3", "invalid type: integer `3`"),
            ("\"kinds\":[\"qr\"]", "\"kinds\":[\"cats\"]", "unknown kind: \"cats\""),
            ("standard41h12", "41", "unknown family"),
            ("\"//4=\"", "\"!\"", "unknown bytes_base64"),
            (&STREAM.to_string(), "left", "unknown stream: \"left\""),
        ] {
            assert!(good.contains(from), "{from}");
            let error = Objects::from_json(good.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let long = vec![b' '; MOST_BYTES + 1];
        assert!(matches!(Objects::from_json(&long), Err(NotObjects::TooLong(_))));
    }

    #[test]
    fn a_strangers_engine_and_numbers_do_no_harm() {
        let mut event = event(every_kind());
        event.robot.name = Some(Arc::from("left"));
        let good = Objects::to_json("left", STREAM, "w1", &[Kind::Qr].into(), &event);
        let strange = good.replace("zxing", "none of ours");
        let read = Objects::from_json(strange.as_bytes()).unwrap();
        assert_eq!(read.found.answers[&Kind::Qr].found[0].engine, "other");
        for (from, to) in [("10.25", "1e300"), ("[-1,2,12,10]", "[2147483647,2,12,10]"), ("[-3,0]", "[-3,-2147483648]")]
        {
            let far = good.replacen(from, to, 1);
            assert!(far != good && Objects::from_json(far.as_bytes()).is_err(), "{from}");
        }
    }
}
