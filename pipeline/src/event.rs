//! What comes out of the pipeline, as plain values; what becomes of them is each sink's business.

mod end;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use protocol::{Age, Frame, Stamp};
use vision::Orientation;
use vision::detect::{Detection, Kind, Payload, Rect, Tag};

pub use end::{End, EndReason};

use crate::frame::{FrameId, RobotId};
use crate::sink::recorder::RecordingEvent;

/// Something that happened. Those of one robot come in order: connected, its frames by number, ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Robots may connect from now on.
    Listening {
        /// Where, with the port that the system chose if that was left to it.
        addr: SocketAddr,
    },
    /// A robot was let in.
    Connected {
        /// Who it is.
        robot: Identity,
        /// Where it connected from, or where it was dialled.
        peer: SocketAddr,
        /// Where its stream was asked for, unless it connected itself.
        url: Option<Arc<str>>,
    },
    /// A whole frame came off the wire, whatever becomes of it.
    Received(ReceivedEvent),
    /// A picture was shown, and each detector that was switched on has answered, or will not.
    Frame(FrameEvent),
    /// A frame was no picture.
    Corrupt(CorruptEvent),
    /// A robot's connection is over, and each of its frames is accounted for. Nothing of it follows.
    Ended(EndedEvent),
    /// A connection was not let in.
    Refused(RefusedEvent),
    /// A payload came into view.
    InView {
        /// Who shows it.
        robot: Identity,
        /// Its content.
        payload: Payload,
    },
    /// An address that is dialled gives no stream; it is dialled again until it does.
    Unreachable {
        /// The address, without a password.
        url: Arc<str>,
        /// What is in the way, and what to do.
        detail: String,
    },
    /// A connection could not be accepted.
    NotAccepted {
        /// What the system says.
        error: String,
    },
    /// The files with the viewer's certificates have changed.
    CertificatesChanged {
        /// Why those from before are still used, if they are.
        problem: Option<String>,
    },
    /// A detector failed on a picture, which was shown without its answer.
    DetectorFailed {
        /// The picture.
        id: FrameId,
        /// What failed, with the reason.
        error: String,
    },
    /// A detector searches no pictures of this robot any more, because it failed on them or took far too long again and again.
    DetectorOff {
        /// Whose pictures they are.
        robot: Identity,
        /// Which one.
        kind: Kind,
        /// What it did.
        why: String,
    },
    /// A detector has not come back from a picture; until it does, nobody's are searched for that kind.
    DetectorHangs {
        /// Whose picture it is.
        robot: Identity,
        /// Which one.
        kind: Kind,
        /// For how long.
        after: Duration,
    },
    /// No picture came from this robot yet, and this is why the first frame that was tried is none.
    NoPictures {
        /// Who it is.
        robot: Identity,
        /// What is wrong with that frame.
        reason: String,
    },
    /// A recording has begun or ended.
    Recording(RecordingEvent),
    /// A sink could not take what happened, because what it writes to does not keep up.
    Lost {
        /// How many of the lines it would have written are missing here.
        lines: u64,
        /// How many frames, of those that it would have written.
        frames: u64,
    },
    /// What a sink writes to does not keep up.
    SinkStalled {
        /// The sink.
        sink: &'static str,
        /// It has begun to lose lines; else every frame is wanted, and robots wait for it.
        loses: bool,
    },
}

/// Which robot, in numbers and in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its number.
    pub id: RobotId,
    /// The user's name for its address, where there is one.
    pub name: Option<Arc<str>>,
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{} ({name})", self.id),
            None => self.id.fmt(f),
        }
    }
}

/// A frame as it came off the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedEvent {
    /// Whose it is.
    pub robot: Identity,
    /// Which of that robot's frames.
    pub seq: u64,
    /// Its bytes; they may turn out to be no picture.
    pub frame: Arc<Frame>,
    /// When it was taken and came.
    pub times: FrameTimes,
}

/// When a frame was taken, and when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameTimes {
    /// When its last byte came: nanoseconds since 1970, on a clock that was compared with the time of day when the robot
    /// connected and does not jump.
    pub arrived_ns: u64,
    /// What the robot says of when it was taken, if it does.
    pub stamp: Option<Stamp>,
}

/// A picture that was shown.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameEvent {
    /// Whose it is.
    pub robot: Identity,
    /// Which of that robot's frames.
    pub seq: u64,
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// How the picture was turned: width, height and all places are those after that.
    pub orientation: Orientation,
    /// Of the JPEG.
    pub bytes: usize,
    /// When it was taken and came.
    pub times: FrameTimes,
    /// How old it was when it was handed to the screen, by its stamp; `None` without one.
    pub age: Option<Age>,
    /// How many of each kind were found; a kind that was not searched for in this frame is absent.
    pub counts: BTreeMap<Kind, usize>,
    /// What was found.
    pub detections: Vec<Detection>,
    /// What was drawn over it: the objects that were known when it was shown, where they should be in it.
    pub drawn: Vec<Drawn>,
}

