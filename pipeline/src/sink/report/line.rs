//! The lines of a report: what they hold, and which event has which.

mod events;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

use serde::Serialize;
use vision::text::is_steering;
use vision::{Detection, Kind};

use super::fields::{by_name, by_payload, detections, drawn, is_zero, sightings};
use super::{Circumstances, Contents, DrawnObjects};
use crate::event::{CorruptEvent, Drawn, Event, Sighting};

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
        #[serde(skip_serializing_if = "Option::is_none")]
        peer: Option<SocketAddr>,
        /// Where its stream was asked for, unless it connected itself.
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<&'a str>,
    },
    /// An address that is dialled gives no stream.
    Unreachable {
        /// Which address.
        url: &'a str,
        /// What is in the way.
        detail: &'a str,
    },
    /// A picture was searched.
    Frame(FrameLine<'a>),
    /// A frame or file is no picture.
    Corrupt(CorruptLine<'a>),
    /// A robot's connection is over, or was refused.
    Ended(EndedLine<'a>),
    /// A recording has begun or ended.
    Recording(RecordingLine<'a>),
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
    /// A frame of a robot in a fleet, where numbers of robots differ from machine to machine.
    Fleet {
        /// The robot's name.
        name: &'a str,
        /// The number of the frame.
        seq: u64,
    },
    /// A file, or a frame of one.
    File {
        /// Its path.
        source: &'a str,
        /// The topic of a recording.
        #[serde(skip_serializing_if = "Option::is_none")]
        topic: Option<&'a str>,
        /// The number of the frame, for videos and recordings.
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
    /// How old it was when it was handed to the screen; only for stamped frames of a robot.
    #[serde(flatten)]
    pub age: Option<AgeField>,
    /// How many of each kind there are; a kind that was not searched for in this frame is absent.
    #[serde(serialize_with = "by_name")]
    pub counts: &'a BTreeMap<Kind, usize>,
    /// What was found.
    #[serde(serialize_with = "detections")]
    pub detections: &'a [Detection],
    /// What was drawn over it; only where that is asked for.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "drawn")]
    pub drawn: Option<&'a [Drawn]>,
    /// How long all detectors took together; only from `viewer detect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elapsed_ms: Option<f64>,
}

/// The age of a stamped frame, in milliseconds to a tenth.
#[derive(Debug, Clone, Copy, Serialize)]
pub enum AgeField {
    /// Since it was taken, while the robot's clock and this machine's agree.
    #[serde(rename = "age_ms")]
    SinceTaken(f64),
    /// By how much it is older than the fastest frame was on arrival, while they do not.
    #[serde(rename = "over_best_ms")]
    OverBest(f64),
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
    /// How many frames were lost on their way here, of a robot in a fleet.
    #[serde(skip_serializing_if = "is_zero")]
    undelivered: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<LatencyFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_ms: Option<LatencyFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    over_best_ms: Option<LatencyFields>,
    /// How many more were refused since the last such line and have none of their own.
    #[serde(skip_serializing_if = "is_zero")]
    more: u64,
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "sightings")]
    sightings: Cow<'a, [Sighting]>,
    #[serde(skip_serializing_if = "is_zero")]
    sightings_left_out: u64,
}

/// A recording has begun or ended.
#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum RecordingLine<'a> {
    /// A file was begun.
    Started {
        /// Its path.
        file: Cow<'a, str>,
    },
    /// A file was ended.
    Stopped {
        /// Its path.
        file: Cow<'a, str>,
        /// How many frames are in it.
        frames: u64,
        /// How large it is.
        bytes: u64,
        /// How many frames the disk could not take, since the recording began.
        lost: u64,
        /// Why, if nobody asked for it.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a str>,
    },
    /// No file could be begun.
    Failed {
        /// Why.
        detail: &'a str,
    },
}

#[derive(Debug, Serialize)]
struct LatencyFields {
    p50: f64,
    p99: f64,
}

impl<'a> Line<'a> {
    /// As JSON; what would steer a terminal, or ends a line to some readers, is escaped.
    pub fn to_json(&self) -> String {
        without_steering(serde_json::to_string(self).expect("a line's keys are strings and its numbers finite"))
    }

    /// The same line with no more than these contents; `None` where nothing is left of it.
    pub fn with_contents(mut self, Contents { drawn, circumstances }: Contents) -> Option<Self> {
        if let (DrawnObjects::LeftOut, Line::Frame(frame)) = (drawn, &mut self) {
            frame.drawn = None;
        }
        if circumstances == Circumstances::LeftOut {
            match &mut self {
                Line::Connected { peer, .. } => *peer = None,
                Line::Frame(frame) => frame.age = None,
                Line::Ended(ended) => {
                    (ended.latency_ms, ended.age_ms, ended.over_best_ms) = (None, None, None);
                    ended.sightings = by_payload(&ended.sightings).into();
                }
                Line::Recording(_) => return None,
                Line::Listening { .. } | Line::Unreachable { .. } | Line::Corrupt(_) | Line::Lost { .. } => {}
            }
        }
        Some(self)
    }

    /// The line of an event; `None` for one that the report does not have.
    pub fn of(event: &'a Event) -> Option<Self> {
        Some(match event {
            Event::Listening { addr } => Line::Listening { addr: *addr },
            Event::Connected { robot, peer, url } => {
                Line::Connected { robot: robot.into(), peer: Some(*peer), url: url.as_deref() }
            }
            Event::Unreachable { url, detail } => Line::Unreachable { url, detail },
            Event::Frame(frame) => Line::Frame(frame.into()),
            Event::Corrupt(CorruptEvent { robot, seq, reason, more }) => {
                let origin = Origin::Robot { robot: robot.into(), seq: *seq };
                Line::Corrupt(CorruptLine { origin, reason, more: *more })
            }
            Event::Ended(ended) => Line::Ended(ended.into()),
            Event::Refused(refused) => Line::Ended(refused.into()),
            Event::Recording(event) => Line::Recording(event.into()),
            Event::Lost { lines, .. } => Line::Lost { lines: *lines },
            Event::Received(_)
            | Event::InView { .. }
            | Event::DetectorFailed { .. }
            | Event::DetectorOff { .. }
            | Event::DetectorHangs { .. }
            | Event::NoPictures { .. }
            | Event::NotAccepted { .. }
            | Event::CertificatesChanged { .. }
            | Event::SinkStalled { .. } => return None,
        })
    }
}

/// `json` with escapes for characters that are allowed in its strings and yet steer a terminal, or end a line to some readers:
/// what a code says comes from whoever printed it.
fn without_steering(json: String) -> String {
    if !json.contains(is_steering) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 32);
    for c in json.chars() {
        if is_steering(c) {
            // All of them are in the first plane, so that one escape is one character.
            _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_steers_no_terminal_and_is_read_back_as_it_was() {
        let text = "a\u{9b}31m\u{7f}\u{85}\u{2028}\u{202e}\u{1b}ü";
        let escaped = without_steering(serde_json::to_string(text).unwrap());
        assert_eq!(escaped, r#""a\u009b31m\u007f\u0085\u2028\u202e\u001bü""#);
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
    }
}
