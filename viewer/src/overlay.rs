//! Draws a scene: the picture, what was found in it, counts, the status line and messages.

use std::rc::Rc;
use std::time::Duration;

use crate::app::scene::{Mark, Scene, Status, View};
use crate::canvas::{Canvas, Colour, Placement, printable, text_size};
use crate::detect::{Detection, Kind};
use crate::filler::Filler;
use crate::lettering::{Lettering, Stamp};
use crate::picture::Pixels;

/// Draws scenes, and knows the letters for them.
pub(crate) struct Overlay {
    lettering: Lettering,
}

impl Overlay {
    /// Looks for the fonts that are installed.
    pub(crate) fn new() -> Self {
        Self { lettering: Lettering::new() }
    }

    /// Draws `scene` over the whole canvas; the filler stands in while there is no picture.
    pub(crate) fn draw(
        &mut self,
        canvas: &mut Canvas,
        scene: &Scene,
        filler: &mut Filler,
        now: Duration,
    ) -> opencv::Result<()> {
        let area_height = canvas.height().saturating_sub(STATUS_HEIGHT as usize).max(1);
        canvas.clear();
        match &scene.view {
            View::Filler => filler.draw(canvas, area_height, now)?,
            View::Live(picture) => self.picture(canvas, &picture.pixels, area_height, &scene.marks, 1.0)?,
            View::Stale { picture, .. } => self.picture(canvas, &picture.pixels, area_height, &scene.marks, DIMMED)?,
        }
        if let View::Stale { silent_for, .. } = &scene.view {
            let text = format!("no picture for {} s", silent_for.as_secs());
            centred(canvas, &text, area_height as i32 / 2, BRIGHT, 0.8)?;
        }
        draw_counts(canvas, &scene.counts)?;
        if let Some(toast) = &scene.toast {
            centred(canvas, &printable(toast), area_height as i32 - 24, BRIGHT, TEXT)?;
        }
        if scene.help {
            draw_help(canvas)?;
        }
        draw_status(canvas, &scene.status)
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
        self.picture(canvas, picture, picture.height(), &marks, 1.0)
    }

    fn picture(
        &mut self,
        canvas: &mut Canvas,
        pixels: &Pixels,
        area_height: usize,
        marks: &[Mark],
        brightness: f64,
    ) -> opencv::Result<()> {
        let place = Placement::fit(pixels.width(), pixels.height(), canvas.width(), area_height);
        canvas.picture(pixels, place)?;
        if brightness < 1.0 {
            canvas.dim(place, brightness);
        }
        // Labels last: no outline runs through a text.
        for mark in marks {
            outline(canvas, place, mark)?;
        }
        for mark in marks {
            if let Some(text) = caption(&mark.detection) {
                self.label(canvas, &text, place, mark)?;
            }
        }
        Ok(())
    }

    /// A caption beside its object: below, or above where there is no room, and always inside the picture.
    fn label(&mut self, canvas: &mut Canvas, text: &str, picture: Placement, mark: &Mark) -> opencv::Result<()> {
        let bounds = mark.detection.shape.bounds();
        let (x, bottom) = picture.map(bounds.x, bounds.y + bounds.height);
        let (_, top) = picture.map(bounds.x, bounds.y);
        let most = picture.width - 2 * PADDING;
        let line = self.line(text, most, faded(mark))?;
        let (width, height) = line.size()?;
        let box_height = height + PADDING;
        let y = if bottom + 2 + box_height <= picture.y + picture.height { bottom + 2 } else { top - box_height - 2 };
        let y = y.min(picture.y + picture.height - box_height).max(picture.y);
        let x = x.min(picture.x + picture.width - width - 2 * PADDING).max(picture.x);
        canvas.fill(boxed(x, y, width + 2 * PADDING, box_height), DARK)?;
        match line {
            Line::Plain(text) => canvas.text(&text, x + PADDING, y + height - 2, faded(mark), TEXT),
            Line::Set(stamp) => {
                canvas.stamp(&stamp, x + PADDING, y + PADDING / 2);
                Ok(())
            }
        }
    }

    /// At most `width` pixels of `text`: plain where it is ASCII, set in the installed fonts where it is not.
    fn line(&mut self, text: &str, width: i32, [blue, green, red]: Colour) -> opencv::Result<Line> {
        let is_plain = text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
        let text: String = if text.chars().count() > MAX_LABEL {
            text.chars().take(MAX_LABEL).chain("...".chars()).collect()
        } else {
            text.to_owned()
        };
        let set = if is_plain { None } else { self.lettering.line(&text, width.max(0) as usize, [red, green, blue]) };
        Ok(match set {
            Some(stamp) => Line::Set(stamp),
            None => Line::Plain(shortened(&printable(&text), width)?),
        })
    }
}

/// A caption ready to be drawn.
enum Line {
    Plain(String),
    Set(Rc<Stamp>),
}

impl Line {
    /// Width and height in pixels.
    fn size(&self) -> opencv::Result<(i32, i32)> {
        match self {
            Line::Plain(text) => text_size(text, TEXT),
            Line::Set(stamp) => Ok((stamp.width as i32, stamp.height as i32)),
        }
    }
}

/// What is written beside an object: a code's payload, and the number it is followed by.
fn caption(detection: &Detection) -> Option<String> {
    let number = detection.track.map(|track| format!("#{track}"));
    let payload = detection.payload.as_ref().map(ToString::to_string);
    match (number, payload) {
        (Some(number), Some(payload)) => Some(format!("{number} {payload}")),
        (number, payload) => number.or(payload),
    }
}

