//! Text in any script, in the typeface that comes with the program.

mod fonts;

use std::borrow::Cow;
use std::collections::HashMap;
use std::mem;
use std::rc::Rc;

use vision::panics;

use fonts::Fonts;

/// Renders lines of text; shaping, bidirectional text and the choice of fonts are left to cosmic-text.
pub(crate) struct TextRenderer {
    fonts: Fonts,
    /// Lines rendered before: most are on the screen for many pictures.
    young: Lines,
    young_pixels: usize,
    /// Those that have not been asked for since `young` was emptied.
    old: Lines,
}

/// Those that were cut are kept for each width that they had to fit, in pixels: two pictures of different widths may have the same
/// labels.
type Lines = HashMap<(String, Lettering, Option<usize>), Cached>;

/// What a line's letters look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Lettering {
    /// Pixels from the top of the tallest letters to the bottom of the lowest, about.
    pub(crate) size: u16,
    pub(crate) weight: Weight,
    /// Red, green, blue.
    pub(crate) rgb: [u8; 3],
}

/// How thick letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

impl Lettering {
    /// Pixels from one line to the next.
    pub(crate) fn line_height(self) -> usize {
        (usize::from(self.size) * 4).div_ceil(3)
    }
}

/// A text that has been rendered before.
#[derive(Clone)]
struct Cached {
    /// `None` where it cannot be rendered for this width.
    line: Option<Rc<TextBitmap>>,
    /// It may be another one for another width.
    is_cut: bool,
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
    /// Looks for installed fonts, for scripts that the program's own lack; takes some milliseconds for a few of them, up to
    /// half a second for thousands.
    pub(crate) fn new() -> Self {
        Self { fonts: Fonts::with_installed(), young: Lines::new(), young_pixels: 0, old: Lines::new() }
    }

    /// `text` on one line of at most `width` pixels, cut with dots where it is longer; `None` where not even a letter of
    /// it fits.
    ///
    /// A character that no font has is written as its escape, never as a question mark or an empty box. What is behind the first
    /// 512 letters is never shown: shaping a stranger's thousands would keep the window from all else.
    pub(crate) fn line(&mut self, text: &str, width: usize, lettering: Lettering) -> Option<Rc<TextBitmap>> {
        let text = &*beginning(text);
        let (cached, is_young) = match self.cached(text, width, lettering) {
            Some((cached, is_young)) => (cached.clone(), is_young),
            None => (self.rendered(text, width, lettering), false),
        };
        let line = cached.line.clone();
        if !is_young {
            let pixels = line.as_ref().map_or(0, |line| line.pixels.len());
            if self.young.len() >= KEPT || self.young_pixels + pixels > KEPT_PIXELS {
                self.old = mem::take(&mut self.young);
                self.young_pixels = 0;
            }
            self.young_pixels += pixels;
            let key = (text.to_owned(), lettering, cached.is_cut.then_some(width));
            self.old.remove(&key);
            self.young.insert(key, cached);
        }
        line
    }

    /// Whether [`line`](Self::line) has it already, and takes next to no time.
    pub(crate) fn has_line(&self, text: &str, width: usize, lettering: Lettering) -> bool {
        self.cached(&beginning(text), width, lettering).is_some()
    }

    /// A line, and whether it has been asked for since `young` was emptied.
    fn cached(&self, text: &str, width: usize, lettering: Lettering) -> Option<(&Cached, bool)> {
        let mut key = (text.to_owned(), lettering, None);
        let fits = |cached: &&Cached| cached.line.as_ref().is_some_and(|line| line.width <= width);
        let whole = [(&self.young, true), (&self.old, false)].map(|(lines, is_young)| (lines.get(&key), is_young));
        let whole = whole.into_iter().find_map(|(cached, is_young)| Some((cached.filter(fits)?, is_young)));
        key.2 = Some(width);
        let cut = || self.young.get(&key).map(|cached| (cached, true));
        whole.or_else(cut).or_else(|| self.old.get(&key).map(|cached| (cached, false)))
    }

    fn rendered(&mut self, text: &str, width: usize, lettering: Lettering) -> Cached {
        // Noto Sans has these as marks without a width, which lie on the letter before.
        let text = &text.replace('`', "\u{2018}").replace('\u{b4}', "\u{2019}");
        // A payload comes from a stranger and goes through other people's font code, with fonts that are not ours.
        panics::caught(|| self.fonts.fitting(text, width, lettering)).unwrap_or_else(|_| {
            self.fonts = Fonts::shipped();
            let plain: String = text.escape_default().collect();
            let failed = |_| Cached { line: None, is_cut: true };
            panics::caught(|| self.fonts.fitting(&plain, width, lettering)).unwrap_or_else(failed)
        })
    }

    /// How many lines are cached.
    #[cfg(test)]
    pub(crate) fn lines_cached(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

/// As much of `text` as a line may have.
fn beginning(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// Letters in a line; of those in a window on a large display, there is room for fewer.
const LONGEST: usize = 512;
/// Lines in each half of the cache: a screen of many robots has a hundred or two, and some of them are numbers that change.
const KEPT: usize = 512;
/// 32 MB: four times all of them in a window, of 200×20 pixels each.
const KEPT_PIXELS: usize = 8 << 20;

#[cfg(test)]
mod tests;
