//! A line of text on a dark ground that keeps to its part of the canvas.

use super::palette::DARK;
use super::pen::{Line, Pen, Style};
use crate::canvas::Surface;
use vision::detect::Rect;

/// A line of text on its ground, and where it is.
pub(super) struct Panel {
    line: Line,
    padding: i32,
    place: Rect,
    within: Rect,
}

impl Panel {
    /// As much of `text` as fits, in any script; `None` where `within` is too small for any.
    pub(super) fn new(pen: &mut Pen<'_>, text: &str, style: Style, within: Rect) -> Option<Self> {
        let padding = pen.sizes.padding();
        let line = pen.line(text, within.width - 2 * padding, style)?;
        Self::around(line, padding, within)
    }

    /// As [`new`](Self::new), unless the text is new and more than the pen's allowance.
    pub(super) fn in_time(pen: &mut Pen<'_>, text: &str, style: Style, within: Rect) -> Option<Self> {
        let room = within.width - 2 * pen.sizes.padding();
        pen.may_write(text, room, style).then(|| Self::new(pen, text, style, within))?
    }

    /// All of `text`; `None` where `within` is too small for it.
    pub(super) fn whole(pen: &mut Pen<'_>, text: &str, style: Style, within: Rect) -> Option<Self> {
        let padding = pen.sizes.padding();
        let line = pen.whole_line(text, within.width - 2 * padding, style)?;
        Self::around(line, padding, within)
    }

    fn around(line: Line, padding: i32, within: Rect) -> Option<Self> {
        let (width, height) = (line.width as i32 + 2 * padding, line.height as i32 + 2 * MARGIN);
        let place = Rect { width, height, ..within };
        (width <= within.width && height <= within.height).then_some(Self { line, padding, place, within })
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

    pub(super) fn draw(&self, surface: &mut Surface<'_>) {
        surface.fill(self.place, DARK);
        surface.bitmap(&self.line, self.place.x + self.padding, self.place.y + MARGIN);
    }
}

/// `rect`, moved into `area` by the shortest way; at the area's top left where it is larger.
pub(super) fn pushed_into(area: &Rect, rect: Rect) -> Rect {
    let into = |low: i32, room: i32, at: i32, size: i32| at.min(low + room - size).max(low);
    let (x, y) = (into(area.x, area.width, rect.x, rect.width), into(area.y, area.height, rect.y, rect.height));
    Rect { x, y, ..rect }
}

/// `area` without a frame of `width` pixels around it, where it is large enough for one.
pub(super) fn inset(area: Rect, width: i32) -> Rect {
    let by = if area.width.min(area.height) > 16 * width { width } else { 0 };
    Rect { x: area.x + by, y: area.y + by, width: area.width - 2 * by, height: area.height - 2 * by }
}

/// Pixels above and below the text: a line has some space of its own.
const MARGIN: i32 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overlay::pen::Sizes;
    use crate::text::TextRenderer;

    #[test]
    fn a_panel_is_inside_its_part_of_the_canvas_or_there_is_none() {
        let mut renderer = TextRenderer::new();
        let mut pen = Pen::new(&mut renderer, Sizes::of(640, 480, 1.0));
        for (width, height) in (0..90).map(|n| (n, 100)).chain((0..90).map(|n| (100, n))) {
            let within = Rect { x: 30, y: 40, width, height };
            for large in [false, true] {
                let panel = if large {
                    Panel::whole(&mut pen, "no picture", Style::title([0; 3]), within)
                } else {
                    Panel::new(&mut pen, "Grüße aus Köln", Style::plain([0; 3]), within)
                };
                let Some(mut panel) = panel else {
                    assert!(width < 90 || height < 40 || large && width < 150, "there is room in {width}×{height}");
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
        let mut renderer = TextRenderer::new();
        let mut pen = Pen::new(&mut renderer, Sizes::of(640, 480, 1.0));
        let panel = Panel::new(&mut pen, "text", Style::plain([0; 3]), within).unwrap().centred_at(70);
        let Rect { x, y, width, .. } = panel.place();
        assert!(y == 70 && (x - 30).abs_diff(330 - x - width) <= 1, "{x} {width}");
    }
}
