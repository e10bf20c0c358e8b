//! What there is to see at one moment, as plain values for whoever draws it.

pub(crate) mod layout;

use std::sync::Arc;
use std::time::Duration;

use crate::picture::Picture;
use vision::detect::{Detection, Kind};

/// Everything on the screen.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    /// The robots to show, in the order of their places; empty while no robot is there.
    pub(crate) tiles: Vec<Tile>,
    /// What the status line says while there is no tile, such as where the viewer listens.
    pub(crate) waiting: String,
    /// A passing message.
    pub(crate) toast: Option<String>,
    /// Whether the list of keys is shown.
    pub(crate) help: bool,
}

/// One robot's part of the screen.
#[derive(Debug, Clone)]
pub(crate) struct Tile {
    /// The key that shows this robot large; `None` where there is none: it is alone, or the tenth or a later one.
    pub(crate) key: Option<char>,
    /// `robot 3`, or the name that the user gave it.
    pub(crate) name: String,
    pub(crate) view: View,
    /// What was found, to be drawn over the picture.
    pub(crate) marks: Vec<Mark>,
    /// How many of each kind that is switched on; `None` while there is no answer yet.
    pub(crate) counts: Vec<(Kind, Option<usize>)>,
    /// `None` before the first picture.
    pub(crate) numbers: Option<Numbers>,
}

/// What there is to see of a robot.
#[derive(Debug, Clone)]
pub(crate) enum View {
    /// Connected, and no picture yet: what is known of why.
    Waiting {
        why: String,
    },
    Live(Arc<Picture>),
    /// Connected and silent: its last picture, and for how long there has been no other.
    Stale {
        picture: Arc<Picture>,
        silent_for: Duration,
    },
    /// It has left: why, and how long ago.
    #[cfg_attr(not(test), expect(dead_code, reason = "the state machine shows one robot, and none once it has left"))]
    Gone {
        why: String,
        ago: Duration,
    },
}

/// One detection, and how to draw it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mark {
    pub(crate) detection: Detection,
    /// How strongly, from 0 to 1.
    pub(crate) opacity: f64,
    pub(crate) sight: Sight,
}

/// Whether the detector's last answer had an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// It had, and the object is counted.
    Seen,
    /// It had not; the object is expected to be where the mark is, and is not counted.
    #[cfg_attr(not(test), expect(dead_code, reason = "the state machine does not tell the two apart"))]
    Expected,
}

/// How a robot's stream is doing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Numbers {
    /// Pictures shown a second, over the last two seconds.
    pub(crate) fps: f64,
    /// How long ago the picture's last byte came.
    pub(crate) age: Duration,
    pub(crate) dropped: u64,
    pub(crate) corrupt: u64,
}
