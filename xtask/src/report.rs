//! Reads the viewer's report: one JSON object a line.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::label;

/// One line of the report.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The viewer accepts robots at this address.
    Listening {
        /// Address and port, as the viewer wrote it.
        addr: String,
    },
    /// A robot connected.
    Connected {
        /// Its number, counted by the viewer.
        robot: u64,
    },
    /// A picture was shown and searched.
    Frame(Frame),
    /// A frame was not a whole JPEG.
    Corrupt {
        /// Which robot sent it; 0 for a file.
        robot: u64,
        /// Its place in the stream or video, from 0.
        seq: u64,
        /// The file it came from, in the lines of `viewer detect`.
        source: Option<String>,
        /// What is wrong with it.
        reason: String,
    },
    /// A robot's stream ended.
    Ended(Ended),
    /// An address that is dialled gives no stream.
    Unreachable {
        /// Which address.
        url: String,
        /// What is in the way.
        detail: String,
    },
    /// A recording has begun or ended.
    Recording {
        /// `started`, `stopped` or `failed`.
        state: String,
        /// The file, where there is one.
        file: Option<String>,
        /// Frames that the disk could not take.
        lost: Option<u64>,
        /// Why it has ended, or has not begun.
        detail: Option<String>,
    },
    /// Lines are missing here.
    Lost {
        /// How many.
        lines: u64,
    },
}

/// A `frame` line.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Which robot; 0 for a file.
    pub robot: u64,
    /// Its place in the stream or video, from 0.
    pub seq: u64,
    /// Pixels across and down.
    pub size: (u64, u64),
    /// Bytes of the JPEG; 0 for a frame of a video file.
    pub bytes: u64,
    /// The file it came from, in the lines of `viewer detect`.
    pub source: Option<String>,
    /// How many objects were found, by the kinds that were looked for; a kind whose detector failed is missing.
    pub counts: BTreeMap<String, u64>,
    /// How long the detectors took, in the lines of `viewer detect`.
    pub elapsed_ms: Option<f64>,
    /// How old the picture was in the window, in milliseconds, if it was stamped and the clocks agreed.
    pub age_ms: Option<f64>,
    /// What it had over the fastest picture in the window, in milliseconds, if it was stamped and the clocks did not agree.
    pub over_best_ms: Option<f64>,
    /// What was found.
    pub detections: Vec<Detection>,
    /// What was drawn over the picture, if the viewer was told to report that.
    pub drawn: Vec<Drawn>,
}

/// An object as it was drawn over a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// `qr`, `face` or `human`.
    pub kind: String,
    /// Left, top, width, height in pixels.
    pub area: [f64; 4],
    /// From the picture in which it was seen to this one, in milliseconds.
    pub age_ms: f64,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// `qr`, `tag`, `face` or `human`.
    pub kind: String,
    /// Left, top, width, height in pixels.
    pub area: [f64; 4],
    /// A QR code's or tag's corners in pixels: top-left, top-right, bottom-right, bottom-left; empty for other kinds.
    pub corners: Vec<[f64; 2]>,
    /// A QR code's payload: its text, or `base64:…` where it is not UTF-8; of a tag `tag` and its id; empty for other kinds.
    pub payload: String,
    /// Where a tag is, if size and camera were given.
    pub pose: Option<Pose>,
    /// How sure the engine is, in its own measure, where it has one.
    pub score: Option<f64>,
    /// The number that stays with the object from frame to frame, in streams and videos.
    pub track: Option<u64>,
}

/// Where a tag is.
#[derive(Clone, Debug, PartialEq)]
pub struct Pose {
    /// In metres from the camera: to the right, down, ahead.
    pub position: [f64; 3],
    /// The quaternion `[w, x, y, z]`.
    pub rotation: [f64; 4],
    /// The error relative to that of the other pose that looks alike.
    pub ambiguity: f64,
}

/// An `ended` line.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Which robot.
    pub robot: u64,
    /// Why: `end-of-stream`, `hang-up`, `truncated`, `refused`, `timeout`, `oversize`, `corrupt` or `quit`.
    pub reason: String,
    /// Frames that were received.
    pub received: u64,
    /// Frames that were shown.
    pub shown: u64,
    /// Frames that were not shown, because newer ones came first.
    pub dropped: u64,
    /// Frames that were not whole JPEGs.
    pub corrupt: u64,
    /// Frames that a fleet lost on their way.
    pub undelivered: u64,
    /// From the last byte read to the picture handed to the window, p50 and p99 in milliseconds.
    pub latency_ms: Option<(f64, f64)>,
    /// The same from the stamp to the window, of pictures for which the clocks agreed.
    pub age_ms: Option<(f64, f64)>,
    /// The same of what pictures had over the fastest one while the clocks did not agree.
    pub over_best_ms: Option<(f64, f64)>,
}

