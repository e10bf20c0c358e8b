//! What there is to see of a robot at one moment, as plain values for whoever draws it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use protocol::Age;
use vision::detect::Rect;
use vision::track::{PATIENCE, Tracked};
use vision::{Detection, Kind, Sight};

use super::{Answered, STALE_AFTER, Session, Shown};
use crate::event::{End, EndReason, Identity};
use crate::frame::StreamPicture;

/// One robot, for the screen.
#[derive(Debug, Clone)]
pub struct RobotView {
    /// Who it is.
    pub robot: Identity,
    /// Where it connected from.
    pub peer: SocketAddr,
    /// Which tile it has, from 0: its key in the window, and where the page has it. It stays the same when the robot connects again.
    pub tile: usize,
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
    /// How old the picture is.
    pub age: PictureAge,
    /// Frames that were not shown, because newer ones came first.
    pub dropped: u64,
    /// Frames that are no picture.
    pub corrupt: u64,
}

/// How old the picture on the screen is, and what that is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureAge {
    /// It has no stamp: since its last byte came, whatever it took to get here.
    SinceArrival(Duration),
    /// By its stamp, and for as far as clocks agree: since it was taken.
    SinceTaken(Duration),
    /// By its stamp, without clocks that agree: by how much it is older than the fastest picture was on arrival.
    OverBest(Duration),
}

impl PictureAge {
    pub(super) fn of(picture: &StreamPicture, now: Duration) -> Self {
        let here = now.saturating_sub(picture.received_at);
        match picture.age.map(|age| age.after(here)) {
            None => Self::SinceArrival(here),
            Some(Age::SinceTaken(age)) => Self::SinceTaken(age),
            Some(Age::OverBest(over)) => Self::OverBest(over),
        }
    }
}

impl Session {
    /// What there is to see at `now`, with the kinds that are `on`.
    pub(crate) fn view(&mut self, on: &BTreeSet<Kind>, now: Duration) -> RobotView {
        let state = self.state(now);
        let picture = match &state {
            ViewState::Live(picture) | ViewState::Stale { picture, .. } => Some(Arc::clone(picture)),
            ViewState::Waiting { .. } | ViewState::Gone { .. } => None,
        };
        let marks = picture.as_ref().map_or_else(Vec::new, |picture| self.marks(picture, on));
        let count = |&kind: &Kind| {
            let seen = |mark: &&Mark| mark.detection.kind == kind && mark.sight == Sight::Seen;
            // Objects fade where nobody has looked for long: then it is not known how many there are.
            let is_recent = |answer: &Answered, now: u64| answer.is_empty || now.saturating_sub(answer.seq) <= PATIENCE;
            let has_answer = |picture: &Arc<StreamPicture>| {
                let answer = self.answered.get(&kind).filter(|answer| is_recent(answer, picture.id.seq));
                answer.is_some() && self.is_known(kind, picture)
            };
            (kind, picture.as_ref().is_some_and(has_answer).then(|| marks.iter().filter(seen).count()))
        };
        let counts = if picture.is_some() { on.iter().map(count).collect() } else { Vec::new() };
        let numbers = picture.map(|picture| Numbers {
            fps: self.rate.per_second(now),
            age: PictureAge::of(&picture, now),
            dropped: self.tally.dropped,
            corrupt: self.tally.corrupt,
        });
        let (robot, peer) = (self.robot.clone(), self.peer);
        // Whoever has all sessions fills in the tile.
        RobotView { robot, peer, tile: 0, state, marks, counts, numbers }
    }

    pub(super) fn state(&self, now: Duration) -> ViewState {
        if let (Some(at), Some(End { reason, detail })) = (self.over_at(), &self.tally.end) {
            let ago = now.saturating_sub(at);
            return ViewState::Gone { reason: *reason, detail: detail.clone(), ago };
        }
        let Some(Shown { picture, at }) = &self.last else {
            return ViewState::Waiting { first_corrupt: self.first_corrupt.clone() };
        };
        match now.saturating_sub(*at) {
            silent_for if silent_for >= STALE_AFTER => ViewState::Stale { picture: Arc::clone(picture), silent_for },
            _ => ViewState::Live(Arc::clone(picture)),
        }
    }

    /// The objects that are followed, moved on to where they should be in `picture`.
    pub(super) fn marks(&self, picture: &StreamPicture, on: &BTreeSet<Kind>) -> Vec<Mark> {
        self.in_view(picture, on).map(mark).collect()
    }

    /// The objects of the kinds that are `on`, as far as they are to be seen in `picture`.
    pub(super) fn in_view(&self, picture: &StreamPicture, on: &BTreeSet<Kind>) -> impl Iterator<Item = Tracked> {
        let known = on.iter().filter(|&&kind| self.is_known(kind, picture));
        let tracked = known.flat_map(|&kind| self.tracker.at(kind, picture.id.seq));
        let (width, height) = (picture.pixels().width() as i32, picture.pixels().height() as i32);
        let whole = Rect { x: 0, y: 0, width, height };
        // What moved on between its detector's answers may have left the picture.
        let is_in_view = move |object: &Tracked| object.detection.shape.bounds().intersection(&whole).area() > 0;
        tracked.filter(move |object| object.opacity > 0.0 && is_in_view(object))
    }

    /// Whether the places of the objects of `kind` relate to pictures like this one.
    pub(super) fn is_known(&self, kind: Kind, picture: &StreamPicture) -> bool {
        self.layouts.get(&kind) == Some(&picture.layout())
    }
}

fn mark(Tracked { detection, opacity, sight, .. }: Tracked) -> Mark {
    Mark { detection, opacity, sight }
}
