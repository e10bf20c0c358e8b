//! The report: one JSON object a line, a contract that other programs read.

mod fields;
mod line;

use std::io::Write;

use super::{Filter, Sink, SinkError};
use crate::event::Event;
pub use line::{AgeField, CorruptLine, EndedLine, FrameLine, Line, Origin, RecordingLine, RobotFields};

/// Writes a report; what is written is seen by readers when [`Sink::flush`] is called.
pub struct Report<W> {
    out: W,
    name: String,
    contents: Contents,
}

/// What lines say beside what they always say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contents {
    /// What was drawn over each picture.
    pub drawn: DrawnObjects,
    /// What differs between two runs on the same pictures.
    pub circumstances: Circumstances,
}

/// Whether `frame` lines say what was drawn over the picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DrawnObjects {
    /// They do not.
    #[default]
    LeftOut,
    /// They do.
    Reported,
}

/// Whether lines say what differs between two runs on the same pictures: ports, latencies, ages
/// and recordings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Circumstances {
    /// They do.
    #[default]
    Reported,
    /// They do not, so that two reports can be compared.
    LeftOut,
}

impl<W: Write> Report<W> {
    /// Writes to `out`, which is called `name` in messages.
    pub fn new(out: W, name: impl Into<String>) -> Self {
        Self { out, name: name.into(), contents: Contents::default() }
    }

    /// The same report, whose lines have these contents.
    #[must_use]
    pub fn with_contents(self, contents: Contents) -> Self {
        Self { contents, ..self }
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
        let text = line.to_json() + "\n";
        self.out.write_all(text.as_bytes()).map_err(|error| SinkError::of_write(&self.name, error))
    }
}

