//! What there is to see of a robot at one moment, as plain values for whoever draws it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use vision::{Detection, Kind, Sight};

use crate::event::{EndReason, Identity};
use crate::frame::StreamPicture;

/// One robot, for the screen.
#[derive(Debug, Clone)]
pub struct RobotView {
    /// Who it is.
    pub robot: Identity,
    /// Where it connected from.
    pub peer: SocketAddr,
    /// Its picture, or why there is none.
    pub state: ViewState,
    /// The objects that are followed, moved on to where they should be in the picture.
    pub marks: Vec<Mark>,
    /// How many of each kind that is switched on the last answer found; `None` while there is no answer.
    pub counts: Vec<(Kind, Option<usize>)>,
    /// `None` before the first picture.
    pub numbers: Option<Numbers>,
}

/// What a robot is doing.
#[derive(Debug, Clone)]
pub enum ViewState {
    /// Connected, and no picture has come yet.
    Waiting {
        /// What was wrong with its first frame, if one came.
        first_corrupt: Option<String>,
    },
    /// Pictures come.
    Live(Arc<StreamPicture>),
    /// Connected and silent.
    Stale {
        /// The last picture.
        picture: Arc<StreamPicture>,
        /// For how long there has been no other.
        silent_for: Duration,
    },
    /// The connection is over.
    Gone {
        /// Why.
        reason: EndReason,
        /// What exactly was seen, where the reason alone does not say it.
        detail: Option<String>,
        /// How long ago.
        ago: Duration,
    },
}

/// An object, where it should be in the picture that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// What it is, and where.
    pub detection: Detection,
    /// How strongly to draw it, from 0 to 1: an object that is missed fades.
    pub opacity: f64,
    /// Whether the detector's last answer had it.
    pub sight: Sight,
}

/// A robot's figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Numbers {
    /// Pictures shown a second, over the last two.
    pub fps: f64,
    /// How long ago the picture's last byte came.
    pub age: Duration,
    /// Frames that a newer one replaced before they were shown.
    pub dropped: u64,
    /// Frames that are no picture.
    pub corrupt: u64,
}
