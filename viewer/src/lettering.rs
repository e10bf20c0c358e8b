//! Text in any script, with the fonts that are installed; the drawing library's own letters are ASCII only.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use cosmic_text::{Attrs, Buffer, Color, Family, FontSystem, Metrics, Shaping, SwashCache};

use crate::panics;

/// Makes lines of text; shaping, bidirectional text and the choice of fonts are cosmic-text's.
pub(crate) struct Lettering {
    /// `None` where no font is installed, or once the font code has failed.
    fonts: Option<Fonts>,
    /// Lines stay on the screen for many pictures.
    made: HashMap<(String, u32), Rc<Stamp>>,
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

    /// `text` on one line of at most `width` pixels, cut with dots where it is longer; `None` where no font can be used.
    ///
    /// What no font has is written as its escape, never as a question mark or an empty box.
    pub(crate) fn line(&mut self, text: &str, width: usize, colour: [u8; 3]) -> Option<Rc<Stamp>> {
        let fonts = self.fonts.as_mut()?;
        let [red, green, blue] = colour;
        let color = Color::rgb(red, green, blue);
        let key = (text.to_owned(), color.0);
        if let Some(stamp) = self.made.get(&key).filter(|stamp| stamp.width <= width) {
            return Some(Rc::clone(stamp));
        }
        if self.made.len() >= KEPT {
            self.made.clear();
        }
        // A payload comes from a stranger and goes through other people's font code.
        let Ok(stamp) = panics::caught(|| fonts.fitting(text, width, color)) else {
            self.fonts = None;
            return None;
        };
        let stamp = Rc::new(stamp);
        self.made.insert(key, Rc::clone(&stamp));
        Some(stamp)
    }
}

impl Fonts {
    fn fitting(&mut self, text: &str, width: usize, color: Color) -> Stamp {
        let text = self.with_escapes(text);
        let length = text.chars().count();
        let mut kept = length;
        loop {
            let mut shown: String = text.chars().take(kept).collect();
            if kept < length {
                shown.push_str("...");
            }
            let buffer = self.shaped(&shown);
            if kept == 0 || line_width(&buffer) <= width {
                return self.stamp(buffer, color);
            }
            // Proportionally, so that a long payload takes a few steps and not hundreds.
            kept = (kept * width / line_width(&buffer).max(1)).min(kept - 1);
        }
    }

    /// `text` with every character for which no font has a glyph written as its escape.
    fn with_escapes(&mut self, text: &str) -> String {
        let buffer = self.shaped(text);
        let glyphs = buffer.layout_runs().flat_map(|run| run.glyphs.iter());
        let missing: BTreeSet<usize> = glyphs.filter(|g| g.glyph_id == 0).flat_map(|g| g.start..g.end).collect();
        let escape = |(at, c): (usize, char)| match c {
            c if missing.contains(&at) || c.is_control() => c.escape_default().to_string(),
            c => c.to_string(),
        };
        text.char_indices().map(escape).collect()
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

fn line_width(buffer: &Buffer) -> usize {
    buffer.layout_runs().map(|run| run.line_w.ceil() as usize).max().unwrap_or(0)
}

/// Pixels; as large as the drawing library's letters beside it.
const FONT_SIZE: f32 = 15.0;
const LINE_HEIGHT: f32 = 20.0;
/// Lines of text kept ready; a picture has a handful.
const KEPT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(stamp: &Stamp) -> usize {
        stamp.pixels.iter().filter(|pixel| pixel[3] > 0).count()
    }

    #[test]
    fn without_fonts_there_is_no_line() {
        let mut lettering = Lettering { fonts: None, made: HashMap::new() };
        assert_eq!(lettering.line("text", 100, [255; 3]), None);
    }

    #[test]
    fn a_line_has_its_colour_and_keeps_to_its_width() {
        let mut lettering = Lettering::new();
        let short = lettering.line("Grüße", 600, [1, 2, 3]).unwrap();
        assert!(covered(&short) > 100 && short.pixels.iter().any(|pixel| pixel[..3] == [1, 2, 3]));
        let long = lettering.line(&"Grüße ".repeat(100), 200, [1, 2, 3]).unwrap();
        assert!(long.width <= 200 && long.width > 150, "{}", long.width);
    }

    #[test]
    fn what_no_font_has_is_escaped() {
        let mut lettering = Lettering::new();
        let fonts = lettering.fonts.as_mut().unwrap();
        // From a plane for private use: no font may claim it for a script.
        assert_eq!(fonts.with_escapes("a\u{10FFFD}b"), r"a\u{10fffd}b");
        assert_eq!(fonts.with_escapes("Grüße"), "Grüße");
    }
}
