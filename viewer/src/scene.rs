//! What there is to see at one moment, as plain values for whoever draws it.

pub(crate) mod layout;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use pipeline::StreamPicture;
pub(crate) use pipeline::{Mark, Numbers, Unreached};
use vision::Kind;
pub(crate) use vision::Sight;

use crate::addresses::Reach;

/// Everything on the screen.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    /// The robots to show, in the order of their places; empty while no robot is there.
    pub(crate) tiles: Vec<Tile>,
    /// What is said while there is no tile.
    pub(crate) waiting: Waiting,
    /// How long a recording has been going on, if there is one.
    pub(crate) recording: Option<Duration>,
    /// A passing message.
    pub(crate) toast: Option<String>,
    /// What the list of keys says; `None` while it is hidden.
    pub(crate) help: Option<Help>,
}

/// What there is to say while no robot is there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Waiting {
    /// How a robot can connect.
    pub(crate) reach: Reach,
    /// The cameras that are dialled, and give no picture at present.
    pub(crate) unreached: Vec<Unreached>,
    /// The robot that left last, unless that was long ago.
    pub(crate) left: Option<Left>,
}

/// A robot that has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Left {
    /// As [`Tile::name`].
    pub(crate) name: String,
    pub(crate) from: IpAddr,
    /// What it did: `closed the connection`.
    pub(crate) why: &'static str,
    /// What exactly was seen, where that does not say it.
    pub(crate) detail: Option<String>,
    pub(crate) ago: Duration,
}

/// The state of what keys switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Help {
    /// The kinds that are searched for.
    pub(crate) on: BTreeSet<Kind>,
    /// Whether humans have their skeletons drawn.
    pub(crate) skeletons: bool,
}

impl Scene {
    /// The same without what passes or covers the pictures.
    pub(crate) fn without_messages(self) -> Self {
        Self { toast: None, help: None, ..self }
    }

    /// The pictures that are in it.
    pub(crate) fn pictures(&self) -> impl Iterator<Item = &StreamPicture> {
        self.tiles.iter().filter_map(|tile| match &tile.view {
            View::Live(picture) | View::Stale { picture, .. } => Some(&**picture),
            View::Waiting { .. } | View::Gone { .. } => None,
        })
    }
}

/// How long a passing message is shown: long enough to be read, at four words a second.
pub(crate) fn reading_time(message: &str) -> Duration {
    const A_LETTER: Duration = Duration::from_millis(40);
    let letters = u32::try_from(message.chars().count()).unwrap_or(u32::MAX);
    A_LETTER.saturating_mul(letters).clamp(Duration::from_secs(3), Duration::from_secs(15))
}

/// One robot's part of the screen.
#[derive(Debug, Clone)]
pub(crate) struct Tile {
    /// The key that shows this robot large; `None` where there is none: it is alone, or the tenth or a later one.
    pub(crate) key: Option<char>,
    /// `robot 3`, and the name that the user gave it: `robot 3 (lab)`.
    pub(crate) name: String,
    pub(crate) view: View,
    /// What was found, to be drawn over the picture.
    pub(crate) marks: Vec<Mark>,
    /// How many of each kind that is switched on; `None` while there is no answer yet.
    pub(crate) counts: Vec<(Kind, Option<usize>)>,
    /// `None` before the first picture.
    pub(crate) numbers: Option<Numbers>,
    pub(crate) rising: Rising,
    /// What is wrong with the detectors, in a few words each.
    pub(crate) troubles: Vec<String>,
}

/// Which of a robot's losses have become more a moment ago.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rising {
    pub(crate) dropped: bool,
    pub(crate) corrupt: bool,
}

/// What there is to see of a robot.
#[derive(Debug, Clone)]
pub(crate) enum View {
    /// Connected, and no picture yet: what is known of why.
    Waiting {
        why: String,
    },
    Live(Arc<StreamPicture>),
    /// Connected and silent: its last picture, and for how long there has been no other.
    Stale {
        picture: Arc<StreamPicture>,
        silent_for: Duration,
    },
    /// It has left: why, and how long ago.
    Gone {
        why: String,
        ago: Duration,
    },
}
