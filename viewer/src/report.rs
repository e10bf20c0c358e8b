//! The report: one JSON object a line, a contract that other programs read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Serialize, Serializer};

use crate::picture::FrameId;
use crate::stdout;
use vision::detect::{Detection, Kind, Payload, Point, Rect, Shape};

/// One line. Coordinates are pixels; the origin is the top-left corner of the top-left pixel.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Line {
    Listening { addr: SocketAddr },
    Connected { robot: u32, peer: SocketAddr },
    Frame(FrameLine),
    Corrupt(CorruptLine),
    Ended(EndedLine),
}

/// A picture that was shown, or that `viewer detect` read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct FrameLine {
    #[serde(flatten)]
    pub(crate) origin: Origin,
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Of the JPEG; not for frames of a video file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<usize>,
    /// How many of each kind there are; a kind that nobody looked for in this frame is absent.
    #[serde(serialize_with = "by_name")]
    pub(crate) counts: BTreeMap<Kind, usize>,
    #[serde(serialize_with = "detections")]
    pub(crate) detections: Vec<Detection>,
    /// How long all detectors took together; only from `viewer detect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) elapsed_ms: Option<f64>,
}

/// A frame or file that is not a picture.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct CorruptLine {
    #[serde(flatten)]
    pub(crate) origin: Origin,
    pub(crate) reason: String,
}

/// Where a picture came from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Origin {
    Robot {
        robot: u32,
        seq: u64,
    },
    File {
        source: String,
        /// The number of the frame, for videos.
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
    },
}

impl From<FrameId> for Origin {
    fn from(id: FrameId) -> Self {
        Origin::Robot { robot: id.robot, seq: id.seq }
    }
}

/// A robot's connection is over; `received` = `shown` + `dropped` + `corrupt`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct EndedLine {
    pub(crate) robot: u32,
    /// Only for a robot that was refused, which had no `connected` line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) reason: EndReason,
    /// What exactly was seen, where the reason alone does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    pub(crate) received: u64,
    pub(crate) shown: u64,
    pub(crate) dropped: u64,
    pub(crate) corrupt: u64,
    /// From the last byte of a frame read to its picture handed to the window; absent when nothing was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) latency_ms: Option<Latency>,
    #[serde(flatten)]
    pub(crate) summary: Summary,
}

/// The payloads that a robot has shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Summary {
    /// In the order in which they came into view; absent when nothing was read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) sightings: Vec<Sighting>,
    /// How many more there were than a summary holds; absent when there were none.
    #[serde(rename = "sightings_left_out", skip_serializing_if = "is_zero")]
    pub(crate) left_out: u64,
}

/// One payload from coming into view to leaving it; one that comes back later has another sighting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Sighting {
    #[serde(flatten, serialize_with = "payload")]
    pub(crate) payload: Payload,
    /// The numbers of the first and the last frame in which it was read.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// In how many frames it was read.
    pub(crate) frames: u64,
}

/// Milliseconds, at the middle and at the slowest hundredth of the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EndReason {
    /// The robot sent the zero length.
    EndOfStream,
    /// The robot closed between two frames, as the original one does.
    HangUp,
    /// The robot closed inside a frame, as when it is switched off.
    Truncated,
    /// Another robot is being watched, or the address is not allowed.
    Refused,
    /// Nothing came, or a frame was not whole, for longer than the idle timeout.
    Timeout,
    /// A header announced more than the limit.
    Oversize,
    /// The viewer was told to quit.
    Quit,
}

impl EndReason {
    /// Whether the other side cut the stream short, for the exit code.
    pub(crate) fn is_cut_short(self) -> bool {
        matches!(self, EndReason::Truncated | EndReason::Timeout | EndReason::Oversize)
    }
}

fn by_name<S: Serializer>(counts: &BTreeMap<Kind, usize>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(kind, count)| (kind.name(), count)))
}

fn detections<S: Serializer>(found: &[Detection], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(found.iter().map(DetectionLine::from))
}

#[derive(Serialize)]
struct DetectionLine<'a> {
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
    track: Option<u32>,
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

fn payload<S: Serializer>(payload: &Payload, serializer: S) -> Result<S::Ok, S::Error> {
    PayloadFields::from(payload).serialize(serializer)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_zero(count: &u64) -> bool {
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
            track: detection.track,
        }
    }
}

/// Where the report goes; every line is flushed, so that a reader at the other end of a pipe sees it at once.
pub(crate) struct Report {
    out: Box<dyn Write>,
    name: String,
}

/// Where the user wants the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReportTarget {
    /// Standard output.
    Stdout,
    /// A file, which is replaced.
    File(PathBuf),
}

impl Report {
    pub(crate) fn create(target: &ReportTarget) -> Result<Self, ReportError> {
        let (out, name): (Box<dyn Write>, _) = match target {
            ReportTarget::Stdout => (stdout::results(), "standard output".to_owned()),
            ReportTarget::File(path) => {
                let name = path.display().to_string();
                match File::create(path) {
                    Ok(file) => (Box::new(BufWriter::new(file)), name),
                    Err(source) => return Err(ReportError::Create { name, source }),
                }
            }
        };
        Ok(Self { out, name })
    }

