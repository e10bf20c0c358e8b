//! Draws a scene: the picture, what was found in it, counts, the status line and messages.

mod label;
mod outline;
mod palette;
mod panel;
mod panels;
mod spot;
mod text_line;

use std::time::Duration;

use crate::canvas::{Canvas, Placement, Surface};
use crate::filler::Filler;
use crate::picture::Pixels;
use crate::scene::{Mark, Scene, View};
use crate::text::TextRenderer;
use vision::detect::{Detection, Rect};

use self::palette::BLACK;
use self::panel::Panel;

/// Draws scenes, and knows the letters for them.
pub(crate) struct Overlay {
    text: TextRenderer,
}

impl Overlay {
    /// Looks for the fonts that are installed.
    pub(crate) fn new() -> Self {
        Self { text: TextRenderer::new() }
    }

    /// Draws `scene` over the whole canvas; the filler stands in while there is no picture.
    ///
    /// A window may be of any size: what has no room is cut or left out, the status line first.
    pub(crate) fn draw(
        &mut self,
        canvas: &mut Canvas,
        scene: &Scene,
        filler: &mut Filler,
        now: Duration,
    ) -> opencv::Result<()> {
        let (area, status) = divided(canvas);
        let counts = panels::counts(&mut self.text, &scene.counts, area)?;
        let taken: Vec<Rect> = counts.iter().map(Panel::place).collect();
        let mut picture_area = canvas.part(area);
        match &scene.view {
            View::Filler => filler.draw(&mut picture_area, now)?,
            View::Live(picture) => self.picture(&mut picture_area, picture.pixels(), 1.0, &scene.marks, &taken)?,
            View::Stale { picture, .. } => {
                self.picture(&mut picture_area, picture.pixels(), DIMMED, &scene.marks, &taken)?;
            }
        }
        counts.iter().try_for_each(|panel| panel.draw(&mut picture_area))?;
        if let View::Stale { silent_for, .. } = &scene.view {
            panels::silence(&mut picture_area, silent_for.as_secs(), area, &taken)?;
        }
        if let Some(toast) = &scene.toast {
            panels::toast(&mut picture_area, &mut self.text, toast, area)?;
        }
        if scene.help {
            panels::help(&mut picture_area, area)?;
        }
        status.map_or(Ok(()), |area| panels::status(&mut canvas.whole(), &scene.status, area))
    }

    /// Draws detections over a picture of their own size, for files.
    pub(crate) fn annotate(
        &mut self,
        canvas: &mut Canvas,
        picture: &Pixels,
        found: &[Detection],
    ) -> opencv::Result<()> {
        canvas.resize(picture.width(), picture.height());
        let marks: Vec<Mark> = found.iter().map(|d| Mark { detection: d.clone(), opacity: 1.0 }).collect();
        self.picture(&mut canvas.whole(), picture, 1.0, &marks, &[])
    }

    /// A picture all over `surface`, and what was found in it; labels keep clear of what is `taken`.
    fn picture(
        &mut self,
        surface: &mut Surface<'_>,
        pixels: &Pixels,
        brightness: f64,
        marks: &[Mark],
        taken: &[Rect],
    ) -> opencv::Result<()> {
        let area = surface.area();
        let place = Placement::fit(pixels.width(), pixels.height(), area.width as usize, area.height as usize);
        for bar in bars(&place.area(), &area) {
            surface.fill(bar, BLACK);
        }
        surface.picture(pixels, place)?;
        if brightness < 1.0 {
            surface.dim(place.area(), brightness);
        }
        // The outline of what reaches beyond the picture ends at its edge; labels last, lest an outline runs through one.
        let mut inside = surface.part(place.area());
        marks.iter().try_for_each(|mark| outline::draw(&mut inside, place.at_origin(), mark))?;
        label::draw(surface, &mut self.text, place, marks, taken)
    }
}

/// What is left of `area` around a picture.
fn bars(picture: &Rect, area: &Rect) -> [Rect; 4] {
    let Rect { width, height, .. } = *area;
    let (right, bottom) = (picture.x + picture.width, picture.y + picture.height);
    [
        Rect { x: 0, y: 0, width, height: picture.y },
        Rect { x: 0, y: bottom, width, height: height - bottom },
        Rect { x: 0, y: 0, width: picture.x, height },
        Rect { x: right, y: 0, width: width - right, height },
    ]
}

/// The picture's part of the canvas, and the status line's if it is high enough for both.
fn divided(canvas: &Canvas) -> (Rect, Option<Rect>) {
    let (width, height) = (canvas.width() as i32, canvas.height() as i32);
    let top = if height > 2 * STATUS_HEIGHT { height - STATUS_HEIGHT } else { height };
    let status = Rect { x: 0, y: top, width, height: height - top };
    (Rect { x: 0, y: 0, width, height: top }, (top < height).then_some(status))
}

/// Pixels at the bottom that belong to the status line.
pub(crate) const STATUS_HEIGHT: i32 = 24;
/// How much is left of the brightness of a picture that is not the robot's latest.
const DIMMED: f64 = 0.4;

#[cfg(test)]
mod tests;
