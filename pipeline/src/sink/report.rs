//! The report: one JSON object a line, a contract that other programs read.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Serialize, Serializer};
use vision::detect::{Detection, Kind, Payload, Point, Rect, Shape};

use super::{Sink, SinkError};
use crate::event::{CorruptEvent, EndReason, EndedEvent, Event, FrameEvent, Identity, RefusedEvent, Sighting, Summary};

/// Writes a report; what is written is seen by readers when [`Sink::flush`] is called.
pub struct Report<W> {
    out: W,
    name: String,
}

impl<W: Write> Report<W> {
    /// Writes to `out`, which is called `name` in messages.
    pub fn new(out: W, name: impl Into<String>) -> Self {
        Self { out, name: name.into() }
    }

    /// Writes one line and lets readers see it.
    ///
    /// # Errors
    /// Fails where `out` does not take it.
    pub fn line(&mut self, line: &Line<'_>) -> Result<(), SinkError> {
        self.put(line)?;
        self.out.flush().map_err(|error| SinkError::of_write(&self.name, error))
    }

    fn put(&mut self, line: &Line<'_>) -> Result<(), SinkError> {
        let mut text = serde_json::to_vec(line).expect("a line's keys are strings and its numbers finite");
        text.push(b'\n');
        self.out.write_all(&text).map_err(|error| SinkError::of_write(&self.name, error))
    }
}

impl<W: Write + Send> Sink for Report<W> {
    fn name(&self) -> &'static str {
        "report"
    }

    fn wants(&self, event: &Event) -> bool {
        Line::of(event).is_some()
    }

    fn is_result(&self) -> bool {
        true
    }

    fn write(&mut self, event: &Event) -> Result<(), SinkError> {
        Line::of(event).map_or(Ok(()), |line| self.put(&line))
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.out.flush().map_err(|error| SinkError::of_write(&self.name, error))
    }
}

/// One line. Coordinates are pixels; the origin is the top-left corner of the top-left pixel.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Line<'a> {
    /// Robots may connect.
    Listening {
        /// Where.
        addr: SocketAddr,
    },
    /// A robot was let in.
    Connected {
        /// Who.
        #[serde(flatten)]
        robot: RobotFields<'a>,
        /// From where.
        peer: SocketAddr,
    },
    /// A picture was searched.
    Frame(FrameLine<'a>),
    /// A frame or file is no picture.
    Corrupt(CorruptLine<'a>),
    /// A robot's connection is over, or was refused.
    Ended(EndedLine<'a>),
    /// Lines are missing here, because the report's reader did not keep up.
    Lost {
        /// How many.
        lines: u64,
    },
}

/// Which robot.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RobotFields<'a> {
    robot: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

/// Where a picture came from.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub enum Origin<'a> {
    /// A frame of a robot.
    Robot {
        /// Which robot.
        #[serde(flatten)]
        robot: RobotFields<'a>,
        /// The number of the frame.
        seq: u64,
    },
    /// A file, or a frame of one.
    File {
        /// Its path.
        source: &'a str,
        /// The number of the frame, for videos.
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
    },
}

/// A picture that was shown, or that `viewer detect` read.
#[derive(Debug, Serialize)]
pub struct FrameLine<'a> {
    /// Where it came from.
    #[serde(flatten)]
    pub origin: Origin<'a>,
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// Of the JPEG or PNG; not for frames of a video file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// How many of each kind there are; a kind that was not searched for in this frame is absent.
    #[serde(serialize_with = "by_name")]
    pub counts: &'a BTreeMap<Kind, usize>,
    /// What was found.
    #[serde(serialize_with = "detections")]
    pub detections: &'a [Detection],
    /// How long all detectors took together; only from `viewer detect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elapsed_ms: Option<f64>,
}

/// A frame or file that is no picture.
#[derive(Debug, Serialize)]
pub struct CorruptLine<'a> {
    /// Where it came from.
    #[serde(flatten)]
    pub origin: Origin<'a>,
    /// What is wrong with it.
    pub reason: &'a str,
    /// How many frames before this one were corrupt in the same way and have no line of their own.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: u64,
}

