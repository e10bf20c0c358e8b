//! What is in a recording, as Python's `mcap` with its decoders for ROS 2 and protobuf reads it.

use std::sync::LazyLock;

use fixtures::Fixture;
use serde_json::{Value, json};

use super::Session;
use crate::programs::fixture;

#[test]
fn topics_have_the_schemas_and_encodings_of_ros_and_foxglove() {
    let recording = &STAMPED.recording;
    assert!(recording.is_complete());
    assert_eq!(recording.topics(), [FRAMES, DETECTIONS, REPORT]);
    for (topic, want) in [
        (FRAMES, ["sensor_msgs/msg/CompressedImage", "ros2msg", "cdr"]),
        (DETECTIONS, ["foxglove.ImageAnnotations", "protobuf", "protobuf"]),
        (REPORT, ["robot_vision.Report", "jsonschema", "json"]),
    ] {
        let channel = recording.channel(topic);
        assert_eq!(["schema", "schema_encoding", "encoding"].map(|key| &channel[key]), want, "{topic}");
    }
}

#[test]
fn the_index_at_the_end_finds_every_message() {
    let recording = &STAMPED.recording;
    for topic in [FRAMES, DETECTIONS, REPORT] {
        assert_eq!(recording.index()[topic], recording.on(topic).len(), "{topic}");
    }
}

#[test]
fn every_frame_is_there_in_order_byte_for_byte() {
    let stills: Vec<&Fixture> = fixtures::stills().collect();
    for (session, bytes) in [(&*PLAIN, "sha256"), (&*STAMPED, "sha256_without_stamp")] {
        let frames = session.recording.frames("robot1");
        assert_eq!(frames.len(), LOOPS * stills.len());
        for ((place, frame), still) in frames.iter().enumerate().zip(stills.iter().cycle()) {
            assert_eq!(frame[bytes], still.sha256(), "{}", still.name);
            assert_eq!((&frame["sequence"], &frame["format"]), (&json!(place), &json!("jpeg")));
            assert_eq!(frame["frame_id"], "robot1");
        }
    }
}

#[test]
fn a_picture_has_the_time_of_its_stamp_and_was_logged_when_it_arrived() {
    let frames = STAMPED.recording.frames("robot1");
    for (place, frame) in frames.iter().enumerate() {
        let taken = frame["robots_time"].as_u64().expect("each picture is stamped");
        assert_eq!((&frame["robots_number"], number(frame, "stamp")), (&json!(place), taken));
        assert_eq!(number(frame, "publish_time"), taken);
        let arrived = number(frame, "log_time");
        assert!(taken <= arrived && arrived <= STAMPED.until_ns, "{frame}");
    }
    // Frames that come in one read have the same.
    assert!(frames.windows(2).all(|two| number(two[0], "log_time") <= number(two[1], "log_time")));
}

#[test]
fn a_picture_without_a_stamp_has_the_time_of_its_arrival() {
    for frame in PLAIN.recording.frames("robot1") {
        let arrived = number(frame, "log_time");
        assert!((PLAIN.from_ns..=PLAIN.until_ns).contains(&arrived), "{frame}");
        assert_eq!((number(frame, "stamp"), number(frame, "publish_time")), (arrived, arrived));
    }
}

#[test]
fn annotations_have_the_time_of_their_picture() {
    for session in [&*STAMPED, &*PLAIN] {
        let (frames, found) = (session.recording.frames("robot1"), session.recording.on(DETECTIONS));
        assert_eq!(found.len(), frames.len(), "each picture was searched");
        for (frame, found) in frames.iter().zip(found) {
            for key in ["stamp", "publish_time", "log_time"] {
                assert_eq!(found[key], frame[key], "{key}");
            }
            let parts = found["stamps"].as_array().unwrap();
            assert!(parts.iter().all(|stamp| *stamp == frame["stamp"]), "{found}");
        }
    }
}

#[test]
fn annotations_lie_where_the_report_says() {
    let lines: Vec<&Value> = STAMPED.report.iter().filter(|line| line["event"] == "frame").collect();
    let found = STAMPED.recording.on(DETECTIONS);
    assert_eq!(found.len(), lines.len());
    let codes: usize = fixtures::stills().map(|still| still.codes.len()).sum();
    assert_eq!(lines.iter().flat_map(|line| detections(line)).count(), LOOPS * codes);
    for (found, line) in found.iter().zip(lines) {
        let [outlines, labels] = ["points", "texts"].map(|key| found[key].as_array().unwrap());
        let detections = detections(line);
        assert_eq!([outlines.len(), labels.len()], [detections.len(); 2]);
        for ((outline, label), detection) in outlines.iter().zip(labels).zip(detections) {
            assert_eq!(outline["type"], LINE_LOOP);
            assert!(same(&outline["points"], &detection["corners"]), "{outline} is not {detection}");
            let label = label["text"].as_str().unwrap();
            assert!(label.starts_with(&format!("#{} ", detection["track"])), "{label}");
            assert!(detection["text"].as_str().is_none_or(|text| label.ends_with(text)), "{label} is not {detection}");
        }
    }
}

