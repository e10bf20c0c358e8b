//! What there is to see at one moment, as plain values for whoever draws it.

use std::sync::Arc;
use std::time::Duration;

use crate::picture::Picture;
use vision::detect::{Detection, Kind};

/// Everything on the screen.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) view: View,
    /// What was found, to be drawn over the picture.
    pub(crate) marks: Vec<Mark>,
    /// How many of each kind that is on; `None` while it has no result yet.
    pub(crate) counts: Vec<(Kind, Option<usize>)>,
    pub(crate) status: Status,
    /// A passing message.
    pub(crate) toast: Option<String>,
    /// Whether the list of keys is shown.
    pub(crate) help: bool,
}

/// The picture itself.
#[derive(Debug)]
pub(crate) enum View {
    /// No robot, or none that has sent a picture yet.
    Filler,
    Live(Arc<Picture>),
    /// The robot is connected and silent: its last picture, and for how long there has been no other.
    Stale {
        picture: Arc<Picture>,
        silent_for: Duration,
    },
}

/// One detection and how strongly to draw it, from 0 to 1: results that belong to an older picture fade.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) detection: Detection,
    pub(crate) opacity: f64,
}

/// The line at the bottom.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Status {
    pub(crate) state: String,
    pub(crate) numbers: Option<Numbers>,
}

/// What the status line says of the robot that is watched.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Numbers {
    pub(crate) robot: u32,
    /// Pictures shown a second, over the last two.
    pub(crate) fps: f64,
    /// How long ago the picture's last byte came.
    pub(crate) age: Duration,
    pub(crate) dropped: u64,
    pub(crate) corrupt: u64,
}