/// A robot's connection is over; `received` = `shown` + `dropped` + `corrupt`.
#[derive(Debug, Serialize)]
pub struct EndedLine<'a> {
    #[serde(flatten)]
    robot: RobotFields<'a>,
    /// Only for a connection that was refused, which had no `connected` line.
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<SocketAddr>,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    received: u64,
    shown: u64,
    dropped: u64,
    corrupt: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<LatencyFields>,
    /// How many more were refused since the last such line and have none of their own.
    #[serde(skip_serializing_if = "is_zero")]
    more: u64,
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "sightings")]
    sightings: &'a [Sighting],
    #[serde(skip_serializing_if = "is_zero")]
    sightings_left_out: u64,
}

#[derive(Debug, Serialize)]
struct LatencyFields {
    p50: f64,
    p99: f64,
}

impl<'a> Line<'a> {
    /// The line of an event; `None` for one that the report does not have.
    pub fn of(event: &'a Event) -> Option<Self> {
        Some(match event {
            Event::Listening { addr } => Line::Listening { addr: *addr },
            Event::Connected { robot, peer } => Line::Connected { robot: robot.into(), peer: *peer },
            Event::Frame(frame) => Line::Frame(frame.into()),
            Event::Corrupt(CorruptEvent { robot, seq, reason, more }) => {
                let origin = Origin::Robot { robot: robot.into(), seq: *seq };
                Line::Corrupt(CorruptLine { origin, reason, more: *more })
            }
            Event::Ended(ended) => Line::Ended(ended.into()),
            Event::Refused(refused) => Line::Ended(refused.into()),
            Event::Lost { lines } => Line::Lost { lines: *lines },
            Event::InView { .. }
            | Event::DetectorFailed { .. }
            | Event::NoPictures { .. }
            | Event::SinkStalled { .. } => return None,
        })
    }
}

impl<'a> From<&'a Identity> for RobotFields<'a> {
    fn from(Identity { id, name }: &'a Identity) -> Self {
        Self { robot: id.0, name: name.as_deref() }
    }
}

impl<'a> From<&'a FrameEvent> for FrameLine<'a> {
    fn from(frame: &'a FrameEvent) -> Self {
        let FrameEvent { robot, seq, width, height, bytes, counts, detections } = frame;
        let origin = Origin::Robot { robot: robot.into(), seq: *seq };
        let (width, height, bytes) = (*width, *height, Some(*bytes));
        Self { origin, width, height, bytes, counts, detections, elapsed_ms: None }
    }
}

impl<'a> From<&'a EndedEvent> for EndedLine<'a> {
    fn from(ended: &'a EndedEvent) -> Self {
        let Summary { sightings, left_out } = &ended.summary;
        Self {
            robot: (&ended.robot).into(),
            peer: None,
            reason: name_of(ended.reason),
            detail: ended.detail.as_deref(),
            received: ended.received,
            shown: ended.shown,
            dropped: ended.dropped,
            corrupt: ended.corrupt,
            latency_ms: ended.latency_ms.map(|latency| LatencyFields { p50: latency.p50, p99: latency.p99 }),
            more: 0,
            sightings,
            sightings_left_out: *left_out,
        }
    }
}

impl<'a> From<&'a RefusedEvent> for EndedLine<'a> {
    fn from(RefusedEvent { peer, detail, more }: &'a RefusedEvent) -> Self {
        Self {
            // Robots count from 1: this connection became none.
            robot: RobotFields { robot: 0, name: None },
            peer: Some(*peer),
            reason: name_of(EndReason::Refused),
            detail: Some(detail),
            received: 0,
            shown: 0,
            dropped: 0,
            corrupt: 0,
            latency_ms: None,
            more: *more,
            sightings: &[],
            sightings_left_out: 0,
        }
    }
}

fn name_of(reason: EndReason) -> &'static str {
    match reason {
        EndReason::EndOfStream => "end-of-stream",
        EndReason::HangUp => "hang-up",
        EndReason::Truncated => "truncated",
        EndReason::Refused => "refused",
        EndReason::Timeout => "timeout",
        EndReason::Oversize => "oversize",
        EndReason::Corrupt => "corrupt",
        EndReason::Quit => "quit",
    }
}

fn sightings<S: Serializer>(seen: &&[Sighting], serializer: S) -> Result<S::Ok, S::Error> {
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

fn by_name<S: Serializer>(counts: &&BTreeMap<Kind, usize>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(kind, count)| (kind.name(), count)))
}

