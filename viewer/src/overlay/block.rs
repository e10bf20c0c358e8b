//! Lines of text on a common ground.

use super::palette::DARK;
use super::pen::{Line, Pen, Style};
use crate::canvas::Surface;
use crate::text::TextBitmap;
use vision::detect::Rect;

/// A text of one style that may go over several lines.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Paragraph {
    pub(super) text: String,
    pub(super) style: Style,
    /// What is left out first where there is not enough room; 0 is never left out, but cut.
    pub(super) expendable: u8,
}

/// How the lines of a block lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alignment {
    Left,
    Centre,
}

/// Rendered lines, and the size of the ground that they need.
pub(super) struct Block {
    lines: Vec<Line>,
    alignment: Alignment,
    width: i32,
    height: i32,
    padding: i32,
}

impl Paragraph {
    pub(super) fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style, expendable: 0 }
    }

    /// Half a line that is empty.
    pub(super) fn gap() -> Self {
        Self::new("", Style::plain(DARK))
    }

    /// One that is left out before those with a smaller `rank`.
    pub(super) fn expendable(self, rank: u8) -> Self {
        Self { expendable: rank, ..self }
    }
}

impl Block {
    /// The paragraphs, wrapped, as many of them as fit `area`; `None` where not a line does.
    pub(super) fn new(pen: &mut Pen<'_>, paragraphs: &[Paragraph], alignment: Alignment, area: Rect) -> Option<Self> {
        let padding = pen.sizes.padding();
        let width = Self::room(pen, area);
        let height = area.height - 2 * padding;
        let most = paragraphs.iter().map(|paragraph| paragraph.expendable).max()?;
        for rank in (0..=most).rev() {
            let kept = paragraphs.iter().filter(|paragraph| paragraph.expendable <= rank);
            let mut lines: Vec<Line> = kept.flat_map(|paragraph| paragraph.lines(pen, width)).collect();
            let fitting = lines
                .iter()
                .scan(0, |used, line| {
                    *used += line.height as i32;
                    (*used <= height).then_some(())
                })
                .count();
            if fitting < lines.len() && rank > 0 {
                continue;
            }
            lines.truncate(fitting);
            let widest = lines.iter().map(|line| line.width as i32).max()?;
            let high: i32 = lines.iter().map(|line| line.height as i32).sum();
            let (width, height) = (widest + 4 * padding, high + 2 * padding);
            return Some(Self { lines, alignment, width, height, padding });
        }
        None
    }

    /// How wide its lines may be in `area`.
    pub(super) fn room(pen: &Pen<'_>, area: Rect) -> i32 {
        (area.width - 4 * pen.sizes.padding()).min(pen.sizes.comfortable())
    }

    /// Its ground in the middle of `area`.
    pub(super) fn centred_in(&self, area: Rect) -> Rect {
        let (x, y) = (area.x + (area.width - self.width) / 2, area.y + (area.height - self.height) / 2);
        Rect { x, y, width: self.width, height: self.height }
    }

    /// Its ground at the bottom of `area`.
    pub(super) fn at_the_bottom_of(&self, area: Rect) -> Rect {
        let low = area.y + area.height - self.height - 2 * self.padding;
        let centred = self.centred_in(area);
        Rect { y: low.max(centred.y.min(area.y + 2 * self.padding)), ..centred }
    }

    /// Draws it on `ground`, where one of the above puts it.
    pub(super) fn draw(&self, surface: &mut Surface<'_>, ground: Rect) {
        surface.fill(ground, DARK);
        let mut y = ground.y + self.padding;
        for line in &self.lines {
            let x = match self.alignment {
                Alignment::Left => 2 * self.padding,
                Alignment::Centre => (ground.width - line.width as i32) / 2,
            };
            surface.bitmap(line, ground.x + x, y);
            y += line.height as i32;
        }
    }
}

impl Paragraph {
    fn lines(&self, pen: &mut Pen<'_>, room: i32) -> Vec<Line> {
        if self.text.is_empty() {
            return vec![Line::new(TextBitmap { width: 0, height: pen.sizes.row() as usize / 2, pixels: Vec::new() })];
        }
        let rows = pen.wrapped(&self.text, room, self.style);
        rows.iter().filter_map(|row| pen.line(row, room, self.style)).collect()
    }
}