/// The outline, dark below and coloured above, so that it shows on light and dark ground.
fn outline(canvas: &mut Canvas, place: Placement, mark: &Mark) -> opencv::Result<()> {
    if mark.opacity > 0.5 {
        trace(canvas, place, &mark.detection, DARK, 4)?;
    }
    trace(canvas, place, &mark.detection, faded(mark), 2)
}

/// A circle around a head, a box around a body, a code's four sides with a dot at the first corner.
fn trace(
    canvas: &mut Canvas,
    place: Placement,
    found: &Detection,
    colour: Colour,
    thickness: i32,
) -> opencv::Result<()> {
    let points = found.shape.corners().map(|p| place.map(p.x, p.y));
    match found.kind {
        Kind::Qr => {
            canvas.polygon(&points, colour, thickness)?;
            canvas.disc(points[0], 2 + thickness, colour)
        }
        Kind::Face => {
            let [(left, top), _, (right, bottom), _] = points;
            let centre = ((left + right) / 2, (top + bottom) / 2);
            canvas.circle(centre, (right - left).max(bottom - top) / 2, colour, thickness)
        }
        Kind::Human => canvas.polygon(&points, colour, thickness),
    }
}

/// As much of `text` as fits `width` pixels, with dots where it was cut.
fn shortened(text: &str, width: i32) -> opencv::Result<String> {
    let mut kept = text.chars().count();
    let cut = |kept: usize| -> String {
        let shown: String = text.chars().take(kept).collect();
        if kept < text.chars().count() { shown + "..." } else { shown }
    };
    while kept > 0 && text_size(&cut(kept), TEXT)?.0 > width {
        kept -= 1;
    }
    Ok(cut(kept))
}

fn draw_counts(canvas: &mut Canvas, counts: &[(Kind, Option<usize>)]) -> opencv::Result<()> {
    for (row, (kind, count)) in counts.iter().enumerate() {
        let count = count.map_or_else(|| "looking...".to_owned(), |count| count.to_string());
        let text = format!("{}: {count}", kind.label());
        let (width, height) = text_size(&text, TEXT)?;
        let y = PADDING + row as i32 * (height + 2 * PADDING);
        canvas.fill(boxed(PADDING, y, width + 2 * PADDING, height + PADDING), DARK)?;
        canvas.text(&text, 2 * PADDING, y + height - 2, colour_of(*kind), TEXT)?;
    }
    Ok(())
}

fn draw_help(canvas: &mut Canvas) -> opencv::Result<()> {
    const ROW: i32 = 24;
    let width = KEYS.iter().map(|line| text_size(line, TEXT)).collect::<opencv::Result<Vec<_>>>()?;
    let width = width.iter().map(|size| size.0).max().unwrap_or(0) + 4 * PADDING;
    let height = KEYS.len() as i32 * ROW + 2 * PADDING;
    let x = ((canvas.width() as i32 - width) / 2).max(0);
    let y = ((canvas.height() as i32 - height) / 2).max(0);
    canvas.fill(boxed(x, y, width, height), DARK)?;
    for (row, line) in KEYS.iter().enumerate() {
        canvas.text(line, x + 2 * PADDING, y + PADDING + 17 + row as i32 * ROW, BRIGHT, TEXT)?;
    }
    Ok(())
}

fn draw_status(canvas: &mut Canvas, status: &Status) -> opencv::Result<()> {
    let top = canvas.height() as i32 - STATUS_HEIGHT;
    canvas.fill(boxed(0, top, canvas.width() as i32, STATUS_HEIGHT), STATUS_GROUND)?;
    let text = match &status.numbers {
        None => format!("{}   ? keys", status.state),
        Some(n) => format!(
            "{} | robot {} | {:.0} fps | age {:.0} ms | dropped {} | corrupt {}",
            status.state,
            n.robot,
            n.fps,
            n.age.as_secs_f64() * 1e3,
            n.dropped,
            n.corrupt
        ),
    };
    let text = shortened(&text, canvas.width() as i32 - 2 * PADDING)?;
    canvas.text(&text, PADDING, top + STATUS_HEIGHT - 8, BRIGHT, 0.45)
}

fn centred(canvas: &mut Canvas, text: &str, y: i32, colour: Colour, size: f64) -> opencv::Result<()> {
    let (width, height) = text_size(text, size)?;
    let x = ((canvas.width() as i32 - width) / 2).max(0);
    canvas.fill(boxed(x - PADDING, y - height, width + 2 * PADDING, height + PADDING), DARK)?;
    canvas.text(text, x, y - PADDING / 2, colour, size)
}

fn boxed(x: i32, y: i32, width: i32, height: i32) -> Placement {
    Placement { x, y, width, height, scale: 1.0 }
}

fn faded(mark: &Mark) -> Colour {
    colour_of(mark.detection.kind).map(|channel| (f64::from(channel) * mark.opacity) as u8)
}

/// From the palette of Okabe and Ito (2008), whose colours colour-blind people can tell apart.
fn colour_of(kind: Kind) -> Colour {
    match kind {
        Kind::Qr => [0, 159, 230],
        Kind::Face => [233, 180, 86],
        Kind::Human => [115, 158, 0],
    }
}

/// Pixels at the bottom that belong to the status line.
pub(crate) const STATUS_HEIGHT: i32 = 24;
const STATUS_GROUND: Colour = [40, 32, 28];
const BRIGHT: Colour = [240, 240, 240];
const DARK: Colour = [16, 16, 16];
const DIMMED: f64 = 0.4;
const PADDING: i32 = 6;
const TEXT: f64 = 0.5;
/// Characters; a label is to recognise a payload by, the report has all of it.
const MAX_LABEL: usize = 40;
const KEYS: [&str; 6] = [
    "f   find faces: on, off",
    "h   find humans: on, off",
    "r   read QR codes: on, off",
    "s   save the picture as it came",
    "?   these keys: show, hide",
    "q   quit",
];
