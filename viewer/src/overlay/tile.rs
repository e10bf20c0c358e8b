//! One robot's tile: its picture with everything over it, or a message, and the strip below.

use std::time::Duration;

use super::message::Message;
use super::palette::{BLACK, DARK};
use super::panel::Panel;
use super::{label, outline, panels};
use crate::canvas::{Placement, Surface};
use crate::filler::Filler;
use crate::picture::Pixels;
use crate::scene::{Mark, Tile, View};
use crate::text::TextRenderer;
use vision::detect::Rect;

/// What is behind a tile that has no picture.
pub(super) enum Backdrop<'a> {
    /// Darkness: several animations at once would be restless.
    Dark,
    /// The filler, as it looks now.
    Filler(&'a mut Filler, Duration),
}

/// Draws all of a tile but its strip over all of `surface`.
pub(super) fn draw(
    surface: &mut Surface<'_>,
    text: &mut TextRenderer,
    tile: &Tile,
    backdrop: Backdrop<'_>,
) -> opencv::Result<()> {
    let (pixels, brightness) = match &tile.view {
        View::Live(picture) => (picture.pixels(), 1.0),
        View::Stale { picture, .. } => (picture.pixels(), DIMMED),
        View::Waiting { .. } | View::Gone { .. } => return without_picture(surface, text, tile, backdrop),
    };
    let counts = panels::counts(text, &tile.counts, surface.area())?;
    let taken: Vec<Rect> = counts.iter().map(Panel::place).collect();
    picture(surface, text, pixels, brightness, &tile.marks, &taken)?;
    counts.iter().try_for_each(|panel| panel.draw(surface))?;
    if let View::Stale { silent_for, .. } = &tile.view {
        panels::silence(surface, silent_for.as_secs(), &taken)?;
    }
    Ok(())
}

/// A picture all over `surface`, and what was found in it; labels keep clear of what is `taken`.
pub(super) fn picture(
    surface: &mut Surface<'_>,
    text: &mut TextRenderer,
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
    label::draw(surface, text, place, marks, taken)
}

fn without_picture(
    surface: &mut Surface<'_>,
    text: &mut TextRenderer,
    tile: &Tile,
    backdrop: Backdrop<'_>,
) -> opencv::Result<()> {
    match (backdrop, &tile.view) {
        (Backdrop::Filler(filler, now), View::Waiting { .. }) => return filler.draw(surface, now),
        (Backdrop::Filler(filler, now), _) => filler.draw(surface, now)?,
        (Backdrop::Dark, _) => surface.fill(surface.area(), DARK),
    }
    Message::of(tile).map_or(Ok(()), |message| message.draw(surface, text))
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

/// How much is left of the brightness of a picture that is not the robot's latest.
const DIMMED: f64 = 0.4;
