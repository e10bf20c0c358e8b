//! One robot's tile: its picture with everything over it, or a message, and the strip below.

use std::time::Duration;

use super::message::Message;
use super::palette::{BLACK, DARK};
use super::panel::Panel;
use super::{label, outline, panels};
use crate::canvas::{Placement, Surface};
use crate::filler::Filler;
use crate::scene::{Mark, Tile, View};
use crate::text::TextRenderer;
use vision::Pixels;
use vision::detect::Rect;

/// What place a tile has on the screen.
pub(super) enum Role<'a> {
    /// It is the only one; the filler, as it looks now, is behind it where it has no picture.
    Only(&'a mut Filler, Duration),
    /// There are others. It is dark where it has no picture: several animations at once would be restless.
    OneOfSeveral,
}

/// Draws all of a tile but its strip over all of `surface`.
pub(super) fn draw(
    surface: &mut Surface<'_>,
    text: &mut TextRenderer,
    tile: &Tile,
    role: Role<'_>,
) -> opencv::Result<()> {
    let (pixels, brightness) = match &tile.view {
        View::Live(picture) => (picture.pixels(), 1.0),
        View::Stale { picture, .. } => (picture.pixels(), DIMMED),
        View::Waiting { .. } | View::Gone { .. } => return without_picture(surface, text, tile, role),
    };
    let area = surface.area();
    if matches!(role, Role::OneOfSeveral) && (area.width < SMALL_WIDTH || area.height < SMALL_HEIGHT) {
        outlined(surface, pixels, brightness, &tile.marks)?;
        panels::counts_in_short(surface, &tile.counts)?;
        let silence = silence(&tile.view, area, &[])?;
        return silence.map_or(Ok(()), |panel| panel.draw(surface));
    }
    let mut panels = panels::counts(text, &tile.counts, area)?;
    let mut taken: Vec<Rect> = panels.iter().map(Panel::place).collect();
    if let Some(silence) = silence(&tile.view, area, &taken)? {
        taken.push(silence.place());
        panels.push(silence);
    }
    picture(surface, text, pixels, brightness, &tile.marks, &taken)?;
    panels.iter().try_for_each(|panel| panel.draw(surface))
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
    let place = outlined(surface, pixels, brightness, marks)?;
    label::draw(surface, text, place, marks, taken)
}

/// A picture all over `surface`, and the outlines of what was found in it.
fn outlined(surface: &mut Surface<'_>, pixels: &Pixels, brightness: f64, marks: &[Mark]) -> opencv::Result<Placement> {
    let area = surface.area();
    let place = Placement::fit(pixels.width(), pixels.height(), area.width as usize, area.height as usize);
    for bar in bars(&place.area(), &area) {
        surface.fill(bar, BLACK);
    }
    surface.picture(pixels, place)?;
    if brightness < 1.0 {
        surface.dim(place.area(), brightness);
    }
    // The outline of what reaches beyond the picture ends at its edge.
    let mut inside = surface.part(place.area());
    marks.iter().try_for_each(|mark| outline::draw(&mut inside, place.at_origin(), mark))?;
    Ok(place)
}

/// How long there has been no picture, unless there is a live one.
fn silence(view: &View, area: Rect, taken: &[Rect]) -> opencv::Result<Option<Panel>> {
    let View::Stale { silent_for, .. } = view else { return Ok(None) };
    panels::silence(silent_for.as_secs(), area, taken)
}

fn without_picture(
    surface: &mut Surface<'_>,
    text: &mut TextRenderer,
    tile: &Tile,
    role: Role<'_>,
) -> opencv::Result<()> {
    match (role, &tile.view) {
        // Its strip says why.
        (Role::Only(filler, now), View::Waiting { .. }) => return filler.draw(surface, now),
        (Role::Only(filler, now), _) => filler.draw(surface, now)?,
        (Role::OneOfSeveral, _) => surface.fill(surface.area(), DARK),
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

/// Pixels. In a smaller tile of several, labels would hide the picture; its key shows it large, with labels.
const SMALL_WIDTH: i32 = 300;
const SMALL_HEIGHT: i32 = 200;
/// How much is left of the brightness of a picture that is not the robot's latest.
const DIMMED: f64 = 0.4;