impl Event {
    /// Parses one line. An event that is not known is an error: the report is a contract.
    pub fn parse(line: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(line).with_context(|| format!("not a line of JSON: {line:?}"))?;
        let fields = Fields { value: &value, line };
        Ok(match fields.text("event")? {
            "listening" => Self::Listening { addr: fields.text("addr")?.to_owned() },
            "connected" => Self::Connected { robot: fields.number("robot")? },
            "frame" => Self::Frame(fields.frame()?),
            "corrupt" => Self::Corrupt {
                robot: fields.place("robot"),
                seq: fields.place("seq"),
                source: fields.source(),
                reason: fields.text("reason")?.to_owned(),
            },
            "ended" => Self::Ended(fields.ended()?),
            "unreachable" => {
                Self::Unreachable { url: fields.text("url")?.to_owned(), detail: fields.text("detail")?.to_owned() }
            }
            "recording" => {
                let text = |key: &str| fields.value[key].as_str().map(str::to_owned);
                let state = fields.text("state")?.to_owned();
                let lost = fields.value["lost"].as_u64();
                Self::Recording { state, file: text("file"), lost, detail: text("detail") }
            }
            "lost" => Self::Lost { lines: fields.number("lines")? },
            other => bail!("unknown event {other:?} in {line}"),
        })
    }

    /// The address in a `listening` line; `None` for every other line.
    pub fn listening(line: &str) -> Option<String> {
        match Self::parse(line) {
            Ok(Self::Listening { addr }) => Some(addr),
            _ => None,
        }
    }
}

struct Fields<'line> {
    value: &'line Value,
    line: &'line str,
}

impl<'line> Fields<'line> {
    fn text(&self, key: &str) -> Result<&'line str> {
        self.value[key].as_str().with_context(|| format!("no text {key:?} in {}", self.line))
    }

    fn number(&self, key: &str) -> Result<u64> {
        self.value[key].as_u64().with_context(|| format!("no number {key:?} in {}", self.line))
    }

    /// A number that lines about files do not have.
    fn place(&self, key: &str) -> u64 {
        self.value[key].as_u64().unwrap_or_default()
    }

    /// The file, in lines that are about one.
    fn source(&self) -> Option<String> {
        self.value["source"].as_str().map(str::to_owned)
    }

    fn counts(&self) -> Option<BTreeMap<String, u64>> {
        let counts = self.value["counts"].as_object()?;
        counts.iter().map(|(kind, count)| Some((kind.clone(), count.as_u64()?))).collect()
    }

    fn frame(&self) -> Result<Frame> {
        let found = self.value["detections"].as_array().with_context(|| format!("no detections in {}", self.line))?;
        Ok(Frame {
            robot: self.place("robot"),
            seq: self.place("seq"),
            size: (self.number("width")?, self.number("height")?),
            bytes: self.value["bytes"].as_u64().unwrap_or_default(),
            source: self.source(),
            counts: self.counts().with_context(|| format!("no counts in {}", self.line))?,
            elapsed_ms: self.value["elapsed_ms"].as_f64(),
            age_ms: self.value["age_ms"].as_f64(),
            over_best_ms: self.value["over_best_ms"].as_f64(),
            detections: found.iter().map(|value| self.detection(value)).collect::<Result<_>>()?,
            drawn: self.list("drawn").iter().map(|value| self.drawn(value)).collect::<Result<_>>()?,
        })
    }

    /// A list that not every line has.
    fn list(&self, key: &str) -> &'line [Value] {
        self.value[key].as_array().map_or(&[], Vec::as_slice)
    }

    fn drawn(&self, value: &Value) -> Result<Drawn> {
        let drawn = || {
            let kind = value["kind"].as_str()?.to_owned();
            Some(Drawn { kind, area: numbers(&value["box"])?, age_ms: value["age_ms"].as_f64()? })
        };
        drawn().with_context(|| format!("something drawn without kind, box or age in {}", self.line))
    }

    fn detection(&self, value: &Value) -> Result<Detection> {
        let bad = || format!("a detection without kind, box or corners in {}", self.line);
        let corners = value["corners"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(Detection {
            kind: value["kind"].as_str().with_context(bad)?.to_owned(),
            area: numbers(&value["box"]).with_context(bad)?,
            corners: corners.iter().map(numbers).collect::<Option<_>>().with_context(bad)?,
            payload: payload(value),
            pose: pose(&value["pose"]),
            score: value["score"].as_f64(),
            track: value["track"].as_u64(),
        })
    }

    fn ended(&self) -> Result<Ended> {
        let percentiles = |key: &str| {
            let of_key = &self.value[key];
            of_key["p50"].as_f64().zip(of_key["p99"].as_f64())
        };
        Ok(Ended {
            robot: self.number("robot")?,
            reason: self.text("reason")?.to_owned(),
            received: self.number("received")?,
            shown: self.number("shown")?,
            dropped: self.number("dropped")?,
            corrupt: self.number("corrupt")?,
            undelivered: self.place("undelivered"),
            latency_ms: percentiles("latency_ms"),
            age_ms: percentiles("age_ms"),
            over_best_ms: percentiles("over_best_ms"),
        })
    }
}

