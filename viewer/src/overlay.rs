//! Draws scenes: a tile for each robot, and over them messages and the list of keys.
//!
//! ```text
//! ┌─ tile ───────────┐┌─ tile ───────────┐
//! │ counts           ││                  │
//! │    outlines      ││     message      │
//! │    labels        ││                  │
//! ├─ strip ──────────┤├─ strip ──────────┤
//! └──────────────────┘└──────────────────┘
//! ```
//!
//! Only what has changed since the last scene is drawn again.

mod label;
mod look;
mod message;
mod middle;
mod outline;
mod palette;
mod panel;
mod panels;
mod spot;
mod strip;
mod text_line;
mod tile;

use std::time::Duration;

use crate::canvas::Canvas;
use crate::filler::Filler;
use crate::scene::{Mark, Scene, Sight, Tile, View, layout};
use crate::text::TextRenderer;
use vision::Pixels;
use vision::detect::{Detection, Rect};

use self::look::{Changes, Look};
use self::palette::BLACK;
use self::strip::Strip;
use self::tile::Role;

/// Draws scenes, on a canvas of its own.
pub(crate) struct Overlay {
    text: TextRenderer,
    canvas: Canvas,
    /// `None` where the canvas holds no scene, or half of one.
    drawn: Option<Drawn>,
}

/// What is on the canvas.
struct Drawn {
    frame: Frame,
    /// One for each tile.
    looks: Vec<Look>,
}

/// What decides the whole screen: if any of it changes, everything is drawn again.
#[derive(Debug, PartialEq)]
struct Frame {
    width: usize,
    height: usize,
    places: Vec<Rect>,
    toast: Option<String>,
    help: bool,
}

impl Overlay {
    /// Looks for the installed fonts.
    pub(crate) fn new() -> Self {
        Self { text: TextRenderer::new(), canvas: Canvas::default(), drawn: None }
    }

    /// Draws `scene` at this size; the filler is shown where no robot has a picture.
    ///
    /// Works at any size: what has no room is cut or left out, the strips first.
    pub(crate) fn draw(
        &mut self,
        scene: &Scene,
        (width, height): (usize, usize),
        filler: &mut Filler,
        now: Duration,
    ) -> opencv::Result<&Canvas> {
        self.canvas.resize(width, height);
        let whole = self.canvas.whole().area();
        let places = layout::tiles(scene.tiles.len(), whole);
        let frame = Frame { width, height, places, toast: scene.toast.clone(), help: scene.help };
        // Taken out, so that after an error half-way the next scene is drawn from the start.
        let before = self.drawn.take().filter(|drawn| drawn.frame == frame);
        let mut drawn = before.unwrap_or_else(|| {
            self.canvas.whole().fill(whole, BLACK);
            Drawn { frame, looks: Vec::new() }
        });
        let mut is_changed = drawn.looks.is_empty();
        if scene.tiles.is_empty() {
            self.waiting(&scene.waiting, whole, filler, now)?;
            is_changed = true;
        }
        for (n, (tile, place)) in scene.tiles.iter().zip(&drawn.frame.places).enumerate() {
            let is_only = scene.tiles.len() == 1;
            let strip = if is_only { Strip::of_only(tile) } else { Strip::of(tile) };
            let mut changes = match drawn.looks.get_mut(n) {
                Some(look) => look.update(tile, strip),
                None => {
                    drawn.looks.push(Look::of(tile, strip));
                    Changes { picture: true, strip: true }
                }
            };
            let has_picture = matches!(tile.view, View::Live(_) | View::Stale { .. });
            let role = if is_only { Role::Only(filler, now) } else { Role::OneOfSeveral };
            changes.picture |= is_only && !has_picture;
            self.tile(tile, drawn.looks[n].strip(), *place, changes, role)?;
            is_changed |= changes.picture || changes.strip;
        }
        if is_changed {
            self.messages(scene, whole)?;
        }
        self.drawn = Some(drawn);
        Ok(&self.canvas)
    }

    /// Draws detections over a picture of their own size, for files.
    pub(crate) fn annotate(&mut self, picture: &Pixels, found: &[Detection]) -> opencv::Result<&Canvas> {
        self.drawn = None;
        self.canvas.resize(picture.width(), picture.height());
        let mark = |found: &Detection| Mark { detection: found.clone(), opacity: 1.0, sight: Sight::Seen };
        let marks: Vec<Mark> = found.iter().map(mark).collect();
        tile::picture(&mut self.canvas.whole(), &mut self.text, picture, 1.0, &marks, &[])?;
        Ok(&self.canvas)
    }

    fn tile(
        &mut self,
        tile: &Tile,
        strip: &Strip,
        place: Rect,
        changes: Changes,
        role: Role<'_>,
    ) -> opencv::Result<()> {
        let (picture_area, strip_area) = divided(place);
        if changes.picture {
            tile::draw(&mut self.canvas.part(picture_area), &mut self.text, tile, role)?;
        }
        match strip_area {
            Some(area) if changes.strip => strip.draw(&mut self.canvas.part(area), &mut self.text),
            _ => Ok(()),
        }
    }

    fn waiting(&mut self, text: &str, whole: Rect, filler: &mut Filler, now: Duration) -> opencv::Result<()> {
        let (area, strip_area) = divided(whole);
        filler.draw(&mut self.canvas.part(area), now)?;
        strip_area.map_or(Ok(()), |area| strip::status(&mut self.canvas.part(area), text))
    }

    /// What lies over the tiles. It has opaque grounds, and may be drawn again over itself.
    fn messages(&mut self, scene: &Scene, whole: Rect) -> opencv::Result<()> {
        let (area, _) = divided(whole);
        let mut surface = self.canvas.part(area);
        if let Some(toast) = &scene.toast {
            panels::toast(&mut surface, &mut self.text, toast)?;
        }
        if scene.help { panels::help(&mut surface) } else { Ok(()) }
    }
}

/// The picture's part of a tile, and the strip's if the tile is high enough for both.
fn divided(tile: Rect) -> (Rect, Option<Rect>) {
    let height = if tile.height >= 3 * STRIP_HEIGHT { tile.height - STRIP_HEIGHT } else { tile.height };
    let strip = Rect { y: tile.y + height, height: tile.height - height, ..tile };
    (Rect { height, ..tile }, (strip.height > 0).then_some(strip))
}

/// Pixels at the bottom of a tile that belong to its strip.
pub(crate) const STRIP_HEIGHT: i32 = 24;

#[cfg(test)]
mod tests;
