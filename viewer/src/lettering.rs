//! Text in any script, with the fonts that are installed; the drawing library's own letters are ASCII only.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use cosmic_text::{Attrs, Buffer, Color, Family, FontSystem, Metrics, Shaping, SwashCache};

use vision::panics;

/// Makes lines of text; shaping, bidirectional text and the choice of fonts are cosmic-text's.
pub(crate) struct Lettering {
    /// `None` where no font is installed, or once the font code has failed.
    fonts: Option<Fonts>,
    /// Lines stay on the screen for many pictures.
    made: HashMap<(String, u32), Made>,
}

/// What came of a text.
struct Made {
    /// `None` where it cannot be written.
    line: Option<Rc<Stamp>>,
    /// How wide it was allowed to be.
    room: usize,
    is_cut: bool,
}

impl Made {
    /// Whether making it again for this width would give the same.
    fn holds_for(&self, width: usize) -> bool {
        self.room == width || self.line.as_ref().is_some_and(|line| !self.is_cut && line.width <= width)
    }
}

struct Fonts {
    system: FontSystem,
    glyphs: SwashCache,
}

/// A line of text, ready to be drawn: `width × height` values of how much of a pixel is covered, and by which colour.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Red, green, blue and cover, in rows.
    pub(crate) pixels: Vec<[u8; 4]>,
}

impl Lettering {
    /// Looks which fonts are installed; takes some milliseconds for a few of them, up to half a second for thousands.
    pub(crate) fn new() -> Self {
        let mut system = FontSystem::new();
        let is_empty = system.db_mut().is_empty();
        let fonts = (!is_empty).then(|| Fonts { system, glyphs: SwashCache::new() });
        Self { fonts, made: HashMap::new() }
    }

    /// `text` on one line of at most `width` pixels, cut with dots where it is longer; `None` where not even a letter of
    /// it fits, or no font can be used.
    ///
    /// What no font has is written as its escape, never as a question mark or an empty box.
    pub(crate) fn line(&mut self, text: &str, width: usize, colour: [u8; 3]) -> Option<Rc<Stamp>> {
        let fonts = self.fonts.as_mut()?;
        let [red, green, blue] = colour;
        let color = Color::rgb(red, green, blue);
        let key = (text.to_owned(), color.0);
        if let Some(made) = self.made.get(&key).filter(|made| made.holds_for(width)) {
            return made.line.clone();
        }
        if self.made.len() >= KEPT {
            self.made.clear();
        }
        // A payload comes from a stranger and goes through other people's font code.
        let Ok(made) = panics::caught(|| fonts.fitting(text, width, color)) else {
            self.fonts = None;
            return None;
        };
        let line = made.line.clone();
        self.made.insert(key, made);
        line
    }

    /// How many lines are kept ready.
    #[cfg(test)]
    pub(crate) fn lines_made(&self) -> usize {
        self.made.len()
    }
}

impl Fonts {
    fn fitting(&mut self, text: &str, width: usize, color: Color) -> Made {
        let text = self.with_escapes(text);
        let length = text.chars().count();
        let mut kept = length;
        while kept > 0 {
            let mut shown: String = text.chars().take(kept).collect();
            if kept < length {
                // One row of dots, also where the text was cut within its own.
                shown.truncate(shown.trim_end_matches(['.', ' ']).len());
                shown.push_str("...");
            }
            let buffer = self.shaped(&shown);
            if line_width(&buffer) <= width {
                // Letters depend on their neighbours: a cut, or an escape, may have left one that has no glyph.
                let line = missing(&buffer).is_empty().then(|| Rc::new(self.stamp(buffer, color)));
                return Made { line, room: width, is_cut: kept < length };
            }
            // Proportionally, so that a long payload takes a few steps and not hundreds.
            kept = (kept * width / line_width(&buffer).max(1)).min(kept - 1);
        }
        Made { line: None, room: width, is_cut: true }
    }

    /// `text` with every character for which no font has a glyph written as its escape.
    fn with_escapes(&mut self, text: &str) -> String {
        // First what would end the line, or looks as if a glyph were missing; then what the fonts lack.
        let text =
            escaped(text, |_, c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FFFC}' | '\u{FFFD}'));
        let missing = missing(&self.shaped(&text));
        escaped(&text, |at, _| missing.contains(&at))
    }

    fn shaped(&mut self, text: &str) -> Buffer {
        let mut buffer = Buffer::new(&mut self.system, Metrics::new(FONT_SIZE, LINE_HEIGHT));
        let attributes = Attrs::new().family(Family::SansSerif);
        buffer.set_size(None, None);
        buffer.set_text(text, &attributes, Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.system, false);
        buffer
    }

    fn stamp(&mut self, mut buffer: Buffer, color: Color) -> Stamp {
        let (width, height) = (line_width(&buffer), LINE_HEIGHT as usize);
        let mut pixels = vec![[0; 4]; width * height];
        buffer.draw(&mut self.system, &mut self.glyphs, color, |x, y, w, h, color| {
            for (y, x) in (y..y + h as i32).flat_map(|y| (x..x + w as i32).map(move |x| (y, x))) {
                let inside = (0..width as i32).contains(&x) && (0..height as i32).contains(&y);
                let Some(pixel) = inside.then(|| &mut pixels[y as usize * width + x as usize]) else { continue };
                if color.a() >= pixel[3] {
                    *pixel = color.as_rgba();
                }
            }
        });
        Stamp { width, height, pixels }
    }
}

/// Which bytes of the buffer's text have no glyph.
fn missing(buffer: &Buffer) -> BTreeSet<usize> {
    let glyphs = buffer.layout_runs().flat_map(|run| run.glyphs.iter());
    glyphs.filter(|glyph| glyph.glyph_id == 0).flat_map(|glyph| glyph.start..glyph.end).collect()
}

fn escaped(text: &str, is_escaped: impl Fn(usize, char) -> bool) -> String {
    let one = |(at, c): (usize, char)| if is_escaped(at, c) { c.escape_default().to_string() } else { c.to_string() };
    text.char_indices().map(one).collect()
}

fn line_width(buffer: &Buffer) -> usize {
    buffer.layout_runs().map(|run| run.line_w.ceil() as usize).max().unwrap_or(0)
}

/// Pixels; as large as the drawing library's letters beside it.
const FONT_SIZE: f32 = 15.0;
const LINE_HEIGHT: f32 = 20.0;
/// Lines of text kept ready: a picture has a handful, and a few hundred codes are read in it at most.
const KEPT: usize = 512;

#[cfg(test)]
mod tests;
