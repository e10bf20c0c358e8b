//! What a tile looked like when it was drawn, so that it is drawn again only when that has changed.

use std::time::Duration;

use super::message::Message;
use super::strip::Strip;
use crate::scene::{Mark, Tile, View};
use pipeline::FrameId;
use vision::Orientation;
use vision::detect::Kind;

/// Everything that decides a tile's pixels, but for its place, and whether all of it was drawn.
pub(super) struct Look {
    picture: PictureLook,
    strip: Strip,
    /// When it is drawn again although it is the same, because some of its labels were left out.
    again_at: Option<Duration>,
}

/// What decides the pixels above the strip.
struct PictureLook {
    shown: Shown,
    marks: Vec<Mark>,
    counts: Vec<(Kind, Option<usize>)>,
}

#[derive(PartialEq)]
enum Shown {
    Live(FrameId, Orientation),
    Stale { id: FrameId, orientation: Orientation, seconds: u64 },
    Message(Option<Message>),
}

/// Which parts of a tile differ from what was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) picture: bool,
    pub(super) strip: bool,
}

impl Look {
    pub(super) fn of(tile: &Tile, strip: Strip) -> Self {
        Self { picture: PictureLook::of(tile), strip, again_at: None }
    }

    /// Takes over what `tile` looks like `now`, and says which parts of it that changes.
    pub(super) fn update(&mut self, tile: &Tile, strip: Strip, now: Duration) -> Changes {
        let is_same_picture = self.picture.shown == Shown::of(tile);
        let strip = if is_same_picture { strip.at_the_pace_of(&self.strip) } else { strip };
        let changes = Changes {
            picture: !is_same_picture
                || self.picture.marks != tile.marks
                || self.picture.counts != tile.counts
                || self.again_at.is_some_and(|at| now >= at),
            strip: self.strip != strip,
        };
        if changes.picture {
            self.picture = PictureLook::of(tile);
        }
        self.strip = strip;
        changes
    }

    /// Its picture was drawn, and whether all labels were.
    pub(super) fn drawn(&mut self, is_complete: bool, now: Duration) {
        self.again_at = (!is_complete).then(|| now + SOON);
    }

    pub(super) fn strip(&self) -> &Strip {
        &self.strip
    }
}

/// A label that comes a tenth of a second late is not missed, and the picture below it is not drawn much more often for it.
const SOON: Duration = Duration::from_millis(100);

impl PictureLook {
    fn of(tile: &Tile) -> Self {
        Self { shown: Shown::of(tile), marks: tile.marks.clone(), counts: tile.counts.clone() }
    }
}

impl Shown {
    fn of(tile: &Tile) -> Self {
        match &tile.view {
            View::Live(picture) => Shown::Live(picture.id, picture.orientation()),
            View::Stale { picture, silent_for } => {
                let (id, orientation) = (picture.id, picture.orientation());
                Shown::Stale { id, orientation, seconds: silent_for.as_secs() }
            }
            View::Waiting { .. } | View::Gone { .. } => Shown::Message(Message::of(tile)),
        }
    }
}
