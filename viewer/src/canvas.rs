//! Drawing on pixels: a canvas, and the parts of it that are drawn on, each in its own coordinates.

mod placement;
mod scale;
mod surface;

use opencv::imgproc;

use vision::Pixels;
use vision::detect::Rect;

pub(crate) use placement::Placement;
pub(crate) use surface::Surface;

/// Blue, green, red.
pub(crate) type Colour = [u8; 3];

/// Pixels to draw on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Canvas {
    pixels: Pixels,
}

impl Canvas {
    pub(crate) fn resize(&mut self, width: usize, height: usize) {
        if (self.width(), self.height()) != (width, height) {
            self.pixels.resize(width, height);
        }
    }

    pub(crate) fn width(&self) -> usize {
        self.pixels.width()
    }

    pub(crate) fn height(&self) -> usize {
        self.pixels.height()
    }

    pub(crate) fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    /// All of it.
    pub(crate) fn whole(&mut self) -> Surface<'_> {
        Surface::new(&mut self.pixels)
    }

    /// The part of it that `area` covers.
    pub(crate) fn part(&mut self, area: Rect) -> Surface<'_> {
        self.whole().into_part(area)
    }
}

/// Width and height in pixels of a line of text.
pub(crate) fn text_size(text: &str, size: f64) -> opencv::Result<(i32, i32)> {
    let mut baseline = 0;
    let extent = imgproc::get_text_size(text, FONT, size, 1, &mut baseline)?;
    Ok((extent.width, extent.height + baseline))
}

/// `text` with every character that OpenCV's letters lack written as its escape.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c == ' ' || c.is_ascii_graphic() { c.to_string() } else { c.escape_default().to_string() })
        .collect()
}

/// OpenCV's letters, printable ASCII only.
const FONT: i32 = imgproc::FONT_HERSHEY_SIMPLEX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_without_a_glyph_are_escaped() {
        assert_eq!(printable("a ü\n"), r"a \u{fc}\n");
    }
}
