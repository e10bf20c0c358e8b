//! Drawing on pixels: a canvas, and the parts of it that are drawn on, each in its own coordinates.

mod placement;
mod scale;
mod surface;

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
