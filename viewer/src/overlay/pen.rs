//! Writes in the sizes that go with a part of the screen.

use std::rc::Rc;

use super::allowance::Allowance;
use crate::canvas::Colour;
use crate::text::{Lettering, TextBitmap, TextRenderer, Weight};

/// Sizes in pixels that go with a window, or with a tile, on a display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    text: u16,
}

impl Sizes {
    /// For a window or tile of this size; `scale` is the display's, 1 for one of 96 dots an inch.
    ///
    /// Text is 11 pixels at 160×120, 15 at 640×480, 18 at 1280×900, 22 at 2560×1440, and in between accordingly.
    pub(crate) fn of(width: i32, height: i32, scale: f64) -> Self {
        let side = f64::from(height.min(width.saturating_mul(3) / 4).max(0)) / scale;
        let text = if side < 480.0 { 15.0 - (480.0 - side) / 90.0 } else { 15.0 + (side - 480.0) / 135.0 };
        Self { text: (text.clamp(SMALLEST, LARGEST) * scale).round() as u16 }
    }

    /// From one line of text to the next.
    pub(crate) fn row(self) -> i32 {
        self.lettering(Style::plain([0; 3])).line_height() as i32
    }

    /// Between text and the sides of its ground.
    pub(crate) fn padding(self) -> i32 {
        i32::from(self.text) * 2 / 5
    }

    /// The height of the strip below a picture.
    pub(crate) fn strip(self) -> i32 {
        self.row() + i32::from(self.text) / 4 + 1
    }

    /// The width of lines that are read with ease: about 75 letters.
    pub(super) fn comfortable(self) -> i32 {
        i32::from(self.text) * 40
    }

    /// The thickness of an outline.
    pub(super) fn line(self) -> i32 {
        ((i32::from(self.text) + 3) / 8).max(2)
    }

    fn lettering(self, style: Style) -> Lettering {
        let size = match style.size {
            Size::Small => (self.text * 5 / 6).max(SMALLEST as u16 - 2),
            Size::Normal => self.text,
            Size::Large => self.text * 4 / 3,
        };
        let [blue, green, red] = style.colour;
        Lettering { size, weight: style.weight, rgb: [red, green, blue] }
    }
}

/// What a line looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    pub(super) colour: Colour,
    pub(super) size: Size,
    pub(super) weight: Weight,
}

/// How large letters are, compared with most of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Small,
    Normal,
    Large,
}

impl Style {
    pub(super) const fn plain(colour: Colour) -> Self {
        Self { colour, size: Size::Normal, weight: Weight::Regular }
    }

    pub(super) const fn small(colour: Colour) -> Self {
        Self { size: Size::Small, ..Self::plain(colour) }
    }

    pub(super) const fn bold(colour: Colour) -> Self {
        Self { weight: Weight::Bold, ..Self::plain(colour) }
    }

    pub(super) const fn title(colour: Colour) -> Self {
        Self { size: Size::Large, weight: Weight::Bold, ..Self::plain(colour) }
    }
}

/// A rendered line of text.
pub(super) type Line = Rc<TextBitmap>;

/// A renderer, and the sizes to write in.
pub(super) struct Pen<'a> {
    renderer: &'a mut TextRenderer,
    pub(super) sizes: Sizes,
    /// For labels.
    pub(super) allowance: Allowance,
}

impl<'a> Pen<'a> {
    pub(super) fn new(renderer: &'a mut TextRenderer, sizes: Sizes) -> Self {
        Self { renderer, sizes, allowance: Allowance::UNLIMITED }
    }

    pub(super) fn with(self, allowance: Allowance) -> Self {
        Self { allowance, ..self }
    }

    /// At most `room` pixels of `text`, in any script; `None` where not even a letter of it fits.
    pub(super) fn line(&mut self, text: &str, room: i32, style: Style) -> Option<Line> {
        self.renderer.line(text, room.max(0) as usize, self.sizes.lettering(style))
    }

    /// Whether this [`line`](Self::line) was written before or may be written now, which goes off the allowance.
    pub(super) fn may_write(&mut self, text: &str, room: i32, style: Style) -> bool {
        let is_known = self.renderer.has_line(text, room.max(0) as usize, self.sizes.lettering(style));
        is_known || self.allowance.take(text)
    }

    /// All of `text`, or `None` if that is wider than `room` pixels.
    pub(super) fn whole_line(&mut self, text: &str, room: i32, style: Style) -> Option<Line> {
        self.line(text, WIDER_THAN_ANY_SCREEN, style).filter(|line| line.width as i32 <= room)
    }

    /// `words` in rows of whole words that are at most `room` pixels wide; a word that is wider has a row of its own.
    pub(super) fn wrapped(&mut self, words: &str, room: i32, style: Style) -> Vec<String> {
        let mut rows: Vec<String> = Vec::new();
        for word in words.split_whitespace() {
            if let Some(row) = rows.last_mut() {
                let longer = format!("{row} {word}");
                if self.whole_line(&longer, room, style).is_some() {
                    *row = longer;
                    continue;
                }
            }
            rows.push(word.to_owned());
        }
        rows
    }
}

/// Pixels of text on a display of 96 dots an inch.
const SMALLEST: f64 = 11.0;
const LARGEST: f64 = 28.0;
/// A row that is measured whole.
const WIDER_THAN_ANY_SCREEN: i32 = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn text(width: i32, height: i32, scale: f64) -> u16 {
        Sizes::of(width, height, scale).text
    }

    #[test]
    fn text_grows_with_the_window_and_with_the_display() {
        let windows = [(1, 1), (160, 120), (640, 480), (1280, 900), (2560, 1440), (100_000, 100_000)];
        assert_eq!(windows.map(|(width, height)| text(width, height, 1.0)), [11, 11, 15, 18, 22, 28]);
        // The same window on a display of twice as many dots has twice as many pixels.
        assert_eq!(windows.map(|(width, height)| text(2 * width, 2 * height, 2.0)), [22, 22, 30, 36, 44, 56]);
        assert_eq!([text(2560, 480, 1.0), text(640, 1440, 1.0)], [15, 15]);
    }

    #[test]
    fn words_are_kept_whole_and_rows_fit_unless_they_are_one_word() {
        let mut renderer = TextRenderer::new();
        let mut pen = Pen::new(&mut renderer, Sizes::of(640, 480, 1.0));
        let style = Style::plain([9; 3]);
        let words = "frame 0 is no JPEG: it starts with 89 50 4e 47; send whole JPEGs";
        for room in 1..500 {
            let rows = pen.wrapped(words, room, style);
            assert_eq!(rows.join(" "), words);
            for row in rows.iter().filter(|row| row.contains(' ')) {
                assert!(pen.whole_line(row, room, style).is_some(), "{row:?} in {room}");
            }
        }
        assert_eq!(pen.wrapped(words, 600, style).len(), 1);
    }
}