/// The payload of a code: its text, or `base64:…` where it is not UTF-8; which tag it is; nothing for other kinds.
pub(crate) fn payload(value: &Value) -> String {
    match (value["text"].as_str(), value["bytes_base64"].as_str()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(bytes)) => format!("base64:{bytes}"),
        (None, None) => value["id"].as_u64().map(|id| format!("tag {id}")).unwrap_or_default(),
    }
}

fn pose(value: &Value) -> Option<Pose> {
    let [w, x, y, z] = ["w", "x", "y", "z"].map(|name| value["rotation"][name].as_f64());
    let rotation = [w?, x?, y?, z?];
    Some(Pose { position: numbers(&value["position"])?, rotation, ambiguity: value["ambiguity"].as_f64()? })
}

fn numbers<const N: usize>(value: &Value) -> Option<[f64; N]> {
    label::numbers(value.as_array()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_line_gives_its_codes() {
        let line = r#"{"event":"frame","robot":1,"seq":7,"width":640,"height":480,"bytes":41234,"counts":{"qr":2},
            "detections":[{"kind":"qr","box":[1,2,3,4],"corners":[[1,2],[4,2],[4,6],[1,6]],"text":"héllo","engine":"zxing","track":3},
                          {"kind":"qr","box":[1,2,3,4.5],"corners":[[1,2],[4,2],[4,6],[1,6]],"bytes_base64":"/w=="}]}"#;
        let Event::Frame(frame) = Event::parse(line).unwrap() else { panic!("not a frame") };
        assert_eq!((frame.robot, frame.seq, frame.size, frame.counts["qr"]), (1, 7, (640, 480), 2));
        assert_eq!(frame.detections[0].payload, "héllo");
        assert_eq!(frame.detections[1].payload, "base64:/w==");
        assert_eq!(frame.detections.iter().map(|code| code.track).collect::<Vec<_>>(), [Some(3), None]);
        assert_eq!(frame.detections[0].corners[2], [4.0, 6.0]);
    }

    #[test]
    fn lines_about_files_name_them_and_say_how_long_it_took() {
        let line = r#"{"event":"frame","source":"a.jpg","width":64,"height":48,"counts":{"face":1},"elapsed_ms":3.25,
            "detections":[{"kind":"face","box":[1,2,3,4],"score":12.3,"engine":"seeta"}]}"#;
        let Event::Frame(frame) = Event::parse(line).unwrap() else { panic!("not a frame") };
        assert_eq!((frame.source.as_deref(), frame.elapsed_ms), (Some("a.jpg"), Some(3.25)));
        let face = &frame.detections[0];
        assert_eq!((face.area, face.score, face.corners.len()), ([1.0, 2.0, 3.0, 4.0], Some(12.3), 0));

        let line = r#"{"event":"corrupt","source":"b.jpg","reason":"half a file"}"#;
        let Event::Corrupt { source, reason, .. } = Event::parse(line).unwrap() else { panic!("not corrupt") };
        assert_eq!((source.as_deref(), reason.as_str()), (Some("b.jpg"), "half a file"));
    }

    #[test]
    fn an_ended_line_gives_counts_and_latency() {
        let line = r#"{"event":"ended","robot":1,"reason":"hang-up","received":9,"shown":6,"dropped":2,"corrupt":1,
            "latency_ms":{"p50":2.5,"p99":4.0}}"#;
        let Event::Ended(ended) = Event::parse(line).unwrap() else { panic!("not an end") };
        assert_eq!((ended.received, ended.shown, ended.dropped, ended.corrupt), (9, 6, 2, 1));
        assert_eq!(ended.latency_ms, Some((2.5, 4.0)));
    }

    #[test]
    fn a_line_that_breaks_the_contract_is_quoted() {
        for line in [r#"{"event":"listening"}"#, r#"{"event":"surprise"}"#, "plain text"] {
            let error = format!("{:#}", Event::parse(line).unwrap_err());
            assert!(
                error.contains("listening") || error.contains("surprise") || error.contains("plain text"),
                "{error}"
            );
        }
    }

    #[test]
    fn only_a_listening_line_has_an_address() {
        let address = Event::listening(r#"{"event":"listening","addr":"127.0.0.1:8000"}"#);
        assert_eq!(address.as_deref(), Some("127.0.0.1:8000"));
        assert_eq!(Event::listening(r#"{"event":"connected","robot":1}"#), None);
        assert_eq!(Event::listening("plain text"), None);
    }
}
