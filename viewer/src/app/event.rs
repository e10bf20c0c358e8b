//! What goes into the state machine and what comes out of it.

use std::net::SocketAddr;
use std::sync::Arc;

use super::tally::End;
use crate::picture::{FrameId, Picture};
use crate::report::Line;
use vision::detect::{DetectError, Detection, Kind};

/// What happened, as the network, the decoder, the detectors and the user tell it.
#[derive(Debug)]
pub(crate) enum Event {
    Listening {
        addr: SocketAddr,
    },
    Connected {
        robot: u32,
        peer: SocketAddr,
    },
    Refused {
        robot: u32,
        peer: SocketAddr,
        detail: String,
    },
    Disconnected {
        robot: u32,
        end: End,
    },
    /// A newer frame took this one's place before it was shown.
    Dropped {
        id: FrameId,
    },
    Corrupt {
        id: FrameId,
        reason: String,
    },
    /// There is a picture to fetch.
    PictureReady,
    Detected(Answer),
    /// The detector of `kind` was busy, and a newer picture took this one's place.
    Skipped {
        id: FrameId,
        kind: Kind,
    },
    Key(char),
    /// Ctrl-C, or the window was closed.
    Interrupted,
}

/// What one detector says of one picture.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) id: FrameId,
    pub(crate) kind: Kind,
    pub(crate) outcome: Result<Vec<Detection>, DetectError>,
}

/// Whether the program ends with its first robot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Once {
    FirstRobot,
    Never,
}

/// Why the program ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The user said so.
    Quit,
    /// The first robot has left, as `--once` asks; whether it was cut short.
    RobotLeft { cut_short: bool },
}

/// What the outside has to do; see [`App::take_effects`].
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// For the report.
    pub(crate) lines: Vec<Line>,
    /// For the person at the terminal.
    pub(crate) notices: Vec<String>,
    /// Payloads that have come into view.
    pub(crate) readings: Vec<String>,
    /// A picture to write to disk.
    pub(crate) save: Option<Arc<Picture>>,
}