impl<W: Write + Send> Sink for Report<W> {
    fn name(&self) -> &'static str {
        "report"
    }

    fn filter(&self) -> Filter {
        Box::new(|event| Line::of(event).is_some())
    }

    fn is_result(&self) -> bool {
        true
    }

    fn write(&mut self, event: &Event) -> Result<(), SinkError> {
        match Line::of(event).and_then(|line| line.with_contents(self.contents)) {
            Some(line) => self.put(&line),
            None => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.out.flush().map_err(|error| SinkError::of_write(&self.name, error))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use protocol::Age;
    use vision::{Detection, Kind, Payload, Point, Rect, Shape};

    use super::*;
    use crate::event::{
        self, CorruptEvent, EndReason, EndedEvent, FrameEvent, FrameTimes, Identity, Latency, RefusedEvent, Sighting,
        Summary,
    };
    use crate::frame::RobotId;

    fn robot() -> Identity {
        Identity { id: RobotId(1), name: None }
    }

    fn json(event: &Event) -> String {
        Line::of(event).unwrap().to_json()
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
            undelivered: 0,
            latency_ms: None,
            age_ms: None,
            over_best_ms: None,
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
            orientation: vision::Orientation::UPRIGHT,
            times: FrameTimes { arrived_ns: 0, stamp: None },
            age: None,
            counts: BTreeMap::from([(Kind::Qr, 1)]),
            drawn: vec![event::Drawn {
                kind: Kind::Human,
                bounds: Rect { x: 1, y: 2, width: 3, height: 4 },
                track: Some(5),
                age: Duration::from_micros(66_660),
            }],
            detections: vec![Detection { payload, ..Detection::new(Kind::Qr, shape, "zxing") }],
        });
        let want = concat!(
            r#"{"event":"frame","robot":1,"seq":7,"width":640,"height":480,"bytes":41234,"counts":{"qr":1},"#,
            r#""detections":[{"kind":"qr","box":[1,2,10,10],"corners":[[1,2],[11,2],[11,12],[1,12]],"text":"hello","#,
            r#""engine":"zxing"}]"#
        );
        let written = |drawn| {
            let mut report = Report::new(Vec::new(), "test").with_contents(Contents { drawn, ..Contents::default() });
            report.write(&event).unwrap();
            String::from_utf8(report.out).unwrap()
        };
        assert_eq!(written(DrawnObjects::LeftOut), format!("{want}}}\n"));
        let drawn = r#","drawn":[{"kind":"human","box":[1,2,3,4],"track":5,"age_ms":66.7}]"#;
        assert_eq!(written(DrawnObjects::Reported), format!("{want}{drawn}}}\n"));
    }

    #[test]
    fn a_stamped_frame_has_one_of_the_two_ages() {
        let stamped = |age| {
            let frame = FrameEvent {
                robot: robot(),
                seq: 0,
                width: 1,
                height: 1,
                bytes: 9,
                orientation: vision::Orientation::UPRIGHT,
                times: FrameTimes { arrived_ns: 0, stamp: None },
                age,
                counts: BTreeMap::new(),
                detections: Vec::new(),
                drawn: Vec::new(),
            };
            json(&Event::Frame(frame))
        };
        let since_taken = stamped(Some(Age::SinceTaken(Duration::from_micros(45_260))));
        assert!(since_taken.contains(r#""bytes":9,"age_ms":45.3,"counts""#), "{since_taken}");
        let over_best = stamped(Some(Age::OverBest(Duration::ZERO)));
        assert!(over_best.contains(r#""bytes":9,"over_best_ms":0.0,"counts""#), "{over_best}");
    }

    #[test]
    fn a_name_joins_the_number_in_every_line() {
        let robot = Identity { name: Some("left".into()), ..robot() };
        let peer = "10.0.0.7:5000".parse().unwrap();
        let connected = |url| Event::Connected { robot: robot.clone(), peer, url };
        let want = r#"{"event":"connected","robot":1,"name":"left","peer":"10.0.0.7:5000"}"#;
        assert_eq!(json(&connected(None)), want);
        let want = r#"{"event":"connected","robot":1,"name":"left","peer":"10.0.0.7:5000","url":"http://cam/video"}"#;
        assert_eq!(json(&connected(Some("http://cam/video".into()))), want);
        let corrupt = Event::Corrupt(CorruptEvent { robot, seq: 3, reason: "cut".into(), more: 2 });
        let want = r#"{"event":"corrupt","robot":1,"name":"left","seq":3,"reason":"cut","more":2}"#;
        assert_eq!(json(&corrupt), want);
    }

    #[test]
    fn without_circumstances_two_runs_on_the_same_pictures_read_the_same() {
        let run = |port: u16, ms: f64| {
            let (peer, latency) = (([127, 0, 0, 1], port).into(), Some(Latency { p50: ms, p99: ms }));
            let connected = Event::Connected { robot: robot(), peer, url: None };
            // Out of sight from frame 9 to 18, for two seconds or a little less.
            let seen = |first, last| {
                let payload = Payload::new(b"hello".to_vec(), None);
                Sighting { payload, first, last, frames: last - first + 1 }
            };
            let sightings =
                if ms > 1.0 { vec![seen(0, 8), seen(19, 30)] } else { vec![Sighting { frames: 21, ..seen(0, 30) }] };
            let summary = Summary { sightings, left_out: 0 };
            let ended = EndedEvent { latency_ms: latency, age_ms: latency, over_best_ms: latency, ..ended(summary) };
            let contents = Contents { circumstances: Circumstances::LeftOut, ..Contents::default() };
            let mut report = Report::new(Vec::new(), "test").with_contents(contents);
            [connected, Event::Ended(ended)].iter().for_each(|event| report.write(event).unwrap());
            String::from_utf8(report.out).unwrap()
        };
        assert_eq!(run(5000, 1.0), run(5001, 2.0));
        let want =
            "{\"event\":\"connected\",\"robot\":1}\n{\"event\":\"ended\",\"robot\":1,\"reason\":\"end-of-stream\"";
        assert!(run(5000, 1.0).starts_with(want), "{}", run(5000, 1.0));
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
        let age_ms = Some(Latency { p50: 41.0, p99: 90.5 });
        let line = json(&Event::Ended(EndedEvent { latency_ms, age_ms, ..ended(summary) }));
        let want = concat!(
            r#""latency_ms":{"p50":1.2,"p99":4.1},"age_ms":{"p50":41.0,"p99":90.5},"#,
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
        let origin = Origin::File { source: "a.jpg", topic: None, seq: None };
        let line = Line::Corrupt(CorruptLine { origin, reason: "cut", more: 0 });
        let want = r#"{"event":"corrupt","source":"a.jpg","reason":"cut"}"#;
        assert_eq!(line.to_json(), want);
    }
}
