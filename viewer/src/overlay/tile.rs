//! One robot's tile: its picture with everything over it, or a message, and the strip below.

use std::time::Duration;

use super::message::Message;
use super::palette::{BLACK, DARK};
use super::panel::Panel;
use super::pen::Pen;
use super::{label, outline, panels};
use crate::canvas::{Placement, Surface};
use crate::filler::Filler;
use crate::scene::{Mark, Tile, View};
use vision::Pixels;
use vision::detect::Rect;

/// What place a tile has on the screen.
pub(super) enum Role<'a> {
    /// It is the only one; the filler, as it looks now, is behind it where it has no picture.
    Only(&'a mut Filler, Duration),
    /// There are others. It is dark where it has no picture: several animations at once would be restless.
    OneOfSeveral,
}

impl Role<'_> {
    /// Whether labels would hide the picture.
    fn is_small(&self, area: Rect) -> bool {
        let (width, height) = match self {
            Role::Only(..) => SMALL_ALONE,
            Role::OneOfSeveral => SMALL,
        };
        area.width < width || area.height < height
    }
}

/// Draws all of a tile but its strip over all of `surface`; what is written keeps clear of what will be drawn at `over`.
pub(super) fn draw(
    surface: &mut Surface<'_>,
    pen: &mut Pen<'_>,
    tile: &Tile,
    role: Role<'_>,
    over: &[Rect],
) -> opencv::Result<()> {
    let pixels = match &tile.view {
        View::Live(picture) | View::Stale { picture, .. } => picture.pixels(),
        View::Waiting { .. } | View::Gone { .. } => return without_picture(surface, pen, tile, role),
    };
    let area = surface.area();
    let silence = |pen: &mut Pen<'_>, taken: &[Rect]| match &tile.view {
        View::Stale { silent_for, .. } => panels::silence(pen, silent_for.as_secs(), area, taken),
        _ => None,
    };
    let place = outlined(surface, pixels, &tile.marks, pen.sizes.line())?;
    if role.is_small(area) {
        panels::counts_in_short(surface, pen, &tile.counts);
        dim_if_stale(surface, &tile.view);
        let silence = silence(pen, over);
        silence.iter().for_each(|panel| panel.draw(surface));
        return Ok(());
    }
    let counts = panels::counts(pen, &tile.counts, area);
    let mut taken: Vec<Rect> = counts.iter().map(Panel::place).chain(over.iter().copied()).collect();
    let silence = silence(pen, &taken);
    taken.extend(silence.as_ref().map(Panel::place));
    label::draw(surface, pen, place, &tile.marks, &taken, MOST_LABELS)?;
    counts.iter().for_each(|panel| panel.draw(surface));
    dim_if_stale(surface, &tile.view);
    silence.iter().for_each(|panel| panel.draw(surface));
    Ok(())
}

/// A picture all over `surface`, and what was found in it.
pub(super) fn picture(
    surface: &mut Surface<'_>,
    pen: &mut Pen<'_>,
    pixels: &Pixels,
    marks: &[Mark],
) -> opencv::Result<()> {
    let place = outlined(surface, pixels, marks, pen.sizes.line())?;
    label::draw(surface, pen, place, marks, &[], marks.len())
}

/// A picture all over `surface`, and the outlines of what was found in it.
fn outlined(surface: &mut Surface<'_>, pixels: &Pixels, marks: &[Mark], thickness: i32) -> opencv::Result<Placement> {
    let area = surface.area();
    let place = Placement::fit(pixels.width(), pixels.height(), area.width as usize, area.height as usize);
    for bar in bars(&place.area(), &area) {
        surface.fill(bar, BLACK);
    }
    surface.picture(pixels, place)?;
    // The outline of what reaches beyond the picture ends at its edge.
    let mut inside = surface.part(place.area());
    let mut room = MOST_FADED * inside.area().area();
    marks.iter().try_for_each(|mark| outline::draw(&mut inside, place.at_origin(), mark, thickness, &mut room))?;
    Ok(place)
}

/// Darkens what is not the robot's latest: the picture, and all that was found in it.
fn dim_if_stale(surface: &mut Surface<'_>, view: &View) {
    if matches!(view, View::Stale { .. }) {
        surface.dim(surface.area(), DIMMED);
    }
}

fn without_picture(surface: &mut Surface<'_>, pen: &mut Pen<'_>, tile: &Tile, role: Role<'_>) -> opencv::Result<()> {
    match role {
        Role::Only(filler, now) => filler.draw(surface, now)?,
        Role::OneOfSeveral => surface.fill(surface.area(), DARK),
    }
    if let Some(message) = Message::of(tile) {
        message.draw(surface, pen);
    }
    Ok(())
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

/// Pixels. Of several, a smaller tile has no labels; its key shows it large, with labels.
const SMALL: (i32, i32) = (300, 200);
/// The same for a window with one robot.
const SMALL_ALONE: (i32, i32) = (200, 130);
/// How much may be faded, as a multiple of the picture: each object is, with all that is inside it. Two hundred as wide as the
/// picture took a fifth of a second, in which no robot's picture was shown.
const MOST_FADED: i64 = 3;
/// More would hide the picture, and to find room for each of 336 takes 30 ms, of 1000 350 ms, in which no picture is shown.
const MOST_LABELS: usize = 64;
/// How much is left of the brightness of what is not the robot's latest.
const DIMMED: f64 = 0.45;
