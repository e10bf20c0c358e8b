//! The fonts that come with the program, then those that are installed; shapes and draws a line with them.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use cosmic_text::fontdb::{Database, Source};
use cosmic_text::{Attrs, Buffer, Color, Fallback, Family, FontSystem, Metrics, PlatformFallback, Shaping, SwashCache};

use super::{Cached, Lettering, TextBitmap, Weight};

/// Fonts, and what has been drawn with them.
pub(super) struct Fonts {
    pub(super) system: FontSystem,
    glyphs: SwashCache,
}

impl Fonts {
    /// The program's own, and the installed ones for what those lack.
    pub(super) fn with_installed() -> Self {
        let (locale, installed) = FontSystem::new().into_locale_and_db();
        let mut fonts = own();
        // Behind the program's own, so that a font of the same name on this machine is not taken instead.
        installed.faces().for_each(|face| _ = fonts.push_face_info(face.clone()));
        Self::of(locale, fonts)
    }

    /// The program's own fonts alone.
    pub(super) fn shipped() -> Self {
        Self::of("en".to_owned(), own())
    }

    fn of(locale: String, fonts: Database) -> Self {
        let system = FontSystem::new_with_locale_and_db_and_fallback(locale, fonts, OwnFirst::new());
        Self { system, glyphs: SwashCache::new() }
    }

    /// As much of `text` as fits `width` pixels.
    pub(super) fn fitting(&mut self, text: &str, width: usize, lettering: Lettering) -> Cached {
        let text = self.with_escapes(text);
        let whole = self.shaped(&text, lettering);
        // Of an empty text nothing fits.
        let is_cut = text.is_empty() || line_width(&whole) > width;
        let fitting = if is_cut { self.cut(&text, width, lettering) } else { Some(whole) };
        // Letters depend on their neighbours: a cut, or an escape, may have left one that has no glyph.
        let line =
            fitting.filter(|buffer| missing(buffer).is_empty()).map(|buffer| Rc::new(self.bitmap(buffer, lettering)));
        Cached { is_cut: is_cut || line.is_none(), line }
    }

    /// As many letters of a `text` that is too long as fit, and dots; `None` where none does.
    fn cut(&mut self, text: &str, width: usize, lettering: Lettering) -> Option<Buffer> {
        let mut fitting = None;
        // Halving, since letters may have any width: so a stranger's text takes a few steps and not one for each.
        let (mut kept, mut too_many) = (0, text.chars().count());
        while too_many - kept > 1 {
            let middle = kept.midpoint(too_many);
            let shown: String = text.chars().take(middle).collect();
            // One ellipsis only, also where the text was cut within dots of its own.
            let buffer = self.shaped(&(shown.trim_end_matches(['.', ' ', '…']).to_owned() + "…"), lettering);
            if line_width(&buffer) <= width {
                (kept, fitting) = (middle, Some(buffer));
            } else {
                too_many = middle;
            }
        }
        fitting
    }

    /// `text` with every character for which no font has a glyph written as its escape.
    pub(super) fn with_escapes(&mut self, text: &str) -> String {
        // First what would end the line, or looks as if a glyph were missing; then what the fonts lack.
        let text =
            escaped(text, |_, c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FFFC}' | '\u{FFFD}'));
        let missing = missing(&self.shaped(&text, ANY));
        escaped(&text, |at, _| missing.contains(&at))
    }

    pub(super) fn shaped(&mut self, text: &str, lettering: Lettering) -> Buffer {
        let metrics = Metrics::new(f32::from(lettering.size), lettering.line_height() as f32);
        let mut buffer = Buffer::new(&mut self.system, metrics);
        let weight = match lettering.weight {
            Weight::Regular => cosmic_text::Weight::NORMAL,
            Weight::Bold => cosmic_text::Weight::BOLD,
        };
        let attributes = Attrs::new().family(Family::Name(TYPEFACE)).weight(weight);
        buffer.set_size(None, None);
        buffer.set_text(text, &attributes, Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.system, false);
        buffer
    }

    fn bitmap(&mut self, mut buffer: Buffer, lettering: Lettering) -> TextBitmap {
        if self.glyphs.image_cache.len() > MOST_GLYPHS {
            self.glyphs = SwashCache::new();
        }
        let (width, height) = (line_width(&buffer), lettering.line_height());
        let mut pixels = vec![[0; 4]; width * height];
        let [red, green, blue] = lettering.rgb;
        let color = Color::rgb(red, green, blue);
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

/// The program's own fonts.
fn own() -> Database {
    let mut fonts = Database::new();
    for font in [notosans::REGULAR_TTF, notosans::BOLD_TTF, EMOJI_REGULAR] {
        fonts.load_font_source(Source::Binary(Arc::new(font)));
    }
    fonts
}

/// Looks in the program's own fonts first, then where cosmic-text would look on this system.
struct OwnFirst(Vec<&'static str>);

impl OwnFirst {
    fn new() -> Self {
        Self([TYPEFACE, EMOJI].into_iter().chain(PlatformFallback.common_fallback().iter().copied()).collect())
    }
}

impl Fallback for OwnFirst {
    fn common_fallback(&self) -> &[&'static str] {
        &self.0
    }

    fn forbidden_fallback(&self) -> &[&'static str] {
        PlatformFallback.forbidden_fallback()
    }

    fn script_fallback(&self, script: unicode_script::Script, locale: &str) -> &[&'static str] {
        PlatformFallback.script_fallback(script, locale)
    }
}

/// Which bytes of the buffer's text have no glyph.
pub(super) fn missing(buffer: &Buffer) -> BTreeSet<usize> {
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

/// Letters, each in each size and at each quarter of a pixel.
const MOST_GLYPHS: usize = 10_000;
/// Latin, Greek and Cyrillic.
const TYPEFACE: &str = "Noto Sans";
/// Emoji in one colour, that of the text.
const EMOJI: &str = "Noto Emoji";
/// No crate carries it but together with many others; `fonts/OFL.txt` is its licence.
const EMOJI_REGULAR: &[u8] = include_bytes!("../../fonts/NotoEmoji-Regular.ttf");
/// Which fonts have a glyph does not depend on these.
const ANY: Lettering = Lettering { size: 15, weight: Weight::Regular, rgb: [0; 3] };