/// An object that is drawn over a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawn {
    /// What it is.
    pub kind: Kind,
    /// Where it is drawn.
    pub bounds: Rect,
    /// Its number.
    pub track: Option<u32>,
    /// How much earlier than this picture the one came in which it was last seen.
    pub age: Duration,
}

/// A frame that is no picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorruptEvent {
    /// Whose it is.
    pub robot: Identity,
    /// Which of that robot's frames.
    pub seq: u64,
    /// What is wrong with it.
    pub reason: String,
    /// How many frames before this one were corrupt in the same way and have no event of their own.
    pub more: u64,
}

/// The end of a robot's connection; `received` = `shown` + `dropped` + `corrupt`.
#[derive(Debug, Clone, PartialEq)]
pub struct EndedEvent {
    /// Whose it was.
    pub robot: Identity,
    /// Why it is over.
    pub reason: EndReason,
    /// What exactly was seen, where the reason alone does not say it.
    pub detail: Option<String>,
    /// Whole frames that came off the wire.
    pub received: u64,
    /// Pictures that were handed to the screen.
    pub shown: u64,
    /// Frames that were not shown, because newer ones came first, though nothing is known to be wrong with them.
    pub dropped: u64,
    /// Frames that are no picture.
    pub corrupt: u64,
    /// Frames that were lost between whoever received them and this program, which are none of those received; only of robots that
    /// come by an [`Entrance`](crate::Entrance).
    pub undelivered: u64,
    /// From the last byte of a frame read to its picture handed to the screen; `None` when nothing was shown.
    pub latency_ms: Option<Latency>,
    /// From the stamp to its picture handed to the screen, of the pictures for which the clocks agreed.
    pub age_ms: Option<Latency>,
    /// What stamped pictures had over the fastest one when they were handed to the screen, while the clocks did not agree.
    pub over_best_ms: Option<Latency>,
    /// What was read.
    pub summary: Summary,
}

/// A connection that was not let in; it has no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedEvent {
    /// Where it came from.
    pub peer: SocketAddr,
    /// Why it was refused.
    pub detail: String,
    /// How many more were refused since the last such event and have none of their own.
    pub more: u64,
}

/// The payloads that a robot has shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// In the order in which they came into view.
    pub sightings: Vec<Sighting>,
    /// How many more there were than a summary holds.
    pub left_out: u64,
}

/// One payload from coming into view to leaving it; one that comes back later has another sighting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Its content.
    pub payload: Payload,
    /// The number of the first frame in which it was read.
    pub first: u64,
    /// The number of the last frame in which it was read.
    pub last: u64,
    /// In how many frames it was read.
    pub frames: u64,
}

/// Milliseconds: the median, and the value that 99 of 100 pictures do not exceed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    /// The median.
    pub p50: f64,
    /// The 99th percentile.
    pub p99: f64,
}

impl Event {
    /// About how many bytes of memory it takes, for the bounds of queues.
    pub(crate) fn weight(&self) -> usize {
        let payload = |payload: Option<&Payload>| payload.map_or(0, |payload| 2 * payload.bytes().len());
        let own = match self {
            Event::Frame(frame) => {
                let detections = frame.detections.iter();
                let tag = |found: &Detection| found.tag.as_ref().map_or(0, |_| size_of::<Tag>());
                detections.map(|found| size_of::<Detection>() + payload(found.payload.as_ref()) + tag(found)).sum()
            }
            Event::Ended(ended) => {
                let sightings = ended.summary.sightings.iter();
                sightings.map(|seen| size_of::<Sighting>() + payload(Some(&seen.payload))).sum()
            }
            Event::Corrupt(CorruptEvent { reason: text, .. })
            | Event::Refused(RefusedEvent { detail: text, .. })
            | Event::NoPictures { reason: text, .. }
            | Event::Unreachable { detail: text, .. }
            | Event::NotAccepted { error: text }
            | Event::DetectorOff { why: text, .. }
            | Event::DetectorFailed { error: text, .. } => text.len(),
            Event::CertificatesChanged { problem } => problem.as_ref().map_or(0, String::len),
            Event::Received(received) => received.frame.as_bytes().len(),
            Event::InView { payload: seen, .. } => payload(Some(seen)),
            Event::Listening { .. }
            | Event::Connected { .. }
            | Event::DetectorHangs { .. }
            | Event::Recording(_)
            | Event::Lost { .. }
            | Event::SinkStalled { .. } => 0,
        };
        size_of::<Event>() + own
    }
}
