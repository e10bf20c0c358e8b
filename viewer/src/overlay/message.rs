//! Some lines in the middle of a tile that has no picture.

use super::block::{Alignment, Block, Paragraph};
use super::palette::{BRIGHT, GREY};
use super::pen::{Pen, Style};
use super::waiting::ago;
use crate::canvas::Surface;
use crate::scene::{Tile, View};

/// What a tile without a picture says: the robot's name, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Message {
    paragraphs: Vec<Paragraph>,
}

impl Message {
    /// `None` where there is a picture.
    pub(super) fn of(tile: &Tile) -> Option<Self> {
        let details = match &tile.view {
            View::Waiting { why } => vec![Paragraph::new(why.clone(), Style::plain(GREY))],
            View::Gone { why, ago: time } => vec![
                Paragraph::new(why.clone(), Style::plain(GREY)),
                Paragraph::new(ago(*time), Style::plain(GREY)).expendable(1),
            ],
            View::Live(_) | View::Stale { .. } => return None,
        };
        let name = Paragraph::new(tile.name.clone(), Style::bold(BRIGHT));
        Some(Self { paragraphs: [name].into_iter().chain(details).collect() })
    }

    /// Draws it in the middle of `surface`, on a ground of its own; what does not fit is left out.
    pub(super) fn draw(&self, surface: &mut Surface<'_>, pen: &mut Pen<'_>) {
        let area = surface.area();
        if let Some(block) = Block::new(pen, &self.paragraphs, Alignment::Centre, area) {
            block.draw(surface, block.centred_in(area));
        }
    }
}
