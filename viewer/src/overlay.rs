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

mod allowance;
mod block;
mod help;
mod label;
mod look;
mod message;
mod middle;
mod outline;
mod palette;
mod panel;
mod panels;
mod pen;
mod spot;
mod strip;
mod tile;
mod toast;
mod waiting;

use std::time::Duration;

use crate::canvas::{Canvas, Surface};
use crate::filler::Filler;
use crate::scene::{Help, Mark, Scene, Sight, Tile, View, Waiting, layout};
use crate::text::TextRenderer;
use vision::Pixels;
use vision::detect::{Detection, Rect};

use self::allowance::{Allowance, Shares};
use self::help::HelpPanel;
#[cfg(feature = "web")]
pub(crate) use self::label::caption;
use self::look::{Changes, Look};
use self::palette::BLACK;
pub(crate) use self::palette::colour_of;
use self::panel::Panel;
use self::pen::Pen;
pub(crate) use self::pen::Sizes;
use self::strip::Strip;
use self::tile::Role;
use self::toast::Toast;

/// Draws scenes, on a canvas of its own.
pub(crate) struct Overlay {
    text: TextRenderer,
    /// The display's: 1 for one of 96 dots an inch.
    scale: f64,
    canvas: Canvas,
    /// `None` where the canvas holds no scene, or half of one.
    drawn: Option<Drawn>,
    /// Which tile is the first to write new labels, or the next one that changes; another one each time.
    first: usize,
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
    /// Whole seconds.
    recording: Option<u64>,
    toast: Option<String>,
    help: Option<Help>,
}

/// What lies over the tiles.
struct Messages {
    recording: Option<Panel>,
    toast: Option<Toast>,
    help: Option<HelpPanel>,
}

impl Overlay {
    /// Looks for the installed fonts.
    pub(crate) fn new() -> Self {
        Self::for_display(1.0)
    }

    /// The same for a display of this scale: 1 for one of 96 dots an inch.
    pub(crate) fn for_display(scale: f64) -> Self {
        Self { text: TextRenderer::new(), scale, canvas: Canvas::default(), drawn: None, first: 0 }
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
        let recording = scene.recording.map(|time| time.as_secs());
        let frame = Frame { width, height, places, recording, toast: scene.toast.clone(), help: scene.help.clone() };
        // Taken out, so that after an error half-way the next scene is drawn from the start.
        let before = self.drawn.take().filter(|drawn| drawn.frame == frame);
        let mut drawn = before.unwrap_or_else(|| {
            self.canvas.whole().fill(whole, BLACK);
            Drawn { frame, looks: Vec::new() }
        });
        let messages = self.messages(scene, whole);
        let mut is_changed = drawn.looks.is_empty();
        if scene.tiles.is_empty() {
            self.waiting(&scene.waiting, whole, filler, now)?;
            is_changed = true;
        }
        let is_only = scene.tiles.len() == 1;
        let changes: Vec<Changes> =
            scene.tiles.iter().enumerate().map(|(n, tile)| drawn.change(n, tile, is_only, now)).collect();
        let mut order: Vec<usize> = (0..changes.len()).filter(|&n| changes[n].picture || changes[n].strip).collect();
        let first = order.iter().position(|&n| n >= self.first).unwrap_or_default();
        order.rotate_left(first);
        self.first = order.first().map_or(self.first, |first| first + 1);
        is_changed |= !order.is_empty();
        let mut shares = Shares::among(order.iter().filter(|&&n| changes[n].picture).count());
        for n in order {
            let (tile, place, changes) = (&scene.tiles[n], drawn.frame.places[n], changes[n]);
            let role = if is_only { Role::Only(filler, now) } else { Role::OneOfSeveral };
            let over = messages.places_in(&place);
            if changes.picture {
                let share = self.picture(tile, place, role, &over, shares.next())?;
                drawn.looks[n].drawn(!share.has_refused(), now);
                shares.took(share);
            }
            if changes.strip {
                self.strip(drawn.looks[n].strip(), place);
            }
        }
        if is_changed {
            messages.draw(&mut self.canvas.whole());
        }
        self.drawn = Some(drawn);
        Ok(&self.canvas)
    }

    /// Draws detections over a picture of their own size, for files.
    pub(crate) fn annotate(&mut self, picture: &Pixels, found: &[Detection]) -> opencv::Result<&Canvas> {
        self.drawn = None;
        self.canvas.resize(picture.width(), picture.height());
        let mark = |found: &Detection| {
            let detection = Detection { keypoints: None, ..found.clone() };
            Mark { detection, opacity: 1.0, sight: Sight::Seen }
        };
        let marks: Vec<Mark> = found.iter().map(mark).collect();
        let sizes = Sizes::of(picture.width() as i32, picture.height() as i32, 1.0);
        tile::picture(&mut self.canvas.whole(), &mut Pen::new(&mut self.text, sizes), picture, &marks)?;
        Ok(&self.canvas)
    }