fn detections<S: Serializer>(found: &&[Detection], serializer: S) -> Result<S::Ok, S::Error> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Latency;
    use crate::frame::RobotId;

    fn robot() -> Identity {
        Identity { id: RobotId(1), name: None }
    }

    fn json(event: &Event) -> String {
        serde_json::to_string(&Line::of(event).unwrap()).unwrap()
    }

    fn ended(summary: Summary) -> EndedEvent {
        EndedEvent {
            robot: robot(),
            reason: EndReason::EndOfStream,
            detail: None,
            received: 300,
            shown: 300,
            dropped: 0,
            corrupt: 0,
            latency_ms: None,
            summary,
        }
    }

    #[test]
    fn a_frame_reads_as_the_contract_says() {
        let corners = [(1, 2), (11, 2), (11, 12), (1, 12)].map(|(x, y)| Point { x, y });
        let shape = Shape::Quad(corners);
        let payload = Some(Payload::new(b"hello".to_vec(), None));
        let event = Event::Frame(FrameEvent {
            robot: robot(),
            seq: 7,
            width: 640,
            height: 480,
            bytes: 41234,
            counts: BTreeMap::from([(Kind::Qr, 1)]),
            detections: vec![Detection { kind: Kind::Qr, shape, payload, score: None, engine: "zxing", track: None }],
        });
        let want = concat!(
            r#"{"event":"frame","robot":1,"seq":7,"width":640,"height":480,"bytes":41234,"counts":{"qr":1},"#,
            r#""detections":[{"kind":"qr","box":[1,2,10,10],"corners":[[1,2],[11,2],[11,12],[1,12]],"text":"hello","#,
            r#""engine":"zxing"}]}"#
        );
        assert_eq!(json(&event), want);
    }

    #[test]
    fn a_name_joins_the_number_in_every_line() {
        let robot = Identity { name: Some("left".into()), ..robot() };
        let peer = "10.0.0.7:5000".parse().unwrap();
        let connected = Event::Connected { robot: robot.clone(), peer };
        assert_eq!(json(&connected), r#"{"event":"connected","robot":1,"name":"left","peer":"10.0.0.7:5000"}"#);
        let corrupt = Event::Corrupt(CorruptEvent { robot, seq: 3, reason: "cut".into(), more: 2 });
        let want = r#"{"event":"corrupt","robot":1,"name":"left","seq":3,"reason":"cut","more":2}"#;
        assert_eq!(json(&corrupt), want);
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
        let want = r#"{"event":"ended","robot":1,"reason":"end-of-stream","received":300,"shown":300,"dropped":0,"corrupt":0}"#;
        assert_eq!(json(&Event::Ended(ended(Summary::default()))), want);
    }

    #[test]
    fn an_end_lists_what_was_in_view() {
        let seen = |payload, first| Sighting { payload, first, last: first + 84, frames: 70 };
        let text = seen(Payload::new(b"hello".to_vec(), None), 12);
        let bytes = seen(Payload::new(vec![0xFF, 0xFE], None), 13);
        let summary = Summary { sightings: vec![text, bytes], left_out: 3 };
        let latency_ms = Some(Latency { p50: 1.2, p99: 4.1 });
        let line = json(&Event::Ended(EndedEvent { latency_ms, ..ended(summary) }));
        let want = concat!(
            r#""latency_ms":{"p50":1.2,"p99":4.1},"#,
            r#""sightings":[{"text":"hello","first":12,"last":96,"frames":70},"#,
            r#"{"bytes_base64":"//4=","first":13,"last":97,"frames":70}],"sightings_left_out":3}"#
        );
        assert!(line.ends_with(want), "{line}");
    }

    #[test]
    fn a_refused_connection_has_the_number_of_no_robot() {
        let refused = RefusedEvent { peer: "10.0.0.7:5000".parse().unwrap(), detail: "full".into(), more: 2 };
        let want = concat!(
            r#"{"event":"ended","robot":0,"peer":"10.0.0.7:5000","reason":"refused","detail":"full","#,
            r#""received":0,"shown":0,"dropped":0,"corrupt":0,"more":2}"#
        );
        assert_eq!(json(&Event::Refused(refused)), want);
    }

    #[test]
    fn a_frame_of_a_file_names_the_file() {
        let origin = Origin::File { source: "a.jpg", seq: None };
        let line = Line::Corrupt(CorruptLine { origin, reason: "cut", more: 0 });
        let want = r#"{"event":"corrupt","source":"a.jpg","reason":"cut"}"#;
        assert_eq!(serde_json::to_string(&line).unwrap(), want);
    }
}
