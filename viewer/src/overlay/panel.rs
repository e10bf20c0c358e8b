//! A line of text on a dark ground that keeps to its part of the canvas.

use super::palette::DARK;
use super::text_line::TextLine;
use crate::canvas::{Colour, Surface};
use crate::text::TextRenderer;
use vision::detect::Rect;

/// A line of text on its ground, and where it is.
pub(super) struct Panel {
    line: TextLine,
    colour: Colour,
    place: Rect,
    within: Rect,
}

impl Panel {
    /// As much of `text` as fits, in any script; `None` where `within` is too small for any.
    pub(super) fn new(
        renderer: &mut TextRenderer,
        text: &str,
        colour: Colour,
        within: Rect,
    ) -> opencv::Result<Option<Self>> {
        Self::around(TextLine::rendered(renderer, text, within.width - 2 * PADDING, colour)?, colour, within)
    }

    /// The same in OpenCV's letters.
    pub(super) fn plain(text: &str, size: f64, colour: Colour, within: Rect) -> opencv::Result<Option<Self>> {
        Self::around(TextLine::plain(text, within.width - 2 * PADDING, size)?, colour, within)
    }

    fn around(line: Option<TextLine>, colour: Colour, within: Rect) -> opencv::Result<Option<Self>> {
        let Some(line) = line else { return Ok(None) };
        let (width, height) = line.size()?;
        let place = Rect { width: width + 2 * PADDING, height: height + 2 * MARGIN, ..within };
        let fits = place.width <= within.width && place.height <= within.height;
        Ok(fits.then_some(Self { line, colour, place, within }))
    }

    /// Where its ground is.
    pub(super) fn place(&self) -> Rect {
        self.place
    }

    /// With its top-left corner at (`x`, `y`), or as near to that as fits.
    pub(super) fn at(mut self, x: i32, y: i32) -> Self {
        self.place = pushed_into(&self.within, Rect { x, y, ..self.place });
        self
    }

    /// With its middle in the middle of its part of the canvas, and its top at `y`.
    pub(super) fn centred_at(self, y: i32) -> Self {
        let x = self.within.x + (self.within.width - self.place.width) / 2;
        self.at(x, y)
    }

    pub(super) fn draw(&self, surface: &mut Surface<'_>) -> opencv::Result<()> {
        surface.fill(self.place, DARK);
        self.line.draw(surface, self.place.x + PADDING, self.place.y + MARGIN, self.colour)
    }
}

/// `rect`, moved into `area` by the shortest way; at the area's top left where it is larger.
pub(super) fn pushed_into(area: &Rect, rect: Rect) -> Rect {
    let into = |low: i32, room: i32, at: i32, size: i32| at.min(low + room - size).max(low);
    let (x, y) = (into(area.x, area.width, rect.x, rect.width), into(area.y, area.height, rect.y, rect.height));
    Rect { x, y, ..rect }
}

/// Pixels between the text and the sides of its ground.
pub(super) const PADDING: i32 = 6;
/// Pixels above and below it: a line has some space of its own.
const MARGIN: i32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_is_inside_its_part_of_the_canvas_or_there_is_none() {
        let mut renderer = TextRenderer::new();
        for (width, height) in (0..90).map(|n| (n, 100)).chain((0..90).map(|n| (100, n))) {
            let within = Rect { x: 30, y: 40, width, height };
            for large in [false, true] {
                let panel = if large {
                    Panel::plain("no picture", 0.8, [0; 3], within)
                } else {
                    Panel::new(&mut renderer, "Grüße aus Köln", [0; 3], within)
                };
                let Some(mut panel) = panel.unwrap() else {
                    assert!(width < 70 || height < 40, "there is room in {width}×{height}");
                    continue;
                };
                for (x, y) in [(i32::MIN, i32::MIN), (0, 500), (500, 0), (i32::MAX, i32::MAX)] {
                    panel = panel.at(x, y);
                    assert_eq!(panel.place().intersection(&within), panel.place());
                }
            }
        }
    }

    #[test]
    fn a_panel_that_is_centred_has_as_much_on_both_sides() {
        let within = Rect { x: 30, y: 40, width: 300, height: 100 };
        let panel = Panel::plain("text", 0.5, [0; 3], within).unwrap().unwrap().centred_at(70);
        let Rect { x, y, width, .. } = panel.place();
        assert!(y == 70 && (x - 30).abs_diff(330 - x - width) <= 1, "{x} {width}");
    }
}