    /// Draws a tile's picture, and returns what is left of its `share`.
    fn picture(
        &mut self,
        tile: &Tile,
        place: Rect,
        role: Role<'_>,
        over: &[Rect],
        share: Allowance,
    ) -> opencv::Result<Allowance> {
        let sizes = Sizes::of(place.width, place.height, self.scale);
        let (area, _) = divided(place, sizes);
        let mut pen = Pen::new(&mut self.text, sizes).with(share);
        tile::draw(&mut self.canvas.part(area), &mut pen, tile, role, over)?;
        Ok(pen.allowance)
    }

    /// Draws a tile's strip, if there is room for one.
    fn strip(&mut self, strip: &Strip, place: Rect) {
        let sizes = Sizes::of(place.width, place.height, self.scale);
        if let (_, Some(area)) = divided(place, sizes) {
            strip.draw(&mut self.canvas.part(area), &mut Pen::new(&mut self.text, sizes));
        }
    }

    fn waiting(&mut self, waiting: &Waiting, whole: Rect, filler: &mut Filler, now: Duration) -> opencv::Result<()> {
        let sizes = Sizes::of(whole.width, whole.height, self.scale);
        let (area, strip_area) = divided(whole, sizes);
        let mut pen = Pen::new(&mut self.text, sizes);
        let mut surface = self.canvas.part(area);
        filler.draw(&mut surface, now)?;
        waiting::draw(&mut surface, &mut pen, waiting);
        if let Some(area) = strip_area {
            strip::status(&mut self.canvas.part(area), &mut pen, &waiting.reach.status());
        }
        Ok(())
    }

    fn messages(&mut self, scene: &Scene, whole: Rect) -> Messages {
        let sizes = Sizes::of(whole.width, whole.height, self.scale);
        let (area, _) = divided(whole, sizes);
        let mut pen = Pen::new(&mut self.text, sizes);
        let toast = scene.toast.as_ref().and_then(|toast| Toast::new(&mut pen, toast, area));
        let help = scene.help.as_ref().and_then(|help| HelpPanel::new(&mut pen, help, area));
        let recording = scene.recording.and_then(|time| panels::recording(&mut pen, time.as_secs(), area));
        Messages { recording, toast, help }
    }
}

impl Drawn {
    /// Takes over what tile `n` looks like `now`, and says which parts of it that changes.
    fn change(&mut self, n: usize, tile: &Tile, is_only: bool, now: Duration) -> Changes {
        let strip = if is_only { Strip::of_only(tile) } else { Strip::of(tile) };
        let Some(look) = self.looks.get_mut(n) else {
            self.looks.push(Look::of(tile, strip));
            return Changes { picture: true, strip: true };
        };
        let mut changes = look.update(tile, strip, now);
        // The filler moves.
        changes.picture |= is_only && !matches!(tile.view, View::Live(_) | View::Stale { .. });
        changes
    }
}

impl Messages {
    /// The parts of a tile that they cover, in the tile's coordinates.
    fn places_in(&self, tile: &Rect) -> Vec<Rect> {
        let toast = self.toast.iter().map(Toast::place);
        let all = toast.chain(self.recording.iter().map(Panel::place)).chain(self.help.iter().map(HelpPanel::place));
        let covered = all.map(|place| place.intersection(tile)).filter(|covered| covered.area() > 0);
        covered.map(|covered| Rect { x: covered.x - tile.x, y: covered.y - tile.y, ..covered }).collect()
    }

    /// They have opaque grounds, and may be drawn again over themselves.
    fn draw(&self, surface: &mut Surface<'_>) {
        self.recording.iter().for_each(|recording| recording.draw(surface));
        self.help.iter().for_each(|help| help.draw(surface));
        self.toast.iter().for_each(|toast| toast.draw(surface));
    }
}

/// The picture's part of a tile, and the strip's if the tile is high enough for both.
fn divided(tile: Rect, sizes: Sizes) -> (Rect, Option<Rect>) {
    let strip = sizes.strip();
    let height = if tile.height >= 4 * strip { tile.height - strip } else { tile.height };
    let strip = Rect { y: tile.y + height, height: tile.height - height, ..tile };
    (Rect { height, ..tile }, (strip.height > 0).then_some(strip))
}

#[cfg(test)]
mod tests;
