//! A passing message over everything else.

use super::block::{Alignment, Block, Paragraph};
use super::middle;
use super::palette::BRIGHT;
use super::panel::{Panel, inset};
use super::pen::{Pen, Style};
use crate::canvas::Surface;
use vision::detect::Rect;

/// The message, rendered, and where it is: at the bottom, in as many lines as it needs.
pub(super) enum Toast {
    Line(Panel),
    Lines(Block, Rect),
}

impl Toast {
    /// A path that is too long for a line loses its middle; of a message that has no room in `area` as much is shown as has.
    pub(super) fn new(pen: &mut Pen<'_>, text: &str, area: Rect) -> Option<Self> {
        let (area, style) = (inset(area, pen.sizes.padding()), Style::plain(BRIGHT));
        let room = area.width - 2 * pen.sizes.padding();
        let line = middle::shortened(text, |text| pen.whole_line(text, room, style).is_some());
        if let Some(panel) = Panel::whole(pen, &line, style, area) {
            return Some(Self::Line(panel.centred_at(i32::MAX)));
        }
        let room = Block::room(pen, area);
        let text = middle::shortened(text, |text| {
            pen.wrapped(text, room, style).iter().all(|row| pen.whole_line(row, room, style).is_some())
        });
        match Block::new(pen, &[Paragraph::new(text, style)], Alignment::Left, area) {
            Some(block) => {
                let place = block.at_the_bottom_of(area);
                Some(Self::Lines(block, place))
            }
            None => Some(Self::Line(Panel::new(pen, &line, style, area)?.centred_at(i32::MAX))),
        }
    }

    /// Where its ground is.
    pub(super) fn place(&self) -> Rect {
        match self {
            Self::Line(panel) => panel.place(),
            Self::Lines(_, place) => *place,
        }
    }

    pub(super) fn draw(&self, surface: &mut Surface<'_>) {
        match self {
            Self::Line(panel) => panel.draw(surface),
            Self::Lines(block, place) => block.draw(surface, *place),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overlay::pen::Sizes;
    use crate::text::TextRenderer;

    #[test]
    fn a_message_has_as_many_lines_as_it_needs_and_no_more() {
        let full = "recording stopped: byte 1048576 of the recording cannot be written; make room on its disk, or choose \
                    another place: No space left on device (os error 28); 812 frames in \
                    /home/somebody/recordings of the robots/in the hall/robots-2026-12-01T05-05-52Z.mcap";
        let saved = "saved /home/somebody/pictures of the robots/in the hall/and beside it/robot1-frame000012.jpg";
        let mut renderer = TextRenderer::new();
        for (text, width, height, least, most) in [
            ("QR codes: on", 320, 240, 1, 1),
            (saved, 640, 480, 1, 1),
            (full, 640, 480, 3, 5),
            (full, 1280, 800, 2, 4),
            (full, 4000, 2000, 1, 2),
        ] {
            let area = Rect { x: 0, y: 0, width, height };
            let mut pen = Pen::new(&mut renderer, Sizes::of(width, height, 1.0));
            let toast = Toast::new(&mut pen, text, area).expect("there is room");
            assert_eq!(toast.place().intersection(&area), toast.place(), "{text:?} in {width}×{height}");
            let rows = toast.place().height / pen.sizes.row();
            assert!((least..=most).contains(&rows), "{rows} rows of {text:?} in {width}×{height}");
        }
    }
}
