//! A line of text to draw: in the installed fonts, or in OpenCV's letters.

use std::rc::Rc;

use crate::canvas::{Colour, Surface, printable, text_size};
use crate::text::{TextBitmap, TextRenderer};

/// A line of text that fits the width it was made for.
pub(super) enum TextLine {
    Plain { text: String, size: f64 },
    Bitmap(Rc<TextBitmap>),
}

impl TextLine {
    /// At most `room` pixels of `text`, in any script; `None` where not even a letter of it fits.
    pub(super) fn rendered(
        renderer: &mut TextRenderer,
        text: &str,
        room: i32,
        colour: Colour,
    ) -> opencv::Result<Option<Self>> {
        let [blue, green, red] = colour;
        match renderer.line(text, room.max(0) as usize, [red, green, blue]) {
            Some(bitmap) => Ok(Some(TextLine::Bitmap(bitmap))),
            None => Self::plain(&printable(text), room, TEXT),
        }
    }

    /// The same in OpenCV's letters, for printable ASCII: cheap enough for what changes with every picture.
    pub(super) fn plain(text: &str, room: i32, size: f64) -> opencv::Result<Option<Self>> {
        let shown = shortened(text, room, size)?;
        Ok(shown.map(|text| TextLine::Plain { text, size }))
    }

    /// Width and height in pixels.
    pub(super) fn size(&self) -> opencv::Result<(i32, i32)> {
        match self {
            TextLine::Plain { text, size } => text_size(text, *size),
            TextLine::Bitmap(bitmap) => Ok((bitmap.width as i32, bitmap.height as i32)),
        }
    }

    /// With its top-left corner at (`x`, `y`); a rendered line has its colour already.
    pub(super) fn draw(&self, surface: &mut Surface<'_>, x: i32, y: i32, colour: Colour) -> opencv::Result<()> {
        match self {
            TextLine::Plain { text, size } => surface.text(text, x, y, colour, *size),
            TextLine::Bitmap(bitmap) => {
                surface.bitmap(bitmap, x, y);
                Ok(())
            }
        }
    }
}

/// As much of `text` as fits `room` pixels, with dots where it was cut.
fn shortened(text: &str, room: i32, size: f64) -> opencv::Result<Option<String>> {
    if text_size(text, size)?.0 <= room {
        return Ok(Some(text.to_owned()));
    }
    let cut = |kept: usize| {
        let shown: String = text.chars().take(kept).collect();
        // Three dots only, also where the text was cut within dots of its own.
        shown.trim_end_matches(['.', ' ']).to_owned() + "..."
    };
    // The longest text that fits has at least `fits` characters, and fewer than `too_long`.
    let (mut fits, mut too_long) = (0, text.chars().count());
    while too_long - fits > 1 {
        let middle = fits.midpoint(too_long);
        if text_size(&cut(middle), size)?.0 <= room { fits = middle } else { too_long = middle }
    }
    Ok((fits > 0).then(|| cut(fits)))
}

/// Size of OpenCV's letters that goes with the fonts' letters.
pub(super) const TEXT: f64 = 0.5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_to_its_room_with_dots() {
        let whole = "handle with care";
        let (width, _) = text_size(whole, TEXT).unwrap();
        assert_eq!(shortened(whole, width, TEXT).unwrap().unwrap(), whole);
        for room in 0..width {
            let Some(cut) = shortened(whole, room, TEXT).unwrap() else { continue };
            assert!(text_size(&cut, TEXT).unwrap().0 <= room, "{cut:?} in {room}");
            assert!(cut.len() > 3 && cut.ends_with("..."), "{cut:?} in {room}");
        }
        assert!(shortened(whole, width - 1, TEXT).unwrap().unwrap().starts_with("handle with"));
        assert_eq!(shortened(whole, 20, TEXT).unwrap(), None);
        let (dotted, _) = text_size("handle.....", TEXT).unwrap();
        assert_eq!(shortened("handle......", dotted, TEXT).unwrap().unwrap(), "handle...");
    }
}