#[test]
fn what_is_found_in_a_turned_picture_lies_in_the_picture_as_it_was_sent() {
    let still = fixture("jpeg/two-codes.jpg");
    let session = Session::recorded("turned", &["--once", "--detect", "qr", "--rotate", "90"], &["--images", &still]);
    let truth = crate::truth::of_still("two-codes.jpg");
    let [found] = session.recording.on(DETECTIONS).try_into().expect("there is one picture");
    let outlines = found["points"].as_array().unwrap();
    assert_eq!(outlines.len(), truth.len());
    for outline in outlines {
        let points: Vec<[f64; 2]> = outline["points"].as_array().unwrap().iter().map(point).collect();
        let is_at = |corners: &[[f64; 2]; 4]| corners.iter().all(|corner| points.iter().any(|at| near(*at, *corner)));
        assert!(truth.iter().any(is_at), "{points:?} is none of {truth:?}");
    }
}

#[test]
fn annotations_are_defined_as_foxglove_defines_them() {
    let channel = STAMPED.recording.channel(DETECTIONS);
    let official = &channel["official"];
    let names = channel["definition"].as_object().expect("messages have names");
    for used in ["ImageAnnotations", "CircleAnnotation", "PointsAnnotation", "PointsAnnotation.Type", "TextAnnotation"]
    {
        assert!(names.contains_key(&format!("foxglove.{used}")), "{used} is not defined");
    }
    for (name, numbers) in names {
        for (number, field) in numbers.as_object().expect("fields have numbers") {
            assert_eq!(*field, official[name][number], "{name} {number}");
        }
    }
    let found = STAMPED.recording.on(DETECTIONS);
    assert!(found.iter().all(|found| found["official_agrees"] == true), "the official definitions read something else");
}

#[test]
fn pictures_are_defined_with_everything_that_their_definition_uses() {
    let channel = STAMPED.recording.channel(FRAMES);
    let definition = channel["definition"].as_str().expect("it is text");
    let parts: Vec<&str> = definition.split(&format!("{}\n", "=".repeat(80))).collect();
    let lines = |part: &str| part.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let [image, header, time] = parts[..] else { panic!("{definition}") };
    assert_eq!(lines(image), ["std_msgs/Header header", "string format", "uint8[] data"]);
    assert_eq!(lines(header), ["MSG: std_msgs/Header", "builtin_interfaces/Time stamp", "string frame_id"]);
    assert_eq!(lines(time), ["MSG: builtin_interfaces/Time", "int32 sec", "uint32 nanosec"]);
}

#[test]
fn the_report_is_what_the_viewer_wrote_about_that_robot() {
    for session in [&*STAMPED, &*PLAIN] {
        let (recorded, written) = (session.recording.report("robot1"), session.about(1));
        assert_eq!(recorded.len(), LOOPS * fixtures::stills().count() + 2, "with the first line and the last");
        for (recorded, written) in recorded.iter().zip(&written) {
            assert_eq!(recorded, written);
        }
        assert_eq!(recorded.len(), written.len());
    }
}

fn number(message: &Value, key: &str) -> u64 {
    message[key].as_u64().unwrap_or_else(|| panic!("no {key} in {message}"))
}

fn detections(line: &Value) -> &[Value] {
    line["detections"].as_array().expect("a frame has detections")
}

fn point(value: &Value) -> [f64; 2] {
    [0, 1].map(|axis| value[axis].as_f64().expect("a point has two numbers"))
}

/// Whether two lists of points are the same; one may have written `1` as `1.0`.
fn same(a: &Value, b: &Value) -> bool {
    let [a, b] = [a, b].map(|list| list.as_array().expect("points are a list").iter().map(point).collect::<Vec<_>>());
    a == b
}

/// Corners that are found are within a few pixels of the true ones.
fn near(a: [f64; 2], b: [f64; 2]) -> bool {
    (0..2).all(|axis| (a[axis] - b[axis]).abs() <= 4.0)
}

/// All stills, three times, with a stamp in each.
static STAMPED: LazyLock<Session> = LazyLock::new(|| stills("stamped", &["--stamp"]));
/// The same as they are.
static PLAIN: LazyLock<Session> = LazyLock::new(|| stills("plain", &[]));

fn stills(name: &str, more: &[&str]) -> Session {
    let folder = fixtures::dir().join("jpeg");
    let sent = ["--images", super::text(&folder), "--loop", "3"];
    Session::recorded(name, &["--once"], &[&sent, more].concat())
}

const LOOPS: usize = 3;
/// In `foxglove.PointsAnnotation.Type`.
const LINE_LOOP: u32 = 2;
const FRAMES: &str = "/robot1/camera/image/compressed";
const DETECTIONS: &str = "/robot1/detections";
const REPORT: &str = "/robot1/report";