    pub(crate) fn write(&mut self, line: &Line) -> Result<(), ReportError> {
        let mut text = serde_json::to_vec(line).expect("a line's keys are strings and its numbers finite");
        text.push(b'\n');
        self.out.write_all(&text).and_then(|()| self.out.flush()).map_err(|source| match source.kind() {
            io::ErrorKind::BrokenPipe => ReportError::ReaderGone,
            _ => ReportError::Write { name: self.name.clone(), source },
        })
    }
}

/// Why the report cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    #[error("report {name}: cannot be created; name a file in a folder that exists and is yours to write")]
    Create { name: String, source: io::Error },
    #[error("report {name}: cannot be written; is the disk full?")]
    Write { name: String, source: io::Error },
    /// The reader of the pipe has gone, as `head` does: no error for the user.
    #[error("report: nobody reads it any more")]
    ReaderGone,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(line: &Line) -> String {
        serde_json::to_string(line).unwrap()
    }

    #[test]
    fn a_frame_reads_as_the_contract_says() {
        let corners = [(1, 2), (11, 2), (11, 12), (1, 12)].map(|(x, y)| Point { x, y });
        let shape = Shape::Quad(corners);
        let payload = Some(Payload::new(b"hello".to_vec(), None));
        let line = Line::Frame(FrameLine {
            origin: FrameId { robot: 1, seq: 7 }.into(),
            width: 640,
            height: 480,
            bytes: Some(41234),
            counts: BTreeMap::from([(Kind::Qr, 1)]),
            detections: vec![Detection { kind: Kind::Qr, shape, payload, score: None, engine: "zxing", track: None }],
            elapsed_ms: None,
        });
        let want = concat!(
            r#"{"event":"frame","robot":1,"seq":7,"width":640,"height":480,"bytes":41234,"counts":{"qr":1},"#,
            r#""detections":[{"kind":"qr","box":[1,2,10,10],"corners":[[1,2],[11,2],[11,12],[1,12]],"text":"hello","#,
            r#""engine":"zxing"}]}"#
        );
        assert_eq!(json(&line), want);
    }

    #[test]
    fn bytes_that_are_not_utf8_come_as_base64() {
        let shape = Shape::Quad([Point { x: 0, y: 0 }; 4]);
        let payload = Some(Payload::new(vec![0xFF, 0xFE], None));
        let code = Detection { kind: Kind::Qr, shape, payload, score: None, engine: "zxing", track: None };
        let line = serde_json::to_value(DetectionLine::from(&code)).unwrap();
        assert_eq!((line.get("text"), line["bytes_base64"].as_str()), (None, Some("//4=")));
    }

    #[test]
    fn a_face_has_a_box_and_a_score_and_no_corners() {
        let shape = Shape::Rect(Rect { x: -1, y: 2, width: 30, height: 40 });
        let face =
            Detection { kind: Kind::Face, shape, payload: None, score: Some(12.345), engine: "seeta", track: None };
        let line = serde_json::to_string(&DetectionLine::from(&face)).unwrap();
        assert_eq!(line, r#"{"kind":"face","box":[-1,2,30,40],"score":12.35,"engine":"seeta"}"#);
    }

    #[test]
    fn an_end_reads_as_the_contract_says() {
        let line = Line::Ended(EndedLine {
            robot: 1,
            peer: None,
            reason: EndReason::EndOfStream,
            detail: None,
            received: 300,
            shown: 300,
            dropped: 0,
            corrupt: 0,
            latency_ms: None,
            summary: Summary::default(),
        });
        let want = r#"{"event":"ended","robot":1,"reason":"end-of-stream","received":300,"shown":300,"dropped":0,"corrupt":0}"#;
        assert_eq!(json(&line), want);
    }

    #[test]
    fn an_end_lists_what_was_in_view() {
        let seen = |payload, first| Sighting { payload, first, last: first + 84, frames: 70 };
        let text = seen(Payload::new(b"hello".to_vec(), None), 12);
        let bytes = seen(Payload::new(vec![0xFF, 0xFE], None), 13);
        let summary = Summary { sightings: vec![text, bytes], left_out: 3 };
        let want = concat!(
            r#"{"sightings":[{"text":"hello","first":12,"last":96,"frames":70},"#,
            r#"{"bytes_base64":"//4=","first":13,"last":97,"frames":70}],"sightings_left_out":3}"#
        );
        assert_eq!(serde_json::to_string(&summary).unwrap(), want);
    }

    #[test]
    fn a_frame_of_a_file_names_the_file() {
        let origin = Origin::File { source: "a.jpg".into(), seq: None };
        let line = Line::Corrupt(CorruptLine { origin, reason: "cut".into() });
        assert_eq!(json(&line), r#"{"event":"corrupt","source":"a.jpg","reason":"cut"}"#);
    }
}
