//! Text in any script, with the installed fonts; OpenCV's own letters are ASCII only.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use cosmic_text::{Attrs, Buffer, Color, Family, FontSystem, Metrics, Shaping, SwashCache};

use vision::panics;

/// Renders lines of text; shaping, bidirectional text and the choice of fonts are left to cosmic-text.
pub(crate) struct TextRenderer {
    /// `None` where no font is installed, or once the font code has failed.
    fonts: Option<Fonts>,
    /// Lines rendered before: most are on the screen for many pictures.
    cache: HashMap<(String, u32), Cached>,
}

/// A text that has been rendered before.
struct Cached {
    /// `None` where it cannot be rendered.
    line: Option<Rc<TextBitmap>>,
    /// The width it had to fit, in pixels.
    room: usize,
    is_cut: bool,
}

impl Cached {
    /// Whether rendering it again for this width would give the same.
    fn holds_for(&self, width: usize) -> bool {
        self.room == width || self.line.as_ref().is_some_and(|line| !self.is_cut && line.width <= width)
    }
}

struct Fonts {
    system: FontSystem,
    glyphs: SwashCache,
}

/// A rendered line of text: for each of `width × height` pixels its colour, and how much of the pixel that covers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TextBitmap {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Red, green, blue and cover, in rows.
    pub(crate) pixels: Vec<[u8; 4]>,
}

impl TextRenderer {
    /// Looks for installed fonts; takes some milliseconds for a few of them, up to half a second for thousands.
    pub(crate) fn new() -> Self {
        let mut system = FontSystem::new();
        let is_empty = system.db_mut().is_empty();
        let fonts = (!is_empty).then(|| Fonts { system, glyphs: SwashCache::new() });
        Self { fonts, cache: HashMap::new() }
    }

    /// `text` on one line of at most `width` pixels, cut with dots where it is longer; `None` where not even a letter of
    /// it fits, or no font can be used.
    ///
    /// A character that no font has is written as its escape, never as a question mark or an empty box.
    pub(crate) fn line(&mut self, text: &str, width: usize, colour: [u8; 3]) -> Option<Rc<TextBitmap>> {
        let fonts = self.fonts.as_mut()?;
        let [red, green, blue] = colour;
        let color = Color::rgb(red, green, blue);
        let key = (text.to_owned(), color.0);
        if let Some(cached) = self.cache.get(&key).filter(|cached| cached.holds_for(width)) {
            return cached.line.clone();
        }
        if self.cache.len() >= KEPT {
            self.cache.clear();
        }
        // A payload comes from a stranger and goes through other people's font code.
        let Ok(cached) = panics::caught(|| fonts.fitting(text, width, color)) else {
            self.fonts = None;
            return None;
        };
        let line = cached.line.clone();
        self.cache.insert(key, cached);
        line
    }

    /// How many lines are cached.
    #[cfg(test)]
    pub(crate) fn lines_cached(&self) -> usize {
        self.cache.len()
    }
}

impl Fonts {
    fn fitting(&mut self, text: &str, width: usize, color: Color) -> Cached {
        let text = self.with_escapes(text);
        let length = text.chars().count();
        let mut kept = length;
        while kept > 0 {
            let mut shown: String = text.chars().take(kept).collect();
            if kept < length {
                // Three dots only, also where the text was cut within dots of its own.
                shown.truncate(shown.trim_end_matches(['.', ' ']).len());
                shown.push_str("...");
            }
            let buffer = self.shaped(&shown);
            if line_width(&buffer) <= width {
                // Letters depend on their neighbours: a cut, or an escape, may have left one that has no glyph.
                let line = missing(&buffer).is_empty().then(|| Rc::new(self.bitmap(buffer, color)));
                return Cached { line, room: width, is_cut: kept < length };
            }
            // Proportionally, so that a long payload takes a few steps and not hundreds.
            kept = (kept * width / line_width(&buffer).max(1)).min(kept - 1);
        }
        Cached { line: None, room: width, is_cut: true }
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

    fn bitmap(&mut self, mut buffer: Buffer, color: Color) -> TextBitmap {
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
        TextBitmap { width, height, pixels }
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

/// Pixels; as large as OpenCV's letters beside it.
const FONT_SIZE: f32 = 15.0;
const LINE_HEIGHT: f32 = 20.0;
/// Lines in the cache: a picture has a handful, and a few hundred codes are read in it at most.
const KEPT: usize = 512;

#[cfg(test)]
mod tests;
